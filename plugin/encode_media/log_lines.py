"""Log lines that say which job, version and user they are about: text for people, JSON for programs.

What a line is about is kept per thread of work (a context variable), so that no call has to pass it on.
"""

from __future__ import annotations

import json
import logging
import sys
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import TextIO

OURS = "encode_media"
TAIL_LINES = 40
"""Kept of each job: its last steps, whatever went wrong before, and no database full of words."""
TAIL_LINE_LENGTH = 300
HIDDEN = "***"

_subject: ContextVar[dict[str, str] | None] = ContextVar("encode_media_log_subject", default=None)
_tail: ContextVar[deque[str] | None] = ContextVar("encode_media_log_tail", default=None)


@contextmanager
def about(**subject: str | None) -> Iterator[None]:
    """Lines logged inside name these things (`job`, `version`, `user`, …) beside what they already name."""
    known = {name: value for name, value in subject.items() if value}
    token = _subject.set({**(_subject.get() or {}), **known})
    try:
        yield
    finally:
        _subject.reset(token)


@contextmanager
def kept_tail() -> Iterator[deque[str]]:
    """The last lines of ours that are logged inside, as `configure_logging` has them kept."""
    lines: deque[str] = deque(maxlen=TAIL_LINES)
    token = _tail.set(lines)
    try:
        yield lines
    finally:
        _tail.reset(token)


def configure_logging(*, level: int, form: str, secrets: Sequence[str] = (), stream: TextIO | None = None) -> None:
    """All log lines of this process go to `stream` (stderr), in the form `text` or `json`.

    The lines of jobs are kept from INFO on, whatever is shown.
    """
    formatter = JsonLines(secrets) if form == "json" else TextLines(secrets)
    shown = logging.StreamHandler(stream or sys.stderr)
    shown.setLevel(level)
    shown.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[shown], force=True)
    ours = logging.getLogger(OURS)
    for handler in [handler for handler in ours.handlers if isinstance(handler, _TailHandler)]:
        ours.removeHandler(handler)
    kept = _TailHandler(logging.INFO)
    kept.setFormatter(_TailLines(secrets))
    ours.addHandler(kept)
    ours.setLevel(min(level, logging.INFO))


class _Lines(ABC, logging.Formatter):
    """Hides secrets in whatever a line turned out to be."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        # As they stand, and as they stand inside a JSON string.
        self._secrets = {form for secret in secrets if secret for form in (secret, json.dumps(secret)[1:-1])}

    def format(self, record: logging.LogRecord) -> str:
        line = self.line(record)
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        return line

    @abstractmethod
    def line(self, record: logging.LogRecord) -> str:
        """The record as one entry, secrets and all."""

    def _words(self, record: logging.LogRecord) -> str:
        words = record.getMessage()
        if record.exc_info:
            words += "\n" + self.formatException(record.exc_info)
        return words


class TextLines(_Lines):
    """`2026-11-24 07:20:01 INFO encode_media.x: words  job=… version=… user=…`, then a trace if there is one."""

    def line(self, record: logging.LogRecord) -> str:
        first, *rest = self._words(record).split("\n")
        subject = " ".join(f"{name}={json.dumps(value) if ' ' in value else value}" for name, value in _about())
        moment = datetime.fromtimestamp(record.created).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        head = f"{moment} {record.levelname} {record.name}: {first}"
        return "\n".join([f"{head}  {subject}" if subject else head, *rest])


class JsonLines(_Lines):
    """One JSON object a line: `time` (UTC), `level`, `logger`, `message`, what it is about, `trace`."""

    def line(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        document = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **dict(_about()),
        }
        if record.exc_info:
            document["trace"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False)


class _TailLines(_Lines):
    """What stands beside a job anyway is left out; a trace is for the log itself."""

    def line(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, timezone.utc).strftime("%H:%M:%SZ")
        return f"{moment} {record.levelname} {record.getMessage()}"[:TAIL_LINE_LENGTH]


class _TailHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        lines = _tail.get()
        if lines is not None:
            lines.append(self.format(record))


def _about() -> list[tuple[str, str]]:
    return list((_subject.get() or {}).items())
