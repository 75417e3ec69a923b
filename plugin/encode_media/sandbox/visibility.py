"""Who may see what: private projects, and everything below them, are hidden from people without a role in them."""

# ruff: noqa: S608 - the names in these statements come from our own table of types, the values are parameters

from __future__ import annotations

from dataclasses import dataclass

from encode_media.sandbox.store import TYPE_COLUMN, Store

_HIDDEN = 'SELECT id FROM "Context" WHERE "project_id" IN ({marks})'
_VERSIONS = 'SELECT id FROM "AssetVersion" WHERE "project_id" IN ({marks})'
_COMPONENTS = 'SELECT id FROM "Component" WHERE "version_id" IN (' + _VERSIONS + ")"
_SESSIONS = 'SELECT id FROM "ReviewSession" WHERE "project_id" IN ({marks})'


def _not_in(column: str, hidden: str) -> str:
    return f"({{alias}}.{column} IS NULL OR {{alias}}.{column} NOT IN ({hidden}))"


_CONDITIONS = {
    "Context": '{alias}."project_id" NOT IN ({marks})',
    "Asset": _not_in('"project_id"', "{marks}"),
    "AssetVersion": _not_in('"project_id"', "{marks}"),
    "Component": _not_in('"version_id"', _VERSIONS) + " AND " + _not_in('"container_id"', _COMPONENTS),
    "ComponentLocation": _not_in('"component_id"', _COMPONENTS),
    "Note": _not_in('"parent_id"', _HIDDEN) + " AND " + _not_in('"parent_id"', _VERSIONS),
    "Metadata": " AND ".join(_not_in('"parent_id"', some) for some in (_HIDDEN, _VERSIONS, _COMPONENTS)),
    "List": _not_in('"project_id"', "{marks}"),
    "ReviewSession": _not_in('"project_id"', "{marks}"),
    "ReviewSessionObject": _not_in('"review_session_id"', _SESSIONS),
    "Appointment": _not_in('"context_id"', _HIDDEN),
    "Timelog": _not_in('"context_id"', _HIDDEN),
}


@dataclass(frozen=True, slots=True)
class Visibility:
    """What one caller does not see."""

    hidden_projects: tuple[str, ...] = ()

    def condition(self, root: str, alias: str) -> str:
        """SQL that holds for the visible rows of a table; empty if all are visible."""
        if not self.hidden_projects or root not in _CONDITIONS:
            return ""
        return _CONDITIONS[root].format(alias=alias, marks=", ".join("?" * len(self.hidden_projects)))

    def parameters(self, condition: str) -> list[str]:
        """The parameters of such a condition: the hidden projects, once for each time it lists them."""
        times = condition.count("?") // max(1, len(self.hidden_projects))
        return list(self.hidden_projects) * times


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The user a request speaks for, with what follows from their roles."""

    id: str
    username: str
    roles: frozenset[str]
    visibility: Visibility

    @property
    def is_administrator(self) -> bool:
        return "Administrator" in self.roles

    @property
    def may_write(self) -> bool:
        return bool(self.roles - {"Restricted user"})


def find_caller(store: Store, username: str) -> Caller | None:
    """The active user with this name."""
    named = store.where_in("Resource", "username", [username])
    users = [row for row in named if row[TYPE_COLUMN] == "User" and row["is_active"]]
    if not users:
        return None
    user_id = str(users[0]["id"])
    roles = store.rows(
        'SELECT u.id, u.is_all_projects, s.name FROM "UserSecurityRole" u '
        'JOIN "SecurityRole" s ON s.id = u.security_role_id WHERE u.user_id = ?',
        [user_id],
    )
    hidden: tuple[str, ...] = ()
    if not any(role["is_all_projects"] for role in roles):
        hidden = _hidden_projects(store, user_id)
    return Caller(
        id=user_id,
        username=str(users[0]["username"]),
        roles=frozenset(str(role["name"]) for role in roles),
        visibility=Visibility(hidden),
    )


def _hidden_projects(store: Store, user_id: str) -> tuple[str, ...]:
    """Private projects without a role for the user, and open ones if no role covers the open projects."""
    rows = store.rows(
        """
        SELECT p.id FROM "Context" p WHERE p.__type__ = 'Project'
        AND p.id NOT IN (
            SELECT rp.project_id FROM "UserSecurityRoleProject" rp
            JOIN "UserSecurityRole" u ON u.id = rp.user_security_role_id WHERE u.user_id = ?)
        AND (p.is_private = 1 OR NOT EXISTS (
            SELECT 1 FROM "UserSecurityRole" u WHERE u.user_id = ? AND u.is_all_open_projects = 1))
        """,
        [user_id, user_id],
    )
    return tuple(str(row["id"]) for row in rows)
