"""Section 8: actions on the unmodified `ftrack-action-handler` 0.3.1, discovered and launched over the hub."""

# ruff: noqa: ARG002 - the signatures are the package's

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import ftrack_api
import pytest
from ftrack_action_handler.action import AdvancedBaseAction, BaseAction

from support.sandbox import RunningSandbox
from support.waiting import wait_for


class Counting(BaseAction):  # type: ignore[misc] - the package has no types
    label, identifier, variant = "Count", "count-things", "plain"

    def discover(self, session: Any, entities: list[Any], event: Any) -> bool:
        return bool(entities)

    def interface(self, session: Any, entities: list[Any], event: Any) -> list[dict[str, Any]] | None:
        return (
            None
            if "values" in event["data"]
            else [{"type": "number", "name": "factor", "label": "Factor", "value": 2}]
        )

    def launch(self, session: Any, entities: list[Any], event: Any) -> dict[str, Any]:
        found = [session.get(kind, identifier) for kind, identifier in entities]
        names = ", ".join(entity.entity_type for entity in found)
        return {"success": True, "message": f"{names} x {event['data']['values']['factor']}"}


class Careful(AdvancedBaseAction):  # type: ignore[misc] - the package has no types
    label, identifier = "Careful", "careful-things"
    allowed_roles = ("Administrator",)
    allowed_types = ("AssetVersion",)
    run_as_user = True

    def discover(self, session: Any, entities: list[Any], event: Any) -> bool:
        return True

    def launch(self, session: Any, entities: list[Any], event: Any) -> bool:
        return True


@pytest.fixture(scope="module")
def asking(box: RunningSandbox) -> Iterator[ftrack_api.Session]:
    handler = box.session(hub=True)
    for action in (Counting(handler), Careful(handler)):
        action.register()
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            handler.event_hub.wait(0.2)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield box.session(hub=True)
    ended.set()
    thread.join()


def replies(session: ftrack_api.Session, topic: str, data: dict[str, Any], count: int) -> list[Any]:
    got: list[Any] = []
    event = ftrack_api.event.base.Event(topic, data=data)
    session.event_hub.publish(event, on_reply=lambda reply: got.append(reply["data"]))

    def enough() -> bool:
        session.event_hub.wait(0.05)
        return len(got) >= count

    wait_for(enough, timeout_s=30, what=f"{count} replies to {topic}")
    return got


def selection(session: ftrack_api.Session, query: str, kind: str) -> list[dict[str, str]]:
    return [{"entityId": session.query(query).first()["id"], "entityType": kind}]


def test_both_kinds_of_action_are_discovered(asking: ftrack_api.Session) -> None:
    selected = selection(asking, "AssetVersion where asset.name is sh010_comp", "assetversion")
    found = [
        item
        for answer in replies(asking, "ftrack.action.discover", {"selection": selected}, 2)
        for item in answer["items"]
    ]
    assert {item["actionIdentifier"] for item in found} == {"count-things", "careful-things"}


@pytest.mark.parametrize(
    ("query", "kind", "message"),
    [
        ("Shot where name is sh010", "task", "Shot x 3"),
        ("Project where name is encode_media_demo", "show", "Project x 3"),
        ("AssetVersion where asset.name is sh010_comp", "assetversion", "AssetVersion x 3"),
    ],
)
def test_an_action_shows_its_form_and_runs_with_its_values(
    asking: ftrack_api.Session, query: str, kind: str, message: str
) -> None:
    """The legacy words of selections lead to entities of their concrete types."""
    data = {"actionIdentifier": "count-things", "selection": selection(asking, query, kind)}
    [form] = replies(asking, "ftrack.action.launch", data, 1)
    assert form["items"][0]["name"] == "factor"
    [result] = replies(asking, "ftrack.action.launch", {**data, "values": {"factor": 3}}, 1)
    assert result == {"success": True, "message": message}


def test_an_action_runs_as_the_user_who_launched_it(asking: ftrack_api.Session) -> None:
    """`run_as_user` opens a session with the same key and the launching user's name."""
    selected = selection(asking, "AssetVersion where asset.name is sh010_comp", "assetversion")
    data = {"actionIdentifier": "careful-things", "selection": selected}
    [result] = replies(asking, "ftrack.action.launch", data, 1)
    assert result["success"] is True
