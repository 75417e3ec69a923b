"""The sandbox's page as a person uses it: where things are, and how they are done.

Every selector of the browser tests is here. Versions are named as the page names them: `sh010_comp v001`.
Places of the tree are named as they are called: `Encode Media Demo`, `sq010`, `sh010`, `compositing`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from support.waiting import wait_for

_TEST_IDS = """
    connection user-select theme-button tree tree-item version-count search sort view-grid view-list
    actions-button versions version detail detail-title detail-actions review no-review review-image
    components component player player-video player-play player-back player-forward player-slider
    player-rung player-sound player-loop player-in player-out player-clear player-marks player-speed
    frame-counter player-time compare-with compare-mode compare-wipe compare-video compare-label
    actions-menu form-dialog form-label
    form-error form-submit toast jobs jobs-toggle jobs-summary job job-cancel job-description
    job-progress job-percent disconnected messages-button message-panel message
    events-button inspector events event event-count event-filter event-pause event-clear
    publish-button publish-dialog publish-drop publish-files publish-file publish-path publish-asset
    publish-type publish-task publish-comment publish-review publish-error publish-submit
"""
TEST_IDS = frozenset(_TEST_IDS.split())
"""Every `data-testid` of the page, kept stable for tests."""


DASH = " \N{EN DASH} "
"""Between the name of a choice and what it is for."""


def wait_until(page: Page, expression: str, *, timeout_s: float = 15) -> None:
    """Until a JavaScript expression is true; `wait_for_function` needs `eval`, which the page's policy forbids."""
    wait_for(lambda: page.evaluate(f"Boolean({expression})") or None, timeout_s=timeout_s, what=expression)


def open_page(page: Page, url: str) -> None:
    """The page, loaded and connected to the hub, with the first project's versions shown."""
    page.goto(url)
    wait_connected(page)
    expect(page.get_by_test_id("tree-item").first).to_be_attached()
    expect(page.locator(".stage-body > :not([data-state=loading])")).to_be_visible()


def wait_connected(page: Page, *, timeout_s: float = 15) -> None:
    expect(page.get_by_test_id("connection")).to_have_attribute(
        "data-state", "connected", timeout=timeout_s * 1000
    )


def use_user(page: Page, username: str) -> None:
    """Works as another person from here on."""
    page.get_by_test_id("user-select").select_option(username)
    wait_connected(page)
    expect(page.locator(".stage-body > :not([data-state=loading])")).to_be_visible()


def tree_item(page: Page, name: str) -> Locator:
    return page.locator(f'[role="treeitem"][data-name="{name}"]')


def open_place(page: Page, name: str) -> None:
    """Shows the versions of a project, sequence, shot or task; on a narrow page the tree is opened first."""
    browse = page.get_by_role("button", name="Browse projects")
    if browse.is_visible() and not page.get_by_test_id("tree").is_visible():
        browse.click()
    tree_item(page, name).locator(":scope > .tree-row").click()
    expect(tree_item(page, name)).to_have_attribute("aria-selected", "true")
    expect(page.locator(".stage-body > :not([data-state=loading])")).to_be_visible()


def version(page: Page, name: str) -> Locator:
    """The card or line of a version; of `sh010_comp` alone, the first one shown."""
    match = "=" if re.search(r" v\d+$", name) else "^="
    text = name if match == "=" else f"{name} v"
    return page.locator(f'[data-testid="version"][data-name{match}"{text}"]').first


def version_names(page: Page) -> list[str]:
    """As shown, in order."""
    return [row.get_attribute("data-name") or "" for row in page.get_by_test_id("version").all()]


def selected_names(page: Page) -> list[str]:
    rows = page.locator('[data-testid="version"][aria-selected="true"]').all()
    return [row.get_attribute("data-name") or "" for row in rows]


def open_version(page: Page, name: str) -> None:
    """Selects a version and shows its review and components."""
    version(page, name).locator(".cell-name").click()
    expect(page.get_by_test_id("detail-title")).to_have_text(re.compile(rf"^{re.escape(name)}( v\d+)?$"))


def select_versions(page: Page, *names: str) -> None:
    """Selects exactly these."""
    for index, name in enumerate(names):
        version(page, name).locator(".cell-name").click(modifiers=["ControlOrMeta"] if index else [])


def open_actions_menu(page: Page, *names: str) -> Locator:
    """Right-clicks a version (the last of several, all selected first) and gives the menu."""
    if len(names) > 1:
        select_versions(page, *names)
    version(page, names[-1]).click(button="right")
    menu = page.get_by_test_id("actions-menu")
    expect(menu).to_be_visible()
    return menu


