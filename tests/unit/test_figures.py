"""The figures a service shows: what it counts, and that they never leave the machine."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import cast

import pytest
from prometheus_client import generate_latest

from encode_media.errors import InvalidParameters, failure
from encode_media.jobs.engine import EVERY_JOB, JobClient, JobFilter, Stranded, WorkerRecord
from encode_media.metrics import Figures, served
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Stage

REQUEST = EncodeRequest(preset="review")


class Queue:
    """The part of a job database that is read."""

    def __init__(self, stages: Mapping[Stage, int], *, since: float | None) -> None:
        self.stages, self.since = stages, since

    def counts(self, where: JobFilter) -> Mapping[Stage, int]:
        assert where == EVERY_JOB
        return self.stages

    def waiting_since(self) -> float | None:
        return self.since

    def workers(self) -> Sequence[WorkerRecord]:
        return [worker("alive", 1.0), worker("dead", 3600.0)]

    def stranded(self) -> Sequence[Stranded]:
        return [Stranded(job_id="1", reason="no worker offers gpu")]


def worker(name: str, seen_s_ago: float) -> WorkerRecord:
    return WorkerRecord(executor=name, host="h", version=1, offers=frozenset(), slots=1, seen_s_ago=seen_s_ago)


class AbsentQueue:
    def counts(self, _where: JobFilter) -> Mapping[Stage, int]:
        raise failure("database.unavailable", problem="gone")


def shown(figures: Figures) -> str:
    return generate_latest(figures.registry).decode()


def test_ends_are_counted_by_status_and_code_and_speed_by_preset() -> None:
    figures = Figures()
    figures.job_ended(REQUEST, {"status": "done", "error": None, "elapsed_s": 2.0, "outputs": [{"frames": 48}]})
    figures.job_ended(
        REQUEST, {"status": "failed", "error": {"code": "disk.full"}, "elapsed_s": 0.0, "outputs": []}
    )

    text = shown(figures)
    assert 'encode_media_jobs_ended_total{code="",status="done"} 1.0' in text
    assert 'encode_media_jobs_ended_total{code="disk.full",status="failed"} 1.0' in text
    assert 'encode_media_encode_frames_per_second_sum{preset="review"} 24.0' in text


def test_the_queue_is_shown_by_stage_with_the_age_of_the_oldest() -> None:
    figures = Figures()
    stages = {Stage.QUEUED: 20_000, Stage.ENCODING: 1, Stage.DONE: 5}
    figures.watch_queue(cast("JobClient", Queue(stages, since=time.time() - 5000)))

    text = shown(figures)
    assert 'encode_media_jobs{stage="queued"} 20000.0' in text
    assert "encode_media_queue_oldest_seconds 500" in text
    assert 'encode_media_jobs{stage="verifying"} 0.0' in text
    assert "encode_media_jobs_running 1.0" in text
    assert "encode_media_workers 1.0" in text
    assert "encode_media_jobs_stranded 1.0" in text
    assert "encode_media_database_up 1.0" in text


def test_a_database_that_is_away_is_a_figure_and_no_failure() -> None:
    figures = Figures()
    figures.watch_queue(cast("JobClient", AbsentQueue()))
    assert "encode_media_database_up 0.0" in shown(figures)


def test_the_hub_is_shown_with_the_moment_of_its_last_event() -> None:
    figures = Figures()
    figures.watch_hub()
    assert "encode_media_hub_connected 0.0" in shown(figures)
    assert "last_event" not in shown(figures)

    figures.hub.connected, figures.hub.last_event_at = True, 1e9
    assert "encode_media_hub_connected 1.0" in shown(figures)
    assert "encode_media_hub_last_event_timestamp_seconds 1e+09" in shown(figures)


def test_figures_are_served_on_the_loopback_address_and_no_longer_than_asked_for() -> None:
    with served(Figures(), 0) as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b"encode_media_build" in answer.read()
        with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.2", port), timeout=5):
            pass
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)


def test_without_a_port_nothing_is_served() -> None:
    with served(Figures(), None) as port:
        assert port is None


def test_a_taken_port_is_said_with_the_name_of_the_setting() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(InvalidParameters, match="ENCODE_MEDIA_METRICS_PORT"),
        served(Figures(), taken.getsockname()[1]),
    ):
        pass
