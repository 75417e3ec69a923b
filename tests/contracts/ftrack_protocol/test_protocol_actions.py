"""Sections 2.1, 2.2, 5 and 8: the operations besides queries and commits, casts, other origins, private events."""

from __future__ import annotations

import re
from typing import Any

import ftrack_api
import pytest
import requests

from support.sandbox import RunningSandbox
from support.waiting import wait_for


def call(box: RunningSandbox, user: str, **operation: Any) -> Any:
    headers = {"ftrack-user": user, "ftrack-api-key": box.address.api_key}
    return requests.post(f"{box.url}/api", json=[operation], headers=headers, timeout=10).json()


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ('Task where parent[Shot].status.name is "In Progress"', 9),
        ("Task where parent[TypedContext].name is sh010", 3),
        ("TypedContext where name is compositing and parent[TypedContext] has (name is sh010)", 1),
        ("AssetVersion where asset.parent[Shot].parent[Sequence].name is sq010", 5),
        ("Shot where parent[Project].name is encode_media_demo", 0),
    ],
)
def test_a_relation_can_be_narrowed_to_a_type(reader: ftrack_api.Session, expression: str, count: int) -> None:
    """5.2 and 5.3: `parent[Shot]` has a Shot's attributes, which `parent` has not."""
    assert len(reader.query(expression).all()) == count


def test_a_narrowed_projection_arrives_under_its_plain_name(box: RunningSandbox) -> None:
    found = call(box, "artist", action="query", expression="select parent[Shot].status.name from Task limit 1")
    assert found[0]["data"][0]["parent"]["status"]["name"] == "In Progress"


@pytest.mark.parametrize("path", ["parent.status.name", "parent[Nothing].name", "parent[Component].name"])
def test_what_a_type_does_not_have_is_refused(reader: ftrack_api.Session, path: str) -> None:
    with pytest.raises(ftrack_api.exception.ServerError, match="no attribute"):
        reader.query(f"select {path} from Task").all()


def test_conditions_do_not_lead_into_a_private_project(box: RunningSandbox, session: ftrack_api.Session) -> None:
    """What somebody may not see can't be guessed by asking about it either."""
    version = session.query("AssetVersion where asset.name is qp010_comp").one()
    note = {"content": "seen?", "author": session.query("User where username is artist").one()}
    shared = session.create(
        "AssetVersionList", {"name": "mixed", "project": version["project"], "items": [version]}
    )
    session.create("Note", note)
    session.commit()
    query = f'AssetVersionList where items any (asset.name is "qp010_comp") and id is {shared["id"]}'
    assert len(session.query(query).all()) == 1
    assert box.session("artist").query(query).all() == []


def test_search_by_words_within_a_context(box: RunningSandbox, reader: ftrack_api.Session) -> None:
    sequence = reader.query("Sequence where name is sq010").one()["id"]
    search = {
        "action": "search",
        "expression": "select asset.name from AssetVersion",
        "entity_type": "AssetVersion",
    }
    found = call(box, "artist", **search, terms=["SH010_C"], context_id=sequence)[0]
    assert found["action"] == "search"
    assert [version["asset"]["name"] for version in found["data"]] == ["sh010_comp"]
    assert call(box, "artist", **search, terms=["qp010"])[0]["data"] == []


def test_a_widget_address_is_a_page_for_a_while(box: RunningSandbox, reader: ftrack_api.Session) -> None:
    task = reader.query("Task where parent.name is sh010").first()
    url = reader.get_widget_url("info", entity=task, theme="light")
    page = requests.get(url, timeout=10)
    assert page.status_code == 200
    assert task["name"] in page.text
    assert requests.get(url.replace("info", "tasks"), timeout=10).status_code == 403
    late = re.sub(r"until=\d+", "until=1", url)
    assert requests.get(late, timeout=10).status_code == 403
    own = box.session("artist").get_widget_url("tasks")
    assert "sh010 / " in requests.get(own, timeout=10).text


def test_invitations_stay_on_this_machine(box: RunningSandbox, session: ftrack_api.Session) -> None:
    project = session.query("Project where name is encode_media_demo").one()
    review = session.create("ReviewSession", {"name": "Dailies", "project": project})
    data = {"name": "Client", "email": "client@example.com", "review_session": review}
    invitee = session.create("ReviewSessionInvitee", data)
    session.commit()
    session.send_review_session_invite(invitee)
    session.send_user_invite(session.query("User where username is artist").one())
    kept = requests.get(f"{box.url}/sandbox/invitations", timeout=10).json()
    assert [(one["kind"], one["email"]) for one in kept[-2:]] == [
        ("review_session", "client@example.com"),
        ("user", "artist@example.com"),
    ]
    with pytest.raises(ftrack_api.exception.ServerError, match="administrators only"):
        box.session("artist").send_user_invite(session.query("User where username is supervisor").one())


