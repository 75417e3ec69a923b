"""Running plans with a real ffmpeg, and with programs that misbehave."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from encode_media.errors import Cancelled, EncodeFailed, EncodeMediaError, OutOfSpace, OutputWrong, SourceMissing
from encode_media.model.plan import EncodePlan, FrameLink
from encode_media.model.result import Progress, Stage
from encode_media.running.runner import RunReport, run_plan
from support.processes import alive, working_in
from support.run_plans import (
    PYTHON,
    REPORT,
    awkward_plan,
    encode_movie,
    ffmpegs,
    h264,
    movie,
    movie_plan,
    output,
    plan,
    slow_plan,
)
from support.waiting import wait_for

LINUX = pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks at processes in /proc")


@pytest.fixture(params=ffmpegs().values(), ids=ffmpegs().keys())
def ffmpeg(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a job works; not made yet."""
    return tmp_path / "jobs" / "job-1"


def run(this: EncodePlan, folder: Path, ffmpeg: str = ffmpegs()["bundled"], **limits: float) -> RunReport:
    return run_plan(
        this, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False, **limits  # type: ignore[arg-type]
    )  # fmt: skip


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


class CancelOnceStarted:
    """Answers `cancelled` with yes from the moment the condition is true; notes when that was."""

    def __init__(self, condition: threading.Event) -> None:
        self.condition = condition
        self.asked_at = 0.0

    def __call__(self) -> bool:
        if self.condition.is_set() and not self.asked_at:
            self.asked_at = time.monotonic()
        return bool(self.asked_at)


# --- going right -------------------------------------------------------------------------------


def test_a_plan_that_works_leaves_its_outputs_and_nothing_else(folder: Path, ffmpeg: str) -> None:
    report = run(movie_plan(), folder, ffmpeg)
    assert files_in(folder) == ["review.mp4"]
    assert report.argvs == ((ffmpeg, *encode_movie()),)
    assert report.log_tail == ()
    assert report.elapsed_s > 0


def test_progress_only_grows_and_ends_with_the_whole_encode(folder: Path, ffmpeg: str) -> None:
    seen: list[Progress] = []
    this = plan(
        encode_movie("a.mp4", 120, "-threads", "1"),
        encode_movie("b.mp4", 120, "-threads", "1"),
        outputs=(output("a.mp4", h264(120)), output("b.mp4", h264(120))),
        frames=120,
    )
    run_plan(this, folder, ffmpeg, on_progress=seen.append, cancelled=lambda: False)
    assert {progress.stage for progress in seen} == {Stage.ENCODING}
    assert [progress.percent for progress in seen] == sorted(progress.percent for progress in seen)
    assert seen[-1].percent == 86, "encoding ends where verifying begins"
    assert (seen[-1].frame, seen[-1].frames) == (120, 120)
    assert all(progress.frames == 120 for progress in seen)


def test_outputs_in_folders_of_their_own_get_them(folder: Path) -> None:
    argv = (*REPORT, "-f", "lavfi", "-i", "testsrc2=s=64x36:r=24", "-frames:v", "3", "-start_number", "1001",
            "frames_out/deep/a.%04d.png")  # fmt: skip
    run(plan(argv, outputs=(output("frames_out/deep/a.%04d.png", h264(), first_frame=1001),)), folder)
    assert files_in(folder) == [f"frames_out/deep/a.{number}.png" for number in (1001, 1002, 1003)]


