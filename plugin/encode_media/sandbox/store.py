"""The entities in SQLite: one table per topmost type, one more per many-to-many relation."""

# ruff: noqa: S608 - the names in these statements come from our own table of types, the values are parameters

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from encode_media.sandbox.schema import EntityType, Scalar, Schema, load_schema

TYPE_COLUMN = "__type__"
_SQL_TYPES = {"int": "INTEGER", "bool": "INTEGER", "float": "REAL"}
_CHUNK = 500
"""Variables per statement; SQLite's oldest limit is 999."""

Values = dict[str, Any]


def quoted(name: str) -> str:
    """A name as an SQL identifier (several of ours are SQL words: group, order, key)."""
    return '"' + name.replace('"', '""') + '"'


class Store:
    """One connection shared by all threads; a transaction holds it alone."""

    def __init__(self, path: Path, schema: Schema | None = None) -> None:
        self.schema = schema or load_schema()
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # Survives the death of this process at any moment; SQLite replays its log at the next start.
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        with self.transaction():
            self._make_tables()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else reads or writes meanwhile."""
        with self._lock:
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept, or nothing if it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[Values]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, tuple(parameters))]

    def run(self, sql: str, parameters: Iterable[Any] = ()) -> int:
        """Changes something; gives the number of changed rows."""
        with self._lock:
            return self._connection.execute(sql, tuple(parameters)).rowcount

    def find(self, type_name: str, key: Sequence[str]) -> Values | None:
        """The row of a type (or a type below it) with this primary key."""
        entity_type = self.schema.types[type_name]
        where = " AND ".join(f"{quoted(name)} = ?" for name in entity_type.key)
        rows = self.rows(f"SELECT * FROM {quoted(self.schema.root(type_name))} WHERE {where}", key)
        return rows[0] if rows and rows[0][TYPE_COLUMN] in self.schema.concrete(type_name) else None

    def where_in(self, root: str, column: str, values: Iterable[Any]) -> list[Values]:
        """All rows whose column has one of the values, in the order they were made."""
        wanted = list(dict.fromkeys(values))
        found: list[Values] = []
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            found += self.rows(
                f"SELECT * FROM {quoted(root)} WHERE {quoted(column)} IN ({marks}) ORDER BY rowid", chunk
            )
        return found

    def linked(self, link: str, *, reverse: bool, owners: Iterable[str]) -> list[tuple[str, str]]:
        """(from, to) pairs of a many-to-many relation."""
        near, far = ("item_id", "owner_id") if reverse else ("owner_id", "item_id")
        wanted = list(owners)
        found: list[tuple[str, str]] = []
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            sql = f"SELECT {near} AS a, {far} AS b FROM {quoted(link)} WHERE {near} IN ({marks}) ORDER BY rowid"
            found += [(row["a"], row["b"]) for row in self.rows(sql, chunk)]
        return found

    def insert(self, type_name: str, values: Values) -> None:
        row = {TYPE_COLUMN: type_name, **values}
        names = ", ".join(quoted(name) for name in row)
        marks = ", ".join("?" * len(row))
        table = quoted(self.schema.root(type_name))
        self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", row.values())

    def change(self, type_name: str, key: Sequence[str], values: Values) -> None:
        if not values:
            return
        entity_type = self.schema.types[type_name]
        sets = ", ".join(f"{quoted(name)} = ?" for name in values)
        where = " AND ".join(f"{quoted(name)} = ?" for name in entity_type.key)
        table = quoted(self.schema.root(type_name))
        self.run(f"UPDATE {table} SET {sets} WHERE {where}", [*values.values(), *key])

    def remove(self, type_name: str, key: Sequence[str]) -> None:
        entity_type = self.schema.types[type_name]
        where = " AND ".join(f"{quoted(name)} = ?" for name in entity_type.key)
        self.run(f"DELETE FROM {quoted(self.schema.root(type_name))} WHERE {where}", key)

    def _make_tables(self) -> None:
        for root in self.schema.roots():
            stored: dict[str, Scalar] = {}
            for entity_type in self.schema.family(root):
                stored.update(entity_type.columns())
            self._make_table(self.schema.types[root], stored)
        for link in self.schema.links():
            columns = "owner_id TEXT, item_id TEXT, UNIQUE (owner_id, item_id)"
            self.run(f"CREATE TABLE IF NOT EXISTS {quoted(link)} ({columns})")
            self.run(f"CREATE INDEX IF NOT EXISTS {quoted('i_' + link)} ON {quoted(link)} (item_id)")

    def _make_table(self, root: EntityType, columns: dict[str, Scalar]) -> None:
        table = quoted(root.name)
        key = ", ".join(quoted(name) for name in root.key)
        typed = [f"{quoted(name)} {_SQL_TYPES.get(column.type, 'TEXT')}" for name, column in columns.items()]
        self.run(
            f"CREATE TABLE IF NOT EXISTS {table} ({TYPE_COLUMN} TEXT NOT NULL, {', '.join(typed)}, UNIQUE ({key}))"
        )
        # A folder written by an earlier version lacks the columns that came since.
        present = {row["name"] for row in self.rows(f"PRAGMA table_info({table})")}
        for name, text in zip(columns, typed, strict=True):
            if name not in present:
                self.run(f"ALTER TABLE {table} ADD COLUMN {text}")
        for name, column in columns.items():
            if column.type == "key":
                index = quoted(f"i_{root.name}_{name}")
                self.run(f"CREATE INDEX IF NOT EXISTS {index} ON {table} ({quoted(name)})")
