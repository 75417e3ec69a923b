"""What the launching user, the hub and the job panel learn of an encode, through the real destination."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import ServerUnavailable, failure
from encode_media.ftrack import destination as destination_module
from encode_media.ftrack.client import ActionClient, hub_round_trip_s
from encode_media.ftrack.destination import FtrackDestination
from encode_media.ftrack.ftrack_job import create_ftrack_job, settle_stale_jobs, show_progress
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.messages import RESULT_TOPIC, ftrack_job_id
from encode_media.ftrack.session import fetch
from encode_media.jobs.engine import JobRecord
from encode_media.model.codec import to_json
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress, RunResult, Stage
from support.outputs import movie, plan_of, request_for
from support.publishing import Studio, job_of, studio_of
from support.sandbox import start_in_process
from support.waiting import wait_for

DONE = RunResult(status="done")
FAILED = RunResult(status="failed", error=failure("source.missing", path="/gone.mov").to_dict())


@pytest.fixture
def destination(studio: Studio) -> Iterator[FtrackDestination]:
    made = FtrackDestination(studio.settings)
    yield made
    made.close()


@pytest.fixture
def watcher(studio: Studio) -> Iterator[ActionClient]:
    session = studio.sandbox.session("artist")
    client = ActionClient(session)
    yield client
    client.close()


def request_of_artist(studio: Studio) -> EncodeRequest:
    user = Gateway(studio.fresh()).user("artist")
    return request_for(studio.version(), user_id=user.id, username="artist")


def job_row(studio: Studio, job_id: str) -> dict[str, Any] | None:
    """The ftrack_job as its user sees it, its data unfolded."""
    expression = "select status, data, user.username from Job where id is {id}"
    for row in fetch(studio.fresh(), expression, id=ftrack_job_id(job_id)):
        return {"status": row["status"], "user": row["user"]["username"], **json.loads(row["data"])}
    return None


def watched_job(request: EncodeRequest) -> str:
    assert request.target is not None
    return job_of(request.target.version_id)


def test_progress_is_said_first_and_last_and_at_most_twice_a_second(
    studio: Studio, destination: FtrackDestination, watcher: ActionClient
) -> None:
    request = request_of_artist(studio)
    job_id = watched_job(request)
    began = time.monotonic()
    destination.progress(job_id, request, Progress(stage=Stage.RESOLVING, percent=0))
    while time.monotonic() - began < 1.6:
        destination.progress(job_id, request, Progress(stage=Stage.ENCODING, percent=50, frame=1, frames=2))
        time.sleep(0.01)
    destination.finish(job_id, request, DONE)
    events = list(watcher.watch(job_id, timeout_s=10))
    stages = [event["data"].get("stage") for event in events[:-1]]
    assert stages[0] == "resolving"
    assert stages[-1] == "done"
    assert 3 <= len(stages) <= 6
    assert events[-1]["topic"] == RESULT_TOPIC


def test_the_result_names_what_was_published_and_carries_no_key(
    studio: Studio, destination: FtrackDestination, watcher: ActionClient, tmp_path: Path
) -> None:
    request = request_of_artist(studio)
    job_id = watched_job(request)
    output = movie(tmp_path, "ftrackreview-mp4", b"low")
    published = destination.publish(job_id, request, plan_of(output), (output,), lambda _progress: None)
    destination.finish(job_id, request, RunResult(status="done", published=published))
    events = list(watcher.watch(job_id, timeout_s=10))
    result = events[-1]["data"]
    assert result["status"] == "done"
    assert [item["componentId"] for item in result["outputs"]] == [published[0].component_id]
    assert studio.settings.api_key not in json.dumps([dict(event["data"]) for event in events])


def test_the_ftrack_job_belongs_to_the_launching_user_and_ends_done(
    studio: Studio, destination: FtrackDestination
) -> None:
    request = request_of_artist(studio)
    job_id = watched_job(request)
    create_ftrack_job(studio.fresh(), job_id, request)
    row = job_row(studio, job_id)
    assert row is not None
    assert (row["status"], row["user"]) == ("queued", "artist")
    destination.progress(job_id, request, Progress(stage=Stage.ENCODING, percent=43))
    running = wait_for(
        lambda: (found := job_row(studio, job_id)) and found["status"] == "running" and found, what="running"
    )
    assert "43 %" in running["description"]
    destination.finish(job_id, request, DONE)
    ended = job_row(studio, job_id)
    assert ended is not None
    assert ended["status"] == "done"
    assert ended["encode_media"] == {"jobId": job_id}


def test_a_failed_job_says_what_went_wrong_and_what_to_do(studio: Studio, destination: FtrackDestination) -> None:
    request = request_of_artist(studio)
    job_id = watched_job(request)
    destination.finish(job_id, request, FAILED)
    row = job_row(studio, job_id)
    assert row is not None
    assert row["status"] == "failed"
    assert "/gone.mov" in row["description"]
    assert FAILED.error is not None
    assert FAILED.error["hint"] in row["description"]


def test_the_user_is_found_by_name_where_the_id_is_not_known(
    studio: Studio, destination: FtrackDestination
) -> None:
    request = request_for(studio.version(), username="artist")
    job_id = watched_job(request)
    destination.finish(job_id, request, DONE)
    row = job_row(studio, job_id)
    assert row is not None
    assert row["user"] == "artist"


def test_the_banner_reaches_the_launching_user_and_nobody_else(
    studio: Studio, destination: FtrackDestination
) -> None:
    request = request_of_artist(studio)
    heard: queue.Queue[tuple[str, str]] = queue.Queue()
    target = request.target
    assert target is not None
    sessions = []
    for username, user_id in (("artist", target.user_id), ("other", "some-other-id")):
        session = studio.sandbox.session("artist", hub=True)
        session.event_hub.subscribe(
            "topic=ftrack.action.trigger-user-interface",
            lambda event, who=username: heard.put((who, event["data"]["message"])),
            subscriber={"applicationId": "ftrack.client.web", "user": {"id": user_id}},
        )
        sessions.append(session)
    hub_round_trip_s(studio.settings)
    destination.finish(watched_job(request), request, FAILED)
    for _ in range(20):
        for session in sessions:
            session.event_hub.wait(duration=0)
    said = [heard.get_nowait() for _ in range(heard.qsize())]
    assert [who for who, _ in said] == ["artist"]
    assert "/gone.mov" in said[0][1]


def test_finishing_twice_is_recognisable_and_changes_nothing(
    studio: Studio, destination: FtrackDestination, watcher: ActionClient
) -> None:
    request = request_of_artist(studio)
    job_id = watched_job(request)
    destination.finish(job_id, request, DONE)
    first = job_row(studio, job_id)
    destination.finish(job_id, request, DONE)
    assert job_row(studio, job_id) == first
    once = list(watcher.watch(job_id, timeout_s=10))[-1]
    again = list(watcher.watch(job_id, timeout_s=10))[-1]
    assert once["id"] == again["id"]
    mark = f"%{job_id}%"
    assert len(fetch(studio.fresh(), "select id from Job where data like {mark}", mark=mark)) == 1


def test_progress_that_comes_late_does_not_wake_a_job_that_ended(
    studio: Studio, destination: FtrackDestination
) -> None:
    request = request_of_artist(studio)
    job_id = watched_job(request)
    destination.finish(job_id, request, DONE)
    show_progress(studio.fresh(), job_id, request, Progress(stage=Stage.ENCODING, percent=10))
    row = job_row(studio, job_id)
    assert row is not None
    assert row["status"] == "done"


def test_creating_the_ftrack_job_twice_makes_one(studio: Studio) -> None:
    request = request_of_artist(studio)
    job_id = watched_job(request)
    ids = {create_ftrack_job(studio.fresh(), job_id, request) for _ in range(2)}
    assert ids == {ftrack_job_id(job_id)}


def test_ftrack_jobs_whose_job_ended_or_is_gone_are_ended_and_those_of_others_left_alone(studio: Studio) -> None:
    own = ("gone", "active", "ended")
    requests = {name: request_of_artist(studio) for name in (*own, "other service", "script")}
    ids = {name: watched_job(request) for name, request in requests.items()}
    owners = {"other service": "0123456789abcdef", "script": ""}
    for name, request in requests.items():
        create_ftrack_job(studio.fresh(), ids[name], request, owner=owners.get(name, "fedcba9876543210"))
    session = studio.fresh()
    foreign = session.create(
        "Job", {"user": session.query('User where username is "artist"').one(), "status": "running", "data": "{}"}
    )
    session.commit()
    records = {
        ids["active"]: job_record(ids["active"], requests["active"], Stage.ENCODING),
        ids["ended"]: job_record(ids["ended"], requests["ended"], Stage.DONE, result=to_json(DONE)),
    }

    assert settle_stale_jobs(studio.fresh(), "fedcba9876543210", records.get) == 2

    states = {name: row["status"] for name, job_id in ids.items() if (row := job_row(studio, job_id))}
    assert states == {
        "gone": "failed", "active": "queued", "ended": "done", "other service": "queued", "script": "queued"
    }  # fmt: skip
    assert studio.fresh().get("Job", foreign["id"])["status"] == "running"


def job_record(job_id: str, request: EncodeRequest, stage: Stage, **more: Any) -> JobRecord:
    progress = Progress(stage=stage)
    return JobRecord(
        job_id=job_id, stage=stage, request=request, progress=progress, created_at=0.0, updated_at=0.0, **more
    )


def test_progress_neither_blocks_nor_raises_while_the_server_is_gone(tmp_path: Path) -> None:
    sandbox = start_in_process(tmp_path / "data")
    studio = studio_of(sandbox)
    request = request_of_artist(studio)
    sandbox.close_sessions()
    sandbox.stop()
    destination = FtrackDestination(studio.settings)
    began = time.monotonic()
    for percent in range(100):
        destination.progress("gone-1", request, Progress(stage=Stage.ENCODING, percent=percent))
    assert time.monotonic() - began < 0.5
    with pytest.raises(ServerUnavailable):
        destination.finish("gone-1", request, DONE)
    destination.close()


def test_a_result_waits_for_a_hub_that_was_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destination_module, "SAID_WITHIN_S", 0.1)
    first = start_in_process(tmp_path / "data")
    studio = studio_of(first)
    request = request_of_artist(studio)
    job_id = watched_job(request)
    destination = FtrackDestination(studio.settings)
    destination.progress(job_id, request, Progress(stage=Stage.ENCODING))
    wait_for(lambda: job_row(studio, job_id), what="the first description")
    first.close_sessions()
    first.stop()
    destination._announce_end(job_id, request, DONE)
    second = start_in_process(tmp_path / "data", port=first.port)
    try:
        client = ActionClient(second.session("artist"))
        topics = [event["topic"] for event in client.watch(job_id, timeout_s=20)]
        assert topics[-1] == RESULT_TOPIC
        client.close()
    finally:
        destination.close()
        second.close_sessions()
        second.stop()


def test_an_ordinary_client_asks_and_hears_the_answers(studio: Studio, watcher: ActionClient) -> None:
    service = studio.sandbox.session(hub=True)
    hub = service.event_hub
    item = {"label": "Encode Media", "actionIdentifier": "encode-media"}
    hub.subscribe("topic=ftrack.action.discover", lambda _event: {"items": [item]})
    hub.subscribe(
        "topic=ftrack.action.launch and data.actionIdentifier=encode-media",
        lambda event: {"success": True, "message": str(event["data"].get("values"))},
    )
    hub.subscribe(
        "topic=encode-media.submit", lambda event: {"success": True, "jobId": event["data"]["versionId"]}
    )
    selection = [{"entityId": "v1", "entityType": "assetversion"}]
    with _answering(hub):
        assert watcher.discover(selection) == [item]
        assert watcher.launch(item, selection) == {"success": True, "message": "None"}
        assert watcher.launch(item, selection, {"preset": "review"})["message"] == "{'preset': 'review'}"
        assert watcher.submit("review", version_id="v1")["jobId"] == "v1"


def test_a_service_that_does_not_answer_is_said_to_be_absent(watcher: ActionClient) -> None:
    assert watcher.discover([], timeout_s=0.2) == []
    with pytest.raises(ServerUnavailable) as caught:
        watcher.submit("review", version_id="v1", timeout_s=0.2)
    assert caught.value.code == "service.absent"


def test_a_round_trip_through_the_hub_is_measured(studio: Studio) -> None:
    assert 0 < hub_round_trip_s(studio.settings) < 5


class _answering:  # noqa: N801 - reads as a word in a with statement
    """Handles a hub's events on a thread while the block runs."""

    def __init__(self, hub: Any) -> None:
        self._hub, self._stop = hub, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._hub.wait(duration=0)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_details: object) -> None:
        self._stop.set()
        self._thread.join()
