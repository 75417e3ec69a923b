"""Reads the YAML of `--seed FILE`, with plain sentences where it can't be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from encode_media.sandbox import seed_table as table
from encode_media.sandbox.seed_document import ContextPart, ProjectPart, SeedDocument, Values, VersionPart


class SeedError(Exception):
    """The seed can't be used; the text says where and why, a line for each fault."""


def read_document(path: Path) -> Mapping[str, Any]:
    """The file's content, checked. Raises SeedError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SeedError(f"{path} can't be read: {error}") from error
    except yaml.YAMLError as error:
        raise SeedError(f"{path} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise SeedError(f"{path}: the file must be a map with users and projects")
    checked_seed(document, path.name)
    return document


def checked_seed(document: Any, name: str) -> SeedDocument:
    """Raises SeedError."""
    try:
        seed = SeedDocument.model_validate(document)
    except ValidationError as error:
        lines = [f"{name}: {_place(one['loc'])}: {_sentence(one)}" for one in error.errors()]
        raise SeedError("\n".join(lines)) from error
    if faults := list(_faults(seed)):
        raise SeedError("\n".join(f"{name}: {fault}" for fault in faults))
    return seed


def _place(location: Iterable[str | int]) -> str:
    """As in `projects[0].children[1].kind`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _sentence(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such key"
    if error["type"] == "missing":
        return "this is missing"
    if error["type"] == "string_pattern_mismatch":
        return f"{error['input']!r} can't be an id: letters, digits and dashes, at most 64"
    return f"{error['msg'][0].lower()}{error['msg'][1:]} (found {error['input']!r})"


def _faults(seed: SeedDocument) -> Iterator[str]:
    """What each part alone can't know: names that nobody gave, ids and names given twice."""
    known = _Names(seed)
    if not any(user.role == "Administrator" for user in seed.users):
        yield "users: one must have the role Administrator"
    if seed.api_user is not None and seed.api_user not in known.users:
        yield f"api_user: {seed.api_user} is not one of the users"
    for index, user in enumerate(seed.users):
        yield from known.absent(f"users[{index}].role", user.role, "roles")
        for name in user.projects if isinstance(user.projects, list) else ():
            yield from known.absent(f"users[{index}].projects", name, "projects")
    for index, words in enumerate(seed.schemas):
        for name in (*words.task_statuses, *words.version_statuses):
            yield from known.absent(f"schemas[{index}]", name, "statuses")
        for name in words.types:
            yield from known.absent(f"schemas[{index}].types", name, "types")
    for index, project in enumerate(seed.projects):
        yield from known.absent(f"projects[{index}].schema", project.schema_, "schemas")
        yield from _faults_below(f"projects[{index}]", project, known, ())
    yield from _twice("users", [user.username for user in seed.users])
    yield from _twice("projects", [project.name for project in seed.projects])
    yield from _twice("ids", list(_ids(seed)))


def _faults_below(
    place: str, part: ProjectPart | ContextPart, known: _Names, tasks: tuple[str, ...]
) -> Iterator[str]:
    tasks = (*tasks, *(child.name for child in part.children if child.kind == "Task"))
    yield from _unknown_keys(place, part.custom_attributes, known)
    if isinstance(part, ContextPart):
        yield from known.absent(f"{place}.status", part.status, "statuses")
        yield from known.absent(f"{place}.type", part.type, "types")
        for name in part.assignees:
            yield from known.absent(f"{place}.assignees", name, "users")
    yield from _twice(f"{place}.children", [child.name for child in part.children])
    for index, child in enumerate(part.children):
        yield from _faults_below(f"{place}.children[{index}]", child, known, ())
    for index, asset in enumerate(part.assets):
        at = f"{place}.assets[{index}]"
        yield from known.absent(f"{at}.type", asset.type, "asset_types")
        yield from _unknown_keys(at, asset.custom_attributes, known)
        for number, version in enumerate(asset.versions):
            yield from _version_faults(f"{at}.versions[{number}]", version, known, tasks)


def _version_faults(place: str, version: VersionPart, known: _Names, tasks: tuple[str, ...]) -> Iterator[str]:
    yield from known.absent(f"{place}.status", version.status, "statuses")
    yield from known.absent(f"{place}.user", version.user, "users")
    yield from _unknown_keys(place, version.custom_attributes, known)
    if version.task is not None and version.task not in tasks:
        yield f"{place}.task: there is no task {version.task} beside the asset"
    for index, component in enumerate(version.components):
        at = f"{place}.components[{index}]"
        yield from known.absent(f"{at}.location", component.location, "locations")
        if component.location == "ftrack.server" and component.frames:
            yield f"{at}.path: a sequence can't be seeded into ftrack.server"


class _Names:
    """What can be referred to by name: the file's own and the built-in ones."""

    def __init__(self, seed: SeedDocument) -> None:
        self.users = {user.username for user in seed.users}
        self.keys = {attribute.key for attribute in seed.custom_attributes}
        self._known: dict[str, set[str]] = {
            "users": self.users,
            "roles": {*table.ROLES, *seed.roles},
            "statuses": {*table.STATUSES, *(status.name for status in seed.statuses)},
            "types": {*table.TYPES, *(kind.name for kind in seed.types)},
            "asset_types": {*table.ASSET_TYPES, *seed.asset_types},
            "locations": {*table.LOCATIONS, *(place.name for place in seed.locations)},
            "schemas": {"VFX", *(words.name for words in seed.schemas)},
            "projects": {project.name for project in seed.projects},
        }

    def absent(self, place: str, name: str | None, among: str) -> Iterator[str]:
        if name is not None and name not in self._known[among]:
            yield f"{place}: {name} is not one of the {among}: {', '.join(sorted(self._known[among]))}"


def _unknown_keys(place: str, given: Values, known: _Names) -> Iterator[str]:
    for key in given:
        if key not in known.keys:
            yield f"{place}.custom_attributes: there is no custom attribute {key}"


def _twice(place: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{place}: {name} is given twice"


def _ids(part: Any) -> Iterator[str]:
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            value = getattr(part, name)
            if name == "id":
                if value is not None:
                    yield value
            else:
                yield from _ids(value)
    elif isinstance(part, list):
        for one in part:
            yield from _ids(one)
