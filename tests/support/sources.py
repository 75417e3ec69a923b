"""Hand-made `Media` values for tests of presets and plans, with the facts real probes gave."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from encode_media.model.media import AudioStream, ColourTags, Media, SourceKind, SourceRef, VideoStream
from encode_media.timebase import FrameSpan

BT709 = ColourTags(range="tv", matrix="bt709", primaries="bt709", transfer="bt709")
STEREO = AudioStream(index=1, codec="aac", sample_rate=48000, channels=2, layout="stereo", duration_s=Fraction(3))


def movie(
    path: str = "/shots/sh010_comp_v001.mov",
    *,
    container: str = "mov",
    audio: tuple[AudioStream, ...] = (STEREO,),
    timecode: str | None = None,
    **video: Any,
) -> Media:
    """A movie, 1280x720 H.264 at 24 with 72 frames unless told otherwise."""
    facts = {
        "index": 0, "codec": "h264", "profile": "High", "width": 1280, "height": 720, "pixel_format": "yuv420p",
        "frame_rate": Fraction(24), "frames": 72, "colour": BT709, **video,
    }  # fmt: skip
    facts.setdefault("duration_s", facts["frames"] / facts["frame_rate"])
    return Media(
        source=SourceRef(path=path), kind=SourceKind.MOVIE, container=container, size_bytes=5_000_000,
        video=VideoStream(**facts), audio=audio, timecode=timecode,
    )  # fmt: skip


def sequence(
    path: str = "/shots/anim/anim.%04d.png",
    first: int = 1001,
    last: int = 1024,
    *,
    missing: tuple[int, ...] = (),
    **video: Any,
) -> Media:
    """A sequence, 1280x720 8-bit PNG at 24 unless told otherwise."""
    span = FrameSpan(first=first, last=last)
    facts = {
        "index": 0, "codec": "png", "width": 1280, "height": 720, "pixel_format": "rgb24", "is_rgb": True,
        "frame_rate": Fraction(24), "frames": len(span) - len(missing),
        "colour": ColourTags(range="pc", matrix="gbr"), **video,
    }  # fmt: skip
    return Media(
        source=SourceRef(path=path, is_sequence=True), kind=SourceKind.SEQUENCE, container="image2",
        size_bytes=20_000_000, video=VideoStream(**facts), span=span, missing=missing,
    )  # fmt: skip


def exr_sequence(
    path: str = "/shots/beauty/beauty.%04d.exr", first: int = 1001, last: int = 1048, **video: Any
) -> Media:
    """A scene-linear half-float EXR sequence."""
    facts = {
        "codec": "exr", "pixel_format": "gbrpf16le", "bit_depth": 16, "is_float": True,
        "colour": ColourTags(transfer="linear"), **video,
    }  # fmt: skip
    return sequence(path, first, last, **facts)


def still(path: str = "/shots/concept.png", **video: Any) -> Media:
    """A single image."""
    media = sequence(path, 1, 1, **video)
    return replace(media, source=SourceRef(path=path), kind=SourceKind.STILL, span=None)
