"""How many jobs of one worker do what at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum

_LOOK_S = 0.25
"""How often a job that waits for a slot looks whether it still shall."""


class Lane(str, Enum):
    """What a step mostly uses."""

    ENCODE = "encode"
    NETWORK = "network"
    TELLING = "telling"
    """The end of a job that was cancelled before its turn: never behind the encodes."""
    AWAY = "away"
    """Waiting for parts of the job that others do; there is room for any number."""


class Slots:
    def __init__(self, limits: dict[Lane, int], freed: Callable[[], None]) -> None:
        self._limits, self._freed = limits, freed
        self._taken = dict.fromkeys(Lane, 0)
        self._coming = dict.fromkeys(Lane, 0)
        self._changed = threading.Condition()

    def take(self, lane: Lane) -> Place | None:
        """A place in the lane, or None where it is full."""
        with self._changed:
            # Whoever comes back to encode goes before whoever begins.
            free = not self._coming[lane] and self._enter(lane)
            return Place(self, lane) if free else None

    def wait_until_unused(self, timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not any(self._taken.values()), timeout=timeout_s)

    def _enter(self, lane: Lane) -> bool:
        if lane is not Lane.AWAY and self._taken[lane] >= self._limits[lane]:
            return False
        self._taken[lane] += 1
        return True

    def _move(self, place: Place, lane: Lane, give_up: Callable[[], bool]) -> None:
        with self._changed:
            self._coming[lane] += 1
            try:
                while place.lane is not None and not self._enter(lane):
                    if give_up():
                        return
                    self._changed.wait(_LOOK_S)
            finally:
                self._coming[lane] -= 1
        self._leave(place, lane)

    def _leave(self, place: Place, lane: Lane | None, *, quietly: bool = False) -> None:
        with self._changed:
            if place.lane is None:
                return
            self._taken[place.lane] -= 1
            place.lane = lane
            self._changed.notify_all()
        if not quietly:
            self._freed()


class Place:
    """Where one job is. It never waits without a place, so what was encoded can't pile up before the network."""

    def __init__(self, slots: Slots, lane: Lane) -> None:
        self._slots = slots
        self.lane: Lane | None = lane

    def move(self, lane: Lane, give_up: Callable[[], bool]) -> None:
        """Into another lane as soon as it has room; not at all where it is to give up, or is there.

        A telling keeps its own: it uses the network for one short message.
        """
        if self.lane not in (lane, Lane.TELLING, None):
            self._slots._move(self, lane, give_up)  # noqa: SLF001 - a part of Slots

    def give_up(self) -> None:
        """Leaves without having been used: nothing has changed for those who wait."""
        self._slots._leave(self, None, quietly=True)  # noqa: SLF001

    def leave(self) -> None:
        self._slots._leave(self, None)  # noqa: SLF001
