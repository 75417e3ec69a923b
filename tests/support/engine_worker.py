"""A worker process to be killed: made-up jobs on a real engine, every effect a line in a ledger.

Run as `python -m support.engine_worker URL LEDGER WORK_FOLDER PROFILE` (a `Profile` as JSON); it stops when
its standard input ends. A file `hold-<effect>` beside the ledger makes the next such effect wait until the
file is gone; a file `crash-<effect>` ends the process there, as often as the effect happens; a file `slow`
has every effect take as many seconds as it says; with a file `shared` workers can share the plan.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from encode_media.jobs.dbos_engine import DbosEngine
from encode_media.jobs.profile import Profile
from encode_media.model.codec import from_json
from encode_media.settings import Settings
from support.stories import World
from support.waiting import wait_for

TESTS = Path(__file__).resolve().parents[1]
QUICK = {"beat_s": 0.5, "suspect_s": 2.0, "dead_s": 10.0}
"""A profile that notices soon when a machine is gone; loaded machines need the last."""


def main(url: str, ledger: str, work_folder: str, profile: str) -> None:
    book = Path(ledger)
    world = World(Settings(work_folder=Path(work_folder)))
    world.note = lambda effect: note(book, effect)
    world.holding = lambda effect: (book.parent / f"hold-{effect}").exists()
    world.shared = (book.parent / "shared").exists()
    engine = DbosEngine(url, world.workflow(), profile=from_json(Profile, json.loads(profile)))
    engine.start()
    print("ready", flush=True)  # noqa: T201 - the parent waits for it
    sys.stdin.read()
    engine.stop()


def note(book: Path, effect: str) -> None:
    with book.open("a") as lines:
        lines.write(json.dumps({"effect": effect, "pid": os.getpid(), "at": time.time()}) + "\n")
    if (book.parent / f"crash-{effect}").exists():
        os._exit(99)
    if (slow := book.parent / "slow").exists():
        time.sleep(float(slow.read_text()))


class WorkerProcess:
    """A worker in a process of its own."""

    def __init__(self, url: str, folder: Path, **profile: Any) -> None:
        """`profile` is what differs from a plain worker, in JSON data."""
        argv = [sys.executable, "-m", "support.engine_worker", url, str(folder / "ledger"), str(folder / "work")]
        self._process = subprocess.Popen(
            [*argv, json.dumps({"name": "faults", **profile})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=TESTS,
        )
        self.pid = self._process.pid

    def wait_until_ready(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self.wait_for_end()

    def stop(self) -> int:
        """Asks it to end; gives its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self.wait_for_end()

    def wait_for_end(self) -> int:
        code = self._process.wait(timeout=30)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def __enter__(self) -> WorkerProcess:
        self.wait_until_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


class Ledger:
    """What happened, and what shall happen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def effects(self) -> list[str]:
        book = self._folder / "ledger"
        return [json.loads(line)["effect"] for line in book.read_text().splitlines()] if book.exists() else []

    def hold(self, effect: str) -> None:
        (self._folder / f"hold-{effect}").touch()

    def release(self, effect: str) -> None:
        (self._folder / f"hold-{effect}").unlink()

    def crash(self, effect: str) -> None:
        (self._folder / f"crash-{effect}").touch()

    def share(self) -> None:
        """Plans of workers that are started from now on can be shared."""
        (self._folder / "shared").touch()

    def slow_down(self, seconds: float) -> None:
        """Every effect takes this long, so that kills hit them."""
        (self._folder / "slow").write_text(str(seconds))

    def wait_for(self, effect: str, count: int = 1) -> None:
        wait_for(lambda: self.effects().count(effect) >= count, what=f"{effect} {count} times: {self.effects()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
