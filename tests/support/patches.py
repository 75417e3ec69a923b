"""The patches of the self-test as pictures: for tests that look at more than the chart.

Writing, reading and judging the chart itself is `encode_media.media.patches`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encode_media.media import patches
from encode_media.media.patches import COLOURS, COLUMNS, MATRICES, PATCH, ROWS, SIZE, RawVideo, run, write_rgb

__all__ = [
    "COLOURS", "SIZE", "FloatImage", "RawVideo", "chart", "patch_means", "picture_size", "read_display", "run",
    "to_bt2020", "to_linear", "to_pq", "to_wide_sdr", "worst_error", "write_rgb", "write_video",
]  # fmt: skip

FloatImage = NDArray[np.float64]
picture_size = patches.picture_size


def chart() -> FloatImage:
    """The patches as an image of display values from 0 to 1, height x width x 3."""
    return _image(patches.chart())


def _image(colours: patches.Patches) -> FloatImage:
    return np.array(colours).reshape(ROWS, COLUMNS, 3).repeat(PATCH, axis=0).repeat(PATCH, axis=1)


def to_linear(display: FloatImage) -> FloatImage:
    """The sRGB curve undone."""
    return np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)


def write_video(
    ffmpeg: str, path: Path, *, matrix: str, bits: int = 8, full_range: bool = False, frames: int = 6,
    tags: tuple[str, ...] = (), image: FloatImage | None = None,
) -> FloatImage:  # fmt: skip
    """`patches.write_video` of the chart, or of another image of flat patches."""
    colours = None if image is None else tuple(tuple(float(v) for v in mean) for mean in patch_means(image))
    return _image(
        patches.write_video(
            ffmpeg, path, matrix=matrix, bits=bits, full_range=full_range, frames=frames, tags=tags,
            patches=colours,  # type: ignore[arg-type]
        )
    )  # fmt: skip


def worst_error(ffmpeg: str, path: Path, stored: RawVideo, expected: FloatImage | None = None) -> float:
    """The largest error of any channel of any patch in the first frame, in 8-bit code values."""
    found = read_display(ffmpeg, path, stored)
    return float(np.abs(patch_means(found) - patch_means(chart() if expected is None else expected)).max() * 255)


def patch_means(image: FloatImage) -> FloatImage:
    """The mean colour of the inside of every patch; the image may have any size."""
    height, width = image.shape[:2]
    means = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            top, left = row * height // ROWS, column * width // COLUMNS
            inside = image[
                top + height // ROWS // 4 : top + height // ROWS * 3 // 4,
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
