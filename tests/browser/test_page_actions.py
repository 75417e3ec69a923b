"""Right-click to answer: the menu, forms of every item, errors, messages, and nobody answering."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from support.fake_action import FORM, FakeAction, form_then, version_id
from support.sandbox import RunningSandbox
from support.sandbox_page import (
    DASH,
    choose_action,
    fill_form,
    form,
    form_field,
    form_labels,
    open_actions_menu,
    submit_form,
    tree_item,
    version,
    wait_for_toast,
)
from support.waiting import wait_for

COMP = "sh010_comp v001"


@pytest.mark.usefixtures("action")
def test_actions_are_grouped_by_label_with_their_variants_and_descriptions(page_at):
    page = page_at()
    menu = open_actions_menu(page, COMP)
    expect(menu.get_by_role("menuitem")).to_have_count(3)
    group = menu.get_by_role("group", name="Encode Media")
    expect(group.get_by_role("menuitem")).to_have_count(2)
    expect(group).to_contain_text("Playable in the browser")
    expect(menu.get_by_role("menuitem", name="Say hello")).to_be_visible()
    expect(menu).to_contain_text(COMP)


def test_a_launch_carries_the_item_the_selection_and_who_asked(page_at, action: FakeAction):
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Deliverables")
    wait_for_toast(page, "Done with fake.")
    sent = action.launched[0]
    selection = [{"entityId": version_id(action.session, "sh010_comp"), "entityType": "assetversion"}]
    assert sent["selection"] == selection == action.discovered[0]["selection"]
    assert (sent["actionIdentifier"], sent["presetId"]) == ("fake", "deliver")
    assert "values" not in sent
    source = action.sources[0]
    assert source["applicationId"] == "ftrack.client.web"
    assert source["user"]["username"] == "supervisor"
    assert source["user"]["id"]


def test_the_menu_is_for_everything_selected(page_at, action: FakeAction):
    page = page_at()
    menu = open_actions_menu(page, COMP, "sh020_anim v001")
    expect(menu).to_contain_text("2 versions selected")
    choose_action(page, "Say hello")
    wait_for_toast(page, "Done with hello.")
    wanted = {version_id(action.session, name) for name in ("sh010_comp", "sh020_anim")}
    assert {entry["entityId"] for entry in action.launched[0]["selection"]} == wanted


@pytest.mark.usefixtures("action")
def test_a_right_click_beside_the_selection_is_for_that_version_alone(page_at):
    page = page_at()
    open_actions_menu(page, COMP, "sh020_anim v001")
    page.keyboard.press("Escape")
    expect(open_actions_menu(page, "sh030_notes v001")).to_contain_text("sh030_notes v001")


@pytest.mark.usefixtures("action")
@pytest.mark.parametrize("key", ["ContextMenu", "Shift+F10"])
def test_the_menu_opens_and_works_by_keyboard_and_gives_the_focus_back(page_at, key: str):
    page = page_at()
    version(page, COMP).focus()
    page.keyboard.press(key)
    expect(page.get_by_role("menuitem", name="Encode Media Review")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Say hello")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("actions-menu")).to_have_count(0)
    expect(version(page, COMP)).to_be_focused()
    page.keyboard.press(key)
    expect(page.get_by_role("menuitem", name="Encode Media Review")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    wait_for_toast(page, "Done with hello.")


@pytest.mark.usefixtures("action")
@pytest.mark.parametrize("button", ["actions-button", "detail-actions", "more"])
def test_the_menu_also_opens_from_a_button(page_at, button: str):
    page = page_at()
    version(page, COMP).click()
    place = version(page, COMP).get_by_role("button") if button == "more" else page.get_by_test_id(button)
    place.click()
    expect(page.get_by_role("menuitem", name="Say hello")).to_be_visible()


@pytest.mark.parametrize(("place", "entity_type"), [("Encode Media Demo", "show"), ("sh010", "task")])
def test_places_of_the_tree_have_actions_too(page_at, action: FakeAction, place: str, entity_type: str):
    page = page_at()
    tree_item(page, place).locator(":scope > .tree-row").click(button="right")
    choose_action(page, "Say hello")
    wait_for_toast(page, "Done with hello.")
    assert [entry["entityType"] for entry in action.launched[0]["selection"]] == [entity_type]


def test_untouched_fields_go_back_as_they_came(page_at, action: FakeAction):
    action.answer = form_then({"success": True, "message": "Queued."})
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    form(page, "Encode Media")
    expect(page.get_by_test_id("form-submit")).to_have_text("Encode")
    submit_form(page)
    wait_for_toast(page, "Queued.")
    assert action.launched[1]["values"] == {
        "preset": "review",
        "slate": "",
        "note": "first line",
        "height": 1080,
        "due": "2026-11-24",
        "burn_in": True,
        "extras": ["thumb"],
        "form_step": "1",
    }
    assert action.launched[1]["actionIdentifier"] == "fake"
    assert action.launched[1]["selection"] == action.launched[0]["selection"]


def test_every_kind_of_field_gives_back_what_was_entered(page_at, action: FakeAction):
    action.answer = form_then({"success": True, "message": "Queued."})
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    form(page)
    fill_form(
        page,
        {
            "preset": "ProRes 422 HQ",
            "slate": "Client A",
            "note": "two\nlines",
            "height": "719.5",
            "due": "2027-01-02",
            "burn_in": False,
            "extras": ["Poster", "WebM"],
        },
    )
    submit_form(page)
    wait_for_toast(page, "Queued.")
    assert action.launched[1]["values"] == {
        "preset": "prores_422_hq",
        "slate": "Client A",
        "note": "two\nlines",
        "height": 719.5,
        "due": "2027-01-02",
        "burn_in": False,
        "extras": ["poster", 3],
        "form_step": "1",
    }


def test_choices_with_explanations_are_laid_open_and_give_back_their_value(page_at, action: FakeAction):
    choices = [
        {"label": f"Review{DASH}Plays in ftrack.", "value": "review"},
        {"label": f"ProRes 422 HQ{DASH}For editorial.", "value": "pro"},
    ]
    preset = {
        "type": "enumerator",
        "name": "preset",
        "label": "Preset: What to make.",
        "value": "review",
        "data": choices,
    }
    action.answer = lambda data: (
        {"success": True, "message": "Queued."} if "values" in data else {"items": [preset]}
    )
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    group = form(page).get_by_role("group", name="Preset : What to make.")
    expect(group.get_by_role("radio", name="Review")).to_be_checked()
    expect(group).to_contain_text("For editorial.")
    fill_form(page, {"preset": "ProRes 422 HQ"})
    submit_form(page)
    wait_for_toast(page, "Queued.")
    assert action.launched[1]["values"] == {"preset": "pro"}


def test_labels_that_come_new_with_the_same_fields_are_marked_as_mistakes(page_at, action: FakeAction):
    wrong = {"type": "label", "value": "At most 40 characters."}
    action.answer = lambda data: (
        {**FORM, "items": [*FORM["items"][:4], wrong, *FORM["items"][4:]]} if "values" in data else FORM
    )
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    expect(form(page).locator(".form-label.notice-error")).to_have_count(0)
    submit_form(page)
    expect(page.locator(".form-label.notice-error")).to_have_text("At most 40 characters.")


def test_a_list_that_is_shown_again_is_news_and_no_mistake(page_at, action: FakeAction):
    def shown(*texts: str) -> dict[str, object]:
        return {**FORM, "items": [*({"type": "label", "value": text} for text in texts), *FORM["items"]]}

    action.answer = lambda data: shown("⚠ It waits.", "one, done") if "values" in data else shown("one, running")
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    form(page)
    submit_form(page)
    expect(page.locator(".form-label.notice-error")).to_have_text("⚠ It waits.")


def test_an_emptied_number_goes_back_as_null(page_at, action: FakeAction):
    action.answer = form_then({"success": True, "message": "Queued."})
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    form(page)
    fill_form(page, {"height": ""})
    submit_form(page)
    wait_for_toast(page, "Queued.")
    assert action.launched[1]["values"]["height"] is None


def test_a_form_that_comes_back_shows_the_error_on_top_and_keeps_what_was_typed(page_at, action: FakeAction):
    def answer(data):
        if data.get("values", {}).get("slate") == "good":
            return {"success": True, "message": "Queued."}
        if "values" in data:
            bare = [
                {
                    key: value
                    for key, value in item.items()
                    if item["type"] in {"label", "hidden"} or key != "value"
                }
                for item in FORM["items"]
            ]
            return {**FORM, "items": [{"type": "label", "value": "**The slate text is wrong.**"}, *bare]}
        return FORM

    action.answer = answer
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    form(page)
    fill_form(page, {"slate": "bad", "height": 540, "extras": ["Poster"], "burn_in": False})
    submit_form(page)
    expect(page.get_by_test_id("form-label").first).to_be_focused()
    assert form_labels(page)[0] == "The slate text is wrong."
    expect(form_field(page, "slate")).to_have_value("bad")
    expect(form_field(page, "height")).to_have_value("540")
    expect(form_field(page, "burn_in")).not_to_be_checked()
    fill_form(page, {"slate": "good"})
    submit_form(page)
    wait_for_toast(page, "Queued.")
    assert action.launched[2]["values"]["extras"] == ["poster"]
    expect(page.get_by_test_id("form-dialog")).to_be_hidden()


def test_cancel_and_escape_send_nothing_and_give_the_focus_back(page_at, action: FakeAction):
    action.answer = lambda _: FORM
    page = page_at()
    for leave in (
        lambda: page.get_by_role("button", name="Cancel").click(),
        lambda: page.keyboard.press("Escape"),
    ):
        open_actions_menu(page, COMP)
        choose_action(page, "Encode Media", "Review")
        form(page)
        leave()
        expect(page.get_by_test_id("form-dialog")).to_be_hidden()
        expect(version(page, COMP)).to_be_focused()
    assert [data.get("values") for data in action.launched] == [None, None]


def test_labels_show_markdown_and_simple_html_and_drop_everything_dangerous(page_at, action: FakeAction):
    hostile = (
        "## Facts ##\n**bold** and *soft* with `a<b>` and <strong>strong</strong>\n\n- one\n- sh010_beauty_v1\n\n"
        "[good](https://example.com/x) [bad](javascript:window.broken=1) "
        "<a href='java\nscript:window.broken=1'>worse</a>\n"
        "<img src=x onerror='window.broken=1'><script>window.broken=1</script>"
        "<b onclick='window.broken=1'>kept</b> 1 < 2"
    )
    action.answer = lambda _: {"items": [{"type": "label", "value": hostile}]}
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    label = form(page).get_by_test_id("form-label")
    expect(label.get_by_role("heading", name="Facts")).to_be_visible()
    assert label.locator("strong, b").all_inner_texts() == ["bold", "strong", "kept"]
    assert label.locator("em").all_inner_texts() == ["soft"]
    assert label.locator("li").all_inner_texts() == ["one", "sh010_beauty_v1"]
    assert label.locator("code").all_inner_texts() == ["a<b>"]
    assert label.locator("a[href]").evaluate_all("links => links.map(link => link.href)") == [
        "https://example.com/x"
    ]
    assert label.locator("img, script, [onclick], [onerror]").count() == 0
    expect(label).to_contain_text("1 < 2")
    label.get_by_text("worse").click()
    label.get_by_text("kept").click()
    assert page.evaluate("window.broken === undefined")


def test_a_failure_is_shown_as_one_and_stays(page_at, action: FakeAction):
    action.answer = lambda _: {"success": False, "message": "The source is missing.\nLook at the path."}
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Say hello")
    toast = wait_for_toast(page, "The source is missing.")
    expect(toast).to_have_attribute("role", "alert")
    expect(toast).to_have_attribute("data-success", "false")
    toast.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_test_id("toast")).to_have_count(0)


def test_a_message_pushed_to_the_user_arrives_and_one_for_somebody_else_does_not(page_at, action: FakeAction):
    page = page_at()
    people = {user["username"]: user["id"] for user in action.session.query("select id, username from User")}
    topic = "ftrack.action.trigger-user-interface"
    for username in ("artist", "supervisor"):
        target = f'applicationId=ftrack.client.web and user.id="{people[username]}"'
        action.publish(topic, {"type": "message", "success": True, "message": f"For {username}."}, target=target)
    wait_for_toast(page, "For supervisor.")
    expect(page.get_by_test_id("toast")).to_have_count(1)


def test_a_form_pushed_to_the_user_is_answered_under_its_identifier(page_at, action: FakeAction):
    page = page_at()
    me = action.session.query('User where username is "supervisor"').one()["id"]
    data = {**FORM, "title": "A question", "actionIdentifier": "later"}
    action.publish(
        "ftrack.action.trigger-user-interface", data, target=f'applicationId=ftrack.client.web and user.id="{me}"'
    )
    form(page, "A question")
    submit_form(page)
    wait_for_toast(page, "Done with later.")
    assert action.launched[0]["values"]["preset"] == "review"


def test_nobody_answering_is_said_and_the_values_stay(page_at, action: FakeAction):
    action.answer = lambda data: FORM if "values" not in data else None
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    form(page)
    fill_form(page, {"slate": "kept"})
    submit_form(page)
    expect(page.get_by_test_id("form-error")).to_contain_text("Nobody answered within 15 seconds", timeout=20_000)
    expect(form_field(page, "slate")).to_have_value("kept")


def test_a_submit_that_waits_can_not_be_sent_twice(page_at, action: FakeAction):
    action.answer = lambda data: FORM if "values" not in data else None
    page = page_at()
    open_actions_menu(page, COMP)
    choose_action(page, "Encode Media", "Review")
    form(page)
    submit_form(page)
    expect(page.get_by_test_id("form-submit")).to_have_attribute("aria-disabled", "true")
    page.get_by_test_id("form-submit").click(force=True)
    form_field(page, "slate").press("Enter")
    wait_for(lambda: len(action.launched) > 1, what="the submit")
    page.wait_for_timeout(300)
    assert len(action.launched) == 2


def test_a_listener_that_comes_later_still_fills_the_open_menu(page_at, sandbox: RunningSandbox):
    page = page_at()
    menu = open_actions_menu(page, COMP)
    expect(menu).to_contain_text("No actions here.", timeout=10_000)
    late = FakeAction(sandbox.session(hub=True))
    late.start()
    expect(menu.get_by_role("menuitem")).to_have_count(3)
    expect(menu).to_contain_text("3 actions")
    late.stop()


def test_no_actions_at_all_is_said_with_what_to_look_at(page_at):
    page = page_at()
    menu = open_actions_menu(page, COMP)
    expect(menu).to_contain_text(re.compile("No actions here.*listener"), timeout=10_000)
