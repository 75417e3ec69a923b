"""What an OpenEXR header adds to what the decoder says: layers, windows, colours, and what can't be decoded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from encode_media.errors import failure
from encode_media.media import exr
from encode_media.media.findings import find
from encode_media.model.media import ColourTags, Finding, Severity, VideoStream

_MAGIC_LENGTH = 4
_KNOWN_PRIMARIES = (
    ("bt709", "BT.709", (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)),
    ("bt2020", "BT.2020", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)),
    ("smpte431", "DCI-P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351)),
    ("smpte432", "P3-D65", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)),
    (None, "ACEScg (AP1)", (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)),
    (None, "ACES2065-1 (AP0)", (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)),
)
"""ffmpeg's name where it has one, what people say, and the chromaticities by their standards."""
FLOAT_DWA = "exr.float_dwa"
_DWA = ("dwaa", "dwab")
_TOLERANCE = 0.002
_LEAST_AREA = 0.001
"""Of the triangle of the primaries; BT.709's has 0.11."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExrPicture:
    layers: tuple[str, ...]
    colour: ColourTags
    findings: tuple[Finding, ...]
    chromaticities: tuple[float, ...] | None = None
    """Those that are not BT.709's."""
    later_layers: tuple[str, ...] = ()
    """Pictures in parts that can't be read."""
    main_layer: str = ""
    """The one to show where there is no default picture."""
    video: VideoStream | None = None
    """From the header alone, where there is no default layer to decode."""

    def at_rate(self, rate: Fraction) -> VideoStream | None:
        return replace(self.video, frame_rate=rate, duration_s=1 / rate) if self.video else None


def read_exr_picture(path: str) -> ExrPicture | None:
    """None: it is not OpenEXR, or its header is damaged, which the decoder says better.

    Raises:
        UnsupportedFormat: a kind of OpenEXR that ffmpeg can't decode.
        SourceMissing: not there or not readable.
    """
    try:
        with open(path, "rb") as file:
            if not exr.is_exr(file.read(_MAGIC_LENGTH)):
                return None
            header = exr.read_header(file)
    except PermissionError as error:
        raise failure("source.unreadable", path=path) from error
    except FileNotFoundError as error:
        raise failure("source.missing", path=path) from error
    except exr.ExrDamaged:
        return None
    _require_supported(header, path)
    stated = header.parts[0].chromaticities
    primaries, colour_name = _primaries(stated)
    other = stated if colour_name != "BT.709" else None
    _require_area(other, path)
    return ExrPicture(
        layers=header.layers,
        later_layers=header.later_layers,
        colour=ColourTags(range="pc", matrix="gbr", primaries=primaries, transfer="linear"),
        findings=tuple(_findings(header, colour_name)),
        chromaticities=other,
        main_layer="" if header.has_default_layer else header.main_layer,
        video=None if header.has_default_layer else replace(_video(header), chromaticities=other),
    )


def _require_supported(header: exr.ExrHeader, path: str) -> None:
    first = header.parts[0]
    what = "it" if len(header.parts) == 1 else f"its first part{f' ({first.name})' if first.name else ''}"
    problem = ""
    if first.compression.startswith("unknown"):
        name = first.compression.removeprefix("unknown ")
        problem = f"the compression of {what} is newer than ffmpeg ({name}); ZIP, PIZ and DWA are read"
    elif first.is_deep:
        problem = f"{what} is a deep image, which has no flat picture"
    elif first.subsampled or {"RY", "BY"} & set(first.channels):
        problem = f"{what} stores luminance and chroma, which is not supported"
    elif not header.has_default_layer and not header.layers:
        problem = f"{what} has no colour channels, only {', '.join(sorted(first.channels))}"
    if problem and header.later_layers:
        problem += f"; ffmpeg reads no other part, where there would be {', '.join(header.later_layers)}"
    if problem:
        raise failure("source.unsupported", path=path, problem=problem)


def _require_area(chromaticities: tuple[float, ...] | None, path: str) -> None:
    """Three primaries on one line, or a white without light, stand for no colours at all."""
    if chromaticities is None:
        return
    (rx, ry, gx, gy, bx, by, _, white_y) = chromaticities
    area = abs((gx - rx) * (by - ry) - (bx - rx) * (gy - ry)) / 2
    if not all(map(math.isfinite, chromaticities)) or area < _LEAST_AREA or min(ry, gy, white_y) <= 0 or not by:
        raise failure("source.unsupported", path=path, problem="the chromaticities in its header make no sense")


def _primaries(stated: tuple[float, ...] | None) -> tuple[str | None, str]:
    if stated is None:
        return "bt709", "BT.709"
    for tag, name, values in _KNOWN_PRIMARIES:
        if all(abs(a - b) <= _TOLERANCE for a, b in zip(stated, values, strict=True)):
            return tag, name
    return None, "of its own"


def _findings(header: exr.ExrHeader, colour_name: str) -> Iterator[Finding]:
    first = header.parts[0]
    if header.layers:
        text = f"There {'is a layer' if len(header.layers) == 1 else 'are layers'} beside the picture: "
        if not header.has_default_layer:
            text = f"There is no default picture; the layer {header.main_layer} is shown, of these: "
        yield find(
            "exr.layers" if header.has_default_layer else "exr.no_default_layer",
            Severity.INFO if header.has_default_layer else Severity.WARNING,
            f"{text}{', '.join(header.layers)}.",
        )
    if first.data_window != first.display_window:
        text = "The rendered area is not the picture area; what lies outside is cut, what it leaves open is black."
        yield find("exr.data_window", Severity.INFO, text)
    if colour_name != "BT.709":
        text = f"The colours are {colour_name}, not BT.709; they are converted."
        yield find("exr.primaries", Severity.INFO, text)
    if len(header.parts) > 1:
        others = ", ".join(part.name or "without a name" for part in header.parts[1:])
        yield find("exr.parts", Severity.INFO, f"Only the first part of the file is read, not: {others}.")
    kinds = {kind for name, kind in first.channels.items() if name[-1] in "RGB"}
    if first.compression in _DWA and "float" in kinds:
        name = first.compression.upper()
        text = f"Its 32-bit floats are compressed with {name}, which ffmpeg before 8 reads wrongly."
        yield find(FLOAT_DWA, Severity.INFO, text)


def _video(header: exr.ExrHeader) -> VideoStream:
    part = header.parts[0]
    width, height = part.size
    half = "half" in part.channels.values()
    alpha = any(name.rpartition(".")[2] == "A" for name in part.channels)
    return VideoStream(
        index=0,
        codec="exr",
        width=width,
        height=height,
        pixel_format=f"gbr{'a' if alpha else ''}pf{16 if half else 32}le",
        bit_depth=16 if half else 32,
        is_rgb=True,
        is_float=True,
        has_alpha=alpha,
        sample_aspect=Fraction(part.pixel_aspect).limit_denominator(1000),
        frame_rate=Fraction(24),
        frames=1,
        colour=ColourTags(range="pc", matrix="gbr", primaries="bt709", transfer="linear"),
    )
