"""What the server does by itself when entities are made, changed or deleted."""

# ruff: noqa: S608 - the names in these statements come from our own table of types, the values are parameters

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from encode_media.sandbox.problems import DuplicateEntry, ValidationError
from encode_media.sandbox.schema import OBJECT_TYPES, fixed_id
from encode_media.sandbox.store import TYPE_COLUMN, Store, Values
from encode_media.sandbox.values import now
from encode_media.sandbox.visibility import Caller

_SYSTEM_TYPES = {"FileComponent": "file", "SequenceComponent": "sequence", "ContainerComponent": "container"}
_JOB_STATES = frozenset({"queued", "running", "done", "failed", "killed"})
_UNIQUE = {"User": "username", "Location": "name", "Project": "name"}
_VALUE_TYPES = {
    "task": "ContextCustomAttributeValue", "show": "ContextCustomAttributeValue",
    "assetversion": "AssetVersionCustomAttributeValue", "asset": "AssetCustomAttributeValue",
    "user": "UserCustomAttributeValue", "list": "ListCustomAttributeValue",
}  # fmt: skip


_CUSTOMISED = {*OBJECT_TYPES, "Project", "AssetVersion", "Asset", "User", "AssetVersionList", "TypedContextList"}
"""The types with custom attributes."""
_KINDS = {"Project": "show", "AssetVersionList": "list", "TypedContextList": "list"}
"""The words of custom attribute configurations, where they are not the type's name."""


def before_create(store: Store, caller: Caller, type_name: str, values: Values) -> None:
    """Completes the values of a new entity."""
    _unique(store, type_name, values)
    if type_name in OBJECT_TYPES:
        _new_context(store, caller, type_name, values)
    elif type_name in _SYSTEM_TYPES:
        values["system_type"] = _SYSTEM_TYPES[type_name]
    elif type_name in _NEW:
        _NEW[type_name](store, caller, values)


def after_create(store: Store, type_name: str, values: Values) -> None:
    if type_name == "AssetVersion":
        _mark_latest(store, values["asset_id"])
    elif type_name == "CustomAttributeConfiguration":
        _dense_values(store, values["id"])
    if type_name in _CUSTOMISED:
        for configuration in store.rows('SELECT * FROM "CustomAttributeConfiguration"'):
            _dense_value(store, configuration, type_name, values)


def before_update(store: Store, type_name: str, before: Values, values: Values) -> None:
    _unique(store, type_name, values, before)
    if type_name == "Job" and "status" in values:
        _check_job(values)
        if values["status"] in {"done", "failed", "killed"} and not values.get("finished_at"):
            values["finished_at"] = now()
    elif type_name in OBJECT_TYPES and values.get("parent_id"):
        values["project_id"] = _column(store, "Context", values["parent_id"], "project_id")
    elif type_name == "Asset" and values.get("context_id"):
        values["project_id"] = _column(store, "Context", values["context_id"], "project_id")


def after_update(store: Store, type_name: str, before: Values, values: Values) -> None:
    if type_name == "AssetVersion":
        _mark_latest(store, before["asset_id"])
    elif type_name in OBJECT_TYPES and values.get("project_id", before.get("project_id")) != before.get(
        "project_id"
    ):
        _move_below(store, before["id"], values["project_id"])
    elif type_name == "Asset" and "project_id" in values:
        store.run(
            'UPDATE "AssetVersion" SET project_id = ? WHERE asset_id = ?', [values["project_id"], before["id"]]
        )


def after_delete(store: Store, type_name: str, row: Values) -> None:
    if type_name == "AssetVersion" and row["asset_id"]:
        _mark_latest(store, row["asset_id"])


def finish_note(store: Store, caller: Caller, note_id: str) -> bool:
    """A new note on something knows what that is; gives whether its author is still to become a recipient."""
    note = store.find("Note", (note_id,))
    if note is None or not note["parent_id"]:
        return False
    if note["parent_type"] is None:
        store.change("Note", (note_id,), {"parent_type": _type_of(store, note["parent_id"])})
    return store.find("Recipient", (note_id, caller.id)) is None


def _new_context(store: Store, caller: Caller, type_name: str, values: Values) -> None:
    values["context_type"] = "task"
    values["object_type_id"] = fixed_id("ObjectType", type_name)
    values["parent_id"] = values.get("parent_id") or values.get("project_id")
    if not values["parent_id"]:
        raise ValidationError(f"{type_name} needs a parent")
    values["project_id"] = _column(store, "Context", values["parent_id"], "project_id")
    values["created_at"] = now()
    values.setdefault("created_by_id", caller.id)
    values["status_id"] = values.get("status_id") or fixed_id("Status", "Not started")
    values["priority_id"] = values.get("priority_id") or fixed_id("Priority", "None")
    if type_name == "Task":
        values["type_id"] = values.get("type_id") or fixed_id("Type", "Generic")


def _new_project(store: Store, caller: Caller, values: Values) -> None:
    del store
    values |= {"context_type": "show", "project_id": values["id"], "created_at": now()}
    values.setdefault("created_by_id", caller.id)
    values["project_schema_id"] = values.get("project_schema_id") or fixed_id("ProjectSchema", "VFX")


def _new_asset(store: Store, caller: Caller, values: Values) -> None:
    del caller
    values["project_id"] = _column(store, "Context", values.get("context_id"), "project_id")


