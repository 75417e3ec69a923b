"""The rows of jobs as records: one, the newest, and how many there are of which."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from encode_media.jobs.engine import EVERY_JOB, JobFilter, JobRecord
from encode_media.jobs.job_table import ACTIVE, jobs
from encode_media.jobs.steps import CANCELLING
from encode_media.model.codec import from_json
from encode_media.model.request import EncodeRequest
from encode_media.model.result import FINAL_STAGES, Progress, Stage

_LISTED = [column for column in jobs.c if column.name != "log"]
"""A log can be long; a list does without."""


def record(conn: sa.Connection, job_id: str) -> JobRecord | None:
    row = conn.execute(sa.select(jobs).where(jobs.c.job_id == job_id)).mappings().first()
    if row is None:
        return None
    known = _record(row)
    if known.result is None or not row["log"]:
        return known
    return replace(known, result={**known.result, "log": row["log"].splitlines()})


def newest(
    conn: sa.Connection, *, active_only: bool, limit: int, where: JobFilter = EVERY_JOB
) -> Sequence[JobRecord]:
    query = sa.select(*_LISTED).order_by(jobs.c.created_at.desc(), jobs.c.job_id.desc()).limit(limit)
    if active_only:
        query = query.where(ACTIVE)
    return [_record(row) for row in conn.execute(query.where(*_conditions(where))).mappings()]


def counts(conn: sa.Connection, where: JobFilter) -> dict[Stage, int]:
    query = sa.select(jobs.c.stage, sa.func.count()).where(*_conditions(where)).group_by(jobs.c.stage)
    return {Stage(row[0]): row[1] for row in conn.execute(query)}


def waiting_since(conn: sa.Connection) -> float | None:
    oldest = sa.select(sa.func.min(jobs.c.created_at)).where(
        jobs.c.stage == Stage.QUEUED.value, jobs.c.parent == ""
    )
    since: float | None = conn.execute(oldest).scalar()
    return since


def _conditions(where: JobFilter) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = [jobs.c.parent == ""]
    if where.stages:
        wanted.append(jobs.c.stage.in_([stage.value for stage in where.stages]))
    if where.user is not None:
        wanted.append(jobs.c.username == where.user)
    if where.preset is not None:
        wanted.append(jobs.c.preset == where.preset)
    if where.version_id is not None:
        wanted.append(jobs.c.version_id == where.version_id)
    if where.batch_id is not None:
        wanted.append(jobs.c.batch == where.batch_id)
    if where.older_than_s is not None:
        wanted.append(jobs.c.created_at <= time.time() - where.older_than_s)
    if where.newer_than_s is not None:
        wanted.append(jobs.c.created_at >= time.time() - where.newer_than_s)
    return wanted


def _record(row: Any) -> JobRecord:
    # The stage of a job that waits again is not that of its progress.
    progress = replace(from_json(Progress, json.loads(row["progress"])), stage=Stage(row["stage"]))
    if row["cancelled"] and progress.stage not in FINAL_STAGES:
        progress = replace(progress, message=CANCELLING)
    return JobRecord(
        job_id=row["job_id"],
        stage=Stage(row["stage"]),
        request=from_json(EncodeRequest, json.loads(row["request"])),
        progress=progress,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        executor=row["executor"],
        result=json.loads(row["result"]) if row["result"] else None,
    )
