"""Publishing from the page, as Connect does it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from support.fake_action import FakeAction
from support.review_media import make_movie
from support.sandbox import RunningSandbox
from support.sandbox_page import open_place, version, wait_for_player, wait_for_toast
from support.waiting import wait_for

MAKE_WEB_PLAYABLE = "ftrack.connect.publish.make-web-playable"
COMPONENT_ADDED = "ftrack.location.component-added"

DROP = """([selector, name]) => {
  const data = new DataTransfer();
  data.items.add(new File(['words'], name, {type: 'text/plain'}));
  const target = document.querySelector(selector);
  for (const type of ['dragover', 'drop'])
    target.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def publish_to(page: Page, place: str) -> Any:
    open_place(page, place)
    page.get_by_test_id("publish-button").click()
    dialog = page.get_by_test_id("publish-dialog")
    expect(dialog.get_by_role("heading", name=f"Publish to {place}")).to_be_visible()
    expect(page.get_by_test_id("publish-type").locator("option").first).to_be_attached()
    return dialog


def submit(page: Page) -> None:
    page.get_by_test_id("publish-submit").click()


def test_a_dropped_file_becomes_a_version_with_its_data_on_the_server(page_at, sandbox, action, tmp_path):
    movie = make_movie(tmp_path / "turntable.mp4")
    page = page_at()
    open_place(page, "sh020")
    page.evaluate(DROP, [".stage-body", "notes.txt"])
    expect(page.get_by_test_id("publish-file")).to_contain_text("notes.txt")
    page.get_by_role("button", name="Leave out notes.txt").click()
    expect(page.get_by_test_id("publish-file")).to_have_count(0)
    page.get_by_test_id("publish-files").set_input_files(movie)
    page.get_by_test_id("publish-asset").fill("sh020_turntable")
    page.get_by_test_id("publish-task").select_option(label="animation")
    page.get_by_test_id("publish-comment").fill("From the page")
    page.get_by_test_id("publish-review").get_by_text("None", exact=True).click()
    submit(page)
    wait_for_toast(page, "sh020_turntable v001 is published.")
    expect(page.get_by_test_id("publish-dialog")).to_be_hidden()
    expect(version(page, "sh020_turntable v001")).to_have_attribute("aria-selected", "true")
    wait_for_player(page)

    found = sandbox.session().query('AssetVersion where asset.name is "sh020_turntable"').one()
    assert (found["comment"], found["task"]["name"], found["is_published"]) == ("From the page", "animation", True)
    assert (found["asset"]["parent"]["name"], found["user"]["username"]) == ("sh020", "supervisor")
    (component,) = found["components"]
    assert (component["name"], component["file_type"], component["size"]) == ("main", ".mp4", movie.stat().st_size)
    (place,) = component["component_locations"]
    assert place["location"]["name"] == "ftrack.server"
    wait_for(lambda: action.heard or None, what="component-added")
    assert action.heard == [
        (COMPONENT_ADDED, {"component_id": component["id"], "location_id": place["location_id"]})
    ]


def test_frames_by_their_path_as_the_next_version_wished_for_as_review(
    page_at, sandbox: RunningSandbox, action: FakeAction
):
    page = page_at()
    publish_to(page, "sh010")
    page.get_by_test_id("publish-path").fill("/shots/sh010/beauty.%04d.exr [1001-1003,1005]")
    expect(page.get_by_test_id("publish-asset")).to_have_value("beauty")
    page.get_by_test_id("publish-asset").fill("sh010_beauty")
    expect(page.get_by_test_id("publish-type")).to_be_disabled()
    page.keyboard.press("Enter")
    wait_for_toast(page, "sh010_beauty v002 is published.")
    wait_for_toast(page, "The encode is queued.")
    expect(page.get_by_test_id("component")).to_contain_text("EXR · 1001-1003, 1005 (4 frames)")

    found = sandbox.session().query('AssetVersion where asset.name is "sh010_beauty" and version is 2').one()
    (component,) = found["components"]
    paths = {member["component_locations"][0]["resource_identifier"] for member in component["members"]}
    assert "/shots/sh010/beauty.1005.exr" in paths
    assert len(paths) == 4
    wait_for(lambda: len(action.heard) == 3 or None, what="three events")
    heard = dict(action.heard)
    assert heard[MAKE_WEB_PLAYABLE] == {"versionId": found["id"], "path": "/shots/sh010/beauty.%04d.exr"}
    assert heard["encode-media.submit"] == {"versionId": found["id"], "options": {}, "origin": "connect"}


def test_what_is_wrong_is_said_in_the_dialog_and_nothing_is_half_published(page_at, sandbox, tmp_path):
    page = page_at()
    dialog = publish_to(page, "sh030")
    error = page.get_by_test_id("publish-error")

    def refused(text: str) -> None:
        submit(page)
        expect(error).to_contain_text(text)
        expect(dialog).to_be_visible()

    path = page.get_by_test_id("publish-path")
    refused("Drop a file or give a path.")
    for written, words in (
        ("comp.mov", "must be a whole one"),
        ("/shots/a.%04d.exr", "Say which frames there are"),
        ("/shots/a.####.exr [9-1]", "is no span of frames"),
        ("/shots/a.exr [1-9]", "no place for their number"),
        ("/shots/", "names a folder"),
    ):
        path.fill(written)
        page.get_by_test_id("publish-asset").fill("fresh")
        refused(words)
    page.get_by_test_id("publish-asset").fill("")
    path.fill("/shots/.mov")
    refused("The asset needs a name.")
    files = [tmp_path / f"frame.{number:04}.png" for number in (1, 2, 3)]
    for file in files:
        file.write_bytes(b"frame")
    page.get_by_test_id("publish-asset").fill("fresh")
    page.get_by_test_id("publish-files").set_input_files(files)
    refused("look like the frames of a sequence")
    for file in files[1:]:
        page.get_by_role("button", name=f"Leave out {file.name}").click()
    page.route("**/upload/**", lambda route: route.abort())
    refused("could not be uploaded. Nothing was published.")
    assert sandbox.session().query('Asset where name is "fresh"').first() is None
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_test_id("publish-button")).to_be_focused()


def test_who_may_only_read_is_told(page_at, sandbox: RunningSandbox):
    session = sandbox.session()
    user = session.query('User where username is "artist"').one()
    for held in session.query(f'UserSecurityRole where user_id is "{user["id"]}"').all():
        held["security_role"] = session.query('SecurityRole where name is "Restricted user"').one()
    session.commit()
    page = page_at()
    page.get_by_test_id("user-select").select_option("artist")
    publish_to(page, "sh030")
    page.get_by_test_id("publish-path").fill("/shots/sh030/anim.mov")
    submit(page)
    expect(page.get_by_test_id("publish-error")).to_contain_text("Not published: artist may only read")
