"""Runs queries: selects the rows, then gathers what the projections ask for, one statement per relation."""

# ruff: noqa: S608 - the names in these statements come from our own table of types, the values are parameters

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from encode_media.sandbox.problems import ParseError
from encode_media.sandbox.query_parser import Path, Query, parse
from encode_media.sandbox.query_sql import compile_query, lineage_sql
from encode_media.sandbox.schema import Collection, EntityType, Lineage, Many, Reference, Relation, Scalar
from encode_media.sandbox.store import TYPE_COLUMN, Store, Values, quoted
from encode_media.sandbox.values import to_answer
from encode_media.sandbox.visibility import Visibility

Tree: TypeAlias = dict[str, Any]
"""Projections by name; a relation's own projections are the tree below it."""
Identity: TypeAlias = tuple[str, ...]
"""(table, key…): one entity, whatever type it was asked for as."""
VirtualValue: TypeAlias = Callable[[Store, str, Values, str], Any]
"""(store, concrete type, row, attribute) to JSON"""


def run_query(
    store: Store, expression: str | Query, visibility: Visibility, virtual: VirtualValue
) -> dict[str, Any]:
    """The response element of a `query` operation."""
    query = parse(expression) if isinstance(expression, str) else expression
    statement = compile_query(store.schema, query, visibility)
    for path in query.projections:
        _check(store, query.entity_type, path)
    tree = _tree(query)
    rows = store.rows(statement.text, statement.parameters)
    more = query.limit is not None and len(rows) > query.limit
    rows = rows[: query.limit]
    answer = Projector(store, visibility, virtual)
    metadata = {"next": {"offset": query.offset + len(rows) if more else None}}
    return {"action": "query", "data": answer.entities(rows, tree), "metadata": metadata}


def _tree(query: Query) -> Tree:
    tree: Tree = {}
    for path in query.projections:
        _plant(tree, path)
    return tree


def _plant(tree: Tree, path: Path) -> None:
    for step in path:
        tree = tree.setdefault(step.partition("[")[0], {})


def _check(store: Store, type_name: str, path: Path) -> None:
    """Raises ParseError where the path names what isn't there."""
    for index, step in enumerate(path):
        attribute = store.schema.attribute(type_name, step)
        if attribute is None:
            raise ParseError(f"{type_name} has no attribute {step}")
        if isinstance(attribute, Scalar):
            if path[index + 1 :]:
                raise ParseError(f"{type_name}.{step} is a value and has no attributes")
            return
        type_name = attribute.target


def no_virtual_values(store: Store, type_name: str, row: Values, name: str) -> None:
    """For answers that hold kept values only."""
    del store, type_name, row, name


