"""The bundled fonts: which letters they have and how wide a text becomes. Reads TrueType tables itself."""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from encode_media.resources import resource

FONT_FOLDER = "fonts"
BUNDLED = ("DejaVuSans.ttf", "WenQuanYiMicroHei.ttc")
"""The first one that has every letter of a text is used: Latin, Greek, Cyrillic, Arabic, Hebrew; then Chinese,
Japanese, Korean."""

_COLLECTION = b"ttcf"
_UNICODE_MAPS = ((3, 10), (0, 4), (0, 6), (3, 1), (0, 3))
"""Platform and encoding of the character maps we read, fullest first (OpenType, `cmap`)."""
_SEGMENTS, _GROUPS = 4, 12
"""Formats of those maps."""


class FontError(ValueError):
    """A file that is no TrueType or OpenType font, or one without a Unicode character map."""


@dataclass(frozen=True, slots=True)
class Font:
    """One face: the first of its file, which is the one ffmpeg draws with."""

    name: str
    units_per_em: int
    starts: tuple[int, ...]
    """First character of each run of `ends` and `glyphs`, ascending."""
    ends: tuple[int, ...]
    glyphs: tuple[int, ...]
    """Glyph of the first character of the run; the others follow. 0: the font has no letter there."""
    widths: tuple[int, ...]

    def covers(self, character: str) -> bool:
        return self._glyph(ord(character)) != 0

    def missing(self, text: str) -> str:
        """The characters of a text the font has no letter for, each once."""
        return "".join(dict.fromkeys(c for c in text if not _is_silent(c) and not self.covers(c)))

    def width(self, text: str) -> float:
        """Of a text in this font, for a font size of 1. Without kerning, so a little too wide at most."""
        return sum(self._advance(character) for character in text if not _is_silent(character))

    def _advance(self, character: str) -> float:
        glyph = self._glyph(ord(character))
        return self.widths[min(glyph, len(self.widths) - 1)] / self.units_per_em

    def _glyph(self, code: int) -> int:
        place = bisect_right(self.starts, code) - 1
        if place < 0 or code > self.ends[place] or not self.glyphs[place]:
            return 0
        return self.glyphs[place] + code - self.starts[place]


def font_for(text: str) -> tuple[Font, str]:
    """The bundled font for a text, and the characters even that one lacks: they show as empty boxes."""
    candidates = [(font, font.missing(text)) for font in (bundled_font(name) for name in BUNDLED)]
    return min(candidates, key=lambda candidate: len(candidate[1]))


@lru_cache(maxsize=8)
def bundled_font(name: str) -> Font:
    """A font of ours by its file name."""
    return read_font(resource(FONT_FOLDER, name))


@lru_cache(maxsize=8)
def studio_font(path: str) -> Font:
    """A font beside a preset. Raises: FontError."""
    return read_font(Path(path))


def read_font(path: Path) -> Font:
    """Raises: FontError, it can't be read as a font."""
    try:
        data = path.read_bytes()
        tables = _tables(data)
        units = struct.unpack_from(">H", data, tables["head"] + 18)[0]
        metrics = struct.unpack_from(">H", data, tables["hhea"] + 34)[0]
        runs = _runs(data, tables["cmap"])
        if not units or not metrics or not runs:
            raise FontError(f"{path.name} has no letters")
        widths = struct.unpack_from(f">{2 * metrics}H", data, tables["hmtx"])[::2]
    except OSError as error:
        raise FontError(f"{path.name}: {error.strerror}") from error
    except (struct.error, KeyError, IndexError) as error:
        raise FontError(f"{path.name} is not a TrueType or OpenType font") from error
    starts, ends, glyphs = zip(*runs, strict=True)
    return Font(path.name, units, starts, ends, glyphs, widths)


def _is_silent(character: str) -> bool:
    """Directions, joiners and the like: they shape their neighbours and have no letter of their own."""
    return unicodedata.category(character) == "Cf"


def _tables(data: bytes) -> dict[str, int]:
    """Where each table begins."""
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == _COLLECTION else 0
    count = struct.unpack_from(">H", data, start + 4)[0]
    rows = (struct.unpack_from(">4sIII", data, start + 12 + 16 * row) for row in range(count))
    return {tag.decode("latin-1"): offset for tag, _checksum, offset, _length in rows}


def _runs(data: bytes, cmap: int) -> list[tuple[int, int, int]]:
    """First and last character and first glyph of every run, ascending."""
    count = struct.unpack_from(">H", data, cmap + 2)[0]
    rows = [struct.unpack_from(">HHI", data, cmap + 4 + 8 * row) for row in range(count)]
    maps = {(platform, encoding): cmap + offset for platform, encoding, offset in rows}
    for kind in _UNICODE_MAPS:
        if kind in maps:
            form = struct.unpack_from(">H", data, maps[kind])[0]
            if form == _GROUPS:
                return _groups(data, maps[kind])
            if form == _SEGMENTS:
                return _segments(data, maps[kind])
    return []


def _groups(data: bytes, at: int) -> list[tuple[int, int, int]]:
    count = struct.unpack_from(">I", data, at + 12)[0]
    return sorted(struct.unpack_from(">III", data, at + 16 + 12 * row) for row in range(count))


def _segments(data: bytes, at: int) -> list[tuple[int, int, int]]:
    doubled = struct.unpack_from(">H", data, at + 6)[0]
    count = doubled // 2
    columns = [at + 14, at + 16 + doubled, at + 16 + 2 * doubled, at + 16 + 3 * doubled]
    ends, starts, deltas, offsets = (struct.unpack_from(f">{count}H", data, column) for column in columns)
    runs: list[tuple[int, int, int]] = []
    for row, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        if not offset:
            runs += _wrapped(first, last, delta)
            continue
        for code in range(first, last + 1):
            place = columns[3] + 2 * row + offset + 2 * (code - first)
            glyph = struct.unpack_from(">H", data, place)[0] if place + 2 <= len(data) else 0
            if glyph:
                runs.append((code, code, (glyph + delta) & 0xFFFF))
    return runs


def _wrapped(first: int, last: int, delta: int) -> list[tuple[int, int, int]]:
    """A run whose glyph numbers may pass 65535 and go on at 0."""
    turn = 0x10000 - delta
    if first < turn <= last:
        return [(first, turn - 1, first + delta), (turn, turn, 0), (turn + 1, last, 1)][: 3 if last > turn else 2]
    return [(first, last, (first + delta) & 0xFFFF)]
