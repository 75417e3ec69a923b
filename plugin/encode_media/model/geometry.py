"""Sizes: the review ladder, fitting, even numbers. All pictures here are upright with square pixels."""

from __future__ import annotations

from encode_media.model.preset import SizeSpec

Size = tuple[int, int]
"""Width and height."""

RUNGS = (720, 1080, 1440, 2160)
"""Heights of the review ladder, lowest first; each stands for a 16:9 box of that height."""


def rung_box(rung: int, size: Size) -> Size:
    """The box of a ladder step, turned on its side for a portrait picture."""
    width, height = size
    across = round(rung * 16 / 9)
    return (rung, across) if height > width else (across, rung)


def highest_rung(size: Size) -> int:
    """The highest ladder step the picture fills without being enlarged; 0 below the lowest."""
    width, height = size
    reached = [rung for rung in RUNGS if width >= rung_box(rung, size)[0] or height >= rung_box(rung, size)[1]]
    return max(reached, default=0)


def fit(size: Size, wanted: SizeSpec, *, even: bool) -> Size:
    """The largest size of the picture's shape inside what is wanted.

    With `even` both numbers are (chroma subsampling needs it): the nearest even ones where the picture
    is scaled anyway, the next lower ones where it is not, so that a column can be cropped instead.
    """
    factor = _factor(size, wanted)
    if factor == 1:
        return (_even_below(size[0]), _even_below(size[1])) if even else size
    width, height = size[0] * factor, size[1] * factor
    if even:
        return max(2, 2 * round(width / 2)), max(2, 2 * round(height / 2))
    return max(1, round(width)), max(1, round(height))


def _factor(size: Size, wanted: SizeSpec) -> float:
    limits = [wanted.max_width, wanted.max_height]
    factors = [limit / length for limit, length in zip(limits, size, strict=True) if limit]
    if wanted.rung:
        factors += [limit / length for limit, length in zip(rung_box(wanted.rung, size), size, strict=True)]
    factor = min(factors, default=1.0)
    return factor if wanted.upscale else min(factor, 1.0)


def _even_below(length: int) -> int:
    return max(2, length - length % 2)
