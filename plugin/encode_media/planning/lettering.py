"""Text on a picture. The text itself is laid into the job folder as a file: it never becomes filter syntax."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from encode_media.errors import failure
from encode_media.model.background import background_colour
from encode_media.model.geometry import Size
from encode_media.model.overlay import FRAME_MARK, TIMECODE_MARK
from encode_media.model.plan import LaidFile
from encode_media.planning.counters import Counters
from encode_media.planning.fonts import FONT_FOLDER, Font, FontError, font_for, studio_font
from encode_media.planning.graph import Filter, step

OVERLAY_FOLDER = "overlay"
MAX_LETTERS = 200
"""Of one text; what is longer than a picture is wide is cut anyway."""

STAND_MARK = "\ufdd2"
"""In our own texts: the number of the frame that is shown instead."""

_MARKS = frozenset((FRAME_MARK, TIMECODE_MARK, STAND_MARK))
_UNPRINTABLE = frozenset(("Cc", "Cs", "Co", "Cn", "Zl", "Zp"))
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Would write a name backwards over its neighbours."""
_SMALLEST = 0.6
"""Of the wanted size: a longer text is cut rather than made smaller still."""
_LEAST_PIXELS = 8
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """The frames of one output, as what is drawn on."""

    size: Size
    counters: Counters
    stem: str
    """Keeps the files of several outputs apart."""
    font: str | None = None
    """Path of a studio's font; None takes a bundled one."""
    white: float = 1.0
    """Signal of white: less where the picture is HDR."""

    def colour(self, colour: str, opacity: float = 1.0) -> str:
        """As drawtext reads it."""
        return f"{self.opaque(colour)}@{opacity:g}"

    def opaque(self, colour: str) -> str:
        parts = (round(part * self.white * 255) for part in background_colour(colour))
        return f"#{''.join(f'{part:02x}' for part in parts)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """A text with the font and the size it is drawn in."""

    text: str
    font: Font
    font_file: LaidFile
    pixels: int
    missing: str = ""
    """Letters no font has."""

    @property
    def width(self) -> int:
        return round(self.font.width(self.text) * self.pixels)


def clean(text: str, counters: Counters) -> str:
    """One line of printable characters, whatever somebody called a shot; what all frames share is filled in."""
    for mark, fixed in counters.fixed().items():
        text = text.replace(mark, fixed)
    kept = (
        character if character in _MARKS else " " if unicodedata.category(character) in _UNPRINTABLE else character
        for character in text
        if character not in _TURNING
    )
    return " ".join("".join(kept).split())[:MAX_LETTERS]


def letter(text: str, *, pixels: float, room: int, font: str | None, counters: Counters) -> Lettering:
    """The text as large as wanted, smaller where it would not fit, cut where even that is not enough."""
    shown = clean(text, counters)
    face, file, missing = _face(_sample(shown, counters), font)
    size = max(_LEAST_PIXELS, round(pixels))
    wide = face.width(_sample(shown, counters)) or 1.0
    fitting = max(_LEAST_PIXELS, round(size * _SMALLEST), min(size, int(room / wide)))
    if wide * fitting > room:
        shown = _cut(shown, face, room / fitting, counters)
    return Lettering(text=shown, font=face, font_file=file, pixels=fitting, missing=missing)


def written(lettering: Lettering, name: str, counters: Counters) -> LaidFile:
    """The file with the text; counters become what drawtext counts with."""
    if not _MARKS & set(lettering.text):
        return LaidFile(name=f"{OVERLAY_FOLDER}/{name}.txt", text=lettering.text)
    # Outside the counters, the two characters that mean something to drawtext's expansion.
    text = lettering.text.replace("\\", "\\\\").replace("%", "\\%")
    text = text.replace(FRAME_MARK, counters.frame_text()).replace(TIMECODE_MARK, counters.timecode_text())
    return LaidFile(name=f"{OVERLAY_FOLDER}/{name}.txt", text=text.replace(STAND_MARK, counters.stand_text()))


def draw(lettering: Lettering, file: LaidFile, **options: object) -> Filter:
    """The filter that draws it."""
    expansion = "normal" if _MARKS & set(lettering.text) else "none"
    return step(
        "drawtext", fontfile=lettering.font_file.name, textfile=file.name, expansion=expansion,
        fontsize=lettering.pixels, **options,
    )  # fmt: skip


def measured(lettering: Lettering, counters: Counters) -> int:
    """Width in pixels, counters at their widest."""
    return replace(lettering, text=_sample(lettering.text, counters)).width


def _face(text: str, font: str | None) -> tuple[Font, LaidFile, str]:
    if font is not None:
        try:
            own = studio_font(font)
        except FontError as error:
            raise failure("preset.file_unusable", problem=str(error)) from error
        return own, LaidFile(name=f"{OVERLAY_FOLDER}/font_studio", path=font), own.missing(text)
    bundled, missing = font_for(text)
    place = f"{FONT_FOLDER}/{bundled.name}"
    return bundled, LaidFile(name=f"{OVERLAY_FOLDER}/{bundled.name}", resource=place), missing


def _sample(text: str, counters: Counters) -> str:
    digits = "0" * counters.digits
    return text.replace(FRAME_MARK, digits).replace(STAND_MARK, digits).replace(TIMECODE_MARK, "00:00:00:00")


def _cut(text: str, face: Font, room: float, counters: Counters) -> str:
    end = _ELLIPSIS if face.covers(_ELLIPSIS) else "..."
    while text and face.width(_sample(text, counters) + end) > room:
        text = text[:-1]
    return text.rstrip() + end
