"""Runs a plan: makes its frame list, runs its commands under watch, reports how far it is."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path, PurePosixPath

from encode_media.errors import EncodeMediaError, OutputWrong, failure
from encode_media.model.plan import Command, EncodePlan
from encode_media.model.result import Progress, Stage, job_percent
from encode_media.process.child import ChildProcess
from encode_media.running import folder as job_folder
from encode_media.running.classify import classify, lost_writes
from encode_media.running.measured import Numbers, filled, problem_lines, read_numbers
from encode_media.running.progress import Position, ProgressReader, RemainingTime, fraction_done
from encode_media.running.readable import require_readable
from encode_media.running.space import KEEP_FREE_BYTES, free_bytes, needed_bytes
from encode_media.running.watch import Limits, Seen, Watch, beyond_estimate, stall_limit
from encode_media.settings import child_environment
from encode_media.timebase import size_text

LOOK_EVERY_S = 0.25
"""At progress and at a wish to cancel."""
MEASURE_EVERY_S, MEASURE_SHARE = 0.5, 0.05
"""Looking at the files of a long sequence takes time itself; it may take this share of it."""
LINKS_AT_A_TIME = 100
"""Frames looked for before a wish to cancel is seen: slow storage needs some milliseconds for each."""
GRACE_S = 1.5
"""For ffmpeg to close its files after SIGTERM, before the group is killed. A job must have ended 3 s after
it was cancelled, and `cancelled` may know of it a second late."""
_FILE = "file:"
"""Before the names of sources, so that none is taken for an address."""
LOG_LINES_KEPT = 20
"""With an error; the whole log has up to 140."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    elapsed_s: float
    log_tail: tuple[str, ...]
    """What ffmpeg said, warnings included; of interest even where it succeeded."""
    argvs: tuple[tuple[str, ...], ...]
    """The complete argument lists that were run, the program first."""
    notes: tuple[str, ...] = ()
    """What went another way than planned."""


def run_plan(
    plan: EncodePlan,
    folder: Path,
    ffmpeg: str,
    *,
    on_progress: Callable[[Progress], None],
    cancelled: Callable[[], bool],
    stall_limit_s: float = 120.0,
    time_limit_s: float = 6 * 3600.0,
    max_bytes: int | None = None,
    min_free_bytes: int = KEEP_FREE_BYTES,
) -> RunReport:
    """Runs every command of the plan in `folder`, which is private to this attempt of the job.

    May be called again after a crash: what was left there is removed first. On failure and on
    cancellation everything the plan made is removed again; only what ffmpeg called a success, but isn't
    one (`output.wrong`), stays to be looked at.

    Args:
        plan: what to do.
        folder: made if it isn't there; empty or gone again after a failure.
        ffmpeg: path or name of the program.
        on_progress: called about four times a second while something changes, from this thread.
        cancelled: asked as often; a true answer ends the whole process group within 3 s.
        stall_limit_s: the longest time without any sign of work.
        time_limit_s: the longest time for all commands together.
        max_bytes: limit for all outputs together; None is ten times the plan's estimate, at least 1 GB.
        min_free_bytes: what must stay free on the disk.

    Raises:
        EncodeMediaError: any of the catalogue's `source.*`, `ffmpeg.*`, `disk.*`, `output.*`, `cancelled`.
    """
    program = _program(ffmpeg)
    require_readable(plan, program)
    run = _Run(
        plan=plan,
        folder=folder,
        ffmpeg=program,
        on_progress=on_progress,
        cancelled=cancelled,
        limits=beyond_estimate(
            Limits(
                stall_s=stall_limit(plan, stall_limit_s),
                time_s=time_limit_s,
                size_bytes=max_bytes,
                free_bytes=min_free_bytes,
            ),
            estimated_bytes=plan.estimated_bytes,
            estimated_s=plan.estimated_s,
        ),
    )
    try:
        return run.all()
    except OutputWrong:
        job_folder.clear_frames(folder, plan)
        raise
    except BaseException:
        job_folder.clear(folder, plan)
        job_folder.remove_if_empty(folder)
        raise


