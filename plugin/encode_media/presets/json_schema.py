"""The JSON Schema of preset files, for editors: `docs/preset.schema.json` is made from it."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import TypeAdapter

from encode_media.model.colour import ColourSpec
from encode_media.model.preset import OutputSpec, TimingSpec
from encode_media.presets.schema import PresetDocument

_GROUPS: dict[str, type] = {"timing": TimingSpec, "colour": ColourSpec}
_EXPRESSION = {"type": "string", "pattern": r"\{\{", "description": "An expression such as {{ options.quality }}."}
_WHEN = {
    "anyOf": [{"type": "boolean"}, _EXPRESSION],
    "description": "Left out where this is false.",
}


def preset_json_schema() -> dict[str, Any]:
    """What a preset file may hold, expressions included."""
    schema = TypeAdapter(PresetDocument).json_schema()
    output = TypeAdapter(OutputSpec).json_schema(ref_template="#/$defs/{model}")
    parts: dict[str, Any] = {**output.pop("$defs"), "OutputSpec": output}
    for key, kind in _GROUPS.items():
        parts[kind.__name__] = TypeAdapter(kind).json_schema()
        schema["properties"][key] = {"$ref": f"#/$defs/{kind.__name__}"}
    for part in parts.values():
        if "properties" in part:
            part["properties"] = {
                **{name: _or_expression(value) for name, value in part["properties"].items()},
                "when": _WHEN,
            }
    schema["$defs"] |= parts
    schema["properties"]["outputs"] = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/OutputSpec"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Encode Media preset",
        "description": "See docs/presets.md.",
    }


def _or_expression(value: dict[str, Any]) -> dict[str, Any]:
    """The property as it is, or an expression; texts take one anyway, and parts are no single value."""
    if value.get("type") == "string" and "enum" not in value:
        return value
    if "$ref" in value and not value["$ref"].endswith("Kind"):
        return value
    outer: dict[str, Any] = {key: value[key] for key in ("title", "description", "default") if key in value}
    inner = {key: item for key, item in value.items() if key not in outer}
    alternatives = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    return {**outer, "anyOf": [*alternatives, _EXPRESSION]}


def main() -> None:
    """Prints the schema: `python -m encode_media.presets.json_schema > docs/preset.schema.json`."""
    sys.stdout.write(json.dumps(preset_json_schema(), indent=2) + "\n")


if __name__ == "__main__":
    main()
