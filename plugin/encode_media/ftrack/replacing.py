"""Which components a new encode replaces, and how they are removed with their bytes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from encode_media.ftrack.entities import ComponentInfo
from encode_media.ftrack.folders import discard_from_folder
from encode_media.ftrack.ledger import read_ledger
from encode_media.ftrack.locations import LocationStore, location_named
from encode_media.ftrack.review import (
    BUILT_IN_LOCATIONS,
    ENCODING,
    LEDGER_KEY,
    META_KEY,
    REVIEW_NAMES,
    SERVER_LOCATION,
    UNMANAGED_LOCATION,
)
from encode_media.ftrack.session import translated
from encode_media.ftrack.targets import fetch_in
from encode_media.ftrack.upload import remove

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

_BASE, _PDF = REVIEW_NAMES[0], "ftrackreview-pdf"

_PLACES = (
    "select id, component_id, location.name, resource_identifier from ComponentLocation"
    " where component_id in ({ids})"
)

Rank = tuple[float, str]


def replaced(
    present: Iterable[ComponentInfo], *, new_names: set[str], ours: set[str], rank: Rank
) -> tuple[ComponentInfo, ...]:
    """The components of a version that the new ones take the place of.

    That is: of the same name, made by an earlier job of ours or by a review encoder. A new main
    review movie replaces the whole review set, so that no rendition of older pictures is left to
    play. Components somebody published by hand stay, whatever their name, and so does what the
    server is still working on.
    """
    return tuple(item for item in present if item.id not in ours and _is_replaced(item, new_names, rank))


def _is_replaced(item: ComponentInfo, new_names: set[str], rank: Rank) -> bool:
    if item.metadata.get(META_KEY) == ENCODING or not (item.is_review or item.is_ours):
        return False
    whole_set = _BASE in new_names and item.is_review and item.name != _PDF
    if item.name not in new_names and not whole_set:
        return False
    marks = read_ledger(item.metadata.get(LEDGER_KEY))
    # Two jobs that publish at the same time must not remove each other: the later one stays.
    return not marks or (float(marks.get("at", 0)), str(marks.get("job", ""))) < rank


def remove_components(
    session: ftrack_api.Session, old: Sequence[ComponentInfo], *, output_root: Path | None
) -> None:
    """Removes components with their members, places and bytes. What is gone already is no failure.

    Bytes first: if it stops in between, the component is still there to be found and removed.
    Files outside the server are removed only if we made them and they lie below the output root.
    """
    if not old:
        return
    own = {item.id for item in old if item.is_ours}
    containers = [item.id for item in old if item.is_sequence]
    members = fetch_in(
        session, "select id, container_id from FileComponent where container_id in ({ids})", containers
    )
    own |= {row["id"] for row in members if row["container_id"] in own}
    ids = [*(row["id"] for row in members), *(item.id for item in old)]
    places = fetch_in(session, _PLACES, ids)
    _remove_files(session, places, own=own, sequences=set(containers), output_root=output_root)
    components = {row["id"]: row for row in fetch_in(session, "select id from Component where id in ({ids})", ids)}
    with translated(session):
        for row in places:
            session.delete(row)
        for component_id in ids:
            if component_id in components:
                session.delete(components[component_id])
        session.commit()


def _remove_files(
    session: ftrack_api.Session,
    places: Sequence[Any],
    *,
    own: set[str],
    sequences: set[str],
    output_root: Path | None,
) -> None:
    names = {row["location"]["name"] for row in places} - BUILT_IN_LOCATIONS
    locations = {name: location_named(session, name) for name in sorted(names)}
    for row in places:
        name, component_id, identifier = row["location"]["name"], row["component_id"], row["resource_identifier"]
        if name == SERVER_LOCATION and component_id not in sequences:
            remove(session, component_id)
        elif name == UNMANAGED_LOCATION and component_id in own:
            discard_from_folder(output_root, identifier)
        elif component_id in own and component_id not in sequences and name in locations:
            location = locations[name]
            if location is None:
                log.warning("%s was replaced, but its location %s can't be reached from here", identifier, name)
            else:
                LocationStore.remove(session, location, identifier)
