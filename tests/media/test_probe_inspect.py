"""Outputs are judged from every decoded frame: what is right is read off, what is broken is found."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from encode_media.errors import SourceMissing, UnsupportedFormat
from encode_media.media.probe import inspect_output
from encode_media.model.media import ColourTags
from support.clips import Clips, copied, frame_of, holed, truncated

BT709 = ColourTags(range="tv", matrix="bt709", primaries="bt709", transfer="bt709")
H264 = (
    "libx264",
    "-preset",
    "ultrafast",
    "-profile:v",
    "high",
    "-g",
    "12",
    "-keyint_min",
    "12",
    "-sc_threshold",
    "0",
)
WEB = (*H264, "-bf", "2", "-coder", "1", "-x264-params", "8x8dct=1")


def web_movie(clips: Clips, **options: object) -> Path:
    return clips.movie("web.mp4", codec=WEB, audio="match", extra=("-movflags", "+faststart"), **options)  # type: ignore[arg-type]


def test_a_review_movie_is_read_off_completely(each_ffmpeg: str, clips: Clips) -> None:
    facts = inspect_output(
        str(web_movie(Clips(each_ffmpeg, clips.folder / Path(each_ffmpeg).name), rate="24000/1001"))
    )
    assert facts.errors == ()
    assert (facts.codec, facts.profile, facts.pixel_format) == ("h264", "High", "yuv420p")
    assert (facts.width, facts.height, facts.sample_aspect, facts.rotation) == (320, 180, 1, 0)
    assert (facts.frames, facts.frame_rate, facts.variable_rate) == (24, Fraction(24000, 1001), False)
    assert facts.duration_s == Fraction(1001, 1000)
    assert facts.colour == BT709
    assert facts.faststart is True
    assert (facts.key_frame_distance, facts.first_is_key) == (12, True)
    assert (facts.audio_codec, facts.audio_channels, facts.audio_sample_rate) == ("aac", 2, 48000)
    assert abs(float(facts.audio_duration_s or 0) - 1.001) < 0.022


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "expected"),
    [
        (
            "a.mov",
            ("prores_ks", "-profile:v", "3", "-vendor", "apl0"),
            "yuv422p10le",
            ("prores", "HQ", "yuv422p10le"),
        ),
        ("a.webm", ("libvpx-vp9", "-cpu-used", "8"), "yuv420p", ("vp9", "Profile 0", "yuv420p")),
        ("a.mov", ("dnxhd", "-profile:v", "dnxhr_sq"), "yuv422p", ("dnxhd", "DNXHR SQ", "yuv422p")),
    ],
)
def test_deliverables_decode_without_complaint(  # noqa: PLR0917 - fixtures and a table
    each_ffmpeg: str, clips: Clips, name: str, codec: tuple[str, ...], pixel_format: str, expected: tuple[str, ...]
) -> None:
    own = Clips(each_ffmpeg, clips.folder / Path(each_ffmpeg).name)
    facts = inspect_output(str(own.movie(name, codec=codec, pixel_format=pixel_format, audio="match")))
    assert facts.errors == ()
    assert (facts.codec, facts.profile, facts.pixel_format) == expected
    assert (facts.frames, facts.frame_rate) == (24, 24)


def test_the_index_at_the_end_is_no_faststart(clips: Clips) -> None:
    assert inspect_output(str(clips.movie("plain.mp4"))).faststart is False
    assert inspect_output(str(clips.movie("plain.mkv"))).faststart is None


def test_a_timecode_track_is_read(clips: Clips) -> None:
    assert inspect_output(str(clips.movie("tc.mov", extra=("-timecode", "00:00:41:17")))).timecode == "00:00:41:17"


@pytest.mark.parametrize("position", [0.2, 0.4, 0.6, 0.8])
@pytest.mark.parametrize("name", ["web.mp4", "master.mov"])
def test_damage_in_the_middle_is_found(clips: Clips, tmp_path: Path, name: str, position: float) -> None:
    clip = clips.movie("master.mov", codec=("prores_ks", "-profile:v", "0"), pixel_format="yuv422p10le")
    if name == "web.mp4":
        clip = clips.movie("web.mp4", codec=WEB, size="640x360", extra=("-movflags", "+faststart"))
    damaged = holed(copied(clip, tmp_path), position)
    facts = inspect_output(str(damaged))
    assert facts.errors or facts.frames < 24


def test_a_movie_that_stops_early_has_fewer_frames(clips: Clips, tmp_path: Path) -> None:
    clip = copied(clips.movie("cut.mp4", extra=("-movflags", "+faststart")), tmp_path)
    facts = inspect_output(str(truncated(clip, 0.6)))
    assert facts.frames < 24


def test_a_movie_that_can_not_be_opened(clips: Clips, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormat):
        inspect_output(str(truncated(copied(clips.movie("cut.mp4"), tmp_path), 0.5)))


def test_an_output_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing):
        inspect_output(str(tmp_path / "none.mp4"))
    with pytest.raises(SourceMissing):
        inspect_output(str(tmp_path / "none.%04d.png"), first_frame=1, frames=3)


@pytest.mark.parametrize("extension", ["png", "jpg", "exr", "dpx", "tif"])
def test_a_sequence_is_decoded_file_by_file(clips: Clips, extension: str) -> None:
    facts = inspect_output(str(clips.sequence(extension)), first_frame=1001, frames=12)
    assert (facts.frames, facts.missing, facts.unwanted, facts.errors) == (12, (), (), ())
    assert (facts.width, facts.height) == (320, 180)


def test_what_a_sequence_lacks_and_has_too_much(clips: Clips) -> None:
    facts = inspect_output(str(clips.sequence(without=(1004,))), first_frame=1002, frames=9)
    assert facts.missing == (1004,)
    assert facts.unwanted == (1001, 1011, 1012)


@pytest.mark.parametrize("extension", ["png", "jpg"])
def test_a_damaged_file_of_a_sequence_is_found(clips: Clips, tmp_path: Path, extension: str) -> None:
    pattern = copied(clips.sequence(extension), tmp_path)
    truncated(frame_of(pattern, 1005), 0.5)
    facts = inspect_output(str(pattern), first_frame=1001, frames=12)
    assert facts.frames == 11
    assert any("frame 1005" in line for line in facts.errors)


def test_a_file_of_another_size_in_a_sequence_is_found(clips: Clips, tmp_path: Path) -> None:
    pattern = copied(clips.sequence(), tmp_path)
    other = copied(clips.sequence(size="160x90"), tmp_path / "other")
    frame_of(other, 1006).replace(frame_of(pattern, 1006))
    facts = inspect_output(str(pattern), first_frame=1001, frames=12)
    assert facts.frames == 11
    assert any("frame 1006" in line and "width" in line for line in facts.errors)


def test_a_still_is_one_frame(clips: Clips) -> None:
    facts = inspect_output(str(clips.still("jpg")))
    assert (facts.codec, facts.frames, facts.frame_rate, facts.errors) == ("mjpeg", 1, None, ())
