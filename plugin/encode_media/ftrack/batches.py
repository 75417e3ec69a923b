"""Many versions of one launch: one ftrack_job for all of them, one message at the end, one report.

The jobs themselves are ordinary; each knows its batch. What a batch is, is a note in the job database; how far
it is, is counted there. So any listener can go on with it, and exactly one tells its end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from encode_media.errors import EncodeMediaError, NotPermitted
from encode_media.ftrack.attachments import attach_text
from encode_media.ftrack.ftrack_job import DONE, FAILED, QUEUED, RUNNING, open_entry, write_entry
from encode_media.ftrack.messages import left_text
from encode_media.ftrack.texts import Texts
from encode_media.jobs.engine import JobClient, JobFilter, JobRecord
from encode_media.model.codec import from_json, to_json
from encode_media.model.result import FINAL_STAGES, Stage

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

MAX_JOBS = 2000
"""Of one batch; a launch has at most half of it."""
_LOG_LINES = 30
"""Of each failed job in the report."""
_WORKING = tuple(stage for stage in Stage if stage not in FINAL_STAGES and stage is not Stage.QUEUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    id: str
    preset: str
    user_id: str
    username: str
    owner: str
    """The service in whose database its jobs are."""
    total: int = 0
    """0 while its jobs are being queued."""
    created_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchState:
    """How far a batch is."""

    done: int = 0
    failed: int = 0
    cancelled: int = 0
    running: int = 0
    waiting: int = 0
    worked: float = 0.0
    """Of the running jobs, in jobs: two at 50 % are 1."""

    @property
    def total(self) -> int:
        return self.ended + self.running + self.waiting

    @property
    def ended(self) -> int:
        return self.done + self.failed + self.cancelled

    @property
    def percent(self) -> int:
        return int(100 * (self.ended + self.worked) / self.total) if self.total else 0

    def left_s(self, elapsed_s: float) -> float | None:
        """At the pace so far; None until there is one."""
        through = self.done + self.failed + self.worked
        remaining = self.running + self.waiting - self.worked
        return elapsed_s / through * remaining if through >= 1 else None


def open_batch(session: ftrack_api.Session, client: JobClient, batch: Batch, texts: Texts) -> None:
    """Makes a batch known before its first job is queued. Repeating it changes nothing.

    Raises:
        ServerUnavailable, NotPermitted: nothing was made known.
    """
    client.remember(_key(batch.id), to_json(batch), only_new=True)
    words = texts.render("batch_running", batch=batch, state=BatchState(), left="")
    open_entry(session, batch.id, batch.user_id, words, owner=batch.owner)


def recall_batch(client: JobClient, batch_id: str) -> Batch | None:
    """Raises: ServerUnavailable: the job database doesn't answer."""
    note = client.recall(_key(batch_id))
    return from_json(Batch, note) if note else None


def settle_total(client: JobClient, batch: Batch) -> None:
    """All its jobs are queued. Raises: ServerUnavailable."""
    client.remember(_key(batch.id), to_json(batch))


def state_of(client: JobClient, batch_id: str) -> BatchState:
    """Raises: ServerUnavailable: the job database doesn't answer."""
    counts: Mapping[Stage, int] = client.counts(JobFilter(batch_id=batch_id))
    working = client.jobs(where=JobFilter(batch_id=batch_id, stages=_WORKING), limit=MAX_JOBS)
    return BatchState(
        done=counts.get(Stage.DONE, 0),
        failed=counts.get(Stage.FAILED, 0),
        cancelled=counts.get(Stage.CANCELLED, 0),
        waiting=counts.get(Stage.QUEUED, 0),
        running=sum(counts.get(stage, 0) for stage in _WORKING),
        worked=sum(record.progress.percent for record in working) / 100,
    )


def cancel_batch(client: JobClient, batch_id: str) -> int:
    """Cancels what has not ended; gives how many. Waiting jobs first, so that none of them starts meanwhile.

    Raises:
        ServerUnavailable: the job database doesn't answer.
    """
    active = client.jobs(active_only=True, where=JobFilter(batch_id=batch_id), limit=MAX_JOBS)
    waiting_first = sorted(active, key=lambda record: record.stage is not Stage.QUEUED)
    return sum(client.cancel(record.job_id) for record in waiting_first)


def show_batch(session: ftrack_api.Session, batch: Batch, state: BatchState, texts: Texts) -> None:
    """Raises: ServerUnavailable, NotPermitted."""
    left = left_text(state.left_s(time.time() - batch.created_at))
    words = texts.render("batch_running", batch=batch, state=state, left=left)
    status = RUNNING if state.running or state.ended else QUEUED
    write_entry(session, batch.id, status, words, owner=batch.owner)


def close_batch(
    session: ftrack_api.Session, client: JobClient, batch: Batch, state: BatchState, texts: Texts
) -> str:
    """Writes the end of a batch and attaches its report; gives the sentence for its person.

    Raises:
        ServerUnavailable: the server is gone; try again later.
    """
    records = client.jobs(where=JobFilter(batch_id=batch.id), limit=MAX_JOBS)
    failures = [(_label(record), record.progress.message) for record in records if record.stage is Stage.FAILED]
    words = texts.render("batch_ended", batch=batch, state=state, failures=failures)
    try:
        open_entry(session, batch.id, batch.user_id, words, owner=batch.owner)
        write_entry(session, batch.id, DONE if state.done == state.total else FAILED, words, owner=batch.owner)
    except NotPermitted as error:
        log.warning("The ftrack_job of %s could not be written: %s", batch.id, error.message)
    try:
        attach_text(session, batch.id, "report", _report(client, batch, state, records, texts))
    except EncodeMediaError as error:
        log.warning("The report of %s is not attached: %s", batch.id, error.message)
    return words


def may_tell_end(client: JobClient, batch_id: str) -> bool:
    """True for the first who asks, of all listeners. Raises: ServerUnavailable."""
    return client.remember(f"{_key(batch_id)}/end", {"at": time.time()}, only_new=True)


def _report(client: JobClient, batch: Batch, state: BatchState, records: Sequence[JobRecord], texts: Texts) -> str:
    """What became of each version, the failures first."""
    order = {Stage.FAILED: 0, Stage.CANCELLED: 1}
    sorted_records = sorted(records, key=lambda record: (order.get(record.stage, 2), _label(record)))
    rows = [_row(client, record) for record in sorted_records]
    return texts.render("batch_report", batch=batch, state=state, rows=rows)


def _row(client: JobClient, record: JobRecord) -> dict[str, object]:
    error = (record.result or {}).get("error") or {}
    lines: list[str] = []
    if record.stage is Stage.FAILED:
        whole = client.job(record.job_id)
        lines = list((whole.result or {}).get("log", ()))[-_LOG_LINES:] if whole else []
    return {
        "status": record.stage.value,
        "label": _label(record),
        "job_id": record.job_id,
        "machine": record.executor or "",
        "message": error.get("message", ""),
        "hint": error.get("hint", ""),
        "log": lines,
    }


def _label(record: JobRecord) -> str:
    return record.request.target.version_label if record.request.target else record.job_id


def _key(batch_id: str) -> str:
    return f"batch/{batch_id}"
