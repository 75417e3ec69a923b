"""Media is read in a child process: guarded, limited in memory and time, so that no file can hurt us.

A hostile or broken file can end only the reader that reads it. Everything that looks into a file with
PyAV goes through `read_apart`: probing sources and checking what was made.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from encode_media.errors import failure
from encode_media.process.child import ChildProcess
from encode_media.settings import child_environment

LOOK_EVERY_S = 0.25
MOST_KILLS = 2
"""How often readers that were killed are replaced: the system ends programs when memory is short."""
_KILLED = (-9, 137)
"""SIGKILL, as Python and as a shell report it."""
MAX_ANSWER = 32_000_000
"""Characters of one answer: a sequence of a million missing frames has eight."""
MEMORY_LIMIT = 12 << 30
"""Address space, not memory in use: decoder threads reserve far more than they touch."""

_BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from encode_media.media.probe_child import main; main(sys.argv[2])"
)
"""Isolated from the environment and the current folder, but with our own search path."""

Wish = dict[str, Any]
"""`task` (see `probe_child`), the `path` it is about, and what the task needs besides."""
Answer = dict[str, Any]
"""`{"ok": value}` or `{"error": stored form of an error}`."""


def read_apart(
    wishes: Sequence[Wish],
    *,
    timeout_s: float,
    folder: Path | None = None,
    look: Callable[[int], None] = lambda _: None,
) -> list[Answer]:
    """An answer to each wish, in order. A wish that ends its reader is answered with `source.corrupt`.

    Args:
        wishes: what to read.
        timeout_s: for all of it.
        folder: where the reader works; None is the system's folder for temporary files. It writes nothing.
        look: called four times a second with the number of answers so far; what it raises ends the reader.

    Raises:
        UnsupportedFormat: `source.timeout`.
    """
    answers: list[Answer] = []
    killed = 0
    where = folder or Path(tempfile.gettempdir())
    end = time.monotonic() + timeout_s
    while len(answers) < len(wishes):
        left = wishes[len(answers) :]
        problem = _one_reader(left, answers, where, lambda: end - time.monotonic(), look)
        if problem == "timeout":
            path = wishes[min(len(answers), len(wishes) - 1)]["path"]
            raise failure("source.timeout", path=path, seconds=f"{timeout_s:g}")
        if problem == "killed" and (killed := killed + 1) <= MOST_KILLS:
            # That says more about the machine than about the file: the same one gets a new reader.
            continue
        if problem:
            problem = _last_words(_KILLED[0], ()) if problem == "killed" else problem
            # The next ones get a new reader: one bad file says nothing about them.
            path = wishes[len(answers)]["path"]
            answers.append({"error": failure("source.corrupt", path=path, problem=problem).to_dict()})
    return answers


def _one_reader(
    wishes: Sequence[Wish],
    answers: list[Answer],
    folder: Path,
    left_s: Callable[[], float],
    look: Callable[[int], None],
) -> str:
    """Adds the answers of one reader; gives what it died of, `timeout`, `killed`, or nothing: it answered all."""
    before = len(answers)
    with ChildProcess(
        (sys.executable, "-I", "-c", _BOOT, json.dumps(sys.path), json.dumps(wishes)),
        cwd=folder,
        environment=child_environment(),
        # Whatever a library may print besides is no answer.
        on_output=lambda line: answers.append(json.loads(line)) if line.startswith("{") else None,
        max_line=MAX_ANSWER,
        memory_bytes=_memory_limit(),
    ) as child:
        look(len(answers))
        while (code := child.wait(max(0.0, min(LOOK_EVERY_S, left_s())))) is None:
            if left_s() <= 0:
                return "timeout"
            look(len(answers))
        log = child.log
    if len(answers) == before + len(wishes):
        return ""
    return "killed" if code in _KILLED else _last_words(code, log)


def _memory_limit() -> int:
    """All the memory of the machine, but no more than any picture needs."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return MEMORY_LIMIT
    return min(MEMORY_LIMIT, machine)


def _last_words(code: int, log: Sequence[str]) -> str:
    last = log[-1].strip() if log else ""
    if "MemoryError" in last or "Cannot allocate memory" in last:
        return "reading it needs too much memory"
    if code in _KILLED:
        return "the system ended its reader again and again, most often because memory is short"
    return f"reading it ended the reader: {last or f'exit code {code}'}"
