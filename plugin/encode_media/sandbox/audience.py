"""Who may be told about a change: in a project that not everybody sees, those who see it."""

from __future__ import annotations

from collections.abc import Iterable

from encode_media.sandbox.operations import Change
from encode_media.sandbox.store import Store, Values

_OWNERS = {
    "version_id": ("AssetVersion",),
    "asset_id": ("Asset",),
    "container_id": ("Component",),
    "component_id": ("Component",),
    "context_id": ("Context",),
    "note_id": ("Note",),
    "in_reply_to_id": ("Note",),
    "review_session_id": ("ReviewSession",),
    "parent_id": ("Context", "AssetVersion", "Component", "Asset", "List", "ReviewSession", "ReviewSessionObject"),
    "entity_id": ("Context", "AssetVersion", "Asset", "List"),
}
"""The column that leads towards the project, and the tables its id may be from; the first that is set counts."""
_DEEPEST = 8
"""A frame's value in a component in a version is the longest way; more would be a circle of containers."""

Audience = frozenset[str] | None
"""Ids of users; None is everybody."""


class Audiences:
    """Finds the audience of each change of one commit; what was deleted is looked up among the changes."""

    def __init__(self, store: Store, changes: Iterable[Change]) -> None:
        self._store = store
        self._changed: dict[tuple[str, str], Values] = {}
        for change in changes:
            row = change.after or change.before
            self._changed[store.schema.root(change.type_name), change.key[0]] = row
        self._known: dict[str, Audience] = {}

    def of(self, change: Change) -> Audience:
        # As it is now: a note gets its parent by an operation after the one that made it.
        now = self._store.find(change.type_name, change.key)
        project = self._project(now or change.after or change.before)
        if project is None:
            return None
        if project not in self._known:
            self._known[project] = self._who_sees(project)
        return self._known[project]

    def _project(self, row: Values) -> str | None:
        for _ in range(_DEEPEST):
            if row.get("project_id"):
                return str(row["project_id"])
            above = self._above(row)
            if above is None:
                return None
            row = above
        return None

    def _above(self, row: Values) -> Values | None:
        for column, roots in _OWNERS.items():
            if identifier := row.get(column):
                for root in roots:
                    if found := self._row(root, str(identifier)):
                        return found
        return None

    def _row(self, root: str, identifier: str) -> Values | None:
        return self._store.find(root, (identifier,)) or self._changed.get((root, identifier))

    def _who_sees(self, project_id: str) -> Audience:
        project = self._row("Context", project_id)
        rows = self._store.rows(
            """
            SELECT u.user_id AS id FROM "UserSecurityRole" u WHERE u.is_all_projects = 1
            OR (u.is_all_open_projects = 1 AND ? = 0) OR u.id IN (
                SELECT r.user_security_role_id FROM "UserSecurityRoleProject" r WHERE r.project_id = ?)
            """,
            [int(bool(project and project["is_private"])), project_id],
        )
        seeing = {str(row["id"]) for row in rows} | self._saw(project_id)
        everybody = {
            str(row["id"]) for row in self._store.rows("SELECT id FROM \"Resource\" WHERE __type__ = 'User'")
        }
        return None if everybody <= seeing else frozenset(seeing)

    def _saw(self, project_id: str) -> set[str]:
        """Those whose role in the project went with it in this very commit."""
        gone = [
            row["user_security_role_id"]
            for (root, _), row in self._changed.items()
            if root == "UserSecurityRoleProject" and row["project_id"] == project_id
        ]
        roles = self._store.where_in("UserSecurityRole", "id", gone)
        return {str(role["user_id"]) for role in roles}
