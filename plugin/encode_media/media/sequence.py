"""Naming frames: what a person typed to a source, and a source to its files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence

from encode_media.errors import failure
from encode_media.media.absence import why_absent
from encode_media.media.folder import media_in_folder, names_in, sequences_of
from encode_media.media.pattern import FramePattern
from encode_media.model.media import SourceRef
from encode_media.timebase import FrameSpan

_RANGES = re.compile(r"\A(?P<rest>.+?)\s*\[(?P<ranges>-?[0-9][0-9,\s-]*)\]\s*\Z", re.DOTALL)
_HASHES = re.compile(r"\A(?P<head>.*?)(?P<mark>#+|@+)(?P<tail>[^#@]*)\Z", re.DOTALL)
_HOUDINI = re.compile(r"\A(?P<head>.*?)\$F(?P<width>[0-9]?)(?P<tail>.*)\Z", re.DOTALL)
_INLINE_SPAN = re.compile(
    r"\A(?P<head>.*?)(?P<first>[0-9]+)-(?P<last>[0-9]+)(?:#+|@+)?(?P<tail>\.[^.]+)\Z", re.DOTALL
)
_USUAL_PADDING = 4
"""What a lone `#` means outside Nuke."""


def find_source(words: Sequence[str], *, sequence: bool = False) -> SourceRef:
    """The source somebody meant, in any usual spelling.

    Understood are a file; a folder with one sequence; `f.%04d.exr`, `f.####.exr`, `f.@@@@.exr`, `f.$F4.exr`,
    `f.1001-1100.exr`, any of them with `[1001-1010, 1012]` behind it; any one frame, with `sequence`; several
    files of one sequence. What literally exists under the given name wins over every reading of it.

    Raises:
        SourceMissing: nothing on disk answers to it.
        InvalidParameters: it could mean several things, or the files are not of one sequence.
    """
    joined = _join_ranges([word for word in words if word])
    if not joined:
        raise failure("request.invalid", problem="no source was named")
    if len(joined) > 1:
        return _several_files([_absolute(word) for word in joined])
    path = _absolute(joined[0])
    if os.path.isdir(path):
        return media_in_folder(path)
    if os.path.lexists(path):
        return _sequence_around(path) if sequence else SourceRef(path=path)
    return _from_spelling(path, sequence=sequence)


def frames_on_disk(source: SourceRef) -> dict[int, str]:
    """The path of every frame of the sequence that exists, by number in order; also those outside its span.

    Raises:
        SourceMissing: the folder does not exist or can't be listed.
    """
    pattern = FramePattern.from_printf(source.path)
    numbers = {number for name in _entries(pattern) if (number := pattern.number_of(name)) is not None}
    return {number: pattern.path(number) for number in sorted(numbers)}


def frames_below_zero(source: SourceRef) -> tuple[int, ...]:
    """Negative numbers that stand beside the sequence, as `shot.-0012.exr` beside `shot.0000.exr`.

    Raises:
        SourceMissing: the folder does not exist or can't be listed.
        UnsupportedFormat: the sequence is made of nothing else.
    """
    pattern = FramePattern.from_printf(source.path)
    if pattern.counts_down:
        raise failure(
            "source.unsupported",
            path=source.path,
            problem="its frames are below 0; number them anew from 0 or above",
        )
    return tuple(sorted(number for name in _entries(pattern) if (number := pattern.negative_number_of(name))))


def _entries(pattern: FramePattern) -> list[str]:
    try:
        with os.scandir(pattern.folder) as entries:
            return [entry.name for entry in entries]
    except PermissionError as error:
        raise failure("source.unreadable", path=pattern.folder) from error
    except OSError as error:
        raise failure("source.missing", path=pattern.folder) from error


def _absolute(word: str) -> str:
    return os.path.abspath(os.path.expanduser(word)) if word.startswith("~") else os.path.abspath(word)


def _join_ranges(words: list[str]) -> list[str]:
    """`f.%04d.exr [1001-1010,` `1012]`, split by a shell, back in one piece."""
    for start, word in enumerate(words[1:], 1):
        if word.startswith("[") and not os.path.lexists(word):
            return [*words[: start - 1], " ".join(words[start - 1 :])]
    return words


def _several_files(paths: Sequence[str]) -> SourceRef:
    for path in paths:
        if not os.path.isfile(path):
            raise why_absent(path)
    folders = {os.path.dirname(path) for path in paths}
    names = [os.path.basename(path) for path in dict.fromkeys(paths)]
    if len(folders) == 1 and len(names) == 1:
        return SourceRef(path=paths[0])
    found = [group for group in sequences_of(folders.pop(), names) if len(group.numbers) == len(names)]
    if folders or not found:
        raise failure("request.invalid", problem="the files named are not frames of one sequence")
    return SourceRef(path=found[0].pattern.printf, is_sequence=True, span=_span(found[0].numbers))


def _sequence_around(path: str) -> SourceRef:
    """The sequence a frame belongs to: of the numbers in its name, the one with the most neighbours."""
    folder, name = os.path.split(path)
    extension = os.path.splitext(name)[1]
    neighbours = [other for other in names_in(folder) if other.endswith(extension)]
    groups = [group for group in sequences_of(folder, neighbours) if group.pattern.number_of(name) is not None]
    if groups:
        best = max(groups, key=lambda group: (len(group.numbers), len(group.pattern.head)))
        return SourceRef(path=best.pattern.printf, is_sequence=True)
    pattern = FramePattern.around(path)
    if pattern is None:
        raise failure("request.invalid", problem=f"{path} has no frame number in its name")
    return SourceRef(path=pattern.printf, is_sequence=True)


def _from_spelling(path: str, *, sequence: bool) -> SourceRef:
    """The first reading of a spelling that has a wanted frame on disk."""
    for pattern, span in _readings(path, sequence=sequence):
        source = SourceRef(path=pattern.printf, is_sequence=True, span=span)
        if os.path.isdir(pattern.folder) and any(span is None or n in span for n in frames_on_disk(source)):
            return source
    raise why_absent(path)


def _readings(path: str, *, sequence: bool) -> Iterator[tuple[FramePattern, FrameSpan | None]]:
    if ranges := _RANGES.match(path):
        span = _parse_ranges(ranges["ranges"], path)
        yield from ((pattern, span) for pattern in _patterns(ranges["rest"]))
    folder, name = os.path.split(path)
    inline = _INLINE_SPAN.match(name)
    if inline and int(inline["first"]) <= int(inline["last"]):
        span = FrameSpan(first=int(inline["first"]), last=int(inline["last"]))
        for width in (len(inline["first"]), 0):
            yield FramePattern(folder, inline["head"], width, inline["tail"]), span
    yield from ((pattern, None) for pattern in _patterns(path))
    if sequence and (around := FramePattern.around(path)):
        yield around, None


def _patterns(path: str) -> list[FramePattern]:
    """The readings of a pattern spelling, likeliest first."""
    folder, name = os.path.split(path)
    if printf := FramePattern.readings(folder, name):
        return printf
    if marks := _HASHES.match(name):
        width = len(marks["mark"])
        widths = (width,) if width > 1 else (1, _USUAL_PADDING)
        return [FramePattern(folder, marks["head"], width, marks["tail"]) for width in widths]
    if houdini := _HOUDINI.match(name):
        return [FramePattern(folder, houdini["head"], int(houdini["width"] or 0), houdini["tail"])]
    return []


def _parse_ranges(text: str, named: str) -> FrameSpan:
    """The span of `1001-1010, 1012`; frames left out in it that are not on disk are found as missing."""
    numbers: list[int] = []
    for part in text.split(","):
        ends = [end.strip() for end in part.split("-")]
        if len(ends) not in (1, 2) or not all(end.isdigit() for end in ends):
            raise failure("request.invalid", problem=f"the frames of {named} are not like [1001-1010, 1012]")
        numbers += [int(end) for end in ends]
    return _span(numbers)


def _span(numbers: Iterable[int]) -> FrameSpan:
    ordered = sorted(numbers)
    return FrameSpan(first=ordered[0], last=ordered[-1])
