"""Waiting jobs that no worker can take, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from encode_media.jobs import job_table, worker_table
from encode_media.jobs.engine import Stranded, WorkerRecord

_NO_WORKER = "no worker runs"


def find_stranded(conn: sa.Connection) -> list[Stranded]:
    workers = [worker for worker in worker_table.every(conn) if worker.is_alive]
    if not workers:
        return [Stranded(job_id=job_id, reason=_NO_WORKER) for job_id in job_table.unended(conn)]
    found = []
    for job_id, needs, version, begun in job_table.waiting_for(conn):
        reason = why_stranded(frozenset(needs.split()), version, workers, begun=begun)
        if reason:
            found.append(Stranded(job_id=job_id, reason=reason))
    return found


def why_stranded(needs: frozenset[str], version: int, workers: Sequence[WorkerRecord], *, begun: bool) -> str:
    """Empty where some worker can take the job."""
    if not workers:
        return _NO_WORKER
    living = {worker.version for worker in workers}
    able = [
        worker
        for worker in workers
        if worker.version == version or (worker.version > version and not (begun and version in living))
    ]
    if not able:
        return f"it needs version {version} of the steps, and the workers have {_listed(map(str, living))}"
    if any(needs <= worker.offers for worker in able):
        return ""
    missing = needs - frozenset().union(*(worker.offers for worker in able))
    return f"no worker offers {_listed(missing or needs)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
