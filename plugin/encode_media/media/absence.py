"""Why nothing is found under a path: it is not there, or this account may not look."""

from __future__ import annotations

import os

from encode_media.errors import EncodeMediaError, failure


def why_absent(path: str, **details: str) -> EncodeMediaError:
    """`source.unreadable` where rights are in the way, else `source.missing` with the `details` of its sentence.

    `exists` says no in both cases, and people would look for a file that lies where it should.
    """
    try:
        os.stat(path)
    except (OSError, ValueError) as error:
        if isinstance(error, PermissionError):
            return failure("source.unreadable", path=path)
    return failure("source.missing", path=path, **details)
