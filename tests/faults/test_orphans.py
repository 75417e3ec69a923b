"""No ffmpeg outlives the worker that started it, however the worker ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.processes import alive, wait_until, working_in

pytestmark = pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks at processes in /proc")

TESTS = Path(__file__).resolve().parents[1]
WORKER = f"""
import sys, threading
sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from support import run_plans
from encode_media.running.runner import run_plan

plans = {{
    "ffmpeg": (run_plans.slow_plan(), run_plans.ffmpegs()["bundled"]),
    "stubborn": (run_plans.awkward_plan("stubborn"), sys.executable),
    "wrapper": (run_plans.awkward_plan("parent", "wait"), sys.executable),
}}
plan, program = plans[sys.argv[2]]

def work():
    run_plan(plan, Path(sys.argv[1]), program, cancelled=lambda: False,
             on_progress=lambda progress: print(progress.frame, flush=True))

thread = threading.Thread(target=work)  # as an engine does: never the main thread
thread.start()
thread.join()
"""


@pytest.fixture(params=["ffmpeg", "stubborn", "wrapper"])
def worker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that runs an endless encode in `tmp_path / "job"`, and has begun to."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path / "job"), request.param], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() not in ("None", "0"):
            break
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def descendants(folder: Path, count: int) -> tuple[int, ...]:
    wait_until(lambda: len(working_in(folder)) >= count, timeout_s=10, what=f"{count} processes run")
    return working_in(folder)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV], ids=lambda how: how.name)
def test_the_end_of_the_worker_is_the_end_of_its_encode(
    worker: subprocess.Popen[str], tmp_path: Path, how: signal.Signals
) -> None:
    running = descendants(tmp_path / "job", 2)
    worker.send_signal(how)
    worker.wait(10)
    started = time.monotonic()
    wait_until(lambda: not any(map(alive, running)), timeout_s=2, what="the encode ended with its worker")
    assert time.monotonic() - started < 2
    assert not working_in(tmp_path / "job")


@pytest.mark.parametrize("worker", ["ffmpeg", "stubborn"], indirect=True)
def test_the_end_of_the_guard_is_the_end_of_its_encode(worker: subprocess.Popen[str], tmp_path: Path) -> None:
    """Should somebody kill the guard itself: Linux's parent-death signal is the second line."""
    running = descendants(tmp_path / "job", 2)
    guard = next(
        pid for pid in running if b"guard.py" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[3]
    )
    guard_file = Path(f"/proc/{guard}/stat")
    assert guard_file.exists()
    signal_process(guard, signal.SIGKILL)
    wait_until(lambda: not any(map(alive, running)), timeout_s=2, what="the encode ended with its guard")
    assert worker.poll() is None or worker.wait(10) is not None


def signal_process(pid: int, how: signal.Signals) -> None:
    import os

    os.kill(pid, how)
