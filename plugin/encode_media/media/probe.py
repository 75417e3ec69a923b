"""Probing: what a source is, found out in a child process that can't hurt us."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from fractions import Fraction
from typing import Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.media.inspection import OutputFacts
from encode_media.model.codec import from_json, to_json
from encode_media.model.media import Media, SourceRef
from encode_media.settings import child_environment

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from encode_media.media.probe_child import main; main()"
)
"""Isolated from the environment and the current folder, but with our own search path."""


def probe(
    source: SourceRef, *, default_rate: Fraction = Fraction(24), count_frames: bool = True, timeout_s: float = 60
) -> Media:
    """What the source is, with every finding.

    Args:
        source: from `find_source`.
        default_rate: for sequences and stills nobody gave a rate for.
        count_frames: False is quicker for large movies; `frames` is None then.
        timeout_s: for all of it.

    Raises:
        SourceMissing: not there or not readable.
        UnsupportedFormat: not media, damaged, not decodable, or reading it takes too long.
    """
    if not source.is_sequence:
        _require_file(source.path)
    request = {
        "task": "probe",
        "source": to_json(source),
        "default_rate": str(default_rate),
        "count_frames": count_frames,
    }
    return from_json(Media, _ask_child(request, source.path, timeout_s))


def inspect_output(
    path: str, *, first_frame: int | None = None, frames: int | None = None, timeout_s: float = 600
) -> OutputFacts:
    """One of our own outputs, decoded from first to last frame, with everything that was found on the way.

    Args:
        path: a file; or, for a sequence, its printf pattern.
        first_frame: the number of a sequence's first file.
        frames: how many files the sequence must have.
        timeout_s: for all of it.

    Raises:
        SourceMissing: it is not there.
        UnsupportedFormat: it can't be opened as media, or decoding it takes too long.
    """
    is_sequence = first_frame is not None or frames is not None
    if not is_sequence:
        _require_file(path)
    request = {
        "task": "inspect",
        "path": path,
        "is_sequence": is_sequence,
        "first_frame": first_frame,
        "frames": frames,
    }
    return from_json(OutputFacts, _ask_child(request, path, timeout_s))


def _require_file(path: str) -> None:
    try:
        mode = os.stat(path).st_mode
    except PermissionError as error:
        raise failure("source.unreadable", path=path) from error
    except (OSError, ValueError) as error:
        raise failure("source.missing", path=path) from error
    if not stat.S_ISREG(mode):
        # Devices and pipes never end; a folder has to be resolved by find_source first.
        raise failure("source.not_media", path=path)


def _ask_child(request: dict[str, Any], path: str, timeout_s: float) -> Any:
    """The child's answer to a request about `path`."""
    argv = [sys.executable, "-I", "-c", _BOOT, json.dumps(sys.path)]
    try:
        done = subprocess.run(
            argv,
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=timeout_s,
            check=False,
            env=child_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise failure("source.timeout", path=path, seconds=f"{timeout_s:g}") from error
    if done.returncode:
        raise failure("source.corrupt", path=path, problem=_crash_text(done.returncode, done.stderr))
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise EncodeMediaError.from_dict(answer["error"])
    return answer["ok"]


def _crash_text(returncode: int, stderr: bytes) -> str:
    last = stderr.decode(errors="replace").strip().rpartition("\n")[2]
    if "MemoryError" in last:
        return "reading it needs too much memory"
    return f"reading it ended the reader: {last or f'exit code {returncode}'}"
