"""An encode that several workers share: when it is worth it, the parts, and what is made of them.

The parts of a plan are jobs of their own, which lay their files into the folder of the job they belong to. It
waits without an encode slot, joins what they made and goes on like any other job.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from encode_media.errors import Cancelled, EncodeMediaError, OutputWrong, failure
from encode_media.jobs.engine import JobContext, JsonDict, RetryPolicy, Room
from encode_media.jobs.job_folder import discard, fresh_run_folder, job_folder, made_files, storage_failure
from encode_media.jobs.work import OnProgress, Ran, Work
from encode_media.model.codec import to_json
from encode_media.model.plan import EncodePlan, Split
from encode_media.model.request import EncodeRequest, Part
from encode_media.model.result import Progress, RunResult, Stage, job_percent
from encode_media.planning.stretches import join_plan, part_plans
from encode_media.running.damage import undecodable
from encode_media.running.folder import files_of
from encode_media.running.progress import RemainingTime
from encode_media.settings import Settings

_log = logging.getLogger(__name__)

PARTS = "parts"
_PARTS_SHARE = 0.95
"""Of the encode; the rest of it is joining, which copies."""


def is_worth_it(split: Split, rooms: Sequence[Room], cores: int) -> bool:
    """Whether another worker has nothing to do, and this machine's would have something to do it with."""
    return any(room.idle and (not room.here or cores > split.cores) for room in rooms)


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """The run step of one job, as others help with it."""

    settings: Settings
    work: Work
    context: JobContext
    request: EncodeRequest
    report: OnProgress

    @property
    def _parts(self) -> Path:
        return job_folder(self.settings, self.context.job_id) / PARTS

    def wanted(self, plan: EncodePlan) -> bool:
        """What was begun so is ended so, as far as this machine sees it."""
        if plan.split is None or self.request.split == "never":
            return False
        if self.request.split == "always" or self._parts.is_dir():
            return True
        return is_worth_it(plan.split, self.context.room(self._needs()), os.cpu_count() or 1)

    def run(self, plan: EncodePlan) -> JsonDict:
        """Has the parts made, joins them; the same that the run of a whole plan gives."""
        began = time.monotonic()
        plans = part_plans(plan)
        try:
            self._parts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_failure(error, self._parts) from error
        ended = self.context.share(
            [self._part(number, part) for number, part in enumerate(plans)],
            watch=_Watch(plans, self.report),
            stands=self._stands,
        )
        results = [part.result or {} for part in ended]
        folder = fresh_run_folder(self._parts.parent, beside=PARTS)
        joined = self._join(plan, [str(self._parts / result["part"]["folder"]) for result in results], folder)
        workers = len({part.executor for part in ended})
        note = f"encoded in {len(plans)} parts by {workers} worker{'s' if workers > 1 else ''}, and joined"
        return {
            "folder": folder.name,
            "elapsed_s": time.monotonic() - began,
            "commands": [argv for result in results for argv in result["commands"]] + joined["commands"],
            "notes": [note, *(line for result in results for line in result["notes"])],
            "log": joined["log"],
            "made": made_files(plan, folder),
            "shared": True,
        }

    def _needs(self) -> tuple[str, ...]:
        return (*self.request.needs, self.settings.workplace)

    def _part(self, number: int, plan: EncodePlan) -> EncodeRequest:
        return EncodeRequest(
            preset=self.request.preset,
            source=plan.media.source,
            origin=self.request.origin,
            priority=self.request.priority,
            needs=self._needs(),
            part=Part(job_id=self.context.job_id, number=number, plan=plan),
        )

    def _stands(self, result: JsonDict) -> bool:
        part = result["part"]
        same: bool = files_in(self._parts / part["folder"]) == part["files"]
        return same

    def _join(self, plan: EncodePlan, folders: Sequence[str], folder: Path) -> JsonDict:
        stretches = len(plan.split.stretches) if plan.split else 0
        joining = join_plan(plan, folders[:stretches])
        ran = self.work.run(joining, folder, self._while_joining, self.context.cancelled)
        rest = plan.split.rest if plan.split else None
        if rest is not None:
            _bring(rest, Path(folders[-1]), folder)
        return {"commands": [list(argv) for argv in ran.argvs], "log": list(ran.log_tail)}

    def _while_joining(self, progress: Progress) -> None:
        done = progress.frame / progress.frames if progress.frame and progress.frames else 0.0
        percent = job_percent(Stage.ENCODING, _PARTS_SHARE + (1 - _PARTS_SHARE) * done)
        self.report(replace(progress, percent=percent, eta_s=None, message="Joining the parts"))


