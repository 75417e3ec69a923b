"""Turns between people over time, not only among what waits at one moment."""

from __future__ import annotations

import threading
from typing import Any

from encode_media.jobs.engine import JobContext, JobEngine
from encode_media.model.request import PRIORITY_INTERACTIVE, PRIORITY_NORMAL, EncodeRequest
from encode_media.model.result import FINAL_STAGES
from support.jobs import DONE, MakeEngine, request, wait_for


class Turns:
    """A story whose jobs end one by one, each when it is let."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._let = threading.Semaphore(0)

    def __call__(self, context: JobContext, told: EncodeRequest) -> dict[str, Any]:
        self.taken.append((told.target and told.target.username) or "")
        context.step("turn", self._wait)
        return DONE

    def _wait(self) -> dict[str, Any]:
        self._let.acquire(timeout=60)
        return {}

    def next(self) -> None:
        before = len(self.taken)
        self._let.release()
        wait_for(lambda: len(self.taken) > before, what="the next turn")

    def let_all(self) -> None:
        self._let.release(1000)


class Person:
    """Somebody who always has so many jobs that wait or run."""

    def __init__(self, engine: JobEngine, name: str, count: int) -> None:
        self._engine, self._name, self._count = engine, name, count
        self._submitted = 0
        self._ids: list[str] = []

    def ask(self, *, priority: int = PRIORITY_NORMAL) -> None:
        self._ids = [job_id for job_id in self._ids if not self._has_ended(job_id)]
        while len(self._ids) < self._count:
            self._submitted += 1
            wish = request(f"{self._name}{self._submitted}", user=self._name, priority=priority)
            self._ids.append(self._engine.submit(wish).job_id)

    def _has_ended(self, job_id: str) -> bool:
        record = self._engine.job(job_id)
        return record is None or record.stage in FINAL_STAGES


def test_who_always_has_something_waiting_leaves_others_their_turns(started: MakeEngine) -> None:
    turns = Turns()
    engine = started(turns)
    Person(engine, "batch", 8).ask()
    wait_for(lambda: len(turns.taken) == 1)
    busy = Person(engine, "busy", 2)
    for _ in range(8):
        busy.ask()
        turns.next()
    assert 4 <= turns.taken.count("batch") <= 6
    turns.let_all()


def test_who_comes_late_is_next_however_many_jobs_another_has(started: MakeEngine) -> None:
    turns = Turns()
    engine = started(turns)
    Person(engine, "batch", 60).ask()
    wait_for(lambda: len(turns.taken) == 1)
    turns.next()
    turns.next()
    Person(engine, "late", 3).ask()
    for _ in range(6):
        turns.next()
    assert turns.taken[3:].count("late") == 3
    turns.let_all()


def test_turns_are_among_those_of_one_priority(started: MakeEngine) -> None:
    turns = Turns()
    engine = started(turns)
    Person(engine, "batch", 4).ask()
    wait_for(lambda: len(turns.taken) == 1)
    Person(engine, "urgent", 45).ask(priority=PRIORITY_INTERACTIVE)
    for _ in range(45):
        turns.next()
    assert turns.taken[1:] == ["urgent"] * 45
    turns.let_all()
