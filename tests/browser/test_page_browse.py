"""Finding and choosing: the tree, the versions, search, and selection by mouse and keyboard."""

from __future__ import annotations

from playwright.sync_api import expect

from support.fake_action import version_id
from support.review_media import make_picture
from support.sandbox import RunningSandbox
from support.sandbox_page import (
    has_thumbnail,
    open_place,
    open_version,
    select_versions,
    selected_names,
    tree_item,
    use_user,
    version,
    version_names,
    wait_until,
)

ALL = ["sh010_beauty v001", "sh010_comp v001", "sh020_anim v001", "sh020_concept v001", "sh030_notes v001"]


def test_the_first_project_opens_with_all_its_versions(page_at):
    page = page_at()
    expect(page.get_by_test_id("version")).to_have_count(5)
    assert sorted(version_names(page)) == ALL
    expect(page.get_by_test_id("version-count")).to_have_text("5 versions")


def test_a_shot_shows_only_its_own_versions_and_a_task_only_the_ones_made_for_it(page_at):
    page = page_at()
    open_place(page, "sh010")
    expect(page.get_by_test_id("version")).to_have_count(2)
    tree_item(page, "sh010").press("ArrowRight")
    open_place(page, "compositing")
    expect(page.get_by_test_id("version")).to_have_count(1)
    assert version_names(page) == ["sh010_comp v001"]


def test_the_tree_works_by_keyboard_alone(page_at):
    page = page_at()
    project = tree_item(page, "Encode Media Demo")
    project.focus()
    project.press("ArrowLeft")
    expect(project).to_have_attribute("aria-expanded", "false")
    expect(tree_item(page, "sq010")).to_have_count(0)
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(tree_item(page, "sh020")).to_have_attribute("aria-selected", "true")
    expect(tree_item(page, "sh020")).to_be_focused()
    expect(page.get_by_test_id("version")).to_have_count(2)
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.type("sh03")
    expect(tree_item(page, "sh030")).to_be_focused()


def test_search_goes_over_the_whole_project_by_every_word_and_says_when_nothing_is_left(page_at):
    page = page_at()
    open_place(page, "sh030")
    expect(page.get_by_test_id("version")).to_have_count(1)
    page.get_by_test_id("search").fill("sh010 comp")
    expect(version(page, "sh010_comp v001")).to_be_visible()
    expect(page.get_by_test_id("version")).to_have_count(1)
    expect(page.get_by_test_id("version-count")).to_have_text("1 version")
    expect(page.get_by_role("heading", name="Encode Media Demo / Search")).to_be_visible()
    page.get_by_test_id("search").fill("<b>nothing like it")
    expect(page.get_by_text("No version matches “<b>nothing like it”.")).to_be_visible()
    page.get_by_test_id("search").fill("ALEX v1 approved")
    expect(version(page, "sh020_concept v001")).to_be_visible()
    expect(page.get_by_test_id("version")).to_have_count(1)
    page.get_by_test_id("search").fill("")
    expect(version(page, "sh030_notes v001")).to_be_visible()
    expect(page.get_by_test_id("version")).to_have_count(1)
    page.get_by_test_id("search").fill("sh010")
    expect(page.get_by_test_id("version")).to_have_count(2)
    open_place(page, "sh020")
    expect(page.get_by_test_id("search")).to_have_value("")
    expect(version(page, "sh020_anim v001")).to_be_visible()


def test_ctrl_adds_and_shift_spans(page_at):
    page = page_at()
    page.get_by_test_id("sort").select_option("name")
    select_versions(page, "sh010_beauty v001", "sh020_anim v001")
    assert selected_names(page) == ["sh010_beauty v001", "sh020_anim v001"]
    version(page, "sh010_beauty v001").click()
    version(page, "sh020_concept v001").click(modifiers=["Shift"])
    assert selected_names(page) == ALL[:4]


def test_versions_are_chosen_by_keyboard_alone(page_at):
    page = page_at()
    page.get_by_test_id("sort").select_option("name")
    page.get_by_test_id("view-list").click()
    version(page, ALL[0]).focus()
    page.keyboard.press("ArrowDown")
    assert selected_names(page) == [ALL[1]]
    page.keyboard.press("Shift+ArrowDown")
    assert selected_names(page) == ALL[1:3]
    page.keyboard.press("Control+ArrowDown")
    page.keyboard.press(" ")
    assert selected_names(page) == ALL[1:4]
    page.keyboard.press("Control+a")
    assert selected_names(page) == ALL
    page.keyboard.press("Escape")
    assert selected_names(page) == []


