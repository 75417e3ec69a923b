"""The ftrack side of an encode's story: where its source comes from, and where everything goes."""

from __future__ import annotations

import logging
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from encode_media.errors import EncodeMediaError, NotPermitted, failure
from encode_media.ftrack.announcer import Announcer
from encode_media.ftrack.ending import show_end
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.ledger import Maker
from encode_media.ftrack.messages import (
    closing_words,
    component_added_message,
    final_progress,
    progress_message,
    result_message,
    user_message,
)
from encode_media.ftrack.pool import SessionPool
from encode_media.ftrack.publisher import Rules, publish, publish_early, publish_remote
from encode_media.ftrack.reporting import Reporter
from encode_media.ftrack.session import fetch
from encode_media.ftrack.sources import Reach
from encode_media.ftrack.staging import take_back
from encode_media.ftrack.texts import texts_of
from encode_media.ftrack.upload import Retries
from encode_media.media.capabilities import find_ffmpeg
from encode_media.model.media import SourceRef
from encode_media.model.plan import EncodePlan
from encode_media.model.request import EncodeRequest, PublishTarget
from encode_media.model.result import FINAL_STAGES, OutputResult, Progress, PublishedOutput, RunResult
from encode_media.settings import Settings

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

RESULT_KEPT_S = 600.0
"""How long a result waits for the hub to come back."""
MESSAGE_KEPT_S = 60.0
"""A banner that appears much later only puzzles; the ftrack_job says it, too."""
SAID_WITHIN_S = 5.0
"""How long the end of a job waits for its result to be said, so that a process may stop right after."""


