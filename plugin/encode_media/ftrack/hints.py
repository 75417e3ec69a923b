"""Which events of the hub hint at a publish.

No event says "a version was published with all its files": the version is created first, its components
later, and the published flag may be true from birth. So events are only hints; the server is asked later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from encode_media.ftrack.messages import COMPONENT_ADDED_TOPIC
from encode_media.ftrack.selection import EntityKind, entity_kind

# Attributes of events carry the storage names; older servers and webhooks spell them otherwise.
_PUBLISHED_KEYS = ("ispublished", "is_published", "isPublished")
_STATUS_KEYS = ("statusid", "status_id", "statusId")


class Signal(str, Enum):
    """What was noticed about a version."""

    VERSION_ADDED = "version added"
    PUBLISHED = "published"
    STATUS_CHANGED = "status changed"
    COMPONENT_ADDED = "component added"


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened that may be part of a publish; exactly one of the ids is set."""

    signal: Signal
    version_id: str | None = None
    component_id: str | None = None


def read_hints(topic: str, data: Mapping[str, Any]) -> tuple[Hint, ...]:
    """The hints in an event. Whatever isn't shaped as expected gives none."""
    if topic == COMPONENT_ADDED_TOPIC:
        component = data.get("component_id") or data.get("componentId")
        return (Hint(Signal.COMPONENT_ADDED, component_id=component),) if isinstance(component, str) else ()
    if topic != "ftrack.update" or not isinstance(data.get("entities"), list):
        return ()
    found = (_update_hint(entity) for entity in data["entities"] if isinstance(entity, Mapping))
    return tuple(hint for hint in found if hint)


def _update_hint(entity: Mapping[str, Any]) -> Hint | None:
    entity_id, action = entity.get("entityId"), entity.get("action")
    if not isinstance(entity_id, str):
        return None
    kind = entity_kind(str(entity.get("entityType", "")))
    if kind is EntityKind.VERSION:
        if action == "add":
            return Hint(Signal.VERSION_ADDED, version_id=entity_id)
        signal = _changed(entity) if action == "update" else None
        return Hint(signal, version_id=entity_id) if signal else None
    if kind is EntityKind.COMPONENT and action == "add":
        return Hint(Signal.COMPONENT_ADDED, component_id=entity_id)
    return None


def _changed(entity: Mapping[str, Any]) -> Signal | None:
    changes, keys = entity.get("changes"), entity.get("keys")
    if not isinstance(changes, Mapping):
        # Some servers name the changed keys only; the decision reads the values itself.
        named = keys if isinstance(keys, list) else []
        if any(key in named for key in _PUBLISHED_KEYS):
            return Signal.PUBLISHED
        return Signal.STATUS_CHANGED if any(key in named for key in _STATUS_KEYS) else None
    if any(str(_new(changes.get(key))).lower() in ("true", "1") for key in _PUBLISHED_KEYS):
        return Signal.PUBLISHED
    return Signal.STATUS_CHANGED if any(_new(changes.get(key)) for key in _STATUS_KEYS) else None


def _new(change: object) -> object:
    return change.get("new") if isinstance(change, Mapping) else None
