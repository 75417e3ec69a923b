"""What a person chose comes back: in the form, in the menu, and after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from encode_media.ftrack.preferences import recall_preferences
from support.listening import asking, listening, selected, settings_for
from support.sandbox import RunningSandbox
from support.waiting import wait_for


def fields(form: dict[str, Any]) -> dict[str, Any]:
    assert "items" in form, form
    return {item["name"]: item["value"] for item in form["items"] if "name" in item}


def test_the_form_begins_with_what_was_chosen_last_and_the_menu_offers_it(sandbox: RunningSandbox) -> None:
    selection = selected(sandbox, "sh010_comp")
    with listening(settings_for(sandbox)) as service, asking(sandbox) as artist:
        service.wait_until_connected()
        item = artist.discover(selection)[0]
        first = artist.launch(item, selection)
        page = artist.launch(item, selection, fields(first) | {"preset": "webm_vp9", "next": "options"})
        wanted = {"option_quality": 30, "option_first": "1010", "after_note": True, "next": "summary"}
        summary = artist.launch(item, selection, fields(page) | wanted)
        answer = artist.launch(item, selection, fields(summary) | {"favourite": True})
        assert answer["success"], answer
        request = service.engine.jobs()[0].request
        user = sandbox.session().query("select id from User where username is artist").one()["id"]
        wait_for(lambda: recall_preferences(service.engine, user).marked, what="what is remembered")

        again = fields(artist.launch(item, selection))
        page = fields(artist.launch(item, selection, again | {"next": "options"}))
        menu = artist.discover(selection)
        one_click = artist.launch(menu[2], selection)

    assert (request.options["quality"], request.options["first"]) == (30, "1010")
    assert request.target is not None
    assert request.target.after.note is True
    assert again["preset"] == "webm_vp9"
    assert (page["option_quality"], page["option_first"], page["after_note"]) == (30, "", True)
    assert (menu[2]["variant"], menu[2]["preset"]) == ("WebM (VP9)", "webm_vp9")
    assert one_click["success"], one_click
    assert service.engine.jobs()[0].request.options["first"] is None, "a frame number is of one source"
    assert service.engine.jobs()[0].request.options["quality"] == 30


def test_another_listener_on_the_same_database_knows_it_too(sandbox: RunningSandbox, tmp_path: Path) -> None:
    from encode_media.ftrack.action_rules import ActionRules
    from encode_media.ftrack.gateway import Gateway
    from encode_media.ftrack.known import Known
    from encode_media.ftrack.preferences import Preferences
    from encode_media.jobs.dbos_client import DbosClient
    from encode_media.presets.catalog import Catalog

    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    session = sandbox.session()
    user = session.query("select id from User where username is artist").one()["id"]
    first = DbosClient(url)
    Known(first, Catalog(), ActionRules()).remember(user, Preferences().mark("poster", True))
    first.close()

    second = DbosClient(url)
    known = Known(second, Catalog(), ActionRules())
    person = known.learn(Gateway(session), (), user)
    second.close()

    assert person is not None
    assert person.roles == ("User",)
    assert [entry.name for entry, _ in known.favourites(person)] == ["review", "poster"]
