"""Jobs that have parts of theirs done by other jobs, on every engine."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs.engine import EVERY_JOB, JobContext, JsonDict, RetryPolicy
from encode_media.model.media import SourceRef
from encode_media.model.request import EncodeRequest, Part
from encode_media.model.result import FINAL_STAGES, Progress, Stage
from support.jobs import DONE, MakeEngine, ended, request
from support.stories import media_of, plan_of
from support.waiting import wait_for

PARTS = 3
PLAN = plan_of(media_of(SourceRef(path="/show/a.mov")))
TWICE = RetryPolicy(attempts=2, first_wait_s=0.01)


@dataclass
class Shared:
    """A story that shares its only step in three; what is not one of ours does nothing."""

    fail: dict[int, list[EncodeMediaError]] = field(default_factory=dict)
    """Part number to what its next tellings fail with."""
    open: threading.Event = field(default_factory=threading.Event)
    """Parts wait for it."""
    entered: list[int] = field(default_factory=list)
    seen: list[Sequence[Progress]] = field(default_factory=list)

    def __call__(self, context: JobContext, told: EncodeRequest) -> dict[str, Any]:
        try:
            if told.part is not None:
                number = told.part.number
                made = context.step("part", lambda: self._do(context, number))
                return {**DONE, "part": made}
            return {**DONE, "shared": context.step("run", lambda: self._share(context), retry=TWICE)}
        except EncodeMediaError as error:
            status = "cancelled" if error.code == "cancelled" else "failed"
            return {"status": status, "error": error.to_dict()}

    def _share(self, context: JobContext) -> JsonDict:
        parts = [
            EncodeRequest(preset="review", part=Part(job_id=context.job_id, number=number, plan=PLAN))
            for number in range(PARTS)
        ]
        records = context.share(parts, watch=self.seen.append, stands=lambda result: "made" in result["part"])
        return {"made": [(record.result or {})["part"]["made"] for record in records]}

    def _do(self, context: JobContext, number: int) -> JsonDict:
        self.entered.append(number)
        context.report(Progress(stage=Stage.ENCODING, percent=30, frame=number))
        while not self.open.wait(0.02):
            if context.cancelled():
                raise failure("cancelled")
        if self.fail.get(number):
            raise self.fail[number].pop(0)
        return {"made": number}


def test_one_slot_does_the_parts_while_their_job_waits(started: MakeEngine) -> None:
    story = Shared()
    engine = started(story)
    job_id = engine.submit(request(user="ann")).job_id
    wait_for(lambda: bool(story.entered))
    story.open.set()

    record = ended(engine, job_id, timeout_s=60)

    assert record.result is not None
    assert record.result["shared"] == {"made": [0, 1, 2]}
    assert sorted(story.entered) == [0, 1, 2]
    assert {progress.stage for progress in story.seen[-1]} == {Stage.DONE}


def test_parts_are_seen_with_their_job_and_in_no_list(started: MakeEngine) -> None:
    story = Shared()
    engine = started(story)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: bool(story.entered))

    assert [record.job_id for record in engine.jobs(active_only=True)] == [job_id]
    assert sum(engine.counts(EVERY_JOB).values()) == 1
    numbers = [record.request.part.number for record in engine.parts(job_id) if record.request.part]
    assert numbers == [0, 1, 2]

    story.open.set()
    ended(engine, job_id, timeout_s=60)
    assert engine.parts("nobody") == []


def test_the_cancel_of_a_job_ends_its_parts(started: MakeEngine) -> None:
    story = Shared()
    engine = started(story)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: bool(story.entered))

    assert engine.cancel(job_id)

    assert ended(engine, job_id, timeout_s=60).stage is Stage.CANCELLED
    wait_for(lambda: {part.stage for part in engine.parts(job_id)} == {Stage.CANCELLED}, timeout_s=60)


def test_a_part_that_fails_for_good_fails_its_job_and_ends_the_others(started: MakeEngine) -> None:
    story = Shared(fail={0: [failure("ffmpeg.failed", problem="it is gone")]})
    engine = started(story)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: bool(story.entered))
    story.open.set()

    record = ended(engine, job_id, timeout_s=60)

    assert record.stage is Stage.FAILED
    assert record.result is not None
    assert record.result["error"]["code"] == "ffmpeg.failed"
    wait_for(lambda: all(part.stage in FINAL_STAGES for part in engine.parts(job_id)), timeout_s=60)


def test_only_the_part_that_failed_is_done_again(started: MakeEngine) -> None:
    story = Shared(fail={1: [failure("disk.full", path="/work")]})
    assert story.fail[1][0].retryable
    engine = started(story)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: bool(story.entered))
    story.open.set()

    record = ended(engine, job_id, timeout_s=60)

    assert record.result is not None
    assert record.result["shared"] == {"made": [0, 1, 2]}
    assert sorted(story.entered) == [0, 1, 1, 2]


def test_parts_that_are_done_outlive_a_purge_while_their_job_goes_on(started: MakeEngine) -> None:
    story = Shared()
    engine = started(story)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: bool(story.entered))

    assert engine.purge(older_than_s=-60) == 0
    story.open.set()
    ended(engine, job_id, timeout_s=60)

    engine.purge(older_than_s=-60)
    assert engine.job(job_id) is None
    assert engine.parts(job_id) == []
