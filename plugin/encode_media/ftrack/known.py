"""What a listener knows without asking anybody: people, their habits, presets, and where things belong.

A menu must open at once, also when the server is slow. So its handler reads from here, and what it misses is
learnt on another thread, for the next time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from encode_media.ftrack.action_rules import ActionRules, Person
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.preferences import Preferences, recall_preferences, remember_preferences
from encode_media.ftrack.selection import EntityKind, Entry
from encode_media.ftrack.session import fetch
from encode_media.ftrack.targets import fetch_in
from encode_media.jobs.engine import JobClient
from encode_media.presets.catalog import Catalog

MAX_ENTRIES = 50_000
"""Whose project is remembered; a few MB."""
Names = tuple[str, ...]

_PROJECT_OF: Mapping[EntityKind, tuple[str, str]] = {
    EntityKind.VERSION: ("id", "select id, project_id from AssetVersion where id in ({ids})"),
    EntityKind.ASSET: ("asset_id", "select asset_id, project_id from AssetVersion where asset_id in ({ids})"),
    EntityKind.CONTEXT: ("id", "select id, project_id from TypedContext where id in ({ids})"),
    EntityKind.PROJECT: ("id", "select id from Project where id in ({ids})"),
    EntityKind.LIST: ("id", "select id, project_id from List where id in ({ids})"),
    EntityKind.REVIEW_SESSION: ("id", "select id, project_id from ReviewSession where id in ({ids})"),
    EntityKind.COMPONENT: ("id", "select id, version.project_id from Component where id in ({ids})"),
}
"""How an entry's project is found, and the attribute that says which entry a row is about."""


@dataclass(frozen=True, slots=True)
class PresetEntry:
    """What the menu shows of a preset."""

    name: str
    label: str
    description: str


