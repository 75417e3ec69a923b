"""Figures of a service for Prometheus, on the loopback address alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack.hub import HubState
from encode_media.jobs.engine import EVERY_JOB, JobClient, JsonDict
from encode_media.model.request import EncodeRequest
from encode_media.model.result import FINAL_STAGES, Stage
from encode_media.version import __version__

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
SPEEDS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)
"""Frames a second: from slow AV1 at UHD to a thumbnail."""


@dataclass(slots=True)
class Figures:
    """The figures of one process: what it ended itself, and the queue it shares."""

    hub: HubState = field(default_factory=HubState)
    registry: CollectorRegistry = field(default_factory=lambda: CollectorRegistry(auto_describe=False))
    _ended: Counter = field(init=False)
    _speed: Histogram = field(init=False)

    def __post_init__(self) -> None:
        self._ended = Counter(
            "encode_media_jobs_ended",
            "Jobs this process ended, by status and error code",
            ["status", "code"],
            registry=self.registry,
        )
        self._speed = Histogram(
            "encode_media_encode_frames_per_second",
            "Frames of an encode divided by the seconds ffmpeg took",
            ["preset"],
            buckets=SPEEDS,
            registry=self.registry,
        )
        build = Gauge("encode_media_build", "The version that runs", ["version"], registry=self.registry)
        build.labels(__version__).set(1)

    def job_ended(self, request: EncodeRequest, result: JsonDict) -> None:
        """Counts an end (a `RunResult` in JSON form)."""
        error = result.get("error") or {}
        self._ended.labels(result["status"], error.get("code", "")).inc()
        frames = max((output["frames"] for output in result.get("outputs", ())), default=0)
        if result.get("elapsed_s") and frames:
            self._speed.labels(request.preset).observe(frames / result["elapsed_s"])

    def watch_queue(self, client: JobClient) -> None:
        self.registry.register(_Queue(client))

    def watch_hub(self) -> None:
        self.registry.register(_Hub(self.hub))


@contextmanager
def served(figures: Figures, port: int | None) -> Iterator[int | None]:
    """The figures under `http://127.0.0.1:<port>/metrics` inside the block; gives the port. None serves nothing.

    Raises:
        InvalidParameters: the port can't be used.
    """
    if port is None:
        yield None
        return
    try:
        server, thread = start_http_server(port, LOOPBACK, figures.registry)
    except OSError as error:
        raise failure(
            "options.invalid",
            option="ENCODE_MEDIA_METRICS_PORT",
            problem=f"{port} can't be used: {error.strerror}",
            allowed="a free port",
        ) from error
    try:
        log.info("Figures are at http://%s:%d/metrics", LOOPBACK, server.server_port)
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Queue(Collector):
    """The shared queue, read from the database at each scrape."""

    def __init__(self, client: JobClient, clock: Callable[[], float] = time.time) -> None:
        self._client, self._clock = client, clock

    def collect(self) -> Iterator[Metric]:
        try:
            stages, since = self._client.counts(EVERY_JOB), self._client.waiting_since()
            workers = sum(worker.is_alive for worker in self._client.workers())
            stranded = len(self._client.stranded())
        except EncodeMediaError as error:
            log.warning("The queue could not be read: %s", error.message)
            yield _gauge("encode_media_database_up", "Whether the job database answers", 0)
            return
        yield _gauge("encode_media_database_up", "Whether the job database answers", 1)
        yield _gauge("encode_media_workers", "Workers that gave a sign of life", workers)
        yield _gauge("encode_media_jobs_stranded", "Waiting jobs that no worker can take", stranded)
        jobs = GaugeMetricFamily("encode_media_jobs", "Jobs that wait or run, by stage", labels=["stage"])
        active = {stage: stages.get(stage, 0) for stage in Stage if stage not in FINAL_STAGES}
        for stage, count in active.items():
            jobs.add_metric([stage.value], count)
        yield jobs
        running = sum(active.values()) - active[Stage.QUEUED]
        yield _gauge("encode_media_jobs_running", "Jobs a worker has taken", running)
        oldest_s = 0.0 if since is None else max(0.0, self._clock() - since)
        yield _gauge("encode_media_queue_oldest_seconds", "Age of the job that waits longest", oldest_s)


class _Hub(Collector):
    def __init__(self, state: HubState) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        yield _gauge("encode_media_hub_connected", "Whether events are heard", int(self._state.connected))
        if self._state.last_event_at is not None:
            yield _gauge(
                "encode_media_hub_last_event_timestamp_seconds",
                "When the last event was heard",
                self._state.last_event_at,
            )


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)
