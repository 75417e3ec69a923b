"""Outputs become components: exactly once, however often and wherever it was interrupted.

The order makes it safe. First all bytes are stored, which nobody sees. Then one commit makes all
components, their places, their metadata and the thumbnail appear together. Only then is what they
replace removed. Ids come from the job, so a repeated run finds what an earlier one made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.parts import FilePart, Part, ledger, make_part, read_ledger
from encode_media.ftrack.replacing import remove_components, replaced
from encode_media.ftrack.review import LEDGER_KEY, META_KEY, ftr_meta, location_for
from encode_media.ftrack.session import translated
from encode_media.ftrack.stores import Store, open_store
from encode_media.ftrack.targets import fetch_in
from encode_media.ftrack.upload import Retries
from encode_media.model.plan import EncodePlan
from encode_media.model.request import EncodeRequest, PublishTarget
from encode_media.model.result import OutputResult, Progress, PublishedOutput, Stage, job_percent
from encode_media.timebase import format_rate

if TYPE_CHECKING:
    import ftrack_api

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Everything one publishing needs to know, gathered before anything is written."""

    job_id: str
    request: EncodeRequest
    target: PublishTarget
    fingerprint: str
    version: VersionInfo
    output_root: Path | None
    retries: Retries | None = None


def publish(
    session: ftrack_api.Session,
    job_id: str,
    request: EncodeRequest,
    plan: EncodePlan,
    outputs: tuple[OutputResult, ...],
    *,
    on_progress: OnProgress,
    output_root: Path | None = None,
    retries: Retries | None = None,
) -> tuple[PublishedOutput, ...]:
    """Makes the outputs components of the request's version and removes what they replace.

    Raises:
        ServerUnavailable: the server failed or is gone; repeating goes on where it stopped.
        NotPermitted: the server refused, or the version can't be seen any more.
        InvalidParameters: the wanted location can't be used.
        OutOfSpace: the output root is full.
    """
    if request.target is None:
        raise failure("internal", problem="there is no version to publish to")
    gateway = Gateway(session)
    version = gateway.version(request.target.version_id)
    publication = Publication(
        job_id=job_id,
        request=request,
        target=request.target,
        fingerprint=plan.media.fingerprint,
        version=version,
        output_root=output_root,
        retries=retries,
    )
    parts = _parts(publication, outputs)
    _store_and_register(session, publication, parts, on_progress)
    _remove_replaced(session, gateway, publication, parts)
    return tuple(_published(part) for part in parts)


def _parts(publication: Publication, outputs: tuple[OutputResult, ...]) -> tuple[Part, ...]:
    keep_thumbnail = _has_chosen_thumbnail(publication.version)
    has_root = publication.output_root is not None
    made = (
        make_part(
            publication.job_id,
            output,
            location_for(output, publication.target.location, has_output_root=has_root),
        )
        for output in outputs
    )
    return tuple(part for part in made if not (part.is_thumbnail and keep_thumbnail))


def _has_chosen_thumbnail(version: VersionInfo) -> bool:
    """True if somebody else set the version's thumbnail: it was chosen, ours is only better than none."""
    if version.thumbnail_id is None:
        return False
    return not any(item.id == version.thumbnail_id and item.is_ours for item in version.components)


def _store_and_register(
    session: ftrack_api.Session, publication: Publication, parts: tuple[Part, ...], on_progress: OnProgress
) -> None:
    known = {row["id"] for row in fetch_in(session, "select id from Component where id in ({ids})", _ids(parts))}
    missing = tuple(part for part in parts if part.component_id not in known)
    if not missing:
        return
    # All locations are opened before the first byte is sent: a wrong name should cost nothing.
    stores = {
        name: open_store(
            name,
            session,
            publication.version,
            publication.job_id,
            output_root=publication.output_root,
            retries=publication.retries,
        )
        for name in {part.location for part in missing}
    }
    try:
        identifiers = _store(missing, stores, on_progress)
    except EncodeMediaError:
        # Nothing of it is registered yet, so nothing of it may stay; a next try keeps it again.
        for part in missing:
            stores[part.location].discard(part)
        raise
    _register(session, publication, missing, stores, identifiers)