def _new_job(store: Store, caller: Caller, values: Values) -> None:
    del store
    values["created_at"] = now()
    values["user_id"] = values.get("user_id") or caller.id
    _check_job(values)


def _new_note(store: Store, caller: Caller, values: Values) -> None:
    del store
    values["date"] = values["thread_activity"] = values.get("date") or now()
    values["user_id"] = values.get("user_id") or caller.id


def _new_timer(store: Store, caller: Caller, values: Values) -> None:
    values["start"] = values.get("start") or now()
    values["user_id"] = values.get("user_id") or caller.id
    if store.where_in("Timer", "user_id", [values["user_id"]]):
        raise DuplicateEntry("the user already has a running timer")


def _new_review_session(store: Store, caller: Caller, values: Values) -> None:
    del store
    values |= {"created_at": now(), "created_by_id": values.get("created_by_id") or caller.id}


def _new_list(store: Store, caller: Caller, values: Values) -> None:
    del store
    values["date"] = now()
    values["owner_id"] = values.get("owner_id") or caller.id


def _new_version(store: Store, caller: Caller, values: Values) -> None:
    if not values.get("asset_id"):
        raise ValidationError("AssetVersion needs an asset")
    values["project_id"] = _column(store, "Asset", values["asset_id"], "project_id")
    if values.get("version") is None:
        rows = store.rows(
            'SELECT MAX(version) AS last FROM "AssetVersion" WHERE asset_id = ?', [values["asset_id"]]
        )
        values["version"] = (rows[0]["last"] or 0) + 1
    values["date"] = values.get("date") or now()
    values["user_id"] = values.get("user_id") or caller.id
    values["status_id"] = values.get("status_id") or fixed_id("Status", "Pending Review")
    values["is_latest_version"] = 0


_NEW: dict[str, Callable[[Store, Caller, Values], None]] = {
    "Project": _new_project,
    "Asset": _new_asset,
    "AssetVersion": _new_version,
    "Job": _new_job,
    "Note": _new_note,
    "Timer": _new_timer,
    "ReviewSession": _new_review_session,
    "AssetVersionList": _new_list,
    "TypedContextList": _new_list,
}


def _mark_latest(store: Store, asset_id: str) -> None:
    store.run(
        'UPDATE "AssetVersion" SET is_latest_version = '
        '(version = (SELECT MAX(version) FROM "AssetVersion" WHERE asset_id = ?)) WHERE asset_id = ?',
        [asset_id, asset_id],
    )


def _move_below(store: Store, context_id: str, project_id: str) -> None:
    for child in store.where_in("Context", "parent_id", [context_id]):
        store.change("Context", (child["id"],), {"project_id": project_id})
        _move_below(store, child["id"], project_id)
    for asset in store.where_in("Asset", "context_id", [context_id]):
        store.change("Asset", (asset["id"],), {"project_id": project_id})
        _move_versions(store, asset["id"], project_id)


def _move_versions(store: Store, asset_id: str, project_id: str) -> None:
    store.run('UPDATE "AssetVersion" SET project_id = ? WHERE asset_id = ?', [project_id, asset_id])


def _unique(store: Store, type_name: str, values: Values, before: Values | None = None) -> None:
    name = _UNIQUE.get(type_name)
    if name is None or values.get(name) is None:
        return
    for row in store.where_in(store.schema.root(type_name), name, [values[name]]):
        if row[TYPE_COLUMN] == type_name and (before is None or row["id"] != before["id"]):
            raise DuplicateEntry(f"a {type_name} with {name} {values[name]} exists already")


def _check_job(values: Values) -> None:
    if values.get("status") not in _JOB_STATES:
        raise ValidationError(f"a job can't be {values.get('status')!r}")


def _column(store: Store, type_name: str, identifier: str | None, column: str) -> Any:
    row = store.find(type_name, (identifier,)) if identifier else None
    if row is None:
        raise ValidationError(f"{type_name} {identifier} doesn't exist")
    return row[column]


def _type_of(store: Store, identifier: str) -> str | None:
    for root in store.schema.roots():
        if store.schema.types[root].key == ("id",) and (row := store.find(root, (identifier,))):
            return str(row[TYPE_COLUMN])
    return None


def _dense_values(store: Store, configuration_id: str) -> None:
    """Values of custom attributes behave as if present for every entity: clients only ever update them."""
    [configuration] = store.where_in("CustomAttributeConfiguration", "id", [configuration_id])
    for root in ("Context", "AssetVersion", "Asset", "Resource", "List"):
        for row in store.rows(f'SELECT * FROM "{root}"'):
            _dense_value(store, configuration, row[TYPE_COLUMN], row)


def _dense_value(store: Store, configuration: Values, type_name: str, row: Values) -> None:
    kind = "task" if type_name in OBJECT_TYPES else _KINDS.get(type_name, type_name.lower())
    applies = configuration["entity_type"] == kind and configuration["object_type_id"] == row.get("object_type_id")
    everywhere = configuration["is_hierarchical"] and kind in {"task", "show", "asset", "assetversion"}
    here = configuration["project_id"] in (None, row.get("project_id"))
    if kind not in _VALUE_TYPES or not here or not (applies or everywhere):
        return
    value_type = _VALUE_TYPES[kind]
    if store.find(value_type, (configuration["id"], row["id"])) is None:
        store.insert(value_type, {
            "configuration_id": configuration["id"], "entity_id": row["id"],
            "key": configuration["key"], "value": configuration["default"],
        })  # fmt: skip
