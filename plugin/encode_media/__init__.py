"""Encode Media: review media and deliverables for ftrack, verified before they are published."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from encode_media.errors import (
    Cancelled,
    EncodeFailed,
    EncodeMediaError,
    InvalidParameters,
    NotPermitted,
    OutOfSpace,
    OutputWrong,
    ServerUnavailable,
    SourceMissing,
    UnsupportedFormat,
)
from encode_media.version import __version__

if TYPE_CHECKING:
    from encode_media.api import EncodeJob, submit

__all__ = [
    "Cancelled",
    "EncodeFailed",
    "EncodeJob",
    "EncodeMediaError",
    "InvalidParameters",
    "NotPermitted",
    "OutOfSpace",
    "OutputWrong",
    "ServerUnavailable",
    "SourceMissing",
    "UnsupportedFormat",
    "__version__",
    "submit",
]


def __getattr__(name: str) -> Any:
    """`submit` and `EncodeJob` are imported when they are asked for: modules below need only the errors."""
    if name in ("submit", "EncodeJob"):
        return getattr(importlib.import_module("encode_media.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
