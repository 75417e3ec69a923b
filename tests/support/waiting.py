"""Waiting for things to become true."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(
    question: Callable[[], T | None], *, timeout_s: float = 20.0, what: str = "", every_s: float = 0.01
) -> T:
    """The first true answer; fails the test if there is none in time."""
    end = time.monotonic() + timeout_s
    while not (answer := question()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout_s:g} s: {what or question}")
        time.sleep(every_s)
    return answer
