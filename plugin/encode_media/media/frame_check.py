"""A quick look at one image file: its size, its kind, and whether all of it is there. Decodes nothing."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

from encode_media.media import exr, tiff
from encode_media.media.limits import too_large

_HEAD_BYTES = 64 << 10
_TAIL_BYTES = 1 << 10
"""Some writers add a little behind the end mark."""
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""
_DPX_LOG = (1, 3)
"""Transfer characteristics of SMPTE ST 268: printing density, logarithmic."""
_KNOWN_EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".exr", ".dpx", ".tif", ".tiff"})
"""Files of these names must begin like one of the formats known here."""
_UNSET = 0xFFFFFFFF
"""DPX writes it into fields nobody filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFacts:
    """What a look at the file told. Without a `problem` the file seems whole."""

    size_bytes: int
    mtime_ns: int = 0
    size: tuple[int, int] | None = None
    kind: str = ""
    """Format and what must not change within a sequence: `png rgb 8`, `exr A B G R half`."""
    is_log: bool = False
    """DPX with printing density or another logarithm of light."""
    problem: str | None = None
    denied: bool = False
    """This account may not read it; nothing is known of its content."""

    def with_problem(self, problem: str) -> FrameFacts:
        return replace(self, problem=problem)


class _Damaged(ValueError):
    """The text is the problem, in few words."""


def check_frame(path: str) -> FrameFacts:
    """A look at one frame; whatever is wrong with it becomes its `problem`."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            # Opening a pipe would wait for ever for somebody to write to it.
            return FrameFacts(size_bytes=0, problem="it is not a file")
        if not status.st_size:
            return FrameFacts(size_bytes=0, mtime_ns=status.st_mtime_ns, problem="it is empty")
        with open(path, "rb") as file:
            size, kind, problem = _look(file, status.st_size)
            if size and too_large(*size):
                problem = f"it claims to be {size[0]}x{size[1]}"
    except OSError as error:
        return _unopened(error)
    return FrameFacts(
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        size=size,
        kind=kind,
        is_log=kind.startswith("dpx log"),
        problem=problem,
    )


def glance(path: str) -> FrameFacts:
    """Whether a frame is there and not empty; nothing is read."""
    try:
        status = os.stat(path)
    except OSError as error:
        return _unopened(error)
    usable = stat.S_ISREG(status.st_mode) and status.st_size
    return FrameFacts(
        size_bytes=status.st_size, mtime_ns=status.st_mtime_ns, problem=None if usable else "it is empty"
    )


def _unopened(error: OSError) -> FrameFacts:
    denied = isinstance(error, PermissionError)
    return FrameFacts(size_bytes=0, problem=error.strerror or str(error), denied=denied)


def _look(file: BinaryIO, size_bytes: int) -> tuple[tuple[int, int] | None, str, str | None]:
    head = file.read(_HEAD_BYTES)
    for magic, look in _LOOKS:
        if head.startswith(magic):
            try:
                return (*look(file, head, size_bytes), None)
            except (_Damaged, exr.ExrDamaged, tiff.TiffDamaged) as error:
                return None, "", str(error)
            except (struct.error, IndexError):
                return None, "", "its header is cut short"
    if not any(head):
        return None, "", "it holds only zeros"
    extension = os.path.splitext(file.name)[1].lower()
    return None, extension, "it is not an image" if extension in _KNOWN_EXTENSIONS else None


def _png(file: BinaryIO, head: bytes, _size: int) -> tuple[tuple[int, int], str]:
    width, height, depth, colour = struct.unpack_from(">IIBB", head, 16)
    if b"IEND" not in _tail(file):
        raise _Damaged("it is cut short")
    return (width, height), f"png {colour} {depth}"


def _jpeg(file: BinaryIO, head: bytes, _size: int) -> tuple[tuple[int, int] | None, str]:
    if b"\xff\xd9" not in _tail(file):
        raise _Damaged("it is cut short")
    position = 2
    while position + 9 < len(head) and head[position] == 0xFF:  # noqa: PLR2004 - every marker begins so
        marker = head[position + 1]
        if marker in _JPEG_SIZES:
            height, width, components = struct.unpack_from(">HHB", head, position + 5)
            return (width, height), f"jpeg {components}"
        bare = marker in _JPEG_BARE
        position += 2 if bare else 2 + struct.unpack_from(">H", head, position + 2)[0]
    return None, "jpeg"


def _exr(file: BinaryIO, _head: bytes, size: int) -> tuple[tuple[int, int], str]:
    header = exr.read_header(file)
    exr.check_complete(file, header, size)
    first = header.parts[0]
    channels = " ".join(f"{name}:{pixel_type}" for name, pixel_type in sorted(first.channels.items()))
    return first.size, f"exr {channels}"


def _dpx(_file: BinaryIO, head: bytes, size: int) -> tuple[tuple[int, int], str]:
    order = ">" if head.startswith(b"SDPX") else "<"
    data_offset, _, stated = struct.unpack_from(f"{order}I8sI", head, 4)
    width, height = struct.unpack_from(f"{order}II", head, 772)
    descriptor, transfer, depth = head[800], head[801], head[803]
    if data_offset >= size or (stated != _UNSET and stated > size):
        raise _Damaged("it is cut short")
    return (width, height), f"dpx {'log' if transfer in _DPX_LOG else transfer} {descriptor} {depth}"


def _big_tiff(_file: BinaryIO, _head: bytes, _size: int) -> tuple[None, str]:
    return None, "bigtiff"


def _tiff(file: BinaryIO, _head: bytes, size: int) -> tuple[tuple[int, int], str]:
    facts = tiff.read_facts(file, size)
    return (facts.width, facts.height), f"tiff {facts.samples} {facts.bits}"


def _tail(file: BinaryIO) -> bytes:
    file.seek(-min(_TAIL_BYTES, file.seek(0, os.SEEK_END)), os.SEEK_END)
    return file.read()


_Look = Callable[[BinaryIO, bytes, int], tuple["tuple[int, int] | None", str]]
_LOOKS: tuple[tuple[bytes, _Look], ...] = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8\xff", _jpeg),
    (b"v/1\x01", _exr),
    (b"SDPX", _dpx),
    (b"XPDS", _dpx),
    (b"II*\x00", _tiff),
    (b"MM\x00*", _tiff),
    (b"II+\x00", _big_tiff),
    (b"MM\x00+", _big_tiff),
)