def choose_action(page: Page, label: str, variant: str = "") -> None:
    """Waits until the action is discovered and chooses it."""
    name = f"{label} {variant}".strip()
    page.get_by_test_id("actions-menu").get_by_role("menuitem", name=name, exact=True).click()


def form(page: Page, title: str | None = None) -> Locator:
    """The form, once it is there."""
    dialog = page.get_by_test_id("form-dialog")
    expect(dialog).to_be_visible()
    if title is not None:
        expect(dialog.get_by_role("heading", name=title, exact=True).first).to_be_visible()
    return dialog


def form_field(page: Page, name: str) -> Locator:
    return page.get_by_test_id("form-dialog").locator(f'[data-name="{name}"]')


def fill_form(page: Page, values: dict[str, Any]) -> None:
    """Sets fields by name: text, number, ISO date, bool, the label of a choice, or a list of labels.

    Of a choice that is explained behind a dash, the name is enough.
    """
    for name, value in values.items():
        field = form_field(page, name)
        kind = field.evaluate("element => element.type || element.tagName.toLowerCase()")
        if kind == "fieldset" and field.get_by_role("radio").count():
            name_of = str(value).partition(DASH)[0]
            field.locator(".choice").filter(
                has=page.locator(".choice-name").get_by_text(name_of, exact=True)
            ).click()
        elif kind == "fieldset":
            for choice in field.get_by_role("checkbox").all():
                label = choice.evaluate("element => element.parentElement.textContent")
                choice.set_checked(label in value)
        elif kind == "checkbox":
            field.set_checked(bool(value))
        elif kind == "select-one":
            field.select_option(label=str(value))
        else:
            field.fill(str(value))


def form_labels(page: Page) -> list[str]:
    return page.get_by_test_id("form-dialog").get_by_test_id("form-label").all_inner_texts()


def submit_form(page: Page) -> None:
    page.get_by_test_id("form-submit").click()


def wait_for_toast(page: Page, text: str | re.Pattern[str], *, timeout_s: float = 20) -> Locator:
    toast = page.get_by_test_id("toast").filter(has_text=text).last
    expect(toast).to_be_visible(timeout=timeout_s * 1000)
    return toast


def job_rows(page: Page) -> list[dict[str, str]]:
    """The jobs as shown, active ones first, then newest first; all values are texts, `more` is the second line."""
    return [
        {
            "id": row.get_attribute("data-id") or "",
            "state": row.get_attribute("data-state") or "",
            "description": row.get_by_test_id("job-description").inner_text(),
            "percent": row.get_by_test_id("job-percent").inner_text(),
            "more": row.locator(".job-more").text_content() or "",
        }
        for row in page.get_by_test_id("job").all()
    ]


def wait_for_job(page: Page, state: str, *, timeout_s: float = 60) -> Locator:
    """The newest job in a state: queued, running, done or failed."""
    row = page.locator(f'[data-testid="job"][data-state="{state}"]').first
    expect(row).to_be_visible(timeout=timeout_s * 1000)
    return row


def component_names(page: Page) -> list[str]:
    """Of the open version."""
    return [row.get_attribute("data-name") or "" for row in page.get_by_test_id("component").all()]


def wait_for_player(page: Page, *, timeout_s: float = 20) -> Locator:
    """The player of the open version with its movie loaded."""
    player = page.get_by_test_id("player")
    expect(player).to_be_visible(timeout=timeout_s * 1000)
    wait_until(page, "document.querySelector('[data-testid=player-video]').readyState >= 2", timeout_s=timeout_s)
    return player


def shown_frame(page: Page) -> tuple[int, int]:
    """The counter: the frame on screen counted from 1, and how many there are."""
    current, _, total = page.get_by_test_id("frame-counter").inner_text().partition(" / ")
    return int(current), int(total)


def has_thumbnail(page: Page, name: str) -> bool:
    return bool(version(page, name).locator(".thumb-image").evaluate("image => image.naturalWidth > 0"))


def use_theme(page: Page, theme: str) -> None:
    """`light`, `dark` or `auto`."""
    for _ in range(3):
        if page.locator("html").get_attribute("data-theme") == theme:
            return
        page.get_by_test_id("theme-button").click()
    raise AssertionError(f"there is no theme {theme}")


def screenshot(page: Page, folder: Path, name: str) -> Path:
    """Saved for a look by eye; moving parts stand still in it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    return path
