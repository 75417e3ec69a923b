"""From a wish for some versions to jobs in the queue, and the answer about them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.batches import Batch, open_batch, settle_total
from encode_media.ftrack.entities import Target
from encode_media.ftrack.ftrack_job import DONE, write_entry
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.readiness import Desk
from encode_media.ftrack.submission import Wish, request_for, submit_target
from encode_media.ftrack.texts import Texts
from encode_media.jobs.engine import Submission
from encode_media.model.request import EncodeRequest, batch_id
from encode_media.presets.catalog import Catalog

log = logging.getLogger(__name__)

ANSWER_S = 1.2
"""After this a person is answered although not all versions are queued yet."""

Reply = dict[str, Any]
Send = Callable[[Reply], None]
Pair = tuple[Target, EncodeMediaError | None]
"""A version, and why it can't be encoded as far as is known."""


@dataclass(slots=True)
class Outcome:
    """What became of the versions of one launch."""

    queued: list[Submission] = field(default_factory=list)
    running: list[Submission] = field(default_factory=list)
    failed: list[tuple[str, EncodeMediaError]] = field(default_factory=list)

    def add(self, submission: Submission) -> None:
        (self.queued if submission.created else self.running).append(submission)

    def reply(self, texts: Texts) -> Reply:
        message = texts.render("answer", queued=len(self.queued), running=len(self.running), failed=self.failed)
        return {"success": bool(self.queued or self.running), "message": message}


@contextmanager
def answered_in_time(texts: Texts, send: Send) -> Iterator[None]:
    """Says that it is being done where the block takes longer than a person should wait; its answer follows."""
    timer = threading.Timer(ANSWER_S, lambda: send({"success": True, "message": texts.word("being_queued")}))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def queue_all(
    desk: Desk,
    gateway: Gateway,
    targets: Sequence[Target],
    wish: Wish,
    problems: Sequence[EncodeMediaError | None],
    *,
    event_id: str,
    send: Send,
) -> None:
    """Queues every version that can be; one that can't doesn't stop the others.

    Several become a batch.

    Raises:
        ServerUnavailable: the server or the job database doesn't answer.
    """
    outcome = Outcome()
    pairs = list(zip(targets, problems, strict=True))
    if len(pairs) == 1:
        _queue_one(desk, gateway, pairs[0], wish, outcome)
        send(outcome.reply(desk.texts))
        return
    batch = _batch(desk, wish, event_id)
    requests = _requests(desk, gateway, pairs, replace(wish, batch_id=batch.id), outcome)
    if requests:
        open_batch(gateway.session, desk.client, batch, desk.texts)
    for submission in desk.client.submit_many(requests, again=wish.again):
        outcome.add(submission)
    if requests:
        _settle(desk, gateway, batch, outcome)
    send(outcome.reply(desk.texts))


def _queue_one(desk: Desk, gateway: Gateway, pair: Pair, wish: Wish, outcome: Outcome) -> None:
    target, problem = pair
    try:
        if problem:
            raise problem
        owner = desk.settings.service_id
        outcome.add(submit_target(gateway, desk.client, desk.catalog, target, wish, owner=owner))
    except EncodeMediaError as error:
        _skip(outcome, target, error)


def _batch(desk: Desk, wish: Wish, event_id: str) -> Batch:
    return Batch(
        id=batch_id(event_id),
        preset=wish.preset,
        user_id=wish.user.id,
        username=wish.user.username,
        owner=desk.settings.service_id,
        created_at=time.time(),
    )


def _requests(
    desk: Desk,
    gateway: Gateway,
    pairs: Sequence[Pair],
    wish: Wish,
    outcome: Outcome,
) -> list[EncodeRequest]:
    catalogs: dict[str, Catalog] = {}
    found: list[EncodeRequest] = []
    for target, problem in pairs:
        project = target.version.project_name
        if project not in catalogs:
            catalogs[project] = desk.catalog.for_project(project).frozen()
        try:
            if problem:
                raise problem
            found.append(request_for(gateway, catalogs[project], target, wish))
        except EncodeMediaError as error:
            _skip(outcome, target, error)
    return found


def _settle(desk: Desk, gateway: Gateway, batch: Batch, outcome: Outcome) -> None:
    """All of it is queued: its total is known, and somebody watches it from here on."""
    if outcome.queued:
        settle_total(desk.client, replace(batch, total=len(outcome.queued)))
        desk.watch_batch(batch.id)
        return
    # Every version was in work already, and whoever started those hears about them.
    words = f"{batch.preset}: {outcome.reply(desk.texts)['message']}"
    write_entry(gateway.session, batch.id, DONE, words, owner=batch.owner)


def _skip(outcome: Outcome, target: Target, error: EncodeMediaError) -> None:
    log.info("%s was not queued: %s", target.version.label, error.message)
    outcome.failed.append((target.version.label, error))
