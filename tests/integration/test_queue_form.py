"""The queue as a form: what is shown, and what each choice does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from encode_media.ftrack.client import ActionClient
from encode_media.model.result import Stage
from support.listening import Listening, asking, selected
from support.many import many_versions
from support.sandbox import RunningSandbox
from support.waiting import wait_for

ITEM = {"actionIdentifier": "encode-media", "encodeMedia": "preset", "preset": "review"}
QUEUE = {"actionIdentifier": "encode-media", "encodeMedia": "queue"}


@pytest.fixture
def service(service: Listening) -> Listening:
    """Its jobs run until they are let go."""
    service.gate.clear()
    return service


def text_of(form: dict[str, Any]) -> str:
    return "\n".join(item["value"] for item in form["items"] if item["type"] == "label")


def values_of(form: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {item["name"]: item["value"] for item in form["items"] if "name" in item} | changes


def actions_of(form: dict[str, Any]) -> dict[str, list[str]]:
    return {
        item["name"].removeprefix("job_"): [choice["value"] for choice in item["data"] if choice["value"]]
        for item in form["items"]
        if item.get("name", "").startswith("job_")
    }


def stage_of(service: Listening, job_id: str) -> Stage | None:
    record = service.engine.job(job_id)
    return record.stage if record else None


def test_a_waiting_job_is_moved_to_the_front_and_a_running_one_is_cancelled(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    comp, concept = selected(sandbox, "sh010_comp"), selected(sandbox, "sh020_concept")
    assert "No jobs." in text_of(artist.launch(QUEUE, comp))
    artist.launch(ITEM, comp)
    wait_for(lambda: service.requests, what="a running job")
    artist.launch(ITEM, concept)
    running, waiting = (record.job_id for record in reversed(service.engine.jobs()))

    form = artist.launch(QUEUE, comp + concept)
    moved = artist.launch(QUEUE, comp + concept, values_of(form, **{f"job_{waiting}": "front"}))
    done = artist.launch(QUEUE, comp + concept, values_of(moved, **{f"job_{running}": "cancel"}))

    assert "## Running (1) ##" in text_of(form)
    assert "## Waiting (1) ##" in text_of(form)
    assert actions_of(form)[waiting] == ["front", "cancel"]
    assert "**It will stop within seconds.**" in text_of(done)
    assert "**It is the next one now.**" in text_of(moved)
    wait_for(lambda: stage_of(service, running) is Stage.CANCELLED, what="the end of the job")


def test_an_ended_job_is_encoded_again_and_its_log_is_shown(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    comp = selected(sandbox, "sh010_comp")
    service.gate.set()
    artist.launch(ITEM, comp)
    (job,) = (record.job_id for record in service.engine.jobs())
    wait_for(lambda: stage_of(service, job) is Stage.DONE, what="its end")

    form = artist.launch(QUEUE, comp)
    log = artist.launch(QUEUE, comp, values_of(form, **{f"job_{job}": "log"}))
    again = artist.launch(QUEUE, comp, values_of(form, **{f"job_{job}": "again"}))
    closed = artist.launch(QUEUE, comp, values_of(form, next="close"))

    told = text_of(form)
    assert re.search(r"\*\*sh010 / sh010_comp v1\*\* . review, done \d{4}-\d\d-\d\d \d\d:\d\d, for artist", told)
    assert actions_of(form) == {job: ["again", "log"]}
    assert "There is no log" in text_of(log)
    assert "It is queued again." in text_of(again)
    assert len(service.engine.jobs()) == 2
    assert closed == {"success": True, "message": "Nothing was changed."}


def test_a_batch_is_one_entry_that_is_cancelled_as_one(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    selection = many_versions(sandbox, 3)
    artist.launch(ITEM, selection)
    wait_for(lambda: service.requests, what="a running job")

    form = artist.launch(QUEUE, selection)
    (batch,) = actions_of(form)
    artist.launch(QUEUE, selection, values_of(form, **{f"job_{batch}": "cancel"}))

    assert "Encode Media review, 3 versions: 1 running, 2 waiting" in text_of(form)
    assert re.search(r"\*\* . started \d{4}-\d\d-\d\d \d\d:\d\d$", text_of(form), re.MULTILINE)
    wait_for(
        lambda: {record.stage for record in service.engine.jobs()} == {Stage.CANCELLED}, what="the end of all"
    )
    assert "Encode Media review, 3 versions: 0 done, 3 cancelled.**" in text_of(artist.launch(QUEUE, selection))


def test_the_queue_shows_one_s_own_jobs_where_the_selection_has_none_and_protects_those_of_others(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    private = sandbox.session().query("select id from AssetVersion where project.is_private is true").one()
    with asking(sandbox, "supervisor") as supervisor:
        answer = supervisor.submit("thumbnail", version_id=private["id"])
    comp = selected(sandbox, "sh010_comp")
    artist.launch(ITEM, comp)

    other = artist.launch(QUEUE, selected(sandbox, "sh020_concept"))
    tried = artist.launch(QUEUE, comp, {"whose": "person", f"job_{answer['jobId']}": "cancel"})

    assert "sh010 / sh010_comp v1" in text_of(other)
    assert "qp010" not in text_of(other)
    assert "may not do this" in text_of(tried)
    assert stage_of(service, answer["jobId"]) is not Stage.CANCELLED
