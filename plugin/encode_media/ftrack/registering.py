"""Stored outputs appear: their components, places, metadata and the thumbnail, together in one commit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from encode_media.ftrack.parts import FilePart, Part
from encode_media.ftrack.review import LEDGER_KEY, META_KEY, ftr_meta
from encode_media.ftrack.session import fetch, translated
from encode_media.ftrack.stores import Store

if TYPE_CHECKING:
    import ftrack_api


def register(
    session: ftrack_api.Session,
    version_id: str,
    parts: Sequence[Part],
    *,
    stores: Mapping[str, Store],
    identifiers: Mapping[str, str],
    marks: Mapping[str, Any],
    thumbnail_of: Sequence[str] = (),
) -> None:
    """Everything new in one commit: all of it appears, or nothing.

    `identifiers` are where the files lie, by component id. A thumbnail among the parts also becomes that of the
    contexts in `thumbnail_of`.

    Raises:
        ServerUnavailable, NotPermitted.
    """
    locations = {row["name"]: row for row in fetch(session, "select id, name from Location")}
    with translated(session):
        version = session.get("AssetVersion", version_id)
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
                for context_id in thumbnail_of:
                    session.get("Context", context_id)["thumbnail_id"] = part.component_id
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


def _describe(component: Any, part: Part, marks: Mapping[str, Any]) -> None:
    # After the component was made: given along with its creation, the client loses metadata.
    component["metadata"][LEDGER_KEY] = json.dumps({**marks, **part.facts}, sort_keys=True)
    meta = ftr_meta(part.output)
    if meta is not None:
        component["metadata"][META_KEY] = meta
