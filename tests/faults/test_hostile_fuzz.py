"""Damaged files by the hundred: an answer for each in time, in bounded memory, and nothing left behind.

The quick part reads five hundred, many to a process; the long one (`-m slow`) twenty times as many.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from encode_media.media.probe import Inspection, inspect_outputs, probe_wish
from encode_media.media.reader import read_apart
from encode_media.model.media import SourceRef
from support.clips import Clips
from support.damage import damaged, originals

QUICK, LONG = 500, 10_000
BATCH = 100
SECONDS_EACH = 2.0
"""Limit of a batch, for each of its files; most take a hundredth."""
MEMORY_LIMIT = 1 << 30
"""No small damaged file may make the reader hold more than this."""
ALLOWED = {"source.corrupt", "source.not_media", "source.unsupported", "source.too_large", "source.no_video"}


@pytest.fixture(scope="module")
def sound_files(clips: Clips) -> dict[str, bytes]:
    return originals(clips)


def write(folder: Path, sound_files: dict[str, bytes], numbers: range) -> list[Path]:
    names = sorted(sound_files)
    files = []
    for number in numbers:
        name = names[number % len(names)]
        file = folder / f"{number:05d}_{name}"
        file.write_bytes(damaged(sound_files[name], f"{number} {name}"))
        files.append(file)
    return files


def read_all(folder: Path, sound_files: dict[str, bytes], count: int) -> Counter[str]:
    """How often each outcome was; every one of them is ours."""
    outcomes: Counter[str] = Counter()
    for start in range(0, count, BATCH):
        files = write(folder, sound_files, range(start, min(start + BATCH, count)))
        before = sorted(folder.iterdir())
        wishes = [probe_wish(SourceRef(path=str(file))) for file in files]
        answers = read_apart(wishes, timeout_s=SECONDS_EACH * len(files), folder=folder)
        for file, answer in zip(files, answers, strict=True):
            outcome = answer["error"]["code"] if "error" in answer else "media"
            assert outcome in ALLOWED | {"media"}, f"{file.name}: {answer}"
            assert "ended the reader" not in str(answer), f"{file.name} ended its reader: {answer}"
            outcomes[outcome] += 1
        assert sorted(folder.iterdir()) == before, "nothing is left beside the sources"
        for file in files:
            file.unlink()
    return outcomes


def peak_memory_of_children() -> int:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit


def test_five_hundred_damaged_files_are_each_answered(tmp_path: Path, sound_files: dict[str, bytes]) -> None:
    outcomes = read_all(tmp_path, sound_files, QUICK)
    assert sum(outcomes.values()) == QUICK
    assert outcomes["media"] > QUICK / 10, "not all damage matters"
    assert outcomes["source.corrupt"] > QUICK / 10, "and some does"
    if os.name != "nt":
        assert peak_memory_of_children() < MEMORY_LIMIT


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_damaged_files_are_each_answered(tmp_path: Path, sound_files: dict[str, bytes]) -> None:
    assert sum(read_all(tmp_path, sound_files, LONG).values()) == LONG


def test_damaged_outputs_are_never_taken_for_sound_ones(tmp_path: Path, sound_files: dict[str, bytes]) -> None:
    """What verifying reads was made by us, but a disk may have lost it since: cut files must be noticed."""
    names = [name for name in sorted(sound_files) if not name.endswith((".wav", ".ts", ".gif"))]
    files = []
    for name in names:
        file = tmp_path / name
        file.write_bytes(sound_files[name][: len(sound_files[name]) * 2 // 3])
        files.append(file)
    started = time.monotonic()
    answers = inspect_outputs([Inspection(path=str(file)) for file in files], timeout_s=60)
    assert time.monotonic() - started < 30
    for name, answer in zip(names, answers, strict=True):
        facts = answer.get("ok")
        assert facts is None or facts["errors"] or facts["frames"] < 4, f"{name} seems whole"
