"""The real clips through `encode-media encode --preset review`: frames, tags, upright, square."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.media import SourceRef

pytestmark = pytest.mark.samples

MOVIES = {
    # name: (frames, upright size, frame rate)
    "bigbuckbunny.mp4": (132, (1280, 720), Fraction(25)),
    "nasa_13013.mp4": (390, (480, 270), Fraction(30000, 1001)),
    "pixel7_phone.mp4": (36, (1920, 1080), None),
    "bt709_full_range.mp4": (30, (1280, 720), None),
    "sar_2by3.mp4": (60, (426, 360), None),
    "smpte_2997.mp4": (251, (1920, 1080), Fraction(25)),
}


def _encode(source: Path, folder: Path, *words: str) -> dict:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "encode_media",
            "encode",
            source,
            "--preset",
            "review",
            "--out",
            folder,
            "--json",
            *words,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    document = json.loads(done.stdout)
    assert (done.returncode, document["status"]) == (0, "done"), done.stderr
    return document


@pytest.mark.parametrize("name", MOVIES)
def test_a_real_movie_keeps_its_frames_and_gets_right_tags(samples, tmp_path, name):
    frames, (width, height), rate = MOVIES[name]

    document = _encode(samples / name, tmp_path)

    movies = [output for output in document["outputs"] if output["name"].startswith("ftrackreview-mp4")]
    assert {frames} == {output["frames"] for output in movies}
    assert all(check["passed"] for output in document["outputs"] for check in output["checks"])
    largest = max(movies, key=lambda output: output["height"])
    assert (width, height) == (largest["width"], largest["height"])
    if rate is not None:
        assert {rate} == {Fraction(output["frame_rate"]) for output in movies}
    video = probe(SourceRef(path=largest["path"])).video
    assert (video.colour.range, video.colour.matrix, video.colour.primaries) == ("tv", "bt709", "bt709")
    assert video.colour.transfer in ("bt709", "iec61966-2-1")
    assert (video.sample_aspect, video.rotation, video.mirrored) == (1, 0, False)


def test_two_frames_of_a_phones_clip_keep_its_odd_rate(samples, tmp_path):
    document = _encode(samples / "pixel7_phone.mp4", tmp_path, "--set", "first=1010", "--set", "last=1011")

    movies = [output for output in document["outputs"] if output["name"].startswith("ftrackreview-mp4")]
    assert {(2, Fraction(90000, 3013))} == {(one["frames"], Fraction(one["frame_rate"])) for one in movies}


def test_a_real_exr_still_stays_a_still(samples, tmp_path):
    document = _encode(samples / "exr_carrots.exr", tmp_path)

    assert {"ftrackreview-image", "thumbnail"} == {output["name"] for output in document["outputs"]}
    assert {1} == {output["frames"] for output in document["outputs"]}


def test_a_real_exr_sequence_keeps_its_eight_frames_and_its_display_window(samples, tmp_path):
    document = _encode(samples / "beachball", tmp_path)

    movies = [output for output in document["outputs"] if output["name"].startswith("ftrackreview-mp4")]
    assert {8} == {output["frames"] for output in movies}
    assert probe(find_source([str(samples / "beachball")])).frame_count == 8
