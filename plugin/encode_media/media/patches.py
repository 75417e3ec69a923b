"""Sixteen flat patches, written in any form and read back without a conversion by ffmpeg.

What comes out is the mean colour of each patch, from the raw planes, by arithmetic of our own.
"""

from __future__ import annotations

import subprocess
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encode_media.errors import failure
from encode_media.settings import child_environment

Colour = tuple[float, float, float]
Patches = tuple[Colour, ...]
"""Display values from 0 to 1, row by row."""

COLOURS = (
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 255), (255, 0, 255), (255, 255, 0),
    (255, 255, 255), (0, 0, 0), (64, 64, 64), (128, 128, 128), (192, 192, 192), (231, 231, 231),
    (224, 172, 145), (120, 79, 62), (76, 108, 60), (56, 61, 150),
)  # fmt: skip
"""Primaries, secondaries, white, black, greys, two skins, foliage and a deep blue, as sRGB display values."""

COLUMNS = 4
PATCH = 80
"""Pixels; the inner half is measured, away from edges that scaling and chroma subsampling smear."""
ROWS = len(COLOURS) // COLUMNS
SIZE = (COLUMNS * PATCH, ROWS * PATCH)
MATRICES = {"bt709": (0.2126, 0.0722), "bt601": (0.299, 0.114), "bt2020": (0.2627, 0.0593)}
"""Luma weights of red and blue."""
_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class RawVideo:
    """How a file's picture is stored, and so how its planes are read."""

    pixel_format: str
    matrix: str = "bt709"
    full_range: bool = False

    @property
    def bits(self) -> int:
        if "f32" in self.pixel_format:
            return 32
        if any(deep in self.pixel_format for deep in ("48", "64", "p16")):
            return 16
        return next((bits for bits in (10, 12) if f"p{bits}" in self.pixel_format), 8)


def chart() -> Patches:
    return tuple((red / 255, green / 255, blue / 255) for red, green, blue in COLOURS)


