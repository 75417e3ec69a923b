"""Sizes: the review ladder, fitting, even numbers. All pictures here are upright with square pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from encode_media.model.preset import SizeSpec

Size = tuple[int, int]
"""Width and height."""

RUNGS = (720, 1080, 1440, 2160)
"""Heights of the review ladder, lowest first; each stands for a 16:9 box of that height."""


def rung_box(rung: int, size: tuple[float, float]) -> Size:
    """The box of a ladder step, turned on its side for a portrait picture."""
    width, height = size
    across = round(rung * 16 / 9)
    return (rung, across) if height > width else (across, rung)


def highest_rung(size: Size) -> int:
    """The highest ladder step the picture fills without being enlarged; 0 below the lowest."""
    width, height = size
    reached = [rung for rung in RUNGS if width >= rung_box(rung, size)[0] or height >= rung_box(rung, size)[1]]
    return max(reached, default=0)


def parse_ratio(text: str) -> Fraction | None:
    """Width over height from `16:9`, `16/9` or `2.39`; None where it is none, or one that nobody can mean."""
    try:
        ratio = Fraction(text.strip().replace(":", "/"))
    except (ValueError, ZeroDivisionError):
        return None
    return ratio if Fraction(1, 10) <= ratio <= 10 else None  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Framing:
    """A picture scaled to `picture`, then cut or padded around its middle to `frame`."""

    picture: Size
    frame: Size


def framing(size: Size, wanted: SizeSpec, *, even: bool) -> Framing:
    """The frame that is wanted and how large the picture stands in it; with `even` all numbers are."""
    shape = frame_shape(wanted)
    if shape is None:
        fitted = fit(size, wanted, even=even)
        return Framing(fitted, fitted)
    frame = _frame(size, wanted, shape)
    outer = (_rounded(frame[0], even=even), _rounded(frame[1], even=even))
    if wanted.fit == "stretch":
        return Framing(outer, outer)
    factors = [have / length for have, length in zip(frame, size, strict=True)]
    factor = max(factors) if wanted.fit == "crop" else min(factors)
    if not wanted.upscale:
        factor = min(factor, wanted.scale or 1.0)
    inner = (_rounded(size[0] * factor, even=even), _rounded(size[1] * factor, even=even))
    limit = max if wanted.fit == "crop" else min
    return Framing((limit(inner[0], outer[0]), limit(inner[1], outer[1])), outer)


def frame_shape(wanted: SizeSpec) -> Fraction | None:
    """The shape the frame must have whatever the picture's is; None: the picture's own."""
    if wanted.width and wanted.height:
        return None if wanted.fit == "fit" else Fraction(wanted.width, wanted.height)
    return parse_ratio(wanted.aspect) if wanted.aspect else None


def _frame(size: Size, wanted: SizeSpec, shape: Fraction) -> tuple[float, float]:
    """Exactly what was said; else the shape around the picture (inside it for `crop`), within the limits."""
    if wanted.width and wanted.height:
        width, height = float(wanted.width), float(wanted.height)
    else:
        width, height = _shaped(size, shape, inside=wanted.fit == "crop")
        factor = _factor((width, height), wanted)
        width, height = width * factor, height * factor
    if wanted.upscale or wanted.fit not in ("crop", "stretch"):
        return width, height
    # A frame larger than the picture could only be filled by enlarging it.
    scale = wanted.scale or 1.0
    shares = (size[0] * scale / width, size[1] * scale / height)
    factor = min(1.0, min(shares) if wanted.fit == "crop" else max(shares))
    return width * factor, height * factor


def _shaped(size: Size, shape: Fraction, *, inside: bool) -> tuple[float, float]:
    width, height = size
    if (width > height * shape) is inside:
        return float(height * shape), float(height)
    return float(width), float(width / shape)


def _rounded(length: float, *, even: bool) -> int:
    return max(2, 2 * round(length / 2)) if even else max(1, round(length))


def fit(size: Size, wanted: SizeSpec, *, even: bool) -> Size:
    """The largest size of the picture's shape inside what is wanted.

    With `even` both numbers are (chroma subsampling needs it): the nearest even ones where the picture
    is scaled anyway, the next lower ones where it is not, so that a column can be cropped instead.
    """
    factor = _factor(size, wanted)
    if factor == 1:
        return (_even_below(size[0]), _even_below(size[1])) if even else size
    return _rounded(size[0] * factor, even=even), _rounded(size[1] * factor, even=even)


def _factor(size: tuple[float, float], wanted: SizeSpec) -> float:
    """How much a picture of this size is scaled: as told, and then into the limits."""
    scale = wanted.scale or 1.0
    boxes = [(wanted.width, wanted.height), (wanted.max_width, wanted.max_height)]
    if wanted.rung:
        boxes.append(rung_box(wanted.rung, size))
    factors = [limit / (length * scale) for box in boxes for limit, length in zip(box, size, strict=True) if limit]
    factor = min(factors, default=1.0)
    return scale * (factor if wanted.upscale else min(factor, 1.0))


def _even_below(length: int) -> int:
    return max(2, length - length % 2)
