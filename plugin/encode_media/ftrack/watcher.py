"""The automatic trigger at work: hints from the hub in, submitted encodes out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from encode_media.errors import EncodeMediaError, NotPermitted, failure
from encode_media.ftrack.catch_up import Missed, missed_versions, note_listening, unheard_since
from encode_media.ftrack.entities import Target, VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.hints import read_hints
from encode_media.ftrack.messages import APPLICATION_ID
from encode_media.ftrack.pending import Pending
from encode_media.ftrack.review import is_review_name
from encode_media.ftrack.settling import Settling
from encode_media.ftrack.submission import Wish, submit_target
from encode_media.ftrack.targets import fetch_in
from encode_media.ftrack.trigger_facts import facts_of, reading_of
from encode_media.ftrack.trigger_file import review_maker
from encode_media.ftrack.triggers import Choice, TriggerRules, Verdict, decide, why_not_again
from encode_media.ftrack.workers import OnFailure, Work, Workers
from encode_media.jobs.engine import JobClient, JobFilter
from encode_media.presets.catalog import Catalog

if TYPE_CHECKING:
    from ftrack_api.event.base import Event

log = logging.getLogger(__name__)

MAX_LOOKS = 2
"""Versions looked at at a time: a burst of publishes must leave threads for the people who wait for an answer."""
_SEARCH_AGAIN_S = 30.0
_NOTE_S = 60.0
_SAME_PUBLISH_S = 60.0
"""A job this much older than the first hint belongs to the same publish: another listener was quicker."""


class Watcher:
    """Called by the hub's thread, works in the listener's threads; one per listener."""

    def __init__(
        self,
        rules: TriggerRules,
        workers: Workers,
        client: JobClient,
        catalog: Catalog,
        *,
        owner: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._owner = owner
        self._rules = rules
        self._workers = workers
        self._client = client
        self._catalog = catalog
        self._clock = clock
        self._lock = threading.Lock()
        self._pending = Pending(rules, clock)
        self._settling = Settling(rules.settle_s, clock)
        self._missed = Missed(rules.catch_up, clock)
        self._late: set[str] = set()
        """Those being looked at that were missed and not heard of since."""
        self._components: set[str] = set()
        self._finding = self._searching = False
        self._search_at: float | None = None
        """When to look for missed versions, if that is to be done."""
        self._note_at: float | None = None
        """When to note down next that somebody listens; None until the missed versions are known."""
        self._causes: dict[str, set[str]] = {}
        """Per version the components that were added, and the version's own id if it changed itself."""

    @property
    def is_idle(self) -> bool:
        """Nothing is waited for, looked at or looked for."""
        with self._lock:
            searching = self._search_at is not None or self._searching
            return not (self._components or self._finding or searching or len(self._missed) or len(self._pending))

    def hear(self, event: Event) -> None:
        """Notes the hints of an event; quick, and never answers."""
        source = event["source"]
        if not self._rules.rules or (
            isinstance(source, Mapping) and source.get("applicationId") == APPLICATION_ID
        ):
            return
        hints = read_hints(event["topic"], event["data"])
        if not hints:
            return
        with self._lock:
            for hint in hints:
                if hint.version_id:
                    self._note(hint.version_id, cause=hint.version_id)
                elif hint.component_id:
                    self._components.add(hint.component_id)

    def catch_up(self) -> None:
        """Has what was published while nobody listened looked for; to be called when listening begins."""
        if self._rules.rules and self._rules.catch_up.hours:
            with self._lock:
                self._search_at, self._note_at = self._clock(), None

    def tick(self) -> None:
        """Hands what is due to the workers."""
        components: set[str] = set()
        with self._lock:
            if self._components and not self._finding:
                components, self._components, self._finding = self._components, set(), True
            search = self._search_at is not None and self._search_at <= self._clock()
            if search:
                self._search_at, self._searching = None, True
            note = self._note_at is not None and self._note_at <= self._clock()
            if note:
                self._note_at = self._clock() + _NOTE_S
            late = self._missed.take()
            if late and not self._causes.get(late):
                self._late.add(late)
                self._pending.missed(late)
            due = self._pending.take_due(MAX_LOOKS)
        if components:
            self._start(
                lambda gateway: self._find_versions(gateway, components),
                lambda error: self._keep(components, error),
            )
        if search:
            self._start(self._find_missed, self._search_again)
        if note:
            self._start(lambda _gateway: note_listening(self._client), lambda _error: None)
        for version_id in due:
            self._consider_soon(version_id)

    def _consider_soon(self, version_id: str) -> None:
        self._start(
            lambda gateway: self._consider(gateway, version_id), lambda _error: self._failed_look(version_id)
        )

    def _start(self, work: Work, failed: OnFailure) -> None:
        def say_and_pass_on(error: EncodeMediaError) -> None:
            log.warning("A published version could not be looked at: %s", error.message)
            failed(error)

        if not self._workers.submit(work, say_and_pass_on):
            failed(failure("service.absent"))

    def _keep(self, component_ids: set[str], error: EncodeMediaError) -> None:
        with self._lock:
            self._finding = False
            if error.retryable:
                self._components |= component_ids

    def _find_versions(self, gateway: Gateway, component_ids: set[str]) -> None:
        """From components to their versions; frames of a sequence and review media are left out."""
        rows = fetch_in(gateway.session, _COMPONENTS, component_ids)
        with self._lock:
            self._finding = False
            for row in rows:
                if row["version_id"] and not row["container_id"] and not is_review_name(row["name"]):
                    self._note(row["version_id"], cause=row["id"])

    def _find_missed(self, gateway: Gateway) -> None:
        since = unheard_since(self._client, self._rules.catch_up)
        found, all_of_them = missed_versions(gateway, self._client, self._rules, since=since)
        with self._lock:
            count = self._missed.add([version_id for version_id in found if version_id not in self._causes])
            self._searching, self._note_at = False, self._clock()
        if count:
            rest = "" if all_of_them else "; older ones are left alone (catch_up.limit)"
            log.info("%d versions were published while nobody listened%s", count, rest)

    def _search_again(self, _error: EncodeMediaError) -> None:
        with self._lock:
            self._searching, self._search_at = False, self._clock() + _SEARCH_AGAIN_S

    def _consider(self, gateway: Gateway, version_id: str) -> None:
        with self._lock:
            causes = set(self._causes.get(version_id, ()))
        try:
            version = gateway.version(version_id)
        except NotPermitted as error:
            # Removed again, or in a private project: neither gets better by looking again.
            log.info("%s", error.message)
            self._done(version_id, causes)
            return
        own = {item.id for item in version.components if item.is_ours or item.is_review}
        if causes and causes <= own:
            log.info("%s is not encoded by itself: only our own output was added", version.label)
            self._done(version_id, causes)
            return
        decision = decide(self._rules, facts_of(gateway, version))
        if decision.verdict is Verdict.IGNORE:
            log.info("%s is not encoded by itself: %s", version.label, decision.reason)
        elif decision.verdict is Verdict.WAIT:
            if self._wait(version, decision.reason):
                return
        elif self._submit_ready(gateway, version, decision.choices):
            return
        self._done(version_id, causes)

    def _submit_ready(self, gateway: Gateway, version: VersionInfo, choices: tuple[Choice, ...]) -> bool:
        """Queues what can be read and no longer changes; True if the rest is looked at again."""
        reason, changing, steady = "", False, True
        for choice in choices:
            reading = reading_of(gateway, version, choice.candidate.id)
            why, settled = reading.unreadable, True
            if reading.state is not None:
                with self._lock:
                    settled, changed = self._settling.look(version.id, choice.candidate.id, reading.state)
                    last_look = self._pending.is_over(version.id) and not changed
                changing = changing or changed
                # What is still missing when patience ends is for the preset to judge, or for the job to tell.
                if settled:
                    why = "" if last_look else reading.state.unfinished
                else:
                    why = "its files still change" if changed else "its files are looked at once more"
            if why:
                reason, steady = reason or why, steady and not settled
            else:
                self._submit(gateway, version, choice)
        return bool(reason) and self._wait(version, reason, soon=steady, anew=changing)

    def _wait(self, version: VersionInfo, reason: str, *, soon: bool = False, anew: bool = False) -> bool:
        with self._lock:
            waits = self._pending.look_again(version.id, soon=soon and not anew, anew=anew)
        if waits:
            log.debug("%s is looked at again: %s", version.label, reason)
        else:
            log.warning("%s was not encoded by itself: %s", version.label, reason)
        return waits

    def _submit(self, gateway: Gateway, version: VersionInfo, choice: Choice) -> None:
        rule = choice.rule
        with self._lock:
            is_late = version.id in self._late
            waited_s = self._clock() - self._pending.waiting_since(version.id)
        since = 0.0 if is_late else time.time() - waited_s - _SAME_PUBLISH_S
        presets = self._catalog.for_project(version.project_name)
        user = gateway.user(version.user_id or gateway.session.api_user)
        jobs = self._client.jobs(where=JobFilter(version_id=version.id))
        needless = why_not_again(choice, jobs, since=since, makes_review=review_maker(presets))
        if needless:
            log.info("%s is not encoded by itself: %s", version.label, needless)
            return
        wish = Wish(
            preset=rule.preset,
            options=rule.options,
            user=user,
            origin="trigger",
            priority=max(rule.priority, self._rules.catch_up.priority) if is_late else rule.priority,
            needs=rule.needs,
            again=False,
        )
        target = Target(version=version, component_id=choice.candidate.id)
        try:
            submission = submit_target(gateway, self._client, self._catalog, target, wish, owner=self._owner)
        except EncodeMediaError as error:
            if error.retryable:
                raise
            log.warning("%s was not encoded by itself: %s", version.label, error.message)
            return
        known = "queued" if submission.created else "known"
        log.info("%s: %s by rule %s%s", version.label, known, rule.name, " (catching up)" if is_late else "")

    def _note(self, version_id: str, *, cause: str) -> None:
        self._pending.hint(version_id)
        self._causes.setdefault(version_id, set()).add(cause)
        self._missed.heard(version_id)
        self._late.discard(version_id)

    def _failed_look(self, version_id: str) -> None:
        with self._lock:
            if not self._pending.look_again(version_id):
                self._forget(version_id)

    def _done(self, version_id: str, causes: set[str]) -> None:
        """What was hinted at while the version was looked at stays, and gets another look."""
        with self._lock:
            self._pending.done(version_id)
            newer = self._causes.get(version_id, set()) - causes
            self._forget(version_id)
            if newer:
                self._causes[version_id] = newer

    def _forget(self, version_id: str) -> None:
        self._causes.pop(version_id, None)
        self._settling.forget(version_id)
        self._late.discard(version_id)


_COMPONENTS = "select id, name, version_id, container_id from Component where id in ({ids})"