def test_a_frame_list_is_laid_read_and_removed(folder: Path, tmp_path: Path, ffmpeg: str) -> None:
    """Two frames of the source, a gap shown black, and the first frame again."""
    make = ("-f", "lavfi", "-i", "color=red:s=64x36", "-frames:v", "1", "-update", "1")
    for name in ("it's 100% [a]:b;1.png", "two.png"):
        subprocess.run([ffmpeg, "-v", "error", *make, tmp_path / name], check=True, stdin=subprocess.DEVNULL)
    first, second = str(tmp_path / "it's 100% [a]:b;1.png"), str(tmp_path / "two.png")
    links = tuple(
        FrameLink(name=f"frames/{number:06d}.png", source=source)
        for number, source in enumerate((first, second, None, first), start=1)
    )
    argv = (*REPORT, "-f", "image2", "-framerate", "24", "-start_number", "1", "-i", "frames/%06d.png",
            "-f", "framecrc", "review.mp4")  # fmt: skip
    black = (
        *REPORT,
        "-f",
        "lavfi",
        "-i",
        "color=black:s=64x36",
        "-frames:v",
        "1",
        "-update",
        "1",
        "frames/black.png",
    )
    this = plan(argv, outputs=(output("review.mp4", h264()),), links=links, black_frame=black, frames=4)
    report = run(this, folder, ffmpeg)
    assert files_in(folder) == ["review.mp4"]
    pictures = [line.split()[-1] for line in (folder / "review.mp4").read_text().splitlines() if line[0] != "#"]
    assert len(pictures) == 4
    assert pictures[0] == pictures[1] == pictures[3] != pictures[2]
    assert [argv[0] for argv in report.argvs] == [ffmpeg, ffmpeg]
    assert (tmp_path / "two.png").is_file(), "the sources are linked, never moved"


def test_what_an_interrupted_run_left_is_replaced(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "review.mp4").write_bytes(b"half a movie")
    (folder / "notes.txt").write_text("not ours")
    run(movie_plan(), folder)
    assert (folder / "review.mp4").stat().st_size > 1000
    assert (folder / "notes.txt").read_text() == "not ours"


