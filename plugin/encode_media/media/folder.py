"""The sequences among the files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from encode_media.errors import failure
from encode_media.media.formats import IMAGE_EXTENSIONS, MOVIE_EXTENSIONS
from encode_media.media.pattern import FramePattern
from encode_media.model.media import SourceRef

_SHOWN_CANDIDATES = 6


@dataclass(frozen=True, slots=True)
class Group:
    """Files that differ by one number only."""

    pattern: FramePattern
    numbers: frozenset[int]


def names_in(folder: str) -> list[str]:
    """Names of the folder's entries, sorted.

    Raises:
        SourceMissing: it does not exist or can't be listed.
    """
    try:
        return sorted(os.listdir(folder))
    except PermissionError as error:
        raise failure("source.unreadable", path=folder) from error
    except OSError as error:
        raise failure("source.missing", path=folder) from error


def media_in_folder(folder: str) -> SourceRef:
    """The one sequence in a folder, or its one media file where there is no sequence.

    Raises:
        SourceMissing: there is no media in it.
        InvalidParameters: there is more than one candidate; they are named.
    """
    names = [name for name in names_in(folder) if not name.startswith(".")]
    images = [name for name in names if extension(name) in IMAGE_EXTENSIONS]
    groups = _told_apart(sequences_of(folder, images), images)
    if len(groups) == 1:
        return SourceRef(path=groups[0].pattern.printf, is_sequence=True)
    candidates = [os.path.basename(group.pattern.printf) for group in groups]
    if not groups:
        candidates = [name for name in names if extension(name) in IMAGE_EXTENSIONS | MOVIE_EXTENSIONS]
        if len(candidates) == 1:
            return SourceRef(path=os.path.join(folder, candidates[0]))
    if not candidates:
        raise failure("source.missing", path=os.path.join(folder, "(no media in this folder)"))
    shown = ", ".join(candidates[:_SHOWN_CANDIDATES])
    more = f" and {len(candidates) - _SHOWN_CANDIDATES} more" if len(candidates) > _SHOWN_CANDIDATES else ""
    raise failure("request.invalid", problem=f"{folder} holds several sources, name one of them: {shown}{more}")


def sequences_of(folder: str, names: Sequence[str]) -> list[Group]:
    """The sequences among file names, each of two or more frames."""
    import clique

    collections, _ = clique.assemble(names, minimum_items=2, assume_padded_when_ambiguous=True)
    known = set(names)
    found: dict[tuple[str, str], list[FramePattern]] = {}
    for part in collections:
        found.setdefault((part.head, part.tail), []).append(
            FramePattern(folder, part.head, part.padding, part.tail)
        )
    groups = [
        group
        for patterns in found.values()
        for group in _grown_together(_group(pattern, known) for pattern in patterns)
    ]
    # clique also reads digits of other scripts; those are no frame numbers and leave their group empty.
    return sorted((group for group in groups if len(group.numbers) > 1), key=lambda group: group.pattern.printf)


def _told_apart(groups: Iterable[Group], names: Sequence[str]) -> list[Group]:
    """Each file in one sequence only: of `shot_v1.1001` and `shot_v2.1001` the frames run, not the versions.

    Frames below 0 are no sequence of their own; they are told of with the one that goes on from 0.
    """
    free = set(names)
    kept = []
    for group in sorted(groups, key=lambda group: (len(group.numbers), len(group.pattern.head)), reverse=True):
        files = {os.path.basename(group.pattern.path(number)) for number in group.numbers}
        if len(files & free) > 1 and not group.pattern.counts_down:
            kept.append(group)
            free -= files
    return sorted(kept, key=lambda group: group.pattern.printf)


def extension(name: str) -> str:
    return os.path.splitext(name)[1].lstrip(".").lower()


def _group(pattern: FramePattern, names: Iterable[str]) -> Group:
    return Group(pattern, frozenset(n for name in names if (n := pattern.number_of(name)) is not None))


def _grown_together(groups: Iterable[Group]) -> list[Group]:
    """Groups without those another one holds: `%d` of 100000 on is the end of the `%05d` below it."""
    largest_first = sorted(groups, key=lambda group: (len(group.numbers), group.pattern.padding), reverse=True)
    kept: list[Group] = []
    for group in largest_first:
        if not any(_same_files(group, other) for other in kept):
            kept.append(group)
    return kept


def _same_files(group: Group, other: Group) -> bool:
    return all(other.pattern.path(n) == group.pattern.path(n) for n in group.numbers & other.numbers) and (
        group.numbers <= other.numbers
    )
