"""Numbers an ffmpeg run tells besides its files, found in its log, and put where later commands need them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from encode_media.errors import failure
from encode_media.model.plan import Command
from encode_media.model.preset import QUIETEST_LUFS

Numbers = dict[str, float | None]
"""A measurement's values by name; None where there was nothing to measure."""

_LEVEL = re.compile(r"\[(quiet|panic|fatal|error|warning|info|verbose|debug)\] ?")
"""Where a run tells more than errors, each line says what it is (`-v level+info`)."""
_PROBLEMS = ("panic", "fatal", "error")

_SUMMARY = "Summary:"
_INTEGRATED = re.compile(r"\s+I:\s+(-?[0-9.]+|-?inf|-?nan) LUFS")
_LOUDEST_LUFS = 20.0
"""More than any sound has that was meant to be one."""


def problem_lines(log: Sequence[str]) -> tuple[str, ...]:
    """The lines of a talkative run's log that a quiet run would have had."""
    found = []
    for line in log:
        level = _LEVEL.search(line)
        if level is not None and level[1] in _PROBLEMS:
            found.append(line[: level.start()] + line[level.end() :])
    return tuple(found)


def read_numbers(reader: str, log: Sequence[str]) -> Numbers:
    """The measured numbers in what ffmpeg said.

    Raises:
        EncodeMediaError: `ffmpeg.failed`, they are not there.
    """
    try:
        return _READERS[reader](log)
    except ValueError as error:
        words = f"ffmpeg measured something, but its numbers can't be read: {error}"
        raise failure("ffmpeg.failed", problem=words) from error


def filled(command: Command, measured: Mapping[str, Numbers]) -> tuple[str, ...]:
    """The command's arguments with the measured numbers in their places, and nowhere else."""
    argv = list(command.argv)
    for fill in command.fills:
        value = measured[fill.measurement][fill.value]
        text = fill.otherwise if value is None else f"{value:.2f}"
        place = argv.index(fill.option) + 1
        argv[place] = argv[place].replace(fill.token, text)
    return tuple(argv)


def _ebur128(log: Sequence[str]) -> Numbers:
    """The summary that the filter prints at the very end; anything like it before comes from the file."""
    start = max((index for index, line in enumerate(log) if line.rstrip().endswith(_SUMMARY)), default=None)
    if start is None:
        raise ValueError("there is no summary")
    found = next((match for line in log[start:] if (match := _INTEGRATED.match(line))), None)
    if found is None:
        raise ValueError("the summary has no loudness")
    value = float(found[1])
    heard = math.isfinite(value) and QUIETEST_LUFS < value < _LOUDEST_LUFS
    return {"integrated": value if heard else None}


_READERS: Mapping[str, Callable[[Sequence[str]], Numbers]] = MappingProxyType({"ebur128": _ebur128})