class Projector:
    """Gathers the union of what is asked for each entity, and repeats it wherever the entity occurs.

    The Python client keeps only the first occurrence of an entity in a response, so every one must be complete.
    """

    def __init__(self, store: Store, visibility: Visibility, virtual: VirtualValue) -> None:
        self._store = store
        self._visibility = visibility
        self._virtual = virtual
        self._rows: dict[Identity, Values] = {}
        self._wanted: dict[Identity, dict[str, None]] = defaultdict(dict)
        self._related: dict[Identity, dict[str, list[Identity]]] = defaultdict(dict)

    def entities(self, rows: list[Values], tree: Tree) -> list[dict[str, Any]]:
        identities = self._remember(rows)
        self._gather(identities, tree)
        return [self._emit(identity, tree) for identity in identities]

    def _type(self, identity: Identity) -> EntityType:
        return self._store.schema.types[self._rows[identity][TYPE_COLUMN]]

    def _remember(self, rows: Iterable[Values]) -> list[Identity]:
        found = []
        for row in rows:
            entity_type = self._store.schema.types[row[TYPE_COLUMN]]
            identity = (self._store.schema.root(entity_type.name), *entity_type.key_of(row))
            self._rows.setdefault(identity, row)
            for name in (*entity_type.key, *entity_type.show):
                self._wanted[identity][name] = None
            found.append(identity)
        return found

    def _gather(self, identities: list[Identity], tree: Tree) -> None:
        by_type: dict[str, list[Identity]] = defaultdict(list)
        for identity in dict.fromkeys(identities):
            by_type[self._type(identity).name].append(identity)
        reached: dict[str, list[Identity]] = defaultdict(list)
        for type_name, members in by_type.items():
            for name in tree:
                attribute = self._store.schema.types[type_name].attributes.get(name)
                if attribute is None:
                    continue  # asked for through a narrower type than this one
                if isinstance(attribute, Scalar):
                    for identity in members:
                        self._wanted[identity][name] = None
                else:
                    reached[name] += self._load(members, attribute)
        for name, found in reached.items():
            if found and tree[name]:
                self._gather(found, tree[name])

    def _load(self, members: list[Identity], relation: Relation) -> list[Identity]:
        """Finds what the members relate to, and notes it at each of them."""
        found: list[Identity] = []
        pairs = self._pairs(members, relation)
        for identity in members:
            related = list(dict.fromkeys(pairs.get(identity, [])))
            self._related[identity][relation.name] = related
            found += related
        return found

    def _pairs(self, members: list[Identity], relation: Relation) -> dict[Identity, list[Identity]]:
        if isinstance(relation, Collection):
            return self._owned_rows(members, relation)
        wanted: list[tuple[Identity, str]] = []
        if isinstance(relation, Reference):
            wanted = [(m, value) for m in members if (value := self._rows[m][relation.column]) is not None]
        elif isinstance(relation, Many):
            by_id = {m[1]: m for m in members}
            links = self._store.linked(relation.link, reverse=relation.reverse, owners=by_id)
            wanted = [(by_id[near], far) for near, far in links]
        else:
            wanted = [(m, other) for m in members for other in self._lineage(m[1], relation)]
        root = self._store.schema.root(relation.target)
        rows = self._visible(root, self._store.where_in(root, "id", [far for _, far in wanted]))
        by_far = {identity[1]: identity for identity in self._remember(rows)}
        pairs: dict[Identity, list[Identity]] = defaultdict(list)
        for near, far in wanted:
            if far in by_far:
                pairs[near].append(by_far[far])
        return pairs

    def _owned_rows(self, members: list[Identity], relation: Collection) -> dict[Identity, list[Identity]]:
        root = self._store.schema.root(relation.target)
        by_id = {m[1]: m for m in members}
        concrete = self._store.schema.concrete(relation.target)
        rows = [r for r in self._store.where_in(root, relation.column, by_id) if r[TYPE_COLUMN] in concrete]
        rows = self._visible(root, rows)
        pairs: dict[Identity, list[Identity]] = defaultdict(list)
        for row, identity in zip(rows, self._remember(rows), strict=True):
            pairs[by_id[row[relation.column]]].append(identity)
        return pairs

    def _lineage(self, start: str, relation: Lineage) -> list[str]:
        rows = self._store.rows(lineage_sql("?", up=relation.up), [start])
        ids = [str(row["id"]) for row in rows]
        contexts = self._store.where_in("Context", "id", ids)
        kinds = {row["id"]: row[TYPE_COLUMN] for row in contexts}
        return [one for one in ids if kinds.get(one) in self._store.schema.concrete(relation.target)]

    def _visible(self, root: str, rows: list[Values]) -> list[Values]:
        condition = self._visibility.condition(root, "t")
        if not condition or not rows:
            return rows
        key = self._store.schema.types[root].key[0]
        among = f"{quoted(key)} IN (SELECT value FROM json_each(?))"
        sql = f"SELECT {quoted(key)} AS k FROM {quoted(root)} AS t WHERE {among} AND {condition}"
        parameters = [json.dumps([row[key] for row in rows]), *self._visibility.parameters(condition)]
        kept = {row["k"] for row in self._store.rows(sql, parameters)}
        return [row for row in rows if row[key] in kept]

    def _emit(self, identity: Identity, tree: Tree) -> dict[str, Any]:
        """The entity with its relations: those on this path in full, others of the union as plain entities."""
        answer = self._plain(identity)
        attributes = self._type(identity).attributes
        for name, related in self._related[identity].items():
            below = tree.get(name)
            emitted = [self._emit(one, below) if below else self._plain(one) for one in related]
            if isinstance(attributes[name], Reference):
                answer[name] = emitted[0] if emitted else None
            else:
                answer[name] = emitted
        return answer

    def _plain(self, identity: Identity) -> dict[str, Any]:
        entity_type, row = self._type(identity), self._rows[identity]
        answer: dict[str, Any] = {"__entity_type__": entity_type.name}
        for name in self._wanted[identity]:
            attribute = entity_type.attributes[name]
            if not isinstance(attribute, Scalar):
                continue
            if attribute.virtual:
                answer[name] = self._virtual(self._store, entity_type.name, row, name)
            else:
                answer[name] = to_answer(attribute, row[name])
        return answer
