"""The figures a service shows: what it counts, and that they never leave the machine."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, cast

import pytest
from prometheus_client import generate_latest

from encode_media.errors import InvalidParameters, failure
from encode_media.jobs.engine import JobClient, JobRecord, Stranded, WorkerRecord
from encode_media.metrics import Figures, served
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress, Stage

REQUEST = EncodeRequest(preset="review")


class Queue:
    """The part of a job database that is read."""

    def __init__(self, *stages: Stage) -> None:
        self.stages = stages

    def jobs(self, *, active_only: bool, limit: int) -> Sequence[JobRecord]:
        assert active_only
        assert limit
        return [
            JobRecord(
                job_id=str(number), stage=stage, request=REQUEST, progress=Progress(stage=stage),
                created_at=0.0, updated_at=0.0,
            )
            for number, stage in enumerate(self.stages)
        ]  # fmt: skip

    def workers(self) -> Sequence[WorkerRecord]:
        return [WorkerRecord(executor="w", host="h", version=1, offers=frozenset(), slots=1, seen_s_ago=1.0)]

    def stranded(self) -> Sequence[Stranded]:
        return [Stranded(job_id="1", reason="no worker offers gpu")]


class AbsentQueue:
    def jobs(self, **_: Any) -> Sequence[JobRecord]:
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
    figures.watch_queue(cast("JobClient", Queue(Stage.QUEUED, Stage.QUEUED, Stage.ENCODING)))

    text = shown(figures)
    assert 'encode_media_jobs{stage="queued"} 2.0' in text
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
