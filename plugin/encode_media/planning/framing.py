"""A picture in a frame of another shape: cut, padded with the background, masked. Equally at both sides."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.background import background_colour
from encode_media.model.geometry import Framing, Size, parse_ratio
from encode_media.planning.colour import TargetColour
from encode_media.planning.graph import Chain, Filter, step

_COEFFICIENTS = {
    "709": (0.2126, 0.7152, 0.0722), "170m": (0.299, 0.587, 0.114), "470bg": (0.299, 0.587, 0.114),
    "2020_ncl": (0.2627, 0.678, 0.0593),
}  # fmt: skip
"""Red, green and blue in the luma of each matrix (ITU-R BT.709, BT.601, BT.2020)."""
_BT601 = _COEFFICIENTS["170m"]


@dataclass(frozen=True, slots=True)
class Bars:
    """What happens to a picture that has its scale; nothing by default."""

    framing: Framing | None = None
    background: str = "black"
    mask: Fraction | None = None

    @property
    def is_plain(self) -> bool:
        return self.mask is None and (self.framing is None or self.framing.picture == self.framing.frame)


def bars_of(framing: Framing, background: str, mask: str | None) -> Bars:
    return Bars(framing, background, parse_ratio(mask) if mask else None)


def barred(chain: Chain, target: TargetColour, bars: Bars) -> Chain:
    """The chain of an output, with its pictures cut or padded once they have their scale and colour.

    Before the frames are tagged, and before RGB becomes packed: there every build can pad every format.
    """
    if bars.is_plain or bars.framing is None:
        return chain
    steps = (*_cut(bars.framing), *_padded(bars, target), *_masked(bars, target))
    last = "format" if target.matrix == "gbr" else "setparams"
    names = [part.name if isinstance(part, Filter) else "" for part in chain]
    if last not in names:
        raise failure("internal", problem=f"there is no {last} at the end of a picture's chain")
    place = len(names) - 1 - names[::-1].index(last)
    return (*chain[:place], *steps, *chain[place:])


def bar_words(bars: Bars) -> str:
    """For the plan's notes; empty where the picture fills its frame."""
    words = []
    if bars.framing is not None:
        (width, height), frame = bars.framing.picture, bars.framing.frame
        if width > frame[0] or height > frame[1]:
            words.append(f"cut from {width}x{height}")
        elif (width, height) != frame:
            words.append(f"{width}x{height} on {bars.background}")
    if bars.mask is not None:
        words.append(f"masked to {float(bars.mask):.4g}")
    return "".join(f", {word}" for word in words)


def _cut(framing: Framing) -> Chain:
    size = _common(framing)
    if size == framing.picture:
        return ()
    return (step("crop", *size, *_offsets(framing.picture, size)),)


def _padded(bars: Bars, target: TargetColour) -> Chain:
    if bars.framing is None or bars.framing.frame == (inside := _common(bars.framing)):
        return ()
    return _pad(inside, bars.framing.frame, bars.background, target)


def _masked(bars: Bars, target: TargetColour) -> Chain:
    """What lies outside the mask is cut away and put back black."""
    if bars.framing is None or bars.mask is None:
        return ()
    frame = bars.framing.frame
    seen = visible(frame, bars.mask)
    if seen == frame:
        return ()
    return (step("crop", *seen, *_offsets(frame, seen)), *_pad(seen, frame, "black", target))


def visible(frame: Size, mask: Fraction) -> Size:
    """What a mask leaves of a frame: bars of equal, even height, or width."""
    width, height = frame
    if width < height * mask:
        return width, height - 4 * round((height - width / float(mask)) / 4)
    return width - 4 * round((width - height * float(mask)) / 4), height


def _common(framing: Framing) -> Size:
    return min(framing.picture[0], framing.frame[0]), min(framing.picture[1], framing.frame[1])


def _offsets(outer: Size, inner: Size) -> Size:
    """Even, so that chroma stays where it is."""
    return (outer[0] - inner[0]) // 4 * 2, (outer[1] - inner[1]) // 4 * 2


def _pad(inner: Size, outer: Size, background: str, target: TargetColour) -> Chain:
    red, green, blue = background_colour(background)
    colour = (red * target.white, green * target.white, blue * target.white)
    pad = ("pad", *outer, *_offsets(outer, inner))
    if target.matrix == "gbr" or len(set(colour)) == 1 or target.matrix not in _COEFFICIENTS:
        return (step(*pad, color=_hexadecimal(_light(colour, target))),)
    # Older builds take every YUV for BT.601: so it is said, and the colour chosen that gives the right numbers.
    named = step("setparams", range="pc" if target.full_range else "tv", colorspace="smpte170m")
    return (named, step(*pad, color=_hexadecimal(_as_bt601(colour, _COEFFICIENTS[target.matrix]))))


def _light(colour: tuple[float, ...], target: TargetColour) -> tuple[float, ...]:
    if not target.linear:
        return colour
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)  # noqa: PLR2004 - IEC 61966-2-1


def _as_bt601(colour: tuple[float, ...], matrix: tuple[float, float, float]) -> tuple[float, ...]:
    """The RGB whose BT.601 luma and chroma are those of this colour in another matrix, as near as RGB reaches."""
    red, green, blue = colour
    luma = matrix[0] * red + matrix[1] * green + matrix[2] * blue
    chroma_blue = (blue - luma) / (2 - 2 * matrix[2])
    chroma_red = (red - luma) / (2 - 2 * matrix[0])
    red = luma + (2 - 2 * _BT601[0]) * chroma_red
    blue = luma + (2 - 2 * _BT601[2]) * chroma_blue
    green = (luma - _BT601[0] * red - _BT601[2] * blue) / _BT601[1]
    return red, green, blue


def _hexadecimal(colour: tuple[float, ...]) -> str:
    return "0x" + "".join(f"{round(min(1.0, max(0.0, part)) * 255):02x}" for part in colour)
