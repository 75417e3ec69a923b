"""Real clips nobody of us made are probed right."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from encode_media.media.probe import inspect_output, probe
from encode_media.media.sequence import find_source
from encode_media.model.media import Media, SourceKind, VideoStream
from encode_media.timebase import FrameSpan

pytestmark = pytest.mark.samples

MOVIES = {
    "bigbuckbunny.mp4": (1280, 720, 132, Fraction(25), None),
    "nasa_13013.mp4": (480, 270, 390, Fraction(30000, 1001), "tv"),
    "pixel7_phone.mp4": (1920, 1080, 36, Fraction(90000, 3013), "pc"),
    "bt709_full_range.mp4": (1280, 720, 30, Fraction(30), "pc"),
    "sar_2by3.mp4": (640, 360, 60, Fraction(30), None),
    "smpte_2997.mp4": (1920, 1080, 251, Fraction(25), "tv"),
}


def probed(samples: Path, name: str) -> tuple[Media, VideoStream]:
    media = probe(find_source([str(samples / name)]))
    assert media.video is not None
    return media, media.video


@pytest.mark.parametrize("name", sorted(MOVIES))
def test_size_frames_rate_and_range(samples: Path, name: str) -> None:
    _, video = probed(samples, name)
    found = (video.width, video.height, video.frames, video.frame_rate, video.colour.range)
    assert found == MOVIES[name]


@pytest.mark.parametrize("name", sorted(MOVIES))
def test_as_many_frames_as_counted_can_be_decoded(samples: Path, name: str) -> None:
    facts = inspect_output(str(samples / name))
    assert facts.frames == MOVIES[name][2]
    assert facts.errors == ()


def test_the_phone_clip_is_upside_down(samples: Path) -> None:
    _, video = probed(samples, "pixel7_phone.mp4")
    assert (video.rotation, video.mirrored) == (180, False)


def test_pixels_of_two_to_three(samples: Path) -> None:
    _, video = probed(samples, "sar_2by3.mp4")
    assert video.sample_aspect == Fraction(2, 3)


def test_one_picture_of_two_is_chosen(samples: Path) -> None:
    media, video = probed(samples, "nasa_13013.mp4")
    assert video.index == 3
    assert len(media.audio) == 2
    assert "video.several" in {finding.code for finding in media.findings}


def test_surround_sound(samples: Path) -> None:
    media, _ = probed(samples, "bigbuckbunny.mp4")
    assert (media.audio[0].channels, media.audio[0].layout) == (6, "5.1")


def test_the_exr_still_is_in_aces_colours(samples: Path) -> None:
    media, video = probed(samples, "exr_carrots.exr")
    assert media.kind is SourceKind.STILL
    assert (video.width, video.height, video.is_float, video.colour.transfer) == (600, 400, True, "linear")
    assert "exr.primaries" in {finding.code for finding in media.findings}


def test_the_exr_sequence_with_layers(samples: Path) -> None:
    media, video = probed(samples, "beachball")
    assert media.kind is SourceKind.SEQUENCE
    assert media.span == FrameSpan(first=1, last=8)
    assert media.missing == ()
    assert (video.width, video.height) == (2048, 1556)
    assert media.layers == ("left",)
    assert "exr.data_window" in {finding.code for finding in media.findings}
