"""The slate: one frame before the first that says what follows."""

from __future__ import annotations

from fractions import Fraction

from encode_media.model.geometry import Size
from encode_media.model.overlay import FRAME_MARK, TIMECODE_MARK, SlateSpec
from encode_media.planning.burn_ins import Drawn
from encode_media.planning.counters import Counters
from encode_media.planning.graph import step
from encode_media.planning.lettering import Lettering, draw, letter, written

_LEFT, _VALUES = 0.1, 0.3
"""Where words and values begin, in parts of the picture's width."""
_TITLE, _ROW, _NOTE = 7.5, 3.4, 3.0
"""Sizes of letters in percent of the shorter side; a slate is read on a phone too."""
_TITLE_AT, _ROWS_AT, _NOTE_AT = 0.25, 0.38, 0.9
"""Baselines, in parts of the height."""
_LINE = 1.75
"""From row to row, in letter sizes."""
_WORD_OPACITY = 0.6


def slate(spec: SlateSpec, size: Size, counters: Counters, rate: Fraction, stem: str, font: str | None) -> Drawn:
    """A frame is put before the first one, and the texts are drawn on it alone."""
    width, height = size
    shorter = min(size)
    rows = [(word, value) for word, value in spec.rows.items() if value and value.strip()]
    room, narrow = round(width * (1 - 2 * _LEFT)), round(width * (_VALUES - _LEFT) * 0.95)
    pixels = min(shorter * _ROW / 100, height * (_NOTE_AT - 0.06 - _ROWS_AT) / (_LINE * max(1, len(rows))))
    drawn = Drawn(steps=(step("tpad", start=1, start_mode="add", color=spec.background),))
    shown = f"lt(t,{float(1 / rate / 2):.6f})"

    def text(name: str, words: str, at: tuple[float, float], wanted: float, fit: int, opacity: float) -> Drawn:
        lettering = letter(_first(words, counters), pixels=wanted, room=fit, font=font, counters=counters)
        file = written(lettering, f"{stem}_slate_{name}", counters)
        filter_ = draw(
            lettering, file, fontcolor=f"{spec.colour}@{opacity:g}", x=round(width * at[0]),
            y=f"{round(height * at[1])}-ascent", enable=shown,
        )  # fmt: skip
        return Drawn(steps=(filter_,), files=(file, lettering.font_file), notes=_lacking(lettering))

    drawn += text("title", spec.title, (_LEFT, _TITLE_AT), shorter * _TITLE / 100, room, 1)
    for index, (word, value) in enumerate(rows):
        at = _ROWS_AT + index * pixels * _LINE / height
        drawn += text(f"{index}_word", word, (_LEFT, at), pixels, narrow, _WORD_OPACITY)
        drawn += text(f"{index}_value", str(value), (_VALUES, at), pixels, round(width * (0.95 - _VALUES)), 1)
    if spec.note:
        drawn += text("note", spec.note, (_LEFT, _NOTE_AT), shorter * _NOTE / 100, room, _WORD_OPACITY)
    return drawn


def _first(text: str, counters: Counters) -> str:
    """Counters show where the picture begins."""
    number = f"{counters.numbers[0][1]:0{counters.digits}d}"
    return text.replace(FRAME_MARK, number).replace(TIMECODE_MARK, str(counters.timecode))


def _lacking(lettering: Lettering) -> tuple[str, ...]:
    return (f"no font has these letters of the slate: {lettering.missing}",) if lettering.missing else ()
