"""The review player: exact frames, renditions, images, and media that is not there yet."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.fake_action import version_id
from support.review_media import FRAMES, GREY_STEP, make_movie, make_picture, publish_review
from support.sandbox import RunningSandbox
from support.sandbox_page import component_names, open_version, shown_frame, version, wait_for_player, wait_until

COMP = "sh010_comp v001"
META = {"frameIn": 0, "frameOut": FRAMES, "frameRate": 23.976, "width": 160, "height": 90}

DRAWN_FRAME = """([step]) => {
  const video = document.querySelector('[data-testid=player-video]');
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  canvas.drawImage(video, 0, 0, 1, 1);
  const grey = canvas.getImageData(0, 0, 1, 1).data[1];
  return Math.round(grey * 219 / 255 / step);
}"""


def drawn_frame(page: Page) -> int:
    """The number that the picture on screen carries in its grey, counted from zero."""
    return int(page.evaluate(DRAWN_FRAME, [GREY_STEP]))


def settle(page: Page) -> None:
    wait_until(page, "!document.querySelector('[data-testid=player-video]').seeking")


@pytest.fixture
def reviewed(sandbox: RunningSandbox, tmp_path) -> RunningSandbox:
    session = sandbox.session()
    publish_review(
        session, version_id(session, "sh010_comp"), "ftrackreview-mp4", make_movie(tmp_path / "review.mp4"), META
    )
    return sandbox


@pytest.mark.usefixtures("reviewed")
def test_arrow_keys_step_by_exact_frames_forwards_and_back(page_at):
    page = page_at()
    open_version(page, COMP)
    player = wait_for_player(page)
    assert shown_frame(page) == (1, FRAMES)
    player.focus()
    for wanted in (1, 2, 3, 4, 5):
        page.keyboard.press("ArrowRight")
        settle(page)
        assert (drawn_frame(page), shown_frame(page)[0]) == (wanted, wanted + 1)
    for wanted in (4, 3):
        page.keyboard.press("ArrowLeft")
        settle(page)
        assert (drawn_frame(page), shown_frame(page)[0]) == (wanted, wanted + 1)


@pytest.mark.usefixtures("reviewed")
def test_the_ends_are_reached_and_not_left(page_at):
    page = page_at()
    open_version(page, COMP)
    wait_for_player(page).focus()
    page.keyboard.press("End")
    settle(page)
    assert (drawn_frame(page), shown_frame(page)) == (FRAMES - 1, (FRAMES, FRAMES))
    page.keyboard.press("ArrowRight")
    settle(page)
    assert drawn_frame(page) == FRAMES - 1
    page.keyboard.press("Shift+ArrowLeft")
    settle(page)
    assert drawn_frame(page) == FRAMES - 11
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert (drawn_frame(page), shown_frame(page)[0]) == (0, 1)


@pytest.mark.usefixtures("reviewed")
def test_a_key_held_down_ends_where_the_counter_says(page_at):
    page = page_at()
    open_version(page, COMP)
    wait_for_player(page).focus()
    for _ in range(15):
        page.keyboard.press("ArrowRight")
    wait_until(page, "document.querySelector('[data-testid=player]').dataset.presented === '15'")
    settle(page)
    assert (drawn_frame(page), shown_frame(page)[0]) == (15, 16)


@pytest.mark.usefixtures("reviewed")
def test_play_runs_to_the_end_silently_and_the_counter_follows(page_at):
    page = page_at()
    open_version(page, COMP)
    wait_for_player(page)
    page.get_by_test_id("player-play").click()
    wait_until(page, "document.querySelector('[data-testid=player-video]').ended")
    expect(page.get_by_test_id("frame-counter")).to_have_text(f"{FRAMES} / {FRAMES}")
    expect(page.get_by_test_id("player-play")).to_have_attribute("aria-label", "Play")
    assert page.get_by_test_id("player-video").evaluate("video => video.muted") is True


def test_another_quality_goes_on_at_the_same_frame(page_at, reviewed, tmp_path):
    session = reviewed.session()
    meta = {**META, "width": 320, "height": 180}
    movie = make_movie(tmp_path / "large.mp4", size="320x180")
    publish_review(session, version_id(session, "sh010_comp"), "ftrackreview-mp4-1080", movie, meta)
    page = page_at()
    open_version(page, COMP)
    wait_for_player(page).focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    wait_until(page, "document.querySelector('[data-testid=player]').dataset.presented === '7'", timeout_s=30)
    page.get_by_test_id("player-rung").select_option(label="180p")
    wait_until(page, "document.querySelector('[data-testid=player-video]').videoWidth === 320")
    wait_until(page, "document.querySelector('[data-testid=player]').dataset.presented === '7'", timeout_s=30)
    settle(page)
    assert (drawn_frame(page), shown_frame(page)[0]) == (7, 8)


def test_the_review_appears_in_the_open_version_when_it_is_published(page_at, sandbox: RunningSandbox, tmp_path):
    page = page_at()
    open_version(page, COMP)
    expect(page.get_by_test_id("no-review")).to_contain_text("No review media yet")
    session = sandbox.session()
    identifier = version_id(session, "sh010_comp")
    publish_review(session, identifier, "ftrackreview-mp4", make_movie(tmp_path / "review.mp4"), META)
    wait_for_player(page)
    assert sorted(component_names(page)) == ["ftrackreview-mp4", "main"]
    expect(version(page, COMP).get_by_title("Has review media")).to_be_visible()


def test_an_update_elsewhere_leaves_the_player_alone(page_at, reviewed):
    page = page_at()
    open_version(page, COMP)
    wait_for_player(page)
    page.evaluate("window.before = document.querySelector('[data-testid=player-video]')")
    session = reviewed.session()
    found = session.get("AssetVersion", version_id(session, "sh010_comp"))
    found["comment"] = "Seen by the client"
    session.commit()
    expect(page.get_by_test_id("detail")).to_contain_text("Seen by the client")
    assert page.evaluate("window.before === document.querySelector('[data-testid=player-video]')")


def test_a_review_in_the_making_is_said(page_at, sandbox: RunningSandbox, tmp_path):
    session = sandbox.session()
    identifier = version_id(session, "sh010_comp")
    component_id = publish_review(
        session, identifier, "ftrackreview-mp4", make_movie(tmp_path / "review.mp4"), META
    )
    session.get("FileComponent", component_id)["metadata"]["ftr_meta"] = "encoding"
    session.commit()
    page = page_at()
    open_version(page, COMP)
    expect(page.get_by_test_id("no-review")).to_contain_text("The review is being made")


def test_a_still_is_shown_as_an_image(page_at, sandbox: RunningSandbox, tmp_path):
    session = sandbox.session()
    picture = make_picture(tmp_path / "still.jpg")
    meta = {"format": "image", "width": 320, "height": 180}
    publish_review(session, version_id(session, "sh020_concept"), "ftrackreview-image", picture, meta)
    page = page_at()
    open_version(page, "sh020_concept v001")
    image = page.get_by_test_id("review-image")
    expect(image).to_be_visible()
    wait_until(page, "document.querySelector('[data-testid=review-image]').naturalWidth === 320")


@pytest.mark.usefixtures("reviewed")
def test_a_component_on_the_server_can_be_downloaded_and_one_elsewhere_not(page_at):
    page = page_at()
    open_version(page, COMP)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download ftrackreview-mp4").click()
    assert download.value.suggested_filename == "ftrackreview-mp4.mp4"
    assert download.value.path().stat().st_size > 1000
    expect(page.get_by_role("link", name="Download main")).to_have_count(0)


@pytest.mark.usefixtures("reviewed")
def test_the_metadata_of_a_component_is_readable(page_at):
    page = page_at()
    open_version(page, COMP)
    component = page.locator('[data-testid="component"][data-name="ftrackreview-mp4"]')
    component.locator("summary").click()
    expect(component.get_by_role("row", name="ftr_meta frameRate 23.976")).to_be_visible()
    expect(component).to_contain_text("160 \N{MULTIPLICATION SIGN} 90 · 23.976 fps")
