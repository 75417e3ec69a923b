"""The command line. Commands are thin: they read words, call the parts, print values."""

from __future__ import annotations

import logging
import os
import sys

import click

from encode_media.cli.job_commands import jobs, submit
from encode_media.cli.ledger_commands import ledger
from encode_media.cli.media_commands import encode, plan, probe
from encode_media.cli.preset_commands import presets
from encode_media.cli.sandbox_commands import sandbox
from encode_media.cli.selftest_commands import selftest
from encode_media.cli.service_commands import demo, doctor, serve, worker
from encode_media.cli.trigger_commands import triggers
from encode_media.log_lines import configure_logging
from encode_media.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="encode-media")
@click.option("-v", "--verbose", count=True, help="Log more on stderr; twice for everything.")
def cli(verbose: int) -> None:
    """Encode media for ftrack: verified, colour-exact, never lost and never twice.

    Try it without an ftrack account: encode-media sandbox
    """
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    configure_logging(level=level, form="text")


for command in (
    sandbox, serve, worker, submit, encode, plan, probe, presets, jobs, ledger, triggers, doctor, demo, selftest,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """The console script. A reader that goes away (`| head`) is not an error."""
    try:
        cli(prog_name="encode-media")
    except BrokenPipeError:
        # The interpreter flushes stdout once more at exit and would complain about the same pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
