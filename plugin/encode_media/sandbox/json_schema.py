"""The entity types as the JSON schemas that clients ask for."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from encode_media.sandbox.schema import (
    OBJECT_TYPES,
    Attribute,
    Collection,
    EntityType,
    Reference,
    Scalar,
    fixed_id,
    load_schema,
)

_JSON_TYPES: dict[str, dict[str, str]] = {
    "str": {"type": "string"},
    "key": {"type": "string", "format": "foreign_key"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date-time"},
    "object": {"type": "object"},
    "variable": {"type": "variable"},
}


def _property(attribute: Attribute) -> dict[str, Any]:
    if isinstance(attribute, Scalar):
        fragment: dict[str, Any] = dict(_JSON_TYPES[attribute.type])
        if attribute.default is not None:
            fragment["default"] = attribute.default
        if attribute.alias:
            fragment["alias_for"] = attribute.alias
        return fragment
    if isinstance(attribute, Reference):
        return {"$ref": attribute.target}
    mapped = isinstance(attribute, Collection) and attribute.mapped
    return {"type": "mapped_array" if mapped else "array", "items": {"$ref": attribute.target}}


def _alias(entity_type: EntityType) -> Any:
    # A concrete Task must not answer to the selection word "task": that is TypedContext's.
    if entity_type.name in OBJECT_TYPES:
        return {"id": "Task", "classifiers": {"object_typeid": fixed_id("ObjectType", entity_type.name)}}
    return entity_type.alias


def json_schemas() -> list[dict[str, Any]]:
    """The array that `query_schemas` answers."""
    found = []
    for entity_type in load_schema().types.values():
        attributes = entity_type.attributes
        computed = [n for n, a in attributes.items() if isinstance(a, Scalar) and (a.computed or a.virtual)]
        fixed = [n for n, a in attributes.items() if isinstance(a, Scalar | Reference) and a.fixed]
        described: dict[str, Any] = {
            "id": entity_type.name,
            "type": "object",
            "properties": {name: _property(attribute) for name, attribute in attributes.items()},
            "primary_key": list(entity_type.key),
            "default_projections": list(entity_type.show),
            "required": list(entity_type.key),
            "immutable": sorted({*entity_type.key, *fixed}),
            "computed": computed,
        }
        if (alias := _alias(entity_type)) is not None:
            described["alias_for"] = alias
        found.append(described)
    return found


def schema_hash(schemas: list[dict[str, Any]]) -> str:
    """The digest a client computes over its cached copy."""
    return hashlib.md5(json.dumps(schemas, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
