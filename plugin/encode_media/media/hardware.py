"""Hardware encoders: which there are, and whether one really works here.

That an ffmpeg lists them proves nothing: most builds have them all compiled in, and what is missing is a
device or a driver. So each is tried with a tiny encode, and the answer kept as long as the program stays
the same (`Ffmpeg.can_run`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from encode_media.media.capabilities import Ffmpeg

FAMILIES = ("nvenc", "videotoolbox", "qsv", "amf", "vaapi")
"""Best first; a family that can't be on a system is not found there."""
FAMILY_NAMES: Mapping[str, str] = MappingProxyType({
    "nvenc": "NVIDIA NVENC", "videotoolbox": "Apple VideoToolbox", "qsv": "Intel Quick Sync", "amf": "AMD AMF",
    "vaapi": "VAAPI",
})  # fmt: skip
HARDWARE_FORMATS: Mapping[tuple[str, str], str] = MappingProxyType({
    ("h264", "yuv420p"): "nv12", ("hevc", "yuv420p"): "nv12", ("hevc", "yuv420p10le"): "p010le",
})  # fmt: skip
"""Codec and pixel format of ours that hardware makes too, and the form in which it takes the picture."""
_FIRST_VAAPI_DEVICE = "/dev/dri/renderD128"
_TRIAL_PICTURE = ("-f", "lavfi", "-i", "color=black:s=640x360:r=24", "-frames:v", "1")
"""Larger than the least size of any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What a plan needs to know of this machine. The default knows of no hardware at all."""

    works: Callable[[str, str, str], bool] = lambda _family, _codec, _pixel_format: False
    """Whether this family encodes this codec from this pixel format here."""
    vaapi_device: str = _FIRST_VAAPI_DEVICE

    def choose(self, wanted: str, codec: str, pixel_format: str) -> str | None:
        """The best family that works; `wanted` is `auto` or the only family allowed."""
        if (codec, pixel_format) not in HARDWARE_FORMATS:
            return None
        families = FAMILIES if wanted == "auto" else (wanted,)
        return next((family for family in families if self.works(family, codec, pixel_format)), None)


def hardware_of(ffmpeg: Ffmpeg) -> Hardware:
    """The hardware this ffmpeg can use here. Nothing is tried before it is asked for."""
    device = _vaapi_device()

    def works(family: str, codec: str, pixel_format: str) -> bool:
        return ffmpeg.can_run(_trial(family, codec, pixel_format, device))

    return Hardware(works=works, vaapi_device=device)


def encoder_name(family: str, codec: str) -> str:
    return f"{codec}_{family}"


def device_arguments(family: str, device: str) -> tuple[str, ...]:
    """What stands before everything else on a command line."""
    return ("-vaapi_device", device) if family == "vaapi" else ()


def upload_filters(family: str, codec: str, pixel_format: str) -> tuple[str, ...]:
    """How the finished picture is handed over; its colours are final by then, so they match software's."""
    hardware_format = HARDWARE_FORMATS[codec, pixel_format]
    if family == "nvenc" and pixel_format == "yuv420p":
        return ()
    return (f"format={hardware_format}", *(("hwupload",) if family == "vaapi" else ()))


def _trial(family: str, codec: str, pixel_format: str, device: str) -> tuple[str, ...]:
    filters = ",".join((f"format={pixel_format}", *upload_filters(family, codec, pixel_format)))
    encoder = ("-vf", filters, "-c:v", encoder_name(family, codec), "-f", "null", "-")
    return (*device_arguments(family, device), *_TRIAL_PICTURE, *encoder)


def _vaapi_device() -> str:
    """The first graphics device of this machine."""
    if not sys.platform.startswith("linux"):
        return _FIRST_VAAPI_DEVICE
    return next(iter(sorted(str(node) for node in Path("/dev/dri").glob("renderD*"))), _FIRST_VAAPI_DEVICE)
