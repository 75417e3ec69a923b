"""The versions a selection means, and what became of the rest of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from encode_media.errors import EncodeMediaError, NotPermitted, ServerUnavailable, failure
from encode_media.ftrack.entities import Target, UserInfo
from encode_media.ftrack.gateway import MAX_VERSIONS, Gateway
from encode_media.ftrack.selection import EntityKind, Entry
from encode_media.ftrack.session import fetch, open_session
from encode_media.ftrack.targets import Pair, Scope, fetch_in, resolve
from encode_media.settings import Settings

CONTAINERS = frozenset({EntityKind.ASSET, EntityKind.CONTEXT, EntityKind.PROJECT, EntityKind.LIST})
"""What stands for versions, so that somebody must say for which."""

_EXISTS = {
    EntityKind.VERSION: "select id from AssetVersion where id in ({ids})",
    EntityKind.COMPONENT: "select id from Component where id in ({ids})",
    EntityKind.ASSET: "select id from Asset where id in ({ids})",
    EntityKind.CONTEXT: "select id from TypedContext where id in ({ids})",
    EntityKind.PROJECT: "select id from Project where id in ({ids})",
    EntityKind.LIST: "select id from List where id in ({ids})",
    EntityKind.REVIEW_SESSION: "select id from ReviewSession where id in ({ids})",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The targets, and how many versions were left out for which reason."""

    targets: tuple[Target, ...] = ()
    unseen: int = 0
    """The service's account can't see them, or they are gone."""
    reviewed: int = 0
    """They have review media, and only those without were wanted."""
    beyond: int = 0
    """Past the limit of one launch."""


def find(
    gateway: Gateway,
    entries: Sequence[Entry],
    *,
    scope: Scope = Scope.LATEST,
    only_missing: bool = False,
    limit: int = MAX_VERSIONS,
) -> Found:
    """What to encode. `only_missing` leaves out what has review media.

    Raises:
        ServerUnavailable: the server doesn't answer.
    """
    pairs = resolve(gateway.session, entries, scope)
    wanted = _without_review(gateway, pairs) if only_missing else pairs
    targets = gateway.targets_of(wanted[:limit])
    seen_limit = min(limit, len(wanted))
    return Found(
        targets=targets,
        unseen=seen_limit - len(targets),
        reviewed=len(pairs) - len(wanted),
        beyond=len(wanted) - seen_limit,
    )


def why_nothing(
    settings: Settings, gateway: Gateway, entries: Sequence[Entry], user: UserInfo
) -> EncodeMediaError:
    """The reason a selection gave no version.

    A server gives the same empty answer for what doesn't exist and for what the account may not see. What was
    selected in a browser is visible to whoever selected it, so asking as that person tells the two apart, where
    the key allows it.
    """
    if _existing(gateway, entries):
        return failure("selection.empty", problem="it has no version that can be seen")
    account = gateway.session.api_user
    if _sees_everything(gateway, account):
        return failure("selection.gone")
    try:
        session = open_session(settings, as_user=user.username)
    except (NotPermitted, ServerUnavailable):
        # A personal key speaks for nobody else, so it stays open which of the two it is.
        return failure("server.not_visible", entity="What you selected", user=account)
    try:
        seen = _existing(Gateway(session), entries)
    finally:
        session.close()
    return failure("server.private", user=account) if seen else failure("selection.gone")


def _existing(gateway: Gateway, entries: Sequence[Entry]) -> bool:
    return any(
        fetch_in(gateway.session, expression, [entry.entity_id for entry in entries if entry.kind is kind])
        for kind, expression in _EXISTS.items()
    )


def _sees_everything(gateway: Gateway, username: str) -> bool:
    roles = fetch(
        gateway.session,
        "select id, is_all_projects from UserSecurityRole where user.username is {username}",
        username=username,
    )
    return any(role["is_all_projects"] for role in roles)


def _without_review(gateway: Gateway, pairs: Sequence[Pair]) -> list[Pair]:
    expression = 'select version_id from Component where name like "ftrackreview%" and version_id in ({ids})'
    rows = fetch_in(gateway.session, expression, [version_id for version_id, _ in pairs])
    reviewed = {row["version_id"] for row in rows}
    return [pair for pair in pairs if pair[0] not in reviewed]
