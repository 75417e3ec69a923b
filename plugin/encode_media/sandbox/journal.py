"""What went over the wire: kept for a while, written to a file if wanted, shown to those who watch.

Nothing secret gets in: keys and tokens are cut out of the text before anybody sees it.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

REMOVED = "removed"
VERSION = 1
_KEPT = 500
"""Entries that a late watcher still sees."""
_PATIENCE_S = 5.0
_SLOWEST = 5000
"""Entries a watcher may be behind; older ones are lost to it."""
_IN_ADDRESSES = re.compile(r"((?:token|api_?key|ftrack-api-key)=)[^&\"'\s\\<>]*", re.IGNORECASE)
_AS_VALUES = re.compile(
    r'(\\*"(?:api_?key|ftrack-api-key|password|token|signing_secret)\\*"\s*:\s*\\*")[^"\\]*', re.IGNORECASE
)


class Journal:
    """Belongs to the server's event loop; `secrets` gives what must never be written."""

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        self._secrets = secrets
        self._recent: deque[tuple[int, float, str, dict[str, Any]]] = deque(maxlen=_KEPT)
        self._watchers: set[asyncio.Queue[str | None]] = set()
        self._file: TextIO | None = None
        self._count = 0

    def record(self, path: Path, about: dict[str, Any]) -> None:
        """Writes everything from now on to a file, a line of JSON each; the first says what it is."""
        self._file = path.open("w", encoding="utf-8")
        self._write(self._text(0, time.time(), "recording", {"version": VERSION, **about}))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def note(self, kind: str, **facts: Any) -> None:
        """Keeps what happened. Made to text only where somebody reads it: most of the time nobody does."""
        self._count += 1
        entry = (self._count, time.time(), kind, facts)
        self._recent.append(entry)
        if self._file is None and not self._watchers:
            return
        text = self._text(*entry)
        if self._file is not None:
            self._write(text)
        for watcher in self._watchers:
            if not watcher.full():
                watcher.put_nowait(text)

    async def watch(self) -> AsyncIterator[str]:
        """What was kept, then what happens, as lines of JSON; an empty line where nothing did for a while."""
        watcher: asyncio.Queue[str | None] = asyncio.Queue(_SLOWEST)
        for entry in list(self._recent):
            watcher.put_nowait(self._text(*entry))
        self._watchers.add(watcher)
        try:
            while True:
                try:
                    line = await asyncio.wait_for(watcher.get(), _PATIENCE_S)
                except asyncio.TimeoutError:
                    line = ""
                if line is None:
                    return
                yield line
        finally:
            self._watchers.discard(watcher)

    def end_watching(self) -> None:
        """The server stops; who watches shall not keep it."""
        for watcher in self._watchers:
            if watcher.full():
                watcher.get_nowait()
            watcher.put_nowait(None)

    def _text(self, number: int, moment: float, kind: str, facts: dict[str, Any]) -> str:
        # Numbers and texts only come from JSON; a default is for values of ours such as sets.
        text = json.dumps({"n": number, "at": round(moment, 3), "kind": kind, **facts}, default=list)
        return without_secrets(text, self._secrets())

    def _write(self, text: str) -> None:
        if self._file is not None:
            self._file.write(text + "\n")
            self._file.flush()


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """A line of JSON without the secrets, and without what stands where secrets stand."""
    for secret in secrets:
        text = text.replace(secret, REMOVED)
    text = _IN_ADDRESSES.sub(rf"\g<1>{REMOVED}", text)
    return _AS_VALUES.sub(rf"\g<1>{REMOVED}", text)
