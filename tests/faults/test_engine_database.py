"""The job database: private, without code in it, and said to be away within seconds where it is."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from encode_media.errors import ServerUnavailable
from encode_media.jobs.dbos_engine import DbosClient, DbosEngine
from encode_media.jobs.engine import JobContext, JobFilter
from encode_media.jobs.executor import take_identity, take_over
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Stage
from support.jobs import DONE, ended, simple_story
from support.jobs import request as wish
from support.postgresql import PostgresServer
from support.waiting import wait_for

YOUNGEST = ("log", "version_id", "preset", "needs", "rank", "version", "owner")
"""Columns that older versions did not have."""
UNUSED_PORT = 9  # discard; nothing listens there
AWAY_S = 15.0


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_a_new_database_file_is_private_and_does_not_make_readers_wait(tmp_path: Path) -> None:
    path = tmp_path / "data" / "jobs.sqlite"
    client = DbosClient(sqlite_url(path))
    assert client.jobs() == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    client.close()


def test_what_is_stored_is_json_and_never_code(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    engine = DbosEngine(sqlite_url(path), simple_story)
    engine.start()
    ended(engine, engine.submit(wish()).job_id)
    engine.close()
    stored = [
        *rows(path, "SELECT inputs FROM workflow_input"),
        *rows(path, "SELECT output FROM operation_outputs"),
        *rows(path, "SELECT request FROM encode_media_jobs"),
        *rows(path, "SELECT result FROM encode_media_jobs"),
    ]
    assert len(stored) == 4
    for text in stored:
        assert isinstance(json.loads(text), dict)
    assert set(rows(path, "SELECT serialization FROM workflow_status")) == {"portable_json"}


def rows(path: Path, query: str) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute(query)]
    finally:
        connection.close()


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.submit(wish()),
        lambda client: client.jobs(),
        lambda client: client.job("x"),
        lambda client: client.cancel("x"),
        lambda client: client.purge(older_than_s=0),
    ],
    ids=["submit", "jobs", "job", "cancel", "purge"],
)
def test_a_server_that_does_not_answer_is_said_within_seconds(use: Callable[[DbosClient], Any]) -> None:
    client = DbosClient(f"postgresql://someone:hunter2@127.0.0.1:{UNUSED_PORT}/jobs")
    before = time.monotonic()
    with pytest.raises(ServerUnavailable) as raised:
        use(client)
    assert time.monotonic() - before < AWAY_S
    assert raised.value.code == "database.unavailable"
    assert "hunter2" not in f"{raised.value} {raised.value.details}"
    client.close()


@pytest.mark.parametrize("what", ["folder in the way", "not a database"])
def test_a_file_that_can_not_be_used_is_said(tmp_path: Path, what: str) -> None:
    path = tmp_path / "jobs.sqlite"
    if what == "folder in the way":
        path.mkdir()
    else:
        path.write_text("this is a text file, long enough to have a wrong header" * 10)
    client = DbosClient(sqlite_url(path))
    with pytest.raises(ServerUnavailable):
        client.submit(wish())
    client.close()


def test_an_engine_on_a_database_that_is_away_says_so_and_can_be_started_later(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    engine = DbosEngine(sqlite_url(tmp_path / "data" / "jobs.sqlite"), simple_story)
    with pytest.raises(ServerUnavailable):
        engine.start()
    (tmp_path / "data").unlink()
    engine.start()
    assert ended(engine, engine.submit(wish()).job_id).stage is Stage.DONE
    engine.close()


def test_one_process_runs_one_engine_at_a_time(tmp_path: Path) -> None:
    first, second = (DbosEngine(sqlite_url(tmp_path / f"{name}.sqlite"), simple_story) for name in "ab")
    first.start()
    with pytest.raises(ServerUnavailable, match="already runs"):
        second.start()
    assert ended(first, first.submit(wish()).job_id).stage is Stage.DONE
    first.close()
    second.start()
    assert ended(second, second.submit(wish()).job_id).stage is Stage.DONE
    second.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_tables_of_an_older_version_are_brought_up_and_its_jobs_are_done(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    is_file = kind == "sqlite"
    url = sqlite_url(tmp_path / "jobs.sqlite") if is_file else request.getfixturevalue(kind).fresh_database()
    old = DbosClient(url)
    waiting = old.submit(wish("old")).job_id
    old.close()
    make_old(url, "" if is_file else "encode_media.")

    engine = DbosEngine(url, simple_story, name=tmp_path.name)
    assert [record.job_id for record in engine.jobs()] == [waiting]
    younger = engine.submit(wish("young", user="ann")).job_id
    engine.start()
    for job_id in (waiting, younger):
        assert ended(engine, job_id).stage is Stage.DONE
    assert [record.job_id for record in engine.jobs(where=JobFilter(user="ann", preset="review"))] == [younger]
    engine.close()


def make_old(url: str, schema: str) -> None:
    """Takes away from the table what came last; indices with such a column go with it."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="sqlite" if not schema else "postgresql+psycopg"))
    with engine.begin() as conn:
        for index in ("of_user", "waiting", "rank", "turns"):
            conn.exec_driver_sql(f"DROP INDEX {schema}encode_media_jobs_{index}")
        for column in YOUNGEST:
            conn.exec_driver_sql(f"ALTER TABLE {schema}encode_media_jobs DROP COLUMN {column}")
    engine.dispose()


def test_an_index_that_an_older_version_did_not_have_is_made(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    names = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'encode_media_jobs_%'"
    old = DbosClient(sqlite_url(path))
    old.submit(wish())
    old.close()
    made = set(rows(path, names))
    rows(path, "DROP INDEX encode_media_jobs_turns")
    client = DbosClient(sqlite_url(path))
    assert len(client.jobs()) == 1
    client.close()
    assert set(rows(path, names)) == made


def test_an_identity_is_never_shared_and_comes_back_after_its_owner(tmp_path: Path) -> None:
    first, second = take_identity(tmp_path, "worker", "here"), take_identity(tmp_path, "worker", "here")
    assert first.executor_id != second.executor_id
    assert take_over(tmp_path, first.executor_id, "here") is None
    first.lock.release()
    again = take_identity(tmp_path, "worker", "here")
    assert again.executor_id == first.executor_id
    for taken in (second, again):
        taken.lock.release()


def test_a_worker_of_another_host_is_not_taken_over(tmp_path: Path) -> None:
    assert take_over(tmp_path, "elsewhere.worker.0", "here") is None


def test_a_job_outlives_a_restart_of_its_database_server(
    postgresql: PostgresServer,
    tmp_path: Path,
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def story(context: JobContext, _told: EncodeRequest) -> dict[str, Any]:
        context.step("encode", lambda: begun.set() or {"waited": may_end.wait(30)})
        context.step("publish", dict)
        return DONE

    engine = DbosEngine(postgresql.fresh_database(), story, name=tmp_path.name)
    engine.start()
    job_id = engine.submit(wish()).job_id
    assert begun.wait(10)
    postgresql.stop()
    before = time.monotonic()
    with pytest.raises(ServerUnavailable):
        engine.job(job_id)
    assert time.monotonic() - before < AWAY_S
    may_end.set()
    postgresql.start()
    wait_for(lambda: reachable(engine), timeout_s=20)
    assert ended(engine, job_id, timeout_s=60).stage is Stage.DONE
    assert ended(engine, engine.submit(wish("next")).job_id, timeout_s=60).stage is Stage.DONE
    engine.close()


def reachable(engine: DbosEngine) -> bool:
    try:
        return len(engine.jobs()) > 0
    except ServerUnavailable:
        return False
