"""OpenEXR of every kind: what can be decoded is described, what can't is refused in plain words."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from encode_media.errors import UnsupportedFormat
from encode_media.media.probe import probe
from encode_media.model.media import Media, Severity, SourceRef
from support.clips import Clips, copied
from support.exr_files import Part, write_exr

RGB = {"R": 0.5, "G": 0.25, "B": 0.125}
P3_D65 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
OWN = (0.6, 0.3, 0.2, 0.6, 0.1, 0.1, 0.3, 0.3)
AP1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)


def probed(path: Path) -> Media:
    return probe(SourceRef(path=str(path)))


def message(media: Media, code: str) -> str:
    return next(finding.message for finding in media.findings if finding.code == code)


def test_a_plain_one(tmp_path: Path) -> None:
    media = probed(write_exr(tmp_path / "plain.exr", Part()))
    assert media.video is not None
    assert (media.video.width, media.video.height, media.video.has_alpha) == (16, 8, False)
    assert media.layers == ()
    assert media.findings == ()


def test_layers_beside_the_picture_are_listed(tmp_path: Path) -> None:
    layers = {f"{layer}.{colour}": 0.5 for layer in ("diffuse", "light.key") for colour in "RGB"}
    data = {"Z": 1.0, "N.X": 0.0, "N.Y": 0.0, "N.Z": 1.0, "mask.A": 1.0}
    media = probed(write_exr(tmp_path / "layers.exr", Part(channels={**RGB, **layers, **data})))
    assert media.layers == ("diffuse", "light.key")
    assert "diffuse, light.key" in message(media, "exr.layers")


def test_without_a_picture_the_layer_that_is_called_like_one_is_used(tmp_path: Path) -> None:
    channels = {f"{layer}.{colour}": 0.5 for layer in ("aov.id", "beauty") for colour in "RGBA"}
    media = probed(write_exr(tmp_path / "named.exr", Part(channels=channels)))
    assert media.layers == ("aov.id", "beauty")
    assert media.main_layer == "beauty"
    assert media.video is not None
    assert (media.video.width, media.video.height, media.video.has_alpha) == (16, 8, True)
    [finding] = [finding for finding in media.findings if finding.code == "exr.no_default_layer"]
    assert finding.severity is Severity.WARNING


def test_the_first_of_several_parts_is_the_picture(tmp_path: Path) -> None:
    other = Part(name="diffuse", channels={f"diffuse.{c}": 0.5 for c in "RGB"})
    media = probed(write_exr(tmp_path / "parts.exr", Part(name="rgb"), other))
    assert media.video is not None
    assert (media.video.width, media.video.height) == (16, 8)
    assert media.layers == ()
    assert "diffuse" in message(media, "exr.parts")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Part(kind="deepscanline"), "deep image"),
        (Part(channels={"Y": 0.5, "RY": 0.0, "BY": 0.0}), "luminance and chroma"),
        (Part(channels={"Z": 1.0}), "no colour channels, only Z"),
        (Part(compression=42), "newer than ffmpeg"),
        (Part(chromaticities=(0.3, 0.3, 0.4, 0.4, 0.5, 0.5, 0.3, 0.3)), "chromaticities"),
    ],
)
def test_what_can_not_be_decoded_is_refused_in_plain_words(tmp_path: Path, part: Part, words: str) -> None:
    with pytest.raises(UnsupportedFormat, match=words) as caught:
        probed(write_exr(tmp_path / "odd.exr", part))
    assert caught.value.code == "source.unsupported"


@pytest.mark.parametrize(
    ("chromaticities", "tag", "words"),
    [(P3_D65, "smpte432", "P3-D65"), (AP1, None, "ACEScg"), (OWN, None, "its own")],
)  # fmt: skip
def test_other_primaries_are_noticed(
    tmp_path: Path, chromaticities: tuple[float, ...], tag: str | None, words: str
) -> None:
    media = probed(write_exr(tmp_path / "wide.exr", Part(chromaticities=chromaticities)))
    assert media.video is not None
    assert media.video.colour.primaries == tag
    assert media.video.chromaticities == pytest.approx(chromaticities)
    assert words in message(media, "exr.primaries")


@pytest.mark.parametrize("compression", ["none", "rle", "zip1", "zip16"])
def test_compressions(clips: Clips, compression: str) -> None:
    arguments = ("-c:v", "exr", "-format", "half", "-compression", compression)
    media = probe(SourceRef(path=str(clips.sequence("exr", frames=2, arguments=arguments)), is_sequence=True))
    assert media.frame_count == 2


def test_a_header_that_never_ends_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "endless.exr"
    file.write_bytes(
        b"v/1\x01" + struct.pack("<I", 2) + b"name\0string\0" + struct.pack("<i", 1 << 22) + b"x" * 5000
    )
    with pytest.raises(UnsupportedFormat):
        probed(file)


def test_a_window_of_absurd_size_is_refused(clips: Clips, tmp_path: Path) -> None:
    still = copied(clips.still("exr"), tmp_path)
    data = still.read_bytes()
    window = struct.pack("<4i", 0, 0, 319, 179)
    still.write_bytes(data.replace(window, struct.pack("<4i", 0, 0, 2**30, 2**30)))
    with pytest.raises(UnsupportedFormat):
        probed(still)
