"""Decodes finished outputs in a child process: a file that crashes the decoder must not end the worker.

One JSON line on standard output for each output, in order: `{"ok": facts}` or `{"error": error}`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from encode_media.errors import EncodeMediaError
from encode_media.model.codec import from_json, to_json

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from encode_media.running.inspect_child import main; main(sys.argv[2])"
)
"""Isolated from the environment and the current folder, but with our own search path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One output to look at. `first_frame` is given for sequences, whose `path` is a printf pattern."""

    path: str
    first_frame: int | None = None
    frames: int | None = None


def argv_for(inspections: Sequence[Inspection]) -> tuple[str, ...]:
    request = json.dumps([to_json(inspection) for inspection in inspections])
    return (sys.executable, "-I", "-c", _BOOT, json.dumps(sys.path), request)


def main(request: str) -> None:
    from encode_media.media.inspection import inspect_file, inspect_sequence

    for inspection in (from_json(Inspection, item) for item in json.loads(request)):
        try:
            if inspection.first_frame is None:
                facts = inspect_file(inspection.path)
            else:
                facts = inspect_sequence(inspection.path, inspection.first_frame, inspection.frames)
            answer = {"ok": to_json(facts)}
        except EncodeMediaError as error:
            answer = {"error": error.to_dict()}
        print(json.dumps(answer), flush=True)  # noqa: T201 - this is how it answers
