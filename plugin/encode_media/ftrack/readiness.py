"""What stands in the way of an encode, found out while a person waits for the form or its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from encode_media.errors import EncodeMediaError, InvalidParameters, failure
from encode_media.ftrack.entities import Target, UserInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.review import SERVER_LOCATION
from encode_media.ftrack.source_reader import Look, SourceReader
from encode_media.ftrack.submission import Wish
from encode_media.jobs.engine import JobClient
from encode_media.model.media import MissingFrames, SourceRef
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


def look(
    desk: Desk, gateway: Gateway, targets: Sequence[Target], user: UserInfo, *, within_s: float
) -> list[Look]:
    """Per target its media, why it can't be encoded, or None where that isn't known yet."""
    sources = [_source(gateway, target, user) for target in targets]
    readable = [source for source in sources if isinstance(source, SourceRef)]
    looks = iter(desk.reader.look(readable, within_s=within_s))
    return [next(looks) if isinstance(source, SourceRef) else source for source in sources]


def known_problems(
    desk: Desk, gateway: Gateway, targets: Sequence[Target], wish: Wish
) -> list[EncodeMediaError | None]:
    """Per target what can be told now rather than by a failed job."""
    looks = look(desk, gateway, targets[:MAX_READ], wish.user, within_s=CHECK_S)
    problems = [_problem(desk, seen, wish) for seen in looks]
    return problems + [None] * (len(targets) - len(problems))


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


def _source(gateway: Gateway, target: Target, user: UserInfo) -> SourceRef | EncodeMediaError | None:
    try:
        gateway.may_encode(user, target.version)
        component = gateway.source_component(target.version.id, target.component_id)
        try:
            return gateway.source_ref(component, label=target.version.label)
        except EncodeMediaError as error:
            # What only the server has is downloaded when the job runs, not while somebody waits for a form.
            return None if SERVER_LOCATION in component.locations else error
    except EncodeMediaError as error:
        return error
