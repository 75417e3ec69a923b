"""Why a preset has no option for a bit rate or a file size: what its codecs are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from encode_media.presets.codecs import CODECS

RATE_OPTIONS = frozenset({"bitrate", "max_bitrate", "target_size", "passes"})
"""As the built-in presets call them that offer them."""
_WHY = {
    "prores": "the profile of ProRes and the size of the picture decide how many bits a frame has",
    "dnxhr": "DNxHR gives every frame the same bits, as many as its profile and the size of the picture say",
    "png": "PNG loses nothing, so the picture alone decides how many bits it needs",
    "exr": "OpenEXR loses nothing here, so the picture alone decides how many bits it needs",
    "mjpeg": "JPEG is made by quality, and the picture decides how many bits that needs",
    "gif": "GIF keeps each picture of 256 colours as it is; fewer pixels, frames or seconds make it smaller",
    "webp": "WebP is made by quality; fewer pixels, frames or seconds make it smaller",
}


def why_no_rate(option: str, outputs: Sequence[Mapping[str, Any]]) -> str:
    """The reason for people; empty where the option is another one, or a codec of the outputs has a rate."""
    videos = [output.get("video") for output in outputs]
    codecs = {str(video.get("codec")) for video in videos if isinstance(video, Mapping)}
    if option not in RATE_OPTIONS or any(name in CODECS and CODECS[name].passes for name in codecs):
        return ""
    return "; ".join(reason for name, reason in _WHY.items() if name in codecs)
