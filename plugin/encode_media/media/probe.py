"""Probing: what a source is, found out in a child process that can't hurt us."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.media.output_facts import OutputFacts
from encode_media.media.reader import Answer, Wish, read_apart
from encode_media.model.codec import from_json, to_json
from encode_media.model.media import Media, SourceCheck, SourceRef

FULL_CHECK_LIMIT_S = 4 * 3600.0
"""Decoding a long sequence from network storage may take hours; a file that never ends must not take days."""


def probe(
    source: SourceRef,
    *,
    default_rate: Fraction = Fraction(24),
    count_frames: bool = True,
    check: SourceCheck = SourceCheck.HEADERS,
    timeout_s: float = 60,
) -> Media:
    """What the source is, with every finding.

    Args:
        source: from `find_source`.
        default_rate: for sequences and stills nobody gave a rate for.
        count_frames: False is quicker for large movies; `frames` is None then.
        check: how closely to look.
        timeout_s: for all of it; decoding every picture gets `FULL_CHECK_LIMIT_S`.

    Raises:
        SourceMissing: not there or not readable.
        UnsupportedFormat: not media, damaged, not decodable, or reading it takes too long.
    """
    if not source.is_sequence:
        _require_file(source.path)
    wish = probe_wish(source, default_rate=default_rate, count_frames=count_frames, check=check)
    limit_s = FULL_CHECK_LIMIT_S if check is SourceCheck.FULL else timeout_s
    return from_json(Media, _value(read_apart([wish], timeout_s=limit_s)[0]))


def probe_wish(
    source: SourceRef,
    *,
    default_rate: Fraction = Fraction(24),
    count_frames: bool = True,
    check: SourceCheck = SourceCheck.HEADERS,
) -> Wish:
    """Probing as a wish to the reader, for many at a time."""
    return {
        "task": "probe",
        "path": source.path,
        "source": to_json(source),
        "default_rate": str(default_rate),
        "count_frames": count_frames,
        "check": check.value,
    }


def inspect_output(
    path: str, *, first_frame: int | None = None, frames: int | None = None, timeout_s: float = 600
) -> OutputFacts:
    """One of our own outputs, decoded from first to last frame, with everything that was found on the way.

    Args:
        path: a file; or, for a sequence, its printf pattern.
        first_frame: the number of a sequence's first file.
        frames: how many files the sequence must have.
        timeout_s: for all of it.

    Raises:
        SourceMissing: it is not there.
        UnsupportedFormat: it can't be opened as media, or decoding it takes too long.
    """
    wanted = Inspection(path=os.path.abspath(path), first_frame=first_frame, frames=frames)
    if not wanted.is_sequence:
        _require_file(path)
    return from_json(OutputFacts, _value(inspect_outputs([wanted], timeout_s=timeout_s)[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One output to look at; `path` is absolute, and a printf pattern for sequences."""

    path: str
    first_frame: int | None = None
    frames: int | None = None
    loudness: bool = False
    """Whether to measure the sound."""
    rate: Fraction | None = None
    """What the frames should be shown at, where few of them fit several rates."""

    @property
    def is_sequence(self) -> bool:
        return self.first_frame is not None or self.frames is not None


def inspect_outputs(
    wanted: Sequence[Inspection],
    *,
    timeout_s: float,
    folder: Path | None = None,
    look: Callable[[int], None] = lambda _: None,
) -> list[Answer]:
    """The facts or the error of each output, as `read_apart` gives them."""
    wishes = [
        {
            "task": "inspect",
            "path": inspection.path,
            "is_sequence": inspection.is_sequence,
            "first_frame": inspection.first_frame,
            "frames": inspection.frames,
            "loudness": inspection.loudness,
            "rate": to_json(inspection.rate),
        }
        for inspection in wanted
    ]
    return read_apart(wishes, timeout_s=timeout_s, folder=folder, look=look)


def _require_file(path: str) -> None:
    try:
        mode = os.stat(path).st_mode
    except PermissionError as error:
        raise failure("source.unreadable", path=path) from error
    except (OSError, ValueError) as error:
        raise failure("source.missing", path=path) from error
    if not stat.S_ISREG(mode):
        # Devices and pipes never end; a folder has to be resolved by find_source first.
        raise failure("source.not_media", path=path)


def _value(answer: Answer) -> Any:
    if "error" in answer:
        raise EncodeMediaError.from_dict(answer["error"])
    return answer["ok"]
