"""The YAML of `--seed FILE`: what may stand in it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]{0,63}$")]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Values = dict[str, Any]
Kind = Literal["Task", "Shot", "Sequence", "Episode", "Folder", "AssetBuild", "Milestone"]
_RANGE = re.compile(r"(?P<pattern>.*%(?:0(?P<padding>\d+))?d.*) \[(?P<first>\d+)-(?P<last>\d+)\]")


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

    @property
    def speaker(self) -> str:
        """The key's own user."""
        administrators = [user.username for user in self.users if user.role == "Administrator"]
        return self.api_user or administrators[0]
