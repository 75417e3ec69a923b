"""Keeps one program from outliving us: started as a script between us and ffmpeg, never imported.

`python -I -S guard.py MEMORY PROGRAM ARGUMENT…` runs the program in its own session and ends as it ended.
The program may use no more than MEMORY bytes (0: no limit) and leaves no core dump.
Its standard input is a lifeline held by the process that started it: one byte is an order
(`t` terminate the whole group, `k` kill it), and the end of the pipe means that process is gone,
however it went, so the group is killed. That needs no cooperation of the dying process, works the
same on Linux and macOS, and reaches the grandchildren of a studio's wrapper script too.

Why not only Linux's parent-death signal: it follows the *thread* that forked, so an executor thread
that ends takes a healthy encode with it, and it doesn't reach grandchildren. Here it is the second
line: this script has one thread when it forks, so the signal means exactly "the guard was killed".

On Windows the guard puts itself into a Job Object that ends all its processes when the last handle
closes; the handle is the guard's, so whatever ends the guard ends the program.

Standard library only: it runs without site-packages and adds about 50 ms to a run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

TERMINATE, KILL = b"t", b"k"
CANNOT_START = 127
"""As shells do; the line on standard error says why."""
NOTICE = "encode-media: cannot start"
_PARENT_CHECK_S = 0.5
"""A fork of the parent could hold the lifeline open; so its death is looked for as well."""

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _BasicLimits(ctypes.Structure):
        _fields_ = (
            ("per_process_time", wintypes.LARGE_INTEGER), ("per_job_time", wintypes.LARGE_INTEGER),
            ("flags", wintypes.DWORD), ("minimum_set", ctypes.c_size_t), ("maximum_set", ctypes.c_size_t),
            ("active_processes", wintypes.DWORD), ("affinity", ctypes.c_size_t),
            ("priority", wintypes.DWORD), ("scheduling", wintypes.DWORD),
        )  # fmt: skip

    class _ExtendedLimits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

        _fields_ = (
            ("basic", _BasicLimits), ("io_counters", ctypes.c_uint64 * 6), ("process_memory", ctypes.c_size_t),
            ("job_memory", ctypes.c_size_t), ("peak_process", ctypes.c_size_t), ("peak_job", ctypes.c_size_t),
        )  # fmt: skip

    def _join_job(memory: int) -> int:
        """Puts this process, and so all it starts, into a job that dies with this process; keep the handle."""
        kill_on_close, process_memory, extended_limits = 0x2000, 0x100, 9  # winnt.h
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        kernel.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD)
        kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
        job = kernel.CreateJobObjectW(None, None)
        limits = _ExtendedLimits()
        limits.basic.flags = kill_on_close | (process_memory if memory else 0)
        limits.process_memory = memory
        done = kernel.SetInformationJobObject(job, extended_limits, ctypes.byref(limits), ctypes.sizeof(limits))
        if not job or not done or not kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess()):
            raise ctypes.WinError(ctypes.get_last_error())
        return int(job)

    def _start(argv: list[str], memory: int) -> tuple[subprocess.Popen[bytes], object]:
        job = _join_job(memory)
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL), job

    def _next_order() -> bytes:
        return os.read(0, 1)

    def _signal(child: subprocess.Popen[bytes], order: bytes) -> None:  # noqa: ARG001 - one way to end here
        # A console program can't be asked politely without a shared console; its files are thrown away anyway.
        child.kill()

    def _wait(child: subprocess.Popen[bytes]) -> None:
        child.wait()

    def _leave(code: int) -> None:
        os._exit(code)

else:
    import resource
    import select

    def _start(argv: list[str], memory: int) -> tuple[subprocess.Popen[bytes], object]:
        die_with_parent = _die_with_parent()

        def prepare() -> None:
            die_with_parent()
            _limit(memory)

        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 - this process has one thread
        )
        return child, None

    def _limit(memory: int) -> None:
        """Address space stands for memory: what is reserved counts, so the limit has to be generous."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory and sys.platform != "darwin":  # macOS accepts it and does nothing
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            limit = memory if hard == resource.RLIM_INFINITY else min(hard, memory)
            resource.setrlimit(resource.RLIMIT_AS, (limit, hard))

    def _die_with_parent() -> Callable[[], None]:
        if sys.platform != "linux":
            return lambda: None
        import ctypes

        set_parent_death_signal = 1  # PR_SET_PDEATHSIG, linux/prctl.h
        libc, guard = ctypes.CDLL(None, use_errno=True), os.getpid()

        def ask_the_kernel() -> None:
            libc.prctl(set_parent_death_signal, int(signal.SIGKILL), 0, 0, 0)
            if os.getppid() != guard:
                os._exit(CANNOT_START)

        return ask_the_kernel

    def _next_order() -> bytes:
        """The next order; the end of the pipe and the end of the parent are the order to kill."""
        parent = os.getppid()
        while os.getppid() == parent:
            if select.select([0], [], [], _PARENT_CHECK_S)[0]:
                return os.read(0, 1)
        return b""

    def _signal(child: subprocess.Popen[bytes], order: bytes) -> None:
        try:
            os.killpg(child.pid, signal.SIGTERM if order == TERMINATE else signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return  # nobody left in the group (macOS says EPERM when only a zombie is)

    def _wait(child: subprocess.Popen[bytes]) -> None:
        """Until the child has ended, without freeing its number: its group is signalled once more."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        else:
            child.wait()

    def _leave(code: int) -> None:
        """Ends as the child ended, by the same signal where it was one."""
        if code < 0:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if -code != signal.SIGKILL:
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        os._exit(code)


class _Guard:
    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        self._lock = threading.RLock()
        """Re-entrant: a signal handler may interrupt its own thread inside."""
        self._reaped = False

    def obey(self) -> None:
        while (order := _next_order()) == TERMINATE:
            self.signal(order)
        self.signal(KILL)

    def signal(self, order: bytes) -> None:
        with self._lock:
            if not self._reaped:
                _signal(self._child, order)

    def wait(self) -> int:
        _wait(self._child)
        with self._lock:
            # Whatever the program left running in its group ends with it.
            _signal(self._child, KILL)
            self._reaped = True
            return self._child.wait()


def main(memory: str, *argv: str) -> None:
    try:
        child, _job = _start(list(argv), int(memory))
    except OSError as error:
        print(f"{NOTICE} {argv[0]}: {error.strerror or error}", file=sys.stderr, flush=True)  # noqa: T201
        os._exit(CANNOT_START)
    guard = _Guard(child)
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: guard.signal(KILL))
    threading.Thread(target=guard.obey, daemon=True).start()
    _leave(guard.wait())


if __name__ == "__main__":
    main(*sys.argv[1:])
