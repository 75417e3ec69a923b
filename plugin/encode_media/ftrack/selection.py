"""What a person selected: the entries of an event, in every spelling ftrack's interfaces use.

Resolving an entry to versions needs the server and is the gateway's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class EntityKind(str, Enum):
    """What an entry is, whatever it was called in the event."""

    VERSION = "version"
    COMPONENT = "component"
    ASSET = "asset"
    CONTEXT = "context"
    """Any typed context: task, shot, sequence, episode, asset build, folder."""
    PROJECT = "project"
    LIST = "list"
    REVIEW_SESSION = "review session"


@dataclass(frozen=True, slots=True)
class Entry:
    kind: EntityKind
    entity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    entries: tuple[Entry, ...] = ()
    """Without repeats, in the order they were selected."""
    skipped: tuple[str, ...] = ()
    """Types that can't hold media, as the event spelled them, without repeats."""


_SPELLINGS: Mapping[EntityKind, tuple[str, ...]] = {
    EntityKind.VERSION: ("assetversion", "version"),
    EntityKind.COMPONENT: ("component", "filecomponent", "sequencecomponent", "containercomponent"),
    EntityKind.ASSET: ("asset",),
    # The web interface says `task` for every typed context, Connect's own tab says the real name.
    EntityKind.CONTEXT: (
        "task",
        "typedcontext",
        "context",
        "shot",
        "sequence",
        "episode",
        "assetbuild",
        "folder",
        "milestone",
        "campaign",
        "imageselection",
    ),
    EntityKind.PROJECT: ("show", "project"),
    EntityKind.LIST: ("list", "assetversionlist", "typedcontextlist", "contextlist"),
    EntityKind.REVIEW_SESSION: ("reviewsession",),
}
_KINDS = {spelling: kind for kind, spellings in _SPELLINGS.items() for spelling in spellings}


def entity_kind(entity_type: str) -> EntityKind | None:
    """The kind behind a type name: `assetversion`, `AssetVersion`, `asset_version`; None for the others."""
    return _KINDS.get(entity_type.lower().replace("_", "").replace(" ", ""))


def read_selection(data: Mapping[str, Any]) -> Selection:
    """The selection of an event's `data`, at its top level or nested under `context`.

    Anything that isn't an entry is left out; an event is never refused for it.
    """
    entries: dict[Entry, None] = {}
    skipped: dict[str, None] = {}
    for item in _items(data):
        entity_id, entity_type = item.get("entityId"), item.get("entityType")
        if not isinstance(entity_id, str) or not isinstance(entity_type, str) or not entity_id:
            continue
        kind = entity_kind(entity_type)
        if kind is None:
            skipped[entity_type] = None
        else:
            entries[Entry(kind, entity_id)] = None
    return Selection(entries=tuple(entries), skipped=tuple(skipped))


def _items(data: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    context = data.get("context")
    for holder in (data, context if isinstance(context, Mapping) else {}):
        found = holder.get("selection")
        if isinstance(found, list) and found:
            return [item for item in found if isinstance(item, Mapping)]
    return []
