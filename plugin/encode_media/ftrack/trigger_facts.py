"""What the server and the storage say about a version that may be encoded by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from encode_media.errors import SourceMissing
from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.review import SERVER_LOCATION
from encode_media.ftrack.session import fetch
from encode_media.ftrack.settling import FileState, file_state
from encode_media.ftrack.sources import ranked_sources
from encode_media.ftrack.triggers import Candidate, VersionFacts

_AROUND = (
    "select id, asset.type.name, status.name, task.type.name, user.username, project.full_name"
    " from AssetVersion where id is {id}"
)


def facts_of(gateway: Gateway, version: VersionInfo) -> VersionFacts:
    """Raises: ServerUnavailable."""
    rows = fetch(gateway.session, _AROUND, id=version.id)
    row = rows[0] if rows else None
    return VersionFacts(
        label=version.label,
        project=version.project_name,
        project_title=_name(row, "project", "full_name"),
        asset_type=_name(row, "asset", "type", "name"),
        task_type=_name(row, "task", "type", "name"),
        status=_name(row, "status", "name"),
        user=_name(row, "user", "username"),
        is_published=version.is_published,
        has_review_media=version.has_review,
        candidates=tuple(
            Candidate(id=item.id, name=item.name, extension=item.file_type, size_bytes=item.size_bytes)
            for item in ranked_sources(version.components)
        ),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether a component can be read from here, and how its files are."""

    unreadable: str = ""
    """Why not, in words."""
    state: FileState | None = None
    """None where only the server has it: it is there as a whole or not at all."""
    path: str = ""


def reading_of(gateway: Gateway, version: VersionInfo, component_id: str) -> Reading:
    """Raises: ServerUnavailable, NotPermitted."""
    component = gateway.source_component(version.id, component_id)
    try:
        source = gateway.source_ref(component, label=version.label)
        return Reading(state=file_state(source, component), path=source.path)
    except SourceMissing as error:
        return Reading() if SERVER_LOCATION in component.locations else Reading(error.message)
    except OSError as error:
        # Gone or locked since it was found; whoever writes it isn't done.
        return Reading(f"{component.name} can't be looked at: {error.strerror or error}")


def _name(row: Any, *path: str) -> str:
    """What a path of attributes leads to; empty where something on it isn't set."""
    for key in path:
        if row is None:
            return ""
        row = row[key]
    return str(row or "")


def words_about(facts: VersionFacts) -> Sequence[tuple[str, str]]:
    """The facts a rule can ask for, for people: each with its name."""
    return (
        ("project", " = ".join(dict.fromkeys(filter(None, (facts.project, facts.project_title))))),
        ("asset type", facts.asset_type),
        ("task type", facts.task_type),
        ("status", facts.status),
        ("user", facts.user),
        ("published", "yes" if facts.is_published else "no"),
        ("review media", "yes" if facts.has_review_media else "no"),
    )