def _ids(parts: Iterable[Part]) -> list[str]:
    return [part.component_id for part in parts]


def _store(parts: tuple[Part, ...], stores: dict[str, Store], on_progress: OnProgress) -> dict[str, str]:
    """Stores all files; gives the resource identifier of each by its component's id."""
    total = max(1, sum(part.output.size_bytes for part in parts))
    done = 0
    identifiers: dict[str, str] = {}
    for part in parts:
        for file in part.files:

            def on_bytes(sent: int, name: str = part.name, before: int = done) -> None:
                percent = job_percent(Stage.PUBLISHING, (before + sent) / total)
                on_progress(Progress(stage=Stage.PUBLISHING, percent=percent, message=f"storing {name}"))

            identifiers[file.component_id] = stores[part.location].keep(part, file, on_bytes)
            done += part.output.size_bytes // len(part.files)
    return identifiers


def _register(
    session: ftrack_api.Session,
    publication: Publication,
    parts: tuple[Part, ...],
    stores: dict[str, Store],
    identifiers: dict[str, str],
) -> None:
    """Everything new in one commit: all of it appears, or nothing."""
    marks = ledger(publication.job_id, publication.request, publication.fingerprint, time.time())
    with translated(session):
        locations = {row["name"]: row for row in session.query("select id, name from Location")}
        version = session.get("AssetVersion", publication.version.id)
        for part in parts:
            location = locations[part.location]
            component = _create_component(session, part, version)
            pattern = stores[part.location].pattern(part) if part.is_sequence else None
            identifier = pattern or identifiers[part.component_id]
            _create_place(session, part.place_id, component, location, identifier)
            for member in part.files if part.is_sequence else ():
                entity = _create_member(session, member, component)
                _create_place(session, member.place_id, entity, location, identifiers[member.component_id])
            _describe(component, part, marks)
            if part.is_thumbnail:
                version["thumbnail_id"] = part.component_id
        session.commit()


def _create_component(session: ftrack_api.Session, part: Part, version: Any) -> Any:
    data = {
        "id": part.component_id,
        "name": part.component_name,
        "file_type": part.file_type,
        "size": part.output.size_bytes,
        "version": version,
    }
    if part.is_sequence:
        return session.create("SequenceComponent", {**data, "padding": part.padding})
    return session.create("FileComponent", data)


def _create_member(session: ftrack_api.Session, member: FilePart, container: Any) -> Any:
    data = {
        "id": member.component_id,
        "name": member.name,
        "file_type": member.file_type,
        "size": member.path.stat().st_size if member.path.exists() else 0,
        "container": container,
    }
    return session.create("FileComponent", data)


def _create_place(
    session: ftrack_api.Session, place_id: str, component: Any, location: Any, identifier: str
) -> None:
    data = {"id": place_id, "component": component, "location": location, "resource_identifier": identifier}
    session.create("ComponentLocation", data)


def _describe(component: Any, part: Part, marks: dict[str, Any]) -> None:
    # After the component was made: given along with its creation, the client loses metadata.
    component["metadata"][LEDGER_KEY] = json.dumps(marks, sort_keys=True)
    meta = ftr_meta(part.output)
    if meta is not None:
        component["metadata"][META_KEY] = meta


def _remove_replaced(
    session: ftrack_api.Session, gateway: Gateway, publication: Publication, parts: tuple[Part, ...]
) -> None:
    # Read again: other jobs may have published since this one began.
    present = gateway.version(publication.version.id).components
    ours = set(_ids(parts))
    new_names = {part.component_name for part in parts}
    old = replaced(present, new_names=new_names, ours=ours, rank=_rank_of(session, ours))
    remove_components(session, old, output_root=publication.output_root)


def _rank_of(session: ftrack_api.Session, ours: set[str]) -> tuple[float, str]:
    """Where this job stands among those that published to the version: its stored time, then its id."""
    expression = "select value from Metadata where parent_id in ({ids})"
    for row in fetch_in(session, expression, sorted(ours)):
        marks = read_ledger(row["value"])
        if "at" in marks and "job" in marks:
            return float(marks["at"]), str(marks["job"])
    return time.time(), ""


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
