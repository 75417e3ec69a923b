"""Protocol page, section 7.1 to 7.4: what is on the wire of the event hub."""

from __future__ import annotations

import json
import socket as sockets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from support.sandbox import RunningSandbox, running_sandbox

Dial = Callable[..., websocket.WebSocket]


def handshake(box: RunningSandbox, *, query: bool = False) -> requests.Response:
    credentials = {"ftrack-user": "artist", "ftrack-api-key": box.address.api_key}
    parameters = {"api_user": "artist", "api_key": box.address.api_key}
    return requests.get(
        f"{box.url}/socket.io/1/",
        headers={} if query else credentials,
        params=parameters if query else {},
        timeout=10,
    )


def websocket_url(box: RunningSandbox, sid: str) -> str:
    return box.url.replace("http", "ws") + "/socket.io/1/websocket/" + sid


@pytest.fixture
def dial(box: RunningSandbox) -> Iterator[Dial]:
    opened: list[websocket.WebSocket] = []

    def make(**options: Any) -> websocket.WebSocket:
        sid = handshake(box).text.split(":")[0]
        opened.append(websocket.create_connection(websocket_url(box, sid), timeout=10, **options))
        assert opened[-1].recv() == "1::"
        return opened[-1]

    yield make
    for connection in opened:
        connection.close()


def packet(event: Any, packet_id: str = "") -> str:
    return f"5:{packet_id}::" + json.dumps({"name": "ftrack.event", "args": [event]})


@pytest.mark.parametrize("query", [False, True])
def test_the_handshake_is_four_fields(box: RunningSandbox, query: bool) -> None:
    answer = handshake(box, query=query)
    assert answer.headers["Content-Type"].startswith("text/plain")
    sid, heartbeat, close, transports = answer.text.split(":")
    assert sid
    assert int(heartbeat) <= 10 < int(close)
    assert "websocket" in transports.split(",")


def test_a_handshake_without_credentials_is_refused(box: RunningSandbox) -> None:
    assert requests.get(f"{box.url}/socket.io/1/", timeout=10).status_code == 401


def test_a_session_id_is_good_once(box: RunningSandbox) -> None:
    sid = handshake(box).text.split(":")[0]
    first = websocket.create_connection(websocket_url(box, sid), timeout=10)
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(websocket_url(box, sid), timeout=10)
    first.close()


def test_an_unknown_session_id_is_refused(box: RunningSandbox) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(websocket_url(box, "unknown"), timeout=10)


def test_another_servers_page_can_not_connect(box: RunningSandbox) -> None:
    sid = handshake(box).text.split(":")[0]
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(websocket_url(box, sid), timeout=10, origin="http://evil.example")


def test_an_acknowledgement_has_its_argument(dial: Dial) -> None:
    connection = dial()
    connection.send(packet({"topic": "test.ack", "data": {}}, "7+"))
    assert connection.recv() == '6:::7+[{"success": true}]'


@pytest.mark.parametrize(
    "event",
    [
        {"data": {}},
        "text",
        {"topic": "ftrack.meta.subscribe", "data": {}},
        {"topic": "ftrack.meta.subscribe", "data": {"subscriber": {"id": "a"}, "subscription": ""}},
        {"topic": "ftrack.meta.subscribe", "data": {"subscriber": {"id": "a"}, "subscription": "topic="}},
        {"topic": "test", "data": {}, "target": "(((("},
        {"topic": "ftrack.update", "data": {"entities": []}},
    ],
)
def test_what_can_not_be_accepted_is_acknowledged_as_failed(dial: Dial, event: Any) -> None:
    connection = dial()
    connection.send(packet(event, "3+"))
    code, answer = connection.recv().split("6:::3+")
    assert code == ""
    assert json.loads(answer)[0]["success"] is False


@pytest.mark.parametrize("rubbish", ["", "5", "5:::", "5:::{", "9:::x", "5:1+::[]", "6:::1", "::::", "2::"])
def test_rubbish_ends_nothing(dial: Dial, rubbish: str) -> None:
    connection = dial()
    connection.send(rubbish)
    connection.send(packet({"topic": "test", "data": {}}, "4+"))
    answers = [connection.recv()]
    while not answers[-1].startswith("6:::4+"):
        answers.append(connection.recv())
    assert answers[-1] == '6:::4+[{"success": true}]'


def test_events_have_the_seven_keys_and_no_packet_id(dial: Dial) -> None:
    connection = dial()
    subscription = {"subscriber": {"id": "keys"}, "subscription": 'topic="test.keys"'}
    connection.send(packet({"topic": "ftrack.meta.subscribe", "data": subscription}))
    connection.send(packet({"topic": "test.keys", "data": {"x": 1}, "extra": True, "pushToken": "p"}))
    text = connection.recv()
    assert text.startswith("5:::{")
    body = json.loads(text[4:])
    assert set(body["args"][0]) == {"id", "topic", "data", "sent", "source", "target", "inReplyToEvent"}
    assert body["args"][0]["id"]


def test_the_same_subscription_twice_is_delivered_once(dial: Dial) -> None:
    connection = dial()
    subscription = {"subscriber": {"id": "twice"}, "subscription": "topic=test.twice"}
    for _ in range(2):
        connection.send(packet({"topic": "ftrack.meta.subscribe", "data": subscription}, "1+"))
        assert connection.recv().startswith("6:::1+")
    connection.send(packet({"topic": "test.twice", "data": {}}))
    connection.send(packet({"topic": "test.other", "data": {}}, "2+"))
    assert connection.recv().startswith("5:::")
    assert connection.recv().startswith("6:::2+")


def test_a_fragmented_packet_is_one_packet(dial: Dial) -> None:
    connection = dial()
    text = packet({"topic": "test", "data": {}}, "5+")
    connection.send_frame(websocket.ABNF.create_frame(text[:10], websocket.ABNF.OPCODE_TEXT, fin=0))
    connection.send_frame(websocket.ABNF.create_frame(text[10:], websocket.ABNF.OPCODE_CONT, fin=1))
    assert connection.recv().startswith("6:::5+")


def test_the_server_beats_before_clients_lose_patience(dial: Dial) -> None:
    """JavaScript clients hang up after 15 seconds of silence."""
    connection = dial()
    started = time.monotonic()
    assert connection.recv() == "2::"
    assert 3 < time.monotonic() - started < 10


def test_a_stopping_server_says_so_and_cuts_the_line_without_a_close_frame(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "data") as box:
        sid = handshake(box).text.split(":")[0]
        connection = websocket.create_connection(websocket_url(box, sid), timeout=10)
        assert connection.recv() == "1::"
        box.stop()
        received = b""
        raw: sockets.socket = connection.sock
        while data := raw.recv(4096):
            received += data
        connection.shutdown()
        assert received == b"\x81\x03" + b"0::"
