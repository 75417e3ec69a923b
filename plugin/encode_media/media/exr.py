"""OpenEXR headers: what a file holds and whether all of it is there, without decoding anything."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

_MAGIC = b"v/1\x01"
_TILED, _DEEP, _MULTIPART = 0x200, 0x800, 0x1000
_MAX_HEADER = 8 << 20
"""Real headers with Cryptomatte manifests reach a few megabytes."""
_MAX_CHUNKS = 1 << 20
_LINES_PER_CHUNK = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256)
_COMPRESSIONS = ("none", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab")
_NEWER_COMPRESSIONS = {10: "HTJ2K", 11: "HTJ2K", 12: "LJ2K", 13: "Zstandard"}
"""Of OpenEXR 3.4 and later, which no ffmpeg decodes."""
_PICTURE_NAMES = ("beauty", "rgba", "rgb", "combined", "master", "color", "colour")
"""What renderers call the picture, likeliest first."""
_PIXEL_TYPES = ("uint", "half", "float")

Box = tuple[int, int, int, int]
"""Least x, least y, greatest x, greatest y, all inside."""


class ExrDamaged(ValueError):
    """The text says what is wrong, in few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExrPart:
    name: str
    kind: str
    """`scanlineimage`, `tiledimage`, `deepscanline` or `deeptile`."""
    channels: Mapping[str, str]
    """Name to `half`, `float` or `uint`."""
    subsampled: bool
    compression: str
    """`unknown` and what is known of it where no decoder reads it."""
    data_window: Box
    display_window: Box
    pixel_aspect: float
    chromaticities: tuple[float, ...] | None
    """Red, green, blue and white x, y; None means BT.709, says the format."""
    chunks: int | None
    """Chunks the file must have; None for tiled images with several levels that don't state it."""

    @property
    def is_deep(self) -> bool:
        return self.kind.startswith("deep")

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers with a picture beside the default one: `diffuse` of `diffuse.R`. No depth, masks or vectors."""
        names = dict.fromkeys(channel.rpartition(".")[0] for channel in sorted(self.channels) if "." in channel)
        return tuple(name for name in names if all(f"{name}.{colour}" in self.channels for colour in "RGB"))

    @property
    def has_default_layer(self) -> bool:
        """Whether there are channels without a layer name that make a picture."""
        return bool({"R", "G", "B", "Y"} & set(self.channels))

    @property
    def pictures(self) -> tuple[str, ...]:
        """Every picture in it, one without a name by the part's."""
        return (*((self.name,) if self.has_default_layer else ()), *self.layers)

    @property
    def size(self) -> tuple[int, int]:
        """Of the display window, which is the picture ffmpeg gives."""
        left, top, right, bottom = self.display_window
        return right - left + 1, bottom - top + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExrHeader:
    parts: tuple[ExrPart, ...]
    end: int
    """Where the chunk offset tables begin."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Those of the first part: told to read another, ffmpeg 5 and 9 give black pictures."""
        return self.parts[0].layers

    @property
    def later_layers(self) -> tuple[str, ...]:
        """Pictures in parts behind the first."""
        return tuple(dict.fromkeys(name for part in self.parts[1:] for name in part.pictures if name))

    @property
    def main_layer(self) -> str:
        """Shown where there is no default picture: the layer that is called like one, else the first."""
        usual = [name for word in _PICTURE_NAMES for name in self.layers if name.lower().split(".")[-1] == word]
        return next(iter((*usual, *self.layers)), "")

    @property
    def has_default_layer(self) -> bool:
        return self.parts[0].has_default_layer


def is_exr(start: bytes) -> bool:
    return start.startswith(_MAGIC)


def read_header(file: BinaryIO) -> ExrHeader:
    """The header of an opened file.

    Raises:
        ExrDamaged: it is not OpenEXR, or its header makes no sense.
    """
    file.seek(0)
    data = file.read(64 << 10)
    while True:
        try:
            return _parse(data)
        except IndexError:
            more = file.read(len(data))
            if not more or len(data) > _MAX_HEADER:
                raise ExrDamaged("its header is cut short") from None
            data += more
        except (struct.error, ValueError, KeyError) as error:
            raise ExrDamaged("its header is damaged") from error


def check_complete(file: BinaryIO, header: ExrHeader, size: int) -> None:
    """Compares the chunk offset table with the file's size.

    Raises:
        ExrDamaged: chunks are missing, so part of the picture is.
    """
    if any(part.chunks is None for part in header.parts):
        return
    count = sum(part.chunks or 0 for part in header.parts)
    if count > _MAX_CHUNKS:
        raise ExrDamaged("its header is damaged")
    file.seek(header.end)
    table = file.read(8 * count)
    if len(table) < 8 * count:
        raise ExrDamaged("it is cut short")
    offsets = struct.unpack(f"<{count}Q", table)
    absent = sum(1 for offset in offsets if offset == 0)
    if absent:
        raise ExrDamaged(f"it was not finished: {absent} of {count} parts of the picture are not written")
    beyond = sum(1 for offset in offsets if offset + 8 > size)
    if beyond or not _ends_inside(file, max(offsets, default=0), header, size):
        raise ExrDamaged(f"it is cut short: at least {max(1, beyond)} of {count} parts of the picture are missing")