class FtrackDestination:
    """A `Destination` of the workflow (jobs.workflow). Safe to use from many threads.

    `owner` is whose jobs these are (see ftrack_job); a script that encodes by itself is nobody.
    """

    def __init__(self, settings: Settings, *, owner: str = "") -> None:
        self._settings = settings
        self._owner = owner
        self._pool = SessionPool(settings)
        self._announcer = Announcer(settings)
        self._texts = texts_of(settings)
        self._reporter = Reporter(self._pool, self._announcer, owner=owner, texts=self._texts)

    def resolve(self, request: EncodeRequest) -> SourceRef:
        """Where the request's source is on this machine, downloaded first if only the server has it.

        Raises:
            SourceMissing, ServerUnavailable, NotPermitted.
        """
        if request.source is not None:
            return request.source
        target = _target(request)
        with self._pool.session() as session:
            gateway = Gateway(session, download_folder=self._downloads(request), reach=Reach.of(self._settings))
            component = gateway.source_component(target.version_id, target.component_id)
            return gateway.source_ref(component, label=target.version_label)

    def progress(self, job_id: str, request: EncodeRequest, progress: Progress) -> None:
        """Passes progress on; the end is told by `finish`. Neither blocks nor raises."""
        if progress.stage not in FINAL_STAGES and request.target is not None:
            self._reporter.update(job_id, request, progress)

    def publish(
        self,
        job_id: str,
        request: EncodeRequest,
        plan: EncodePlan,
        outputs: tuple[OutputResult, ...],
        on_progress: Callable[[Progress], None],
    ) -> tuple[PublishedOutput, ...]:
        """See `publisher.publish`; where the ftrack server encodes, `publisher.publish_remote`."""
        with self._pool.session() as session:
            if plan.backend == "ftrack":
                limit_s = self._settings.time_limit_s
                return publish_remote(
                    session, job_id, request, plan,
                    on_progress=on_progress, rules=self._rules(), time_limit_s=limit_s,
                )  # fmt: skip
            published = publish(
                session,
                job_id,
                request,
                plan,
                outputs,
                on_progress=on_progress,
                rules=self._rules(),
            )
            self._announce_components(session, published)
        return published

    def publish_early(
        self,
        job_id: str,
        request: EncodeRequest,
        plan: EncodePlan,
        outputs: tuple[OutputResult, ...],
        on_progress: Callable[[Progress], None],
    ) -> None:
        """See `publisher.publish_early`. What could not be shown is published with the rest, and no failure."""
        try:
            with self._pool.session() as session:
                publish_early(
                    session, job_id, request, plan, outputs,
                    rules=self._rules(Retries(attempts=1)), on_progress=on_progress,
                )  # fmt: skip
        except EncodeMediaError as error:
            log.info("job %s: nothing could be shown early: %s", job_id, error.message)

    def finish(self, job_id: str, request: EncodeRequest, result: RunResult) -> None:
        """Tells the end: ftrack_job, message to the user, result on the hub. Repeating it is recognisable.

        Raises:
            ServerUnavailable: the server is gone; try again later.
        """
        self._reporter.forget(job_id)
        if request.target is None:
            return
        with self._pool.session() as session:
            if result.status != "done":
                self._take_back(session, job_id, request.target.version_id, result)
            request = _with_user(Gateway(session), request)
            show_end(
                session,
                job_id,
                request,
                result,
                owner=self._owner,
                texts=self._texts,
                machine=socket.gethostname(),
            )
        self._announce_end(job_id, request, result)
        shutil.rmtree(self._downloads(request), ignore_errors=True)

    def _take_back(self, session: ftrack_api.Session, job_id: str, version_id: str, result: RunResult) -> None:
        try:
            count = take_back(session, version_id, job_id, result, output_root=self._settings.output_root)
        except NotPermitted as error:
            log.warning("What job %s had begun to publish stays: %s", job_id, error.message)
            return
        if count:
            log.info("job %s %s: %d components it had begun to publish were removed", job_id, result.status, count)

    def _rules(self, retries: Retries | None = None) -> Rules:
        settings = self._settings
        maker = Maker(ffmpeg=find_ffmpeg(settings.ffmpeg).version, secret=settings.api_key)
        return Rules(
            output_root=settings.output_root, cascade=settings.thumbnail_cascade, maker=maker, retries=retries
        )

    def close(self) -> None:
        """Says what still waits to be said, and lets go of the server."""
        self._reporter.close()
        self._announcer.close()
        self._pool.close()

    def _announce_end(self, job_id: str, request: EncodeRequest, result: RunResult) -> None:
        say = self._announcer.say
        say(progress_message(job_id, request, final_progress(result)), keep_s=RESULT_KEPT_S)
        say(result_message(job_id, request, result), keep_s=RESULT_KEPT_S, again=True)
        user_id = request.target.user_id if request.target else None
        # Of a batch whoever watches it tells the end, once for all.
        if user_id is not None and not request.batch_id:
            words = closing_words(request, result, self._texts)
            say(user_message(user_id, words, success=result.status == "done"), keep_s=MESSAGE_KEPT_S)
        if not self._announcer.flush(SAID_WITHIN_S):
            log.info("The result of %s waits for the event hub", job_id)

    def _announce_components(self, session: ftrack_api.Session, published: tuple[PublishedOutput, ...]) -> None:
        """What every ftrack client says after it added a component; transfer scripts wait for it."""
        ids = {row["name"]: row["id"] for row in fetch(session, "select id, name from Location")}
        for item in published:
            message = component_added_message(item.component_id, ids[item.location])
            self._announcer.say(message, keep_s=MESSAGE_KEPT_S)

    def _downloads(self, request: EncodeRequest) -> Path:
        # By the wish, not the attempt: a repeated job finds what was fetched, and two never share it.
        return self._settings.work_folder / "sources" / request.base_id


def _target(request: EncodeRequest) -> PublishTarget:
    if request.target is None:
        raise failure("internal", problem="the request names neither a source nor a version")
    return request.target


def _with_user(gateway: Gateway, request: EncodeRequest) -> EncodeRequest:
    """The request with the id of its user, where only the name is known."""
    target = _target(request)
    if target.user_id is not None or target.username is None:
        return request
    try:
        user = gateway.user(target.username)
    except NotPermitted:
        return request
    return replace(request, target=replace(target, user_id=user.id))