def _program(ffmpeg: str) -> str:
    program = shutil.which(ffmpeg)
    if program is None:
        raise failure("ffmpeg.missing", path=ffmpeg)
    return program


@dataclass(kw_only=True)
class _Run:
    """One call of `run_plan`."""

    plan: EncodePlan
    folder: Path
    ffmpeg: str
    on_progress: Callable[[Progress], None]
    cancelled: Callable[[], bool]
    limits: Limits
    started_s: float = field(default_factory=time.monotonic)
    remaining: RemainingTime = field(default_factory=RemainingTime)
    log: list[str] = field(default_factory=list)
    argvs: list[tuple[str, ...]] = field(default_factory=list)
    measured: dict[str, Numbers] = field(default_factory=dict)
    reported: Progress | None = None
    measure_at_s: float = 0.0

    def all(self) -> RunReport:
        self._check_cancelled()
        job_folder.prepare(self.folder, self.plan)
        self._check_space()
        self.watch = Watch(
            self.limits,
            name=", ".join(output.name for output in self.plan.outputs),
            folder=str(self.folder),
            started_s=self.started_s,
        )
        self._report(0.0, None)
        self._make_frame_list()
        weights = [command.frames or 1 for command in self.plan.commands]
        for index, command in enumerate(self.plan.commands):
            done, share = sum(weights[:index]) / sum(weights), weights[index] / sum(weights)
            self._run(command, done=done, share=share)
        self._check_tallies()
        job_folder.clear_frames(self.folder, self.plan)
        self._check_outputs()
        self._report(1.0, None)
        return RunReport(
            elapsed_s=time.monotonic() - self.started_s,
            log_tail=tuple(self.log),
            argvs=tuple(self.argvs),
        )

    def _make_frame_list(self) -> None:
        black = None
        if self.plan.black_frame:
            name = job_folder.black_frame_name(self.plan)
            black = job_folder.place_of(self.folder, name)
            black.parent.mkdir(parents=True, exist_ok=True)
            self._run(Command(argv=self.plan.black_frame, purpose="black frame", frames=1), done=0.0, share=0.0)
        for start in range(0, len(self.plan.links), LINKS_AT_A_TIME):
            self._check_cancelled()
            job_folder.lay_links(self.folder, self.plan.links[start : start + LINKS_AT_A_TIME], black)

    def _run(self, command: Command, *, done: float, share: float) -> None:
        argv = (self.ffmpeg, *filled(command, self.measured))
        self.argvs.append(argv)
        reader = ProgressReader()
        self.watch.next_command(time.monotonic())
        environment = child_environment() | {"AV_LOG_FORCE_NOCOLOR": "1"}
        with ChildProcess(argv, cwd=self.folder, environment=environment, on_output=reader.feed) as child:
            while (code := child.wait(LOOK_EVERY_S)) is None:
                self._check_cancelled(child)
                self._check_limits(child, reader.latest)
                fraction = fraction_done(reader.latest, command.frames, self._duration(command))
                self._report(done + share * fraction, reader.latest)
            # A run that measures also says what is no problem.
            log = child.log if command.measures is None else problem_lines(child.log)
            self.log.extend(log)
            self._judge(argv, code, log)
            if command.measures is not None:
                self.measured[command.measures.name] = read_numbers(command.measures.reader, child.log)

    def _judge(self, argv: Sequence[str], code: int, log: Sequence[str]) -> None:
        lost = lost_writes(log, folder=str(self.folder)) if code == 0 else None
        if lost is not None:
            raise _with_log(lost, log)
        # Somebody may have cancelled in the very moment it ended; then the exit code says nothing.
        if code != 0:
            error = classify(
                code,
                log,
                cancelled=self.cancelled(),
                sources=_spellings(self.plan, argv),
                source=_source_in(log, argv) or self.plan.media.source.path,
                folder=str(self.folder),
            )
            raise _with_log(error, log)

    def _duration(self, command: Command) -> Fraction | None:
        return self.plan.duration_s or None if command.frames != 1 else None

    def _check_cancelled(self, child: ChildProcess | None = None) -> None:
        if self.cancelled():
            if child is not None:
                child.end(grace_s=GRACE_S)
            raise failure("cancelled")

    def _check_limits(self, child: ChildProcess, position: Position) -> None:
        started_s = time.monotonic()
        if started_s < self.measure_at_s:
            return
        written = job_folder.written_bytes(self.folder, self.plan.outputs)
        reason = self.watch.look(
            Seen(
                now_s=time.monotonic(),
                frame=position.frame,
                signs_of_life=(position, written),
                written_bytes=written,
                free_bytes=shutil.disk_usage(self.folder).free,
            )
        )
        now_s = time.monotonic()
        self.measure_at_s = now_s + max(MEASURE_EVERY_S, (now_s - started_s) / MEASURE_SHARE)
        if reason is not None:
            child.end(grace_s=GRACE_S)
            raise _with_log(reason, child.log)

    def _check_space(self) -> None:
        free, needed = free_bytes(self.folder), needed_bytes(self.plan, self.limits.free_bytes)
        if free < needed:
            raise failure("disk.too_small", path=str(self.folder), needed=size_text(needed), free=size_text(free))

    def _check_tallies(self) -> None:
        """Formats that keep equal pictures once don't tell how many there were: a source may have broken off."""
        for output in self.plan.outputs:
            if output.tally is None:
                continue
            lines = job_folder.place_of(self.folder, output.tally).read_text(encoding="ascii").splitlines()
            given = sum(1 for line in lines if not line.startswith("#"))
            if given != output.tallied:
                what = f"frames: expected {output.tallied}, the encoder was given {given}"
                raise _with_log(failure("output.wrong", name=output.name, problem=what), self.log)

    def _check_outputs(self) -> None:
        """Exit code 0 alone proves nothing: ffmpeg also ends so when it wrote nothing at all."""
        for output in self.plan.outputs:
            files = job_folder.files_of(self.folder, output)
            if not files or any(file.stat().st_size == 0 for file in files):
                what = "the file is empty" if files else "no file was written"
                raise _with_log(failure("output.wrong", name=output.name, problem=what), self.log)

    def _report(self, fraction: float, position: Position | None) -> None:
        # Two passes over 72 frames are 72 frames to a person.
        frames = max((command.frames or 0 for command in self.plan.commands), default=0) or None
        progress = Progress(
            stage=Stage.ENCODING,
            percent=job_percent(Stage.ENCODING, fraction),
            eta_s=self.remaining.observe(time.monotonic(), fraction),
            frame=None if position is None and fraction < 1 else int(fraction * frames) if frames else None,
            frames=frames,
        )
        if progress != self.reported:
            self.reported = progress
            self.on_progress(progress)


def _source_in(log: Sequence[str], argv: Sequence[str]) -> str | None:
    """The file a log names, where a command reads several: the sound may come from another one."""
    named = [name for flag, name in pairwise(argv) if flag == "-i" and name.startswith(_FILE)]
    found = next((name for name in named if any(name in line for line in log)), None)
    return None if found is None else found.removeprefix(_FILE)


def _spellings(plan: EncodePlan, argv: Sequence[str]) -> tuple[str, ...]:
    """Every name ffmpeg may give the source in its log: the inputs of the command, and the frame list."""
    inputs = [name for flag, name in pairwise(argv) if flag == "-i"]
    folders = {f"{PurePosixPath(link.name).parent}/" for link in plan.links}
    return (*inputs, *sorted(folders))


def _with_log(error: EncodeMediaError, log: Sequence[str]) -> EncodeMediaError:
    """The end of what ffmpeg said stays with the error, for whoever looks after the service."""
    error.details["log"] = list(log)[-LOG_LINES_KEPT:]
    return error
