"""axe-core finds no serious fault in any state of the page, by its rules for WCAG and its best practices."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from support.fake_action import FORM, FakeAction, make_job, version_id
from support.review_media import FRAMES, make_movie, publish_review
from support.sandbox_page import (
    choose_action,
    open_actions_menu,
    open_version,
    screenshot,
    wait_for_player,
    wait_for_toast,
)

SERIOUS = {"serious", "critical"}
RUN = "() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"


def faults(page: Page) -> list[str]:
    """Every serious fault with the elements that have it."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    return [
        f"{fault['id']}: {fault['help']}: {[node['html'][:160] for node in fault['nodes'][:4]]}"
        for fault in page.evaluate(RUN)
        if fault["impact"] in SERIOUS
    ]


@pytest.fixture
def furnished(action: FakeAction, tmp_path) -> FakeAction:
    session = action.session
    meta = {"frameIn": 0, "frameOut": FRAMES, "frameRate": 23.976, "width": 160, "height": 90}
    movie = make_movie(tmp_path / "review.mp4")
    identifier = version_id(session, "sh010_comp")
    publish_review(session, identifier, "ftrackreview-mp4", movie, meta)
    publish_review(session, identifier, "h264_high_quality", movie, meta)
    for state in ("failed", "done", "running"):
        make_job(session, "supervisor", "Encode Media: sh030_notes v001", status=state)
    return action


@pytest.mark.parametrize(("theme", "size"), [("light", (1280, 800)), ("dark", (390, 844))])
def test_no_state_of_the_page_has_a_serious_fault(page_at, furnished: FakeAction, results, theme, size):
    answers = iter([FORM, {"success": False, "message": "The source is missing on disk."}])
    furnished.answer = lambda _: next(answers)
    page = page_at(theme=theme, size=size)
    found: dict[str, list[str]] = {}

    def look(state: str) -> None:
        screenshot(page, results, f"state-{theme}-{size[0]}-{state}")
        if trouble := faults(page):
            found[state] = trouble
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.setdefault(state, []).append("the page is wider than the window")

    look("versions")
    page.get_by_test_id("view-list").click()
    look("list")
    open_actions_menu(page, "sh010_comp v001")
    expect(page.get_by_role("menuitem")).to_have_count(3)
    look("menu")
    choose_action(page, "Encode Media", "Review")
    expect(page.get_by_test_id("form-submit")).to_be_visible()
    look("form")
    page.get_by_test_id("form-submit").click()
    wait_for_toast(page, "missing").get_by_role("button", name="Dismiss").click()
    page.get_by_test_id("messages-button").click()
    expect(page.get_by_test_id("message")).to_be_visible()
    look("messages")
    page.keyboard.press("Escape")
    page.get_by_test_id("publish-button").click()
    page.get_by_test_id("publish-submit").click()
    expect(page.get_by_test_id("publish-error")).to_contain_text("Drop a file")
    look("publish")
    page.keyboard.press("Escape")
    page.get_by_test_id("events-button").click()
    page.get_by_test_id("event").first.locator("summary").click()
    look("events")
    page.keyboard.press("Escape")
    open_version(page, "sh010_comp v001")
    wait_for_player(page)
    page.get_by_test_id("compare-with").select_option(label="h264_high_quality")
    page.get_by_role("button", name="Wipe").click()
    page.get_by_test_id("component").first.locator("summary").click()
    look("review")
    assert not found, json.dumps(found, indent=1)
