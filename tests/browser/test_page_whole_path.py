"""From right-click to playable review, by mouse, with the real listener and a real encode behind the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.sandbox import RunningSandbox
from support.sandbox_page import (
    choose_action,
    component_names,
    fill_form,
    form,
    form_field,
    form_labels,
    has_thumbnail,
    open_actions_menu,
    open_place,
    open_version,
    screenshot,
    shown_frame,
    submit_form,
    use_user,
    wait_for_job,
    wait_for_player,
    wait_for_toast,
    wait_until,
)
from support.service import product


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    """Instead of the bare server: the product as `make demo` starts it."""
    with product(tmp_path / "data") as running:
        yield running


def open_form_that_says(page, asset: str, text: str) -> None:
    """A busy machine may not have read the source when its form appears; what was read is there the next time."""
    for _ in range(6):
        open_actions_menu(page, asset)
        choose_action(page, "Encode Media", "Choose…")
        dialog = page.get_by_test_id("form-dialog")
        expect(dialog).to_be_visible(timeout=30_000)
        if any(text in found for found in form_labels(page)):
            return
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    raise AssertionError(f"no form says {text}")


def confirm(page, text: str) -> None:
    """The summary says so; what it says is wanted."""
    expect(page.get_by_test_id("form-submit")).to_have_text("Encode", timeout=20_000)
    assert any(text in found for found in form_labels(page)), form_labels(page)
    submit_form(page)


def test_right_click_form_progress_done_and_it_plays(page_at, results):
    page = page_at()
    use_user(page, "artist")
    open_place(page, "sh010")

    open_form_that_says(page, "sh010_comp", "72 frames")
    screenshot(page, results, "form")
    submit_form(page)
    confirm(page, "72 frames")

    wait_for_toast(page, "queued")
    wait_for_job(page, "running")
    wait_until(
        page, "Number(document.querySelector('[data-testid=\"job\"] [role=progressbar]')?.ariaValueNow) > 5"
    )
    screenshot(page, results, "demo")
    wait_for_job(page, "done")
    wait_for_toast(page, "done")

    open_version(page, "sh010_comp")
    player = wait_for_player(page)
    expect(player).to_be_visible()
    assert {"main", "ftrackreview-mp4", "poster", "thumbnail"} == set(component_names(page))
    assert has_thumbnail(page, "sh010_comp")
    assert shown_frame(page) == (1, 72)
    page.get_by_test_id("player").press("ArrowRight")
    page.get_by_test_id("player").press("ArrowRight")
    wait_until(page, "document.querySelector('[data-testid=\"frame-counter\"]').innerText.startsWith('3 ')")
    screenshot(page, results, "review")

    open_actions_menu(page, "sh010_comp")
    choose_action(page, "Encode Media", "Choose…")
    again = form_field(page, "next").locator(".choice", has_text="Again, exactly as Review of")
    expect(again).to_contain_text("what is chosen above doesn't count")
    again.click()
    submit_form(page)
    wait_for_toast(page, "queued, exactly as Review of")


def test_two_versions_are_encoded_from_one_form(page_at, results):
    page = page_at()
    use_user(page, "artist")
    open_place(page, "sq010")

    open_actions_menu(page, "sh020_concept", "sh010_comp")
    choose_action(page, "Encode Media", "Choose…")
    form(page)
    assert any("2 versions" in text for text in form_labels(page))
    submit_form(page)
    confirm(page, "2 versions")

    wait_for_toast(page, "2 versions queued")
    wait_for_job(page, "done", timeout_s=90)
    expect(page.get_by_test_id("job")).to_have_count(1)
    wait_for_toast(page, "2 versions: 2 done")
    screenshot(page, results, "two-versions")


def test_a_gap_is_explained_in_the_form_and_held_when_chosen(page_at, results):
    page = page_at()
    use_user(page, "artist")
    open_place(page, "sh020")

    open_actions_menu(page, "sh020_anim")
    choose_action(page, "Encode Media", "Choose…")
    form(page)
    submit_form(page)
    mistake = page.locator(".notice-error").first
    expect(mistake).to_be_visible()
    assert "3 of 24 frames are missing: 1010-1012" in mistake.inner_text()
    screenshot(page, results, "form-gap")

    fill_form(page, {"option_missing_frames": "Hold the frame before"})
    submit_form(page)
    confirm(page, "Missing frames: Hold the frame before")
    wait_for_job(page, "done", timeout_s=90)
