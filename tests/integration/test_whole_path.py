"""Discover, form, values, result: what an artist does, with the real client against the running product."""

from __future__ import annotations

import json
import time
from fractions import Fraction

import pytest

from support.service import Studio, form_text, form_values
from support.waiting import wait_for


def _ftr_meta(component) -> dict:
    return json.loads(component["metadata"]["ftr_meta"])


def test_a_movie_becomes_a_review_with_the_right_frames_and_meta(running_studio: Studio):
    selection = running_studio.selection("sh010_comp")
    form = running_studio.form(selection)

    assert "72 frames" in form_text(form)
    assert "23.976" in form_text(form)

    before = time.monotonic()
    answer = running_studio.submit(selection, preset="review")
    assert answer["success"], answer
    assert time.monotonic() - before < 5

    (result,) = running_studio.results(1)
    assert (result["status"], result["error"]) == ("done", None)
    components = running_studio.components("sh010_comp")
    assert {"main", "ftrackreview-mp4", "poster", "thumbnail"} == set(components)
    meta = _ftr_meta(components["ftrackreview-mp4"])
    assert (meta["frameIn"], meta["frameOut"], meta["width"], meta["height"]) == (0, 72, 1280, 720)
    assert abs(Fraction(24000, 1001) - Fraction(meta["frameRate"])) < Fraction(1, 1000)
    version = running_studio.version("sh010_comp")
    running_studio.session.populate([version], "thumbnail_id")
    assert components["thumbnail"]["id"] == version["thumbnail_id"]


def test_progress_comes_first_at_zero_and_last_at_hundred_and_never_goes_back(running_studio: Studio):
    running_studio.submit(running_studio.selection("sh010_comp"), preset="review")
    (result,) = running_studio.results(1)

    percents = [data["percent"] for data in running_studio.progress_of(result["jobId"])]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert len(percents) >= 3


def test_the_ftrack_job_belongs_to_the_artist_and_ends_done(running_studio: Studio):
    running_studio.submit(running_studio.selection("sh010_comp"), preset="thumbnail")
    (result,) = running_studio.results(1)

    job = running_studio.session.get("Job", result["ftrackJobId"])
    running_studio.session.populate([job], "status, user.username, data")
    assert (job["status"], job["user"]["username"]) == ("done", "artist")
    assert "sh010_comp" in json.loads(job["data"])["description"]


def test_an_exr_sequence_becomes_a_review_of_its_48_frames(running_studio: Studio):
    selection = running_studio.selection("sh010_beauty")
    assert "1001" in form_text(running_studio.form(selection))

    running_studio.submit(selection, preset="review")
    (result,) = running_studio.results(1)

    assert result["status"] == "done", result["error"]
    review = next(output for output in result["outputs"] if output["name"] == "ftrackreview-mp4")
    assert (review["frames"], review["width"], review["height"]) == (48, 1280, 720)


def test_a_gap_is_said_in_the_form_and_refused_with_its_frames(running_studio: Studio):
    selection = running_studio.selection("sh020_anim")
    assert "1010-1012" in form_text(running_studio.form(selection))

    answer = running_studio.submit(selection, preset="review")

    said = answer.get("message") or form_text(answer)
    assert "1010-1012" in said
    assert not answer.get("success", False)


def test_a_gap_is_held_when_the_artist_says_so(running_studio: Studio):
    selection = running_studio.selection("sh020_anim")
    item = running_studio.item(selection)
    form = running_studio.client.launch(item, selection)
    values = form_values(form) | {"preset": "review", "next": "encode"}
    name = next((field["name"] for field in form["items"] if "missing_frames" in field.get("name", "")), None)
    assert name, "the first page offers what to do about missing frames"

    answer = running_studio.client.launch(item, selection, values=values | {name: "hold"})
    assert answer["success"], answer
    (result,) = running_studio.results(1)

    assert result["status"] == "done", result["error"]
    assert {24} == {o["frames"] for o in result["outputs"] if o["name"].startswith("ftrackreview-mp4")}


