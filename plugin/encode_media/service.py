"""The service: an engine that works, a listener that answers, figures, and a supervisor that is kept informed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from encode_media.app import open_catalog, open_tools
from encode_media.errors import EncodeMediaError
from encode_media.jobs.engine import JobEngine
from encode_media.jobs.job_folder import sweep_work_folder
from encode_media.jobs.profile import profile_of
from encode_media.jobs.workflow import make_workflow
from encode_media.metrics import Figures, served
from encode_media.settings import Settings
from encode_media.supervisor import Supervisor
from encode_media.told_job import told

log = logging.getLogger(__name__)

STOP_S = 8.0
"""A step is asked to stop; ending an encode takes it at most 3 s."""
TIDY_EVERY_S = 3600.0
_TIDY_STOP_S = 2.0
_ALIVE_TICK_S = 1.0
_MOST_ACTIVE = 100_000


class ServiceStop:
    """How a service ended, for whoever has to end its process."""

    def __init__(self) -> None:
        self.clean = True
        """False: a step ignores the stop and its thread keeps the process alive. Ending it costs no job."""


def serve(
    settings: Settings, stop: threading.Event, *, listen: bool = True, ended: ServiceStop | None = None
) -> None:
    """Works, and with `listen` answers the hub too, until `stop` is set. `ended` is filled however it ends.

    Raises:
        NotPermitted: the server refuses the credentials.
        EncodeFailed: there is no ffmpeg.
        ServerUnavailable: the job database can't be used, or the hub was away for longer than is waited for.
    """
    figures, supervisor = Figures(), Supervisor(settings.notify_socket)
    with (
        _working_engine(settings, figures, ended or ServiceStop()) as engine,
        _figures_of(settings, figures, engine, listen=listen),
        _tidying(settings, engine),
    ):
        words = "encoding and listening" if listen else "encoding"
        supervisor.ready(words)
        log.info("Ready: %s", words)
        try:
            if listen:
                _listen(settings, engine, figures, supervisor, stop)
            else:
                while not stop.wait(_ALIVE_TICK_S):
                    supervisor.alive()
        finally:
            supervisor.stopping()


def _listen(
    settings: Settings, engine: JobEngine, figures: Figures, supervisor: Supervisor, stop: threading.Event
) -> None:
    from encode_media.ftrack.listener import Listener

    catalog = open_catalog(settings)
    Listener(settings, engine, catalog, state=figures.hub, alive=supervisor.alive).run(stop)


@contextmanager
def _tidying(settings: Settings, engine: JobEngine, *, every_s: float = TIDY_EVERY_S) -> Iterator[None]:
    """Now and then, beside the work: folders of jobs that are over go, and old jobs are forgotten."""
    stop = threading.Event()

    def run() -> None:
        while True:
            try:
                tidy(settings, engine)
            except EncodeMediaError as error:
                log.warning("It is tidied up later: %s", error.message)
            if stop.wait(every_s):
                return

    thread = threading.Thread(target=run, name="encode-media-tidying", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_TIDY_STOP_S)


def tidy(settings: Settings, engine: JobEngine) -> None:
    """Raises: ServerUnavailable: the job database doesn't answer."""
    sweep_work_folder(settings, {record.job_id for record in engine.jobs(active_only=True, limit=_MOST_ACTIVE)})


@contextmanager
def _figures_of(settings: Settings, figures: Figures, engine: JobEngine, *, listen: bool) -> Iterator[None]:
    figures.watch_queue(engine)
    if listen:
        figures.watch_hub()
    with served(figures, settings.metrics_port):
        yield


@contextmanager
def _working_engine(settings: Settings, figures: Figures, ended: ServiceStop) -> Iterator[JobEngine]:
    """The durable engine at work, with ftrack as its destination."""
    from encode_media.ftrack.destination import FtrackDestination
    from encode_media.jobs.dbos_engine import DbosEngine

    destination = FtrackDestination(settings, owner=settings.service_id)
    try:
        workflow = told(make_workflow(open_tools(settings, destination)), figures.job_ended)
        engine = DbosEngine(settings.database, workflow, profile=profile_of(settings, "encode-media"))
        engine.start()
        try:
            yield engine
        finally:
            ended.clean = engine.stop(wait_s=STOP_S)
            if not ended.clean:
                log.error("A step ignores the stop; its job goes on at the next start")
    finally:
        destination.close()
