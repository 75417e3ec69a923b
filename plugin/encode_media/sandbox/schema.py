"""The entity types of the table as values."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeAlias

from encode_media.sandbox.schema_table import TABLE

OBJECT_TYPES = ("Task", "Shot", "Sequence", "Episode", "Folder", "AssetBuild", "Milestone")
_NAMESPACE = uuid.UUID("6a1f1f8e-3c5b-4b0e-9d9c-0d2f6b7f4a10")
"""Our own, so that seeded ids are the same on every server."""


def fixed_id(*words: str) -> str:
    """The id of a seeded entity: the same words give the same id everywhere."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A value. `key` holds an entity's id; `owned` ones die with that entity."""

    name: str
    type: str
    default: Any = None
    computed: bool = False
    virtual: bool = False
    fixed: bool = False
    owned: bool = False
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One other entity, by the id in `column`."""

    name: str
    target: str
    column: str
    owned: bool
    computed: bool = False
    fixed: bool = False
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The entities of `target` whose `column` is our id; `mapped` ones are maps to the client."""

    name: str
    target: str
    column: str
    mapped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """Many to many through the table `link` (owner_id, item_id); `reverse` sees it from the items' side."""

    name: str
    target: str
    link: str
    reverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Everything above (`up`) or below in the tree of contexts."""

    name: str
    target: str
    up: bool


Attribute: TypeAlias = Scalar | Reference | Collection | Many | Lineage
Relation: TypeAlias = Reference | Collection | Many | Lineage


@dataclass(slots=True, kw_only=True)
class EntityType:
    """One entity type with its own and its bases' attributes; columns of references are attributes too."""

    name: str
    base: str | None
    key: tuple[str, ...]
    show: tuple[str, ...]
    alias: str | None
    attributes: dict[str, Attribute] = field(default_factory=dict)

    def columns(self) -> dict[str, Scalar]:
        """What is stored."""
        return {
            name: attribute
            for name, attribute in self.attributes.items()
            if isinstance(attribute, Scalar) and not attribute.virtual
        }

    def references(self) -> list[Reference]:
        return [attribute for attribute in self.attributes.values() if isinstance(attribute, Reference)]

    def key_of(self, values: dict[str, Any]) -> tuple[str, ...]:
        return tuple(str(values[name]) for name in self.key)


class Schema:
    """All entity types."""

    def __init__(self, types: dict[str, EntityType]) -> None:
        self.types = types
        self._root = {name: self._find_root(name) for name in types}
        self._below = {name: frozenset(other for other in types if name in self._line(other)) for name in types}

    def _line(self, name: str) -> list[str]:
        line = [name]
        while (base := self.types[line[-1]].base) is not None:
            line.append(base)
        return line

    def _find_root(self, name: str) -> str:
        return self._line(name)[-1]

    def root(self, name: str) -> str:
        """The topmost base: the name of the table that holds the type."""
        return self._root[name]

    def concrete(self, name: str) -> frozenset[str]:
        """The type and all types below it."""
        return self._below[name]

    def family(self, root: str) -> list[EntityType]:
        """All types in one table."""
        return [entity_type for name, entity_type in self.types.items() if self._root[name] == root]

    def attribute(self, type_name: str, step: str) -> Attribute | None:
        """What a step of a path names; `parent[Shot]` is a parent that is a Shot, with a Shot's attributes."""
        name, bracket, narrowed = step.partition("[")
        found = self.types[type_name].attributes.get(name)
        if not bracket or found is None:
            return found
        narrowed = narrowed.removesuffix("]")
        if isinstance(found, Scalar) or not step.endswith("]") or narrowed not in self.concrete(found.target):
            return None
        return replace(found, target=narrowed)

    def roots(self) -> list[str]:
        return [name for name, entity_type in self.types.items() if entity_type.base is None]

    def links(self) -> set[str]:
        return {
            attribute.link
            for entity_type in self.types.values()
            for attribute in entity_type.attributes.values()
            if isinstance(attribute, Many)
        }


@lru_cache(maxsize=1)
def load_schema() -> Schema:
    types: dict[str, EntityType] = {}
    current: EntityType | None = None
    for line in TABLE.splitlines():
        if not line.strip():
            continue
        if not line.startswith(" "):
            current = _header(line, types)
            types[current.name] = current
        elif current is not None:
            for attribute in _attributes(line.strip(), current.name):
                current.attributes[attribute.name] = attribute
    return Schema(types)


def _header(line: str, types: dict[str, EntityType]) -> EntityType:
    words = line.replace(" : ", " :").split()
    settings = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    base = next((word[1:] for word in words[1:] if word.startswith(":")), None)
    parent = types[base] if base else None
    key = tuple(settings["key"].split(",")) if "key" in settings else parent.key if parent else ("id",)
    show = tuple(settings["show"].split(",")) if "show" in settings else parent.show if parent else key
    made = EntityType(name=words[0], base=base, key=key, show=show, alias=settings.get("alias"))
    if parent:
        made.attributes.update(parent.attributes)
    elif key == ("id",):
        made.attributes["id"] = Scalar(name="id", type="str", default="{uid}", fixed=True)
    if words[0] in OBJECT_TYPES:
        made.attributes["object_type_id"] = Scalar(
            name="object_type_id", type="key", default=fixed_id("ObjectType", words[0]), alias="object_typeid"
        )
    return made


_LINE = re.compile(
    r"(?P<name>\w+) (?P<kind>[^\s=~]+)(?: = (?P<default>\S+))?(?P<flags>(?: (?:computed|virtual|fixed))*)"
    r"(?: ~(?P<alias>\w+))?"
)
_REFERENCE = re.compile(r"@(?P<target>\w+)(?P<owned>!?)(?:\((?P<column>\w+)\))?")
_COLLECTION = re.compile(r"[\[{](?P<target>\w+)\.(?P<column>\w+)[\]}]")


def _whole(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(f"the table of entity types can't be read at {text!r}")
    return match


def _attributes(line: str, owner: str) -> list[Attribute]:
    match = _whole(_LINE, line)
    name, kind, alias = match["name"], match["kind"], match["alias"] or ""
    flags = dict.fromkeys(match["flags"].split(), True)
    if kind.startswith("@"):
        return _reference(name, kind, flags, alias)
    if kind[0] in "[{":
        parts = _whole(_COLLECTION, kind)
        return [Collection(name=name, target=parts["target"], column=parts["column"], mapped=kind[0] == "{")]
    if kind[0] == "<":
        target, _, far = kind[1:-1].partition(".")
        link = f"{target}.{far}" if far else f"{owner}.{name}"
        return [Many(name=name, target=target, link=link, reverse=bool(far))]
    if kind[0] in "^v" and kind[1].isupper():
        return [Lineage(name=name, target=kind[1:], up=kind[0] == "^")]
    default = json.loads(match["default"]) if match["default"] else None
    owned = kind == "any!"
    kind = "key" if owned else kind
    return [Scalar(name=name, type=kind, default=default, owned=owned, alias=alias, **flags)]


def _reference(name: str, kind: str, flags: dict[str, bool], alias: str) -> list[Attribute]:
    parts = _whole(_REFERENCE, kind)
    column = parts["column"] or f"{name}_id"
    return [
        Reference(
            name=name, target=parts["target"], column=column, owned=bool(parts["owned"]), alias=alias, **flags
        ),
        Scalar(name=column, type="key", alias=alias, **flags),
    ]
