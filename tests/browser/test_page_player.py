"""Playing between marks, at other speeds, with timecode, and one film against another."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from support.fake_action import version_id
from support.review_media import FRAMES, GREY_STEP, make_movie, publish_review
from support.sandbox import RunningSandbox
from support.sandbox_page import open_version, shown_frame, wait_for_player, wait_until

COMP = "sh010_comp v001"
META = {"frameIn": 0, "frameOut": FRAMES, "frameRate": 23.976, "width": 160, "height": 90}
LEDGER = {
    "preset": "h264_high_quality",
    "recipe": "...",
    "notes": ["Sound was left out."],
    "options": {"crf": 18},
    "output": {"codec": "h264", "size": "320x180", "frames": FRAMES, "rate": "24000/1001", "bytes": 4000},
}
VIDEO = "document.querySelector('[data-testid=player-video]')"

DRAWN_FRAME = """([testid, step]) => {
  const video = document.querySelector(`[data-testid=${testid}]`);
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  canvas.drawImage(video, 0, 0, 1, 1);
  return Math.round(canvas.getImageData(0, 0, 1, 1).data[1] * 219 / 255 / step);
}"""

NOTE_FRAMES = """() => {
  const player = document.querySelector('[data-testid=player]');
  window.seen = [];
  window.seeks = 0;
  document.querySelector('[data-testid=player-video]').addEventListener('seeked', () => { window.seeks += 1; });
  new MutationObserver(() => window.seen.push(Number(player.dataset.presented)))
    .observe(player, {attributes: true, attributeFilter: ['data-presented']});
}"""


def drawn(page: Page, testid: str = "player-video") -> int:
    return int(page.evaluate(DRAWN_FRAME, [testid, GREY_STEP]))


def wait_drawn(page: Page, frame: int, testid: str = "player-video") -> None:
    """Until that very frame is the picture on screen."""
    wait_until(page, f"({DRAWN_FRAME})(['{testid}', {GREY_STEP}]) === {frame}", timeout_s=30)


def step(page: Page, count: int) -> None:
    for _ in range(count):
        page.keyboard.press("ArrowRight")


@pytest.fixture
def reviewed(sandbox: RunningSandbox, tmp_path) -> RunningSandbox:
    """Two versions, the first with a second preset's movie and a timecode; all show the same numbers."""
    session = sandbox.session()
    movie = make_movie(tmp_path / "review.mp4")
    first = version_id(session, "sh010_comp")
    component_id = publish_review(session, first, "ftrackreview-mp4", movie, META)
    session.get("FileComponent", component_id)["metadata"]["timecode"] = "01:00:00:00"
    large = make_movie(tmp_path / "large.mp4", size="320x180")
    other = publish_review(session, first, "h264_high_quality", large, {})
    session.get("FileComponent", other)["metadata"]["encode_media"] = json.dumps(LEDGER)
    asset = session.query('Asset where name is "sh010_comp"').one()
    second = session.create("AssetVersion", {"asset": asset, "comment": "Next round"})
    session.commit()
    publish_review(session, second["id"], "ftrackreview-mp4", movie, META)
    return sandbox


@pytest.mark.usefixtures("reviewed")
def test_playback_keeps_between_the_in_and_the_out_point_once_and_in_a_loop(page_at):
    page = page_at()
    open_version(page, COMP)
    player = wait_for_player(page)
    player.focus()
    step(page, 5)
    page.keyboard.press("i")
    step(page, 5)
    page.keyboard.press("o")
    expect(player).to_have_attribute("data-span", "6-11")
    page.keyboard.press("Home")
    wait_drawn(page, 5)
    page.keyboard.press(" ")
    wait_drawn(page, 10)
    expect(page.get_by_test_id("player-play")).to_have_attribute("aria-label", "Play")
    assert shown_frame(page) == (11, FRAMES)

    page.get_by_test_id("player-loop").click()
    page.evaluate(NOTE_FRAMES)
    page.get_by_test_id("player-play").click()
    wait_until(page, "window.seeks >= 3", timeout_s=30)
    player.focus()
    page.keyboard.press("k")
    expect(player).to_have_attribute("data-direction", "none")
    seen = page.evaluate("window.seen")
    assert min(seen) >= 5, seen
    assert max(seen) < FRAMES - 1, seen
    page.keyboard.press("x")
    expect(player).to_have_attribute("data-span", f"1-{FRAMES}")
    expect(page.get_by_test_id("player-clear")).to_be_disabled()


