"""Where each value of a resolved preset comes from, for people who wonder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

from encode_media.model.preset import OutputSpec, Preset
from encode_media.presets.context import with_names
from encode_media.presets.schema import PresetFile
from encode_media.resources import builtin_presets
from encode_media.timebase import describe_rate

_NOT_SHOWN = frozenset({"name", "label", "description", "options", "outputs", "assets"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One value."""

    key: str
    value: Any
    """Plain: text, number, truth or nothing."""
    origin: str
    """The file that says it and, where it is an expression, what stands there; or that nobody says it."""


def explain(file: PresetFile, preset: Preset, given: Mapping[str, Any]) -> tuple[Explained, ...]:
    """Every value of the preset that a file or a person says, options first; then what is left to us."""
    found = [
        Explained(key=f"options.{name}", value=value, origin=_option_origin(file, name, given))
        for name, value in preset.options.items()
    ]
    for item in fields(preset):
        if item.name not in _NOT_SHOWN:
            found += _values(file, item.name, item.name, getattr(preset, item.name))
    for output in preset.outputs:
        found += _values(file, f"outputs.{output.name}", _written_at(file, output), output)
    return tuple(found)


def _option_origin(file: PresetFile, name: str, given: Mapping[str, Any]) -> str:
    if given.get(name) not in (None, ""):
        return "given"
    key = f"options.{name}.default"
    return f"default of {_place(file.origins[key])}" if key in file.origins else "no value"


def _values(file: PresetFile, key: str, place: str, value: Any) -> Iterator[Explained]:
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from _values(file, f"{key}.{item.name}", f"{place}.{item.name}", getattr(value, item.name))
        return
    if place in file.origins:
        yield Explained(key=key, value=_plain(value), origin=_origin(file, place))


def _origin(file: PresetFile, place: str) -> str:
    written = file.written.get(place)
    expression = f": {written}" if isinstance(written, str) and "{{" in written else ""
    return f"{_place(file.origins[place])}{expression}"


def _place(path: Path) -> str:
    return f"built-in {path.name}" if path.parent == builtin_presets() else str(path)


def _written_at(file: PresetFile, output: OutputSpec) -> str:
    """Outputs of one name may stand there several times: the one of this kind and container."""
    same = [
        index
        for index, written in enumerate(file.outputs)
        if written.get("name") == output.name
        and written.get("container") == output.container
        and written.get("kind") == output.kind.value
    ]
    return f"outputs[{same[0]}]" if same else "outputs"


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return describe_rate(value)
    if isinstance(value, str):
        return with_names(value)
    return value if value is None or isinstance(value, int | float | bool) else str(value)
