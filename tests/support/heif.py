"""A picture of tiles in one HEIF file, as phones write it; ffmpeg reads such files but writes none."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def tiled(tiles: Sequence[bytes], tile: tuple[int, int], columns: int) -> bytes:
    """An AVIF of equal AVIF stills, left to right and top to bottom (ISO/IEC 23008-12, section 6.6.2.3)."""
    width, height = tile[0] * columns, tile[1] * (len(tiles) // columns)
    grid = struct.pack(">BBBBHH", 0, 0, len(tiles) // columns - 1, columns - 1, width, height)
    data = [grid, *(_found(still, b"mdat")[8:] for still in tiles)]
    head = _box(b"ftyp", b"avif", _number(0), b"avif", b"mif1", b"miaf")
    properties = (_size(width, height), _size(*tile), _found(tiles[0], b"av1C"))
    begin = len(head) + len(_meta(data, properties, 0)) + 8
    return head + _meta(data, properties, begin) + _box(b"mdat", *data)


def _meta(data: Sequence[bytes], properties: Sequence[bytes], begin: int) -> bytes:
    """Item 1 is the grid, the others are its tiles."""
    items = range(1, len(data) + 1)
    places = [begin + sum(len(part) for part in data[:index]) for index in range(len(data))]
    entries = [
        _full(b"infe", _short(item), _short(0), b"grid" if item == 1 else b"av01", b"\0", version=2)
        for item in items
    ]
    parts = _box(b"dimg", _short(1), _short(len(data) - 1), *(_short(item) for item in items[1:]))
    of_grid, of_tile = b"\x01\x01", b"\x02\x02\x83"
    links = [_short(item) + (of_grid if item == 1 else of_tile) for item in items]
    locations = [
        _short(item) + _short(0) + _short(1) + _number(place) + _number(len(part))
        for item, place, part in zip(items, places, data, strict=True)
    ]
    return _full(
        b"meta",
        _full(b"hdlr", _number(0), b"pict", bytes(13)),
        _full(b"pitm", _short(1)),
        _full(b"iloc", b"\x44\x00", _short(len(data)), *locations),
        _full(b"iinf", _short(len(data)), *entries),
        _full(b"iref", parts),
        _box(b"iprp", _box(b"ipco", *properties), _full(b"ipma", _number(len(data)), *links)),
    )


def _found(file: bytes, kind: bytes) -> bytes:
    begin = file.index(kind) - 4
    return file[begin : begin + int.from_bytes(file[begin : begin + 4], "big")]


def _size(width: int, height: int) -> bytes:
    return _full(b"ispe", _number(width), _number(height))


def _full(kind: bytes, *parts: bytes, version: int = 0) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]), *parts)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return _number(8 + len(body)) + kind + body


def _short(value: int) -> bytes:
    return struct.pack(">H", value)


def _number(value: int) -> bytes:
    return struct.pack(">I", value)