class Known:
    """Safe for threads; reading never waits for more than memory."""

    def __init__(self, client: JobClient, catalog: Catalog, rules: ActionRules) -> None:
        self.rules = rules
        self._client, self._catalog = client, catalog
        self._lock = threading.Lock()
        self._people: dict[str, Person] = {}
        """By id and by username."""
        self._preferences: dict[str, Preferences] = {}
        self._projects: OrderedDict[Entry, Names] = OrderedDict()
        self._presets: dict[str, PresetEntry] = {}
        self.refresh_presets()

    # --- from memory ----------------------------------------------------------------------------------------

    def person(self, user: Mapping[str, Any]) -> Person | None:
        """The person an event names; clients fill in the id or the username or both."""
        for key in ("id", "username"):
            known = self._people.get(str(user.get(key) or ""))
            if known is not None:
                return known
        return None

    def preferences(self, user_id: str) -> Preferences:
        return self._preferences.get(user_id, Preferences())

    def favourites(self, person: Person | None) -> tuple[tuple[PresetEntry, bool], ...]:
        """The one-click presets in their order, each with whether it is the person's own choice."""
        shared = self.rules.favourites
        mine = self.preferences(person.id).favourites(len(shared) + self.rules.own_favourites) if person else ()
        own = [name for name in mine if name not in shared][: self.rules.own_favourites]
        named = [(name, False) for name in shared] + [(name, True) for name in own]
        return tuple((self._presets[name], is_own) for name, is_own in named if name in self._presets)

    def projects(self, entries: Iterable[Entry]) -> tuple[Names, ...]:
        """The names of the projects of those entries whose project is known."""
        with self._lock:
            found = dict.fromkeys(self._projects[entry] for entry in entries if entry in self._projects)
        return tuple(found)

    def is_new(self, entries: Sequence[Entry], person: Person | None) -> bool:
        """Whether there is something to learn about who asks and what for."""
        if person is None or person.id not in self._preferences:
            return True
        with self._lock:
            return bool(self.rules.offer.projects) and any(entry not in self._projects for entry in entries)

    # --- learning: talks to the server and the job database --------------------------------------------------

    def refresh_presets(self) -> None:
        names = self._catalog.names()
        files = [self._catalog.get(name) for name in names]
        self._presets = {file.name: PresetEntry(file.name, file.label, file.description) for file in files}

    def refresh(self, gateway: Gateway) -> None:
        """Everybody anew, with their roles and groups. Raises: ServerUnavailable, NotPermitted."""
        self.refresh_presets()
        people = read_people(gateway)
        known = {key: person for person in people for key in (person.id, person.username)}
        with self._lock:
            seen = list(self._preferences)
        habits = {user_id: recall_preferences(self._client, user_id) for user_id in seen}
        with self._lock:
            self._people = known
            self._preferences.update(habits)

    def learn(self, gateway: Gateway, entries: Sequence[Entry], user_id: str) -> Person | None:
        """Who asks and where it belongs; gives the person. Raises: ServerUnavailable, NotPermitted."""
        if self._people.get(user_id) is None:
            people = read_people(gateway, user_id)
            with self._lock:
                self._people = self._people | {
                    key: person for person in people for key in (person.id, person.username)
                }
        if user_id not in self._preferences:
            found = recall_preferences(self._client, user_id)
            with self._lock:
                self._preferences.setdefault(user_id, found)
        if self.rules.offer.projects:
            self._learn_projects(gateway, entries)
        return self._people.get(user_id)

    def remember(self, user_id: str, preferences: Preferences) -> None:
        """Raises: ServerUnavailable: the job database doesn't answer."""
        with self._lock:
            self._preferences[user_id] = preferences
        remember_preferences(self._client, user_id, preferences)

    def _learn_projects(self, gateway: Gateway, entries: Sequence[Entry]) -> None:
        with self._lock:
            missing = [entry for entry in entries if entry not in self._projects]
        if not missing:
            return
        session = gateway.session
        names = {
            row["id"]: tuple(dict.fromkeys((row["name"], row["full_name"] or row["name"])))
            for row in fetch(session, "select id, name, full_name from Project")
        }
        found: dict[Entry, Names] = {}
        for kind, (key, expression) in _PROJECT_OF.items():
            ids = [entry.entity_id for entry in missing if entry.kind is kind]
            for row in fetch_in(session, expression, ids):
                project = _project_id(kind, row)
                if project in names:
                    found[Entry(kind, row[key])] = names[project]
        with self._lock:
            self._projects.update(found)
            while len(self._projects) > MAX_ENTRIES:
                self._projects.popitem(last=False)


def _project_id(kind: EntityKind, row: Any) -> str:
    if kind is EntityKind.PROJECT:
        return str(row["id"])
    if kind is EntityKind.COMPONENT:
        return str(row["version"]["project_id"]) if row["version"] else ""
    return str(row["project_id"])


def read_people(gateway: Gateway, user_id: str | None = None) -> list[Person]:
    """The active users, or one of them. Raises: ServerUnavailable, NotPermitted."""
    session = gateway.session
    if user_id is None:
        users = fetch(session, "select id, username from User where is_active is true")
    else:
        users = fetch(session, "select id, username from User where id is {id}", id=user_id)
    ids = [user["id"] for user in users]
    roles: dict[str, list[str]] = {}
    expression = "select user_id, security_role.name from UserSecurityRole where user_id in ({ids})"
    for row in fetch_in(session, expression, ids):
        roles.setdefault(row["user_id"], []).append(row["security_role"]["name"])
    groups: dict[str, list[str]] = {}
    for row in fetch_in(session, "select user_id, group.name from Membership where user_id in ({ids})", ids):
        groups.setdefault(row["user_id"], []).append(row["group"]["name"])
    return [
        Person(
            id=user["id"],
            username=user["username"],
            roles=tuple(roles.get(user["id"], ())),
            groups=tuple(groups.get(user["id"], ())),
        )
        for user in users
    ]
