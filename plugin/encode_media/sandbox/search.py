"""The `search` operation: a query, narrowed to words, to a part of the project tree and to object types."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from encode_media.sandbox import query_parser as q
from encode_media.sandbox.problems import ValidationError
from encode_media.sandbox.schema import Schema

_WORDS: dict[str, tuple[str, ...]] = {
    "Context": ("name", "ancestors.name", "project.name", "project.full_name"),
    "AssetVersion": ("asset.name", "asset.parent.name", "task.name", "comment"),
    "Asset": ("name", "parent.name"),
    "Resource": ("username", "first_name", "last_name", "name"),
}
"""Where a word is looked for, by table; elsewhere in the name."""
_CONTEXTS: dict[str, tuple[str, ...]] = {
    "Context": ("id", "project_id", "ancestors.id"),
    "Asset": ("context_id", "project_id", "parent[TypedContext].ancestors.id"),
    "AssetVersion": ("asset.context_id", "project_id", "task_id", "asset.parent[TypedContext].ancestors.id"),
    "List": ("project_id",),
    "ReviewSession": ("project_id",),
}
"""What says that an entity lies in a context, by table."""


def search_query(schema: Schema, operation: dict[str, Any]) -> q.Query:
    """The query that a search stands for. Raises ParseError, ValidationError."""
    query = q.parse(str(operation.get("expression") or operation.get("entity_type") or ""))
    asked = operation.get("entity_type")
    if asked and asked != query.entity_type:
        raise ValidationError(f"the expression is about {query.entity_type}, the search about {asked}")
    if query.entity_type not in schema.types:
        raise ValidationError(f"there is no entity type {query.entity_type}")
    root = schema.root(query.entity_type)
    parts: list[q.Condition] = [] if query.where is None else [query.where]
    for term in operation.get("terms") or ():
        names = [name for name in _WORDS.get(root, ("name",)) if _is_there(schema, query.entity_type, name)]
        parts.append(_any_of(names, "like", f"%{term}%", what=f"{query.entity_type} by words"))
    if context_id := operation.get("context_id"):
        names = [name for name in _CONTEXTS.get(root, ()) if _is_there(schema, query.entity_type, name)]
        parts.append(_any_of(names, "is", str(context_id), what=f"{query.entity_type} by context"))
    if object_types := operation.get("object_type_ids"):
        if not _is_there(schema, query.entity_type, "object_type_id"):
            raise ValidationError(f"{query.entity_type} has no object types")
        parts.append(q.In(("object_type_id",), tuple(str(one) for one in object_types), negated=False))
    return replace(query, where=q.All(tuple(parts)) if parts else None)


def _any_of(names: list[str], operator: str, value: str, *, what: str) -> q.Condition:
    if not names:
        raise ValidationError(f"there is no way to search {what}")
    return q.Any(tuple(q.Compare(tuple(name.split(".")), operator, value, quoted=True) for name in names))


def _is_there(schema: Schema, type_name: str, path: str) -> bool:
    attribute = schema.attribute(type_name, path.split(".", maxsplit=1)[0])
    return attribute is not None