def test_a_still_stays_a_still(running_studio: Studio):
    running_studio.submit(running_studio.selection("sh020_concept"), preset="review")
    (result,) = running_studio.results(1)

    assert result["status"] == "done", result["error"]
    assert {"ftrackreview-image", "thumbnail"} == {output["name"] for output in result["outputs"]}
    meta = _ftr_meta(running_studio.components("sh020_concept")["ftrackreview-image"])
    assert meta["format"] == "image"


def test_two_versions_in_one_selection_become_two_jobs(running_studio: Studio):
    selection = running_studio.selection("sh010_comp", "sh020_concept")
    answer = running_studio.submit(selection, preset="thumbnail")

    assert "2 versions" in answer["message"]
    results = running_studio.results(2)
    assert {"done"} == {result["status"] for result in results}
    assert {entry["entityId"] for entry in selection} == {result["versionId"] for result in results}


def test_a_bad_version_says_why_and_does_not_stop_the_good_one(running_studio: Studio):
    answer = running_studio.submit(running_studio.selection("sh010_comp", "sh030_notes"), preset="review")

    assert answer["success"]
    assert "sh030_notes" in answer["message"]
    assert "not a media file" in answer["message"]
    (result,) = running_studio.results(1)
    assert result["status"] == "done"


@pytest.mark.parametrize(
    ("preset", "name", "frames"),
    [("prores_422_hq", "prores_422_hq", 72), ("webm_vp9", "webm_vp9", 72), ("png_sequence", "png_sequence", 72)],
)
def test_deliverables_are_components_beside_the_review(running_studio: Studio, preset, name, frames):
    running_studio.submit(running_studio.selection("sh010_comp"), preset=preset)
    (result,) = running_studio.results(1)

    assert result["status"] == "done", result["error"]
    output = next(output for output in result["outputs"] if output["name"] == name)
    assert frames == output["frames"]
    component = running_studio.components("sh010_comp")[name]
    location = running_studio.session.pick_location(component)
    path = location.get_filesystem_path(component)
    assert str(running_studio.server.data / "published") in path


def test_submitting_the_same_twice_while_it_runs_gives_one_job(running_studio: Studio):
    version_id = running_studio.version("sh010_beauty")["id"]
    first = running_studio.client.submit("review", version_id=version_id)
    second = running_studio.client.submit("review", version_id=version_id)

    assert first["success"]
    assert first["jobId"] == second["jobId"]
    (result,) = running_studio.results(1)
    assert first["jobId"] == result["jobId"]


def test_a_published_version_gets_its_review_by_itself_once(running_studio: Studio):
    session = running_studio.session
    asset = running_studio.version("sh010_comp")["asset"]
    source = running_studio.server.data / "sources" / "sh010_comp_v001.mov"
    version = session.create("AssetVersion", {"asset": asset, "is_published": True, "comment": "by a script"})
    session.commit()
    unmanaged = session.query('Location where name is "ftrack.unmanaged"').one()
    version.create_component(str(source), data={"name": "main"}, location=unmanaged)
    session.commit()

    (result,) = running_studio.results(1)

    assert (version["id"], "done") == (result["versionId"], result["status"])
    names = wait_for(
        lambda: [row["name"] for row in session.query(f'Component where version_id is "{version["id"]}"').all()],
        what="the components",
    )
    assert names.count("ftrackreview-mp4") == 1


def test_wrong_form_values_bring_the_form_back_with_the_reason(running_studio: Studio):
    selection = running_studio.selection("sh010_comp")
    again = running_studio.submit(selection, preset="no_such_preset")

    assert "items" in again or not again["success"]
    assert "no_such_preset" in (form_text(again) if "items" in again else again["message"])


def test_a_person_without_the_right_is_refused(running_studio: Studio):
    supervisor = running_studio.server.session("supervisor")
    private = supervisor.query("AssetVersion where asset.parent.project.is_private is True").first()
    assert private, "the sandbox has a private project"

    answer = running_studio.client.submit("review", version_id=private["id"])

    assert not answer["success"]
    assert "not found, or may not be seen" in answer["message"] or "may not" in answer["message"]


def test_no_credential_is_in_the_log(running_studio: Studio):
    assert running_studio.server.address.api_key not in running_studio.log.read_text()
