"""What every engine promises, the same cases on each."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from encode_media.errors import Cancelled, InvalidParameters, failure
from encode_media.jobs.engine import JobContext, JobEngine, JobFilter, RetryPolicy
from encode_media.model.request import EncodeRequest
from encode_media.model.result import FINAL_STAGES, Progress, Stage
from support.jobs import DONE, MakeEngine, attempt_of, ended, name_of, request, simple_story
from support.waiting import wait_for


class Gate:
    """A story that waits inside its step until it is let go, or cancelled."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered: list[str] = []
        self.finished: list[tuple[str, str]] = []

    def __call__(self, context: JobContext, told: EncodeRequest) -> dict[str, Any]:
        try:
            context.step("wait", lambda: self._wait(context, name_of(told)))
            status, error = "done", None
        except Cancelled as cancelled:
            status, error = "cancelled", cancelled.to_dict()
        context.step("finish", lambda: self._finish(name_of(told), status))
        return {"status": status, "error": error}

    def _wait(self, context: JobContext, name: str) -> dict[str, Any]:
        if context.cancelled():
            raise failure("cancelled")
        self.entered.append(name)
        context.report(Progress(stage=Stage.ENCODING, percent=30, message="half way"))
        while not self.open.wait(0.02):
            if context.cancelled():
                raise failure("cancelled")
        return {}

    def _finish(self, name: str, status: str) -> dict[str, Any]:
        self.finished.append((name, status))
        return {}


def test_a_submitted_job_runs_and_its_record_holds_the_result(started: MakeEngine) -> None:
    engine = started(simple_story)
    submission = engine.submit(request())
    record = ended(engine, submission.job_id)
    assert submission.created
    assert record.stage is Stage.DONE
    assert record.progress == Progress(stage=Stage.DONE, percent=100)
    assert record.result == DONE
    assert record.request == request()


