"""`ftrack.update`: what a commit changed, in the legacy words its listeners know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from encode_media.sandbox.audience import Audience, Audiences
from encode_media.sandbox.operations import Change
from encode_media.sandbox.schema import OBJECT_TYPES, Scalar, fixed_id
from encode_media.sandbox.store import TYPE_COLUMN, Store, Values
from encode_media.sandbox.visibility import Caller

_PARENT_COLUMNS = {
    "Context": ("parent_id", "Context"),
    "Asset": ("context_id", "Context"),
    "AssetVersion": ("asset_id", "Asset"),
    "ReviewSession": ("project_id", "Context"),
    "ReviewSessionObject": ("review_session_id", "ReviewSession"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An event, and who may get it."""

    event: dict[str, Any]
    audience: Audience = None


def update_events(
    store: Store, caller: Caller, changes: list[Change], headers: Mapping[str, str]
) -> list[Announcement]:
    """The events of one commit: one, or one for each group of people if its projects are not for everybody."""
    audiences = Audiences(store, changes)
    entries: dict[Audience, list[dict[str, Any]]] = {}
    for change in changes:
        if (entry := _entry(store, change)) is not None:
            entries.setdefault(audiences.of(change), []).append(entry)
    return [
        Announcement(event=_event(caller, entities, headers), audience=audience)
        for audience, entities in entries.items()
    ]


def _event(caller: Caller, entities: list[dict[str, Any]], headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "topic": "ftrack.update",
        "data": {
            "entities": entities,
            "user": {"userid": caller.id, "name": caller.username},
            "clientToken": headers.get("ftrack-clienttoken"),
            "pushToken": headers.get("ftrack-pushtoken"),
            "parents": sorted({parent["entityId"] for entry in entities for parent in entry["parents"]}),
        },
        "source": {
            "id": fixed_id("hub", "ftrack.server"),
            "applicationId": "ftrack.server",
            "user": {"id": caller.id, "username": caller.username},
        },
    }


def _entry(store: Store, change: Change) -> dict[str, Any] | None:
    row = change.after or change.before
    changes = _differences(store, change)
    if change.action == "update" and not changes:
        return None
    root = store.schema.root(change.type_name)
    parent = _parent(root, row)
    entry: dict[str, Any] = {
        "entityType": _legacy_type(change.type_name),
        "entity_type": change.type_name,
        "entityId": change.key[0] if len(change.key) == 1 else ",".join(change.key),
        "action": change.action,
        "keys": list(changes),
        "changes": changes,
        "parentId": parent[1] if parent else None,
        "parents": [],
    }
    if row.get("object_type_id"):
        entry["objectTypeId"] = row["object_type_id"]
    current = (root, row)
    while True:
        entry["parents"].append(_parent_entry(store, *current))
        above = _parent(*current)
        found = store.find(*_at(above)) if above else None
        if above is None or found is None:
            return entry
        current = (above[0], found)


def _at(parent: tuple[str, str]) -> tuple[str, tuple[str, ...]]:
    return parent[0], (parent[1],)


def _parent_entry(store: Store, root: str, row: Values) -> dict[str, Any]:
    type_name = row[TYPE_COLUMN]
    parent = _parent(root, row)
    return {
        "entityId": store.schema.types[type_name].key_of(row)[0],
        "entityType": _legacy_type(type_name),
        "entity_type": type_name,
        "parentId": parent[1] if parent else None,
    }


def _parent(root: str, row: Values) -> tuple[str, str] | None:
    """(table, id) of what an entity belongs to."""
    if root == "Component":
        if row["container_id"]:
            return "Component", row["container_id"]
        return ("AssetVersion", row["version_id"]) if row["version_id"] else None
    column, target = _PARENT_COLUMNS.get(root, ("", ""))
    return (target, row[column]) if column and row.get(column) else None


def _differences(store: Store, change: Change) -> dict[str, Any]:
    attributes = store.schema.types[change.type_name].attributes
    found: dict[str, Any] = {}
    for name, attribute in attributes.items():
        if not isinstance(attribute, Scalar) or attribute.virtual:
            continue
        old, new = change.before.get(name), change.after.get(name)
        if old != new:
            found[attribute.alias or name] = {"old": old, "new": new}
    return found


def _legacy_type(type_name: str) -> str:
    if type_name in OBJECT_TYPES:
        return "task"
    return {"Project": "show"}.get(type_name, type_name.lower())
