"""A parsed query as one SQL statement.

A path of references becomes a chain of scalar subqueries (so an absent reference is null), a path through a
collection becomes `EXISTS`, each condition by itself; `any (…)` binds all its conditions to one item.
"""

# ruff: noqa: S608 - the names in these statements come from our own table of types, the values are parameters

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from encode_media.sandbox import query_parser as q
from encode_media.sandbox.problems import ParseError, ValidationError
from encode_media.sandbox.schema import Attribute, Lineage, Many, Reference, Relation, Scalar, Schema
from encode_media.sandbox.store import TYPE_COLUMN, quoted
from encode_media.sandbox.values import to_stored
from encode_media.sandbox.visibility import Visibility


@dataclass(slots=True)
class Statement:
    """SQL text with its parameters, in step."""

    text: str
    parameters: list[Any] = field(default_factory=list)

    def __add__(self, other: Statement) -> Statement:
        return Statement(self.text + other.text, self.parameters + other.parameters)


def compile_query(schema: Schema, query: q.Query, visibility: Visibility) -> Statement:
    """Selects whole rows of the query's type, in a stable order, one more than the limit."""
    compiler = _Compiler(schema, visibility)
    alias = compiler.new_alias()
    source = compiler.source(query.entity_type, alias)
    where = compiler.where(query, alias)
    order = Statement(" ORDER BY ")
    for path, descending in query.order:
        order += compiler.scalar(query.entity_type, alias, path)
        order.text += " DESC, " if descending else ", "
    order.text += f"{alias}.rowid"
    window = Statement(" LIMIT ? OFFSET ?", [-1 if query.limit is None else query.limit + 1, query.offset])
    return Statement(f"SELECT {alias}.* FROM {source}") + where + order + window


