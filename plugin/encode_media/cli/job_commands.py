"""`submit` and `jobs`: the queue of the running service, through its database."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from typing import Any, get_args

import click

from encode_media.app import open_catalog, open_client, open_client_catalog_gateway
from encode_media.cli.job_words import heading, list_line, page, part_document, worker_line
from encode_media.cli.output import (
    EXIT_CANCELLED,
    Answer,
    Command,
    ProgressBar,
    as_json,
    console,
    explained,
    option_values,
    show_error,
)
from encode_media.cli.spans import Span
from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs.engine import JobClient, JobFilter, JobRecord
from encode_media.jobs.waiting import why_it_waits
from encode_media.model.codec import to_json
from encode_media.model.request import PRIORITY_INTERACTIVE, SplitWish
from encode_media.model.result import FINAL_STAGES, Stage
from encode_media.settings import read_settings

POLL_S = 0.3


@click.command()
@click.option("--version", "version_id", help="Id of an asset version.")
@click.option("--component", "component_id", help="Id of a component.")
@click.option("--again", metavar="ID", help="A published version or component: exactly as it was made.")
@click.option("--preset", "-p")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="An option of the preset.")
@click.option("--location", default="auto", show_default=True, help="Where deliverables go: a location's name.")
@click.option("--needs", multiple=True, metavar="WORD", help="What its worker must offer, such as gpu.")
@click.option(
    "--split",
    type=click.Choice(get_args(SplitWish)),
    default="auto",
    show_default=True,
    help="Whether several workers shall share the encode; auto: where it is long and they are idle.",
)
@click.option("--wait", is_flag=True, help="Stay until it is done.")
@as_json
@explained
def submit(
    *,
    version_id: str | None,
    component_id: str | None,
    again: str | None,
    preset: str | None,
    pairs: tuple[str, ...],
    location: str,
    needs: tuple[str, ...],
    split: SplitWish,
    wait: bool,
    json_output: bool,
) -> None:
    """Queue an encode of a version or component with the running service.

    Example: encode-media submit --version 1f0c… --preset review --wait

    Example: encode-media submit --again 1f0c…
    """
    if sum(name is not None for name in (version_id, component_id, again)) != 1:
        raise click.UsageError("name one of --version, --component and --again")
    if (again is None) == (preset is None) or (again and (pairs or needs or location != "auto")):
        raise click.UsageError("--version and --component go with --preset; --again has its own, and its options")
    settings = read_settings()
    with open_client_catalog_gateway(settings) as desk:
        if again is not None:
            submission, exact = desk.submit_again(again, priority=PRIORITY_INTERACTIVE, split=split)
            if not exact:
                console().print("Its recipe is not there or not ours: the preset is taken as it is now.")
        else:
            submission = desk.submit(
                version_id=version_id,
                component_id=component_id,
                preset=preset or "",
                options=option_values(pairs),
                priority=PRIORITY_INTERACTIVE,
                needs=needs,
                split=split,
                location=location,
            )
        found = _wait_for(desk.client, submission.job_id) if wait else desk.client.job(submission.job_id)
        record = found or _unknown(submission.job_id)
        answer = _told(desk.client, record)
    answer.show(json_output=json_output)
    if wait:
        _exit_like(record)


def _unknown(job_id: str) -> JobRecord:
    raise failure("job.unknown", job_id=job_id)


def _wait_for(client: JobClient, job_id: str) -> JobRecord:
    with ProgressBar(job_id[:8]) as bar:
        while True:
            record = client.job(job_id) or _unknown(job_id)
            bar.show(record.progress)
            if record.stage in FINAL_STAGES:
                return record
            time.sleep(POLL_S)


def _exit_like(record: JobRecord) -> None:
    result = record.result or {}
    if result.get("error"):
        error = EncodeMediaError.from_dict(result["error"])
        show_error(error)
        sys.exit(error.exit_code)
    if result.get("status") == "cancelled":
        sys.exit(EXIT_CANCELLED)


@click.group()
def jobs() -> None:
    """See and steer the jobs of the running service."""


@jobs.command("list")
@click.option("--active", is_flag=True, help="Only what waits or runs.")
@click.option("--stage", "stages", multiple=True, type=click.Choice([stage.value for stage in Stage]))
@click.option("--preset", help="Only of this preset.")
@click.option("--user", help="Only of this user name.")
@click.option("--version", help="Only of the version with this id.")
@click.option("--older", type=Span(), metavar="SPAN", help="Submitted longer ago: 90s, 15m, 2h, 3d.")
@click.option("--newer", type=Span(), metavar="SPAN", help="Submitted since then.")
@click.option("--limit", default=50, show_default=True)
@as_json
@explained
def list_jobs(
    *,
    active: bool,
    stages: tuple[str, ...],
    preset: str | None,
    user: str | None,
    version: str | None,
    older: float | None,
    newer: float | None,
    limit: int,
    json_output: bool,
) -> None:
    """Jobs, newest first: since when each is known, and when it last gave a sign.

    Example: encode-media jobs list --stage failed --newer 2h
    """
    wanted = JobFilter(
        stages=tuple(map(Stage, stages)),
        preset=preset,
        user=user,
        version_id=version,
        older_than_s=older,
        newer_than_s=newer,
    )
    with open_client(read_settings()) as client:
        records = client.jobs(active_only=active, limit=limit, where=wanted)
    lines = (list_line(record, time.time()) for record in records)
    shown = (heading(), *lines) if records else ()
    Answer(list(map(to_json, records)), lines=shown).show(json_output=json_output)


def _for_job(name: str) -> Callable[[Command], Command]:
    """Makes a command about one job of the queue: it gets the client and the job's id before its options."""

    def make(work: Command) -> Command:
        @functools.wraps(work)
        def command(job_id: str, *, json_output: bool, **options: Any) -> None:
            with open_client(read_settings()) as client:
                answer: Answer = work(client, job_id, **options)
            answer.show(json_output=json_output)

        jobs.command(name)(click.argument("job_id")(as_json(explained(command))))
        return work

    return make


