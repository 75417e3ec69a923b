"""An encode that was asked for from Python, done in this process."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from encode_media.app import open_catalog, open_tools
from encode_media.jobs.engine import JobEngine
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.jobs.workflow import make_workflow
from encode_media.media.sequence import find_source
from encode_media.model.codec import from_json
from encode_media.model.request import PRIORITY_NORMAL, EncodeRequest, Options, PublishTarget, SplitWish
from encode_media.model.result import FINAL_STAGES, Progress, RunResult, Stage
from encode_media.presets.options import resolve_options
from encode_media.settings import Settings

if TYPE_CHECKING:
    from encode_media.ftrack.destination import FtrackDestination
    from encode_media.ftrack.gateway import Gateway

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a script asked for. One of version, component and `again` is there; `source` needs the version."""

    version_id: str | None
    component_id: str | None
    source: str | None
    preset: str
    options: Options = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    """What a service's worker must offer; here it runs whatever it needs."""
    split: SplitWish = "auto"
    """Whether a service's workers shall share it; here there is one."""
    again: str | None = None
    """A published version or component, to be made again; the preset and options are its own then."""


class JobHere:
    """Follows a job of an engine in this process (an `api.Follower`)."""

    def __init__(self, job_id: str, engine: JobEngine, destination: FtrackDestination) -> None:
        self._job_id = job_id
        self._engine = engine
        self._destination = destination

    def progress(self) -> Progress:
        record = self._engine.job(self._job_id)
        return record.progress if record else Progress(stage=Stage.QUEUED)

    def result(self) -> RunResult | None:
        record = self._engine.job(self._job_id)
        if record is None or record.stage not in FINAL_STAGES:
            return None
        return from_json(RunResult, record.result)

    def cancel(self) -> None:
        self._engine.cancel(self._job_id)

    def close(self) -> None:
        self._engine.stop()
        self._destination.close()


def run_here(settings: Settings, wanted: Wanted) -> tuple[str, JobHere]:
    """Starts it and gives the job id and its follower.

    Raises:
        InvalidParameters, SourceMissing, NotPermitted, ServerUnavailable: it was not accepted.
    """
    from encode_media.ftrack.destination import FtrackDestination

    destination = FtrackDestination(settings)
    engine = MemoryEngine(make_workflow(open_tools(settings, destination)))
    engine.start()
    follower = None
    try:
        follower = JobHere(_submit(settings, engine, wanted), engine, destination)
    finally:
        if follower is None:
            engine.stop()
            destination.close()
    return follower._job_id, follower  # noqa: SLF001 - its own module


def _submit(settings: Settings, engine: JobEngine, wanted: Wanted) -> str:
    from encode_media.ftrack.gateway import Gateway
    from encode_media.ftrack.session import open_session
    from encode_media.ftrack.sources import Reach
    from encode_media.ftrack.submission import submit_version

    session = open_session(settings)
    try:
        gateway = Gateway(session, reach=Reach.of(settings))
        if wanted.again is not None:
            return _submit_again(settings, gateway, engine, wanted.again)
        if wanted.source is not None:
            return engine.submit(_request(settings, gateway, wanted)).job_id
        return submit_version(
            gateway,
            engine,
            open_catalog(settings),
            version_id=wanted.version_id or gateway.version_of_component(str(wanted.component_id)),
            component_id=wanted.component_id,
            preset=wanted.preset,
            options=wanted.options,
            user=gateway.user(settings.api_user),
            origin="api",
            priority=PRIORITY_NORMAL,
        ).job_id
    finally:
        session.close()


def _submit_again(settings: Settings, gateway: Gateway, engine: JobEngine, published_id: str) -> str:
    from encode_media.ftrack.ledgers import submit_again

    submission, is_exact = submit_again(
        gateway, engine, open_catalog(settings), published_id,
        user=gateway.user(settings.api_user), priority=PRIORITY_NORMAL, origin="api",
    )  # fmt: skip
    if not is_exact:
        log.warning("The recipe of %s is not there or not ours: the preset is taken as it is now", published_id)
    return submission.job_id


def _request(settings: Settings, gateway: Gateway, wanted: Wanted) -> EncodeRequest:
    """A request for a path of this machine, whose result goes to the version."""
    from encode_media.ftrack.submission import version_names

    version = gateway.version(str(wanted.version_id))
    catalog = open_catalog(settings).for_project(version.project_name)
    file = catalog.get(wanted.preset)
    user = gateway.user(settings.api_user)
    gateway.may_encode(user, version)
    return EncodeRequest(
        preset=wanted.preset,
        options=resolve_options(wanted.preset, file.options, wanted.options, outputs=file.outputs),
        source=find_source([str(wanted.source)]),
        target=PublishTarget(
            version_id=version.id,
            version_label=version.label,
            names=version_names(version, user),
            user_id=user.id,
            username=user.username,
        ),
        origin="api",
    )
