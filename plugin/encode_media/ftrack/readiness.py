"""What stands in the way of an encode, found out while a person waits for the form or its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass

from encode_media.errors import EncodeMediaError, InvalidParameters, SourceMissing, failure
from encode_media.ftrack.entities import Target, UserInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.known import Known
from encode_media.ftrack.review import SERVER_LOCATION
from encode_media.ftrack.source_reader import Look, SourceReader, outcome
from encode_media.ftrack.submission import Wish, known_component
from encode_media.ftrack.summary import Seen
from encode_media.ftrack.texts import Texts
from encode_media.ftrack.triggers import TriggerRules
from encode_media.jobs.engine import JobClient
from encode_media.model.media import Media, MissingFrames
from encode_media.presets.catalog import Catalog
from encode_media.settings import Settings
from encode_media.timebase import frames_text

CHECK_S = 0.3
"""For reading sources before they are queued; most are known from the form."""
MAX_READ = 12
"""As many sources as a form shows; of the others the job itself will tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What answering needs beside a gateway."""

    settings: Settings
    client: JobClient
    catalog: Catalog
    reader: SourceReader
    known: Known
    texts: Texts
    triggers: TriggerRules = TriggerRules()
    """The studio's own, for wishes that name no preset; the built-in ones say nothing the default doesn't."""
    watch_batch: Callable[[str], object] = lambda _batch_id: None
    """Told of each new batch."""


def look(
    desk: Desk, gateway: Gateway, targets: Sequence[Target], user: UserInfo, *, within_s: float
) -> list[Look]:
    """Per target its media, why it can't be encoded, or None where that isn't known yet.

    Within this time: what the server or the storage didn't tell by then stays unknown.
    """
    until = time.monotonic() + within_s
    begun = [_begin(desk, gateway, target, user, until) for target in targets]
    wait([item for item in begun if isinstance(item, Future)], timeout=max(0.0, until - time.monotonic()))
    return [outcome(item) if isinstance(item, Future) else item for item in begun]


def known_problems(
    desk: Desk, gateway: Gateway, targets: Sequence[Target], wish: Wish, *, within_s: float = CHECK_S
) -> list[EncodeMediaError | None]:
    """Per target what can be told now rather than by a failed job."""
    return [each.problem for each in known_facts(desk, gateway, targets, wish, within_s=within_s)]


def known_facts(
    desk: Desk, gateway: Gateway, targets: Sequence[Target], wish: Wish, *, within_s: float
) -> list[Seen]:
    """Per target what is known of its source, and what stands in its way."""
    looks = look(desk, gateway, targets[:MAX_READ], wish.user, within_s=within_s)
    seen = [
        Seen(target, found, _problem(desk, found, wish)) for target, found in zip(targets, looks, strict=False)
    ]
    return seen + [Seen(target, None) for target in targets[MAX_READ:]]


def is_correctable(problem: EncodeMediaError) -> bool:
    """True if another choice in the form helps."""
    return isinstance(problem, InvalidParameters) or problem.code == "source.frames_missing"


def _problem(desk: Desk, seen: Look, wish: Wish) -> EncodeMediaError | None:
    if seen is None:
        return None
    if isinstance(seen, EncodeMediaError):
        return None if seen.retryable else seen
    try:
        preset = desk.catalog.resolve(wish.preset, seen, wish.options)
    except InvalidParameters as error:
        return error
    if seen.missing and seen.span and preset.missing_frames is MissingFrames.FAIL:
        return failure(
            "source.frames_missing",
            count=len(seen.missing),
            total=len(seen.span),
            frames=frames_text(seen.missing),
        )
    return None


def _begin(
    desk: Desk, gateway: Gateway, target: Target, user: UserInfo, until: float
) -> Future[Media] | EncodeMediaError | None:
    """Begins to read a target's source: the reading, why there is none, or None when time is up."""
    if time.monotonic() > until:
        return None
    try:
        gateway.may_encode(user, target.version)
        component = known_component(gateway, target)
        try:
            whole = (
                gateway.source_component(target.version.id, component.id) if component.is_sequence else component
            )
            return desk.reader.begin(gateway.source_ref(whole, label=target.version.label))
        except SourceMissing as error:
            error.details["held_in"] = ", ".join(component.locations)
            # What only the server has is downloaded when the job runs, not while somebody waits for a form.
            return None if SERVER_LOCATION in component.locations else error
    except EncodeMediaError as error:
        return error
