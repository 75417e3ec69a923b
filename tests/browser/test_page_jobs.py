"""The jobs panel: states, live progress, results."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from support.fake_action import FakeAction, make_job, version_id
from support.review_media import make_picture
from support.sandbox import RunningSandbox
from support.sandbox_page import job_rows, use_user, wait_for_job, wait_for_toast


def test_a_job_appears_changes_and_ends_as_the_server_says(page_at, sandbox: RunningSandbox):
    page = page_at()
    expect(page.get_by_text("No jobs yet.")).to_be_visible()
    session = sandbox.session()
    job = make_job(session, "supervisor", "Encode sh010_comp", status="queued")
    wait_for_job(page, "queued")
    expect(page.get_by_test_id("jobs-summary")).to_have_text("1 queued")
    job["status"] = "running"
    job["data"] = json.dumps({"description": "Encode sh010_comp: 40 %"})
    session.commit()
    expect(wait_for_job(page, "running")).to_contain_text("Encode sh010_comp: 40 %")
    job["status"] = "done"
    session.commit()
    expect(wait_for_job(page, "done").get_by_test_id("job-progress")).to_have_attribute("aria-valuenow", "100")


def test_progress_events_move_the_bar_and_tell_frame_and_time_left(page_at, action: FakeAction):
    page = page_at()
    job = make_job(action.session, "supervisor", "Encode sh010_comp")
    row = wait_for_job(page, "running")
    expect(row.get_by_test_id("job-progress")).not_to_have_attribute("aria-valuenow", "0")
    action.progress(job["id"], percent=41.6, frame=30, etaSeconds=75)
    expect(row.get_by_test_id("job-progress")).to_have_attribute("aria-valuenow", "42")
    expect(row.get_by_test_id("job-percent")).to_have_text("42 %")
    expect(row).to_contain_text("encode · frame 30 of 72 · 1 min 15 s left")
    expect(page.get_by_test_id("jobs-summary")).to_have_text("1 running · 42 %")


def test_progress_of_a_job_the_page_does_not_know_yet_makes_it_look(page_at, action: FakeAction):
    page = page_at()
    job = make_job(action.session, "supervisor", "Encode sh020_anim", status="queued")
    action.progress(job["id"], percent=3)
    row = page.get_by_test_id("job")
    expect(row).to_have_attribute("data-state", "running")
    expect(row.get_by_test_id("job-percent")).to_have_text("3 %")


def test_a_result_ends_the_job_and_a_failure_says_why_and_what_to_do(page_at, action: FakeAction):
    page = page_at()
    good = make_job(action.session, "supervisor", "Encode sh010_comp")
    bad = make_job(action.session, "supervisor", "Encode sh030_notes")
    expect(page.get_by_test_id("job")).to_have_count(2)
    result = {
        "jobId": "job-1",
        "versionId": version_id(action.session, "sh010_comp"),
        "preset": "review",
        "user": "supervisor",
    }
    outputs = [{"name": "ftrackreview-mp4"}, {"name": "thumbnail"}]
    action.publish(
        "encode-media.result",
        {**result, "ftrackJobId": good["id"], "status": "done", "outputs": outputs, "error": None},
    )
    error = {"code": "source.not_media", "message": "The file is not media.", "hint": "Publish a movie."}
    action.publish(
        "encode-media.result",
        {**result, "ftrackJobId": bad["id"], "status": "failed", "outputs": [], "error": error},
    )
    expect(wait_for_job(page, "done")).to_contain_text("ftrackreview-mp4, thumbnail")
    expect(wait_for_job(page, "failed")).to_contain_text("The file is not media. Publish a movie.")
    action.progress(good["id"], percent=10)
    page.wait_for_timeout(300)
    assert {row["state"] for row in job_rows(page)} == {"done", "failed"}


def test_a_failure_that_the_description_tells_is_not_told_twice(page_at, action: FakeAction):
    page = page_at()
    job = make_job(action.session, "supervisor", "Encode sh030_notes: The file is not media.", status="failed")
    row = wait_for_job(page, "failed")
    error = {"code": "source.not_media", "message": "The file is not media.", "hint": "Publish a movie."}
    action.publish(
        "encode-media.result", {"ftrackJobId": job["id"], "status": "failed", "outputs": [], "error": error}
    )
    expect(row.locator(".job-more")).to_have_text("Publish a movie.")


def test_a_running_job_can_be_cancelled_and_the_answer_is_shown(page_at, action: FakeAction):
    asked: list[dict[str, object]] = []

    def cancel(event):
        asked.append(event["data"])
        return {"success": True, "message": "It is being cancelled."}

    action.session.event_hub.subscribe("topic=encode-media.cancel", cancel)
    page = page_at()
    job = make_job(action.session, "supervisor", "Encode sh010_comp")
    row = wait_for_job(page, "running")
    expect(row.get_by_test_id("job-cancel")).to_be_hidden()
    job["data"] = json.dumps({"description": "Encode sh010_comp", "encode_media": {"jobId": "key-1"}})
    action.session.commit()
    row.get_by_role("button", name="Cancel: Encode sh010_comp").click()
    wait_for_toast(page, "It is being cancelled.")
    assert asked == [{"jobId": "key-1"}]
    job["status"] = "done"
    action.session.commit()
    expect(wait_for_job(page, "done").get_by_test_id("job-cancel")).to_be_hidden()


def test_each_user_has_their_own_jobs(page_at, sandbox: RunningSandbox):
    session = sandbox.session()
    make_job(session, "supervisor", "Of the supervisor")
    make_job(session, "artist", "Of the artist")
    page = page_at()
    expect(page.get_by_test_id("job")).to_have_count(1)
    expect(page.get_by_test_id("job")).to_contain_text("Of the supervisor")
    use_user(page, "artist")
    expect(page.get_by_test_id("job")).to_contain_text("Of the artist")


def test_the_file_of_a_job_can_be_downloaded(page_at, sandbox: RunningSandbox, tmp_path):
    session = sandbox.session()
    job = make_job(session, "supervisor", "Encode failed", status="failed")
    server = session.query('Location where name is "ftrack.server"').one()
    log = make_picture(tmp_path / "log.png")
    component = session.create_component(str(log), {"name": "log"}, location=server)
    session.create("JobComponent", {"job_id": job["id"], "component_id": component["id"]})
    session.commit()
    page = page_at()
    with page.expect_download() as download:
        page.get_by_test_id("job").get_by_role("link", name="Download log").click()
    assert download.value.path().read_bytes() == log.read_bytes()


def test_the_panel_folds_away_and_still_tells_how_it_stands(page_at, sandbox: RunningSandbox):
    make_job(sandbox.session(), "supervisor", "Encode sh010_comp")
    page = page_at()
    wait_for_job(page, "running")
    page.get_by_test_id("jobs-toggle").click()
    expect(page.get_by_test_id("job")).to_be_hidden()
    expect(page.get_by_test_id("jobs-toggle")).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_test_id("jobs-summary")).to_have_text("1 running")
