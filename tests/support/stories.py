"""Everything a job needs, made up: the story can be told without ffmpeg and without a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from encode_media.errors import failure
from encode_media.jobs.engine import JsonDict, PartRecord, RetryPolicy, Room, Workflow
from encode_media.jobs.work import OnProgress, ToStop, Work
from encode_media.jobs.workflow import Patience, Tools, make_workflow
from encode_media.model.media import Media, SourceKind, SourceRef, VideoStream
from encode_media.model.plan import Command, EncodePlan, Expected, PlannedOutput, Split, Stretch
from encode_media.model.preset import OutputKind, PublishSpec
from encode_media.model.request import EncodeRequest, entity_id
from encode_media.model.result import OutputResult, Progress, PublishedOutput, RunResult, Stage, job_percent
from encode_media.settings import Settings

AT_ONCE = RetryPolicy(attempts=3, first_wait_s=0.01)
IMPATIENT = Patience(resolve=AT_ONCE, probe=AT_ONCE, run=AT_ONCE, publish=AT_ONCE, finish=AT_ONCE)

RATE = Fraction(24)

Note = Callable[[str], None]
"""Called with the name of each effect, at the moment it happens; may raise."""


@dataclass(frozen=True, slots=True)
class Report:
    elapsed_s: float = 1.5
    argvs: tuple[tuple[str, ...], ...] = (("ffmpeg", "-i", "a.mov", "review.mp4"),)
    log_tail: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def media_of(source: SourceRef) -> Media:
    video = VideoStream(
        index=0,
        codec="prores",
        width=320,
        height=180,
        pixel_format="yuv422p10le",
        frame_rate=Fraction(24),
        frames=24,
    )
    return Media(
        source=source, kind=SourceKind.MOVIE, container="mov", size_bytes=9, video=video, timecode="01:00:00:00"
    )


def plan_of(media: Media) -> EncodePlan:
    expected = Expected(codec="h264", pixel_format="yuv420p", width=320, height=180, frames=24)
    review = PlannedOutput(
        name="review",
        kind=OutputKind.VIDEO,
        container="mp4",
        file="review.mp4",
        expected=expected,
        publish=PublishSpec(),
    )
    frames = PlannedOutput(
        name="frames",
        kind=OutputKind.IMAGE_SEQUENCE,
        container="png",
        file="frames/frames.%04d.png",
        first_frame=1001,
        expected=expected,
        publish=PublishSpec(),
    )
    command = Command(argv=("-i", "a.mov", "review.mp4"), purpose="encode", frames=24)
    return EncodePlan(
        media=media, preset="review", commands=(command,), outputs=(review, frames), notes=("a note",)
    )


def shared_plan_of(media: Media) -> EncodePlan:
    """The same, which two workers can share."""
    whole = plan_of(media)
    rest = replace(whole, outputs=whole.outputs[1:])
    stretches = tuple(
        Stretch(first=first, frames=12, command=Command(argv=("-i", "a.mov"), purpose="part", frames=12))
        for first in (0, 12)
    )
    join = Command(argv=("-f", "concat"), purpose="join", frames=24)
    review = replace(whole.outputs[0], expected=replace(whole.outputs[0].expected, frame_rate=RATE))
    split = Split(stretches=stretches, files=("parts/0.mp4",), join=join, rest=rest)
    return replace(whole, outputs=(review, *whole.outputs[1:]), split=split)


def write_outputs(plan: EncodePlan, folder: Path) -> None:
    for planned in plan.outputs:
        is_sequence = planned.kind is OutputKind.IMAGE_SEQUENCE
        names = [planned.file % frame for frame in (1001, 1002)] if is_sequence else [planned.file]
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("frame" if is_sequence else "movie")


def result_of(planned: PlannedOutput, folder: Path) -> OutputResult:
    return OutputResult(
        planned=planned,
        path=str(folder / planned.file),
        codec="h264",
        width=320,
        height=180,
        frames=24,
        frame_rate=Fraction(24),
        duration_s=1.0,
        size_bytes=5,
        checks=(),
    )


@dataclass
class World:
    """The made-up outside of one job; `done` lists the effects in order, `fail` breaks them by name."""

    settings: Settings
    done: list[str] = field(default_factory=list)
    fail: dict[str, list[Exception]] = field(default_factory=dict)
    """Effect name to what its next calls raise."""
    told: list[RunResult] = field(default_factory=list)
    shown: list[Progress] = field(default_factory=list)
    note: Note | None = None
    by_hardware: bool = False
    """Whether the plan has a software way as well."""
    shared: bool = False
    """Whether workers can share the plan."""
    log: tuple[str, ...] = ()
    """What each encode says."""
    holding: Callable[[str], bool] = lambda _effect: False
    """Whether an effect still has to wait before it goes on."""

    def _do(self, effect: str, cancelled: ToStop = lambda: False) -> None:
        self.done.append(effect)
        if self.note is not None:
            self.note(effect)
        while self.holding(effect) and not cancelled():
            time.sleep(0.01)
        if self.fail.get(effect):
            raise self.fail[effect].pop(0)

    # --- the work ---

    def probe(self, source: SourceRef) -> Media:
        self._do("probe")
        return media_of(source)

    def plan(self, media: Media, _request: EncodeRequest) -> EncodePlan:
        self._do("plan")
        made = shared_plan_of(media) if self.shared else plan_of(media)
        return replace(made, software=made.commands) if self.by_hardware else made

    def run(self, plan: EncodePlan, folder: Path, on_progress: OnProgress, cancelled: ToStop) -> Report:
        purpose = plan.commands[0].purpose
        self._do(purpose if purpose in ("part", "join") else "run", cancelled)
        if cancelled():
            raise failure("cancelled")
        on_progress(Progress(stage=Stage.ENCODING, percent=job_percent(Stage.ENCODING, 0.5), frame=12, frames=24))
        write_outputs(plan, folder)
        return Report(log_tail=self.log)

    def verify(
        self, plan: EncodePlan, folder: Path, _on_progress: OnProgress, _cancelled: ToStop
    ) -> tuple[OutputResult, ...]:
        self._do("verify")
        assert (folder / "review.mp4").read_text() == "movie"
        return tuple(result_of(planned, folder) for planned in plan.outputs)

    def count(self, _plan: EncodePlan, _folder: Path) -> None:
        self._do("count")

    # --- the destination ---

    def resolve(self, request: EncodeRequest) -> SourceRef:
        self._do("resolve")
        assert request.source is not None
        return request.source

    def progress(self, _job_id: str, _request: EncodeRequest, progress: Progress) -> None:
        self.shown.append(progress)

    def publish(
        self,
        job_id: str,
        _request: EncodeRequest,
        _plan: EncodePlan,
        outputs: tuple[OutputResult, ...],
        on_progress: OnProgress,
    ) -> tuple[PublishedOutput, ...]:
        assert all(Path(output.path.replace("%04d", "1001")).is_file() for output in outputs)
        self._do("publish")
        on_progress(Progress(stage=Stage.PUBLISHING, percent=job_percent(Stage.PUBLISHING, 0.5)))
        return tuple(
            PublishedOutput(
                name=output.name,
                component_id=entity_id(job_id, output.name),
                location="ftrack.server",
                width=320,
                height=180,
                frames=24,
                frame_rate="24",
                size_bytes=5,
            )
            for output in outputs
        )

    def finish(self, _job_id: str, _request: EncodeRequest, result: RunResult) -> None:
        self._do("finish")
        self.told.append(result)

    def workflow(self) -> Workflow:
        work = Work(probe=self.probe, plan=self.plan, run=self.run, verify=self.verify, count=self.count)
        nothing: Any = None
        tools = Tools(catalog=nothing, ffmpeg=nothing, settings=self.settings, destination=self)
        return make_workflow(tools, work=work, patience=IMPATIENT)


@dataclass
class Remembering:
    """A `JobContext` without an engine: outcomes are kept in `remembered`, over as many tellings as wanted."""

    job_id: str
    remembered: dict[str, JsonDict] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    reports: list[Progress] = field(default_factory=list)
    is_cancelled: bool = False

    def step(
        self,
        name: str,
        work: Callable[..., JsonDict],
        *args: Any,
        retry: RetryPolicy | None = None,
        network: bool = False,
    ) -> JsonDict:
        del retry, network
        self.steps.append(name)
        if name not in self.remembered:
            self.remembered[name] = work(*args)
        return self.remembered[name]

    def room(self, needs: Sequence[str]) -> Sequence[Room]:
        del needs
        return []

    def share(
        self,
        parts: Sequence[EncodeRequest],
        *,
        watch: Callable[[Sequence[Progress]], None],
        stands: Callable[[JsonDict], bool],
    ) -> Sequence[PartRecord]:
        raise NotImplementedError("there is no engine to share with")

    def report(self, progress: Progress) -> None:
        self.reports.append(progress)

    def cancelled(self) -> bool:
        return self.is_cancelled

    def go_on(self) -> None:
        if self.is_cancelled:
            raise failure("cancelled")
