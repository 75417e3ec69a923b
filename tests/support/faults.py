"""Asks a sandbox for faults, over its admin address."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import requests


class Faults:
    """The faults of one sandbox."""

    def __init__(self, server_url: str) -> None:
        self._url = f"{server_url}/sandbox/faults"

    def add(self, kind: str, **facts: Any) -> int:
        """Puts a fault in force; gives its number."""
        # A connection of its own: faults may cut the others.
        answer = requests.post(self._url, json={"kind": kind, **facts}, timeout=30)
        assert answer.status_code == 201, answer.text
        return int(answer.json()[0]["id"])

    def all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(self._url, timeout=30).json()
        return found

    def clear(self) -> None:
        requests.delete(self._url, timeout=30).raise_for_status()

    @contextlib.contextmanager
    def active(self, kind: str, **facts: Any) -> Iterator[int]:
        """The fault is in force inside the block."""
        number = self.add(kind, **facts)
        try:
            yield number
        finally:
            # It may have ended by itself.
            requests.delete(f"{self._url}/{number}", timeout=30)
