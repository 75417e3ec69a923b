"""Outputs become components: exactly once, however often and wherever it was interrupted.

Where the version already has what they replace, the order makes it safe: all bytes are stored first, which nobody
sees; one commit makes all components, their places, metadata and the thumbnail appear together; only then is what
they replace removed. Where there is nothing to replace, they appear one after the other (see `staging`), so that
the first is seen early. Ids come from the job, so a repeated run finds what an earlier one made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.ledger import Ledger, Maker, ledger, read_ledger
from encode_media.ftrack.parts import Part, make_part
from encode_media.ftrack.registering import register
from encode_media.ftrack.remote_encode import Errand, encode_there
from encode_media.ftrack.replacing import remove_components, replaced
from encode_media.ftrack.review import location_for
from encode_media.ftrack.staging import has_older, overtaken, waves_of
from encode_media.ftrack.stores import Store, open_store
from encode_media.ftrack.storing import Tally, store_files
from encode_media.ftrack.targets import fetch_in
from encode_media.ftrack.thumbnails import contexts_to_follow, has_chosen_thumbnail, pass_thumbnail_on
from encode_media.ftrack.upload import Retries
from encode_media.model.plan import EncodePlan
from encode_media.model.request import EncodeRequest, PublishTarget
from encode_media.model.result import OutputResult, Progress, PublishedOutput
from encode_media.timebase import format_rate

if TYPE_CHECKING:
    import ftrack_api

OnProgress = Callable[[Progress], None]
_NEXT_S = 0.002
"""Later by the ledger's clock, which counts milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the studio settled about publishing."""

    output_root: Path | None = None
    cascade: tuple[str, ...] = ()
    """Which contexts around a version get its thumbnail, too: `task`, `parent`."""
    maker: Maker = Maker()
    retries: Retries | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Everything one publishing needs to know, gathered before anything is written."""

    job_id: str
    target: PublishTarget
    version: VersionInfo
    marks: Ledger
    rules: Rules
    parts: tuple[Part, ...]


def publish(
    session: ftrack_api.Session,
    job_id: str,
    request: EncodeRequest,
    plan: EncodePlan,
    outputs: tuple[OutputResult, ...],
    *,
    on_progress: OnProgress,
    rules: Rules | None = None,
) -> tuple[PublishedOutput, ...]:
    """Makes the outputs components of the request's version and removes what they replace.

    Raises:
        ServerUnavailable: the server failed or is gone; repeating goes on where it stopped.
        NotPermitted: the server refused, or the version can't be seen any more.
        InvalidParameters: the wanted location can't be used.
        OutOfSpace: the location is full.
    """
    gateway = Gateway(session)
    publication = _gather(gateway, job_id, request, plan, outputs, rules or Rules())
    waves = waves_of(publication.version.components, job_id, publication.parts)
    tally = Tally(publication.parts, on_progress)
    stores = _open_stores(session, publication)
    for wave in waves:
        _store_and_register(session, publication, wave, stores, tally)
    _settle(session, gateway, publication)
    return tuple(_published(part) for part in publication.parts)


def publish_remote(
    session: ftrack_api.Session,
    job_id: str,
    request: EncodeRequest,
    plan: EncodePlan,
    *,
    on_progress: OnProgress,
    rules: Rules,
    time_limit_s: float,
) -> tuple[PublishedOutput, ...]:
    """Lets the server make the review media. Raises: see `remote_encode.encode_there`."""
    publication = _gather(Gateway(session), job_id, request, plan, (), rules)
    errand = Errand(
        job_id=job_id,
        version=publication.version,
        source=Path(plan.media.source.path),
        marks=publication.marks,
        on_progress=on_progress,
        time_limit_s=time_limit_s,
        retries=rules.retries,
    )
    return encode_there(session, errand)


def publish_early(
    session: ftrack_api.Session,
    job_id: str,
    request: EncodeRequest,
    plan: EncodePlan,
    outputs: tuple[OutputResult, ...],
    *,
    rules: Rules,
    on_progress: OnProgress = lambda _progress: None,
) -> bool:
    """Shows outputs that are finished and checked before the job's others; True if they are there now.

    Only where nothing is to be replaced: there, something older is seen, and changes as a whole later. `publish`
    finds what this made. Raises like it.
    """
    gateway = Gateway(session)
    publication = _gather(gateway, job_id, request, plan, outputs, rules)
    names = {part.component_name for part in publication.parts} | {
        output.name for output in plan.outputs if output.publish.role != "thumbnail"
    }
    if not publication.parts or has_older(publication.version.components, job_id, names):
        return False
    tally = Tally(publication.parts, on_progress)
    _store_and_register(session, publication, publication.parts, _open_stores(session, publication), tally)
    return True


def _gather(  # noqa: PLR0917 - the arguments of `publish`, passed on
    gateway: Gateway,
    job_id: str,
    request: EncodeRequest,
    plan: EncodePlan,
    outputs: tuple[OutputResult, ...],
    rules: Rules,
) -> Publication:
    if request.target is None:
        raise failure("internal", problem="there is no version to publish to")
    version = gateway.version(request.target.version_id)
    return Publication(
        job_id=job_id,
        target=request.target,
        version=version,
        marks=ledger(job_id, request, plan, rules.maker, _since(version, job_id)),
        rules=rules,
        parts=_parts(job_id, request.target, version, outputs, rules),
    )


def _parts(
    job_id: str, target: PublishTarget, version: VersionInfo, outputs: tuple[OutputResult, ...], rules: Rules
) -> tuple[Part, ...]:
    chosen = has_chosen_thumbnail(version)
    has_root = rules.output_root is not None
    made = (
        make_part(job_id, output, location_for(output, target.location, has_output_root=has_root))
        for output in outputs
    )
    return tuple(
        part
        for part in made
        if not (part.is_thumbnail and chosen and not part.output.planned.publish.replace_chosen)
    )


def _since(version: VersionInfo, job_id: str) -> float:
    """Since when this job publishes to the version: the time of its first component, else now.

    Never before what is there already: clocks differ between machines and are put back, but what comes later
    replaces what was there.
    """
    marked = [
        (marks.get("job"), float(marks["at"]))
        for marks in (read_ledger(item.ledger) for item in version.components)
        if "at" in marks
    ]
    own = [at for job, at in marked if job == job_id]
    if own:
        return min(own)
    return max((time.time(), *(at + _NEXT_S for _, at in marked)))


def _open_stores(session: ftrack_api.Session, publication: Publication) -> dict[str, Store]:
    """All locations, before the first byte is sent: a wrong name should cost nothing."""
    return {
        name: open_store(
            name,
            session,
            publication.version,
            publication.job_id,
            output_root=publication.rules.output_root,
            retries=publication.rules.retries,
        )
        for name in {part.location for part in publication.parts}
    }


def _store_and_register(
    session: ftrack_api.Session,
    publication: Publication,
    parts: tuple[Part, ...],
    stores: dict[str, Store],
    tally: Tally,
) -> None:
    known = _registered(session, parts)
    missing = tuple(part for part in parts if part.component_id not in known)
    tally.add(sum(part.output.size_bytes for part in parts if part.component_id in known))
    if not missing:
        return
    try:
        identifiers = store_files(missing, stores, tally)
    except EncodeMediaError:
        # Nothing of it is registered yet, so nothing of it may stay; a next try keeps it again. Unless another
        # worker has the job by now, and was quicker.
        registered = _registered(session, missing)
        for part in missing:
            if part.component_id not in registered:
                stores[part.location].discard(part)
        raise
    register(
        session,
        publication.version.id,
        missing,
        stores=stores,
        identifiers=identifiers,
        marks=publication.marks,
        thumbnail_of=_followers(session, publication, missing),
    )


def _registered(session: ftrack_api.Session, parts: Iterable[Part]) -> set[str]:
    return {row["id"] for row in fetch_in(session, "select id from Component where id in ({ids})", _ids(parts))}


def _followers(session: ftrack_api.Session, publication: Publication, parts: Iterable[Part]) -> tuple[str, ...]:
    if not any(part.is_thumbnail for part in parts):
        return ()
    return contexts_to_follow(session, publication.version, publication.rules.cascade)


def _ids(parts: Iterable[Part]) -> list[str]:
    return [part.component_id for part in parts]


def _settle(session: ftrack_api.Session, gateway: Gateway, publication: Publication) -> None:
    """Removes what the new components replace, or, where a later job was quicker, the new ones themselves."""
    # Read again: other jobs may have published since this one began.
    version = gateway.version(publication.version.id)
    ours = set(_ids(publication.parts))
    new_names = {part.component_name for part in publication.parts}
    rank = (float(publication.marks["at"]), publication.job_id)
    lost = overtaken(version.components, ours=ours, rank=rank)
    old = (*replaced(version.components, new_names=new_names, ours=ours, rank=rank), *lost)
    pass_thumbnail_on(session, version, {item.id for item in old})
    remove_components(session, old, output_root=publication.rules.output_root)


def _published(part: Part) -> PublishedOutput:
    output = part.output
    return PublishedOutput(
        name=part.component_name,
        component_id=part.component_id,
        location=part.location,
        width=output.width,
        height=output.height,
        frames=output.frames,
        frame_rate=format_rate(output.frame_rate) if output.frame_rate is not None else "",
        size_bytes=output.size_bytes,
    )