@_for_job("show")
@click.option("--log", "log_lines", default=15, show_default=True, help="Lines of its log, the last ones.")
def show_job(client: JobClient, job_id: str, log_lines: int) -> Answer:
    """One job with its request, progress, result, and the end of its log.

    Example: encode-media jobs show 5f0e…-1 --log 40
    """
    record = client.job(job_id) or _unknown(job_id)
    return _told(client, record, log_lines=log_lines)


@_for_job("cancel")
def cancel_job(client: JobClient, job_id: str) -> Answer:
    """Stop a waiting or running job.

    Example: encode-media jobs cancel 5f0e…-1
    """
    stopped = client.cancel(job_id)
    words = "It will stop within seconds." if stopped else "It had already ended."
    return Answer({"jobId": job_id, "cancelled": stopped}, remark=words)


@_for_job("retry")
def retry_job(client: JobClient, job_id: str) -> Answer:
    """Encode the same again as a new attempt.

    Example: encode-media jobs retry 5f0e…-1
    """
    submission = client.retry(job_id)
    return Answer({"jobId": submission.job_id, "created": submission.created}, lines=(submission.job_id,))


@_for_job("move")
@click.option("--front", is_flag=True, help="Make it the next one.")
@click.option("--priority", type=click.IntRange(1), help="Another class: 10 for people, 50 normal, 90 automatic.")
def move_job(client: JobClient, job_id: str, *, front: bool, priority: int | None) -> Answer:
    """Let a waiting job run earlier or later.

    Example: encode-media jobs move 5f0e…-1 --front
    """
    if front == (priority is not None):
        raise click.UsageError("name either --front or --priority")
    moved = client.move_to_front(job_id) if priority is None else client.prioritise(job_id, priority)
    words = "It has another place now." if moved else "It waits no more."
    return Answer({"jobId": job_id, "moved": moved}, remark=words)


@jobs.command("workers")
@as_json
@explained
def list_workers(*, json_output: bool) -> None:
    """The workers of this queue, and waiting jobs none of them can take.

    Example: encode-media jobs workers
    """
    with open_client(read_settings()) as client:
        workers, stranded = client.workers(), client.stranded()
    document = {"workers": list(map(to_json, workers)), "stranded": list(map(to_json, stranded))}
    Answer(
        document, lines=(*map(worker_line, workers), *(f"{job.job_id}  {job.reason}" for job in stranded))
    ).show(json_output=json_output)


@jobs.command("purge")
@click.option("--days", default=30.0, show_default=True, help="Forget jobs that ended longer ago.")
@as_json
@explained
def purge_jobs(days: float, json_output: bool) -> None:
    """Forget old jobs that have ended. Nothing in ftrack changes.

    Example: encode-media jobs purge --days 7
    """
    with open_client(read_settings()) as client:
        count = client.purge(older_than_s=days * 86400)
    Answer({"purged": count}, remark=f"{count} jobs forgotten.").show(json_output=json_output)


def _told(client: JobClient, record: JobRecord, *, log_lines: int = 0) -> Answer:
    """A job with its parts, and why it waits where nobody can take it."""
    why = why_it_waits(client, record.job_id) if record.stage not in FINAL_STAGES else ""
    parts = client.parts(record.job_id)
    document = {**to_json(record), "waits": why or None, "parts": [part_document(part) for part in parts]}
    usual = open_catalog(read_settings()).usual_options(record.request.preset)
    lines = page(record, time.time(), log_lines=log_lines, why=why, parts=parts, usual=usual)
    return Answer(document, lines=lines)
