"""What we know of ftrack's entities: plain values, so that nothing else touches the client's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from encode_media.ftrack.review import LEDGER_KEY, is_review_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentInfo:
    """A component of a version. `frames` and `padding` are known once it was chosen as a source."""

    id: str
    name: str
    file_type: str
    """With the dot: `.mov`."""
    size_bytes: int = 0
    is_sequence: bool = False
    version_id: str | None = None
    container_id: str | None = None
    location_ids: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    """Their names."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    frames: tuple[int, ...] = ()
    """The numbers of a sequence's members, sorted."""
    padding: int = 0

    @property
    def is_review(self) -> bool:
        return is_review_name(self.name)

    @property
    def is_ours(self) -> bool:
        """True for what an encode published: never a source by itself, never a trigger."""
        return LEDGER_KEY in self.metadata

    @property
    def ledger(self) -> str | None:
        """What it says about how it came to be (`ledger.read_ledger`)."""
        return self.metadata.get(LEDGER_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInfo:
    id: str
    number: int
    asset_id: str
    asset_name: str
    parent_name: str
    """The shot, sequence or project the asset belongs to."""
    parent_id: str | None = None
    path: tuple[str, ...]
    """Names from the project down to the parent."""
    project_id: str
    project_name: str
    project_is_private: bool = False
    task_id: str | None = None
    task_name: str = ""
    user_id: str | None = None
    is_published: bool = True
    thumbnail_id: str | None = None
    components: tuple[ComponentInfo, ...] = ()

    @property
    def label(self) -> str:
        """For people: `sh010 / sh010_comp v3`."""
        return f"{self.parent_name} / {self.asset_name} v{self.number}"

    @property
    def has_review(self) -> bool:
        return any(item.is_review and item.name != "thumbnail" for item in self.components)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A version to encode, and the component if somebody pointed at one."""

    version: VersionInfo
    component_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInfo:
    id: str
    username: str
    name: str
    is_active: bool = True
