"""The first directory of a TIFF file: size, samples, and whether its strips lie within the file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

_WIDTH, _HEIGHT, _BITS, _SAMPLES = 256, 257, 258, 277
_OFFSETS, _COUNTS, _TILE_OFFSETS, _TILE_COUNTS = 273, 279, 324, 325
_FORMATS = {3: "H", 4: "I"}
"""Field types SHORT and LONG, the only ones these tags may have."""
_MOST_ENTRIES = 4096
_MOST_VALUES = 1 << 20


class TiffDamaged(ValueError):
    """The text says what is wrong, in few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TiffFacts:
    width: int
    height: int
    samples: int
    bits: int


def read_facts(file: BinaryIO, size: int) -> TiffFacts:
    """What the first picture of the file is.

    Raises:
        TiffDamaged: parts of it lie beyond the end of the file, or it makes no sense.
    """
    file.seek(0)
    head = file.read(8)
    order = "<" if head.startswith(b"II") else ">"
    try:
        tags = _directory(file, order, struct.unpack_from(f"{order}I", head, 4)[0], size)
    except struct.error as error:
        raise TiffDamaged("it is cut short") from error
    if not tags.get(_WIDTH) or not tags.get(_HEIGHT):
        raise TiffDamaged("its header is damaged")
    offsets = tags.get(_OFFSETS) or tags.get(_TILE_OFFSETS) or ()
    counts = tags.get(_COUNTS) or tags.get(_TILE_COUNTS) or ()
    if any(offset + count > size for offset, count in zip(offsets, counts, strict=False)):
        raise TiffDamaged("it is cut short")
    return TiffFacts(
        width=tags[_WIDTH][0],
        height=tags[_HEIGHT][0],
        samples=tags.get(_SAMPLES, (1,))[0],
        bits=tags.get(_BITS, (1,))[0],
    )


def _directory(file: BinaryIO, order: str, offset: int, size: int) -> dict[int, tuple[int, ...]]:
    if not 0 < offset < size:
        raise TiffDamaged("it is cut short")
    file.seek(offset)
    count = struct.unpack(f"{order}H", file.read(2))[0]
    if count > _MOST_ENTRIES:
        raise TiffDamaged("its header is damaged")
    entries = file.read(12 * count)
    wanted = {_WIDTH, _HEIGHT, _BITS, _SAMPLES, _OFFSETS, _COUNTS, _TILE_OFFSETS, _TILE_COUNTS}
    found: dict[int, tuple[int, ...]] = {}
    for index in range(count):
        tag, kind, number, _ = struct.unpack_from(f"{order}HHII", entries, 12 * index)
        if tag in wanted and kind in _FORMATS and 0 < number <= _MOST_VALUES:
            found[tag] = _values(file, order, entries[12 * index + 8 : 12 * index + 12], _FORMATS[kind], number)
    return found


def _values(file: BinaryIO, order: str, inline: bytes, letter: str, number: int) -> tuple[int, ...]:
    layout = f"{order}{number}{letter}"
    needed = struct.calcsize(layout)
    if needed <= len(inline):
        return struct.unpack(layout, inline[:needed])
    file.seek(struct.unpack(f"{order}I", inline)[0])
    return struct.unpack(layout, file.read(needed))