def _ends_inside(file: BinaryIO, offset: int, header: ExrHeader, size: int) -> bool:
    """Whether the last chunk lies within the file. Deep chunks are laid out differently and refused anyway."""
    if not offset or any(part.is_deep for part in header.parts):
        return True
    numbers = (1 if len(header.parts) > 1 else 0) + (4 if header.parts[-1].kind == "tiledimage" else 1)
    file.seek(offset + 4 * numbers)
    length = file.read(4)
    return len(length) == 4 and offset + 4 * numbers + 4 + struct.unpack("<i", length)[0] <= size  # noqa: PLR2004


def _parse(data: bytes) -> ExrHeader:
    if not is_exr(data):
        raise ExrDamaged("it is not an OpenEXR file")
    flags = struct.unpack_from("<I", data, 4)[0] if len(data) >= 8 else _short()  # noqa: PLR2004
    parts: list[ExrPart] = []
    position = 8
    while True:
        attributes, position = _attributes(data, position)
        parts.append(_part(attributes, flags))
        if not flags & _MULTIPART:
            break
        if data[position] == 0:
            position += 1
            break
    return ExrHeader(parts=tuple(parts), end=position)


def _short() -> int:
    raise IndexError


def _attributes(data: bytes, position: int) -> tuple[dict[str, bytes], int]:
    """Attributes up to the empty name that ends them, and where the next thing begins."""
    found: dict[str, bytes] = {}
    while data[position] != 0:
        name, position = _text(data, position)
        _, position = _text(data, position)
        if position + 4 > len(data):
            raise IndexError
        length = struct.unpack_from("<i", data, position)[0]
        if not 0 <= length <= _MAX_HEADER:
            raise ValueError(length)
        position += 4
        if position + length >= len(data):
            raise IndexError
        found[name] = data[position : position + length]
        position += length
    return found, position + 1


def _text(data: bytes, position: int) -> tuple[str, int]:
    end = data.find(b"\0", position, position + 256)
    if end < 0:
        if len(data) - position < 256:  # noqa: PLR2004 - the longest name the format allows
            raise IndexError
        raise ValueError(position)
    return data[position:end].decode("utf-8", "replace"), end + 1


def _part(attributes: Mapping[str, bytes], flags: int) -> ExrPart:
    kind = attributes.get("type", b"").rstrip(b"\0").decode("ascii", "replace")
    if not kind:
        kind = "tiledimage" if flags & _TILED else "scanlineimage"
    if flags & _DEEP and not kind.startswith("deep"):
        kind = "deeptile" if flags & _TILED else "deepscanline"
    channels = list(_channels(attributes["channels"]))
    chromaticities = attributes.get("chromaticities")
    compression = attributes["compression"][0]
    data_window = _box(attributes["dataWindow"])
    return ExrPart(
        name=attributes.get("name", b"").rstrip(b"\0").decode("utf-8", "replace"),
        kind=kind,
        channels={name: pixel_type for name, pixel_type, _ in channels},
        subsampled=any(sampling != (1, 1) for _, _, sampling in channels),
        compression=_compression(compression),
        data_window=data_window,
        display_window=_box(attributes["displayWindow"]),
        pixel_aspect=struct.unpack("<f", attributes.get("pixelAspectRatio", b"\0\0\x80?"))[0],
        chromaticities=struct.unpack("<8f", chromaticities) if chromaticities else None,
        chunks=_chunk_count(attributes, kind, compression, data_window),
    )


def _compression(number: int) -> str:
    if number < len(_COMPRESSIONS):
        return _COMPRESSIONS[number]
    return f"unknown {_NEWER_COMPRESSIONS.get(number, number)}"


def _channels(data: bytes) -> Iterator[tuple[str, str, tuple[int, int]]]:
    position = 0
    while data[position] != 0:
        name, position = _text(data, position)
        pixel_type, _, x_sampling, y_sampling = struct.unpack_from("<iI2i", data, position)
        yield name, _PIXEL_TYPES[pixel_type], (x_sampling, y_sampling)
        position += 16


def _chunk_count(attributes: Mapping[str, bytes], kind: str, compression: int, window: Box) -> int | None:
    if "chunkCount" in attributes:
        return max(0, int(struct.unpack("<i", attributes["chunkCount"])[0]))
    width, height = window[2] - window[0] + 1, window[3] - window[1] + 1
    if kind == "tiledimage":
        tile_width, tile_height, mode = struct.unpack("<IIB", attributes["tiles"])
        one_level = mode & 0xF == 0
        return (
            -(-width // tile_width) * -(-height // tile_height)
            if one_level and tile_width and tile_height
            else None
        )
    if compression >= len(_LINES_PER_CHUNK):
        return None
    return -(-height // _LINES_PER_CHUNK[compression])


def _box(data: bytes) -> Box:
    left, top, right, bottom = struct.unpack("<4i", data)
    if right < left or bottom < top:
        raise ValueError(data)
    return left, top, right, bottom
