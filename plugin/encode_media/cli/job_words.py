"""Jobs in words: a line in a list, and a page about one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from encode_media.jobs.engine import JobRecord, WorkerRecord
from encode_media.model.result import FINAL_STAGES, Stage
from encode_media.timebase import seconds_text

HEADINGS = ("job", "stage", "%", "age", "since", "preset", "user", "subject")
_LIST = "{:<41}  {:<10} {:>4}  {:>12}  {:>12}  {:<18}  {:<12}  {}"


def heading() -> str:
    return _LIST.format(*HEADINGS)


def list_line(record: JobRecord, now: float) -> str:
    """`age` counts from the submit, `since` from the last sign of it (for what has ended: from its end)."""
    return _LIST.format(
        record.job_id,
        record.stage.value,
        record.progress.percent,
        seconds_text(max(0.0, now - record.created_at)),
        seconds_text(max(0.0, now - record.updated_at)),
        record.request.preset,
        user_of(record),
        subject(record),
    )


def worker_line(worker: WorkerRecord) -> str:
    offers = ", ".join(sorted(worker.offers)) or "nothing special"
    slots = f"{worker.slots} slot{'s' if worker.slots > 1 else ''}"
    seen = f"{'seen' if worker.is_alive else 'GONE, last seen'} {seconds_text(worker.seen_s_ago)} ago"
    return f"{worker.executor}  {worker.host}  {slots}, {offers}, {seen}"


def page(
    record: JobRecord,
    now: float,
    *,
    log_lines: int,
    why: str = "",
    parts: Sequence[JobRecord] = (),
    usual: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[str]:
    """Everything a person may want to know of a job: why nobody takes it, its parts, the end of its log.

    Options that are as `usual` are not listed: a request holds all of its preset's, and has forty of them.
    """
    progress, result = record.progress, record.result or {}
    yield record.job_id
    exactly = ", exactly as it was made before" if record.request.recipe else ""
    yield f"  {subject(record)}, preset {record.request.preset}{_options(record, usual)}{exactly}"
    by = f" by {user_of(record)}" if user_of(record) else ""
    yield f"  submitted {_moment(record.created_at)} ({_ago(now, record.created_at)}){by}, {record.request.origin}"
    verb = "ended" if record.stage in FINAL_STAGES else "last sign"
    yield f"  {verb} {_moment(record.updated_at)} ({_ago(now, record.updated_at)})"
    if record.executor:
        yield f"  worker {record.executor}"
    yield " ".join(part for part in (f"  {record.stage.value} {progress.percent} %", progress.message) if part)
    if record.request.needs:
        yield f"  needs a worker with {', '.join(record.request.needs)}"
    if why:
        yield f"  no worker can take it now: {why}"
    yield from (_part_line(part) for part in parts)
    for item in result.get("published", []):
        yield f"  {item['name']}: {item['width']}x{item['height']}, in {item['location']}"
    yield from _error_lines(result)
    log = result.get("log", ())[-log_lines:] if log_lines else ()
    if log:
        yield "  log:"
        yield from (f"    {line}" for line in log)


def part_document(part: JobRecord) -> dict[str, Any]:
    """A part without the plan it carries."""
    return {
        "job_id": part.job_id,
        "number": part.request.part.number if part.request.part else None,
        "does": _does(part),
        "stage": part.stage.value,
        "executor": part.executor,
        "frame": part.progress.frame,
        "frames": _frames(part),
    }


def _part_line(part: JobRecord) -> str:
    number = part.request.part.number if part.request.part else 0
    worker = f" by {part.executor}" if part.executor else ""
    at = f" at frame {part.progress.frame} of {_frames(part)}" if part.stage is Stage.ENCODING else ""
    return f"  part {number + 1}, {_does(part)}: {part.stage.value}{at}{worker}  {part.job_id}"


def _does(part: JobRecord) -> str:
    return part.request.part.plan.commands[-1].purpose if part.request.part else ""


def _frames(part: JobRecord) -> int | None:
    return part.request.part.plan.commands[-1].frames if part.request.part else None


def subject(record: JobRecord) -> str:
    target = record.request.target
    if target:
        return target.version_label or target.version_id
    return record.request.source.path if record.request.source else ""


def user_of(record: JobRecord) -> str:
    target = record.request.target
    return (target.username if target else None) or ""


def _error_lines(result: dict[str, Any]) -> Iterator[str]:
    error = result.get("error")
    if not error or result.get("status") == Stage.CANCELLED.value:
        return
    yield f"  {error['message']} ({error['code']})"
    if error.get("hint"):
        yield f"  {error['hint']}"
    for line in (error.get("details") or {}).get("log", ()):
        yield f"    {line}"


def _options(record: JobRecord, usual: Mapping[str, object]) -> str:
    options = record.request.options.items()
    given = ", ".join(f"{name}={value}" for name, value in options if name not in usual or usual[name] != value)
    return f" ({given})" if given else ""


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _ago(now: float, moment: float) -> str:
    return f"{seconds_text(max(0.0, now - moment))} ago"
