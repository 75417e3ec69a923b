"""`serve`, `worker`, `demo` and `doctor`: what runs for long, and whether it can."""

from __future__ import annotations

import logging
import os
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from encode_media.app import open_sandbox, sandbox_settings
from encode_media.cli.output import as_json, console, explained, print_json, stopped_by_signals
from encode_media.errors import EncodeMediaError, failure
from encode_media.log_lines import configure_logging
from encode_media.sandbox_encoder import SandboxEncoder
from encode_media.service import ServiceStop
from encode_media.service import serve as run_service
from encode_media.settings import Settings, read_settings

log = logging.getLogger(__name__)

EXIT_FORCED = 10
"""The service had to end while a step ignored the stop; its job goes on at the next start."""
SERVICE_STOP_S = 15.0
"""An encode that runs is ended and left for the next start; that takes seconds, not minutes."""


def _with_server(settings: Settings) -> Settings:
    missing = [
        name
        for name, value in (
            ("FTRACK_SERVER", settings.server),
            ("FTRACK_API_USER", settings.api_user),
            ("FTRACK_API_KEY", settings.api_key),
        )
        if not value
    ]
    if missing:
        raise failure(
            "options.invalid",
            option=", ".join(missing),
            problem="not set",
            allowed="the address of the ftrack server, a user name and an API key",
        )
    return settings


@click.command()
@explained
def serve() -> None:
    """Listen to the event hub and encode, until Ctrl-C.

    Example: FTRACK_SERVER=https://studio.ftrackapp.com encode-media serve
    """
    settings = _with_server(read_settings())
    if settings.log_format == "text":
        console().print(f"Encode Media listens to {settings.server}; Ctrl-C ends it.", markup=False)
    _run(settings, listen=True)


@click.command()
@explained
def worker() -> None:
    """Encode only; a listener elsewhere fills the shared queue (PostgreSQL).

    Example: ENCODE_MEDIA_DB=postgresql://db/encode encode-media worker
    """
    _run(_with_server(read_settings()), listen=False)


def _run(settings: Settings, *, listen: bool) -> None:
    """A service in this process until a signal; the second one ends it on the spot, as its jobs survive that."""
    shown = logging.getLogger().getEffectiveLevel()
    # A service nobody watches tells what it does; `-vv` tells more.
    configure_logging(level=min(shown, logging.INFO), form=settings.log_format, secrets=settings.secrets)
    ended = ServiceStop()
    try:
        with stopped_by_signals(second_ends=True) as stop:
            run_service(settings, stop, listen=listen, ended=ended)
    except EncodeMediaError as error:
        log.error("The service ends: %s (%s)", error.message, error.code)  # noqa: TRY400 - no mistake of ours
        raise
    finally:
        if not ended.clean:
            # Python would wait for the thread of that step for ever.
            logging.shutdown()
            os._exit(EXIT_FORCED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxWish:
    """How a sandbox shall be."""

    data: Path
    port: int = 0
    seed: str = "demo"
    record: Path | None = None
    origins: tuple[str, ...] = ()


def sandbox_encoder(settings: Settings, data: Path) -> SandboxEncoder:
    """The server's own encoder, which works below `data` and reads what was uploaded there."""
    return SandboxEncoder(replace(settings, work_folder=data / "work", source_roots=()))


@contextmanager
def running_sandbox(settings: Settings, wish: SandboxWish, *, listener: bool) -> Iterator[Settings]:
    """A sandbox, with its listener in a thread of this process; gives the service's settings."""
    server = open_sandbox(
        settings,
        wish.data,
        wish.port,
        seed=wish.seed,
        record=wish.record,
        origins=wish.origins,
        encoder=sandbox_encoder(settings, wish.data),
    )
    own = sandbox_settings(settings, wish.data, server.start())
    stop_service = threading.Event()
    service = threading.Thread(target=run_service, args=(own, stop_service), name="service")
    try:
        if listener:
            service.start()
        yield own
    finally:
        stop_service.set()
        if listener:
            service.join(SERVICE_STOP_S)
        server.stop()


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path(".demo"), show_default=True)
@click.option("--port", default=0, show_default=True)
@click.option("--once", is_flag=True, help="End after the first encode.")
@click.option("--no-browser", is_flag=True, help="Don't open the page.")
@explained
def demo(data: Path, port: int, once: bool, no_browser: bool) -> None:
    """Sandbox, listener and one encode through the event hub, before your eyes.

    Example: encode-media demo --once
    """
    from encode_media.demo import show

    settings = read_settings()
    data = data.absolute()
    screen = console()
    with stopped_by_signals() as stop:
        screen.print("Starting the sandbox: a small ftrack server with a demo project.")
        with running_sandbox(settings, SandboxWish(data=data, port=port), listener=True) as own:
            screen.print(f"  {own.server}", markup=False)
            if not (once or no_browser):
                webbrowser.open(own.server)
            show(own, screen, stop)
            if not once and not stop.is_set():
                screen.print(f"\nThe page stays open at {own.server}. Ctrl-C ends it.", markup=False)
                stop.wait()


@click.command()
@click.option(
    "--service", "of_service", is_flag=True, help="Only whether a service is at work on this machine; quick."
)
@as_json
@explained
def doctor(of_service: bool, json_output: bool) -> None:
    """Everything that is needed, one line each; not 0 if something is missing.

    Example: encode-media doctor
    """
    from encode_media.doctor import examine, examine_service

    findings = (examine_service if of_service else examine)(read_settings())
    if json_output:
        print_json([finding.document() for finding in findings])
    else:
        for finding in findings:
            click.echo(finding.line())
    failed = next((finding for finding in findings if not finding.passed), None)
    if failed:
        sys.exit(failed.exit_code)
