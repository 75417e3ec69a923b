"""Which colour space a source is in, by its name and by what its file says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from encode_media.model.colour import ColourSpec
from encode_media.model.media import VideoStream
from encode_media.planning.colour import Light
from encode_media.planning.colour_source import source_colour

_TOLERANCE = 0.002
_CHROMATICITIES = (
    ((0.713, 0.293, 0.165, 0.830, 0.128, 0.044), ("ACEScg", "lin_ap1")),
    ((0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077), ("ACES2065-1", "aces2065_1", "lin_ap0")),
    ((0.708, 0.292, 0.170, 0.797, 0.131, 0.046), ("Linear Rec.2020", "lin_rec2020")),
    ((0.680, 0.320, 0.265, 0.690, 0.150, 0.060), ("Linear P3-D65", "lin_p3d65")),
)
"""Red, green and blue x and y by their standards, and the names configurations have for their linear light."""
_SCENE_LINEAR = ("scene_linear",)
_LOG = ("ADX10", "Cineon", "compositing_log")
_SRGB = ("sRGB - Texture", "sRGB Encoded Rec.709 (sRGB)", "srgb_tx", "srgb_texture", "sRGB", "srgb")
_BT709 = ("Rec.1886 Rec.709 - Display", "rec709_display", "Gamma 2.4 Encoded Rec.709", "Rec.709", "rec709")
_SHORTEST_NAME = 3
"""Letters: shorter names are found in any path."""


def named_in(path: str, spellings: Mapping[str, str]) -> str | None:
    """The colour space that stands last in the file's name or its folder's, as a word of its own.

    Args:
        path: of the source.
        spellings: every way to write a colour space, and its name.
    """
    words = "/".join(PurePosixPath(path.replace("\\", "/")).parts[-2:])
    found = [
        (match.end(), len(spelling), name)
        for spelling, name in spellings.items()
        if len(spelling) >= _SHORTEST_NAME
        for match in re.finditer(_as_word(spelling), words, re.IGNORECASE)
    ]
    return max(found)[2] if found else None


def _as_word(spelling: str) -> str:
    """The name between separators; those inside it may be written differently."""
    parts = [re.escape(part) for part in re.split(r"[^0-9A-Za-z]+", spelling) if part]
    return rf"(?<![0-9A-Za-z]){'[^0-9A-Za-z/]*'.join(parts)}(?![0-9A-Za-z])"


def candidates(spec: ColourSpec, video: VideoStream) -> Iterator[tuple[tuple[str, ...], str]]:
    """Names and roles to look for, with the reason, likeliest first."""
    if video.chromaticities:
        for primaries, names in _CHROMATICITIES:
            near = zip(video.chromaticities, primaries, strict=False)
            if all(abs(a - b) <= _TOLERANCE for a, b in near):
                yield names, "its chromaticities say so"
    light = source_colour(video, spec).light
    if light is Light.SCENE_LINEAR:
        yield _SCENE_LINEAR, "it is linear light and says no more: the role scene_linear"
    elif light is Light.LOG:
        yield _LOG, "it is a film scan"
    elif light is Light.RGB:
        yield _SRGB, "it is an image as displayed"
    else:
        yield _BT709, "it is video"
