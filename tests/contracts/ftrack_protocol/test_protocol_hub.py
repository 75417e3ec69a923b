"""Protocol page, sections 7 and 8: the event hub, by the real client."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ftrack_api
import pytest
from ftrack_api.event.base import Event

from support.sandbox import RunningSandbox, running_sandbox, start_process
from support.waiting import wait_for

Connect = Callable[..., ftrack_api.Session]


def wait_in_background(session: ftrack_api.Session) -> None:
    threading.Thread(target=session.event_hub.wait, daemon=True).start()


@pytest.fixture
def connect(box: RunningSandbox) -> Iterator[Connect]:
    """Opens sessions whose hub is connected and handles events."""
    opened: list[ftrack_api.Session] = []

    def make(user: str = "supervisor") -> ftrack_api.Session:
        session = box.session(user, hub=True)
        wait_in_background(session)
        opened.append(session)
        return session

    yield make
    for session in opened:
        session.close()


def subscribe(session: ftrack_api.Session, expression: str, **subscriber: Any) -> list[Event]:
    """The events that arrive; returns once the server has the subscription."""
    got: list[Event] = []
    confirmed = threading.Event()
    ready = f"test.ready.{uuid.uuid4().hex}"
    session.event_hub.subscribe(expression, got.append, subscriber=subscriber or None)
    session.event_hub.subscribe(f"topic={ready}", lambda _: confirmed.set())
    session.event_hub.publish(Event(ready))
    assert confirmed.wait(10)
    return got


def settle(session: ftrack_api.Session) -> None:
    """Everything this session published before has been routed."""
    subscribe(session, "topic=test.settle")


def test_an_event_reaches_others_and_the_sender_once(connect: Connect) -> None:
    sender, other = connect(), connect("artist")
    own = subscribe(sender, "topic=test.all")
    subscribe(other, "topic=test.*")
    theirs = subscribe(other, "topic=test.all")
    sender.event_hub.publish(Event("test.all", data={"n": 5, "text": "ä"}))
    wait_for(lambda: own and theirs)
    settle(other)
    assert len(own) == 1
    assert len(theirs) == 1
    assert theirs[0]["data"] == {"n": 5, "text": "ä"}


def test_the_source_is_the_user_of_the_connection_with_the_id_handlers_read(connect: Connect) -> None:
    sender, other = connect("artist"), connect()
    got = subscribe(other, "topic=test.source")
    sender.event_hub.publish(Event("test.source", source={"user": {"username": "supervisor"}}))
    event = wait_for(lambda: got)[0]
    artist = sender.query("User where username is artist").one()
    assert event["source"]["user"] == {"id": artist["id"], "username": "artist"}
    assert event["source"]["id"] == sender.event_hub.id


def test_an_answer_comes_back_to_who_asked(connect: Connect) -> None:
    asker, handler, bystander = connect("artist"), connect(), connect()
    overheard = subscribe(bystander, "topic=ftrack.meta.reply")
    handler.event_hub.subscribe("topic=ftrack.action.discover", lambda event: {"items": [event["data"]["n"]]})
    settle(handler)
    answers: list[Event] = []
    for number in (1, 2):
        asker.event_hub.publish(Event("ftrack.action.discover", data={"n": number}), on_reply=answers.append)
    wait_for(lambda: len(answers) == 2)
    settle(bystander)
    assert [answer["data"] for answer in answers] == [{"items": [1]}, {"items": [2]}]
    assert overheard == []


def test_a_target_picks_the_subscribers(connect: Connect) -> None:
    sender, web, tool = connect(), connect(), connect()
    in_web = subscribe(web, "topic=test.target", applicationId="ftrack.client.web", user={"id": "u-1"})
    in_tool = subscribe(tool, "topic=test.target", applicationId="tool", user={"id": "u-1"})
    sender.event_hub.publish(Event("test.target", target='applicationId=ftrack.client.web and user.id="u-1"'))
    wait_for(lambda: in_web)
    settle(tool)
    assert in_tool == []


def test_events_of_one_sender_keep_their_order(connect: Connect) -> None:
    sender, other = connect(), connect()
    got = subscribe(other, "topic=test.order")
    for number in range(200):
        sender.event_hub.publish(Event("test.order", data={"n": number}))
    wait_for(lambda: len(got) == 200)
    assert [event["data"]["n"] for event in got] == list(range(200))


def test_after_unsubscribing_nothing_comes(connect: Connect) -> None:
    sender, other = connect(), connect()
    got: list[Event] = []
    identifier = other.event_hub.subscribe("topic=test.off", got.append)
    settle(other)
    sender.event_hub.publish(Event("test.off"))
    wait_for(lambda: got)
    other.event_hub.unsubscribe(identifier)
    settle(other)
    sender.event_hub.publish(Event("test.off"))
    settle(sender)
    settle(other)
    assert len(got) == 1


def test_the_newest_connection_takes_a_subscriber_over(connect: Connect) -> None:
    old, new, sender = connect(), connect(), connect()
    first = subscribe(old, "topic=test.over", id="the-same")
    second = subscribe(new, "topic=test.over", id="the-same")
    sender.event_hub.publish(Event("test.over"))
    wait_for(lambda: second)
    settle(old)
    assert first == []


def test_a_subscription_can_look_into_the_event(connect: Connect) -> None:
    sender, other = connect(), connect()
    got = subscribe(other, "topic=ftrack.action.launch and data.actionIdentifier=encode-media")
    for name in ("other", "encode-media"):
        sender.event_hub.publish(Event("ftrack.action.launch", data={"actionIdentifier": name}))
    wait_for(lambda: got)
    settle(sender)
    assert [event["data"]["actionIdentifier"] for event in got] == ["encode-media"]


def test_large_events_pass(connect: Connect) -> None:
    sender, other = connect(), connect()
    got = subscribe(other, "topic=test.large")
    sender.event_hub.publish(Event("test.large", data={"text": "x" * 3_000_000}))
    assert len(wait_for(lambda: got)[0]["data"]["text"]) == 3_000_000


def test_a_commit_is_told_in_the_words_listeners_know(box: RunningSandbox, connect: Connect) -> None:
    listener, writer = connect(), box.session("artist")
    got = subscribe(listener, "topic=ftrack.update")
    version = writer.query("AssetVersion where asset.name is sh020_concept").one()
    old, new = version["status_id"], writer.query("Status where name is Revise").one()["id"]
    version["status_id"] = new
    writer.commit()
    data = wait_for(lambda: got)[0]["data"]
    [entity] = data["entities"]
    assert data["user"]["name"] == "artist"
    assert (entity["entityType"], entity["entity_type"]) == ("assetversion", "AssetVersion")
    assert entity["action"] == "update"
    assert entity["entityId"] == version["id"]
    assert entity["keys"] == ["statusid"]
    assert entity["changes"] == {"statusid": {"old": old, "new": new}}
    assert entity["parentId"] == version["asset_id"]
    line = [parent["entityType"] for parent in entity["parents"]]
    assert line == ["assetversion", "asset", "task", "task", "show"]


def test_made_and_removed_entities_are_told_too(connect: Connect, box: RunningSandbox) -> None:
    listener, writer = connect(), box.session()
    got = subscribe(listener, "topic=ftrack.update")
    shot = writer.create("Shot", {"name": "told", "parent": writer.query("Project").first()})
    task = writer.create("Task", {"name": "told", "parent": shot})
    writer.commit()
    writer.delete(shot)
    writer.commit()
    wait_for(lambda: len(got) == 2)
    made, gone = (event["data"]["entities"] for event in got)
    assert [(one["action"], one["entityId"]) for one in made] == [("add", shot["id"]), ("add", task["id"])]
    assert made[1]["objectTypeId"] == task["object_type_id"]
    assert {(one["action"], one["entityId"]) for one in gone} == {("remove", shot["id"]), ("remove", task["id"])}


def test_reading_and_changing_nothing_is_not_told(connect: Connect, box: RunningSandbox) -> None:
    listener, writer = connect(), box.session()
    got = subscribe(listener, "topic=ftrack.update")
    shot = writer.query("Shot where name is sh010").one()
    shot["description"] = shot["description"] + ""
    writer.commit()
    settle(listener)
    assert got == []


def test_two_hundred_connections_are_no_problem(box: RunningSandbox) -> None:
    import json

    import requests
    import websocket

    headers = {"ftrack-user": "supervisor", "ftrack-api-key": box.address.api_key}
    sockets = []
    try:
        for number in range(200):
            handshake = requests.get(f"{box.url}/socket.io/1/", headers=headers, timeout=10).text
            url = box.url.replace("http", "ws") + "/socket.io/1/websocket/" + handshake.split(":")[0]
            sockets.append(websocket.create_connection(url, timeout=10))
            data = {"subscriber": {"id": f"many-{number}"}, "subscription": "topic=test.many"}
            event = {"topic": "ftrack.meta.subscribe", "data": data}
            sockets[-1].send("5:1+::" + json.dumps({"name": "ftrack.event", "args": [event]}))
        for socket in sockets:
            assert socket.recv() == "1::"
            assert socket.recv().startswith("6:::1+[")
        event = {"topic": "test.many", "data": {}}
        sockets[0].send("5:::" + json.dumps({"name": "ftrack.event", "args": [event]}))
        for socket in sockets:
            assert '"topic": "test.many"' in socket.recv()
    finally:
        for socket in sockets:
            socket.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_clients_come_back_to_a_server_that_was_away(tmp_path: Path, how: str) -> None:
    """Section 7.3: the line is cut without a close frame, else the client is deaf for ever."""
    with running_sandbox(tmp_path / "data", process=True) as box:
        session = box.session(hub=True)
        session.event_hub._auto_reconnect_delay = 0.5  # instead of ten seconds
        wait_in_background(session)
        got = subscribe(session, "topic=test.back")
        getattr(box, how)()
        wait_for(lambda: not session.event_hub.connected)
        again = start_process(box.data, port=box.port)
        try:
            wait_for(lambda: session.event_hub.connected, timeout_s=25)
            sender = again.session(hub=True)
            wait_for(lambda: (sender.event_hub.publish(Event("test.back")), got)[1])
        finally:
            again.close_sessions()
            box.close_sessions()
            again.stop()