def test_a_job_starts_within_half_a_second(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    wait_until_warm(engine, gate)
    before = time.monotonic()
    engine.submit(request("timed"))
    wait_for(lambda: "timed" in gate.entered)
    assert time.monotonic() - before < 1.0  # 0.25 s polls; a loaded machine gets the double


def wait_until_warm(engine: JobEngine, gate: Gate) -> None:
    gate.open.set()
    ended(engine, engine.submit(request("warm")).job_id)


def test_progress_is_readable_while_the_job_runs(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: _stage(engine, job_id) is Stage.ENCODING)
    record = engine.job(job_id)
    assert record is not None
    assert (record.progress.percent, record.progress.message) == (30, "half way")
    assert record.executor
    gate.open.set()
    ended(engine, job_id)


def _stage(engine: JobEngine, job_id: str) -> Stage | None:
    record = engine.job(job_id)
    return record.stage if record else None


def test_the_same_wish_while_it_runs_is_the_same_job(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    first = engine.submit(request())
    wait_for(lambda: gate.entered == ["a"])
    second = engine.submit(request())
    assert (second.job_id, second.created) == (first.job_id, False)
    gate.open.set()
    ended(engine, first.job_id)


def test_of_many_submitters_at_once_one_creates_the_job(make_engine: MakeEngine) -> None:
    engine = make_engine(simple_story)
    together, answers = threading.Barrier(6), []

    def submit() -> None:
        together.wait()
        answers.append(engine.submit(request()))

    threads = [threading.Thread(target=submit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.job_id for answer in answers}) == 1
    assert sorted(answer.created for answer in answers) == [False] * 5 + [True]


def test_a_wish_that_ended_is_encoded_again_as_the_next_attempt(started: MakeEngine) -> None:
    engine = started(simple_story)
    first = engine.submit(request())
    ended(engine, first.job_id)
    second = engine.submit(request())
    assert second.created
    assert attempt_of(second.job_id) == attempt_of(first.job_id) + 1
    assert ended(engine, second.job_id).stage is Stage.DONE


def test_without_again_a_done_wish_stays_done(started: MakeEngine) -> None:
    engine = started(simple_story)
    first = engine.submit(request())
    ended(engine, first.job_id)
    second = engine.submit(request(), again=False)
    assert (second.job_id, second.created) == (first.job_id, False)


def test_without_again_a_failed_wish_is_tried_anew(started: MakeEngine) -> None:
    engine = started(lambda _context, _told: {"status": "failed", "error": None})
    first = engine.submit(request())
    ended(engine, first.job_id)
    assert engine.submit(request(), again=False).created


def test_a_queued_job_is_cancelled_at_once_and_its_end_is_told(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    running = engine.submit(request("running")).job_id
    wait_for(lambda: gate.entered == ["running"])
    queued = engine.submit(request("queued")).job_id
    assert engine.cancel(queued)
    assert _stage(engine, queued) is Stage.CANCELLED
    wait_for(lambda: ("queued", "cancelled") in gate.finished, what="the end told while the slot is taken")
    gate.open.set()
    ended(engine, running)
    assert gate.entered == ["running"]
    assert gate.finished.count(("queued", "cancelled")) == 1


def test_a_running_job_is_cancelled_within_a_second_and_its_end_is_told(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: gate.entered == ["a"])
    before = time.monotonic()
    assert engine.cancel(job_id)
    record = ended(engine, job_id)
    assert time.monotonic() - before < 2
    assert record.stage is Stage.CANCELLED
    assert record.result is not None
    assert record.result["error"]["code"] == "cancelled"
    assert gate.finished == [("a", "cancelled")]


def test_a_cancel_that_is_under_way_shows(started: MakeEngine) -> None:
    released = threading.Event()

    def deaf(context: JobContext, _told: EncodeRequest) -> dict[str, Any]:
        context.report(Progress(stage=Stage.ENCODING, percent=5))
        context.step("wait", lambda: {"waited": released.wait(20)})
        return DONE

    engine = started(deaf)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: _stage(engine, job_id) is Stage.ENCODING)
    engine.cancel(job_id)
    record = engine.job(job_id)
    assert record is not None
    assert (record.stage, record.progress.message) == (Stage.ENCODING, "cancelling")
    released.set()
    ended(engine, job_id)


def test_an_ended_job_can_not_be_cancelled(started: MakeEngine) -> None:
    engine = started(simple_story)
    job_id = engine.submit(request()).job_id
    ended(engine, job_id)
    assert not engine.cancel(job_id)
    assert _stage(engine, job_id) is Stage.DONE


def test_cancelling_an_unknown_job_says_so(make_engine: MakeEngine) -> None:
    with pytest.raises(InvalidParameters, match="no job nonsense"):
        make_engine(simple_story).cancel("nonsense")


def test_a_job_that_was_cancelled_before_its_turn_stays_so_whatever_its_story_says(
    make_engine: MakeEngine,
) -> None:
    told = threading.Event()

    def deaf(_context: JobContext, _told: EncodeRequest) -> dict[str, Any]:
        told.set()
        return DONE

    engine = make_engine(deaf)
    job_id = engine.submit(request()).job_id
    engine.cancel(job_id)
    engine.start()
    assert told.wait(20)
    ended(engine, engine.submit(request("next")).job_id)
    assert _stage(engine, job_id) is Stage.CANCELLED


def test_a_cancelled_wish_can_be_submitted_again(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    first = engine.submit(request("blocker")).job_id
    wait_for(lambda: gate.entered == ["blocker"])
    cancelled = engine.submit(request("b")).job_id
    engine.cancel(cancelled)
    second = engine.submit(request("b"))
    gate.open.set()
    assert second.created
    assert ended(engine, second.job_id).stage is Stage.DONE
    ended(engine, first)


def test_urgent_work_overtakes_bulk_work(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    ids = [engine.submit(request("blocker")).job_id]
    wait_for(lambda: gate.entered == ["blocker"])
    for name, priority in (("bulk", 90), ("normal", 50), ("urgent", 10), ("urgent2", 10)):
        ids.append(engine.submit(request(name, priority=priority)).job_id)
    gate.open.set()
    for job_id in ids:
        ended(engine, job_id)
    assert gate.entered == ["blocker", "urgent", "urgent2", "normal", "bulk"]


def test_one_person_with_many_jobs_does_not_keep_another_waiting(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    ids = [engine.submit(request("blocker")).job_id]
    wait_for(lambda: gate.entered == ["blocker"])
    for name, user in (("a1", "ann"), ("a2", "ann"), ("a3", "ann"), ("b1", "bob"), ("b2", "bob")):
        ids.append(engine.submit(request(name, user=user)).job_id)
    gate.open.set()
    for job_id in ids:
        ended(engine, job_id)
    assert gate.entered == ["blocker", "a1", "b1", "a2", "b2", "a3"]


def test_as_many_jobs_run_at_a_time_as_there_are_slots(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate, 2)
    ids = [engine.submit(request(name)).job_id for name in "abc"]
    wait_for(lambda: len(gate.entered) == 2)
    assert _stage(engine, ids[2]) is Stage.QUEUED
    gate.open.set()
    for job_id in ids:
        ended(engine, job_id)
    assert sorted(gate.entered) == ["a", "b", "c"]


def test_jobs_are_listed_newest_first_and_filtered(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    wait_until_warm(engine, gate)
    gate.open.clear()
    first, second = engine.submit(request("a")).job_id, engine.submit(request("b")).job_id
    assert [record.job_id for record in engine.jobs(active_only=True)] == [second, first]
    assert len(engine.jobs()) == 3
    assert [record.job_id for record in engine.jobs(limit=1)] == [second]
    gate.open.set()
    ended(engine, second)


def test_jobs_are_picked_by_stage_person_preset_version_and_age(make_engine: MakeEngine) -> None:
    engine = make_engine(simple_story)
    ann = engine.submit(request("a", user="ann")).job_id
    bob = engine.submit(request("b", user="bob")).job_id
    engine.cancel(bob)

    def found(**wanted: Any) -> list[str]:
        return [record.job_id for record in engine.jobs(where=JobFilter(**wanted))]

    assert found(stages=(Stage.QUEUED,)) == [ann]
    assert found(stages=(Stage.QUEUED, Stage.CANCELLED)) == [bob, ann]
    assert found(user="bob") == [bob]
    assert found(preset="review") == [bob, ann]
    assert found(preset="other") == []
    assert found(version_id="a") == [ann]
    assert found(older_than_s=3600) == []
    assert found(newer_than_s=3600, user="ann") == [ann]


def test_a_retry_is_a_new_attempt_of_the_same_wish(started: MakeEngine) -> None:
    engine = started(lambda _context, _told: {"status": "failed", "error": None})
    first = engine.submit(request(user="ann")).job_id
    ended(engine, first)
    second = engine.retry(first)
    record = engine.job(second.job_id)
    assert second.created
    assert attempt_of(second.job_id) == attempt_of(first) + 1
    assert record is not None
    assert record.request == request(user="ann")


def test_a_waiting_job_can_be_moved_to_the_front_and_into_another_class(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    ids = [engine.submit(request("blocker")).job_id]
    wait_for(lambda: gate.entered == ["blocker"])
    for name, priority in (("urgent", 10), ("normal", 50), ("bulk", 90), ("last", 90)):
        ids.append(engine.submit(request(name, priority=priority)).job_id)
    assert engine.move_to_front(ids[4])
    assert engine.prioritise(ids[3], 20)
    assert not engine.move_to_front(ids[0])
    assert not engine.prioritise(ids[0], 20)
    gate.open.set()
    for job_id in ids:
        ended(engine, job_id)
    assert gate.entered == ["blocker", "last", "urgent", "bulk", "normal"]


@pytest.mark.parametrize(
    "steer",
    [
        lambda engine: engine.retry("nonsense"),
        lambda engine: engine.prioritise("nonsense", 10),
        lambda engine: engine.move_to_front("nonsense"),
    ],
    ids=["retry", "prioritise", "front"],
)
def test_steering_an_unknown_job_says_so(make_engine: MakeEngine, steer: Callable[[JobEngine], Any]) -> None:
    with pytest.raises(InvalidParameters, match="no job nonsense"):
        steer(make_engine(simple_story))


def test_the_log_of_a_job_is_kept_with_it(started: MakeEngine) -> None:
    engine = started(lambda _context, _told: {**DONE, "log": ["first line", "last line"]})
    record = ended(engine, engine.submit(request()).job_id)
    assert record.result is not None
    assert record.result["log"] == ["first line", "last line"]


def test_purging_forgets_ended_jobs_of_that_age_only(started: MakeEngine) -> None:
    gate = Gate()
    engine = started(gate)
    wait_until_warm(engine, gate)
    gate.open.clear()
    active = engine.submit(request("active")).job_id
    assert engine.purge(older_than_s=3600) == 0
    assert engine.purge(older_than_s=0) == 1
    assert [record.job_id for record in engine.jobs()] == [active]
    gate.open.set()
    ended(engine, active)


def test_an_attempt_number_never_comes_twice_even_after_a_purge(started: MakeEngine) -> None:
    """Its number gives the ids of what a job published."""
    engine = started(simple_story)
    first = engine.submit(request()).job_id
    ended(engine, first)
    engine.purge(older_than_s=0)
    assert attempt_of(engine.submit(request()).job_id) == attempt_of(first) + 1


def test_a_retryable_failure_is_tried_again_and_only_in_its_own_step(started: MakeEngine) -> None:
    calls: list[str] = []

    def upload() -> dict[str, Any]:
        calls.append("upload")
        if calls.count("upload") < 3:
            raise failure("server.upload_failed", name="review", problem="reset")
        return {"uploaded": True}

    def story(context: JobContext, _told: EncodeRequest) -> dict[str, Any]:
        context.step("encode", lambda: calls.append("encode") or {})
        answer = context.step("upload", upload, retry=RetryPolicy(attempts=3, first_wait_s=0.01))
        return {"status": "done", "error": None, **answer}

    engine = started(story)
    record = ended(engine, engine.submit(request()).job_id)
    assert record.result is not None
    assert record.result["uploaded"]
    assert calls == ["encode", "upload", "upload", "upload"]


@pytest.mark.parametrize(
    ("code", "attempts"), [("source.missing", 1), ("server.unreachable", 3)], ids=["permanent", "transient"]
)
def test_a_step_that_can_not_be_done_raises_its_own_error(started: MakeEngine, code: str, attempts: int) -> None:
    calls, seen = [], []

    def broken() -> dict[str, Any]:
        calls.append(1)
        raise failure(code, path="/p", server="s")

    def story(context: JobContext, _told: EncodeRequest) -> dict[str, Any]:
        try:
            context.step("broken", broken, retry=RetryPolicy(attempts=3, first_wait_s=0.01))
        except Exception as error:  # noqa: BLE001 - what arrives is what is tested
            seen.append(error)
            return {"status": "failed", "error": error.to_dict()}  # type: ignore[attr-defined]
        return DONE

    engine = started(story)
    record = ended(engine, engine.submit(request()).job_id)
    assert record.stage is Stage.FAILED
    assert type(seen[0]) is type(failure(code))
    assert record.progress.message == seen[0].message
    assert len(calls) == attempts


def test_waiting_for_another_try_ends_with_a_cancel(started: MakeEngine) -> None:
    calls: list[bool] = []

    def story(context: JobContext, _told: EncodeRequest) -> dict[str, Any]:
        def publish() -> dict[str, Any]:
            context.report(Progress(stage=Stage.PUBLISHING, percent=90))
            calls.append(context.cancelled())
            raise failure("cancelled") if calls[-1] else failure("server.unreachable", server="s")

        try:
            context.step("publish", publish, retry=RetryPolicy(attempts=5, first_wait_s=60))
        except Cancelled as error:
            return {"status": "cancelled", "error": error.to_dict()}
        return DONE

    engine = started(story)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: "Trying again" in _message(engine, job_id))
    engine.cancel(job_id)
    assert ended(engine, job_id).stage is Stage.CANCELLED
    assert calls == [False, True]


def _message(engine: JobEngine, job_id: str) -> str:
    record = engine.job(job_id)
    return record.progress.message if record else ""


def test_a_mistake_of_ours_fails_the_job_and_not_the_worker(
    started: MakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    def story(context: JobContext, told: EncodeRequest) -> dict[str, Any]:
        if name_of(told) == "bad":
            raise ZeroDivisionError("oops")
        return simple_story(context, told)

    engine = started(story)
    with caplog.at_level(logging.CRITICAL):
        bad = ended(engine, engine.submit(request("bad")).job_id)
    assert bad.stage is Stage.FAILED
    assert bad.result is not None
    assert bad.result["error"]["code"] == "internal"
    assert ended(engine, engine.submit(request("good")).job_id).stage is Stage.DONE


def test_a_stop_leaves_the_running_job_for_the_next_start(started: MakeEngine) -> None:
    gate, calls = Gate(), []

    def story(context: JobContext, told: EncodeRequest) -> dict[str, Any]:
        context.step("before", lambda: calls.append("before") or {})
        return gate(context, told)

    engine = started(story)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: gate.entered == ["a"])
    before = time.monotonic()
    assert engine.stop(wait_s=5)
    assert time.monotonic() - before < 4
    assert _stage(engine, job_id) not in FINAL_STAGES
    gate.open.set()
    engine.start()
    assert ended(engine, job_id).stage is Stage.DONE
    assert calls == ["before"]
    assert gate.finished == [("a", "done")]


def test_a_stop_waits_for_a_deaf_step_no_longer_than_asked(started: MakeEngine) -> None:
    begun, may_end, calls = threading.Event(), threading.Event(), []

    def deaf() -> dict[str, Any]:
        calls.append("deaf")
        begun.set()
        return {"waited": may_end.wait(20)}

    def story(context: JobContext, _told: EncodeRequest) -> dict[str, Any]:
        context.step("deaf", deaf)
        context.step("after", lambda: calls.append("after") or {})
        return DONE

    engine = started(story)
    job_id = engine.submit(request()).job_id
    assert begun.wait(10)
    assert not engine.stop(wait_s=0.1)
    may_end.set()
    wait_for(lambda: not any("dbos-executor" in thread.name for thread in threading.enumerate()))
    assert _stage(engine, job_id) not in FINAL_STAGES
    assert calls == ["deaf"]
    engine.start()
    assert ended(engine, job_id).stage is Stage.DONE


def test_jobs_submitted_before_the_start_run_after_it(make_engine: MakeEngine) -> None:
    engine = make_engine(simple_story)
    job_id = engine.submit(request()).job_id
    assert _stage(engine, job_id) is Stage.QUEUED
    engine.start()
    assert ended(engine, job_id).stage is Stage.DONE


def in_batch(name: str, batch: str) -> EncodeRequest:
    told = request(name, user="anna")
    assert told.target is not None
    return replace(told, target=replace(told.target, batch_id=batch))


def test_many_are_submitted_at_once_and_counted_by_their_batch(make_engine: MakeEngine) -> None:
    engine = make_engine(simple_story)
    engine.submit(request("other"))

    found = engine.submit_many([in_batch(f"clip{number}", "b1") for number in range(230)])
    again = engine.submit_many([in_batch("clip7", "b2"), in_batch("clip500", "b2")])

    assert [item.created for item in found] == [True] * 230
    assert [item.created for item in again] == [False, True]
    assert again[0].job_id == found[7].job_id
    assert engine.counts(JobFilter(batch_id="b1")) == {Stage.QUEUED: 230}
    assert engine.counts(JobFilter(batch_id="b2")) == {Stage.QUEUED: 1}
    assert len(engine.jobs(where=JobFilter(batch_id="b1"), limit=500)) == 230


def test_a_job_of_a_batch_that_is_tried_again_stands_for_itself(started: MakeEngine) -> None:
    engine = started(simple_story)
    job = engine.submit(in_batch("clip", "b1")).job_id
    ended(engine, job)

    retried = engine.job(engine.retry(job).job_id)

    assert retried is not None
    assert retried.request.batch_id is None
    assert retried.job_id.rpartition("-")[0] == job.rpartition("-")[0], "it is the same wish"


def test_notes_are_kept_by_their_key(make_engine: MakeEngine) -> None:
    engine = make_engine(simple_story)
    assert engine.recall("person/a") is None

    assert engine.remember("person/a", {"preset": "review"})
    assert engine.remember("person/a", {"preset": "webm"})
    assert not engine.remember("person/a", {"preset": "third"}, only_new=True)

    assert engine.recall("person/a") == {"preset": "webm"}
    assert engine.remember("person/b", {}, only_new=True)
