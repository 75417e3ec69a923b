"""Faults on demand: what a server, a network and an event hub do on a bad day.

Faults are given over `/sandbox/faults` and end by themselves after so many `times` or `for_s` seconds.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from encode_media.sandbox.problems import NotFound, ValidationError

HTTP_KINDS = ("latency", "drop", "error", "garbage", "slow", "credentials")
HUB_KINDS = ("silence", "duplicate", "reorder")
MOMENTS = ("cut_hub", "refuse")
"""These are done at once: all hub connections are cut; new connections are refused for `for_s` seconds."""
_FIRST_ERROR = 400
_LONGEST_S = 3600.0


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault; which of the values count depends on its kind."""

    kind: str
    path: str = ""
    """Requests whose path begins so; empty is all of them."""
    action: str = ""
    """Batches to `/api` with this operation."""
    user: str = ""
    seconds: float = 1.0
    status: int = 503
    text: str = "<html><body>Bad gateway</body></html>"
    after_bytes: int = 0
    """`drop`: so much of the request's body is still read."""
    after_answer: bool = False
    """`drop`: the work is done, its answer is lost."""
    bytes_per_second: float = 16_384.0
    times: int | None = None
    for_s: float | None = None
    id: int = 0
    hits: int = 0
    ends_at: float | None = field(default=None, repr=False)

    def is_over(self) -> bool:
        over = self.ends_at is not None and time.monotonic() >= self.ends_at
        return over or (self.times is not None and self.hits >= self.times)

    def document(self) -> dict[str, Any]:
        shown = asdict(self)
        ends_at = shown.pop("ends_at")
        return {**shown, "left_s": None if ends_at is None else max(0.0, round(ends_at - time.monotonic(), 3))}


class Faults:
    """Those in force. Belongs to the server's event loop."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)

    def add(self, given: Any) -> Fault:
        """Puts a fault in force. Raises ValidationError."""
        fault = read_fault(given)
        fault.id = next(self._ids)
        if fault.for_s is not None:
            fault.ends_at = time.monotonic() + fault.for_s
        if fault.kind not in MOMENTS:
            self._faults.append(fault)
        return fault

    def all(self) -> list[Fault]:
        self._faults = [fault for fault in self._faults if not fault.is_over()]
        return list(self._faults)

    def clear(self, identifier: int | None = None) -> None:
        """Ends one fault, or all. Raises NotFound."""
        if identifier is not None and not any(fault.id == identifier for fault in self.all()):
            raise NotFound(f"there is no fault {identifier}")
        self._faults = [fault for fault in self._faults if identifier is not None and fault.id != identifier]

    def for_request(self, path: str, user: str, actions: Iterable[str]) -> list[Fault]:
        """The faults of a request, counted as hits."""
        known = set(actions)
        return self._hit(
            fault
            for fault in self.all()
            if fault.kind in HTTP_KINDS
            and path.startswith(fault.path)
            and fault.user in ("", user)
            and (not fault.action or fault.action in known)
        )

    def needs_actions(self) -> bool:
        """Whether the operations of a request must be known to choose its faults."""
        return any(fault.action for fault in self._faults)

    def for_hub(self, kind: str, user: str) -> bool:
        """Whether a packet to this user meets such a fault."""
        if not self._faults:
            return False
        return bool(self._hit(f for f in self.all() if f.kind == kind and f.user in ("", user)))

    def _hit(self, faults: Iterable[Fault]) -> list[Fault]:
        found = list(faults)
        for fault in found:
            fault.hits += 1
        return found


def read_fault(given: Any) -> Fault:
    """A fault from JSON. Raises ValidationError."""
    known = {one.name for one in fields(Fault)} - {"id", "hits", "ends_at"}
    kinds = (*HTTP_KINDS, *HUB_KINDS, *MOMENTS)
    if not isinstance(given, dict) or given.get("kind") not in kinds:
        raise ValidationError(f"a fault needs a kind: {', '.join(kinds)}")
    if unknown := sorted(given.keys() - known):
        raise ValidationError(f"a fault has no {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    for name, value in given.items():
        _check(name, value)
    fault = Fault(**given)
    if fault.kind == "error" and fault.status < _FIRST_ERROR:
        raise ValidationError(f"an error's status must be from {_FIRST_ERROR} to 599")
    if fault.kind == "refuse" and fault.for_s is None:
        fault.for_s = fault.seconds
    return fault


_RANGES: dict[str, tuple[float, float]] = {
    "seconds": (0, _LONGEST_S), "for_s": (0, _LONGEST_S), "times": (1, 1_000_000), "status": (200, 599),
    "after_bytes": (0, 2**40), "bytes_per_second": (1, 2**40),
}  # fmt: skip


def _check(name: str, value: Any) -> None:
    if name not in _RANGES:
        expected: type = bool if name == "after_answer" else str
        if not isinstance(value, expected):
            raise ValidationError(f"{name} must be a {'true or false' if expected is bool else 'text'}")
        return
    low, high = _RANGES[name]
    whole = name in {"times", "status", "after_bytes"}
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not low <= value <= high:
        raise ValidationError(f"{name} must be a {'whole ' if whole else ''}number from {low:g} to {high:g}")
