"""No ffmpeg outlives the worker that started it, however the worker ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.processes import working_in
from support.waiting import wait_for

pytestmark = pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks at processes in /proc")

TESTS = Path(__file__).resolve().parents[1]
WORKER = f"""
import sys, threading
sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from support import run_plans
from encode_media.errors import EncodeMediaError
from encode_media.running.runner import run_plan

plans = {{
    "ffmpeg": (run_plans.slow_plan(), run_plans.ffmpegs()["bundled"]),
    "stubborn": (run_plans.awkward_plan("stubborn"), sys.executable),
    "wrapper": (run_plans.awkward_plan("parent", "wait"), sys.executable),
}}
plan, program = plans[sys.argv[2]]

def work():
    try:
        run_plan(plan, Path(sys.argv[1]), program, cancelled=lambda: False,
                 on_progress=lambda progress: print(progress.frame, flush=True))
    except EncodeMediaError as error:
        print("ended:", error.code, flush=True)

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


def no_process_is_left(folder: Path) -> None:
    """Two seconds are the promise."""
    wait_for(lambda: not working_in(folder), timeout_s=2, what="every process of the encode is gone")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV], ids=lambda how: how.name)
def test_the_end_of_the_worker_is_the_end_of_its_encode(
    worker: subprocess.Popen[str], tmp_path: Path, how: signal.Signals
) -> None:
    job = tmp_path / "job"
    wait_for(lambda: len(working_in(job)) >= 2, timeout_s=10, what="the guard and its program run")
    worker.send_signal(how)
    worker.wait(10)
    no_process_is_left(job)


@pytest.mark.parametrize("worker", ["ffmpeg", "stubborn"], indirect=True)
def test_the_end_of_the_guard_is_the_end_of_its_encode(worker: subprocess.Popen[str], tmp_path: Path) -> None:
    """Should somebody kill the guard itself: Linux's parent-death signal is the second line."""
    job = tmp_path / "job"
    wait_for(lambda: len(working_in(job)) >= 2, timeout_s=10, what="the guard and its program run")
    is_guard = {pid: b"guard.py" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in working_in(job)}
    (guard,) = [pid for pid, yes in is_guard.items() if yes]
    os.kill(guard, signal.SIGKILL)
    no_process_is_left(job)
    assert worker.stdout is not None
    assert worker.stdout.read().splitlines()[-1] == "ended: ffmpeg.killed"
