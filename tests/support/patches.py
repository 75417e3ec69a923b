"""Sixteen flat patches, written as images and read back from encodes without any conversion by ffmpeg.

The error of a patch is the distance between the colour that went in and the mean colour that comes out, in
8-bit code values, converted from the raw planes with floating-point maths of our own.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

COLOURS = (
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 255), (255, 0, 255), (255, 255, 0),
    (255, 255, 255), (0, 0, 0), (64, 64, 64), (128, 128, 128), (192, 192, 192), (231, 231, 231),
    (224, 172, 145), (120, 79, 62), (76, 108, 60), (56, 61, 150),
)  # fmt: skip
"""Primaries, secondaries, white, black, greys, two skins, foliage and a deep blue, as sRGB display values."""

COLUMNS = 4
PATCH = 80
"""Pixels; the inner half is measured, away from edges that scaling and chroma subsampling smear."""
SIZE = (COLUMNS * PATCH, len(COLOURS) // COLUMNS * PATCH)
MATRICES = {"bt709": (0.2126, 0.0722), "bt601": (0.299, 0.114), "bt2020": (0.2627, 0.0593)}
"""Luma weights of red and blue."""

FloatImage = NDArray[np.float64]


@dataclass(frozen=True)
class RawVideo:
    """How a file's picture is stored, and so how its planes are read."""

    pixel_format: str
    matrix: str = "bt709"
    full_range: bool = False


def chart() -> FloatImage:
    """The patches as an image of display values from 0 to 1, height x width x 3."""
    rows = [COLOURS[start : start + COLUMNS] for start in range(0, len(COLOURS), COLUMNS)]
    small = np.array(rows, dtype=np.float64) / 255
    return small.repeat(PATCH, axis=0).repeat(PATCH, axis=1)


def to_linear(display: FloatImage) -> FloatImage:
    """The sRGB curve undone."""
    return np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)


def to_yuv(display: FloatImage, matrix: str, *, bits: int, full_range: bool) -> list[NDArray[np.uint16]]:
    """Y, U and V planes of full size."""
    weight_r, weight_b = MATRICES[matrix]
    red, green, blue = (display[..., channel] for channel in range(3))
    luma = weight_r * red + (1 - weight_r - weight_b) * green + weight_b * blue
    chroma = [(blue - luma) / (2 * (1 - weight_b)), (red - luma) / (2 * (1 - weight_r))]
    scale = 1 << (bits - 8)
    top = (1 << bits) - 1
    if full_range:
        planes = [luma * top, *(plane * top + (top + 1) / 2 for plane in chroma)]
    else:
        planes = [luma * 219 * scale + 16 * scale, *(plane * 224 * scale + 128 * scale for plane in chroma)]
    return [np.clip(np.rint(plane), 0, top).astype(np.uint16) for plane in planes]


def write_rgb(
    ffmpeg: str, path: Path, *, pixel_format: str = "rgb24", alpha: float = 1.0, frames: int = 1
) -> None:
    """The chart as a PNG, EXR or TIFF; EXR scene-linear. `path` with `%04d` is numbered from 1001."""
    display = chart()
    if path.suffix == ".exr":
        planes = to_linear(display).astype("<f4")
        raw = b"".join(planes[..., channel].tobytes() for channel in (1, 2, 0))  # gbrpf32le
        source = "gbrpf32le"
    elif pixel_format in ("rgb48be", "rgba64be"):
        raw, source = _packed(display, alpha if "a" in pixel_format else None, 65535, ">u2"), pixel_format
    else:
        raw, source = _packed(display, alpha if pixel_format == "rgba" else None, 255, "u1"), pixel_format
    arguments = ["-f", "rawvideo", "-pixel_format", source, "-video_size", f"{SIZE[0]}x{SIZE[1]}", "-i", "pipe:0"]
    if path.suffix == ".exr":
        arguments += ["-c:v", "exr", "-format", pixel_format if pixel_format in ("half", "float") else "half"]
    else:
        arguments += ["-pix_fmt", source]
    numbering = ["-start_number", "1001"] if "%" in path.name else ["-update", "1"]
    run(ffmpeg, [*arguments, *numbering, str(path)], raw * frames)


def _packed(display: FloatImage, alpha: float | None, top: int, kind: str) -> bytes:
    image = display if alpha is None else np.dstack([display, np.full(display.shape[:2], alpha)])
    return np.rint(image * top).astype(kind).tobytes()


def write_video(
    ffmpeg: str, path: Path, *, matrix: str, bits: int = 8, full_range: bool = False, frames: int = 6,
    tags: tuple[str, ...] = (), image: FloatImage | None = None,
) -> FloatImage:  # fmt: skip
    """The chart as lossless 4:4:4 FFV1, of our own matrix and range; tagged only by what `tags` says.

    Gives the picture that is in the file: rounding to YUV has moved the colours a little already.
    """
    planes = to_yuv(chart() if image is None else image, matrix, bits=bits, full_range=full_range)
    kind = "u1" if bits == 8 else "<u2"
    raw = b"".join(plane.astype(kind).tobytes() for plane in planes)
    pixel_format = "yuv444p" if bits == 8 else f"yuv444p{bits}le"
    arguments = ["-f", "rawvideo", "-pixel_format", pixel_format, "-video_size", f"{SIZE[0]}x{SIZE[1]}",
                 "-framerate", "24", "-i", "pipe:0"]  # fmt: skip
    filters = ["-vf", f"setparams={':'.join(tags)}"] if tags else []
    if full_range:
        # Said to the encoder as well, or ffmpeg 9 converts to limited range before it.
        filters += ["-color_range", "pc"]
    run(ffmpeg, [*arguments, *filters, "-c:v", "ffv1", str(path)], raw * frames)
    luma, u, v = (plane.astype(np.float64) for plane in planes)
    return _from_yuv(luma, u, v, RawVideo(pixel_format, matrix, full_range), bits)


