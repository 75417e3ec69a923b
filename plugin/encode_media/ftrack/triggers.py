"""Encodes that start by themselves: which events hint at a publish, and what to do about a version.

No event says "a version was published with all its files": the version is created first, its components
later, and the published flag may be true from birth. So events are only hints. A version that had no hint for
a quiet period is looked at, and the decision is made from what the server then says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from pydantic import ConfigDict, ValidationError

from encode_media.errors import failure
from encode_media.ftrack.selection import EntityKind, entity_kind
from encode_media.model.codec import from_json
from encode_media.model.request import PRIORITY_AUTOMATIC, Options
from encode_media.resources import resource

# Attributes of events carry the storage names; older servers and webhooks spell them otherwise.
_PUBLISHED_KEYS = ("ispublished", "is_published", "isPublished")
_MAX_DOUBLINGS = 4
"""The pause between looks grows to 16 quiet periods and stays there."""


class Signal(str, Enum):
    """What was noticed about a version."""

    VERSION_ADDED = "version added"
    PUBLISHED = "published"
    COMPONENT_ADDED = "component added"


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened that may be part of a publish; exactly one of the ids is set."""

    signal: Signal
    version_id: str | None = None
    component_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Versions a preset is for. Patterns are those of a shell; an empty tuple means any."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    preset: str
    options: Options = field(default_factory=dict)
    projects: tuple[str, ...] = ()
    asset_types: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    """With the dot: `.mov`."""
    priority: int = PRIORITY_AUTOMATIC
    needs: tuple[str, ...] = ()
    """What the worker must offer, beside what the preset says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRules:
    """A `triggers.yaml`. No rules: nothing starts by itself."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    rules: tuple[Rule, ...] = ()
    quiet_s: float = 5.0
    """A version is looked at when nothing was heard of it for this long,"""
    max_quiet_s: float = 60.0
    """or at the latest this long after the first hint."""
    give_up_s: float = 900.0
    """How long a version without readable media is looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """What a decision is made from, as the server says it now."""

    label: str
    project: str
    asset_type: str
    is_published: bool
    has_review_media: bool
    component: str | None
    """Name of the source component; None while there is none."""
    extension: str = ""
    unreadable: str = ""
    """Why the source can't be read from here; empty if it can."""


class Verdict(str, Enum):
    SUBMIT = "submit"
    WAIT = "wait"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    reason: str
    rule: Rule | None = None


def load_rules(file: Path | None) -> TriggerRules:
    """The rules of a studio's file, or those that come with Encode Media.

    Raises:
        InvalidParameters: the file can't be read or has a mistake.
    """
    path = file or resource("triggers.yaml")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return from_json(TriggerRules, data)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise failure("request.invalid", problem=f"{path.name}: {error}") from error


def read_hints(topic: str, data: Mapping[str, Any]) -> tuple[Hint, ...]:
    """The hints in an event. Whatever isn't shaped as expected gives none."""
    if topic == "ftrack.location.component-added":
        component = data.get("component_id") or data.get("componentId")
        return (Hint(Signal.COMPONENT_ADDED, component_id=component),) if isinstance(component, str) else ()
    if topic != "ftrack.update" or not isinstance(data.get("entities"), list):
        return ()
    found = (_update_hint(entity) for entity in data["entities"] if isinstance(entity, Mapping))
    return tuple(hint for hint in found if hint)


def decide(rules: Iterable[Rule], facts: VersionFacts) -> Decision:
    """What to do about a version that has been quiet. The first rule that fits counts."""
    if not facts.is_published:
        return Decision(Verdict.IGNORE, "it is not published")
    if facts.has_review_media:
        return Decision(Verdict.IGNORE, "it has review media")
    if facts.component is None:
        return Decision(Verdict.WAIT, "it has no media yet")
    rule = next((rule for rule in rules if _fits(rule, facts)), None)
    if rule is None:
        return Decision(Verdict.IGNORE, "no rule fits")
    if facts.unreadable:
        return Decision(Verdict.WAIT, facts.unreadable, rule)
    return Decision(Verdict.SUBMIT, f"rule {rule.name}", rule)


@dataclass(frozen=True, slots=True)
class _Wait:
    first: float
    due: float
    looks: int = 0


class Pending:
    """Versions with hints, and when each is to be looked at. Not safe for threads: the listener locks it."""

    def __init__(self, rules: TriggerRules, clock: Callable[[], float]) -> None:
        self._rules = rules
        self._clock = clock
        self._waits: dict[str, _Wait] = {}
        self._looking: dict[str, _Wait] = {}

    def __len__(self) -> int:
        return len(self._waits) + len(self._looking)

    def hint(self, version_id: str) -> None:
        """Starts or restarts the quiet period of a version."""
        now = self._clock()
        first = self._waits[version_id].first if version_id in self._waits else now
        due = min(now + self._rules.quiet_s, first + self._rules.max_quiet_s)
        self._waits[version_id] = _Wait(first, max(now, due))

    def take_due(self) -> tuple[str, ...]:
        """Versions to look at now; each is out until `done` or `look_again`."""
        now = self._clock()
        due = tuple(version for version, wait in self._waits.items() if wait.due <= now)
        for version in due:
            self._looking[version] = self._waits.pop(version)
        return due

    def done(self, version_id: str) -> None:
        self._looking.pop(version_id, None)

    def look_again(self, version_id: str) -> bool:
        """Schedules another look, later each time; False once it was given up."""
        wait = self._looking.pop(version_id, None)
        now = self._clock()
        if wait is None or version_id in self._waits:
            return True
        if now - wait.first >= self._rules.give_up_s:
            return False
        pause = self._rules.quiet_s * 2 ** min(wait.looks, _MAX_DOUBLINGS)
        self._waits[version_id] = _Wait(wait.first, now + pause, wait.looks + 1)
        return True


def _update_hint(entity: Mapping[str, Any]) -> Hint | None:
    entity_id, action = entity.get("entityId"), entity.get("action")
    if not isinstance(entity_id, str):
        return None
    kind = entity_kind(str(entity.get("entityType", "")))
    if kind is EntityKind.VERSION:
        if action == "add":
            return Hint(Signal.VERSION_ADDED, version_id=entity_id)
        if action == "update" and _became_published(entity):
            return Hint(Signal.PUBLISHED, version_id=entity_id)
    if kind is EntityKind.COMPONENT and action == "add":
        return Hint(Signal.COMPONENT_ADDED, component_id=entity_id)
    return None


def _became_published(entity: Mapping[str, Any]) -> bool:
    changes = entity.get("changes")
    if not isinstance(changes, Mapping):
        # Some servers name the changed keys only; the decision reads the flag itself.
        keys = entity.get("keys")
        return isinstance(keys, list) and any(key in keys for key in _PUBLISHED_KEYS)
    for key in _PUBLISHED_KEYS:
        change = changes.get(key)
        if isinstance(change, Mapping) and str(change.get("new")).lower() in ("true", "1"):
            return True
    return False


def _fits(rule: Rule, facts: VersionFacts) -> bool:
    pairs = (
        (rule.projects, facts.project),
        (rule.asset_types, facts.asset_type),
        (rule.components, facts.component or ""),
        (rule.extensions, facts.extension.lower()),
    )
    return all(
        not patterns or any(fnmatchcase(value, pattern) for pattern in patterns) for patterns, value in pairs
    )
