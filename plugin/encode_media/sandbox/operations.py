"""Create, update and delete: one batch is one transaction, in program order."""

# ruff: noqa: S608 - the names in these statements come from our own table of types, the values are parameters

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from encode_media.sandbox import effects
from encode_media.sandbox.problems import DuplicateEntry, NotFound, PermissionDenied, ValidationError
from encode_media.sandbox.query_run import Projector, no_virtual_values
from encode_media.sandbox.schema import Collection, EntityType, Lineage, Many, Reference, Relation, Scalar
from encode_media.sandbox.store import TYPE_COLUMN, Store, Values, quoted
from encode_media.sandbox.values import to_stored
from encode_media.sandbox.visibility import Caller

_ADMINISTRATION = frozenset({
    "User", "Group", "Membership", "SecurityRole", "UserSecurityRole", "UserSecurityRoleProject", "Setting",
    "ProjectSchema", "ProjectSchemaOverride", "WorkflowSchema", "TaskTypeSchema", "Schema", "SchemaStatus",
    "SchemaType", "ObjectType", "Status", "Type", "State", "Priority", "AssetType", "Location",
    "CustomAttributeConfiguration", "CustomAttributeType",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to one entity, for the events after the commit."""

    action: str
    type_name: str
    key: tuple[str, ...]
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


class Batch:
    """The operations of one request, inside the store's transaction."""

    def __init__(self, store: Store, caller: Caller) -> None:
        self.store = store
        self.caller = caller
        self.changes: list[Change] = []
        self._removed: set[tuple[str, tuple[str, ...]]] = set()
        self._promised: list[tuple[str, str, str]] = []
        """(what refers, type, id) that must exist once the batch is through."""

    def create(self, operation: dict[str, Any]) -> dict[str, Any]:
        entity_type = self._type(operation)
        data = dict(operation.get("entity_data") or {})
        data.update(zip(entity_type.key, _key(operation.get("entity_key")), strict=False))
        values, collections = self._split(entity_type, data)
        if entity_type.key == ("id",):
            values["id"] = values.get("id") or str(uuid.uuid4())
        for name, column in entity_type.columns().items():
            if column.default not in (None, "{uid}"):
                values.setdefault(name, to_stored(column, column.default))
        effects.before_create(self.store, self.caller, entity_type.name, values)
        missing = [name for name in entity_type.key if not values.get(name)]
        if missing:
            raise ValidationError(f"{entity_type.name} needs {', '.join(missing)}")
        key = entity_type.key_of(values)
        self._allow_write(entity_type)
        if self.store.find(self.store.schema.root(entity_type.name), key):
            raise DuplicateEntry(f"{entity_type.name} {'/'.join(key)} exists already")
        self.store.insert(entity_type.name, values)
        self._see(entity_type.name, key)
        for relation, items in collections:
            self._replace(entity_type, key, relation, items)
        effects.after_create(self.store, entity_type.name, values)
        return {"action": "create", "data": self._finish("add", entity_type, key, {}, _names(data))}

    def update(self, operation: dict[str, Any]) -> dict[str, Any]:
        entity_type, key, before = self._existing(operation)
        data = dict(operation.get("entity_data") or {})
        values, collections = self._split(entity_type, data)
        for name in entity_type.key:
            values.pop(name, None)
        effects.before_update(self.store, entity_type.name, before, values)
        self.store.change(entity_type.name, key, values)
        self._see(entity_type.name, key)
        for relation, items in collections:
            self._replace(entity_type, key, relation, items)
        effects.after_update(self.store, entity_type.name, before, values)
        return {"action": "update", "data": self._finish("update", entity_type, key, before, _names(data))}

    def delete(self, operation: dict[str, Any]) -> dict[str, Any]:
        asked, key = self._type(operation), _key(operation.get("entity_key"))
        if (self.store.schema.root(asked.name), key) in self._removed:
            # It went with its owner or left a collection, and the client can't know.
            return {"action": "delete", "data": True}
        entity_type, key, before = self._existing(operation)
        self._remove(entity_type.name, key, before)
        return {"action": "delete", "data": True}

    def visible(self, type_name: str, identifier: str) -> Values:
        """The row of an entity that the caller sees. Raises NotFound."""
        row = self.store.find(type_name, (identifier,))
        if row is None:
            raise NotFound(f"{type_name} {identifier} was not found")
        self._see(type_name, (identifier,))
        return row

    def finish(self) -> None:
        """Completes the batch: every reference must point to something. Raises ValidationError."""
        for change in list(self.changes):
            if change.action == "add" and change.type_name == "Note":
                note_id = change.key[0]
                if effects.finish_note(self.store, self.caller, note_id):
                    self.create({"entity_type": "Recipient", "entity_key": [note_id, self.caller.id]})
        for source, target, identifier in self._promised:
            root = self.store.schema.root(target)
            if not self.store.rows(f"SELECT 1 FROM {quoted(root)} WHERE id = ?", [identifier]):
                raise ValidationError(f"{source} refers to {target} {identifier}, which doesn't exist")

    def _type(self, operation: dict[str, Any]) -> EntityType:
        name = operation.get("entity_type")
        if name not in self.store.schema.types:
            raise ValidationError(f"there is no entity type {name}")
        return self.store.schema.types[name]

    def _existing(self, operation: dict[str, Any]) -> tuple[EntityType, tuple[str, ...], Values]:
        asked = self._type(operation)
        key = _key(operation.get("entity_key"))
        if len(key) != len(asked.key):
            raise ValidationError(f"{asked.name} is found by {', '.join(asked.key)}")
        row = self.store.find(asked.name, key)
        if row is None:
            raise NotFound(f"{asked.name} {'/'.join(key)} was not found")
        entity_type = self.store.schema.types[row[TYPE_COLUMN]]
        self._see(entity_type.name, key)
        self._allow_write(entity_type, row)
        return entity_type, key, row

    def _allow_write(self, entity_type: EntityType, row: Values | None = None) -> None:
        if not self.caller.may_write:
            raise PermissionDenied(f"{self.caller.username} may only read")
        own = entity_type.name == "User" and row is not None and row["id"] == self.caller.id
        if entity_type.name in _ADMINISTRATION and not (self.caller.is_administrator or own):
            raise PermissionDenied(
                f"{self.caller.username} may not change {entity_type.name}: administrators only"
            )

    def _see(self, type_name: str, key: Sequence[str]) -> None:
        """The caller sees the entity, else it does not exist for them. Raises NotFound."""
        root = self.store.schema.root(type_name)
        condition = self.caller.visibility.condition(root, "t")
        if not condition:
            return
        names = self.store.schema.types[root].key
        where = " AND ".join(f"{quoted(name)} = ?" for name in names)
        parameters = [*key, *self.caller.visibility.parameters(condition)]
        if not self.store.rows(f"SELECT 1 FROM {quoted(root)} AS t WHERE {where} AND {condition}", parameters):
            raise NotFound(f"{type_name} {'/'.join(key)} was not found")

    def _split(
        self, entity_type: EntityType, data: dict[str, Any]
    ) -> tuple[Values, list[tuple[Relation, list[dict[str, Any]]]]]:
        """Columns with their values, and the collections with their new items."""
        values: Values = {}
        collections: list[tuple[Relation, list[dict[str, Any]]]] = []
        for name, value in data.items():
            if name == "__entity_type__":
                continue
            attribute = entity_type.attributes.get(name)
            if attribute is None:
                raise ValidationError(f"{entity_type.name} has no attribute {name}")
            if isinstance(attribute, Reference):
                values[attribute.column] = self._reference_id(entity_type, attribute, value)
            elif isinstance(attribute, Scalar):
                if not attribute.virtual:
                    values.setdefault(name, to_stored(attribute, value))
            else:
                collections.append((attribute, list(value or [])))
        for reference in entity_type.references():
            if (identifier := values.get(reference.column)) is not None:
                self._promised.append((f"{entity_type.name}.{reference.name}", reference.target, identifier))
        return values, collections

    def _reference_id(self, entity_type: EntityType, reference: Reference, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if not isinstance(value, dict) or "id" not in value:
            raise ValidationError(f"{entity_type.name}.{reference.name} must be a reference with an id")
        return str(value["id"])

    def _replace(
        self, owner: EntityType, key: tuple[str, ...], relation: Relation, items: list[dict[str, Any]]
    ) -> None:
        """Makes the collection hold exactly the items."""
        if isinstance(relation, Many):
            self._replace_links(key[0], relation, items)
        elif isinstance(relation, Collection):
            self._replace_owned(owner, key[0], relation, items)
        elif isinstance(relation, Lineage):
            raise ValidationError(f"{owner.name}.{relation.name} can't be set")

    def _replace_links(self, owner_id: str, relation: Many, items: list[dict[str, Any]]) -> None:
        near, far = ("item_id", "owner_id") if relation.reverse else ("owner_id", "item_id")
        table = quoted(relation.link)
        self.store.run(f"DELETE FROM {table} WHERE {near} = ?", [owner_id])
        for item in items:
            self._promised.append((relation.name, relation.target, str(item["id"])))
            self.store.run(f"INSERT OR IGNORE INTO {table} ({near}, {far}) VALUES (?, ?)", [owner_id, item["id"]])

    def _replace_owned(
        self, owner: EntityType, owner_id: str, relation: Collection, items: list[dict[str, Any]]
    ) -> None:
        target = self.store.schema.types[relation.target]
        root = self.store.schema.root(relation.target)
        wanted = {target.key_of(item) for item in items}
        present = {target.key_of(row): row for row in self.store.where_in(root, relation.column, [owner_id])}
        for item_key in wanted - present.keys():
            values: Values = {relation.column: owner_id}
            if "parent_type" in target.attributes:
                values["parent_type"] = owner.name
            if self.store.find(relation.target, item_key) is None:
                raise ValidationError(f"{relation.target} {'/'.join(item_key)} doesn't exist")
            self.store.change(relation.target, item_key, values)
        for item_key in present.keys() - wanted:
            if relation.column in target.key:
                self._remove(present[item_key][TYPE_COLUMN], item_key, present[item_key])
            else:
                self.store.change(relation.target, item_key, {relation.column: None})

    def _remove(self, type_name: str, key: tuple[str, ...], row: Values) -> None:
        """Deletes the entity and what it owns; forgets it everywhere else."""
        entity_type = self.store.schema.types[type_name]
        self.store.remove(type_name, key)
        self._removed.add((self.store.schema.root(type_name), key))
        self.changes.append(Change(action="remove", type_name=type_name, key=key, before=row))
        if entity_type.key == ("id",):
            self._remove_dependants(self.store.schema.root(type_name), key[0])
        effects.after_delete(self.store, type_name, row)

    def _remove_dependants(self, root: str, identifier: str) -> None:
        schema = self.store.schema
        for other_root in schema.roots():
            columns: dict[str, bool] = {}
            for member in schema.family(other_root):
                for reference in member.references():
                    if schema.root(reference.target) == root:
                        columns[reference.column] = reference.owned
                columns.update({name: True for name, column in member.columns().items() if column.owned})
            for column, owned in columns.items():
                rows = self.store.where_in(other_root, column, [identifier])
                if not owned and rows:
                    sql = f"UPDATE {quoted(other_root)} SET {quoted(column)} = NULL WHERE {quoted(column)} = ?"
                    self.store.run(sql, [identifier])
                for row in rows if owned else ():
                    child_key = schema.types[row[TYPE_COLUMN]].key_of(row)
                    if self.store.find(row[TYPE_COLUMN], child_key):
                        self._remove(row[TYPE_COLUMN], child_key, row)
        for link in schema.links():
            self.store.run(f"DELETE FROM {quoted(link)} WHERE owner_id = ? OR item_id = ?", [identifier] * 2)

    def _finish(
        self, action: str, entity_type: EntityType, key: tuple[str, ...], before: Values, touched: Iterable[str]
    ) -> dict[str, Any]:
        """Notes the change and gives the entity as it now is.

        All values, nulls too, and the relations that were set: the client goes on believing what it read before
        wherever the answer is silent.
        """
        row = self.store.find(entity_type.name, key)
        if row is None:
            raise ValidationError(f"{entity_type.name} {'/'.join(key)} was removed by its own change")
        self.changes.append(Change(action=action, type_name=entity_type.name, key=key, before=before, after=row))
        columns = entity_type.columns()
        changed = {name for name in columns if row[name] != before.get(name)}
        relations = {r.name for r in entity_type.references() if r.name in touched or r.column in changed}
        relations |= {name for name in touched if not isinstance(entity_type.attributes[name], Scalar)}
        tree: dict[str, Any] = {name: {} for name in (*columns, *sorted(relations))}
        return Projector(self.store, self.caller.visibility, no_virtual_values).entities([row], tree)[0]


def _names(data: dict[str, Any]) -> set[str]:
    return data.keys() - {"__entity_type__"}


def _key(given: Any) -> tuple[str, ...]:
    """`entity_key` is a list from Python and may be a plain text from JavaScript."""
    if given is None:
        return ()
    return tuple(str(part) for part in given) if isinstance(given, list) else (str(given),)