def worst_error(ffmpeg: str, path: Path, stored: RawVideo, expected: FloatImage | None = None) -> float:
    """The largest error of any channel of any patch in the first frame, in 8-bit code values."""
    found = read_display(ffmpeg, path, stored)
    return float(np.abs(patch_means(found) - patch_means(chart() if expected is None else expected)).max() * 255)


def patch_means(image: FloatImage) -> FloatImage:
    """The mean colour of the inside of every patch; the image may have any size."""
    height, width = image.shape[:2]
    rows = len(COLOURS) // COLUMNS
    means = []
    for row in range(rows):
        for column in range(COLUMNS):
            top, left = row * height // rows, column * width // COLUMNS
            inside = image[
                top + height // rows // 4 : top + height // rows * 3 // 4,
                left + width // COLUMNS // 4 : left + width // COLUMNS * 3 // 4,
            ]
            means.append(inside.mean(axis=(0, 1)))
    return np.array(means)


def read_display(ffmpeg: str, path: Path, stored: RawVideo) -> FloatImage:
    """The first frame as display values, from its raw planes."""
    width, height = picture_size(path)
    raw = run(ffmpeg, ["-i", str(path), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", stored.pixel_format,
                       "pipe:1"])  # fmt: skip
    if stored.pixel_format.startswith("rgb"):
        deep = "48" in stored.pixel_format
        samples = np.frombuffer(raw, ">u2" if deep else "u1").reshape(height, width, 3)
        return samples / (65535 if deep else 255)
    return _from_planes(raw, width, height, stored)


def picture_size(path: Path) -> tuple[int, int]:
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.codec_context.width, stream.codec_context.height


def _from_planes(raw: bytes, width: int, height: int, stored: RawVideo) -> FloatImage:
    bits = 10 if "p10" in stored.pixel_format else 8
    samples = np.frombuffer(raw, "<u2" if bits > 8 else "u1")
    across = 1 if "444" in stored.pixel_format else 2
    down = 2 if "420" in stored.pixel_format else 1
    chroma_shape = (-(-height // down), -(-width // across))
    luma = samples[: width * height].reshape(height, width).astype(np.float64)
    chroma = samples[width * height :].reshape(2, *chroma_shape).astype(np.float64)
    u, v = (plane.repeat(down, axis=0).repeat(across, axis=1)[:height, :width] for plane in chroma)
    return _from_yuv(luma, u, v, stored, bits)


def _from_yuv(luma: FloatImage, u: FloatImage, v: FloatImage, stored: RawVideo, bits: int) -> FloatImage:
    scale, top = 1 << (bits - 8), (1 << bits) - 1
    if stored.full_range:
        luma, u, v = luma / top, (u - (top + 1) / 2) / top, (v - (top + 1) / 2) / top
    else:
        luma = (luma - 16 * scale) / (219 * scale)
        u, v = (u - 128 * scale) / (224 * scale), (v - 128 * scale) / (224 * scale)
    weight_r, weight_b = MATRICES[stored.matrix]
    red = luma + 2 * (1 - weight_r) * v
    blue = luma + 2 * (1 - weight_b) * u
    green = (luma - weight_r * red - weight_b * blue) / (1 - weight_r - weight_b)
    return np.clip(np.dstack([red, green, blue]), 0, 1)


def run(ffmpeg: str, arguments: list[str], given: bytes = b"", cwd: Path | None = None) -> bytes:
    """Runs ffmpeg; its stdout, or a failed test with its own words."""
    command = [ffmpeg, "-hide_banner", "-v", "error", "-y", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def to_bt2020(light: FloatImage) -> FloatImage:
    """Linear light of BT.709 primaries in those of BT.2020 (ITU-R BT.2087)."""
    matrix = np.array([
        [0.627404, 0.329283, 0.043313], [0.069097, 0.919540, 0.011362], [0.016391, 0.088013, 0.895595],
    ])  # fmt: skip
    return np.clip(light @ matrix.T, 0, None)


def to_pq(display: FloatImage, white_nits: float) -> FloatImage:
    """SRGB display values as PQ in BT.2020 primaries, SDR white at `white_nits` (SMPTE ST 2084)."""
    powered = (to_bt2020(to_linear(display)) * white_nits / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * powered) / (1 + 2392 / 128 * powered)) ** (2523 / 32)


def to_wide_sdr(display: FloatImage) -> FloatImage:
    """SRGB display values in BT.2020 primaries, with the sRGB curve."""
    wide = to_bt2020(to_linear(display))
    return np.where(wide <= 0.0031308, wide * 12.92, 1.055 * wide ** (1 / 2.4) - 0.055)
