"""The short-lived process in which media is read: JSON in on stdin, JSON out on stdout.

Hostile or broken files can crash or fill only this process; `probe` starts it, limits it and ends it.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from typing import Any

from encode_media.errors import EncodeMediaError
from encode_media.model.codec import from_json, to_json
from encode_media.model.media import SourceRef

_MEMORY_LIMIT = 12 << 30
"""Address space, not memory in use: decoder threads reserve far more than they touch."""


def main() -> None:
    limit_memory()
    request = json.load(sys.stdin)
    try:
        answer = {"ok": _TASKS[request["task"]](request)}
    except EncodeMediaError as error:
        answer = {"error": error.to_dict()}
    json.dump(answer, sys.stdout)


def limit_memory() -> None:
    """Where the system can (not on Windows, and macOS ignores it)."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(hard, _MEMORY_LIMIT)
    if sys.platform != "darwin":
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _probe(request: dict[str, Any]) -> Any:
    from encode_media.media.reading import read_media

    source = from_json(SourceRef, request["source"])
    rate = Fraction(request["default_rate"])
    return to_json(read_media(source, default_rate=rate, count_frames=request["count_frames"]))


def _inspect(request: dict[str, Any]) -> Any:
    from encode_media.media.inspection import inspect_file, inspect_sequence

    if not request["is_sequence"]:
        return to_json(inspect_file(request["path"]))
    return to_json(inspect_sequence(request["path"], request["first_frame"], request["frames"]))


_TASKS = {"probe": _probe, "inspect": _inspect}


if __name__ == "__main__":
    main()