def test_a_key_of_ones_own(box: RunningSandbox, session: ftrack_api.Session) -> None:
    """2.1 `reset_remote`: the new key is good for its user alone, the one before for nobody."""
    user = session.create("User", {"username": "keyed", "is_active": True})
    session.commit()
    first = session.reset_remote("api_key", entity=user)["api_key"]
    second = session.reset_remote("api_key", entity=user)["api_key"]
    statuses = {}
    for name, key in {"keyed": second, "artist": second, "old": first}.items():
        headers = {
            "ftrack-user": "keyed" if name == "old" else name,
            "ftrack-api-key": key,
            "ftrack-strict-api": "true",
        }
        body = [{"action": "query_server_information"}]
        statuses[name] = requests.post(f"{box.url}/api", json=body, headers=headers, timeout=10).status_code
    assert statuses == {"keyed": 200, "artist": 401, "old": 401}


def test_timers_become_timelogs(session: ftrack_api.Session) -> None:
    """2.5: a second timer fails; stopping makes a timelog."""
    user = session.create("User", {"username": "timed", "is_active": True})
    session.commit()
    user.start_timer(name="Lookdev")
    with pytest.raises(ftrack_api.exception.NotUniqueError):
        user.start_timer(name="Again")
    session.rollback()
    timelog = user.stop_timer()
    session.commit()
    assert session.get("Timelog", timelog["id"])["name"] == "Lookdev"


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:5173"])
def test_pages_of_other_servers_here_may_be_clients(box: RunningSandbox, origin: str) -> None:
    """1.3: the browser asks with credentials, so the origin is named, and `ETag` is shown."""
    asked = {"Origin": origin, "Access-Control-Request-Headers": "ftrack-user,ftrack-api-key"}
    before = requests.options(f"{box.url}/api", headers=asked, timeout=10)
    assert before.status_code == 204
    assert before.headers["Access-Control-Allow-Headers"] == "ftrack-user,ftrack-api-key"
    headers = {"Origin": origin, "ftrack-user": "artist", "ftrack-api-key": box.address.api_key}
    body = [{"action": "query_server_information"}]
    answer = requests.post(f"{box.url}/api", json=body, headers=headers, timeout=10)
    assert answer.json()[0]["version"]
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert requests.get(f"{box.url}/sandbox/session", headers={"Origin": origin}, timeout=10).status_code == 403


def listening(box: RunningSandbox, user: str) -> tuple[ftrack_api.Session, list[dict[str, Any]]]:
    session, entities = box.session(user, hub=True), []
    session.event_hub.subscribe("topic=ftrack.update", lambda event: entities.extend(event["data"]["entities"]))
    # The subscription was taken once an event of one's own has come back.
    back: list[Any] = []
    session.event_hub.subscribe("topic=actions.settled", back.append)
    session.event_hub.publish(ftrack_api.event.base.Event("actions.settled", data={}))

    def settled() -> bool:
        session.event_hub.wait(0.05)
        return bool(back)

    wait_for(settled, what="an event to oneself")
    return session, entities


def test_changes_in_a_private_project_are_told_to_those_who_see_it(
    box: RunningSandbox, session: ftrack_api.Session
) -> None:
    """8: `ftrack.update`, for an entity, its note, its metadata and its components alike."""
    supervisor, told = listening(box, "supervisor")
    artist, overheard = listening(box, "artist")
    version = session.query("AssetVersion where asset.name is qp010_comp").one()
    version["comment"] = "still quiet"
    version["metadata"]["secret"] = "plans"
    version.create_note("psst", session.query("User where username is supervisor").one())
    session.commit()
    public = session.query("Shot where name is sh020").one()
    public["description"] = "for everybody"
    session.commit()

    def both_know() -> bool:
        for one in (supervisor, artist):
            one.event_hub.wait(0.05)
        return all(any(entity["entityId"] == public["id"] for entity in heard) for heard in (told, overheard))

    wait_for(both_know, what="the public change")
    assert {entity["entity_type"] for entity in told} >= {"AssetVersion", "Metadata", "Note", "Recipient", "Shot"}
    assert {entity["entity_type"] for entity in overheard} == {"Shot"}
