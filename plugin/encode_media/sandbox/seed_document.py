"""The YAML of `--seed FILE`: what may stand in it, and plain sentences where it can't."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from encode_media.sandbox import seed_table as table

Identifier = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]{0,63}$")]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Values = dict[str, Any]
Kind = Literal["Task", "Shot", "Sequence", "Episode", "Folder", "AssetBuild", "Milestone"]
_RANGE = re.compile(r"(?P<pattern>.*%(?:0(?P<padding>\d+))?d.*) \[(?P<first>\d+)-(?P<last>\d+)\]")


class SeedError(Exception):
    """The seed can't be used; the text says where and why, a line for each fault."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Part):
    username: Name
    id: Identifier | None = None
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    role: Name = "User"
    projects: Literal["all", "open"] | list[Name] = "open"
    """`all` sees private ones too; a list sees those and no others."""
    active: bool = True


class Coloured(_Part):
    name: Name
    id: Identifier | None = None
    color: str = "#95a5a6"


class StatusWord(Coloured):
    state: Literal["NOT_STARTED", "IN_PROGRESS", "DONE", "BLOCKED"] = "IN_PROGRESS"


class ProjectWords(_Part):
    """A project schema."""

    name: Name
    task_statuses: list[Name] = Field(min_length=1)
    version_statuses: list[Name] = Field(min_length=1)
    types: list[Name] = Field(min_length=1)


class CustomAttribute(_Part):
    key: Name
    id: Identifier | None = None
    label: str = ""
    entity: Kind | Literal["Project", "AssetVersion", "Asset", "User"]
    type: Literal["text", "number", "boolean", "date", "enumerator"] = "text"
    default: Any = None
    hierarchical: bool = False


class ComponentPart(_Part):
    path: Name
    """A file, or `name.%04d.exr [1001-1048]`; relative to the seed's file."""
    name: Name = "main"
    id: Identifier | None = None
    location: Name = "ftrack.unmanaged"
    metadata: dict[str, str] = {}

    @property
    def frames(self) -> tuple[str, int, range] | None:
        """(pattern, padding, frames) of a sequence."""
        match = _RANGE.fullmatch(self.path)
        if match is None:
            return None
        numbers = range(int(match["first"]), int(match["last"]) + 1)
        return match["pattern"], int(match["padding"] or 1), numbers


class VersionPart(_Part):
    version: int | None = Field(default=None, ge=1)
    id: Identifier | None = None
    comment: str = ""
    status: Name | None = None
    user: Name | None = None
    task: Name | None = None
    """The name of a task beside the asset."""
    custom_attributes: Values = {}
    metadata: dict[str, str] = {}
    components: list[ComponentPart] = []


class AssetPart(_Part):
    name: Name
    id: Identifier | None = None
    type: Name = "Upload"
    custom_attributes: Values = {}
    versions: list[VersionPart] = []


class ContextPart(_Part):
    kind: Kind
    name: Name
    id: Identifier | None = None
    description: str = ""
    status: Name | None = None
    type: Name | None = None
    assignees: list[Name] = []
    custom_attributes: Values = {}
    metadata: dict[str, str] = {}
    children: list[ContextPart] = []
    assets: list[AssetPart] = []


class ProjectPart(_Part):
    name: Name
    id: Identifier | None = None
    full_name: str = ""
    private: bool = False
    schema_: Name = Field(default="VFX", alias="schema")
    custom_attributes: Values = {}
    metadata: dict[str, str] = {}
    children: list[ContextPart] = []
    assets: list[AssetPart] = []


class SeedDocument(_Part):
    """The whole file. The built-in words (statuses, types, roles, locations, …) are there without being said."""

    api_user: Name | None = None
    roles: list[Name] = []
    users: list[Person] = Field(min_length=1)
    statuses: list[StatusWord] = []
    types: list[Coloured] = []
    asset_types: list[Name] = []
    locations: list[Coloured] = []
    schemas: list[ProjectWords] = []
    custom_attributes: list[CustomAttribute] = []
    projects: list[ProjectPart] = []

    @classmethod
    def checked(cls, document: Any, name: str) -> SeedDocument:
        """Raises SeedError."""
        try:
            seed = cls.model_validate(document)
        except ValidationError as error:
            lines = [f"{name}: {_place(one['loc'])}: {_sentence(one)}" for one in error.errors()]
            raise SeedError("\n".join(lines)) from error
        if faults := list(_faults(seed)):
            raise SeedError("\n".join(f"{name}: {fault}" for fault in faults))
        return seed

    @property
    def speaker(self) -> str:
        """The key's own user."""
        administrators = [user.username for user in self.users if user.role == "Administrator"]
        return self.api_user or administrators[0]


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
    SeedDocument.checked(document, path.name)
    return document


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
