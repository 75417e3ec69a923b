"""What a new server knows: the studio's words, two people, a project with media, and a private one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from encode_media.sandbox import seed_table as table
from encode_media.sandbox.operations import Batch
from encode_media.sandbox.schema import OBJECT_TYPES, fixed_id
from encode_media.sandbox.store import Store
from encode_media.sandbox.visibility import Caller, Visibility

API_USER = "supervisor"
_UNMANAGED = "cb268ecc-8809-11e3-a7e2-20c9d081909b"


def seed(store: Store, sources: Path) -> None:
    """Fills an empty store, all or nothing; one that has been filled stays as it is."""
    if store.rows('SELECT 1 FROM "Location" LIMIT 1'):
        return
    caller = Caller(
        id=fixed_id("User", API_USER),
        username=API_USER,
        roles=frozenset({"Administrator"}),
        visibility=Visibility(),
    )
    with store.transaction():
        batch = Batch(store, caller)
        _words(batch)
        _people(batch)
        _demo_project(batch, sources)
        _private_project(batch, sources)
        batch.finish()


def _make(batch: Batch, type_name: str, words: str, /, **values: Any) -> str:
    """Creates an entity whose id follows from `words`."""
    identifier = fixed_id(type_name, words)
    batch.create({"entity_type": type_name, "entity_key": [identifier], "entity_data": values})
    return identifier


def _words(batch: Batch) -> None:
    for name, identifier in table.LOCATIONS.items():
        batch.create({"entity_type": "Location", "entity_key": [identifier], "entity_data": {"name": name}})
    for name, short in table.STATES.items():
        _make(batch, "State", short, name=name, short=short)
    for sort, (name, (color, state)) in enumerate(table.STATUSES.items()):
        _make(batch, "Status", name, name=name, color=color, sort=sort, state_id=fixed_id("State", state))
    for sort, (name, color) in enumerate(table.TYPES.items()):
        _make(batch, "Type", name, name=name, color=color, sort=sort)
    for sort, (name, color) in enumerate(table.PRIORITIES.items()):
        _make(batch, "Priority", name, name=name, color=color, sort=sort, value=sort)
    for name, short in table.ASSET_TYPES.items():
        _make(batch, "AssetType", name, name=name, short=short)
    for sort, name in enumerate(OBJECT_TYPES):
        _make(batch, "ObjectType", name, name=table.OBJECT_TYPE_NAMES.get(name, name), sort=sort,
              is_leaf=name == "Milestone", is_typeable=name in {"Task", "AssetBuild", "Milestone"})  # fmt: skip
    _small_words(batch)
    _project_schema(batch)


def _small_words(batch: Batch) -> None:
    for name in ("Internal", "Client", "For review"):
        _make(batch, "NoteCategory", name, name=name, color="#9b59b6")
    for name in ("Default", "Dailies"):
        _make(batch, "ListCategory", name, name=name)
    for name in ("text", "boolean", "date", "enumerator", "number"):
        _make(batch, "CustomAttributeType", name, name=name)
    batch.create(
        {
            "entity_type": "Setting",
            "entity_key": ["storage_scenario", "STORAGE"],
            "entity_data": {"value": '{"scenario": null, "data": {}}'},
        }
    )


def _project_schema(batch: Batch) -> None:
    def references(type_name: str, names: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"__entity_type__": type_name, "id": fixed_id(type_name, name)} for name in names]

    tasks = _make(
        batch, "WorkflowSchema", "Tasks", name="Tasks", statuses=references("Status", table.TASK_STATUSES)
    )
    versions = _make(
        batch, "WorkflowSchema", "Versions", name="Versions", statuses=references("Status", table.VERSION_STATUSES)
    )
    types = _make(batch, "TaskTypeSchema", "Tasks", name="Tasks", types=references("Type", tuple(table.TYPES)))
    schema = _make(
        batch, "ProjectSchema", "VFX", name="VFX", task_workflow_schema_id=tasks,
        asset_version_workflow_schema_id=versions, task_type_schema_id=types,
        object_types=references("ObjectType", OBJECT_TYPES),
    )  # fmt: skip
    for name in OBJECT_TYPES[1:]:
        entry = _make(batch, "Schema", name, project_schema_id=schema, type_id=fixed_id("ObjectType", name))
        for status in table.TASK_STATUSES:
            _make(batch, "SchemaStatus", f"{name}/{status}", schema_id=entry, status_id=fixed_id("Status", status))
        if name in {"AssetBuild", "Milestone"}:
            for kind in table.TYPES:
                _make(batch, "SchemaType", f"{name}/{kind}", schema_id=entry, type_id=fixed_id("Type", kind))


def _people(batch: Batch) -> None:
    for name in table.ROLES:
        _make(batch, "SecurityRole", name, name=name, type="PROJECT")
    group = _make(batch, "Group", "Artists", name="Artists")
    for username, (first, last, role, everything) in table.USERS.items():
        user = _make(
            batch, "User", username, username=username, first_name=first, last_name=last,
            email=f"{username}@example.com",
        )  # fmt: skip
        _make(batch, "Membership", username, user_id=user, group_id=group)
        _make(
            batch, "UserSecurityRole", username, user_id=user, security_role_id=fixed_id("SecurityRole", role),
            is_all_projects=everything, is_all_open_projects=True,
        )  # fmt: skip


def _demo_project(batch: Batch, sources: Path) -> None:
    project = _make(
        batch, "Project", "encode_media_demo", name="encode_media_demo", full_name="Encode Media Demo",
        project_schema_id=fixed_id("ProjectSchema", "VFX"), color="#2f80ed",
    )  # fmt: skip
    sequence = _make(batch, "Sequence", "sq010", name="sq010", parent_id=project, description="Opening")
    shots = {
        name: _make(batch, "Shot", name, name=name, parent_id=sequence, description=text,
                    status_id=fixed_id("Status", "In Progress"))
        for name, text in table.SHOTS.items()
    }  # fmt: skip
    for name, shot in shots.items():
        for kind in table.SHOT_TASKS:
            task = _make(
                batch, "Task", f"{name}/{kind}", name=kind.lower(), parent_id=shot, type_id=fixed_id("Type", kind),
                status_id=fixed_id("Status", table.TASK_STATES[kind]),
            )  # fmt: skip
            _make(batch, "Appointment", f"{name}/{kind}", context_id=task, resource_id=fixed_id("User", "artist"))
    for age, version in enumerate(reversed(table.VERSIONS)):
        _version(batch, version, shots[version["shot"]], sources, age)


def _version(batch: Batch, facts: Mapping[str, Any], shot: str, sources: Path, age: int) -> None:
    name = facts["name"]
    asset = _make(
        batch, "Asset", name, name=name, context_id=shot, type_id=fixed_id("AssetType", facts["asset_type"])
    )
    published = datetime.now(timezone.utc) - timedelta(hours=3 + 5 * age)
    version = _make(
        batch, "AssetVersion", name, asset_id=asset, comment=facts["comment"],
        task_id=fixed_id("Task", f"{facts['shot']}/{facts['task']}"), user_id=fixed_id("User", "artist"),
        status_id=fixed_id("Status", facts["status"]), date=published.isoformat(),
    )  # fmt: skip
    if facts["frames"]:
        _sequence_component(batch, version, facts, sources)
    else:
        path = sources / facts["file"]
        _file_component(batch, name, path, name="main", version_id=version)


def _file_component(batch: Batch, words: str, path: Path, **values: Any) -> str:
    size = path.stat().st_size if path.is_file() else 0
    component = _make(batch, "FileComponent", words, file_type=path.suffix, size=size, **values)
    _locate(batch, words, component, path.as_posix())
    return component


def _sequence_component(batch: Batch, version: str, facts: Mapping[str, Any], sources: Path) -> None:
    pattern, name = facts["file"], facts["name"]
    paths = {frame: sources / (pattern % frame) for frame in facts["frames"]}
    total = sum(path.stat().st_size for path in paths.values() if path.is_file())
    sequence = _make(
        batch, "SequenceComponent", name, name="main", version_id=version, padding=4,
        file_type=Path(pattern).suffix, size=total,
    )  # fmt: skip
    _locate(batch, name, sequence, (sources / pattern).as_posix())
    for frame, path in paths.items():
        _file_component(batch, f"{name}/{frame}", path, name=str(frame), container_id=sequence)


def _locate(batch: Batch, words: str, component: str, where: str) -> None:
    _make(
        batch,
        "ComponentLocation",
        words,
        component_id=component,
        location_id=_UNMANAGED,
        resource_identifier=where,
    )


def _private_project(batch: Batch, sources: Path) -> None:
    project = _make(
        batch, "Project", "quiet_project", name="quiet_project", full_name="Quiet Project", is_private=True,
        project_schema_id=fixed_id("ProjectSchema", "VFX"), color="#7f8c8d",
    )  # fmt: skip
    shot = _make(batch, "Shot", "qp010", name="qp010", parent_id=project, description="Not for everybody")
    asset_type = fixed_id("AssetType", "Comp")
    asset = _make(batch, "Asset", "qp010_comp", name="qp010_comp", context_id=shot, type_id=asset_type)
    version = _make(batch, "AssetVersion", "qp010_comp", asset_id=asset, comment="Not announced yet")
    _file_component(batch, "qp010_comp", sources / table.PRIVATE_FILE, name="main", version_id=version)
