"""Thumbnails: which ones somebody chose, and who shows a version's."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.review import LEDGER_KEY, THUMBNAIL_NAME
from encode_media.ftrack.session import fetch, translated
from encode_media.ftrack.targets import fetch_in

if TYPE_CHECKING:
    import ftrack_api

TASK, PARENT = "task", "parent"


def has_chosen_thumbnail(version: VersionInfo) -> bool:
    """True if somebody else set the version's thumbnail: it was chosen, ours is only better than none."""
    if version.thumbnail_id is None:
        return False
    return not any(item.id == version.thumbnail_id and item.is_ours for item in version.components)


def contexts_showing(session: ftrack_api.Session, thumbnails: Collection[str]) -> tuple[str, ...]:
    """The contexts that show one of these components as their thumbnail."""
    rows = fetch_in(session, "select id from Context where thumbnail_id in ({ids})", thumbnails)
    return tuple(row["id"] for row in rows)


def pass_thumbnail_on(session: ftrack_api.Session, version: VersionInfo, going: Collection[str]) -> None:
    """Where a thumbnail is about to go that is shown, another one of ours that stays is shown in its place."""
    staying = [item.id for item in version.components if item.is_ours and item.name == THUMBNAIL_NAME]
    heirs = [item for item in staying if item not in going]
    if not going or not heirs:
        return
    contexts = contexts_showing(session, going)
    with translated(session):
        if version.thumbnail_id in going:
            session.get("AssetVersion", version.id)["thumbnail_id"] = heirs[-1]
        for context_id in contexts:
            session.get("Context", context_id)["thumbnail_id"] = heirs[-1]
        session.commit()


def contexts_to_follow(
    session: ftrack_api.Session, version: VersionInfo, cascade: Collection[str]
) -> tuple[str, ...]:
    """The contexts that get a new thumbnail of this version.

    Those that show an older one of it, and, as far as `cascade` says so and nobody chose one for them, its task
    and shot.
    Only the latest version of an asset shows on its shot: encoding an old one again must not turn it back.
    """
    older = [item.id for item in version.components if item.is_ours and item.name == THUMBNAIL_NAME]
    following = set(contexts_showing(session, older))
    wanted = {version.task_id if TASK in cascade else None, version.parent_id if PARENT in cascade else None}
    ids = [item for item in wanted if item]
    if ids and not _has_newer(session, version):
        following |= _unchosen(session, ids)
    return tuple(sorted(following))


def _has_newer(session: ftrack_api.Session, version: VersionInfo) -> bool:
    expression = "select id, version from AssetVersion where asset_id is {asset}"
    rows = fetch(session, expression, asset=version.asset_id)
    return any(row["version"] > version.number for row in rows)


def _unchosen(session: ftrack_api.Session, ids: Collection[str]) -> set[str]:
    rows = fetch_in(session, "select id, thumbnail_id from Context where id in ({ids})", ids)
    shown = [row["thumbnail_id"] for row in rows if row["thumbnail_id"]]
    marked = fetch_in(session, "select parent_id, key from Metadata where parent_id in ({ids})", shown)
    own = {row["parent_id"] for row in marked if row["key"] == LEDGER_KEY}
    return {row["id"] for row in rows if not row["thumbnail_id"] or row["thumbnail_id"] in own}
