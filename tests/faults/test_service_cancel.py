"""Cancel from every door: a waiting job ends at once, a running one with its whole process group within 3 s."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import encode_media
from encode_media.model.result import FINAL_STAGES, Stage
from support.listening import asking
from support.sandbox import RunningSandbox
from support.serving import Service, prepared_service, seconds_until, serving
from support.waiting import wait_for

CANCEL_S = 3.0
"""The contract, for a running encode."""
AT_ONCE_S = 1.0
Door = Callable[[RunningSandbox, Service, str], None]


@pytest.fixture(scope="module")
def service(server: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("cancel") / "service", server) as running:
        running.crawl()
        yield running


def by_hub(server: RunningSandbox, service: Service, job_id: str) -> None:
    """What the page's cancel button and any other hub client send."""
    del service
    with asking(server) as client:
        assert client.cancel(job_id)["success"]


def by_command_line(server: RunningSandbox, service: Service, job_id: str) -> None:
    del server
    words = [sys.executable, "-m", "encode_media", "jobs", "cancel", job_id, "--json"]
    done = subprocess.run(words, env=service.environ, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == {"jobId": job_id, "cancelled": True}


def by_job_client(server: RunningSandbox, service: Service, job_id: str) -> None:
    """What a program with the job database does."""
    del server
    assert service.jobs.cancel(job_id)


def version_id(server: RunningSandbox, asset: str) -> str:
    found = server.session("artist").query(f'AssetVersion where asset.name is "{asset}"').one()
    return str(found["id"])


def submitted(server: RunningSandbox, asset: str, preset: str) -> tuple[str, str]:
    """A new job's id and that of its ftrack_job."""
    with asking(server) as client:
        answer = client.submit(preset, version_id=version_id(server, asset))
    assert answer["success"], answer
    return answer["jobId"], answer["ftrackJobId"]


def encoding(service: Service, job_id: str) -> bool:
    record = service.jobs.job(job_id)
    return record is not None and record.stage is Stage.ENCODING and len(service.encoders()) >= 3


def has_ended(service: Service, job_id: str) -> bool:
    record = service.jobs.job(job_id)
    return record is not None and record.stage in FINAL_STAGES


def ftrack_job(server: RunningSandbox, own_id: str) -> tuple[str, str]:
    row = server.session("artist").query(f'select status, data from Job where id is "{own_id}"').one()
    return row["status"], json.loads(row["data"])["description"]


def check_everything_is_clean(server: RunningSandbox, service: Service, job_id: str, own_id: str) -> None:
    record = service.jobs.job(job_id)
    assert record is not None
    assert record.stage is Stage.CANCELLED
    wait_for(lambda: ftrack_job(server, own_id)[0] == "failed", timeout_s=10, what="the end of the ftrack job")
    assert "ancelled" in ftrack_job(server, own_id)[1]
    wait_for(lambda: not service.leftovers(), timeout_s=5, what=f"an empty work folder: {service.leftovers()}")
    assert service.encoders() == ()


DOORS = [by_hub, by_command_line, by_job_client]


@pytest.mark.parametrize("cancel", DOORS)
def test_a_running_encode_ends_with_its_whole_group(
    server: RunningSandbox, service: Service, cancel: Door
) -> None:
    job_id, own_id = submitted(server, "sh010_comp", "review")
    wait_for(lambda: encoding(service, job_id), timeout_s=30, what=f"an encode\n{service.log[-2000:]}")

    ended: list[float] = []
    clock = threading.Thread(
        target=lambda: ended.append(
            seconds_until(lambda: not service.encoders(), timeout_s=20, what="the end of all encoders")
        )
    )
    if cancel is by_command_line:
        cancel(server, service, job_id)  # its start-up time is not part of the promise
        clock.start()
    else:
        clock.start()
        cancel(server, service, job_id)
    clock.join()

    assert ended
    assert ended[0] < CANCEL_S
    wait_for(lambda: has_ended(service, job_id), timeout_s=10, what="the end of the job")
    check_everything_is_clean(server, service, job_id, own_id)


@pytest.mark.parametrize("cancel", DOORS)
def test_a_waiting_job_ends_at_once_and_never_encodes(
    server: RunningSandbox, service: Service, cancel: Door
) -> None:
    running, running_own = submitted(server, "sh010_comp", "review")
    wait_for(lambda: encoding(service, running), timeout_s=30, what="an encode")
    waiting, own_id = submitted(server, "sh020_concept", "review")

    cancel(server, service, waiting)

    took = seconds_until(lambda: has_ended(service, waiting), timeout_s=10, what="the end of the waiting job")
    assert took < AT_ONCE_S
    wait_for(lambda: ftrack_job(server, own_id)[0] == "failed", timeout_s=10, what="the end of its ftrack job")
    assert encoding(service, running)
    service.jobs.cancel(running)
    wait_for(lambda: has_ended(service, running), timeout_s=10, what="the end of the other")
    for job_id, own in ((waiting, own_id), (running, running_own)):
        check_everything_is_clean(server, service, job_id, own)


def test_a_script_cancels_the_encode_it_waits_for(
    server: RunningSandbox, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCODE_MEDIA_DATA", str(tmp_path / "own"))
    session = server.session("artist")
    version = session.query('AssetVersion where asset.name is "sh010_comp"').one()
    job = encode_media.submit(session, version=version, preset="review")
    wait_for(lambda: encoding(service, job.job_id), timeout_s=30, what="an encode")

    job.cancel()

    took = seconds_until(lambda: not service.encoders(), timeout_s=20, what="the end of all encoders")
    assert took < CANCEL_S
    with pytest.raises(encode_media.Cancelled):
        job.wait(timeout=30)
    wait_for(lambda: not service.leftovers(), timeout_s=5, what="an empty work folder")


def test_a_script_that_encodes_by_itself_cancels_its_encode(
    server: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = prepared_service(tmp_path / "own", server.environ)  # never started: its folder and its slow ffmpeg
    own.crawl()
    for name in ("ENCODE_MEDIA_DATA", "ENCODE_MEDIA_FFMPEG"):
        monkeypatch.setenv(name, own.environ[name])
    session = server.session("artist")
    version = session.query('AssetVersion where asset.name is "sh010_comp"').one()
    source = server.data / "sources" / "sh010_comp_v001.mov"
    job = encode_media.submit(session, version=version, source_path=source, preset="review")
    wait_for(lambda: len(own.encoders()) >= 3, timeout_s=30, what="an encode")

    job.cancel()

    took = seconds_until(lambda: not own.encoders(), timeout_s=20, what="the end of all encoders")
    assert took < CANCEL_S
    with pytest.raises(encode_media.Cancelled):
        job.wait(timeout=30)
    wait_for(lambda: not own.leftovers(), timeout_s=5, what="an empty work folder")
