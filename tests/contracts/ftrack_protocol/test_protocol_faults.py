"""Faults on demand: the client's side of each, as section 2.2 and 7.3 describe what clients make of them."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ftrack_api
import pytest
import requests

from support.faults import Faults
from support.sandbox import RunningSandbox, running_sandbox
from support.waiting import wait_for

INFORMATION = [{"action": "query_server_information"}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("faults") / "data") as running:
        yield running


@pytest.fixture
def faults(server: RunningSandbox) -> Iterator[Faults]:
    made = Faults(server.url)
    yield made
    made.clear()


def ask(server: RunningSandbox, operations: Any = INFORMATION, **headers: str) -> requests.Response:
    sent = {"ftrack-user": "supervisor", "ftrack-api-key": server.address.api_key, **headers}
    return requests.post(f"{server.url}/api", json=operations, headers=sent, timeout=30)


def test_latency(server: RunningSandbox, faults: Faults) -> None:
    with faults.active("latency", seconds=0.4):
        began = time.monotonic()
        ask(server)
        assert time.monotonic() - began >= 0.4


def test_an_error_with_its_status(server: RunningSandbox, faults: Faults) -> None:
    """2.2: any status with both keys is a ServerError."""
    session = server.session()
    with faults.active("error", status=503), pytest.raises(ftrack_api.exception.ServerError, match="can't answer"):
        session.query("Task").first()
    assert session.query("Task").first() is not None


@pytest.mark.parametrize(("status", "error"), [(200, ftrack_api.exception.ServerError), (502, ValueError)])
def test_garbage(server: RunningSandbox, faults: Faults, status: int, error: type[Exception]) -> None:
    """2.2: 200 without JSON is a ServerError, 5xx without JSON a raw decode error."""
    session = server.session()
    with faults.active("garbage", status=status), pytest.raises(error):
        session.query("Task").first()


def test_a_dropped_connection(server: RunningSandbox, faults: Faults) -> None:
    with faults.active("drop", times=1), pytest.raises(requests.exceptions.ConnectionError):
        ask(server)
    assert ask(server).status_code == 200


def test_an_answer_that_is_lost_after_the_work_was_done(server: RunningSandbox, faults: Faults) -> None:
    session = server.session()
    project = session.query("Project where name is encode_media_demo").one()
    make = {
        "action": "create",
        "entity_type": "Folder",
        "entity_data": {"name": "lost", "parent_id": project["id"]},
    }
    with (
        faults.active("drop", after_answer=True, action="create"),
        pytest.raises(requests.exceptions.ConnectionError),
    ):
        ask(server, [make])
    assert len(session.query("Folder where name is lost").all()) == 1


def test_a_fault_for_one_kind_of_operation_and_one_user(server: RunningSandbox, faults: Faults) -> None:
    with faults.active("error", action="query", user="artist"):
        query = [{"action": "query", "expression": "User limit 1"}]
        assert ask(server, query).status_code == 200
        assert ask(server, query, **{"ftrack-user": "artist"}).status_code == 503
        assert ask(server, **{"ftrack-user": "artist"}).status_code == 200


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the client leaves its file open
def test_an_upload_that_breaks(server: RunningSandbox, faults: Faults, tmp_path: Path) -> None:
    session = server.session()
    location = session.query("Location where name is ftrack.server").one()
    path = tmp_path / "broken.bin"
    path.write_bytes(bytes(300_000))
    with (
        faults.active("drop", path="/upload/", after_bytes=100_000),
        pytest.raises(ftrack_api.exception.LocationError),
    ):
        session.create_component(str(path), {"name": "broken"}, location=location)
    gc.collect()
    assert server.session().query("FileComponent where name is broken").first() is None


def test_an_upload_that_crawls(server: RunningSandbox, faults: Faults, tmp_path: Path) -> None:
    session = server.session()
    location = session.query("Location where name is ftrack.server").one()
    path = tmp_path / "slow.bin"
    path.write_bytes(bytes(60_000))
    began = time.monotonic()
    with faults.active("slow", path="/upload/", bytes_per_second=120_000):
        session.create_component(str(path), {"name": "slow"}, location=location)
    assert time.monotonic() - began >= 0.45


def test_credentials_that_expired(server: RunningSandbox, faults: Faults) -> None:
    with faults.active("credentials"), pytest.raises(ftrack_api.exception.ServerError, match="expired"):
        server.session()
    assert ask(server).json()[0]["version"]


def test_nobody_listens_for_a_while(server: RunningSandbox, faults: Faults) -> None:
    faults.add("refuse", for_s=0.6)

    def refused() -> bool:
        try:
            requests.get(server.url, timeout=5)
        except requests.exceptions.ConnectionError as error:
            return "refused" in str(error)
        return False

    wait_for(refused, what="a refusal")
    wait_for(lambda: not refused(), what="the return")
    assert ask(server).status_code == 200


def listening(server: RunningSandbox) -> tuple[ftrack_api.Session, list[int]]:
    session, numbers = server.session(hub=True), []
    session.event_hub.subscribe("topic=fault.case", lambda event: numbers.append(event["data"]["number"]))
    return session, numbers


def publish(session: ftrack_api.Session, *numbers: int) -> None:
    for number in numbers:
        session.event_hub.publish(ftrack_api.event.base.Event("fault.case", data={"number": number}))


def received(session: ftrack_api.Session, numbers: list[int], count: int) -> list[int]:
    def enough() -> bool:
        session.event_hub.wait(0.05)
        return len(numbers) >= count

    wait_for(enough, what=f"{count} events, not {numbers}")
    return numbers


def test_events_that_come_twice(server: RunningSandbox, faults: Faults) -> None:
    session, numbers = listening(server)
    with faults.active("duplicate"):
        publish(session, 1, 2)
        assert received(session, numbers, 4) == [1, 1, 2, 2]


def test_events_that_overtake_each_other(server: RunningSandbox, faults: Faults) -> None:
    session, numbers = listening(server)
    publish(session, 0)
    received(session, numbers, 1)
    with faults.active("reorder", times=1):
        publish(session, 1, 2)
        assert sorted(received(session, numbers, 3)) == [0, 1, 2]
    # Behind the acknowledgement, which is a packet too, or behind the next event.
    assert numbers[0] == 0


def test_a_hub_that_is_silent(server: RunningSandbox, faults: Faults) -> None:
    session, numbers = listening(server)
    publish(session, 0)
    received(session, numbers, 1)
    with faults.active("silence"):
        publish(session, 1)
        session.event_hub.wait(0.5)
        assert numbers == [0]
    publish(session, 2)
    assert received(session, numbers, 2) == [0, 2]


def test_a_hub_connection_that_is_cut_comes_back(server: RunningSandbox, faults: Faults) -> None:
    """7.3: TCP without a close frame is what the Python client reconnects after."""
    session, _ = listening(server)
    before = session.event_hub._connection
    faults.add("cut_hub")
    wait_for(
        lambda: session.event_hub._connection is not before and session.event_hub.connected,
        timeout_s=40,
        what="the new connection",
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kind": "flood"}, "needs a kind"),
        ({"kind": "error", "status": 200}, "400 to 599"),
        ({"kind": "error", "colour": "red"}, "no colour"),
        ({"kind": "latency", "seconds": "long"}, "number from 0"),
        ([], None),
    ],
)
def test_a_fault_that_can_not_be_is_refused_with_a_sentence(
    server: RunningSandbox, given: Any, sentence: str | None
) -> None:
    answer = requests.post(f"{server.url}/sandbox/faults", data=json.dumps(given), timeout=10)
    if sentence is None:
        assert answer.json() == []
    else:
        assert answer.status_code == 400
        assert sentence in answer.json()["content"]


def test_faults_are_listed_and_end_by_themselves(server: RunningSandbox, faults: Faults) -> None:
    faults.add("latency", seconds=0, times=1)
    assert [fault["kind"] for fault in faults.all()] == ["latency"]
    ask(server)
    assert faults.all() == []


def test_another_page_can_not_ask_for_faults(server: RunningSandbox) -> None:
    headers = {"Origin": "http://localhost:1", "Sec-Fetch-Site": "same-site"}
    answer = requests.post(f"{server.url}/sandbox/faults", json={"kind": "drop"}, headers=headers, timeout=10)
    assert answer.status_code == 403