def test_credentials_are_not_handed_to_ffmpeg(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTRACK_API_KEY", "secret-value")
    monkeypatch.setenv("ENCODE_MEDIA_DB", "postgresql://me:secret-value@host/db")
    script = "import os; open('review.mp4', 'w').write(repr(dict(os.environ)))"
    run(plan(("-c", script), outputs=(output("review.mp4", h264()),)), folder, PYTHON)
    environment = (folder / "review.mp4").read_text()
    assert "PATH" in environment
    assert "secret-value" not in environment


def test_a_studio_library_path_is_restored_for_ffmpeg(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/frozen/application")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/studio/lib")
    script = "import os; open('review.mp4', 'w').write(os.environ['LD_LIBRARY_PATH'])"
    run(plan(("-c", script), outputs=(output("review.mp4", h264()),)), folder, PYTHON)
    assert (folder / "review.mp4").read_text() == "/studio/lib"


# --- cancelling --------------------------------------------------------------------------------


@LINUX
def test_cancelling_ends_the_encode_within_three_seconds_and_leaves_nothing(folder: Path, ffmpeg: str) -> None:
    started = threading.Event()
    cancelled = CancelOnceStarted(started)

    def on_progress(progress: Progress) -> None:
        if progress.frame:
            assert working_in(folder)
            started.set()

    with pytest.raises(Cancelled):
        run_plan(slow_plan(), folder, ffmpeg, on_progress=on_progress, cancelled=cancelled)
    assert time.monotonic() - cancelled.asked_at < 3
    assert not working_in(folder)
    assert not folder.exists()


@LINUX
def test_cancelling_ends_a_program_that_ignores_sigterm_within_three_seconds(folder: Path) -> None:
    started = threading.Event()
    cancelled = CancelOnceStarted(started)
    with pytest.raises(Cancelled):
        run_plan(
            awkward_plan("stubborn"), folder, PYTHON,
            on_progress=lambda progress: started.set() if progress.frame else None, cancelled=cancelled,
        )  # fmt: skip
    assert time.monotonic() - cancelled.asked_at < 3
    assert not working_in(folder)


@LINUX
def test_cancelling_ends_the_children_of_a_wrapper_too(folder: Path) -> None:
    children: list[int] = []
    started = threading.Event()
    cancelled = CancelOnceStarted(started)

    def on_progress(progress: Progress) -> None:
        if progress.frame and (folder / "child.pid").exists() and not children:
            children.append(int((folder / "child.pid").read_text()))
            assert alive(children[0])
            started.set()

    with pytest.raises(Cancelled):
        run_plan(awkward_plan("parent", "wait"), folder, PYTHON, on_progress=on_progress, cancelled=cancelled)
    assert time.monotonic() - cancelled.asked_at < 3
    wait_for(lambda: not alive(children[0]), timeout_s=1, what="the wrapper's child is gone")


def test_a_job_cancelled_before_it_starts_makes_nothing(folder: Path) -> None:
    with pytest.raises(Cancelled):
        run_plan(movie_plan(), folder, PYTHON, on_progress=lambda _: None, cancelled=lambda: True)
    assert not folder.exists()


@LINUX
def test_a_mistake_in_the_listener_of_progress_ends_the_encode(folder: Path) -> None:
    def on_progress(progress: Progress) -> None:
        if progress.frame:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_plan(slow_plan(), folder, ffmpegs()["bundled"], on_progress=on_progress, cancelled=lambda: False)
    assert not working_in(folder)
    assert not folder.exists()


# --- watchdogs ---------------------------------------------------------------------------------


@LINUX
def test_a_program_that_hangs_is_found_and_ended(folder: Path) -> None:
    with pytest.raises(EncodeFailed) as caught:
        run(awkward_plan("silent"), folder, PYTHON, stall_limit_s=1)
    assert (caught.value.code, caught.value.retryable) == ("ffmpeg.stalled", True)
    assert not working_in(folder)
    assert not folder.exists()


def test_an_encode_past_its_time_limit_is_ended(folder: Path) -> None:
    with pytest.raises(EncodeFailed) as caught:
        run(slow_plan(), folder, time_limit_s=1)
    assert caught.value.code == "ffmpeg.too_long"
    assert not folder.exists()


def test_a_result_that_grows_past_its_limit_is_ended(folder: Path) -> None:
    with pytest.raises(EncodeFailed) as caught:
        run(awkward_plan("growing", "review.mp4"), folder, PYTHON, max_bytes=1_000_000)
    assert caught.value.code == "output.too_large"
    assert "review" in caught.value.message
    assert not folder.exists()


def test_a_flood_of_output_is_survived_and_the_first_cause_is_kept(folder: Path) -> None:
    with pytest.raises(EncodeFailed) as caught:
        run(awkward_plan("flood"), folder, PYTHON)
    assert caught.value.code == "ffmpeg.encoder_missing"
    assert "first_cause" in caught.value.message
    log = caught.value.details["log"]
    assert log[-1] == "the end"
    assert all(len(line) <= 2000 for line in log)


@LINUX
def test_what_a_wrapper_leaves_behind_ends_with_it(folder: Path) -> None:
    """The wrapper ends with success at once; its child must not go on writing behind our back."""
    with pytest.raises(OutputWrong):
        run(awkward_plan("parent", "leave"), folder, PYTHON)
    child = int((folder / "child.pid").read_text())
    wait_for(lambda: not alive(child), timeout_s=2, what="the wrapper's child is gone")


@LINUX
def test_a_program_lives_on_when_the_thread_that_started_it_ends(tmp_path: Path) -> None:
    """Linux's parent-death signal follows threads; an executor's threads come and go."""
    from encode_media.process.child import ChildProcess

    lines: list[str] = []
    script = "import sys; print('up', flush=True); sys.stdin.read(); import time; time.sleep(1); print('done')"
    started: list[ChildProcess] = []

    def start() -> None:
        started.append(
            ChildProcess(
                (PYTHON, "-c", script), cwd=tmp_path, environment=dict(os.environ), on_output=lines.append
            )
        )

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    with started[0] as child:
        assert child.wait(10) == 0
    assert lines == ["up", "done"]


# --- disk --------------------------------------------------------------------------------------


def test_too_little_space_is_said_before_anything_is_run(folder: Path) -> None:
    free = os.statvfs(folder.parent.parent).f_bavail * 4096 * 10
    with pytest.raises(OutOfSpace) as caught:
        run(plan(encode_movie(), outputs=(output("review.mp4", h264()),), estimated_bytes=free), folder)
    assert (caught.value.code, caught.value.retryable) == ("disk.too_small", False)
    assert not folder.exists()


def test_an_encode_is_ended_before_it_fills_the_disk(small_disk: Path) -> None:
    with pytest.raises(OutOfSpace) as caught:
        run(awkward_plan("growing", "review.mp4"), small_disk / "job", PYTHON, min_free_bytes=4_000_000)
    assert caught.value.code == "disk.full"
    assert not (small_disk / "job").exists()


def test_a_full_disk_is_named_as_the_cause(small_disk: Path, ffmpeg: str) -> None:
    argv = (*REPORT, "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=24:d=10", "-c:v", "rawvideo", "review.mov")
    with pytest.raises(OutOfSpace) as caught:
        run(
            plan(argv, outputs=(output("review.mov", h264()),), frames=240),
            small_disk / "job",
            ffmpeg,
            min_free_bytes=0,
        )
    assert (caught.value.code, caught.value.retryable) == ("disk.full", True)
    assert not (small_disk / "job").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can only be mounted by root, where mounting is allowed")
    yield place
    subprocess.run(["umount", place], check=True)


# --- going wrong -------------------------------------------------------------------------------


def test_an_absent_ffmpeg_is_said_with_its_path(folder: Path) -> None:
    with pytest.raises(EncodeFailed) as caught:
        run(movie_plan(), folder, "/nowhere/ffmpeg")
    assert caught.value.code == "ffmpeg.missing"
    assert "/nowhere/ffmpeg" in caught.value.message


def test_a_program_that_cannot_be_started_is_as_good_as_absent(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_bytes(b"\x7fELF but nothing else")
    broken.chmod(0o755)
    with pytest.raises(EncodeFailed) as caught:
        run(movie_plan(), folder, str(broken))
    assert caught.value.code == "ffmpeg.missing"


def test_success_without_a_file_is_not_believed(folder: Path) -> None:
    with pytest.raises(OutputWrong) as caught:
        run(plan(("-c", "pass"), outputs=(output("review.mp4", h264()),)), folder, PYTHON)
    assert "no file was written" in caught.value.message


def test_what_was_called_a_success_but_is_none_stays_to_be_looked_at(folder: Path) -> None:
    two = plan(encode_movie("a.mp4"), outputs=(output("a.mp4", h264()), output("b.mp4", h264())))
    with pytest.raises(OutputWrong) as caught:
        run(two, folder)
    assert caught.value.message.startswith("b is not what was asked for")
    assert files_in(folder) == ["a.mp4"]


def test_success_with_an_empty_file_is_not_believed(folder: Path) -> None:
    script = "open('review.mp4', 'w').close()"
    with pytest.raises(OutputWrong) as caught:
        run(plan(("-c", script), outputs=(output("review.mp4", h264()),)), folder, PYTHON)
    assert "empty" in caught.value.message


def test_a_killed_ffmpeg_is_worth_another_try(folder: Path) -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(EncodeFailed) as caught:
        run(plan(("-c", script), outputs=(output("review.mp4", h264()),)), folder, PYTHON)
    assert (caught.value.code, caught.value.retryable) == ("ffmpeg.killed", True)


def test_a_crash_of_ffmpeg_is_named(folder: Path) -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    with pytest.raises(EncodeFailed) as caught:
        run(plan(("-c", script), outputs=(output("review.mp4", h264()),)), folder, PYTHON)
    assert (caught.value.code, "SIGSEGV" in caught.value.message) == ("ffmpeg.failed", True)


def test_a_frame_that_vanished_since_planning_is_named(folder: Path, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.1001.exr")
    links = (FrameLink(name="frames/000001.exr", source=gone),)
    with pytest.raises(SourceMissing) as caught:
        run(plan(encode_movie(), outputs=(output("review.mp4", h264()),), links=links), folder)
    assert gone in caught.value.message
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../escape.mp4", "/tmp/escape.mp4", "a/../../escape.mp4"])
def test_a_plan_that_writes_outside_its_folder_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(EncodeMediaError) as caught:
        run(plan(encode_movie(), outputs=(output(name, h264()),)), folder)
    assert caught.value.code == "internal"


# --- the error table, with the real words of each ffmpeg ------------------------------------------

LAVFI = ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=24:d=0.2")
ODD = ("-f", "lavfi", "-i", "testsrc=s=65x37:r=24:d=0.2")
X264, YUV444 = ("-c:v", "libx264"), ("-pix_fmt", "yuv444p")
TABLE = {
    "missing file": (("-i", "{source}", "review.mp4"), "source.missing"),
    "sequence not found": (("-f", "image2", "-i", "{folder}/no.%04d.exr", "review.mp4"), "source.missing"),
    "is a directory": (("-i", "{folder}", "review.mp4"), "source.missing"),
    "text": (("-i", "{text}", "review.mp4"), "source.not_media"),
    "text as mov": (("-f", "mov", "-i", "{text}", "review.mp4"), "source.corrupt"),
    "empty": (("-f", "mov", "-i", "{empty}", "review.mp4"), "source.corrupt"),
    "damaged png": (("-f", "png_pipe", "-i", "{png}", "review.mp4"), "source.corrupt"),
    "damaged exr": (("-f", "exr_pipe", "-i", "{text}", "review.mp4"), "source.corrupt"),
    "no picture": (("-f", "lavfi", "-i", "sine=d=0.1", "-map", "0:v:0", "review.mp4"), "source.no_video"),
    "unknown encoder": ((*LAVFI, "-c:v", "nothing", "review.mp4"), "ffmpeg.encoder_missing"),
    "unknown option": ((*LAVFI, "-nothing", "1", "review.mp4"), "ffmpeg.parameters"),
    "unknown filter": ((*LAVFI, "-vf", "nothing", "review.mp4"), "ffmpeg.filter_missing"),
    "bad filter option": ((*LAVFI, "-vf", "scale=nothing=1", "review.mp4"), "ffmpeg.parameters"),
    "bad preset": ((*LAVFI, *X264, "-preset", "nothing", "review.mp4"), "ffmpeg.parameters"),
    "profile clash": ((*LAVFI, *X264, "-profile:v", "high", *YUV444, "review.mp4"), "ffmpeg.parameters"),
    "unknown pixel format": ((*LAVFI, *X264, "-pix_fmt", "nothing", "review.mp4"), "ffmpeg.parameters"),
    "odd size": ((*ODD, *X264, "-pix_fmt", "yuv420p", "review.mp4"), "ffmpeg.parameters"),
    "odd size in x265": ((*ODD, "-c:v", "libx265", "-pix_fmt", "yuv420p", "review.mp4"), "ffmpeg.parameters"),
    "DNxHD": ((*LAVFI, "-c:v", "dnxhd", "-b:v", "36M", "-pix_fmt", "yuv422p", "review.mov"), "ffmpeg.parameters"),
    "codec and container": ((*LAVFI, *X264, "review.webm"), "ffmpeg.parameters"),
    "no such format": ((*LAVFI, *X264, "review.part"), "ffmpeg.parameters"),
    "absent LUT": ((*LAVFI, "-vf", "lut3d=file=absent.cube", *X264, "review.mp4"), "ffmpeg.parameters"),
    "absent output folder": ((*LAVFI, *X264, "absent/review.mp4"), "output.folder_missing"),
    "full device": ((*LAVFI, "-c:v", "rawvideo", "-f", "nut", "/dev/full"), "disk.full"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "code"), TABLE.values(), ids=TABLE.keys())
def test_each_failure_is_told_apart(
    words: tuple[str, ...], code: str, ffmpeg: str, folder: Path, tmp_path: Path
) -> None:
    names = {"source": tmp_path / "absent.mov", "folder": tmp_path, "text": tmp_path / "list.dat",
             "empty": tmp_path / "empty.mov", "png": tmp_path / "a.png"}  # fmt: skip
    names["text"].write_text("this is a shopping list\n" * 50)
    names["empty"].touch()
    names["png"].write_bytes(b"\x89PNG\r\n\x1a\n" + b"damage" * 100)
    argv = tuple(word.format_map(names) for word in words)
    source = argv[argv.index("-i") + 1]
    this = plan((*REPORT, *argv), outputs=(output("review.mp4", h264()),), media=movie(source))
    with pytest.raises(EncodeMediaError) as caught:
        run(this, folder, ffmpeg)
    assert caught.value.code == code, caught.value.details.get("log")
    if code.startswith("source."):
        assert source in caught.value.message