class _Watch:
    """The progress of the parts, as one."""

    def __init__(self, plans: Sequence[EncodePlan], report: OnProgress) -> None:
        self._frames = [plan.commands[-1].frames or 1 for plan in plans]
        self._report, self._remaining = report, RemainingTime()

    def __call__(self, parts: Sequence[Progress]) -> None:
        done = [
            frames if part.stage is Stage.DONE else min(part.frame or 0, frames)
            for part, frames in zip(parts, self._frames, strict=True)
        ]
        fraction = sum(done) / sum(self._frames)
        ended = sum(part.stage is Stage.DONE for part in parts)
        self._report(
            Progress(
                stage=Stage.ENCODING,
                percent=job_percent(Stage.ENCODING, _PARTS_SHARE * fraction),
                eta_s=self._remaining.observe(time.monotonic(), fraction),
                frame=sum(done),
                frames=sum(self._frames),
                message=f"{ended} of {len(parts)} parts are done",
            )
        )


def tell_part(work: Work, settings: Settings, retry: RetryPolicy, context: JobContext, part: Part) -> JsonDict:
    """The story of a job that does a part of another one: one step, and nobody is told but that job."""

    def run() -> JsonDict:
        return _run_part(work, settings, context, part)

    result = RunResult(status="failed")
    try:
        ran = context.step("part", run, retry=retry)
        result = RunResult(
            status="done",
            commands=tuple(tuple(argv) for argv in ran["commands"]),
            notes=tuple(ran["notes"]),
            elapsed_s=ran["elapsed_s"],
            log=tuple(ran["log"]),
            part=ran["part"],
        )
    except EncodeMediaError as error:
        status = "cancelled" if isinstance(error, Cancelled) else "failed"
        result = RunResult(status=status, error=error.to_dict())
    told: JsonDict = to_json(result)
    return told


def _run_part(work: Work, settings: Settings, context: JobContext, part: Part) -> JsonDict:
    if context.cancelled():
        raise failure("cancelled")
    context.report(Progress(stage=Stage.ENCODING, percent=job_percent(Stage.ENCODING)))
    mine = job_folder(settings, context.job_id)
    try:
        ran, folder = _made(work, mine, context, part)
        place = _hand_in(folder, job_folder(settings, part.job_id) / PARTS, part.number)
    finally:
        discard(mine)
    return {
        "elapsed_s": ran.elapsed_s,
        "commands": [list(argv) for argv in ran.argvs],
        "notes": list(ran.notes),
        "log": list(ran.log_tail),
        "part": {"folder": place.name, "files": files_in(place)},
    }


def _made(work: Work, mine: Path, context: JobContext, part: Part) -> tuple[Ran, Path]:
    """Made and counted: the joined file would no longer tell which part was wrong. Once more where it was."""
    folder = fresh_run_folder(mine)
    ran = work.run(part.plan, folder, context.report, context.cancelled)
    try:
        work.count(part.plan, folder)
    except OutputWrong as error:
        if (damage := undecodable(ran.log_tail, source=part.plan.media.source.path)) is not None:
            raise damage from error
        _log.warning("part %d of job %s is done again: %s", part.number, part.job_id, error)
        folder = fresh_run_folder(mine)
        ran = work.run(part.plan, folder, context.report, context.cancelled)
        work.count(part.plan, folder)
    return ran, folder


def _hand_in(folder: Path, parts: Path, number: int) -> Path:
    """Lays the files beside those of the other parts, at once and under a name that no other attempt has."""
    place = parts / f"{number:06d}-{folder.name}"
    if not parts.is_dir():
        problem = f"the folder of the job is not at {parts.parent}; see ENCODE_MEDIA_SHARED_WORK"
        raise failure("storage.failed", problem=problem)
    try:
        folder.rename(place)
    except OSError as error:
        raise storage_failure(error, place) from error
    return place


def files_in(folder: Path) -> list[list[Any]]:
    """Name and size of each file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [[path.relative_to(folder).as_posix(), path.stat().st_size] for path in files]


def _bring(rest: EncodePlan, source: Path, folder: Path) -> None:
    """The outputs that were made in whole, beside the joined ones; they stay, in case this is done again."""
    for output in rest.outputs:
        for file in files_of(source, output):
            place = folder / file.relative_to(source)
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place)
            except OSError as error:
                raise storage_failure(error, place) from error
