"""The queue as a form: what runs, waits and has ended, each job with what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from encode_media.errors import EncodeMediaError, NotPermitted
from encode_media.ftrack.answers import QUEUE_PAGE, STEP
from encode_media.ftrack.batches import Batch, BatchState, recall_batch, state_of
from encode_media.ftrack.entities import UserInfo
from encode_media.ftrack.fields import Item, enumerator, hidden, label, rule
from encode_media.ftrack.finding import find
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.messages import error_of, left_text
from encode_media.ftrack.readiness import Desk
from encode_media.ftrack.selection import Selection
from encode_media.ftrack.targets import Scope
from encode_media.ftrack.texts import Texts
from encode_media.ftrack.wishes import require_job_right, stop_batch, stop_job
from encode_media.jobs.engine import JobClient, JobFilter, JobRecord, Stranded
from encode_media.model.codec import from_json
from encode_media.model.request import is_batch
from encode_media.model.result import FINAL_STAGES, RunResult, Stage

MAX_SHOWN = 25
"""Jobs in one form, running and waiting ones first."""
MAX_VERSIONS_ASKED = 50
"""Of a selection; more would take too long to ask for, and nobody reads that much."""
_LOG_LINES = 60
_JOB = "job_"
_WHOSE, _SELECTION, _PERSON = "whose", "selection", "person"
_LEAVE, _CANCEL, _FRONT, _RETRY, _AGAIN, _LOG = "", "cancel", "front", "retry", "again", "log"
_AGAIN_PAGE, _CLOSE = "refresh", "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A job, or a batch with all its jobs."""

    id: str
    stage: Stage
    text: str
    actions: tuple[str, ...]


def queue_form(
    desk: Desk, gateway: Gateway, selection: Selection, values: Mapping[str, Any], user: UserInfo
) -> dict[str, Any]:
    """The queue, after what was asked for in `values` was done; or a message where it is to be closed.

    Raises:
        ServerUnavailable: the server or the job database doesn't answer.
    """
    texts = desk.texts
    done, log_of = _carry_out(desk, gateway, values, user)
    if log_of is not None:
        return _log_page(texts, log_of, str(values.get(_WHOSE) or ""))
    if values.get("next") == _CLOSE:
        return {"success": True, "message": " ".join(done) or texts.word("queue_closed")}
    whose = str(values.get(_WHOSE) or _SELECTION)
    records = _jobs_of_selection(desk, gateway, selection) if whose == _SELECTION else ()
    if not records and not values:
        whose = _PERSON
    if whose == _PERSON:
        records = tuple(desk.client.jobs(where=JobFilter(user=user.username), limit=2 * MAX_SHOWN))
    return _queue_page(desk, records, whose, done)


# --- what is to be done -----------------------------------------------------------------------------------------


def _carry_out(
    desk: Desk, gateway: Gateway, values: Mapping[str, Any], user: UserInfo
) -> tuple[list[str], JobRecord | None]:
    """What became of each wish, in words; and the job whose log is wanted."""
    done: list[str] = []
    log_of: JobRecord | None = None
    for name, wanted in values.items():
        if not name.startswith(_JOB) or not wanted:
            continue
        job_id = name.removeprefix(_JOB)
        try:
            if wanted == _LOG:
                require_job_right(desk, gateway, job_id, user)
                log_of = desk.client.job(job_id)
            else:
                done.append(_carry_out_one(desk, gateway, job_id, str(wanted), user))
        except EncodeMediaError as error:
            done.append(error.told)
    return done, log_of


def _carry_out_one(desk: Desk, gateway: Gateway, job_id: str, wanted: str, user: UserInfo) -> str:
    """Raises: InvalidParameters, NotPermitted, ServerUnavailable."""
    texts = desk.texts
    if is_batch(job_id):
        return _carry_out_batch(desk, gateway, job_id, wanted, user)
    if wanted == _CANCEL:
        return texts.word("cancelling" if stop_job(desk, gateway, job_id, user) else "had_ended")
    require_job_right(desk, gateway, job_id, user)
    if wanted == _FRONT:
        return texts.word("moved" if desk.client.move_to_front(job_id) else "begun")
    if wanted in (_RETRY, _AGAIN):
        return texts.word("queued_again" if desk.client.retry(job_id).created else "in_work")
    return ""


def _carry_out_batch(desk: Desk, gateway: Gateway, batch_id: str, wanted: str, user: UserInfo) -> str:
    texts = desk.texts
    if wanted == _CANCEL:
        return texts.word("cancelling" if stop_batch(desk, batch_id, user) else "had_ended")
    if wanted != _RETRY:
        return ""
    batch = recall_batch(desk.client, batch_id)
    if batch is None or batch.user_id != user.id:
        return texts.word("had_ended")
    failed = desk.client.jobs(where=JobFilter(batch_id=batch_id, stages=(Stage.FAILED,)), limit=1000)
    count = 0
    for record in failed:
        try:
            require_job_right(desk, gateway, record.job_id, user)
        except NotPermitted:
            continue
        count += desk.client.retry(record.job_id).created
    return texts.render("queued_again", count=count)


# --- what is shown ----------------------------------------------------------------------------------------------


def _jobs_of_selection(desk: Desk, gateway: Gateway, selection: Selection) -> tuple[JobRecord, ...]:
    targets = find(gateway, selection.entries, scope=Scope.ALL, limit=MAX_VERSIONS_ASKED).targets
    found: dict[str, JobRecord] = {}
    for target in targets:
        where = JobFilter(version_id=target.version.id)
        found |= {record.job_id: record for record in desk.client.jobs(where=where, limit=MAX_SHOWN)}
    return tuple(sorted(found.values(), key=lambda record: -record.created_at))


