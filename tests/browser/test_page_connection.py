"""A server that is away, slow or refuses: said plainly, and mended by itself."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from support.fake_action import FakeAction, make_job
from support.sandbox import running_sandbox
from support.sandbox_page import (
    choose_action,
    open_actions_menu,
    open_page,
    version,
    wait_connected,
    wait_for_toast,
)


def test_a_lost_server_is_said_and_everything_is_back_when_it_is(browser, tmp_path: Path, page_folder: Path):
    page = browser.new_page()
    with running_sandbox(tmp_path / "data", page=page_folder) as first:
        open_page(page, first.url)
        expect(version(page, "sh010_comp v001")).to_be_visible()
        port = first.port
    expect(page.get_by_test_id("disconnected")).to_contain_text("The connection to the server is lost.")
    expect(page.get_by_test_id("connection")).not_to_have_attribute("data-state", "connected")
    menu = open_actions_menu(page, "sh010_comp v001")
    expect(menu).to_contain_text("Not connected to the event hub.")
    page.keyboard.press("Escape")
    with running_sandbox(tmp_path / "data", page=page_folder, port=port) as second:
        wait_connected(page, timeout_s=30)
        expect(page.get_by_test_id("disconnected")).to_be_hidden()
        make_job(second.session(), "supervisor", "Made after the return")
        expect(page.get_by_test_id("job")).to_contain_text("Made after the return")
        listening = FakeAction(second.session(hub=True))
        listening.start()
        open_actions_menu(page, "sh010_comp v001")
        choose_action(page, "Say hello")
        wait_for_toast(page, "Done with hello.")
        listening.stop()
    page.close()


def test_what_happened_while_the_line_was_down_is_read_afterwards(browser, tmp_path: Path, page_folder: Path):
    page = browser.new_page()
    with running_sandbox(tmp_path / "data", page=page_folder) as running:
        open_page(page, running.url)
        page.context.set_offline(True)
        page.evaluate("() => new Promise(done => setTimeout(done, 50))")
        make_job(running.session(), "supervisor", "Made meanwhile")
        page.context.set_offline(False)
        expect(page.get_by_test_id("job")).to_contain_text("Made meanwhile", timeout=40_000)
    page.close()


def test_versions_stay_shown_when_reading_them_again_fails_and_are_read_with_the_next_change(
    browser, tmp_path: Path, page_folder: Path
):
    page = browser.new_page()
    with running_sandbox(tmp_path / "data", page=page_folder) as running:
        open_page(page, running.url)
        session = running.session()
        asset = session.query('Asset where name is "sh010_comp"').one()
        page.route("**/api", lambda route: route.abort())
        with page.expect_event("requestfailed", lambda request: "order by date desc" in (request.post_data or "")):
            session.create("AssetVersion", {"asset": asset})
            session.commit()
        page.evaluate("() => new Promise(done => setTimeout(done, 50))")
        expect(page.get_by_test_id("version")).to_have_count(5)
        page.unroute("**/api")
        session.create("AssetVersion", {"asset": asset})
        session.commit()
        expect(page.get_by_test_id("version")).to_have_count(7)
    page.close()


def test_versions_that_can_not_be_loaded_say_so_and_load_on_request(page_at):
    page = page_at(connected=False)
    page.route(
        "**/api",
        lambda route: route.fulfill(status=200, json={"exception": "ServerError", "content": "The disk is full."}),
    )
    page.reload()
    expect(page.get_by_role("alert").filter(has_text="The disk is full.").first).to_be_visible()
    page.unroute("**/api")
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_test_id("version")).to_have_count(5)


def test_a_page_that_finds_no_server_says_so_and_starts_when_asked(page_at):
    page = page_at(connected=False)
    page.route("**/sandbox/session", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("The server cannot be reached")).to_be_visible()
    page.unroute("**/sandbox/session")
    page.get_by_role("button", name="Try again").click()
    wait_connected(page)
    expect(page.get_by_test_id("version")).to_have_count(5)


def test_loading_is_shown_until_the_versions_are_there(page_at):
    page = page_at(connected=False)
    page.route("**/api", lambda _: None)
    page.reload()
    expect(page.get_by_text("Loading projects…")).to_be_visible()
