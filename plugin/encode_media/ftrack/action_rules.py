"""A studio's rules for the action: who is offered it, the one-click presets, and what happens afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import ConfigDict, ValidationError

from encode_media.errors import failure
from encode_media.ftrack.selection import EntityKind, entity_kind
from encode_media.model.codec import from_json
from encode_media.model.request import Afterwards
from encode_media.resources import resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who somebody is, as the server says it."""

    id: str
    username: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Patterns of those who are offered the action, and of what on; empty fits everything."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    entity_types: tuple[str, ...] = ()

    def refusal(
        self, *, kinds: Iterable[EntityKind], person: Person | None, projects: Iterable[Sequence[str]]
    ) -> str:
        """Why the action is not for this person and selection; empty if it is.

        Each project is given by the names it has. A person of None and projects that are not given are not known
        yet, and don't stand in the way: a launch asks again when they are.
        """
        allowed = {entity_kind(name) for name in self.entity_types}
        if self.entity_types and not any(kind in allowed for kind in kinds):
            return "it is not offered for what is selected"
        if person is not None:
            if not _any_fits(self.roles, person.roles):
                return f"{person.username} has none of the roles {', '.join(self.roles)}"
            if not _any_fits(self.groups, person.groups):
                return f"{person.username} is in none of the groups {', '.join(self.groups)}"
        for names in projects:
            if not _any_fits(self.projects, names):
                return f"it is not offered in the project {names[0]}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetRules:
    __pydantic_config__ = ConfigDict(extra="forbid")

    afterwards: Afterwards = Afterwards()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRules:
    """An `action.yaml`."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    favourites: tuple[str, ...] = ("review",)
    own_favourites: int = 3
    offer: Offer = Offer()
    afterwards: Afterwards = Afterwards()
    presets: Mapping[str, PresetRules] = field(default_factory=dict)

    def after(self, preset: str) -> Afterwards:
        """What happens after an encode with this preset, unless a person chooses otherwise."""
        own = self.presets.get(preset)
        return own.afterwards if own else self.afterwards


def load_action_rules(file: Path | None) -> ActionRules:
    """The rules of a studio's file, or those that come with Encode Media.

    Raises:
        InvalidParameters: the file can't be read or has a mistake.
    """
    path = file or resource("action.yaml")
    try:
        rules = from_json(ActionRules, yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise failure("request.invalid", problem=f"{path.name}: {error}") from error
    unknown = [name for name in rules.offer.entity_types if entity_kind(name) is None]
    if unknown:
        known = ", ".join(kind.value for kind in EntityKind)
        problem = f"{path.name}: offer.entity_types: {unknown[0]!r} is none of {known}"
        raise failure("request.invalid", problem=problem)
    return rules


def _any_fits(patterns: Sequence[str], names: Iterable[str]) -> bool:
    return not patterns or any(
        fnmatchcase(name.casefold(), pattern.casefold()) for name in names for pattern in patterns
    )
