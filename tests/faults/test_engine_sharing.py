"""Encodes that two machines share, and deaths in the middle of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from encode_media.jobs.dbos_context import CRASH_LIMIT
from encode_media.jobs.dbos_engine import DbosClient
from encode_media.jobs.job_table import SCHEMA, jobs
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Stage
from encode_media.settings import Settings
from support.engine_worker import QUICK, Ledger, WorkerProcess
from support.jobs import ended, host_of, request
from support.waiting import wait_for


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    """Of workers that can share what is to be done."""
    ledger.share()
    return ledger


def worker(url: str, folder: Path, host: str, **profile: object) -> WorkerProcess:
    offers = [Settings(work_folder=folder / "work").workplace]
    return WorkerProcess(url, folder, host=host, offers=offers, **QUICK, **profile)


def wish(name: str = "a", user: str | None = None) -> EncodeRequest:
    return replace(request(name, user=user), split="always")


def assert_published_once(client: DbosClient, job_id: str, ledger: Ledger, folder: Path) -> None:
    record = ended(client, job_id, timeout_s=90)
    assert record.stage is Stage.DONE, record.result
    effects = ledger.effects()
    assert (effects.count("publish"), effects.count("finish")) == (1, 1)
    assert len(client.jobs()) == 1
    wait_for(lambda: not list((folder / "work").iterdir()), what="an empty work folder")


def test_two_machines_share_an_encode(url: str, tmp_path: Path, client: DbosClient, ledger: Ledger) -> None:
    ledger.hold("part")
    job_id = client.submit(wish()).job_id
    with worker(url, tmp_path, "first"), worker(url, tmp_path, "second"):
        ledger.wait_for("part", 2)
        hosts = {host_of(client, part.job_id) for part in client.parts(job_id)}
        ledger.release("part")
        assert_published_once(client, job_id, ledger, tmp_path)

    assert {"first", "second"} <= hosts
    effects = ledger.effects()
    assert (effects.count("part"), effects.count("run"), effects.count("join")) == (2, 1, 1)


def test_a_machine_that_dies_in_a_part_loses_that_part_alone(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    ledger.hold("part")
    with worker(url, tmp_path, "first") as first:
        job_id = client.submit(wish()).job_id
        ledger.wait_for("part")
        with worker(url, tmp_path, "second"):
            ledger.wait_for("part", 2)
            first.kill()
            ledger.release("part")
            assert_published_once(client, job_id, ledger, tmp_path)

    assert ledger.effects().count("part") == 3


def test_a_machine_that_dies_while_it_joins_costs_no_part(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    ledger.hold("join")
    with worker(url, tmp_path, "first") as first:
        job_id = client.submit(wish()).job_id
        ledger.wait_for("join")
        first.kill()
    ledger.release("join")
    with worker(url, tmp_path, "second"):
        assert_published_once(client, job_id, ledger, tmp_path)

    effects = ledger.effects()
    assert (effects.count("part"), effects.count("run"), effects.count("join")) == (2, 1, 2)


@pytest.mark.slow
def test_a_job_that_waits_for_its_parts_is_not_given_up_however_often_its_worker_dies(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    def waits() -> bool:
        with database.connect() as conn:
            query = sa.select(jobs.c.starts).where(jobs.c.job_id == job_id)
            return conn.execute(query).scalar() == 0

    database = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        execution_options={"schema_translate_map": {None: SCHEMA}},
    )
    ledger.hold("part")
    job_id = client.submit(wish()).job_id
    # Without the work folder among its offers it can tell the job, but do no part of it.
    with WorkerProcess(url, tmp_path, host="telling", **QUICK) as telling:
        wait_for(waits, timeout_s=60)
        with worker(url, tmp_path, "doing", slots=2):
            ledger.wait_for("part", 2)
            telling.kill()
            for _ in range(CRASH_LIMIT):
                with WorkerProcess(url, tmp_path, host="telling", **QUICK):
                    wait_for(lambda: host_of(client, job_id) == "telling" and waits(), timeout_s=60)
            ledger.release("part")
            assert_published_once(client, job_id, ledger, tmp_path)
    database.dispose()


def test_a_persons_limit_counts_a_shared_encode_once(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    job_id = client.submit(wish(user="ann")).job_id
    with worker(url, tmp_path, "only", user_limit=1):
        assert_published_once(client, job_id, ledger, tmp_path)


@pytest.mark.slow
def test_a_machine_that_sees_another_work_folder_takes_no_part(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    ledger.hold("part")
    with worker(url, tmp_path, "first"), WorkerProcess(url, tmp_path, host="stranger", **QUICK):
        job_id = client.submit(wish()).job_id
        ledger.wait_for("part")
        ledger.release("part")
        ended(client, job_id, timeout_s=90)

    hosts = {host_of(client, part.job_id) for part in client.parts(job_id)}
    assert hosts <= {"first"}


@pytest.mark.slow
def test_what_is_not_worth_sharing_is_encoded_alone(
    url: str, tmp_path: Path, client: DbosClient, ledger: Ledger
) -> None:
    with worker(url, tmp_path, "only"):
        job_id = client.submit(request()).job_id
        assert_published_once(client, job_id, ledger, tmp_path)

    assert ledger.effects().count("run") == 1
    assert client.parts(job_id) == []