def _queue_page(desk: Desk, records: Sequence[JobRecord], whose: str, done: Sequence[str]) -> dict[str, Any]:
    texts = desk.texts
    stranded = {item.job_id: item for item in desk.client.stranded()}
    entries = _entries(desk.client, records, stranded, texts)
    groups = (
        ("queue_running", [e for e in entries if e.stage not in FINAL_STAGES and e.stage is not Stage.QUEUED]),
        ("queue_waiting", [e for e in entries if e.stage is Stage.QUEUED]),
        ("queue_recent", [e for e in entries if e.stage in FINAL_STAGES]),
    )
    items: list[Item] = [label(f"**{word}**") for word in done if word]
    left = MAX_SHOWN
    for title, members in groups:
        shown = members[: max(0, left)]
        left -= len(shown)
        if shown:
            items.append(label(f"## {texts.word(title)} ({len(members)}) ##"))
        for entry in shown:
            items.append(label(entry.text))
            if entry.actions:
                items.append(_action_field(texts, entry))
    if not entries:
        items.append(label(texts.word("queue_empty")))
    items.append(rule())
    choices = [(_SELECTION, texts.word("queue_of_selection")), (_PERSON, texts.word("queue_of_person"))]
    items.append(enumerator(_WHOSE, texts.word("queue_whose"), whose, choices))
    return _page(texts, items)


def _page(texts: Texts, items: list[Item]) -> dict[str, Any]:
    choices = [(_AGAIN_PAGE, texts.word("queue_again")), (_CLOSE, texts.word("queue_close"))]
    return {
        "type": "form",
        "title": texts.word("queue_title"),
        "submit_button_label": texts.word("apply"),
        "items": [*items, enumerator("next", texts.word("next"), _AGAIN_PAGE, choices), hidden(STEP, QUEUE_PAGE)],
    }


def _action_field(texts: Texts, entry: QueueEntry) -> Item:
    kind = "batch" if is_batch(entry.id) else "job"
    choices = [(_LEAVE, texts.word("job_leave"))]
    choices += [(action, texts.word(f"{kind}_{action}")) for action in entry.actions]
    return enumerator(f"{_JOB}{entry.id}", texts.word("queue_do"), _LEAVE, choices)


def _entries(
    client: JobClient, records: Sequence[JobRecord], stranded: Mapping[str, Stranded], texts: Texts
) -> list[QueueEntry]:
    """One for each job; those of a batch are one together, unless the batch is forgotten."""
    batches: dict[str, Batch | None] = {}
    entries: list[QueueEntry] = []
    for record in records:
        batch_id = record.request.batch_id
        if batch_id is None:
            entries.append(_job_entry(record, stranded.get(record.job_id), texts))
            continue
        is_first = batch_id not in batches
        if is_first:
            batches[batch_id] = recall_batch(client, batch_id)
        batch = batches[batch_id]
        if batch is None:
            entries.append(_job_entry(record, stranded.get(record.job_id), texts))
        elif is_first:
            entries.append(_batch_entry(batch, state_of(client, batch_id), texts))
        if batch is not None and record.stage is Stage.FAILED:
            # What went wrong, and its log, is asked for by job.
            entries.append(_job_entry(record, None, texts))
    return entries


def _job_entry(record: JobRecord, stranded: Stranded | None, texts: Texts) -> QueueEntry:
    result = from_json(RunResult, record.result) if record.result else None
    text = texts.render(
        "queue_job",
        job=record,
        label=record.request.target.version_label if record.request.target else "",
        left=left_text(record.progress.eta_s),
        error=error_of(result) if result else None,
        stranded=stranded.reason if stranded else "",
    )
    return QueueEntry(id=record.job_id, stage=record.stage, text=text, actions=_actions(record.stage))


def _batch_entry(batch: Batch, state: BatchState, texts: Texts) -> QueueEntry:
    is_open = bool(state.running or state.waiting)
    stage = Stage.DONE if not is_open else Stage.ENCODING if state.running or state.ended else Stage.QUEUED
    actions = ((_CANCEL,) if is_open else ()) + ((_RETRY,) if state.failed else ())
    template = "batch_running" if is_open else "batch_ended"
    stands = texts.render(template, batch=batch, state=state, left="", failures=())
    text = texts.render("queue_batch", batch=batch, text=stands)
    return QueueEntry(id=batch.id, stage=stage, text=text, actions=actions)


def _actions(stage: Stage) -> tuple[str, ...]:
    if stage is Stage.QUEUED:
        return (_FRONT, _CANCEL)
    if stage not in FINAL_STAGES:
        return (_CANCEL,)
    return (_AGAIN, _LOG) if stage is Stage.DONE else (_RETRY, _LOG)


def _log_page(texts: Texts, record: JobRecord, whose: str) -> dict[str, Any]:
    result = record.result or {}
    details = (result.get("error") or {}).get("details") or {}
    lines = [*result.get("log", ()), *details.get("log", ())][-_LOG_LINES:]
    heading = texts.render(
        "queue_job",
        job=record,
        label=record.request.target.version_label if record.request.target else "",
        left="",
        error=error_of(from_json(RunResult, record.result)) if record.result else None,
        stranded="",
    )
    items: list[Item] = [label(heading), label(texts.render("queue_log", lines=lines))]
    items.append(hidden(_WHOSE, whose))
    return _page(texts, items)
