"""When versions that something was heard of are to be looked at. Pure bookkeeping by a clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

from encode_media.ftrack.triggers import TriggerRules

_MAX_DOUBLINGS = 4
"""The pause between looks grows to 16 quiet periods and stays there."""
_SHORT_S = 0.5
LATE_PATIENCE_S = 60.0
"""How long a version that was missed is waited for: its files have had their time."""


@dataclass(frozen=True, slots=True)
class _Wait:
    first: float
    due: float
    give_up_at: float
    looks: int = 0


class Pending:
    """Versions with hints. Not safe for threads: the watcher locks it."""

    def __init__(self, rules: TriggerRules, clock: Callable[[], float]) -> None:
        self._rules = rules
        self._clock = clock
        self._waits: dict[str, _Wait] = {}
        self._looking: dict[str, _Wait] = {}
        self._queue: list[tuple[float, str]] = []
        """A heap of when what is due; entries that no longer agree with `_waits` are passed over."""

    def __len__(self) -> int:
        return len(self._waits) + len(self._looking)

    def hint(self, version_id: str) -> None:
        """Starts or restarts the quiet period of a version."""
        now = self._clock()
        known = self._waits.get(version_id)
        first = known.first if known else now
        due = max(now, min(now + self._rules.quiet_s, first + self._rules.max_quiet_s))
        self._put(version_id, _Wait(first, due, first + self._rules.give_up_s))

    def missed(self, version_id: str) -> None:
        """A version that was found rather than heard of: looked at now, and not waited for as long."""
        if version_id not in self._waits and version_id not in self._looking:
            now = self._clock()
            self._put(version_id, _Wait(now, now, now + min(LATE_PATIENCE_S, self._rules.give_up_s)))

    def take_due(self, limit: int | None = None) -> tuple[str, ...]:
        """Versions to look at now, the longest due first; each is out until `done` or `look_again`.

        At most `limit` are out at a time.
        """
        now = self._clock()
        taken: list[str] = []
        while self._queue and self._queue[0][0] <= now:
            if limit is not None and len(self._looking) >= limit:
                break
            due, version_id = heapq.heappop(self._queue)
            wait = self._waits.get(version_id)
            if wait is None or wait.due != due:
                continue
            if version_id in self._looking:
                # Heard of again while it is looked at: the next look comes after this one.
                self._put(version_id, replace(wait, due=now + max(self._rules.quiet_s, _SHORT_S)))
            else:
                self._looking[version_id] = self._waits.pop(version_id)
                taken.append(version_id)
        return tuple(taken)

    def waiting_since(self, version_id: str) -> float:
        """When the first hint of a version that is being looked at came; now if it is unknown."""
        wait = self._looking.get(version_id)
        return wait.first if wait else self._clock()

    def done(self, version_id: str) -> None:
        self._looking.pop(version_id, None)

    def is_over(self, version_id: str) -> bool:
        """Whether this look was the last one."""
        wait = self._looking.get(version_id)
        return wait is not None and self._clock() >= wait.give_up_at

    def look_again(self, version_id: str, *, soon: bool = False, anew: bool = False) -> bool:
        """Schedules another look, later each time; False once it was given up.

        With `soon` as early as files that don't change any more can be told from those that do; with `anew`
        something still happens, so the patience begins anew.
        """
        wait = self._looking.pop(version_id, None)
        if wait is None or version_id in self._waits:
            return True
        now = self._clock()
        give_up_at = now + self._rules.give_up_s if anew else wait.give_up_at
        if now >= give_up_at:
            return False
        pause = self._rules.settle_s if soon else self._rules.quiet_s * 2 ** min(wait.looks, _MAX_DOUBLINGS)
        self._put(version_id, _Wait(wait.first, now + pause, give_up_at, wait.looks + 1))
        return True

    def _put(self, version_id: str, wait: _Wait) -> None:
        self._waits[version_id] = wait
        heapq.heappush(self._queue, (wait.due, version_id))
