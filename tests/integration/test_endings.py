"""What is left in ftrack when a job has ended: attachment, note, status, list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import failure
from encode_media.ftrack.afterwards import project_lists, version_statuses
from encode_media.ftrack.ending import show_end
from encode_media.ftrack.messages import ftrack_job_id
from encode_media.ftrack.texts import Texts
from encode_media.model.request import Afterwards, EncodeRequest, PublishTarget
from encode_media.model.result import PublishedOutput, RunResult
from support.publishing import Studio, job_of

NOTHING = Afterwards()


def request_for(studio: Studio, version: str, after: Afterwards = NOTHING) -> EncodeRequest:
    user = studio.fresh().query("select id from User where username is artist").one()
    target = PublishTarget(
        version_id=version, version_label="sh010 / a v1", user_id=user["id"], username="artist", after=after
    )
    return EncodeRequest(preset="review", target=target)


FAILED = RunResult(
    status="failed",
    error={
        **failure("ffmpeg.failed", problem="no such filter").to_dict(),
        "details": {"log": ["frame= 1", "Error!"]},
    },
    commands=(("-i", "a.mov"),),
)


def done(component_id: str) -> RunResult:
    output = PublishedOutput(
        name="prores", component_id=component_id, location="ftrack.server", width=16, height=9, frames=72,
        frame_rate="24/1", size_bytes=1_000_000,
    )  # fmt: skip
    return RunResult(status="done", published=(output,))


def attached(studio: Studio, job_id: str) -> list[Any]:
    query = f'select component.name, component.id from JobComponent where job_id is "{ftrack_job_id(job_id)}"'
    return [row["component"] for row in studio.fresh().query(query).all()]


def test_the_log_of_a_failure_is_attached_once_and_says_what_and_where(studio: Studio) -> None:
    version = studio.version()
    job, request = job_of(version), request_for(studio, version)
    for _ in range(2):
        show_end(studio.fresh(), job, request, FAILED, owner="o", texts=Texts(), machine="render7")

    (component,) = attached(studio, job)
    session = studio.fresh()
    assert component["name"] == "log"
    (stored,) = [path for path in (studio.sandbox.data / "files").glob("??/*") if path.name == component["id"]]
    log = stored.read_text()
    assert "Encode Media review, sh010 / a v1" in log
    assert "on render7" in log
    assert "ffmpeg stopped with an error: no such filter" in log
    assert log.index("frame= 1") < log.index("Error!")
    assert "ffmpeg -i a.mov" in log
    entry = session.get("Job", ftrack_job_id(job))
    assert entry["status"] == "failed"
    assert studio.settings.api_key not in log


def test_the_result_is_attached_where_it_lies_on_the_server(studio: Studio) -> None:
    version = studio.version()
    main = studio.look(version).components[0].id
    for _ in range(2):
        show_end(
            studio.fresh(), job_of(version), request_for(studio, version), done(main), owner="o", texts=Texts()
        )

    assert [item["id"] for item in attached(studio, job_of(version))] == [main]


def test_note_status_and_list_follow_an_encode_once_however_often_it_is_told(studio: Studio) -> None:
    session = studio.fresh()
    project = session.query('Project where name is "encode_media_demo"').one()
    category = session.query("ListCategory").first()
    session.create("AssetVersionList", {"name": "Delivery", "project": project, "category": category})
    session.commit()
    version = studio.version()
    main = studio.look(version).components[0].id
    after = Afterwards(note=True, done_status="Approved", failed_status="On Hold", list_name="Delivery")
    request = request_for(studio, version, after)

    for _ in range(2):
        show_end(studio.fresh(), job_of(version), request, done(main), owner="o", texts=Texts())

    session = studio.fresh()
    entity = session.query(
        f'select status.name, notes.content, lists.name from AssetVersion where id is "{version}"'
    ).one()
    (note,) = entity["notes"]
    assert note["content"].startswith("Encoded with **review** for artist:")
    assert "prores: 16 x 9, 72 frames, 1.0 MB, in ftrack.server" in note["content"]
    assert note["author"]["username"] == "artist"
    assert entity["status"]["name"] == "Approved"
    assert [item["name"] for item in entity["lists"]] == ["Delivery"]
    assert "Approved" in version_statuses(session, project["id"])
    assert project_lists(session, project["id"]) == ("Delivery",)


def test_a_failure_has_its_own_status_and_what_is_not_there_is_left_out(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    version = studio.version()
    after = Afterwards(note=True, done_status="Approved", failed_status="No such status", list_name="No such list")
    request = request_for(studio, version, after)
    before = studio.fresh().get("AssetVersion", version)["status_id"]

    show_end(studio.fresh(), job_of(version), request, FAILED, owner="o", texts=Texts())

    entity = studio.fresh().get("AssetVersion", version)
    assert "has failed. ffmpeg stopped with an error" in entity["notes"][0]["content"]
    assert entity["status_id"] == before
    assert "there is no status No such status" in caplog.text


def test_a_job_of_a_batch_leaves_no_entry_of_its_own(studio: Studio) -> None:
    version = studio.version()
    request = request_for(studio, version)
    assert request.target is not None
    member = replace(request, target=replace(request.target, batch_id="batch-1"))

    show_end(studio.fresh(), job_of(version), member, FAILED, owner="o", texts=Texts())

    own_id = ftrack_job_id(job_of(version))
    assert studio.fresh().query(f'select id from Job where id is "{own_id}"').all() == []


def test_a_studio_s_templates_come_first_in_its_language_and_a_broken_one_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "words.j2").write_text('{% set title = "Medien kodieren" %}')
    (tmp_path / "heading.j2").write_text("== {{ count }} ==")
    (tmp_path / "problem.j2").write_text("{{ nonsense.nothing }}")
    (tmp_path / "groups.yaml").write_text("groups: [{title: Alles, options: [quality]}]")

    texts = Texts((tmp_path,), "de")

    assert texts.word("title") == "Medien kodieren"
    assert texts.word("submit") == "Encode", "what a translation leaves out stays as it was"
    assert texts.render("heading", count=3, preset="") == "== 3 =="
    problem = failure("options.invalid", option="crf", problem="too large", allowed="less")
    assert "too large" in texts.render("problem", problem=problem, title="")
    assert "problem.j2 can't be used" in caplog.text
    assert [group.title for group in texts.groups.groups] == ["Alles"]
