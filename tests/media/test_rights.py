"""Sources and results that this account may not read or write, as the command line tells of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.clips import Clips
from support.rights import ordinary_rights

SOUND = "audio_file={show}/locked.mov"


@dataclass(frozen=True, slots=True)
class Show:
    """A folder with things of each kind, some of which nobody may read."""

    folder: Path

    def error(self, *words: str) -> dict[str, Any]:
        command = [*ordinary_rights(), sys.executable, "-m", "encode_media", *words, "--json"]
        environ = os.environ | {"ENCODE_MEDIA_DATA": str(self.folder / "data")}
        done = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, check=False, timeout=120)
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)["error"]
        return found


@pytest.fixture(scope="module")
def show(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    folder = tmp_path_factory.mktemp("show")
    for name in ("open.mov", "locked.mov", "closed/inside.mov"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(clips.movie("rights.mov", size="160x90", frames=6), folder / name)
    for number in range(1, 4):
        (folder / "shot").mkdir(exist_ok=True)
        shutil.copy(clips.still("png"), folder / "shot" / f"shot.{number:04d}.png")
    (folder / "readonly").mkdir()
    locked = {"locked.mov": 0, "closed": 0, "shot/shot.0002.png": 0, "readonly": 0o555}
    for name, mode in locked.items():
        (folder / name).chmod(mode)
    yield Show(folder)
    for name in locked:
        (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("probe", "locked.mov"), "locked.mov"),
        (("probe", "closed"), "closed"),
        (("probe", "closed/inside.mov"), "closed/inside.mov"),
        (("probe", "closed/shot.####.png"), "closed"),
        (("probe", "shot/shot.%04d.png"), "shot/shot.0002.png"),
        (("encode", "shot", "-p", "review", "--out", "o", "--set", "missing_frames=hold"), "shot/shot.0002.png"),
        (("encode", "open.mov", "-p", "review", "--out", "o", "--set", SOUND), "locked.mov"),
    ],
)
def test_a_source_that_may_not_be_read_is_neither_damaged_nor_missing(
    show: Show, words: tuple[str, ...], path: str
) -> None:
    error = show.error(*(word.format(show=show.folder) for word in words))
    assert error["code"] == "source.unreadable"
    assert str(show.folder / path) in error["message"]
    assert "permissions" in error["hint"]


@pytest.mark.parametrize("out", ["readonly", "readonly/review"])
def test_a_folder_that_may_not_be_written_to_is_said_so(show: Show, out: str) -> None:
    assert (
        show.error("encode", "open.mov", "--preset", "thumbnail", "--out", out)["code"] == "output.not_permitted"
    )
