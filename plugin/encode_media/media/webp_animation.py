"""Animated WebP, which the libraries PyAV comes with can't read: its frames are decoded one by one.

The layout is that of the WebP container specification (RFC 9649).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from encode_media.errors import failure

_HEADER = 12
"""Bytes of `RIFF`, the file's size and `WEBP`."""
_FRAME_HEADER = 16
"""Bytes before a frame's picture: place, size, duration, flags."""
_ALPHA = 0x10
_ANIMATED = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class WebpFrame:
    size: tuple[int, int]
    duration_ms: int
    file: bytes
    """The frame as a WebP file of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebpAnimation:
    size: tuple[int, int]
    frames: tuple[WebpFrame, ...]

    @property
    def duration_ms(self) -> int:
        return sum(frame.duration_ms for frame in self.frames)


def read_webp_animation(path: str) -> WebpAnimation | None:
    """The frames of an animated WebP; None for every other file.

    Raises:
        SourceMissing: it can't be read.
        UnsupportedFormat: it breaks off.
    """
    try:
        with open(path, "rb") as file:
            if not _is_animation(file.read(_HEADER + 8 + 1)):
                return None
            file.seek(0)
            data = file.read()
    except FileNotFoundError as error:
        raise failure("source.missing", path=path) from error
    except OSError as error:
        raise failure("source.unreadable", path=path) from error
    try:
        return _animation(data)
    except (struct.error, ValueError) as error:
        raise failure("source.corrupt", path=path, problem=str(error)) from error


def decode_problem(frame: WebpFrame) -> str | None:
    """What the decoder says against a frame; None if it gives a picture of the right size."""
    import av

    context = av.CodecContext.create("webp", "r")
    try:
        pictures = context.decode(av.Packet(frame.file))
    except (av.error.FFmpegError, MemoryError) as error:
        return str(error)
    sizes = [(picture.width, picture.height) for picture in pictures if isinstance(picture, av.VideoFrame)]
    return None if sizes == [frame.size] else f"{frame.size} was announced, {sizes} decoded"


def _is_animation(head: bytes) -> bool:
    return (
        head[:4] == b"RIFF"
        and head[8:16] == b"WEBPVP8X"
        and len(head) > _HEADER + 8
        and bool(head[_HEADER + 8] & _ANIMATED)
    )


def _animation(data: bytes) -> WebpAnimation:
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise ValueError(f"{size + 8 - len(data)} bytes are missing at the end")
    canvas, frames = (0, 0), []
    for kind, body in _chunks(data[_HEADER : size + 8]):
        if kind == b"VP8X":
            canvas = (_uint24(body, 4) + 1, _uint24(body, 7) + 1)
        elif kind == b"ANMF":
            frames.append(_frame(body))
    return WebpAnimation(size=canvas, frames=tuple(frames))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position < len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        body = data[position + 8 : position + 8 + size]
        if len(body) != size:
            raise ValueError(f"the part {kind!r} breaks off")
        yield kind, body
        # Parts begin at even places.
        position += 8 + size + size % 2


def _frame(body: bytes) -> WebpFrame:
    if len(body) < _FRAME_HEADER:
        raise ValueError("a frame breaks off")
    size = (_uint24(body, 6) + 1, _uint24(body, 9) + 1)
    pictures = body[_FRAME_HEADER:]
    if pictures.startswith(b"ALPH"):
        # A picture with transparency needs the extended header of a file.
        extended = bytes([_ALPHA, 0, 0, 0]) + body[6:12]
        pictures = b"VP8X" + struct.pack("<I", len(extended)) + extended + pictures
    file = b"RIFF" + struct.pack("<I", 4 + len(pictures)) + b"WEBP" + pictures
    return WebpFrame(size=size, duration_ms=_uint24(body, 12), file=file)


def _uint24(data: bytes, position: int) -> int:
    if position + 3 > len(data):
        raise ValueError("a header breaks off")
    return int.from_bytes(data[position : position + 3], "little")
