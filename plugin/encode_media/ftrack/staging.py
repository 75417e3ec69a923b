"""In which order outputs appear, and what becomes of them when their job doesn't come to a good end.

Where a version has no review media yet, its thumbnail appears first, then the lowest rendition, then the higher
ones, then deliverables, each in a commit of its own. Where something older is replaced, everything changes in one
commit: something is seen all the time, and never two review sets for longer than it takes to remove one.

A job that fails or is cancelled after it began to show outputs takes them back: no half review set stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from encode_media.ftrack.entities import ComponentInfo, VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.ledger import read_ledger
from encode_media.ftrack.parts import Part
from encode_media.ftrack.replacing import Rank, remove_components, replaced
from encode_media.ftrack.session import translated
from encode_media.ftrack.thumbnails import contexts_showing
from encode_media.model.result import RunResult

if TYPE_CHECKING:
    import ftrack_api

_EARLIEST = 0.0
_NEVER_OLDER: Rank = (float("inf"), "")
"""A rank that takes everything for older than itself."""


def waves_of(
    present: Sequence[ComponentInfo], job_id: str, parts: tuple[Part, ...]
) -> tuple[tuple[Part, ...], ...]:
    """The parts in groups that appear together, the first first."""
    if has_older(present, job_id, {part.component_name for part in parts}):
        return (parts,)
    thumbnails = tuple(part for part in parts if part.is_thumbnail)
    review = sorted((part for part in parts if part.is_reviewable), key=lambda part: part.output.width)
    others = tuple(part for part in parts if not part.is_thumbnail and not part.is_reviewable)
    waves = (thumbnails, *((part,) for part in review), others)
    return tuple(wave for wave in waves if wave)


def has_older(present: Sequence[ComponentInfo], job_id: str, names: Collection[str]) -> bool:
    """Whether the version has something of others that components of these names would replace."""
    others = [item for item in present if read_ledger(item.ledger).get("job") != job_id]
    return bool(replaced(others, new_names=set(names), ours=set(), rank=_NEVER_OLDER))


def overtaken(present: Sequence[ComponentInfo], *, ours: set[str], rank: Rank) -> tuple[ComponentInfo, ...]:
    """Those of our components that a job which began later has already replaced."""
    own = [item for item in present if item.id in ours]
    later: dict[Rank, set[str]] = {}
    for item in present:
        marks = read_ledger(item.ledger)
        other = (float(marks.get("at", _EARLIEST)), str(marks.get("job", "")))
        if item.id not in ours and item.is_ours and other > rank:
            later.setdefault(other, set()).add(item.name)
    found = {
        item.id: item
        for other, names in later.items()
        for item in replaced(own, new_names=names, ours=set(), rank=other)
    }
    return tuple(found.values())


def take_back(
    session: ftrack_api.Session, version_id: str, job_id: str, result: RunResult, *, output_root: Path | None
) -> int:
    """Removes what a job that failed or was cancelled had begun to show; gives how many components.

    A set that is complete stays: then it failed over something behind it, and what it replaced may be gone.

    Raises:
        ServerUnavailable, NotPermitted.
    """
    version = Gateway(session).version(version_id)
    own = [item for item in version.components if read_ledger(item.ledger).get("job") == job_id]
    wanted = {output.name for output in result.outputs if output.planned.publish.role != "thumbnail"}
    if not own or (wanted and wanted <= {item.name for item in own}):
        return 0
    _forget_thumbnail(session, version, {item.id for item in own})
    remove_components(session, own, output_root=output_root)
    return len(own)


def _forget_thumbnail(session: ftrack_api.Session, version: VersionInfo, ids: Collection[str]) -> None:
    contexts = contexts_showing(session, ids)
    with translated(session):
        if version.thumbnail_id in ids:
            session.get("AssetVersion", version.id)["thumbnail_id"] = None
        for context_id in contexts:
            session.get("Context", context_id)["thumbnail_id"] = None
        session.commit()
