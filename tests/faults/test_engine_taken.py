"""A worker whose job was taken from it: it hung, was counted as dead, and woke up before others went on."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from encode_media.jobs import claims, worker_table
from encode_media.jobs.database import open_database, writing
from encode_media.jobs.dbos_engine import DbosClient
from encode_media.jobs.engine import EVERY_JOB, Submission
from encode_media.model.result import Stage
from encode_media.settings import Settings
from support.engine_worker import Ledger, WorkerProcess
from support.jobs import ended, request
from support.waiting import wait_for

UNAWARE = {"beat_s": 3.0}
"""So long a worker doesn't know that it is counted as dead; its jobs learn of it within half a second."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'jobs.sqlite'}"


def count_as_dead(url: str, host: str) -> int:
    """What another worker does with one whose beat stood still; gives how many jobs were taken from it."""
    engine = open_database(url)
    with writing(engine) as conn:
        (sign,) = (sign for sign in worker_table.signs(conn) if sign.executor.startswith(f"{host}."))
        taken = claims.take_over(conn, sign)
    engine.dispose()
    assert taken is not None
    return taken


def test_its_encode_waits_for_another_worker_and_is_not_cancelled(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    job_id = client.submit(request()).job_id
    ledger.hold("run")
    with WorkerProcess(url, tmp_path, host="woken", **UNAWARE):
        ledger.wait_for("run")
        assert count_as_dead(url, "woken") == 1
        ledger.wait_for("run", 2)
        ledger.release("run")
        assert ended(client, job_id).stage is Stage.DONE
    assert ledger.effects() == ["resolve", "probe", "plan", "run", "run", "verify", "publish", "finish"]


def test_its_job_waits_and_says_so(url: str, tmp_path: Path, client: DbosClient, ledger: Ledger) -> None:
    job_id = client.submit(request()).job_id
    ledger.hold("verify")
    with WorkerProcess(url, tmp_path, host="frozen") as worker:
        ledger.wait_for("verify")
        assert client.waiting_since() is None
        worker.freeze()
        count_as_dead(url, "frozen")
        record = client.job(job_id)
        assert record is not None
        assert (record.stage, record.progress.stage, record.executor) == (Stage.QUEUED, Stage.QUEUED, None)
        assert record.progress.percent > 0
        assert client.counts(EVERY_JOB) == {Stage.QUEUED: 1}
        assert client.waiting_since() == record.created_at


def test_where_no_worker_lives_any_more_all_jobs_are_said_to_be_stuck(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    taken = client.submit(request()).job_id
    ledger.hold("run")
    with WorkerProcess(url, tmp_path) as worker:
        ledger.wait_for("run")
        waiting = client.submit(request("waiting")).job_id
        assert client.stranded() == []
        worker.kill()
    engine = open_database(url)
    with writing(engine) as conn:
        conn.execute(sa.update(worker_table.workers).values(seen_at=time.time() - 60))
    engine.dispose()
    assert {(stuck.job_id, stuck.reason) for stuck in client.stranded()} == {
        (taken, "no worker runs"), (waiting, "no worker runs"),
    }  # fmt: skip
    assert [record.is_alive for record in client.workers()] == [False]


def test_the_parts_of_its_encode_go_on_where_they_are(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    ledger.share()
    ledger.hold("part")
    job_id = client.submit(replace(request(), split="always")).job_id
    offers = [Settings(work_folder=tmp_path / "work").workplace]
    # Without the work folder among its offers it can tell the job, but do no part of it.
    with WorkerProcess(url, tmp_path, host="woken", **UNAWARE):
        wait_for(lambda: len(client.parts(job_id)) > 1, what="the parts are asked for")
        with WorkerProcess(url, tmp_path, host="doing", offers=offers, slots=2):
            ledger.wait_for("part", 2)
            assert client.retry(client.parts(job_id)[0].job_id) == Submission(job_id=job_id, created=False)
            assert count_as_dead(url, "woken") == 1
            wait_for(lambda: len(client.workers()) == 2, what="the woken worker is back")
            ledger.release("part")
            assert ended(client, job_id).stage is Stage.DONE
    assert ledger.effects().count("part") == 2


def test_a_stop_of_the_worker_that_waits_for_parts_leaves_them_at_work(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    ledger.share()
    ledger.hold("part")
    job_id = client.submit(replace(request(), split="always")).job_id
    offers = [Settings(work_folder=tmp_path / "work").workplace]
    with WorkerProcess(url, tmp_path, host="telling") as telling:
        wait_for(lambda: len(client.parts(job_id)) > 1, what="the parts are asked for")
        with WorkerProcess(url, tmp_path, host="doing", offers=offers, slots=2):
            ledger.wait_for("part", 2)
            assert telling.stop() == 0
            ledger.release("part")
            assert ended(client, job_id).stage is Stage.DONE
    assert ledger.effects().count("part") == 2
