"""Pydantic's findings as problems of a preset, with the nearest right word where a word was wrong."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from pydantic import ValidationError

from encode_media.model.preset import OutputSpec
from encode_media.presets.problems import PresetProblem, key_path, nearest

WHEN = "when"
"""The key of an output that is no part of it: the condition for making it."""


def problems_of(error: ValidationError, file: str, kind: type, prefix: str = "") -> tuple[PresetProblem, ...]:
    """What is wrong about the value of this kind that was read at `prefix`."""
    return tuple(_problem(dict(item), file, prefix, kind) for item in error.errors(include_url=False))


def _problem(item: dict[str, Any], file: str, prefix: str, kind: type) -> PresetProblem:
    location = tuple(item["loc"])
    key = key_path(location, prefix)
    if item["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        word = str(location[-1])
        allowed = _keys_at(location[:-1], kind)
        return PresetProblem(
            file=file, key=key, problem=f"there is no key {word}", allowed=allowed, nearest=nearest(word, allowed)
        )
    if item["type"] in ("literal_error", "enum"):
        allowed = tuple(re.findall(r"'([^']*)'", str(item["ctx"]["expected"])))
        word = str(item["input"])
        return PresetProblem(
            file=file, key=key, problem=f"{word!r} is not possible here", allowed=allowed,
            nearest=nearest(word, allowed),
        )  # fmt: skip
    if item["type"] in ("missing", "missing_argument"):
        return PresetProblem(file=file, key=key, problem="is missing")
    return PresetProblem(file=file, key=key, problem=str(item["msg"]).removeprefix("Value error, "))


def _keys_at(location: tuple[Any, ...], root: type) -> tuple[str, ...]:
    """The keys allowed at a place, found by walking the annotations."""
    kind = root
    for part in location:
        # A part that is no field is an index or a free name, such as an option's: the kind stays.
        kind = _dataclass_within(get_type_hints(kind).get(part, kind)) or kind
    keys = tuple(item.name for item in fields(kind))
    return (*keys, WHEN) if kind is OutputSpec else keys


def _dataclass_within(annotation: Any) -> type | None:
    if isinstance(annotation, type) and is_dataclass(annotation):
        return annotation
    return next((kind for part in get_args(annotation) if (kind := _dataclass_within(part))), None)