def test_arrow_down_in_the_thumbnails_goes_to_the_row_below(page_at):
    page = page_at()
    page.get_by_test_id("sort").select_option("name")
    rows = page.get_by_test_id("version")
    tops = rows.evaluate_all("rows => rows.map(row => row.offsetTop)")
    below = next(index for index, top in enumerate(tops) if top > tops[0])
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    assert selected_names(page) == [ALL[below]]


def test_the_view_is_remembered_in_this_browser(page_at):
    page = page_at()
    page.get_by_test_id("view-list").click()
    page.reload()
    expect(page.get_by_test_id("versions")).to_have_attribute("data-view", "list")
    expect(page.get_by_test_id("view-list")).to_have_attribute("aria-pressed", "true")


def test_the_components_of_a_version_are_listed_with_where_they_are(page_at):
    page = page_at()
    open_version(page, "sh010_beauty v001")
    main = page.get_by_test_id("component")
    expect(main).to_have_count(1)
    expect(main).to_contain_text("EXR · 1001-1048 (48 frames)")
    expect(main).to_contain_text("ftrack.unmanaged")
    main.locator("summary").click()
    expect(main).to_contain_text("sh010_beauty.%04d.exr")
    expect(page.get_by_test_id("no-review")).to_contain_text("Right-click the version and choose Encode Media.")


def test_a_gap_shows_in_the_frames_of_a_sequence(page_at):
    page = page_at()
    open_version(page, "sh020_anim v001")
    expect(page.get_by_test_id("component")).to_contain_text("1001-1009, 1013-1024 (21 frames)")


def test_a_link_to_a_version_opens_it_where_it_lives(page_at, sandbox: RunningSandbox):
    identifier = version_id(sandbox.session(), "sh020_concept")
    page = page_at(path=f"/#version={identifier}")
    expect(page.get_by_test_id("detail-title")).to_have_text("sh020_concept v001")
    expect(tree_item(page, "sh020")).to_have_attribute("aria-selected", "true")


def test_another_user_sees_what_that_user_may_see(page_at):
    page = page_at()
    expect(tree_item(page, "Quiet Project")).to_be_visible()
    use_user(page, "artist")
    expect(tree_item(page, "Encode Media Demo")).to_be_visible()
    expect(tree_item(page, "Quiet Project")).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("user-select")).to_have_value("artist")


def test_a_new_thumbnail_and_a_new_status_show_up_by_themselves(page_at, sandbox: RunningSandbox, tmp_path):
    page = page_at()
    assert not has_thumbnail(page, "sh020_concept v001")
    session = sandbox.session()
    found = session.get("AssetVersion", version_id(session, "sh020_concept"))
    found.create_thumbnail(str(make_picture(tmp_path / "thumb.png")))
    session.commit()
    wait_until(
        page, "document.querySelector('[data-name=\"sh020_concept v001\"] .thumb-image').naturalWidth === 320"
    )
    found["status"] = session.query('Status where name is "Revise"').first()
    session.commit()
    expect(version(page, "sh020_concept v001")).to_contain_text("Revise")


def test_a_version_published_elsewhere_appears_and_a_deleted_one_goes(page_at, sandbox: RunningSandbox):
    page = page_at()
    session = sandbox.session()
    asset = session.query('Asset where name is "sh010_comp"').one()
    fresh = session.create("AssetVersion", {"asset": asset, "comment": "Next round"})
    session.commit()
    expect(version(page, "sh010_comp v002")).to_be_visible()
    session.delete(fresh)
    session.commit()
    expect(version(page, "sh010_comp v002")).to_have_count(0)


def test_names_from_the_server_are_never_taken_for_markup(page_at, sandbox: RunningSandbox):
    session = sandbox.session()
    asset = session.query('Asset where name is "sh010_comp"').one()
    asset["name"] = '<img src=x onerror="window.broken=true">'
    session.commit()
    page = page_at()
    expect(page.get_by_text('<img src=x onerror="window.broken=true">').first).to_be_visible()
    assert page.evaluate("window.broken === undefined")