def to_linear(value: float) -> float:
    """The sRGB curve undone (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004


def to_display(value: float) -> float:
    """The sRGB curve."""
    return value * 12.92 if value <= 0.0031308 else float(1.055 * value ** (1 / 2.4) - 0.055)  # noqa: PLR2004


def run(ffmpeg: str, arguments: Sequence[str], data: bytes | None = None, *, cwd: Path | None = None) -> bytes:
    """What ffmpeg writes to its output.

    Raises:
        EncodeFailed: it did not end well.
    """
    argv = [ffmpeg, "-hide_banner", "-v", "error", "-y", *arguments]
    try:
        done = subprocess.run(
            argv, input=data, stdin=subprocess.DEVNULL if data is None else None, capture_output=True, check=False,
            timeout=_TIMEOUT_S, cwd=cwd, env=child_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise failure("ffmpeg.failed", problem=f"no end within {_TIMEOUT_S:g} s") from error
    if done.returncode:
        raise failure("ffmpeg.failed", problem=done.stderr.decode(errors="replace").strip()[-500:])
    return done.stdout


def write_rgb(
    ffmpeg: str, path: Path, *, pixel_format: str = "rgb24", alpha: float = 1.0, frames: int = 1
) -> None:
    """The chart as a PNG, EXR or TIFF; EXR scene-linear. `path` with `%04d` is numbered from 1001."""
    arguments = ["-f", "rawvideo", "-video_size", f"{SIZE[0]}x{SIZE[1]}"]
    if path.suffix == ".exr":
        linear = [[to_linear(value) for value in colour] for colour in chart()]
        raw = b"".join(_plane([colour[channel] for colour in linear], "f") for channel in (1, 2, 0))
        arguments += ["-pixel_format", "gbrpf32le", "-i", "pipe:0", "-c:v", "exr"]
        arguments += ["-format", pixel_format if pixel_format in ("half", "float") else "half"]
    else:
        with_alpha = "rgba" in pixel_format
        raw = _packed([(*colour, alpha) if with_alpha else colour for colour in chart()], pixel_format)
        arguments += ["-pixel_format", pixel_format, "-i", "pipe:0", "-pix_fmt", pixel_format]
    numbering = ["-start_number", "1001"] if "%" in path.name else ["-update", "1"]
    run(ffmpeg, [*arguments, *numbering, str(path)], raw * frames)


def write_video(
    ffmpeg: str, path: Path, *, matrix: str, bits: int = 8, full_range: bool = False, frames: int = 6,
    tags: tuple[str, ...] = (), patches: Patches | None = None,
) -> Patches:  # fmt: skip
    """The chart as lossless 4:4:4 FFV1, of our own matrix and range; tagged only by what `tags` says.

    Gives the colours that are in the file: rounding to YUV has moved them a little already.
    """
    numbers = [_to_yuv(colour, matrix, bits=bits, full_range=full_range) for colour in patches or chart()]
    raw = b"".join(_plane([number[place] for number in numbers], "B" if bits == 8 else "H") for place in range(3))  # noqa: PLR2004
    pixel_format = "yuv444p" if bits == 8 else f"yuv444p{bits}le"  # noqa: PLR2004
    arguments = ["-f", "rawvideo", "-pixel_format", pixel_format, "-video_size", f"{SIZE[0]}x{SIZE[1]}",
                 "-framerate", "24", "-i", "pipe:0"]  # fmt: skip
    filters = ["-vf", f"setparams={':'.join(tags)}"] if tags else []
    if full_range:
        # Said to the encoder as well, or ffmpeg 9 converts to limited range before it.
        filters += ["-color_range", "pc"]
    run(ffmpeg, [*arguments, *filters, "-c:v", "ffv1", str(path)], raw * frames)
    stored = RawVideo(pixel_format, matrix, full_range)
    return tuple(_from_yuv((float(y), float(u), float(v)), stored) for y, u, v in numbers)


def read_patches(ffmpeg: str, path: Path, stored: RawVideo, *, decoder: str = "") -> Patches:
    """The mean colour of each patch in the first frame; transparency is left out."""
    width, height = picture_size(path)
    forced = ["-c:v", decoder] if decoder else []
    # zscale widens half floats as they are; ffmpeg 9's own conversion goes by 16-bit whole numbers.
    same = "zscale=min=gbr:m=gbr:rin=full:r=full:tin=linear:t=linear,format=gbrpf32le"
    floats = ["-vf", same] if stored.bits == 32 else []  # noqa: PLR2004 - a float
    raw = run(ffmpeg, [*forced, "-i", str(path), *floats, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt",
                       stored.pixel_format, "pipe:1"])  # fmt: skip
    if stored.pixel_format.startswith("rgb"):
        return _means_of_packed(raw, width, height, stored)
    planes = list(_planes(raw, width, height, stored))
    means = [_means(*plane) for plane in planes[:3]]
    if stored.bits == 32:  # noqa: PLR2004 - a float
        return tuple((_shown(r), _shown(g), _shown(b)) for g, b, r in zip(*means, strict=True))
    return tuple(_from_yuv((y, u, v), stored) for y, u, v in zip(*means, strict=True))


def _shown(light: float) -> float:
    """Light beyond 0 and 1, which YUV and EXR may hold, as every screen clips it."""
    return to_display(min(max(light, 0.0), 1.0))


def worst_error(found: Patches, wanted: Patches) -> float:
    """The largest error of any channel of any patch, in 8-bit code values."""
    pairs = zip(found, wanted, strict=True)
    return 255 * max(abs(have - want) for a, b in pairs for have, want in zip(a, b, strict=True))


def picture_size(path: Path) -> tuple[int, int]:
    import av

    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        return context.width, context.height


def _plane(values: Sequence[float], kind: str) -> bytes:
    """A plane of the chart from a number for each patch."""
    rows = []
    for row in range(ROWS):
        line: array[Any] = array(kind)
        for value in values[row * COLUMNS : (row + 1) * COLUMNS]:
            line.extend([value if kind == "f" else round(value)] * PATCH)
        rows.append(_little(line).tobytes() * PATCH)
    return b"".join(rows)


def _packed(colours: Sequence[Sequence[float]], pixel_format: str) -> bytes:
    deep = "48" in pixel_format or "64" in pixel_format
    size, top = (2, 65535) if deep else (1, 255)
    rows = []
    for row in range(ROWS):
        line = b""
        for colour in colours[row * COLUMNS : (row + 1) * COLUMNS]:
            line += b"".join(round(value * top).to_bytes(size, "big") for value in colour) * PATCH
        rows.append(line * PATCH)
    return b"".join(rows)


def _to_yuv(colour: Colour, matrix: str, *, bits: int, full_range: bool) -> tuple[int, int, int]:
    weight_r, weight_b = MATRICES[matrix]
    red, green, blue = colour
    luma = weight_r * red + (1 - weight_r - weight_b) * green + weight_b * blue
    chroma = ((blue - luma) / (2 * (1 - weight_b)), (red - luma) / (2 * (1 - weight_r)))
    scale, top = 1 << (bits - 8), (1 << bits) - 1
    if full_range:
        numbers = (luma * top, *(value * top + (top + 1) / 2 for value in chroma))
    else:
        numbers = (luma * 219 * scale + 16 * scale, *(value * 224 * scale + 128 * scale for value in chroma))
    y, u, v = (min(max(round(number), 0), top) for number in numbers)
    return y, u, v


def _from_yuv(numbers: Colour, stored: RawVideo) -> Colour:
    """YUV numbers to display values; full range of `yuvj` is JPEG's."""
    weight_r, weight_b = MATRICES[stored.matrix]
    scale, top = 1 << (stored.bits - 8), (1 << stored.bits) - 1
    y, u, v = numbers
    if stored.full_range:
        y, u, v = y / top, (u - (top + 1) / 2) / top, (v - (top + 1) / 2) / top
    else:
        y, u, v = (y / scale - 16) / 219, (u / scale - 128) / 224, (v / scale - 128) / 224
    red, blue = y + 2 * (1 - weight_r) * v, y + 2 * (1 - weight_b) * u
    green = (y - weight_r * red - weight_b * blue) / (1 - weight_r - weight_b)
    # As every screen clips them.
    red, green, blue = (min(max(value, 0.0), 1.0) for value in (red, green, blue))
    return red, green, blue


