"""Burn-ins: texts at nine places of the picture, frame for frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from encode_media.model.overlay import BurnInsSpec, Place
from encode_media.model.plan import LaidFile
from encode_media.planning.counters import Stand
from encode_media.planning.graph import Chain, Filter
from encode_media.planning.lettering import STAND_MARK, Canvas, Lettering, draw, letter, written

_PADDING = 0.3
"""Of the letters' size, between text and the edge of its box."""
_BASELINE = 0.8
"""From the top of a line down to where letters stand, in letter sizes."""
_LINE = 1.0
_MARK_LIFT = 1.9
"""How far above the bottom row the mark of held frames is, in letter sizes."""
_MARK_COLOUR, _MARK_OPACITY = "#c01818", 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Steps on a picture that has its final size and form, with the files they read."""

    steps: Chain = ()
    files: tuple[LaidFile, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Drawn) -> Drawn:
        return Drawn(
            steps=self.steps + other.steps, files=self.files + other.files, notes=self.notes + other.notes
        )


def burn_in(spec: BurnInsSpec, canvas: Canvas) -> Drawn:
    """The steps that draw the texts."""
    drawing = _Drawing(spec, canvas)
    drawn = Drawn()
    for place, text in spec.texts().items():
        drawn += drawing.text(place, text)
    if spec.mark_held:
        for part in drawing.marks():
            drawn += part
    return drawn


class _Drawing:
    """The measures of one picture."""

    def __init__(self, spec: BurnInsSpec, canvas: Canvas) -> None:
        self._spec, self._canvas, self._counters = spec, canvas, canvas.counters
        self._width, self._height = canvas.size
        shorter = min(canvas.size)
        self._pixels = shorter * spec.size / 100
        self._margin = round(shorter * spec.margin / 100)
        self._padding = max(2, round(self._pixels * _PADDING))

    def text(self, place: Place, text: str) -> Drawn:
        neighbours = [other for other in self._spec.texts() if _row(other) == _row(place)]
        room = (self._width - 2 * self._margin) // len(neighbours) - 2 * self._padding
        lettering = letter(text, pixels=self._pixels, room=room, font=self._canvas.font, counters=self._counters)
        step_, files = self._drawn(lettering, place, place)
        notes = (f"no font has these letters of {place}: {lettering.missing}",) if lettering.missing else ()
        return Drawn(steps=(step_,), files=files, notes=notes)

    def marks(self) -> Iterator[Drawn]:
        """Held and missing frames say so, above the middle of the bottom row."""
        held = tuple(stand for stand in self._counters.stands if stand.shown is not None)
        black = tuple(stand for stand in self._counters.stands if stand.shown is None)
        if held:
            yield self._mark("held", f"HELD {STAND_MARK}", held)
        if black:
            yield self._mark("missing", "MISSING FRAME", black)

    def _mark(self, name: str, text: str, stands: tuple[Stand, ...]) -> Drawn:
        room = self._width - 2 * (self._margin + self._padding)
        lettering = letter(text, pixels=self._pixels, room=room, font=None, counters=self._counters)
        step_, files = self._drawn(
            lettering,
            "bottom_center",
            name,
            lift=round(self._pixels * _MARK_LIFT),
            enable=self._counters.now(stands),
        )
        return Drawn(steps=(step_,), files=files)

    def _drawn(
        self, lettering: Lettering, place: Place, name: str, *, lift: int = 0, **options: object
    ) -> tuple[Filter, tuple[LaidFile, ...]]:
        file = written(lettering, f"{self._canvas.stem}_{name}", self._counters)
        # A mark is seen at once in a red box; other texts have one to be legible on anything.
        looks = self._box(_MARK_COLOUR, _MARK_OPACITY) if options else self._box("black", self._spec.box)
        colour = "white" if options else self._spec.colour
        ink = self._canvas.colour(colour, 1.0 if options else self._spec.opacity)
        filter_ = draw(
            lettering, file, fontcolor=ink, x=self._x(place), y=self._y(place, lift), **looks, **options
        )
        return filter_, (file, lettering.font_file)

    def _box(self, colour: str, opacity: float) -> dict[str, object]:
        if opacity > 0:
            return {"box": 1, "boxcolor": self._canvas.colour(colour, opacity), "boxborderw": self._padding}
        return {"borderw": max(1, round(self._pixels / 14)), "bordercolor": "black@0.8"}

    def _x(self, place: Place) -> str:
        inner = self._margin + self._padding
        if place.endswith("left"):
            return str(inner)
        return f"w-text_w-{inner}" if place.endswith("right") else "(w-text_w)/2"

    def _y(self, place: Place, lift: int) -> str:
        """By the baseline, so that all texts of a row stand on one line whatever letters they have."""
        inner = self._margin + self._padding
        top = {
            "top": inner,
            "center": round(self._height / 2 - self._pixels * _LINE / 2),
            "bottom": round(self._height - inner - self._pixels * _LINE),
        }[_row(place)]
        return f"{top - lift + round(self._pixels * _BASELINE)}-ascent"


def _row(place: Place) -> str:
    return place.split("_")[0]
