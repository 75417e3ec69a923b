"""Plans are run by a real ffmpeg and judged by the check every job has to pass."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.clips import Clips, copied
from support.encoding import Encoded
from support.encoding import encode as encode_source
from support.patches import run

Encode = Callable[..., Encoded]


@pytest.fixture
def encode(each_ffmpeg: str, tmp_path: Path) -> Encode:
    """Probes, plans, runs and checks, as a job does; once with each ffmpeg."""

    def encoded(source: Path | str, preset: str = "review", **options: Any) -> Encoded:
        return encode_source(source, preset, each_ffmpeg, tmp_path / "job", **options)

    return encoded


@pytest.mark.parametrize("extension", ["png", "exr", "jpg"])
def test_a_still_becomes_a_review_image(encode: Encode, clips: Clips, extension: str) -> None:
    assert set(encode(clips.still(extension)).outputs) == {"ftrackreview-image", "thumbnail"}


@pytest.mark.parametrize("extension", ["png", "exr", "jpg", "dpx", "tif"])
@pytest.mark.parametrize(("policy", "frames"), [("hold", 12), ("black", 12), ("skip", 10)])
def test_gaps_are_closed_in_every_format(
    encode: Encode, clips: Clips, extension: str, policy: str, frames: int
) -> None:
    source = clips.sequence(extension, without=(1004, 1009), name="gap.")
    before = contents(source.parent)

    done = encode(source, missing_frames=policy)

    assert done.outputs["ftrackreview-mp4"].frames == frames
    assert contents(source.parent) == before


def test_the_black_frame_is_where_the_gap_was_and_the_poster_is_the_planned_frame(
    encode: Encode, clips: Clips, each_ffmpeg: str
) -> None:
    """A black frame of another form would make ffmpeg count from the beginning again."""
    source = clips.sequence("exr", without=(1002,), frames=12, name="counted.")
    done = encode(source, missing_frames="black")
    movie = done.outputs["ftrackreview-mp4"].path
    luma = brightness(each_ffmpeg, movie)

    assert [index for index, value in enumerate(luma) if value < 20] == [1]
    poster = brightness(each_ffmpeg, done.outputs["poster"].path, pixel_format="gray")[0]
    assert poster > 20


def test_a_name_full_of_percent_signs_is_read_and_growing_numbers_are_followed(
    encode: Encode, clips: Clips, tmp_path: Path
) -> None:
    folder = tmp_path / "50%d of %% [x] 'q'"
    folder.mkdir()
    for number in range(99998, 100002):
        os.link(clips.still("png"), folder / f"a%b.{number}.png")

    done = encode(f"{folder}/a%b.%05d.png [99999-100000]", "png_sequence")

    output = done.outputs["png_sequence"]
    assert output.frames == 2
    assert sorted(path.name for path in Path(output.path).parent.iterdir()) == [
        "png_sequence.099999.png", "png_sequence.100000.png",
    ]  # fmt: skip


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_phone_clip_is_upright(encode: Encode, clips: Clips, degrees: int) -> None:
    output = encode(clips.rotated(degrees, f"rotated{degrees}.mp4")).outputs["ftrackreview-mp4"]

    assert (output.width > output.height) == (degrees == 180)


@pytest.mark.parametrize("kind", ["variable_rate", "interlaced", "anamorphic", "full_range"])
def test_awkward_movies_pass_their_check(encode: Encode, clips: Clips, kind: str) -> None:
    assert encode(getattr(clips, kind)()).outputs


@pytest.mark.parametrize("seconds", ["0.2", "7"])
def test_sound_of_another_length_never_changes_the_picture(encode: Encode, clips: Clips, seconds: str) -> None:
    output = encode(clips.movie(f"sound{seconds}.mov", audio=seconds)).outputs["ftrackreview-mp4"]

    assert output.frames == 24
    assert output.duration_s == pytest.approx(1.0, abs=0.022)


@pytest.mark.parametrize("container", ["mkv", "ts"])
def test_picture_and_sound_stay_together_wherever_their_times_begin(
    encode: Encode, each_ffmpeg: str, tmp_path: Path, container: str
) -> None:
    """The picture begins a quarter of a second after the sound; white and tone begin together."""
    source = tmp_path / f"late.{container}"
    flash = "color=black:s=320x180:r=24:d=1.5,drawbox=color=white:t=fill:enable='gte(t,0.75)'"
    tone = "sine=f=1000:r=48000:d=2,volume=0:enable='lt(t,1.0)'"
    run(each_ffmpeg, ["-itsoffset", "0.25", "-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", tone, "-map", "0:v",
                      "-map", "1:a", "-c:v", "mpeg2video", "-q:v", "2", "-c:a", "mp2", str(source)])  # fmt: skip

    movie = encode(source).outputs["ftrackreview-mp4"].path

    white = next(index for index, value in enumerate(brightness(each_ffmpeg, movie)) if value > 120) / 24
    assert white == pytest.approx(0.75, abs=1 / 24)
    assert first_sound(each_ffmpeg, movie) == pytest.approx(white, abs=1 / 24)


def test_nothing_of_the_sources_own_metadata_is_published(encode: Encode, clips: Clips, each_ffmpeg: str) -> None:
    source = clips.movie(
        "private.mov", extra=("-metadata", "location=+59.33+018.06/", "-metadata", "title=secret")
    )

    movie = encode(source).outputs["ftrackreview-mp4"].path

    said = subprocess.run([each_ffmpeg, "-i", movie], capture_output=True, text=True, check=False).stderr
    assert "59.33" not in said
    assert "secret" not in said


def test_frames_behind_the_wanted_span_are_not_read(encode: Encode, clips: Clips, tmp_path: Path) -> None:
    pattern = clips.sequence("png", frames=6, name="stale.")
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(1001, 1007):
        copied(Path(str(pattern) % number), folder)
    (folder / "stale.1006.png").write_bytes(b"not an image at all")

    done = encode(f"{folder}/stale.%04d.png [1001-1005]", "png_sequence")

    assert done.outputs["png_sequence"].frames == 5


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file: whatever is written, removed or replaced shows."""
    return {entry.name: (entry.stat().st_size, entry.stat().st_mtime_ns) for entry in os.scandir(folder)}


def brightness(ffmpeg: str, path: str, pixel_format: str = "yuv420p") -> list[float]:
    """The mean luma of every frame."""
    raw = run(ffmpeg, ["-i", path, "-vf", "scale=16:16", "-f", "rawvideo", "-pix_fmt", pixel_format, "pipe:1"])
    size = 256 if pixel_format == "gray" else 384
    frames = np.frombuffer(raw, "u1").reshape(-1, size)
    return [float(value) for value in frames[:, :256].mean(axis=1)]


def first_sound(ffmpeg: str, path: str) -> float:
    """Seconds until the sound is loud."""
    raw = run(ffmpeg, ["-i", path, "-map", "0:a", "-ac", "1", "-ar", "48000", "-f", "f32le", "pipe:1"])
    samples = np.abs(np.frombuffer(raw, "<f4"))
    return float(np.argmax(samples > 0.02)) / 48000
