"""The port through which the server makes media playable; what stands behind it is not the server's business."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class EncodingFailed(Exception):
    """A sentence for the job's owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedFile:
    """A file the encoder made. It is taken away by the server."""

    path: Path
    ftr_meta: str = ""
    """What a player needs to know of it, as JSON text; empty if nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedMedia:
    """`movie` only if one was asked for."""

    movie: EncodedFile | None
    image: EncodedFile


class MediaEncoder(Protocol):
    """Makes what browsers play."""

    def encode(self, source: Path, folder: Path, *, movie: bool, stop: threading.Event) -> EncodedMedia:
        """Encodes `source` into the empty `folder`: an MP4 if `movie`, and a JPEG. Raises EncodingFailed."""
        ...
