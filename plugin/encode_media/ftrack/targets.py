"""From what was selected to the versions it stands for: a few batched queries, whatever the size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from encode_media.ftrack.selection import EntityKind, Entry
from encode_media.ftrack.session import fetch

if TYPE_CHECKING:
    import ftrack_api

Pair = tuple[str, str | None]
"""A version id, and the component id where one was pointed at."""

IDS_PER_QUERY = 250
"""About 10 kB of expression: far below what proxies in front of a server refuse."""
_MAX_DEPTH = 20
"""Levels of a project's tree; ends a walk over a tree that somebody made a circle of."""


def fetch_in(session: ftrack_api.Session, expression: str, ids: Iterable[str]) -> list[Any]:
    """All entities of `expression`, whose `{ids}` is filled with as many ids at a time as fit."""
    unique = list(dict.fromkeys(ids))
    groups = (unique[start : start + IDS_PER_QUERY] for start in range(0, len(unique), IDS_PER_QUERY))
    return [item for group in groups for item in fetch(session, expression, ids=group)]


class Scope(str, Enum):
    """Which versions an asset, a task, a shot, a sequence or a project stands for."""

    LATEST = "latest"
    """The highest version of each asset."""
    ALL = "all"


Pick = Callable[[Iterable[Any]], list[Pair]]


def resolve(session: ftrack_api.Session, entries: Sequence[Entry], scope: Scope = Scope.LATEST) -> list[Pair]:
    """The versions behind the entries, in their order, without repeats.

    The scope is for assets, tasks, shots, sequences, projects and context lists; versions, components,
    version lists and review sessions are taken as they are.
    """
    pick = _latest if scope is Scope.LATEST else _all
    ids: dict[EntityKind, list[str]] = defaultdict(list)
    for entry in entries:
        ids[entry.kind].append(entry.entity_id)
    found: dict[Entry, list[Pair]] = {}
    for kind, kind_ids in ids.items():
        for entity_id, pairs in _RESOLVERS[kind](session, kind_ids, pick).items():
            found[Entry(kind, entity_id)] = list(pairs)
    return list(dict.fromkeys(pair for entry in entries for pair in found.get(entry, ())))


def _versions(_session: ftrack_api.Session, ids: Sequence[str], _pick: Pick) -> Mapping[str, list[Pair]]:
    return {version_id: [(version_id, None)] for version_id in ids}


def _components(session: ftrack_api.Session, ids: Sequence[str], _pick: Pick) -> Mapping[str, list[Pair]]:
    expression = "select id, version_id, container_id, container.version_id from Component where id in ({ids})"
    found: dict[str, list[Pair]] = {}
    for item in fetch_in(session, expression, ids):
        container = item["container"]
        # A frame of a sequence stands for the sequence.
        source = container if container is not None else item
        if source["version_id"]:
            found[item["id"]] = [(source["version_id"], source["id"])]
    return found


_LATEST = "select id, version, asset_id, task_id, project_id, asset.context_id from AssetVersion where "


def _latest(rows: Iterable[Any]) -> list[Pair]:
    """One pair per asset: its highest version among the rows."""
    best: dict[str, Any] = {}
    for row in rows:
        known = best.get(row["asset_id"])
        if known is None or row["version"] > known["version"]:
            best[row["asset_id"]] = row
    return [(row["id"], None) for row in best.values()]


def _all(rows: Iterable[Any]) -> list[Pair]:
    """Every version among the rows, by asset, the newest first."""
    by_asset: dict[str, list[Any]] = {}
    for row in rows:
        by_asset.setdefault(row["asset_id"], []).append(row)
    return [
        (row["id"], None)
        for versions in by_asset.values()
        for row in sorted(versions, key=lambda row: -int(row["version"]))
    ]


def _grouped(rows: Iterable[Any], key: str, pick: Pick) -> dict[str, list[Pair]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return {owner: pick(members) for owner, members in groups.items()}


def _assets(session: ftrack_api.Session, ids: Sequence[str], pick: Pick) -> Mapping[str, list[Pair]]:
    return _grouped(fetch_in(session, _LATEST + "asset_id in ({ids})", ids), "asset_id", pick)


def _projects(session: ftrack_api.Session, ids: Sequence[str], pick: Pick) -> Mapping[str, list[Pair]]:
    return _grouped(fetch_in(session, _LATEST + "project_id in ({ids})", ids), "project_id", pick)


def _contexts(session: ftrack_api.Session, ids: Sequence[str], pick: Pick) -> Mapping[str, list[Pair]]:
    roots = _roots_below(session, ids)
    rows: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in fetch_in(session, _LATEST + "asset.context_id in ({ids})", roots):
        for root in roots[row["asset"]["context_id"]]:
            rows[root][row["id"]] = row
    # A task owns no assets: its versions point at it.
    for row in fetch_in(session, _LATEST + "task_id in ({ids})", ids):
        rows[row["task_id"]][row["id"]] = row
    return {root: pick(found.values()) for root, found in rows.items()}


def _roots_below(session: ftrack_api.Session, ids: Sequence[str]) -> dict[str, set[str]]:
    """Every context at or below the given ones, with those it lies below."""
    roots: dict[str, set[str]] = {entity_id: {entity_id} for entity_id in ids}
    level: set[str] = set(ids)
    for _ in range(_MAX_DEPTH):
        children = fetch_in(session, "select id, parent_id from TypedContext where parent_id in ({ids})", level)
        level = set()
        for child in children:
            known = roots.setdefault(child["id"], set())
            above = roots[child["parent_id"]]
            if not above <= known:
                known |= above
                level.add(child["id"])
        if not level:
            break
    return roots


def _lists(session: ftrack_api.Session, ids: Sequence[str], pick: Pick) -> Mapping[str, list[Pair]]:
    found: dict[str, list[Pair]] = defaultdict(list)
    for item in fetch_in(session, "select items.id from AssetVersionList where id in ({ids})", ids):
        found[item["id"]] += [(version["id"], None) for version in item["items"]]
    members = {
        item["id"]: [context["id"] for context in item["items"]]
        for item in fetch_in(session, "select items.id from TypedContextList where id in ({ids})", ids)
    }
    below = _contexts(session, [context for contexts in members.values() for context in contexts], pick)
    for list_id, contexts in members.items():
        found[list_id] += [pair for context in contexts for pair in below.get(context, ())]
    return found


def _review_sessions(session: ftrack_api.Session, ids: Sequence[str], _pick: Pick) -> Mapping[str, list[Pair]]:
    expression = "select version_id, review_session_id from ReviewSessionObject where review_session_id in ({ids})"
    found: dict[str, list[Pair]] = defaultdict(list)
    for item in fetch_in(session, expression, ids):
        found[item["review_session_id"]].append((item["version_id"], None))
    return found


_RESOLVERS = {
    EntityKind.VERSION: _versions,
    EntityKind.COMPONENT: _components,
    EntityKind.ASSET: _assets,
    EntityKind.CONTEXT: _contexts,
    EntityKind.PROJECT: _projects,
    EntityKind.LIST: _lists,
    EntityKind.REVIEW_SESSION: _review_sessions,
}
