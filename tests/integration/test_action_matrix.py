"""Every kind of selection, spelled as each host spells it, becomes the versions it means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ftrack_api.event.base
import pytest

from encode_media.ftrack.client import ActionClient
from encode_media.ftrack.menu import discover
from encode_media.model.request import batch_id
from support.listening import Listening, asking, listening, settings_for
from support.sandbox import RunningSandbox

WEB, LEGACY, CONNECT = "web interface", "legacy or API spelling", "Connect's tab"

MATRIX = [
    ("version", WEB, "assetversion"),
    ("version", LEGACY, "AssetVersion"),
    ("version", LEGACY, "asset_version"),
    ("task", WEB, "task"),
    ("task", LEGACY, "Task"),
    ("task", LEGACY, "Context"),
    ("shot", WEB, "task"),
    ("shot", LEGACY, "TypedContext"),
    ("shot", CONNECT, "shot"),
    ("sequence", WEB, "task"),
    ("sequence", CONNECT, "sequence"),
    ("sequence", LEGACY, "typed_context"),
    ("project", WEB, "show"),
    ("project", CONNECT, "project"),
    ("project", LEGACY, "Project"),
    ("asset", WEB, "asset"),
    ("asset", LEGACY, "Asset"),
    ("version list", WEB, "list"),
    ("version list", LEGACY, "AssetVersionList"),
    ("shot list", WEB, "list"),
    ("shot list", LEGACY, "TypedContextList"),
    ("review session", WEB, "reviewsession"),
    ("review session", LEGACY, "ReviewSession"),
    ("component", WEB, "FileComponent"),
    ("component", WEB, "Component"),
    ("component", LEGACY, "file_component"),
    ("frame", WEB, "FileComponent"),
    ("sequence component", WEB, "SequenceComponent"),
]
MEANT = {
    "version": {"sh010_comp"},
    "task": {"sh010_comp"},
    "shot": {"sh010_comp", "sh010_beauty"},
    "sequence": {"sh010_comp", "sh010_beauty", "sh020_anim", "sh020_concept", "sh030_notes"},
    "project": {"sh010_comp", "sh010_beauty", "sh020_anim", "sh020_concept", "sh030_notes"},
    "asset": {"sh010_comp"},
    "version list": {"sh010_comp", "sh020_concept"},
    "shot list": {"sh010_comp", "sh010_beauty"},
    "review session": {"sh020_concept"},
    "component": {"sh010_comp"},
    "frame": {"sh010_beauty"},
    "sequence component": {"sh010_beauty"},
}


@pytest.fixture(scope="module")
def ids(sandbox: RunningSandbox) -> dict[str, str]:
    """An entity of each kind."""
    session = sandbox.session()

    def one(expression: str) -> Any:
        return session.query(expression).first()

    project = one('Project where name is "encode_media_demo"')
    versions = {
        row["asset"]["name"]: row for row in session.query("select id, asset.name from AssetVersion").all()
    }
    category = one("ListCategory")
    shot = one('Shot where name is "sh010"')
    of_versions = session.create("AssetVersionList", {"name": "dailies", "project": project, "category": category})
    of_versions["items"].extend([versions["sh010_comp"], versions["sh020_concept"]])
    of_shots = session.create("TypedContextList", {"name": "shots", "project": project, "category": category})
    of_shots["items"].append(shot)
    review = session.create("ReviewSession", {"name": "client", "description": "", "project": project})
    session.create(
        "ReviewSessionObject",
        {"name": "a", "description": "", "version": "v1", "review_session": review,
         "asset_version": versions["sh020_concept"]},
    )  # fmt: skip
    session.commit()
    beauty = one('SequenceComponent where version.asset.name is "sh010_beauty"')
    return {
        "version": versions["sh010_comp"]["id"],
        "task": one('Task where name is "compositing" and parent.name is "sh010"')["id"],
        "shot": shot["id"],
        "sequence": one('Sequence where name is "sq010"')["id"],
        "project": project["id"],
        "asset": one('Asset where name is "sh010_comp"')["id"],
        "version list": of_versions["id"],
        "shot list": of_shots["id"],
        "review session": review["id"],
        "component": one('FileComponent where version.asset.name is "sh010_comp"')["id"],
        "frame": one(f'FileComponent where container_id is "{beauty["id"]}"')["id"],
        "sequence component": beauty["id"],
    }


@pytest.fixture(scope="module")
def service(sandbox: RunningSandbox) -> Iterator[Listening]:
    with listening(settings_for(sandbox)) as running:
        running.wait_until_connected()
        running.gate.clear()
        yield running


@pytest.fixture(scope="module")
def artist(sandbox: RunningSandbox, service: Listening) -> Iterator[ActionClient]:
    assert service.listener.connected.is_set()
    with asking(sandbox) as client:
        yield client


def labels(form: dict[str, Any]) -> str:
    assert "items" in form, form
    return "\n".join(item["value"] for item in form["items"] if item["type"] == "label")


@pytest.mark.parametrize(("kind", "host", "spelling"), MATRIX)
def test_a_selection_means_its_versions_however_it_is_spelled(
    artist: ActionClient, ids: dict[str, str], kind: str, host: str, spelling: str
) -> None:
    selection = [{"entityId": ids[kind], "entityType": spelling}]

    items = artist.discover(selection)
    form = artist.launch(items[0], selection)

    text = labels(form)
    assert {name for name in MEANT["project"] if f"{name} v1" in text} == MEANT[kind], host


def test_a_mixed_selection_is_taken_once_and_unknown_types_are_named(
    artist: ActionClient, ids: dict[str, str]
) -> None:
    kinds = (("version", "assetversion"), ("shot", "task"), ("component", "FileComponent"))
    selection = [{"entityId": ids[kind], "entityType": spelling} for kind, spelling in kinds]
    selection += [{"entityId": "x", "entityType": "team"}, {"entityId": "y", "entityType": "Hologram"}]

    text = labels(artist.launch(artist.discover(selection)[0], selection))

    assert "Left out: team, Hologram can't hold media." in text
    assert {name for name in MEANT["project"] if f"{name} v1" in text} == {"sh010_comp", "sh010_beauty"}


def test_the_selection_is_found_under_context_as_older_interfaces_send_it(
    artist: ActionClient, ids: dict[str, str]
) -> None:
    data = {"context": {"selection": [{"entityId": ids["version"], "entityType": "assetversion"}]}}

    form = artist._first("ftrack.action.launch", {"actionIdentifier": "encode-media", **data}, 30)

    assert "sh010_comp v1" in labels(form)


def test_all_versions_and_only_those_without_review_media_can_be_chosen(
    sandbox: RunningSandbox, artist: ActionClient, ids: dict[str, str]
) -> None:
    session = sandbox.session()
    asset = session.get("Asset", ids["asset"])
    second = session.create("AssetVersion", {"asset": asset})
    session.create("FileComponent", {"name": "ftrackreview-mp4", "file_type": ".mp4", "version": second})
    session.create("FileComponent", {"name": "main", "file_type": ".mov", "version": second})
    session.commit()
    selection = [{"entityId": ids["asset"], "entityType": "asset"}]
    item = artist.discover(selection)[0]
    try:

        def summary(**values: Any) -> str:
            asked = {"preset": "review", "next": "summary", "form_step": "1", **values}
            return labels(artist.launch(item, selection, asked))

        assert "v2" in summary()
        both = summary(scope="all")
        assert "sh010_comp v1" in both
        assert "sh010_comp v2" in both
        missing = summary(scope="all", only_missing=True)
        assert "sh010_comp v1" in missing
        assert "1 version with review media left out" in missing
        assert "Nothing can be encoded" in summary(only_missing=True)
    finally:
        session.delete(second)
        session.commit()


def test_a_restricted_user_sees_the_form_and_why_nothing_of_it_is_theirs(
    sandbox: RunningSandbox, service: Listening, ids: dict[str, str]
) -> None:
    session = sandbox.session()
    guest = session.create("User", {"username": "guest", "first_name": "Gil", "last_name": "Guest"})
    session.commit()
    assert guest["id"]
    selection = [{"entityId": ids["version"], "entityType": "assetversion"}]
    with asking(sandbox, "guest") as client:
        form = client.launch(client.discover(selection)[0], selection)
        answer = client.launch(client.discover(selection)[0], selection, {"preset": "review"})

    assert "Gil Guest may not do this: no role in the project encode_media_demo" in labels(form)
    assert answer["success"] is False
    assert "no role in the project" in answer["message"]
    assert service.engine.jobs() == []


def test_what_the_service_may_not_see_is_told_apart_from_what_is_gone(sandbox: RunningSandbox) -> None:
    session = sandbox.session()
    private = session.query("select id from AssetVersion where project.is_private is true").one()["id"]
    selected = [{"entityId": private, "entityType": "assetversion"}]
    gone = [{"entityId": "no-such-version", "entityType": "assetversion"}]
    with listening(settings_for(sandbox, api_user="artist")) as blind:
        blind.wait_until_connected()
        with asking(sandbox, "supervisor") as client:
            item = {"actionIdentifier": "encode-media"}
            hidden = client.launch(item, selected)
            missing = client.launch(item, gone)

    assert (hidden["success"], hidden["code"]) == (False, "server.private")
    assert "(its account is artist)" in hidden["message"]
    assert (missing["success"], missing["code"]) == (False, "selection.gone")


def test_rules_are_checked_again_at_the_launch_whatever_the_menu_knew(
    sandbox: RunningSandbox, tmp_path: Path, ids: dict[str, str]
) -> None:
    rules = tmp_path / "action.yaml"
    rules.write_text('offer: {projects: ["show_b"], roles: ["User"]}')
    selection = [{"entityId": ids["shot"], "entityType": "task"}]
    with listening(settings_for(sandbox, action_file=rules)) as narrow:
        narrow.wait_until_connected()
        with asking(sandbox) as client:
            answer = client.launch({"actionIdentifier": "encode-media"}, selection)
        # Other listeners of this module answer on the hub, too, so the menu is asked for directly.
        menu = discover({"selection": selection}, {"username": "artist"}, narrow.listener._known, narrow.settings)

    assert menu is None
    assert (answer["success"], answer["code"]) == (False, "action.restricted")
    assert "it is not offered in the project encode_media_demo" in answer["message"]


def test_a_person_s_own_runner_answers_nobody_else(sandbox: RunningSandbox, ids: dict[str, str]) -> None:
    selection = [{"entityId": ids["version"], "entityType": "assetversion"}]
    with listening(settings_for(sandbox, api_user="artist", personal=True)) as own:
        own.wait_until_connected()
        with asking(sandbox) as artist, asking(sandbox, "supervisor") as other:
            mine = [item for item in artist.discover(selection) if "." in item["actionIdentifier"]]
            theirs = [item for item in other.discover(selection) if "." in item["actionIdentifier"]]
            form = artist.launch(mine[0], selection)

    assert theirs == []
    assert mine[0]["label"].startswith("Encode Media on ")
    assert "sh010_comp v1" in labels(form)


def test_two_listeners_that_hear_the_same_click_make_one_batch() -> None:
    event = ftrack_api.event.base.Event("ftrack.action.launch")

    assert batch_id(event["id"]) == batch_id(event["id"])
    assert batch_id(event["id"]) != batch_id(ftrack_api.event.base.Event("ftrack.action.launch")["id"])
