"""The automatic trigger at work: hints from the hub in, submitted encodes out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from encode_media.errors import EncodeMediaError, NotPermitted, SourceMissing, failure
from encode_media.ftrack.entities import ComponentInfo, Target, VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.messages import APPLICATION_ID
from encode_media.ftrack.review import SERVER_LOCATION, is_review_name
from encode_media.ftrack.session import fetch
from encode_media.ftrack.sources import best_source
from encode_media.ftrack.submission import Wish, submit_target
from encode_media.ftrack.targets import fetch_in
from encode_media.ftrack.triggers import (
    Decision,
    Pending,
    TriggerRules,
    Verdict,
    VersionFacts,
    decide,
    read_hints,
)
from encode_media.ftrack.workers import OnFailure, Work, Workers
from encode_media.jobs.engine import JobClient
from encode_media.presets.catalog import Catalog

if TYPE_CHECKING:
    from ftrack_api.event.base import Event

log = logging.getLogger(__name__)


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
        self._lock = threading.Lock()
        self._pending = Pending(rules, clock)
        self._components: set[str] = set()
        self._causes: dict[str, set[str]] = {}
        """Per version the components that were added, and the version's own id if it changed itself."""

    def hear(self, event: Event) -> None:
        """Notes the hints of an event; quick, and never answers."""
        source = event["source"]
        if not self._rules.rules or (
            isinstance(source, Mapping) and source.get("applicationId") == APPLICATION_ID
        ):
            return
        for hint in read_hints(event["topic"], event["data"]):
            with self._lock:
                if hint.version_id:
                    self._note(hint.version_id, cause=hint.version_id)
                elif hint.component_id:
                    self._components.add(hint.component_id)

    def tick(self) -> None:
        """Hands what is due to the workers."""
        with self._lock:
            components, self._components = self._components, set()
            due = self._pending.take_due()
        if components:
            self._start(
                lambda gateway: self._find_versions(gateway, components),
                lambda error: self._keep(components, error),
            )
        for version_id in due:
            self._consider_soon(version_id)

    def _consider_soon(self, version_id: str) -> None:
        self._start(
            lambda gateway: self._consider(gateway, version_id), lambda _error: self._look_again(version_id)
        )

    def _start(self, work: Work, failed: OnFailure) -> None:
        def say_and_pass_on(error: EncodeMediaError) -> None:
            log.warning("A published version could not be looked at: %s", error.message)
            failed(error)

        if not self._workers.submit(work, say_and_pass_on):
            failed(failure("service.absent"))

    def _keep(self, component_ids: set[str], error: EncodeMediaError) -> None:
        if error.retryable:
            with self._lock:
                self._components |= component_ids

    def _find_versions(self, gateway: Gateway, component_ids: set[str]) -> None:
        """From components to their versions; frames of a sequence and review media are left out."""
        rows = fetch_in(gateway.session, _COMPONENTS, component_ids)
        with self._lock:
            for row in rows:
                if row["version_id"] and not row["container_id"] and not is_review_name(row["name"]):
                    self._note(row["version_id"], cause=row["id"])

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
        decision = _decide(self._rules, gateway, version, causes)
        if decision.verdict is Verdict.WAIT:
            log.debug("%s is looked at again: %s", version.label, decision.reason)
            if not self._look_again(version_id):
                log.warning("%s was not encoded by itself: %s", version.label, decision.reason)
                self._done(version_id, causes)
            return
        if decision.verdict is Verdict.SUBMIT:
            self._submit(gateway, version, decision)
        else:
            log.info("%s is not encoded by itself: %s", version.label, decision.reason)
        self._done(version_id, causes)

    def _submit(self, gateway: Gateway, version: VersionInfo, decision: Decision) -> None:
        rule = decision.rule
        if rule is None:
            raise ValueError("a decision to submit names its rule")
        user = gateway.user(version.user_id or gateway.session.api_user)
        wish = Wish(
            preset=rule.preset,
            options=rule.options,
            user=user,
            origin="trigger",
            priority=rule.priority,
            needs=rule.needs,
            again=False,
        )
        try:
            submission = submit_target(
                gateway, self._client, self._catalog, Target(version=version), wish, owner=self._owner
            )
        except EncodeMediaError as error:
            if error.retryable:
                raise
            log.warning("%s was not encoded by itself: %s", version.label, error.message)
            return
        log.info("%s: %s by %s", version.label, "queued" if submission.created else "known", decision.reason)

    def _note(self, version_id: str, *, cause: str) -> None:
        self._pending.hint(version_id)
        self._causes.setdefault(version_id, set()).add(cause)

    def _look_again(self, version_id: str) -> bool:
        with self._lock:
            return self._pending.look_again(version_id)

    def _done(self, version_id: str, causes: set[str]) -> None:
        """What was hinted at while the version was looked at stays, and gets another look."""
        with self._lock:
            self._pending.done(version_id)
            newer = self._causes.pop(version_id, set()) - causes
            if newer:
                self._causes[version_id] = newer


_COMPONENTS = "select id, name, version_id, container_id from Component where id in ({ids})"


def _decide(rules: TriggerRules, gateway: Gateway, version: VersionInfo, causes: set[str]) -> Decision:
    own = {item.id for item in version.components if item.is_ours or item.is_review}
    if causes and causes <= own:
        return Decision(Verdict.IGNORE, "only our own output was added")
    return decide(rules.rules, _facts(gateway, version))


def _facts(gateway: Gateway, version: VersionInfo) -> VersionFacts:
    source = best_source(version.components)
    return VersionFacts(
        label=version.label,
        project=version.project_name,
        asset_type=_asset_type(gateway, version),
        is_published=version.is_published,
        has_review_media=version.has_review,
        component=source.name if source else None,
        extension=source.file_type if source else "",
        unreadable=_unreadable(gateway, version, source) if source else "",
    )


def _asset_type(gateway: Gateway, version: VersionInfo) -> str:
    rows: list[Any] = fetch(
        gateway.session, "select id, type.name from Asset where id is {asset}", asset=version.asset_id
    )
    kind = rows[0]["type"] if rows else None
    return str(kind["name"]) if kind else ""


def _unreadable(gateway: Gateway, version: VersionInfo, source: ComponentInfo) -> str:
    try:
        gateway.source_ref(gateway.source_component(version.id, source.id), label=version.label)
    except SourceMissing as error:
        return "" if SERVER_LOCATION in source.locations else error.message
    return ""
