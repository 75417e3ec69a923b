"""How the page stands in both themes and widths; screenshots are kept in `test-results/` for a look by eye."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.fake_action import FORM, FakeAction, make_job, version_id
from support.review_media import FRAMES, make_movie, make_picture, publish_review, run_ffmpeg
from support.sandbox_page import (
    TEST_IDS,
    choose_action,
    open_actions_menu,
    open_version,
    screenshot,
    tree_item,
    use_theme,
    version,
    wait_for_job,
    wait_for_player,
    wait_until,
)

WIDE, NARROW = (1280, 800), (390, 844)
LOOKS = [(theme, size) for theme in ("light", "dark") for size in (WIDE, NARROW)]

LOW_CONTRAST = """() => {
  const parse = text => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const lightness = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility({visibilityProperty: true})) continue;
    if (element.closest('option, noscript, .visually-hidden, .skip-link, :disabled')) continue;
    const [a, b] = [lightness(parse(getComputedStyle(element).color)), lightness(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${walker.currentNode.data.trim()} ${ratio.toFixed(2)}`);
  }
  return found;
}"""

COUNT_SHIFTS = """
  window.shift = 0;
  const count = list => { for (const entry of list.getEntries()) window.shift += entry.value; };
  new PerformanceObserver(count).observe({type: 'layout-shift', buffered: true});
"""
NAMELESS = """() => {
  const named = element =>
    (element.getAttribute('aria-label') || element.labels?.[0]?.textContent || element.textContent).trim();
  return [...document.querySelectorAll('button, a[href], input, select, [role=row][tabindex]')]
    .filter(element => element.checkVisibility({visibilityProperty: true}) && !named(element))
    .map(element => element.outerHTML);
}"""


@pytest.fixture
def furnished(action: FakeAction, tmp_path: Path) -> FakeAction:
    """A review, a still, and jobs in every state."""
    session = action.session
    comp, concept = version_id(session, "sh010_comp"), version_id(session, "sh020_concept")
    meta = {"frameIn": 0, "frameOut": FRAMES, "frameRate": 23.976, "width": 320, "height": 180}
    movie = tmp_path / "review.mp4"
    run_ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=320x180:r=24000/1001",
        "-frames:v",
        str(FRAMES),
        "-pix_fmt",
        "yuv420p",
        str(movie),
    )
    publish_review(session, comp, "ftrackreview-mp4", movie, meta)
    publish_review(
        session,
        comp,
        "ftrackreview-mp4-1080",
        make_movie(tmp_path / "hd.mp4", size="640x360"),
        {**meta, "height": 1080, "width": 1920},
    )
    thumb = tmp_path / "thumb.jpg"
    run_ffmpeg("-i", str(movie), "-frames:v", "1", str(thumb))
    session.get("AssetVersion", comp).create_thumbnail(str(thumb))
    session.get("AssetVersion", concept).create_thumbnail(str(make_picture(tmp_path / "concept.png")))
    make_job(session, "supervisor", "Encode Media: sh030_notes v001 is not media", status="failed")
    make_job(session, "supervisor", "Encode Media: sh010_comp v001 with review", status="done")
    make_job(session, "supervisor", "Encode Media: sh020_anim v001 with review", status="queued")
    session.commit()
    return action


def furnished_page(page_at, furnished: FakeAction, theme: str, size: tuple[int, int]) -> Page:
    page = page_at(size=size, theme=theme)
    wait_until(page, "document.querySelector('[data-name=\"sh010_comp v001\"] .thumb-image').naturalWidth > 0")
    job = make_job(
        furnished.session, "supervisor", "Encode Media: sh010_beauty v001 with review", status="running"
    )
    if size == WIDE:
        wait_for_job(page, "running")
    furnished.progress(job["id"], percent=63.4, frame=31, frames=48, etaSeconds=9)
    expect(page.get_by_test_id("jobs-summary")).to_contain_text("63 %")
    return page


def check(page: Page, results: Path, name: str) -> None:
    """Kept for the eye; what can be measured is measured."""
    screenshot(page, results, name)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the window"
    assert page.evaluate(LOW_CONTRAST) == []


@pytest.mark.parametrize(("theme", "size"), LOOKS)
def test_versions_and_review_stand_well(page_at, furnished, results, theme, size):
    page = furnished_page(page_at, furnished, theme, size)
    check(page, results, f"page-{theme}-{size[0]}-versions")
    page.get_by_test_id("view-list").click()
    check(page, results, f"page-{theme}-{size[0]}-list")
    page.get_by_test_id("view-grid").click()
    open_version(page, "sh010_comp v001")
    wait_for_player(page)
    check(page, results, f"page-{theme}-{size[0]}-review")


@pytest.mark.parametrize(("theme", "size"), LOOKS)
def test_menu_form_and_message_stand_well(page_at, furnished, results, theme, size):
    error = [
        {"type": "label", "value": "**Slate text:** at most 40 characters, please."},
        {"type": "label", "value": "---"},
    ]
    answers = iter(
        [
            FORM,
            {**FORM, "items": [*error, *FORM["items"]]},
            {"success": False, "message": "The source is missing on disk."},
        ]
    )
    furnished.answer = lambda _: next(answers)
    page = furnished_page(page_at, furnished, theme, size)
    open_actions_menu(page, "sh010_comp v001")
    expect(page.get_by_role("menuitem")).to_have_count(3)
    expect(page.get_by_test_id("actions-menu")).to_contain_text("3 actions")
    check(page, results, f"page-{theme}-{size[0]}-menu")
    choose_action(page, "Encode Media", "Review")
    expect(page.get_by_test_id("form-submit")).to_be_visible()
    check(page, results, f"page-{theme}-{size[0]}-form")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-dialog")).to_contain_text("at most 40 characters")
    check(page, results, f"page-{theme}-{size[0]}-form-error")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("toast")).to_be_visible()
    check(page, results, f"page-{theme}-{size[0]}-message")


def test_the_theme_follows_the_system_until_one_is_chosen_and_is_remembered(page_at):
    page = page_at(theme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    use_theme(page, "light")
    light = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == light
    use_theme(page, "dark")
    assert page.evaluate(ground) == dark


@pytest.mark.usefixtures("furnished")
def test_on_a_narrow_page_the_tree_and_the_version_slide_over_and_go_again(page_at, results):
    page = page_at(size=NARROW)
    expect(page.get_by_test_id("tree")).to_be_hidden()
    page.get_by_role("button", name="Browse projects").click()
    expect(tree_item(page, "sh010")).to_be_visible()
    screenshot(page, results, "page-light-390-tree")
    tree_item(page, "sh010").locator(":scope > .tree-row").click()
    expect(page.get_by_test_id("tree")).to_be_hidden()
    version(page, "sh010_comp v001").locator(".cell-name").click()
    expect(page.get_by_test_id("player")).to_be_visible()
    page.get_by_role("button", name="Close version").click()
    expect(page.get_by_test_id("player")).to_be_hidden()
    expect(version(page, "sh010_comp v001")).to_be_focused()


@pytest.mark.usefixtures("furnished")
def test_nothing_jumps_while_the_page_fills(page_at):
    page = page_at(connected=False)
    page.add_init_script(COUNT_SHIFTS)
    page.reload()
    open_version(page, "sh010_comp v001")
    wait_for_player(page)
    assert page.evaluate("window.shift") < 0.02


def test_with_reduced_motion_nothing_moves(page_at):
    page = page_at()
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('.dock')).transitionDuration") == "0s"
    assert (
        page.evaluate("document.getAnimations().filter(animation => animation.playState === 'running').length")
        == 0
    )


def test_the_page_carries_the_icon_of_the_product(page_folder):
    icons = page_folder.parent / "icons"
    assert (page_folder / "encode-media.svg").read_bytes() == (icons / "encode-media.svg").read_bytes()


@pytest.mark.usefixtures("furnished")
def test_every_control_has_a_name(page_at):
    page = page_at()
    open_version(page, "sh010_comp v001")
    wait_for_player(page)
    assert page.evaluate(NAMELESS) == []


def test_the_test_ids_are_the_ones_that_are_promised(page_folder):
    sources = "".join(
        path.read_text(encoding="utf-8") for path in page_folder.iterdir() if path.suffix in {".js", ".html"}
    )
    spelled = set(re.findall(r'(?:data-testid"?[=:]|testid:) ?"([a-z-]+)"', sources))
    assert spelled <= TEST_IDS
    assert [name for name in TEST_IDS if f'"{name}"' not in sources] == []
