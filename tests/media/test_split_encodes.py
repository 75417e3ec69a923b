"""An encode in stretches gives what an encode in one piece gives: frames, checks, and as good a picture."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.media import Media
from encode_media.model.plan import EncodePlan
from encode_media.model.result import OutputResult
from encode_media.planning.planner import make_plan
from encode_media.planning.stretches import join_plan, part_plans
from encode_media.presets.catalog import Catalog
from encode_media.running.verify import verify
from support.clips import Clips
from support.encoding import run

FRAMES = 144
STRETCH = 48
"""Two groups of a second: three stretches, of which the last is sought."""
NTSC = "24000/1001"


@pytest.fixture(scope="module")
def source(clips: Clips) -> Path:
    """H.264 with B-frames in short groups, sound that is longer than the picture, and a time code."""
    return clips.movie(
        "to_split.mov", frames=FRAMES, size="160x90", rate=NTSC, audio="match",
        codec=("libx264", "-preset", "veryfast", "-g", "12", "-bf", "3"),
        extra=("-c:a", "pcm_s16le", "-timecode", "01:00:00:00"),
    )  # fmt: skip


def plan(source: Path | Media, preset: str, **options: Any) -> EncodePlan:
    media = source if isinstance(source, Media) else probe(find_source([str(source)]))
    given = {"pass_through": False, **options} if preset == "review" else options
    return make_plan(media, Catalog().resolve(preset, media, given), stretch_frames=STRETCH)


def in_one_piece(made: EncodePlan, ffmpeg: str, folder: Path) -> OutputResult:
    run(made, ffmpeg, folder)
    return verify(made, folder)[0]


def in_stretches(made: EncodePlan, ffmpeg: str, folder: Path) -> OutputResult:
    assert made.split is not None
    folder.mkdir()
    folders = []
    for number, part in enumerate(part_plans(made)):
        folders.append(folder / f"part{number}")
        run(part, ffmpeg, folders[-1])
    joining = join_plan(made, [str(each) for each in folders[: len(made.split.stretches)]])
    run(joining, ffmpeg, folder / "joined")
    return verify(joining, folder / "joined")[0]


def hashes(ffmpeg: str, path: str) -> list[str]:
    command = [ffmpeg, "-v", "error", "-i", path, "-map", "0:v:0", "-f", "framemd5", "-"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if not line.startswith("#")]


def likeness(ffmpeg: str, path: str, source: Path) -> float:
    """PSNR in dB over all frames."""
    graph = f"[0:v]setpts=N/({NTSC})/TB,format=yuv420p[a];[1:v]setpts=N/({NTSC})/TB,format=yuv420p[b];[a][b]psnr"
    command = [ffmpeg, "-v", "info", "-i", path, "-i", str(source), "-lavfi", graph, "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    found = re.search(r"average:([0-9.]+|inf)", said)
    assert found is not None, said
    return float(found[1])


def findings(result: OutputResult) -> list[tuple[str, str]]:
    """What every check found, but for the peaks of sound and the like, which no check compares."""
    return [(check.name, check.found) for check in result.checks]


@pytest.mark.parametrize("preset", ["prores_422_hq", pytest.param("dnxhr_hq", marks=pytest.mark.slow)])
def test_codecs_of_key_frames_alone_give_the_very_same_pictures(
    preset: str, clips: Clips, ffmpeg: str, tmp_path: Path
) -> None:
    source = clips.movie(
        "to_split_large.mov", frames=100, size="256x144", rate=NTSC, audio="match",
        codec=("libx264", "-preset", "veryfast", "-g", "12", "-bf", "3"),
        extra=("-c:a", "pcm_s16le", "-timecode", "01:00:00:00"),
    )  # fmt: skip
    made = plan(source, preset)

    whole = in_one_piece(made, ffmpeg, tmp_path / "whole")
    joined = in_stretches(made, ffmpeg, tmp_path / "split")

    assert findings(joined) == findings(whole)
    assert hashes(ffmpeg, joined.path) == hashes(ffmpeg, whole.path)


@pytest.mark.parametrize(
    "preset",
    [
        "review", "hevc_10bit", "webm_vp9", pytest.param("h264_high_quality", marks=pytest.mark.slow),
        pytest.param("webm_av1", marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_other_codecs_give_the_same_frames_at_the_same_times_and_no_worse_pictures(
    preset: str, source: Path, ffmpeg: str, tmp_path: Path
) -> None:
    made = plan(source, preset)

    whole = in_one_piece(made, ffmpeg, tmp_path / "whole")
    joined = in_stretches(made, ffmpeg, tmp_path / "split")

    assert findings(joined) == findings(whole)
    assert joined.frames == FRAMES == len(hashes(ffmpeg, joined.path))
    times = [[line.split(",")[:3] for line in hashes(ffmpeg, result.path)] for result in (joined, whole)]
    assert times[0] == times[1]
    assert likeness(ffmpeg, joined.path, source) > likeness(ffmpeg, whole.path, source) - 0.3


def test_what_is_drawn_counts_on_over_the_stretches(source: Path, ffmpeg: str, tmp_path: Path) -> None:
    made = plan(source, "prores_422_hq", burn_ins=True, slate=True, first="1011", last="1130")

    whole = in_one_piece(made, ffmpeg, tmp_path / "whole")
    joined = in_stretches(made, ffmpeg, tmp_path / "split")

    assert joined.frames == 121
    assert findings(joined) == findings(whole)
    assert hashes(ffmpeg, joined.path) == hashes(ffmpeg, whole.path)


@pytest.mark.parametrize(
    "policy",
    ["black", pytest.param("hold", marks=pytest.mark.slow), pytest.param("skip", marks=pytest.mark.slow)],
)
def test_gaps_of_a_sequence_are_where_they_were(policy: str, clips: Clips, ffmpeg: str, tmp_path: Path) -> None:
    frames = clips.sequence(first=991, frames=111, size="96x54", name="to_split.", without=(992, 1040, 1041, 1090))
    made = plan(frames, "prores_422_hq", missing_frames=policy, burn_ins=True)

    whole = in_one_piece(made, ffmpeg, tmp_path / "whole")
    joined = in_stretches(made, ffmpeg, tmp_path / "split")

    assert findings(joined) == findings(whole)
    assert hashes(ffmpeg, joined.path) == hashes(ffmpeg, whole.path)
