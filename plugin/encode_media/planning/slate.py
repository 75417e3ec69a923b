"""The slate: one frame before the first that says what follows."""

from __future__ import annotations

from dataclasses import dataclass

from encode_media.model.overlay import FRAME_MARK, TIMECODE_MARK, SlateSpec
from encode_media.planning.burn_ins import Drawn
from encode_media.planning.counters import Counters
from encode_media.planning.graph import step
from encode_media.planning.lettering import Canvas, Lettering, draw, letter, written

_LEFT, _VALUES, _RIGHT = 0.1, 0.3, 0.95
"""Where words and values begin and where both end, in parts of the picture's width."""
_TITLE, _ROW, _NOTE = 7.5, 3.4, 3.0
"""Sizes of letters in percent of the shorter side; a slate is read on a phone too."""
_TITLE_AT, _ROWS_AT, _ROWS_END, _NOTE_AT = 0.25, 0.38, 0.84, 0.9
"""Baselines, in parts of the height."""
_LINE = 1.75
"""From row to row, in letter sizes."""
_WORD_OPACITY = 0.6


def slate(spec: SlateSpec, canvas: Canvas) -> Drawn:
    """A frame is put before the first one, and the texts are drawn on it alone."""
    width, height = canvas.size
    shorter = min(canvas.size)
    rows = [(word, value) for word, value in spec.rows.items() if value and value.strip()]
    room, narrow = round(width * (_RIGHT - _LEFT)), round(width * (_VALUES - _LEFT) * 0.95)
    pixels = min(shorter * _ROW / 100, height * (_ROWS_END - _ROWS_AT) / (_LINE * max(1, len(rows))))
    drawn = Drawn(steps=(step("tpad", start=1, start_mode="add", color=canvas.opaque(spec.background)),))
    texts = [_Text("title", spec.title, _LEFT, _TITLE_AT, shorter * _TITLE / 100, room)]
    for index, (word, value) in enumerate(rows):
        at = _ROWS_AT + index * pixels * _LINE / height
        texts.append(_Text(f"{index}_word", word, _LEFT, at, pixels, narrow, _WORD_OPACITY))
        texts.append(_Text(f"{index}_value", value, _VALUES, at, pixels, round(width * (_RIGHT - _VALUES))))
    if spec.note:
        note = _Text("note", spec.note, _LEFT, _NOTE_AT, shorter * _NOTE / 100, room, _WORD_OPACITY)
        texts.append(note)
    for text in texts:
        drawn += _drawn(text, spec, canvas)
    return drawn


@dataclass(frozen=True, slots=True)
class _Text:
    """One text of the slate: where it begins and stands, in parts of the picture, and how large it is."""

    name: str
    words: str
    left: float
    baseline: float
    pixels: float
    room: int
    opacity: float = 1.0


def _drawn(text: _Text, spec: SlateSpec, canvas: Canvas) -> Drawn:
    counters = canvas.counters
    words = _first(text.words, counters)
    lettering = letter(words, pixels=text.pixels, room=text.room, font=canvas.font, counters=counters)
    file = written(lettering, f"{canvas.stem}_slate_{text.name}", counters)
    width, height = canvas.size
    filter_ = draw(
        lettering, file, fontcolor=canvas.colour(spec.colour, text.opacity), x=round(width * text.left),
        # Half a frame: the slate alone is at zero.
        y=f"{round(height * text.baseline)}-ascent", enable=f"lt(t,{float(1 / counters.rate / 2):.6f})",
    )  # fmt: skip
    return Drawn(steps=(filter_,), files=(file, lettering.font_file), notes=_lacking(lettering))


def _first(text: str, counters: Counters) -> str:
    """Counters show where the picture begins."""
    return text.replace(FRAME_MARK, counters.first_text()).replace(TIMECODE_MARK, str(counters.timecode))


def _lacking(lettering: Lettering) -> tuple[str, ...]:
    return (f"no font has these letters of the slate: {lettering.missing}",) if lettering.missing else ()
