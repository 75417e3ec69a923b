"""Workers that die, stop and come back: every accepted job ends once, and finished steps are not repeated."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from encode_media.jobs import claims, worker_table
from encode_media.jobs.database import open_database, writing
from encode_media.jobs.dbos_engine import DbosClient
from encode_media.model.request import entity_id
from encode_media.model.result import FINAL_STAGES, Stage
from support.engine_worker import Ledger, WorkerProcess
from support.jobs import ended, request
from support.waiting import wait_for

STORY = ["resolve", "probe", "plan", "run", "verify", "publish", "finish"]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'jobs.sqlite'}"


def count_as_dead(url: str) -> None:
    """What another worker does with those that are gone: their jobs wait."""
    engine = open_database(url)
    with writing(engine) as conn:
        for sign in worker_table.signs(conn):
            claims.take_over(conn, sign)
    engine.dispose()


def killed_at(effect: str, url: str, folder: Path, ledger: Ledger) -> None:
    """A worker is killed while, or right after, this effect: it is never remembered."""
    ledger.hold(effect)
    with WorkerProcess(url, folder) as worker:
        ledger.wait_for(effect)
        worker.kill()
    ledger.release(effect)


@pytest.mark.parametrize("effect", STORY)
def test_a_job_whose_worker_was_killed_goes_on_behind_its_last_finished_step(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger, effect: str
) -> None:
    job_id = client.submit(request()).job_id
    killed_at(effect, url, tmp_path, ledger)
    with WorkerProcess(url, tmp_path):
        ready = time.monotonic()
        ledger.wait_for(effect, 2)
        assert time.monotonic() - ready < 5
        assert ended(client, job_id).stage is Stage.DONE
    expected = STORY[: STORY.index(effect) + 1] + STORY[STORY.index(effect) :]
    assert ledger.effects() == expected
    assert list((tmp_path / "work").iterdir()) == []


def test_a_publish_that_is_repeated_uses_the_same_ids(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    job_id = client.submit(request()).job_id
    killed_at("publish", url, tmp_path, ledger)
    with WorkerProcess(url, tmp_path):
        record = ended(client, job_id)
    assert record.result is not None
    ids = [output["component_id"] for output in record.result["published"]]
    assert ids == [entity_id(job_id, "review"), entity_id(job_id, "frames")]


def test_the_jobs_of_a_killed_worker_go_on_in_one_that_lives(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    job_id = client.submit(request()).job_id
    ledger.hold("run")
    with WorkerProcess(url, tmp_path) as first:
        ledger.wait_for("run")
        with WorkerProcess(url, tmp_path) as second:
            record = client.job(job_id)
            assert record is not None
            assert record.executor is not None
            assert record.executor.endswith(".0")
            first.kill()
            ledger.release("run")
            killed = time.monotonic()
            ledger.wait_for("run", 2)
            assert time.monotonic() - killed < 5
            record = ended(client, job_id)
            assert record.stage is Stage.DONE
            assert (record.executor or "").endswith(".1")
            assert second.stop() == 0
    assert ledger.effects().count("publish") == 1


def test_two_workers_share_the_jobs_and_none_is_done_twice(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    ids = [client.submit(request(str(number))).job_id for number in range(8)]
    ledger.hold("run")
    with WorkerProcess(url, tmp_path), WorkerProcess(url, tmp_path):
        ledger.wait_for("run", 2)
        ledger.release("run")
        records = [ended(client, job_id, timeout_s=60) for job_id in ids]
    assert {record.stage for record in records} == {Stage.DONE}
    assert len({record.executor for record in records}) == 2
    assert ledger.effects().count("publish") == len(ids)


def test_a_job_that_ends_its_worker_three_times_is_given_up_and_told(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    job_id = client.submit(request()).job_id
    ledger.crash("run")
    for _ in range(3):
        assert WorkerProcess(url, tmp_path).wait_for_end() == 99
    with WorkerProcess(url, tmp_path):
        record = ended(client, job_id)
        following = client.submit(request("next")).job_id
        wait_for(lambda: ledger.effects().count("resolve") == 2)
        assert client.job(following) is not None
    assert record.stage is Stage.FAILED
    assert record.result is not None
    assert record.result["error"]["code"] == "job.crashed"
    assert "3 times" in record.progress.message
    assert ledger.effects()[:7] == ["resolve", "probe", "plan", "run", "run", "run", "finish"]


def test_a_telling_that_ends_its_worker_each_time_does_not_go_on_for_ever(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    job_id = client.submit(request()).job_id
    ledger.crash("finish")
    for _ in range(3):
        assert WorkerProcess(url, tmp_path).wait_for_end() == 99
    with WorkerProcess(url, tmp_path):
        assert ended(client, job_id).stage is Stage.DONE
    assert ledger.effects() == [*STORY, "finish", "finish"]


def test_stops_are_no_crashes(url: str, tmp_path: Path, client: DbosClient, ledger: Ledger) -> None:
    job_id = client.submit(request()).job_id
    ledger.hold("run")
    for count in range(1, 6):
        with WorkerProcess(url, tmp_path) as worker:
            ledger.wait_for("run", count)
            assert worker.stop() == 0
        record = client.job(job_id)
        assert record is not None
        assert record.stage not in FINAL_STAGES
    ledger.release("run")
    with WorkerProcess(url, tmp_path):
        assert ended(client, job_id).stage is Stage.DONE


def test_a_job_cancelled_while_no_worker_is_there_is_told_by_the_next_one(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    job_id = client.submit(request()).job_id
    assert client.cancel(job_id)
    record = client.job(job_id)
    assert record is not None
    assert record.stage is Stage.CANCELLED
    with WorkerProcess(url, tmp_path):
        other = client.submit(request("other")).job_id
        ended(client, other)
        wait_for(lambda: ledger.effects().count("finish") == 2)
    assert ledger.effects().count("resolve") == 1


def test_a_job_cancelled_while_its_worker_was_dead_ends_as_cancelled(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    job_id = client.submit(request()).job_id
    killed_at("run", url, tmp_path, ledger)
    assert client.cancel(job_id)
    with WorkerProcess(url, tmp_path):
        assert ended(client, job_id).stage is Stage.CANCELLED
    assert ledger.effects() == ["resolve", "probe", "plan", "run", "finish"]


def test_a_job_that_was_cancelled_while_no_worker_ran_is_told_before_it_is_forgotten(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    job_id = client.submit(request()).job_id
    assert client.cancel(job_id)
    assert client.purge(older_than_s=0) == 0
    with WorkerProcess(url, tmp_path):
        ledger.wait_for("finish")
        wait_for(lambda: client.purge(older_than_s=0) == 1, what="the job is over, and forgotten")
    assert ledger.effects() == ["finish"]


@pytest.mark.parametrize(("killed", "stage"), [("run", Stage.CANCELLED), ("finish", Stage.DONE)])
def test_a_begun_job_that_is_cancelled_while_no_worker_runs_ends_as_it_is_told(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger, *, killed: str, stage: Stage
) -> None:
    """What was published before the cancel is not said to be cancelled."""
    job_id = client.submit(request()).job_id
    ledger.hold(killed)
    with WorkerProcess(url, tmp_path) as worker:
        ledger.wait_for(killed)
        worker.kill()
    count_as_dead(url)
    assert client.cancel(job_id)
    ledger.release(killed)
    with WorkerProcess(url, tmp_path):
        assert ended(client, job_id).stage is stage
    assert ledger.effects().count("finish") == (2 if killed == "finish" else 1)
