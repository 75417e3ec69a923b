"""`sandbox` and `sandbox replay`."""

from __future__ import annotations

import json
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from encode_media.app import open_sandbox
from encode_media.cli.output import as_json, console, explained, print_json, stopped_by_signals
from encode_media.cli.service_commands import SandboxWish, running_sandbox, sandbox_encoder
from encode_media.errors import failure
from encode_media.settings import read_settings

SHOWN = 20
"""The first differences explain the others."""
EXIT_DIFFERENT = 6
"""As for an output that is not what was expected."""


@click.group(invoke_without_command=True)
@click.option("--port", default=0, show_default=True, help="0 picks a free one.")
@click.option("--data", type=click.Path(path_type=Path), default=Path(".sandbox"), show_default=True)
@click.option(
    "--seed", default="demo", show_default=True, help="What a new one knows: demo, empty, or a YAML file."
)
@click.option("--record", type=click.Path(path_type=Path), help="File that takes every request and event.")
@click.option("--allow-origin", multiple=True, metavar="URL", help="A page elsewhere that may be a client.")
@click.option("--no-listener", is_flag=True, help="Only the server; run `serve` yourself.")
@click.option("--no-browser", is_flag=True, help="Don't open the page.")
@click.pass_context
@explained
def sandbox(
    context: click.Context,
    *,
    port: int,
    data: Path,
    seed: str,
    record: Path | None,
    allow_origin: tuple[str, ...],
    no_listener: bool,
    no_browser: bool,
) -> None:
    """An ftrack stand-in with a small project and a web page; needs no account.

    The first line on stdout is JSON with server_url, api_user and api_key. Everything it keeps is in DATA.

    Example: encode-media sandbox --data /tmp/try
    """
    if context.invoked_subcommand is not None:
        return
    settings = read_settings()
    wish = SandboxWish(data=data.absolute(), port=port, seed=seed, record=record, origins=allow_origin)
    with stopped_by_signals() as stop, running_sandbox(settings, wish, listener=not no_listener) as own:
        click.echo(json.dumps({"server_url": own.server, "api_user": own.api_user, "api_key": own.api_key}))
        sys.stdout.flush()
        console().print(
            f"The sandbox is at {own.server}; its data in {wish.data}. Ctrl-C ends it.\n"
            f"For other commands: export ENCODE_MEDIA_DB={own.database} FTRACK_SERVER={own.server} "
            f"FTRACK_API_USER={own.api_user} FTRACK_API_KEY=<api_key of the first line>",
            markup=False,
        )
        if not no_browser:
            webbrowser.open(own.server)
        stop.wait()


@sandbox.command()
@click.argument("record", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="A new folder to keep; a temporary one otherwise.")
@click.option("--stay", is_flag=True, help="Leave the server running afterwards, to look around.")
@as_json
@explained
def replay(record: Path, data: Path | None, stay: bool, json_output: bool) -> None:
    """Play a record of `sandbox --record` to a new sandbox with the same seed.

    Says which requests ended otherwise than recorded; the exit code is then 6.

    Example: encode-media sandbox replay report.jsonl
    """
    from encode_media.sandbox.replay import RecordError, Replay, read_record

    settings = read_settings()
    try:
        about, lines = read_record(record)
    except RecordError as error:
        raise failure("request.invalid", problem=str(error)) from error
    with _folder(data) as folder, stopped_by_signals() as stop:
        if (folder / "ftrack.sqlite").exists():
            raise failure("request.invalid", problem=f"{folder} holds a sandbox already; a replay needs a new one")
        encoder = sandbox_encoder(settings, folder)
        server = open_sandbox(settings, folder, 0, seed=about["seed"], encoder=encoder)
        address = server.start()
        try:
            report = Replay(address.server_url, address.api_user, address.api_key).run(lines)
            if json_output:
                print_json({"fresh": about["fresh"], **asdict(report)})
            else:
                _tell(asdict(report), fresh=about["fresh"])
            if stay:
                console().print(f"The server stays at {address.server_url}. Ctrl-C ends it.", markup=False)
                stop.wait()
        finally:
            server.stop()
    sys.exit(EXIT_DIFFERENT if report.differences else 0)


@contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        yield chosen.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="encode-media-replay-") as folder:
        yield Path(folder)


def _tell(report: dict[str, object], *, fresh: bool) -> None:
    click.echo(f"{report['requests']} requests and {report['events']} events played, {report['skipped']} skipped")
    if not fresh:
        click.echo("The record began on a server that held more than its seed: differences are to be expected.")
    differences = report["differences"]
    shown = differences if isinstance(differences, list) else []
    for one in shown[:SHOWN]:
        click.echo(f"  {one['line']}: {one['what']}: recorded {one['recorded']!r}, found {one['found']!r}")
    if len(shown) > SHOWN:
        click.echo(f"  and {len(shown) - SHOWN} more")
    click.echo("Different from the record." if differences else "All as recorded.")
