"""Opening a file with PyAV so that it can't make us read anything else. Runs in the probe's child process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from encode_media.errors import EncodeMediaError, failure
from encode_media.media.formats import FORMAT_WHITELIST, IMAGE_EXTENSIONS, PROTOCOL_WHITELIST

if TYPE_CHECKING:
    from av.container import InputContainer

_BUFFER_SIZE = 1 << 20
"""Bytes per read where Python reads for ffmpeg: fewer calls."""
_PATTERN_SIGNS = frozenset("%*?[]{}")
"""In the name of an image ffmpeg takes them for numbers or wildcards, and would read other files."""
_MAGIC_LENGTH = 16
_MAGICS_AT_START = (
    b"\x1aE\xdf\xa3", b"RIFF", b"OggS", b"\x89PNG", b"\xff\xd8\xff", b"v/1\x01", b"SDPX", b"XPDS", b"II*\x00",
    b"MM\x00*", b"\x06\x0e+4", b"FLV\x01", b"GIF8", b"fLaC", b"\x30\x26\xb2\x75", b"FORM", b"8BPS", b"BM",
)  # fmt: skip
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


@contextmanager
def opened(path: str) -> Iterator[InputContainer]:
    """The file as ffmpeg reads it, from an allowed format and with no other file or address within reach.

    Raises:
        UnsupportedFormat: not media, damaged, or an unsupported kind.
        SourceMissing: not there, or not readable.
    """
    with explained(path), _open(path) as container:
        yield container


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Errors of ffmpeg and of the system as ours."""
    import av

    try:
        yield
    except EncodeMediaError:
        raise
    except (av.error.DecoderNotFoundError, av.error.PatchWelcomeError) as error:
        raise failure("source.unsupported", path=path, problem="there is no decoder for it") from error
    except (av.error.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: BaseException) -> EncodeMediaError:
    """Decoders say "not permitted" and "not found" of damaged data as well; the file itself knows better."""
    try:
        known = looks_like_media(path)
    except FileNotFoundError:
        return failure("source.missing", path=path)
    except OSError:
        return failure("source.unreadable", path=path)
    if not known:
        return failure("source.not_media", path=path)
    return failure("source.corrupt", path=path, problem=problem_text(error))


def looks_like_media(path: str) -> bool:
    """Whether the first bytes are those of a format we know, whatever follows."""
    with open(path, "rb") as file:
        start = file.read(_MAGIC_LENGTH)
    return start.startswith(_MAGICS_AT_START) or start[4:8] in _MP4_BOXES


def problem_text(error: BaseException) -> str:
    """What is wrong, in few words and without the path."""
    text = getattr(error, "strerror", None) or str(error)
    known = {
        "Invalid data found when processing input": "it can't be read, like a file that was not finished",
        "Operation not permitted": "its header is damaged",
        "Permission denied": "its header is damaged",
        "No such file or directory": "it names a file that is not part of it",
        "Cannot allocate memory": "it claims a size that does not fit into memory",
    }
    return known.get(text, text or type(error).__name__)


@contextmanager
def _open(path: str) -> Iterator[InputContainer]:
    import av

    options = {"protocol_whitelist": PROTOCOL_WHITELIST, "format_whitelist": FORMAT_WHITELIST}
    image_format = None
    if _PATTERN_SIGNS & set(path) and os.path.splitext(path)[1][1:].lower() in IMAGE_EXTENSIONS:
        image_format, options["pattern_type"] = "image2", "none"
    with _openable(path) as file, av.open(
        file,
        mode="r",
        format=image_format,
        container_options=options,
        metadata_errors="replace",
        buffer_size=_BUFFER_SIZE,
    ) as container:  # fmt: skip
        yield container


@contextmanager
def _openable(path: str) -> Iterator[object]:
    """The path, or the opened file where its name is not text that ffmpeg could be given."""
    try:
        path.encode()
    except UnicodeEncodeError:
        with open(path, "rb") as file:
            yield _NamelessFile(file)
    else:
        yield path


class _NamelessFile:
    """An opened file whose name says nothing: its format is told by its content."""

    def __init__(self, file: BinaryIO) -> None:
        self.name = "input"
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell
