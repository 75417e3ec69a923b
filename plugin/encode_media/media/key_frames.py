"""How groups of pictures begin: whether what follows a key frame may lean on what is before it.

Told by the first bytes of the key frames themselves; the flag in a container only says where to begin reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from encode_media.model.media import Groups

LOOKED_AT = 4096
"""Bytes of a packet that hold its headers, unless they are unusually long."""
_H264_SLICE, _H264_IDR = 1, 5
_H264_INTRA_SLICES = frozenset({2, 4, 7, 9})
"""Slice types I and SI (ITU-T H.264, table 7-6)."""
_HEVC_IDR, _HEVC_RANDOM_ACCESS, _HEVC_PICTURES = frozenset({19, 20}), range(16, 22), range(32)
"""NAL unit types (ITU-T H.265, table 7-1). Pictures that follow CRA and BLA may lean on what is before."""
_AV1_FRAMES = frozenset({3, 6})
"""OBUs with a frame header (AV1 specification, 6.2.2)."""
_KEY, _SHOWN = 0, 1


@dataclass(slots=True)
class KeyFrames:
    """The key frames of one stream, noted in decoding order."""

    codec: str
    extradata: bytes
    places: list[int] = field(default_factory=list)
    groups: Groups | None = None
    """The worst of all; None before the first one, and for codecs whose frames stand alone."""

    @property
    def has_groups(self) -> bool:
        """Whether this is a codec whose key frames tell what begins with them."""
        return self.codec in _READERS

    def note(self, place: int, data: bytes) -> None:
        self.places.append(place)
        found = group_begun(self.codec, data, self.extradata)
        if found is not None and (self.groups is None or _ORDER.index(found) > _ORDER.index(self.groups)):
            self.groups = found

    def distance(self, packets: int) -> int | None:
        return key_distance(self.places, packets)


_ORDER = (Groups.CLOSED, Groups.OPEN, Groups.UNKNOWN)


def key_distance(keys: Sequence[int], packets: int) -> int | None:
    """The longest way from one key frame to the next, or to the end, in frames."""
    return max((later - earlier for earlier, later in pairwise([*keys, packets])), default=None)


def group_begun(codec: str, data: bytes, extradata: bytes) -> Groups | None:
    """What begins with this packet, which its container calls a key frame; None for codecs not known here."""
    reader = _READERS.get(codec)
    if reader is None:
        return None
    try:
        return reader(data, extradata)
    except IndexError:
        return Groups.UNKNOWN


def _h264(data: bytes, extradata: bytes) -> Groups:
    for unit in _units(data, extradata, length_at=4):
        kind = unit[0] & 0x1F
        if kind == _H264_IDR:
            return Groups.CLOSED
        if kind == _H264_SLICE:
            # Encoders may also mark where a picture is refreshed bit by bit: nothing can be shown from there on.
            return Groups.OPEN if _slice_type(unit) in _H264_INTRA_SLICES else Groups.UNKNOWN
    return Groups.UNKNOWN


def _slice_type(unit: bytes) -> int:
    bits = _Bits(unit[1:])
    bits.exponential()  # first_mb_in_slice
    return bits.exponential()


def _hevc(data: bytes, extradata: bytes) -> Groups:
    for unit in _units(data, extradata, length_at=21):
        kind = unit[0] >> 1 & 0x3F
        if kind in _HEVC_IDR:
            return Groups.CLOSED
        if kind in _HEVC_PICTURES:
            return Groups.OPEN if kind in _HEVC_RANDOM_ACCESS else Groups.UNKNOWN
    return Groups.UNKNOWN


def _vp9(data: bytes, _extradata: bytes) -> Groups:
    """A key frame replaces all references, so nothing shown behind it leans further back."""
    bits = _Bits(data)
    bits.take(2)  # frame_marker
    profile = bits.take(1) + 2 * bits.take(1)
    if profile == 3:  # noqa: PLR2004 - a reserved bit follows in this one
        bits.take(1)
    exists, kind, shown = bits.take(1), bits.take(1), bits.take(1)
    return Groups.CLOSED if (exists, kind, shown) == (0, _KEY, _SHOWN) else Groups.OPEN


def _av1(data: bytes, _extradata: bytes) -> Groups:
    """A key frame that is shown at once replaces all references; one that is shown later does not before."""
    position = 0
    while True:
        header = data[position]
        kind, extended, sized = header >> 3 & 0xF, header >> 2 & 1, header >> 1 & 1
        position += 1 + extended
        size = len(data) - position
        if sized:
            size, position = _leb128(data, position)
        if kind in _AV1_FRAMES:
            bits = _Bits(data[position:])
            exists, frame_type, shown = bits.take(1), bits.take(2), bits.take(1)
            return Groups.CLOSED if (exists, frame_type, shown) == (0, _KEY, _SHOWN) else Groups.OPEN
        position += size


_READERS = {"h264": _h264, "hevc": _hevc, "vp9": _vp9, "av1": _av1}


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 56, 7):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return value, position


def _units(data: bytes, extradata: bytes, *, length_at: int) -> Iterator[bytes]:
    """The beginnings of the NAL units: behind start codes, or behind lengths of the size the header names."""
    if not extradata or extradata.startswith((b"\0\0\0\1", b"\0\0\1")):
        yield from (unit for unit in data.split(b"\0\0\1")[1:] if unit)
        return
    size = (extradata[length_at] & 3) + 1
    position = 0
    while position + size < len(data):
        length = int.from_bytes(data[position : position + size], "big")
        yield data[position + size : position + size + min(length, _SLICE_HEADER)]
        position += size + length


_SLICE_HEADER = 32
"""Bytes of a unit in which its type and that of its slice stand."""


class _Bits:
    """Numbers of some bits each, from the highest on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            byte, bit = divmod(self._place, 8)
            value = value << 1 | (self._data[byte] >> (7 - bit) & 1)
            self._place += 1
        return value

    def exponential(self) -> int:
        """An unsigned Exp-Golomb number (ITU-T H.264, 9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)