@pytest.mark.usefixtures("reviewed")
def test_speed_by_menu_and_shuttle_backwards_stopped_and_forwards(page_at):
    page = page_at()
    open_version(page, COMP)
    player = wait_for_player(page)
    page.get_by_test_id("player-speed").select_option(value="0.25")
    player.focus()
    page.keyboard.press(" ")
    wait_until(page, f"{VIDEO}.playbackRate === 0.25 && !{VIDEO}.paused")
    page.keyboard.press("k")
    page.keyboard.press("End")
    wait_drawn(page, FRAMES - 1)
    page.keyboard.press("j")
    expect(player).to_have_attribute("data-direction", "back")
    page.keyboard.press("j")
    expect(page.get_by_test_id("player-speed")).to_have_value("2")
    wait_drawn(page, 0)
    expect(player).to_have_attribute("data-direction", "none")
    page.keyboard.press("l")
    page.keyboard.press("l")
    expect(page.get_by_test_id("player-speed")).to_have_value("2")
    wait_drawn(page, FRAMES - 1)
    assert page.evaluate(f"{VIDEO}.muted") is True


TIMECODES = """async () => {
  const {readTimecode, timecodeAt} = await import('/page/timecode.js');
  const on = (text, frames, rate) => timecodeAt(readTimecode(text, rate), frames, rate);
  const ntsc = 30000 / 1001;
  return [
    on('00:00:59;29', 1, ntsc), on('00:09:59;29', 1, ntsc), on('00:10:00;00', -1, ntsc),
    on('00:00:59;59', 1, 2 * ntsc), on('00:59:59:24', 1, 25), on('23:59:59:23', 1, 24000 / 1001),
    on('01:00:00:00', 17982, ntsc), on('01:00:00;00', 17982, ntsc), on('10:00:00;02', 0, ntsc),
    readTimecode('00:00:00:24', 24), readTimecode('soon', 24), readTimecode(null, 24),
  ];
}"""


@pytest.mark.usefixtures("reviewed")
def test_the_timecode_is_the_sources_own_and_exact_with_dropped_frame_numbers_too(page_at):
    page = page_at()
    open_version(page, COMP)
    wait_for_player(page).focus()
    expect(page.get_by_test_id("player-time")).to_have_text("01:00:00:00 · 23.976 fps")
    step(page, 1)
    expect(page.get_by_test_id("player-time")).to_contain_text("01:00:00:01")
    open_version(page, "sh010_comp v002")
    wait_for_player(page)
    expect(page.get_by_test_id("player-time")).to_have_text("00:00:00:00 · 23.976 fps")
    assert page.evaluate(TIMECODES) == [
        "00:01:00;02",
        "00:10:00;00",
        "00:09:59;29",
        "00:01:00;04",
        "01:00:00:00",
        "00:00:00:00",
        "01:09:59:12",
        "01:10:00;00",
        "10:00:00;02",
        None,
        None,
        None,
    ]


@pytest.mark.usefixtures("reviewed")
def test_two_presets_side_by_side_and_two_versions_by_a_wipe_keep_together(page_at):
    page = page_at()
    open_version(page, COMP)
    wait_for_player(page).focus()
    choice = page.get_by_test_id("compare-with")
    expect(choice.locator("optgroup")).to_have_count(2)
    choice.select_option(label="h264_high_quality")
    wait_drawn(page, 0, "compare-video")
    expect(page.get_by_test_id("compare-label")).to_have_text(["90p", "h264_high_quality"])
    page.get_by_test_id("player").focus()
    step(page, 3)
    wait_drawn(page, 3, "compare-video")
    wait_drawn(page, 3)
    page.keyboard.press(" ")
    wait_until(page, f"{VIDEO}.ended", timeout_s=30)
    wait_drawn(page, FRAMES - 1, "compare-video")
    assert drawn(page) == FRAMES - 1

    choice.select_option(value="2")
    expect(page.get_by_test_id("compare-label").last).to_have_text("sh010_comp v002 · 90p")
    page.get_by_role("button", name="Wipe").click()
    wipe = page.get_by_test_id("compare-wipe")
    wipe.focus()
    page.keyboard.press("ArrowRight")
    expect(wipe).to_have_attribute("aria-valuenow", "51")
    page.keyboard.press("Home")
    expect(wipe).to_have_attribute("aria-valuenow", "0")
    assert shown_frame(page) == (FRAMES, FRAMES)
    page.keyboard.press("Shift+ArrowRight")
    box = page.locator(".player-screen").bounding_box()
    handle = wipe.bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 30, steps=3)
    page.mouse.up()
    expect(wipe).to_have_attribute("aria-valuenow", "75")
    choice.select_option(value="")
    expect(page.get_by_test_id("compare-video")).to_have_count(0)


@pytest.mark.usefixtures("reviewed")
def test_a_component_says_in_a_table_how_it_was_made(page_at):
    page = page_at()
    open_version(page, COMP)
    component = page.locator('[data-testid="component"][data-name="h264_high_quality"]')
    expect(component).to_contain_text("320 \N{MULTIPLICATION SIGN} 180 · 23.976 fps")
    component.locator("summary").click()
    table = component.get_by_role("table", name="How it was made")
    for row in ("Preset h264_high_quality", "Option crf 18", "Output frames 24", "Note Sound was left out."):
        expect(table.get_by_role("row", name=row)).to_be_visible()
    expect(table.get_by_role("row", name="Made again exactly")).to_be_visible()
    expect(component.get_by_role("link", name="Download h264_high_quality")).to_be_visible()
