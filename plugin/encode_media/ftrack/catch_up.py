"""What was published while nobody listened: found newest first, and handed on without hurry."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.session import fetch
from encode_media.ftrack.targets import fetch_in
from encode_media.ftrack.triggers import CatchUpRules, TriggerRules
from encode_media.jobs.engine import JobClient, JobFilter

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

PAGE = 200
MAX_PAGES = 100
"""Ends the reading of a project that grows faster than it is read."""
OVERLAP_S = 900.0
"""What was heard of shortly before the end was not looked at yet, and clocks differ."""
_KEY = "triggers listening"

_MISSED = (
    "select id, date from AssetVersion where date >= {{since}}{published}"
    " order by date descending limit {limit} offset {offset}"
)
_REVIEWED = 'select version_id from Component where name like "ftrackreview%" and version_id in ({ids})'


def unheard_since(client: JobClient, rules: CatchUpRules) -> float:
    """Since when versions may have been missed, in seconds since the epoch.

    Never before the first time that anybody listened with this job database: what a studio published before it
    had the service was not missed. Raises: ServerUnavailable.
    """
    now = time.time()
    # The server's times are whole seconds: what is older than the listener must not look as young.
    client.remember(_KEY, {"first": math.ceil(now), "last": now}, only_new=True)
    known = client.recall(_KEY) or {}
    first, last = float(known.get("first", now)), float(known.get("last", now))
    return max(now - rules.hours * 3600, last - OVERLAP_S, first)


def note_listening(client: JobClient) -> None:
    """Notes down, for whoever listens next, that somebody listens now. Raises: ServerUnavailable."""
    known = client.recall(_KEY) or {}
    now = time.time()
    client.remember(_KEY, {"first": known.get("first", now), "last": now})


def missed_versions(
    gateway: Gateway, client: JobClient, rules: TriggerRules, *, since: float
) -> tuple[list[str], bool]:
    """The newest versions since then that have neither review media nor a job, and whether these are all.

    Raises: ServerUnavailable, NotPermitted.
    """
    found: list[str] = []
    for page in _pages(gateway.session, rules, since):
        rows = fetch_in(gateway.session, _REVIEWED, page)
        reviewed = {row["version_id"] for row in rows}
        for version_id in page:
            if version_id in reviewed or client.jobs(limit=1, where=JobFilter(version_id=version_id)):
                continue
            if len(found) == rules.catch_up.limit:
                return found, False
            found.append(version_id)
    return found, True


def _pages(session: ftrack_api.Session, rules: TriggerRules, since: float) -> Iterator[Sequence[str]]:
    moment = datetime.fromtimestamp(since, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    published = " and is_published is true" if all(rule.published for rule in rules.rules) else ""
    for number in range(MAX_PAGES):
        expression = _MISSED.format(published=published, limit=PAGE, offset=number * PAGE)
        rows = fetch(session, expression, since=moment)
        yield [row["id"] for row in rows]
        if len(rows) < PAGE:
            return
    log.warning("More than %d versions were published; the oldest of them were not looked at", MAX_PAGES * PAGE)


class Missed:
    """Missed versions on their way: so many a minute, the newest first. Not safe for threads."""

    def __init__(self, rules: CatchUpRules, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause_s = 60.0 / rules.per_minute
        self._clock = clock
        self._queue: deque[str] = deque()
        self._known: set[str] = set()
        self._next = 0.0

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, version_ids: Sequence[str]) -> int:
        """Puts the newest before what waits from earlier; gives how many are new."""
        new = [version_id for version_id in version_ids if version_id not in self._known]
        self._known.update(new)
        self._queue.extendleft(reversed(new))
        return len(new)

    def take(self) -> str | None:
        """The next one, if it is time for it."""
        now = self._clock()
        if not self._queue or now < self._next:
            return None
        self._next = now + self._pause_s
        version_id = self._queue.popleft()
        self._known.discard(version_id)
        return version_id

    def heard(self, version_id: str) -> None:
        """It was heard of after all, and needn't come from here."""
        if version_id in self._known:
            self._known.discard(version_id)
            self._queue.remove(version_id)
