"""What goes wrong first: each ends with a sentence, nothing left over, and a listener that lives."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from encode_media.media.capabilities import find_ffmpeg
from support.listening import sandbox_sources
from support.sandbox import RunningSandbox, start_process
from support.service import Studio, form_text, studio
from support.waiting import wait_for

ENDED = ("done", "failed")
MOVIE = "sources/sh010_comp_v001.mov"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    sandbox_sources(folder)
    return folder


def _left_over(data: Path) -> list[str]:
    work = data / "work"
    return [str(path) for path in work.rglob("*") if path.is_file()] if work.is_dir() else []


def _failed_job(running: Studio, result: dict) -> str:
    """The description of the failed ftrack_job."""
    job = running.session.get("Job", result["ftrackJobId"])
    running.session.populate([job], "status, data")
    assert job["status"] == "failed"
    return json.loads(job["data"])["description"]


def _assert_alive(running: Studio) -> None:
    assert running.client.discover(running.selection("sh010_comp"), timeout_s=5)


def test_a_source_that_is_gone_is_said_before_anything_is_queued(data):
    with studio(data) as running:
        selection = running.selection("sh010_comp")
        running.item(selection)
        (data / MOVIE).unlink()

        assert "The source was not found" in form_text(running.form(selection))
        answer = running.submit(selection, preset="review")

        assert "The source was not found" in (answer.get("message") or form_text(answer))
        _assert_alive(running)


@contextlib.contextmanager
def _own_ffmpeg(folder: Path) -> Iterator[Path]:
    """A program in front of the real ffmpeg, so that a test can take it away."""
    program = folder / "ffmpeg"
    program.write_text(f'#!/bin/sh\nexec "{find_ffmpeg().path}" "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    yield program


def test_ffmpeg_that_disappears_fails_the_job_with_a_sentence(data, tmp_path):
    with _own_ffmpeg(tmp_path) as program, studio(data, environ={"ENCODE_MEDIA_FFMPEG": str(program)}) as running:
        selection = running.selection("sh010_comp")
        running.item(selection)
        program.unlink()

        assert running.submit(selection, preset="review")["success"]
        (result,) = running.results(1)

        assert (result["status"], result["error"]["code"]) == ("failed", "ffmpeg.missing")
        assert "ffmpeg was not found" in _failed_job(running, result)
        assert _left_over(data) == []
        _assert_alive(running)


def test_without_any_ffmpeg_the_service_does_not_start_and_says_why(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "encode_media", "sandbox", "--data", tmp_path / "d", "--no-browser"],
        env={**os.environ, "ENCODE_MEDIA_FFMPEG": "/nowhere/ffmpeg"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 5
    assert "ffmpeg was not found: /nowhere/ffmpeg" in done.stderr
    assert "ENCODE_MEDIA_FFMPEG" in done.stderr


@pytest.fixture
def small_disk(data: Path) -> Iterator[Path]:
    """The work folder of the sandbox, with hardly more room than must stay free."""
    place = data / "work"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=66m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root, where mounting is allowed")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_fails_the_job_says_so_and_is_tidied_up(data, small_disk):
    with studio(data) as running:
        running.submit(running.selection("sh010_comp"), preset="prores_422_hq")
        (result,) = running.results(1)

        assert result["status"] == "failed"
        assert result["error"]["code"].startswith("disk.")
        assert "space" in _failed_job(running, result) or "full" in _failed_job(running, result)
        assert [str(path) for path in small_disk.rglob("*") if path.is_file()] == []
        _assert_alive(running)


@contextlib.contextmanager
def _service(server: RunningSandbox, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`encode-media serve` as its own process."""
    with data.with_suffix(".service.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "encode_media", "-v", "serve"],
            env={**os.environ, **server.environ, "ENCODE_MEDIA_DATA": str(data / "service")},
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


def _ended_job(server: RunningSandbox) -> dict | None:
    """The newest ftrack_job, once it has ended; None before."""
    session = server.session("supervisor")
    rows = session.query("select status, data from Job order by created_at descending").all()
    return next(({"status": row["status"], "data": row["data"]} for row in rows if row["status"] in ENDED), None)


def test_a_server_that_comes_late_is_waited_for(data):
    server = start_process(data)
    server.stop()
    with _service(server, data) as service:
        time.sleep(1)  # not for anything to happen: the service has to find nobody for a while
        assert service.poll() is None
        again = start_process(data, port=server.port)
        try:
            with contextlib.closing(_client(again)) as client:
                selection = [{"entityId": client.version_id, "entityType": "assetversion"}]
                assert wait_for(lambda: client.asks.discover(selection), timeout_s=40, what="discover")
        finally:
            again.close_sessions()
            again.stop()


class _client:  # noqa: N801 - reads as a word in the tests
    """A person's browser on a server that was started by hand."""

    def __init__(self, server: RunningSandbox) -> None:
        from encode_media.ftrack.client import ActionClient

        self.session = server.session("artist")
        self.version_id = self.session.query('AssetVersion where asset.name is "sh010_comp"').first()["id"]
        self.asks = ActionClient(self.session)

    def close(self) -> None:
        self.asks.close()


def test_a_server_that_dies_while_an_encode_runs_gets_its_result_when_it_is_back(data):
    server = start_process(data)
    with _service(server, data):
        with contextlib.closing(_client(server)) as client:
            selection = [{"entityId": client.version_id, "entityType": "assetversion"}]
            wait_for(lambda: client.asks.discover(selection), timeout_s=40, what="discover")
            answer = client.asks.submit("review", version_id=client.version_id)
            assert answer["success"], answer
            version_id = client.version_id
            for event in client.asks.watch(answer["jobId"], timeout_s=30):
                if event["data"].get("stage") == "encoding":
                    break
        server.kill()
        server.sessions.clear()

        again = start_process(data, port=server.port)
        try:
            ended = wait_for(lambda: _ended_job(again), timeout_s=120, what="the end of the job")
            assert ended["status"] == "done", ended["data"]
            session = again.session("supervisor")
            names = [
                row["name"]
                for row in session.query(f'select name from Component where version_id is "{version_id}"').all()
            ]
            assert sorted({*names}) == sorted(names)
            assert {"main", "ftrackreview-mp4", "poster", "thumbnail"} == set(names)
        finally:
            again.close_sessions()
            again.stop()
            shutil.rmtree(data, ignore_errors=True)