class _Compiler:
    def __init__(self, schema: Schema, visibility: Visibility) -> None:
        self.schema = schema
        self.visibility = visibility
        self._aliases: Iterator[int] = count()

    def new_alias(self) -> str:
        return f"t{next(self._aliases)}"

    def source(self, type_name: str, alias: str) -> str:
        if type_name not in self.schema.types:
            raise ParseError(f"there is no entity type {type_name}")
        return f"{quoted(self.schema.root(type_name))} AS {alias}"

    def where(self, query: q.Query, alias: str) -> Statement:
        found = Statement(" WHERE ") + self._is_type(query.entity_type, alias)
        found += self._visible(query.entity_type, alias)
        if query.where is not None:
            found += Statement(" AND (") + self.condition(query.entity_type, alias, query.where) + Statement(")")
        return found

    def _is_type(self, type_name: str, alias: str) -> Statement:
        names = self.schema.concrete(type_name)
        if names >= {member.name for member in self.schema.family(self.schema.root(type_name))}:
            return Statement("1")
        marks = ", ".join("?" * len(names))
        return Statement(f"{alias}.{TYPE_COLUMN} IN ({marks})", sorted(names))

    def _visible(self, type_name: str, alias: str) -> Statement:
        hidden = self.visibility.condition(self.schema.root(type_name), alias)
        return Statement(f" AND {hidden}", self.visibility.parameters(hidden)) if hidden else Statement("")

    def attribute(self, type_name: str, name: str) -> Attribute:
        found = self.schema.attribute(type_name, name)
        if found is None:
            raise ParseError(f"{type_name} has no attribute {name}")
        return found

    def condition(self, type_name: str, alias: str, node: q.Condition) -> Statement:
        if isinstance(node, q.Not):
            return Statement("NOT COALESCE((") + self.condition(type_name, alias, node.inner) + Statement("), 0)")
        if isinstance(node, q.All | q.Any):
            word = " AND " if isinstance(node, q.All) else " OR "
            found = Statement("(")
            for index, part in enumerate(node.parts):
                found += Statement(word if index else "") + self.condition(type_name, alias, part)
            return found + Statement(")")
        if isinstance(node, q.Has):
            return self._has(type_name, alias, node.path, node.inner)
        return self._leaf(type_name, alias, node)

    def _leaf(self, type_name: str, alias: str, node: q.Compare | q.In) -> Statement:
        """A comparison; the first relation to many on its path opens an EXISTS."""
        current = type_name
        for index, name in enumerate(node.path):
            attribute = self.attribute(current, name)
            if isinstance(attribute, Scalar):
                break
            if not isinstance(attribute, Reference):
                rest = node.path[index + 1 :]
                return self._through(type_name, alias, node, node.path[: index + 1], rest)
            current = attribute.target
        column = self._last_column(type_name, node.path)
        left = self.scalar(type_name, alias, node.path)
        return self._compare(left, column, node) if isinstance(node, q.Compare) else self._in(left, column, node)

    def _through(
        self, type_name: str, alias: str, node: q.Compare | q.In, path: q.Path, rest: q.Path
    ) -> Statement:
        if not rest:
            if isinstance(node, q.Compare) and node.value is None:
                negated = "NOT " if node.operator == "is" else ""
                return Statement(negated) + self._has(type_name, alias, path, None)
            rest = ("id",)
        inner: q.Condition
        if isinstance(node, q.Compare):
            inner = q.Compare(rest, node.operator, node.value, node.quoted)
        else:
            inner = q.In(rest, node.values, node.negated)
        return self._has(type_name, alias, path, inner)

    def _has(self, type_name: str, alias: str, path: q.Path, inner: q.Condition | None) -> Statement:
        relation = self.attribute(type_name, path[0])
        if isinstance(relation, Scalar):
            raise ParseError(f"{type_name}.{path[0]} is a value, not a relation")
        other = self.new_alias()
        found = Statement(f"EXISTS (SELECT 1 FROM {self.source(relation.target, other)} WHERE ")
        found += self._join(relation, alias, other)
        if path[1:]:
            found += Statement(" AND ") + self._has(relation.target, other, path[1:], inner)
        elif inner is not None:
            found += Statement(" AND (") + self.condition(relation.target, other, inner) + Statement(")")
        return found + Statement(")")

    def _join(self, relation: Relation, near: str, far: str) -> Statement:
        """Holds for what the relation leads to, of its type, as far as the caller sees it."""
        found = Statement(_link(relation, near, far) + " AND ") + self._is_type(relation.target, far)
        return found + self._visible(relation.target, far)

    def scalar(self, type_name: str, alias: str, path: q.Path) -> Statement:
        """The value at the end of a path of references, null if one of them is absent."""
        attribute = self.attribute(type_name, path[0])
        if isinstance(attribute, Scalar):
            if attribute.virtual or path[1:]:
                raise ParseError(f"{type_name}.{'.'.join(path)} can't be compared")
            return Statement(f"{alias}.{quoted(attribute.name)}")
        if not isinstance(attribute, Reference):
            raise ParseError(f"{type_name}.{path[0]} holds many, so it has no single value")
        narrowed = path[0] != attribute.name
        if not path[1:] and not narrowed:
            return Statement(f"{alias}.{quoted(attribute.column)}")
        other = self.new_alias()
        inner = self.scalar(attribute.target, other, path[1:] or ("id",))
        source = self.source(attribute.target, other)
        joined = self._join(attribute, alias, other)
        return Statement("(SELECT ") + inner + Statement(f" FROM {source} WHERE ") + joined + Statement(")")

    def _last_column(self, type_name: str, path: q.Path) -> Scalar:
        current = type_name
        for name in path:
            attribute = self.attribute(current, name)
            if isinstance(attribute, Scalar):
                return attribute
            current = attribute.target
        return Scalar(name="id", type="key")

    def _compare(self, left: Statement, column: Scalar, node: q.Compare) -> Statement:
        if node.value is None:
            return left + Statement(" IS NULL" if node.operator == "is" else " IS NOT NULL")
        if node.operator in {"like", "not_like"}:
            word = "LIKE" if node.operator == "like" else "NOT LIKE"
            return left + Statement(f" {word} ?", [str(node.value)])
        word = {"is": "=", "is_not": "!="}.get(node.operator, node.operator)
        return left + Statement(f" {word} ?", [_operand(column, node.value)])

    def _in(self, left: Statement, column: Scalar, node: q.In) -> Statement:
        word = " NOT IN (" if node.negated else " IN ("
        if not isinstance(node.values, q.Query):
            operands = [_operand(column, value) for value in node.values]
            return left + Statement(word + ", ".join("?" * len(operands)) + ")", operands)
        query = node.values
        alias = self.new_alias()
        source = self.source(query.entity_type, alias)
        path = query.projections[0] if query.projections else ("id",)
        selected = self.scalar(query.entity_type, alias, path)
        where = self.where(query, alias)
        window = Statement(" LIMIT ? OFFSET ?", [-1 if query.limit is None else query.limit, query.offset])
        inner = Statement("SELECT ") + selected + Statement(f" FROM {source}") + where + window
        return left + Statement(word) + inner + Statement(")")


def _link(relation: Relation, near: str, far: str) -> str:
    if isinstance(relation, Reference):
        return f"{far}.id = {near}.{quoted(relation.column)}"
    if isinstance(relation, Many):
        a, b = ("item_id", "owner_id") if relation.reverse else ("owner_id", "item_id")
        return f"{far}.id IN (SELECT {b} FROM {quoted(relation.link)} WHERE {a} = {near}.id)"
    if isinstance(relation, Lineage):
        return f"{far}.id IN ({lineage_sql(f'{near}.id', up=relation.up)})"
    return f"{far}.{quoted(relation.column)} = {near}.id"


def lineage_sql(start: str, *, up: bool) -> str:
    """All ids above or below the context whose id is the SQL expression `start`, itself left out."""
    context = quoted("Context")
    if up:
        first = f"SELECT parent_id FROM {context} WHERE id = {start}"
        step = f"SELECT c.parent_id FROM {context} c JOIN line ON c.id = line.id WHERE c.parent_id IS NOT NULL"
    else:
        first = f"SELECT id FROM {context} WHERE parent_id = {start}"
        step = f"SELECT c.id FROM {context} c JOIN line ON c.parent_id = line.id"
    return f"WITH RECURSIVE line(id) AS ({first} UNION {step}) SELECT id FROM line WHERE id IS NOT NULL"


def _operand(column: Scalar, value: q.Value) -> Any:
    if value is None:
        return None
    if column.type in {"str", "key"}:
        return str(value)
    if column.type == "variable":
        return to_stored(column, value)
    try:
        return to_stored(column, value)
    except ValidationError as error:
        raise ParseError(str(error)) from error
