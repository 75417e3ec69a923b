"""The event inspector, and the messages that can be read again."""

from __future__ import annotations

from playwright.sync_api import expect

from support.fake_action import FakeAction
from support.sandbox_page import choose_action, open_actions_menu, wait_for_toast


def test_the_inspector_shows_what_goes_over_the_hub_and_nothing_secret(page_at, action: FakeAction):
    key = action.session.api_key
    action.publish("studio.before", {"number": 1})
    page = page_at()
    page.get_by_test_id("events-button").click()
    inspector = page.get_by_test_id("inspector")
    expect(page.get_by_test_id("event-filter")).to_be_focused()
    expect(inspector.locator('[data-topic="studio.before"]')).to_be_visible()

    data = {"apiKey": key, "note": f"see /component/get?apiKey={key}", "studio_token": "hidden", "answer": 42}
    action.publish("studio.now", data)
    row = inspector.locator('[data-topic="studio.now"]')
    row.locator("summary").click()
    expect(row).to_contain_text("supervisor")
    expect(row.locator("pre")).to_contain_text('"answer": 42')
    for secret in (key, '"hidden"'):
        expect(row).not_to_contain_text(secret)
    expect(inspector).not_to_contain_text(key)

    page.get_by_test_id("event-filter").fill("studio answer")
    expect(page.get_by_test_id("event")).to_have_count(1)
    expect(page.get_by_test_id("event-count")).to_contain_text("1 of ")
    page.get_by_test_id("event-pause").click()
    action.publish("studio.later", {"answer": 42})
    expect(page.get_by_test_id("event-count")).to_contain_text("more since the pause")
    expect(page.get_by_test_id("event")).to_have_count(1)
    page.get_by_test_id("event-pause").click()
    expect(page.get_by_test_id("event")).to_have_count(2)
    expect(row.locator("pre")).to_be_visible()
    page.get_by_test_id("event-filter").fill("")
    page.get_by_test_id("event-clear").click()
    expect(inspector.locator('[data-topic^="studio."]')).to_have_count(0)
    page.get_by_test_id("event-clear").press("Escape")
    expect(inspector).to_be_hidden()
    expect(page.get_by_test_id("events-button")).to_be_focused()


def test_messages_that_left_can_be_read_again_until_somebody_else_works(page_at, action: FakeAction):
    action.answer = lambda _: {"success": False, "message": "The source is missing on disk."}
    page = page_at()
    button = page.get_by_test_id("messages-button")
    expect(button).to_have_accessible_name("Messages")
    open_actions_menu(page, "sh010_comp v001")
    choose_action(page, "Say hello")
    wait_for_toast(page, "missing").get_by_role("button", name="Dismiss").click()
    expect(button).to_have_accessible_name("Messages, 1 new")
    button.click()
    expect(page.get_by_test_id("message")).to_contain_text("The source is missing on disk.")
    expect(button).to_have_accessible_name("Messages")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("message-panel")).to_be_hidden()
    page.get_by_test_id("user-select").select_option("artist")
    button.click()
    expect(page.get_by_test_id("message-panel")).to_contain_text("No messages yet.")