def _planes(raw: bytes, width: int, height: int, stored: RawVideo) -> Iterator[tuple[Sequence[float], int, int]]:
    """Samples, width and height of each plane."""
    kind = {8: "B", 32: "f"}.get(stored.bits, "H")
    samples: array[Any] = array(kind)
    samples.frombytes(raw[: len(raw) - len(raw) % samples.itemsize])
    samples = _little(samples)
    across = 2 if "420" in stored.pixel_format or "422" in stored.pixel_format else 1
    down = 2 if "420" in stored.pixel_format else 1
    start = 0
    for place in range(3):
        wide, high = (width, height) if place == 0 else (-(-width // across), -(-height // down))
        yield samples[start : start + wide * high], wide, high
        start += wide * high


def _means_of_packed(raw: bytes, width: int, height: int, stored: RawVideo) -> Patches:
    channels = 4 if "rgba" in stored.pixel_format else 3
    samples = array("H" if stored.bits == 16 else "B")  # noqa: PLR2004
    samples.frombytes(raw)
    if stored.bits == 16 and stored.pixel_format.endswith("be") == (sys.byteorder == "little"):  # noqa: PLR2004
        samples.byteswap()
    top = (1 << stored.bits) - 1
    red, green, blue = ([mean / top for mean in _means(samples[at::channels], width, height)] for at in range(3))
    return tuple(zip(red, green, blue, strict=True))


def _means(samples: Sequence[float], width: int, height: int) -> list[float]:
    """The mean of the inside of every patch; the picture may have any size."""
    means = []
    for place in range(len(COLOURS)):
        row, column = divmod(place, COLUMNS)
        left = column * width // COLUMNS + width // COLUMNS // 4
        right = column * width // COLUMNS + width // COLUMNS * 3 // 4
        top = row * height // ROWS + height // ROWS // 4
        bottom = row * height // ROWS + height // ROWS * 3 // 4
        total = sum(sum(samples[y * width + left : y * width + right]) for y in range(top, bottom))
        means.append(total / ((right - left) * (bottom - top)))
    return means


def _little(samples: array[Any]) -> array[Any]:
    if sys.byteorder == "big" and samples.itemsize > 1:
        samples.byteswap()
    return samples
