"""One commit: all changes or none, told to those who may know, in the order they were made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from encode_media.sandbox.files import Files
from encode_media.sandbox.operations import Batch
from encode_media.sandbox.store import Store
from encode_media.sandbox.update_event import Announcement, update_events
from encode_media.sandbox.visibility import Caller

T = TypeVar("T")


class Commits:
    """`announce` is called for each event, from whatever thread commits."""

    def __init__(self, store: Store, files: Files, announce: Callable[[Announcement], object]) -> None:
        self.store = store
        self._files = files
        self._announce = announce

    def run(self, caller: Caller, work: Callable[[Batch], T], headers: Mapping[str, str] | None = None) -> T:
        """Does the work in a batch of the caller's. Raises what it raises, and then nothing happened."""
        batch = Batch(self.store, caller)
        # Announced before anybody else may commit, so that events come in the order of the commits.
        with self.store.alone():
            with self.store.transaction():
                answer = work(batch)
                batch.finish()
                events = update_events(self.store, caller, batch.changes, headers or {})
            for event in events:
                self._announce(event)
        for change in batch.changes:
            if change.action == "remove" and self.store.schema.root(change.type_name) == "Component":
                self._files.remove(change.key[0])
        return answer
