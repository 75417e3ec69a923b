"""Why one job waits."""

from __future__ import annotations

from encode_media.jobs.engine import JobClient


def why_it_waits(client: JobClient, job_id: str) -> str:
    """The reason if the job waits and no registered worker can take it, else nothing."""
    return next((job.reason for job in client.stranded() if job.job_id == job_id), "")
