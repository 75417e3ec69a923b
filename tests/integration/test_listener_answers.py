"""The action over the real event hub: menu, form, submit, cancel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import ftrack_api.event.base
import pytest

from encode_media.ftrack import launching, visit
from encode_media.ftrack.client import ActionClient
from encode_media.jobs.engine import WorkerRecord
from support.listening import Listening, asking, listening, selected, settings_for
from support.sandbox import RunningSandbox
from support.waiting import wait_for

ITEM = {"actionIdentifier": "encode-media"}


@pytest.fixture
def service(sandbox: RunningSandbox) -> Iterator[Listening]:
    with listening(settings_for(sandbox, icon_url="https://studio.example/encode.svg")) as running:
        running.wait_until_connected()
        yield running


def values_of(form: dict[str, Any], **changes: object) -> dict[str, Any]:
    """What a person sends who changes only this, and wants no summary."""
    values = {item["name"]: item["value"] for item in form["items"] if "name" in item}
    assert set(changes) <= set(values), f"the form has no such field: {sorted(values)}"
    return values | {"next": "encode"} | changes


def labels(form: dict[str, Any]) -> str:
    return "\n".join(item["value"] for item in form["items"] if item["type"] == "label")


def test_the_menu_entry_is_there_for_versions_and_has_its_icon(
    sandbox: RunningSandbox, artist: ActionClient
) -> None:
    items = artist.discover(selected(sandbox, "sh010_comp"))

    assert [(item["label"], item["variant"]) for item in items] == [
        ("Encode Media", "Choose…"),
        ("Encode Media", "Review"),
        ("Encode Media", "Queue…"),
    ]
    assert {(item["actionIdentifier"], item["icon"]) for item in items} == {
        ("encode-media", "https://studio.example/encode.svg")
    }


@pytest.mark.parametrize("entity_type", ["team", "user", "socialfeed"])
def test_there_is_no_menu_entry_where_nothing_can_be_encoded(artist: ActionClient, entity_type: str) -> None:
    assert artist.discover([{"entityId": "x", "entityType": entity_type}], timeout_s=0.7) == []


def test_a_broken_selection_leaves_the_listener_answering(sandbox: RunningSandbox, artist: ActionClient) -> None:
    broken: Any = [None, {"entityId": 3}, "text"]
    assert artist.discover(broken, timeout_s=0.5) == []

    assert artist.discover(selected(sandbox, "sh010_comp")) != []


def test_the_form_tells_what_each_source_is_and_which_can_not_be_encoded(
    sandbox: RunningSandbox, artist: ActionClient
) -> None:
    selection = selected(sandbox, "sh010_comp", "sh020_anim", "sh020_concept", "sh030_notes")
    artist.launch(ITEM, selection)  # reading may take longer than a form may; what was read is remembered

    def told() -> str | None:
        text = labels(artist.launch(ITEM, selection))
        return text if "not read yet" not in text else None

    text = wait_for(told, what="a form with all sources")
    assert "23.976 frames a second, 72 frames (3.0 s)" in text
    assert "3 of 24 frames are missing: 1010-1012" in text
    assert "sh020_concept v1** \N{EN DASH} still, 1280 x 720" in text
    assert "sh030_notes v1** \N{EN DASH} can't be encoded. This is not a media file" in text


def test_a_form_does_not_wait_for_a_source_that_takes_long_to_read(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage_answers = threading.Event()
    monkeypatch.setattr(visit, "READ_S", 0.2)
    monkeypatch.setattr(service.listener._desk.reader, "_read", lambda _source: storage_answers.wait(60))
    try:
        form = artist.launch(ITEM, selected(sandbox, "sh010_beauty"))
    finally:
        storage_answers.set()

    assert "sh010_beauty v1** \N{EN DASH} not read yet; it can be queued now." in labels(form)


def test_submitting_queues_each_version_for_the_person_and_shows_ftrack_jobs(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    selection = selected(sandbox, "sh010_comp", "sh020_concept")
    form = artist.launch(ITEM, selection)
    service.gate.clear()

    answer = artist.launch(ITEM, selection, values_of(form, preset="poster"))

    assert answer == {"success": True, "message": "2 versions queued"}
    records = service.engine.jobs()
    assert {record.request.preset for record in records} == {"poster"}
    assert {record.request.target.username for record in records if record.request.target} == {"artist"}
    assert {record.request.origin for record in records} == {"form"}
    batches = {record.request.batch_id for record in records}
    jobs = sandbox.session().query("select data, user.username from Job where user.username is artist").all()
    shown = {job_id for job in jobs for job_id in _ids_in(job["data"])}
    assert len(batches) == 1
    assert batches <= shown
    assert not shown & {record.job_id for record in records}, "a batch is shown as one"


def _ids_in(text: str) -> list[str]:
    import json

    return [json.loads(text)["encode_media"]["jobId"]]


def test_submitting_the_same_again_finds_the_job_that_is_in_work(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    selection = selected(sandbox, "sh010_comp")
    form = artist.launch(ITEM, selection)
    service.gate.clear()
    artist.launch(ITEM, selection, values_of(form))

    answer = artist.launch(ITEM, selection, values_of(form))

    assert answer == {"success": True, "message": "1 version already in work"}
    assert len(service.engine.jobs()) == 1


def test_one_bad_version_does_not_stop_the_others_and_says_why(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    selection = selected(sandbox, "sh030_notes", "sh010_comp")

    def answered() -> dict[str, Any] | None:
        # Until the text file was read once, only its job can tell.
        answer = artist.launch(ITEM, selection, {"preset": "review", "form_step": "1"})
        return answer if "skipped" in answer["message"] else None

    answer = wait_for(answered, what="an answer that skips the text file")
    assert answer["success"]
    assert "1 skipped: sh030 / sh030_notes v1: This is not a media file" in answer["message"]
    assert "sh010 / sh010_comp v1" in {
        request.target.version_label for request in service.requests if request.target
    }


def test_a_gap_is_told_beside_its_option_and_choosing_hold_queues_it(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    selection = selected(sandbox, "sh020_anim")
    wait_for(lambda: "missing" in labels(artist.launch(ITEM, selection)), what="a form that knows the gap")
    form = artist.launch(ITEM, selection)

    refused = artist.launch(ITEM, selection, values_of(form))
    names = [item.get("name") for item in refused["items"]]
    told = refused["items"][names.index("option_missing_frames") - 1]["value"]
    accepted = artist.launch(ITEM, selection, values_of(refused, option_missing_frames="hold"))

    assert "3 of 24 frames are missing: 1010-1012" in told
    assert accepted == {"success": True, "message": "1 version queued"}
    assert service.engine.jobs()[0].request.options["missing_frames"] == "hold"


def test_a_bad_value_brings_the_page_back_with_the_other_values(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    selection = selected(sandbox, "sh010_comp")
    first = artist.launch(ITEM, selection)
    second = artist.launch(ITEM, selection, values_of(first, next="options"))

    back = artist.launch(ITEM, selection, values_of(second, option_quality="99", option_max_height="720"))

    fields = {item["name"]: item["value"] for item in back["items"] if "name" in item}
    assert "99 is too large" in back["items"][0]["value"]
    assert (fields["option_quality"], fields["option_max_height"], fields["form_step"]) == ("99", "720", "2")
    assert service.engine.jobs() == []


def test_options_of_the_second_page_reach_the_job(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    selection = selected(sandbox, "sh010_comp")
    second = artist.launch(ITEM, selection, values_of(artist.launch(ITEM, selection), next="options"))

    answer = artist.launch(ITEM, selection, values_of(second, option_quality=20, option_max_height="720"))

    assert answer["success"]
    options = service.engine.jobs()[0].request.options
    assert (options["quality"], options["max_height"]) == (20, 720)


def test_a_selection_the_person_can_not_see_is_refused_in_words(artist: ActionClient) -> None:
    answer = artist.launch(ITEM, [{"entityId": "no-such-version", "entityType": "assetversion"}])

    assert (answer["success"], answer["code"]) == (False, "selection.gone")
    assert "What was selected was not found." in answer["message"]


def test_a_version_of_a_private_project_is_not_encoded_for_somebody_without_a_role(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    private = sandbox.session().query("select id from AssetVersion where project.is_private is true").one()

    answer = artist.submit("review", version_id=private["id"])

    assert (answer["success"], answer["code"]) == (False, "server.not_permitted")
    assert service.engine.jobs() == []


def test_a_shot_stands_for_its_latest_versions(sandbox: RunningSandbox, artist: ActionClient) -> None:
    shot = sandbox.session().query("select id from Shot where name is sh020").one()
    selection = [{"entityId": shot["id"], "entityType": "task"}]

    answer = artist.launch(ITEM, selection, {"preset": "poster", "option_missing_frames": "hold"})

    assert answer["message"].startswith("2 versions queued")


def test_the_submit_event_answers_with_the_ids_of_the_job(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    version = selected(sandbox, "sh010_comp")[0]["entityId"]

    answer = artist.submit("prores_422_hq", version_id=version, options={"quality": 6})

    record = service.engine.jobs()[0]
    assert answer["success"] is True
    assert answer["jobId"] == record.job_id
    assert record.request.options["quality"] == 6
    assert record.request.origin == "hub"
    assert sandbox.session().get("Job", answer["ftrackJobId"]) is not None


@pytest.mark.parametrize(
    ("preset", "options", "code"),
    [
        ("revue", {}, "preset.unknown"),
        ("review", {"colour": "red"}, "options.unknown"),
        ("review", {"quality": 1000}, "options.invalid"),
    ],
)
def test_a_submit_event_with_a_mistake_is_refused_with_its_code(
    sandbox: RunningSandbox, artist: ActionClient, preset: str, options: dict[str, object], code: str
) -> None:
    answer = artist.submit(preset, version_id=selected(sandbox, "sh010_comp")[0]["entityId"], options=options)

    assert (answer["success"], answer["code"]) == (False, code)


def test_a_running_job_is_cancelled_by_an_event(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    service.gate.clear()
    answer = artist.submit("review", version_id=selected(sandbox, "sh010_comp")[0]["entityId"])
    replies: list[dict[str, Any]] = []
    event = ftrack_api.event.base.Event("encode-media.cancel", data={"jobId": answer["jobId"]})

    artist._hub.publish(event, on_reply=lambda reply: replies.append(reply["data"]))

    wait_for(lambda: replies, what="an answer to the cancel")
    assert replies[0]["success"] is True
    wait_for(
        lambda: (record := service.engine.job(answer["jobId"])) and record.stage.value == "cancelled",
        what="the end of the job",
    )


def test_a_long_selection_is_answered_early_and_its_end_is_told_in_the_browser(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "ANSWER_S", 0.0)
    user_id = sandbox.session().query("select id from User where username is artist").one()["id"]
    browser = {"id": "browser", "applicationId": "ftrack.client.web", "user": {"id": user_id}}
    told: list[dict[str, Any]] = []
    artist._hub.subscribe(
        "topic=ftrack.action.trigger-user-interface", lambda event: told.append(event["data"]), subscriber=browser
    )

    answer = artist.launch(ITEM, selected(sandbox, "sh010_comp", "sh020_concept"), {"preset": "poster"})

    assert answer["message"] == "The versions are being queued. A message says when they are."
    wait_for(lambda: told, what="the message at the end")
    assert told[0] == {"type": "message", "success": True, "message": "2 versions queued"}
    assert len(service.engine.jobs()) == 2


def test_sharing_between_machines_is_chosen_for_this_launch_alone(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    selection, expert = selected(sandbox, "sh010_comp"), {"preset": "review", "form_step": "1", "next": "expert"}
    worker = WorkerRecord(executor="a", host="a", version=1, offers=frozenset(), slots=1, seen_s_ago=0)

    def field_of(form: dict[str, Any]) -> list[dict[str, Any]]:
        return [item for item in form["items"] if item.get("name") == "split"]

    with listening(settings_for(sandbox, split_frames=20)) as service, asking(sandbox) as artist:
        service.wait_until_connected()
        wait_for(
            lambda: "72 frames" in labels(artist.launch(ITEM, selection)) or None, what="a source that is read"
        )
        alone = field_of(artist.launch(ITEM, selection, expert))
        monkeypatch.setattr(service.engine, "workers", lambda: [worker, worker])
        form = artist.launch(ITEM, selection, expert)
        summary = artist.launch(ITEM, selection, values_of(form, split="never", next="summary"))
        artist.launch(ITEM, selection, values_of(summary))
        request = wait_for(lambda: service.requests[0] if service.requests else None, what="a request")
        [later] = field_of(artist.launch(ITEM, selection, expert))

    assert alone == []
    assert "Share between machines: No, one machine encodes it" in labels(summary)
    assert request.split == "never"
    assert later["value"] == "auto"
