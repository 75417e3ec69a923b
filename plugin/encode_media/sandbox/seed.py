"""What a new server knows: the studio's words, two people, a project with media, and a private one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from encode_media.sandbox import seed_table as table
from encode_media.sandbox.operations import Batch
from encode_media.sandbox.schema import OBJECT_TYPES, fixed_id

API_USER = "supervisor"
_UNMANAGED = "cb268ecc-8809-11e3-a7e2-20c9d081909b"


def make(batch: Batch, type_name: str, words: str, /, **values: Any) -> str:
    """Creates an entity whose id follows from `words`."""
    identifier = fixed_id(type_name, words)
    batch.create({"entity_type": type_name, "entity_key": [identifier], "entity_data": values})
    return identifier


def words(batch: Batch) -> None:
    for name, identifier in table.LOCATIONS.items():
        batch.create({"entity_type": "Location", "entity_key": [identifier], "entity_data": {"name": name}})
    for name, short in table.STATES.items():
        make(batch, "State", short, name=name, short=short)
    for sort, (name, (color, state)) in enumerate(table.STATUSES.items()):
        make(batch, "Status", name, name=name, color=color, sort=sort, state_id=fixed_id("State", state))
    for sort, (name, color) in enumerate(table.TYPES.items()):
        make(batch, "Type", name, name=name, color=color, sort=sort)
    for sort, (name, color) in enumerate(table.PRIORITIES.items()):
        make(batch, "Priority", name, name=name, color=color, sort=sort, value=sort)
    for name, short in table.ASSET_TYPES.items():
        make(batch, "AssetType", name, name=name, short=short)
    for sort, name in enumerate(OBJECT_TYPES):
        make(batch, "ObjectType", name, name=table.OBJECT_TYPE_NAMES.get(name, name), sort=sort,
              is_leaf=name == "Milestone", is_typeable=name in {"Task", "AssetBuild", "Milestone"})  # fmt: skip
    _small_words(batch)
    _vfx_schema(batch)


def _small_words(batch: Batch) -> None:
    for name in ("Internal", "Client", "For review"):
        make(batch, "NoteCategory", name, name=name, color="#9b59b6")
    for name in table.ROLES:
        make(batch, "SecurityRole", name, name=name, type="PROJECT")
    make(batch, "Group", "Artists", name="Artists")
    for name in ("Default", "Dailies"):
        make(batch, "ListCategory", name, name=name)
    for name in ("text", "boolean", "date", "enumerator", "number"):
        make(batch, "CustomAttributeType", name, name=name)
    batch.create(
        {
            "entity_type": "Setting",
            "entity_key": ["storage_scenario", "STORAGE"],
            "entity_data": {"value": '{"scenario": null, "data": {}}'},
        }
    )


def _vfx_schema(batch: Batch) -> None:
    project_schema(
        batch,
        "VFX",
        task_statuses=table.TASK_STATUSES,
        version_statuses=table.VERSION_STATUSES,
        types=tuple(table.TYPES),
    )


def project_schema(
    batch: Batch, name: str, *, task_statuses: Sequence[str], version_statuses: Sequence[str], types: Sequence[str]
) -> None:
    """A project schema with these statuses and types, all known by their names."""

    def references(type_name: str, names: Sequence[str]) -> list[dict[str, str]]:
        return [{"__entity_type__": type_name, "id": fixed_id(type_name, name)} for name in names]

    prefix = "" if name == "VFX" else f"{name}/"
    tasks = make(
        batch, "WorkflowSchema", f"{prefix}Tasks", name="Tasks", statuses=references("Status", task_statuses)
    )
    versions = make(
        batch,
        "WorkflowSchema",
        f"{prefix}Versions",
        name="Versions",
        statuses=references("Status", version_statuses),
    )
    kinds = make(batch, "TaskTypeSchema", f"{prefix}Tasks", name="Tasks", types=references("Type", types))
    schema = make(
        batch, "ProjectSchema", name, name=name, task_workflow_schema_id=tasks,
        asset_version_workflow_schema_id=versions, task_type_schema_id=kinds,
        object_types=references("ObjectType", OBJECT_TYPES),
    )  # fmt: skip
    for kind in OBJECT_TYPES[1:]:
        words_of = f"{prefix}{kind}"
        entry = make(batch, "Schema", words_of, project_schema_id=schema, type_id=fixed_id("ObjectType", kind))
        for status in task_statuses:
            make(
                batch,
                "SchemaStatus",
                f"{words_of}/{status}",
                schema_id=entry,
                status_id=fixed_id("Status", status),
            )
        if kind in {"AssetBuild", "Milestone"}:
            for one in types:
                make(batch, "SchemaType", f"{words_of}/{one}", schema_id=entry, type_id=fixed_id("Type", one))


def people(batch: Batch, *, names: Sequence[str] = tuple(table.USERS)) -> None:
    for username in names:
        first, last, role, everything = table.USERS[username]
        user = make(
            batch, "User", username, username=username, first_name=first, last_name=last,
            email=f"{username}@example.com",
        )  # fmt: skip
        make(batch, "Membership", username, user_id=user, group_id=fixed_id("Group", "Artists"))
        make(
            batch, "UserSecurityRole", username, user_id=user, security_role_id=fixed_id("SecurityRole", role),
            is_all_projects=everything, is_all_open_projects=True,
        )  # fmt: skip


def demo_project(batch: Batch, sources: Path) -> None:
    project = make(
        batch, "Project", "encode_media_demo", name="encode_media_demo", full_name="Encode Media Demo",
        project_schema_id=fixed_id("ProjectSchema", "VFX"), color="#2f80ed",
    )  # fmt: skip
    sequence = make(batch, "Sequence", "sq010", name="sq010", parent_id=project, description="Opening")
    shots = {
        name: make(batch, "Shot", name, name=name, parent_id=sequence, description=text,
                    status_id=fixed_id("Status", "In Progress"))
        for name, text in table.SHOTS.items()
    }  # fmt: skip
    for name, shot in shots.items():
        for kind in table.SHOT_TASKS:
            task = make(
                batch, "Task", f"{name}/{kind}", name=kind.lower(), parent_id=shot, type_id=fixed_id("Type", kind),
                status_id=fixed_id("Status", table.TASK_STATES[kind]),
            )  # fmt: skip
            make(batch, "Appointment", f"{name}/{kind}", context_id=task, resource_id=fixed_id("User", "artist"))
    for age, version in enumerate(reversed(table.VERSIONS)):
        _version(batch, version, shots[version["shot"]], sources, age)


def _version(batch: Batch, facts: Mapping[str, Any], shot: str, sources: Path, age: int) -> None:
    name = facts["name"]
    asset = make(
        batch, "Asset", name, name=name, context_id=shot, type_id=fixed_id("AssetType", facts["asset_type"])
    )
    published = datetime.now(timezone.utc) - timedelta(hours=3 + 5 * age)
    version = make(
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
    component = make(batch, "FileComponent", words, file_type=path.suffix, size=size, **values)
    _locate(batch, words, component, path.as_posix())
    return component


def _sequence_component(batch: Batch, version: str, facts: Mapping[str, Any], sources: Path) -> None:
    pattern, name = facts["file"], facts["name"]
    paths = {frame: sources / (pattern % frame) for frame in facts["frames"]}
    total = sum(path.stat().st_size for path in paths.values() if path.is_file())
    sequence = make(
        batch, "SequenceComponent", name, name="main", version_id=version, padding=4,
        file_type=Path(pattern).suffix, size=total,
    )  # fmt: skip
    _locate(batch, name, sequence, (sources / pattern).as_posix())
    for frame, path in paths.items():
        _file_component(batch, f"{name}/{frame}", path, name=str(frame), container_id=sequence)


def _locate(batch: Batch, words: str, component: str, where: str) -> None:
    make(
        batch,
        "ComponentLocation",
        words,
        component_id=component,
        location_id=_UNMANAGED,
        resource_identifier=where,
    )


def private_project(batch: Batch, sources: Path) -> None:
    project = make(
        batch, "Project", "quiet_project", name="quiet_project", full_name="Quiet Project", is_private=True,
        project_schema_id=fixed_id("ProjectSchema", "VFX"), color="#7f8c8d",
    )  # fmt: skip
    shot = make(batch, "Shot", "qp010", name="qp010", parent_id=project, description="Not for everybody")
    asset_type = fixed_id("AssetType", "Comp")
    asset = make(batch, "Asset", "qp010_comp", name="qp010_comp", context_id=shot, type_id=asset_type)
    version = make(batch, "AssetVersion", "qp010_comp", asset_id=asset, comment="Not announced yet")
    _file_component(batch, "qp010_comp", sources / table.PRIVATE_FILE, name="main", version_id=version)
