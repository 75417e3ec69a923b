"""What the command line says: one JSON document on stdout, or words; errors with their exit codes."""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from encode_media.errors import EncodeMediaError
from encode_media.model.result import Progress as JobProgress

Command = TypeVar("Command", bound=Callable[..., Any])

as_json = click.option("--json", "json_output", is_flag=True, help="Print one JSON document on stdout.")
EXIT_CANCELLED = 130


def console() -> Console:
    """For words, bars and warnings: always stderr, so that stdout stays readable by programs."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def stopped_by_signals(*, second_ends: bool = False) -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, so that everything ends in order.

    With `second_ends` a second signal ends the process at once, as the signal itself would have.
    """
    stop = threading.Event()

    def hear(number: int, _frame: FrameType | None) -> None:
        if second_ends and stop.is_set():
            os._exit(128 + number)
        stop.set()

    previous = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found out: a document for programs, lines for people, and a remark beside either."""

    document: Any
    lines: Iterable[str] = ()
    remark: str = ""

    def show(self, *, json_output: bool) -> None:
        if json_output:
            print_json(self.document)
        else:
            for line in self.lines:
                click.echo(line)
        if self.remark:
            console().print(self.remark)


def explained(command: Command) -> Command:
    """Ends a command with the sentence, the hint and the exit code of whatever went wrong."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except EncodeMediaError as error:
            if kwargs.get("json_output"):
                print_json({"status": "failed", "error": error_document(error)})
            show_error(error)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            console().print("Stopped.")
            sys.exit(EXIT_CANCELLED)

    return run  # type: ignore[return-value]


def error_document(error: EncodeMediaError) -> dict[str, Any]:
    """The `error` part of the JSON contract."""
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
    }


def show_error(error: EncodeMediaError) -> None:
    screen = console()
    screen.print(error.message, style="bold red", markup=False)
    if error.hint:
        screen.print(error.hint, markup=False)
    screen.print(f"({error.code})", style="dim", markup=False)


def option_values(pairs: tuple[str, ...]) -> dict[str, Any]:
    """`--set name=value` pairs; values are read as JSON where they are JSON, else as text.

    Raises:
        click.BadParameter: a pair without `=` or a name.
    """
    options: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint="--set")
        try:
            options[name.strip()] = json.loads(text)
        except ValueError:
            options[name.strip()] = text
    return options


class ProgressBar:
    """A bar with frame, percent and time left where stderr is a terminal; nothing elsewhere."""

    def __init__(self, label: str) -> None:
        screen = console()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[frames]}"),
            TimeRemainingColumn(compact=True),
            console=screen,
            disable=not screen.is_terminal,
        )
        self._label = label
        self._task: TaskID = self._bar.add_task(label, total=100, frames="")

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()

    def show(self, progress: JobProgress) -> None:
        frames = f"frame {progress.frame}/{progress.frames}" if progress.frame is not None else ""
        self._bar.update(
            self._task,
            completed=progress.percent,
            description=f"{self._label} · {progress.stage.value}",
            frames=frames,
        )
