"""Protocol page, sections 1 to 4: opening a session, schemas, credentials, errors."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.exception
import pytest
import requests

from support.sandbox import RunningSandbox


def post(box: RunningSandbox, operations: Any, **headers: str) -> requests.Response:
    credentials = {"ftrack-user": box.address.api_user, "ftrack-api-key": box.address.api_key}
    return requests.post(f"{box.url}/api", json=operations, headers={**credentials, **headers}, timeout=10)


def test_a_session_knows_the_server_and_who_it_speaks_for(reader: ftrack_api.Session) -> None:
    information = reader.server_information
    assert information["user_information"]["username"] == "supervisor"
    assert information["is_timezone_support_enabled"] is True
    assert not information["storage_scenario"]["scenario"]


def test_one_key_opens_a_session_for_every_active_user(box: RunningSandbox) -> None:
    assert box.session("artist").server_information["user_information"]["username"] == "artist"


@pytest.mark.parametrize(("user", "key"), [("supervisor", "wrong"), ("nobody", None)])
def test_bad_credentials_are_a_server_error(box: RunningSandbox, user: str, key: str | None) -> None:
    with pytest.raises(ftrack_api.exception.ServerError, match="InvalidCredentialsError"):
        ftrack_api.Session(server_url=box.url, api_user=user, api_key=key or box.address.api_key, plugin_paths=[])


def test_an_inactive_user_is_not_let_in(box: RunningSandbox, session: ftrack_api.Session) -> None:
    session.create("User", {"username": "gone", "is_active": False})
    session.commit()
    with pytest.raises(ftrack_api.exception.ServerError, match="InvalidCredentialsError"):
        box.session("gone")


def test_the_hash_is_that_of_the_schemas_as_the_client_computes_it(box: RunningSandbox) -> None:
    information, schemas = post(box, [{"action": "query_server_information"}, {"action": "query_schemas"}]).json()
    computed = hashlib.md5(json.dumps(schemas, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
    assert information["schema_hash"] == computed


def test_a_cached_schema_is_not_asked_for_again(
    box: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.session(schema_cache_path=str(tmp_path))
    asked: list[str] = []
    original = ftrack_api.Session.call

    def call(self: ftrack_api.Session, data: list[dict[str, Any]]) -> Any:
        asked.extend(one["action"] for one in data)
        return original(self, data)

    monkeypatch.setattr(ftrack_api.Session, "call", call)
    box.session(schema_cache_path=str(tmp_path))
    assert asked == ["query_server_information"]


@pytest.mark.parametrize(
    ("word", "schema"),
    [("task", "TypedContext"), ("show", "Project"), ("tasktype", "Type"), ("assetversion", "AssetVersion"),
     ("Component", "Component"), ("user", "User"), ("reviewsession", "ReviewSession"), ("list", "List")],
)  # fmt: skip
def test_the_words_of_action_selections_lead_to_their_schemas(
    reader: ftrack_api.Session, word: str, schema: str
) -> None:
    """Section 3.3, the rule by which action handlers resolve an entity type."""
    wanted = word.replace("_", "").lower()
    by_alias = [s["id"] for s in reader.schemas if str(s.get("alias_for", "")).lower() == wanted]
    by_id = [s["id"] for s in reader.schemas if s["id"].lower() == wanted]
    assert (by_alias or by_id)[0] == schema


def test_every_schema_has_a_key_and_default_projections(reader: ftrack_api.Session) -> None:
    for schema in reader.schemas:
        assert schema["primary_key"]
        assert schema["default_projections"]
        assert set(schema["primary_key"] + schema["default_projections"]) <= set(schema["properties"])


def test_single_operations_are_answered_in_a_list(box: RunningSandbox) -> None:
    answer = post(box, [{"action": "query", "expression": "select name from Location limit 1"}]).json()
    assert [element["action"] for element in answer] == ["query"]
    assert answer[0]["metadata"]["next"] == {"offset": 1}


def test_server_information_can_be_asked_for_by_name(box: RunningSandbox) -> None:
    answer = post(box, [{"action": "query_server_information", "values": ["schema_hash"]}]).json()
    assert set(answer[0]) == {"version", "schema_hash"}


@pytest.mark.parametrize(
    "operations",
    [
        [{"action": "query", "expression": "select nope from Task"}],
        [{"action": "query", "expression": "Task where {name is"}],
        [{"action": "query", "expression": "Nothing"}],
        [{"action": "delete", "entity_type": "Task", "entity_key": ["nowhere"]}],
        [{"action": "create", "entity_type": "Job", "entity_data": {"status": "{odd}"}}],
        {"no": "list"},
        [3],
    ],
)
def test_errors_carry_both_keys_and_no_braces(box: RunningSandbox, operations: Any) -> None:
    relaxed = post(box, operations)
    assert relaxed.status_code == 200
    error = relaxed.json()
    assert error["exception"]
    assert error["content"]
    assert not set("{}") & set(error["content"])
    assert post(box, operations, **{"ftrack-strict-api": "true"}).status_code >= 400


def test_a_refused_session_can_print_its_error(reader: ftrack_api.Session) -> None:
    with pytest.raises(ftrack_api.exception.ServerError) as caught:
        reader.query('Task where name is "{x}" and nope is "{y}"').all()
    assert "no attribute nope" in str(caught.value)


def test_an_unknown_action_is_said_in_the_words_the_client_knows(reader: ftrack_api.Session) -> None:
    """2.1: the client tells an old server by `Invalid action u'…'`; a server without an encoder is one."""
    component = reader.query("FileComponent where version.asset.name is sh020_concept").one()
    with pytest.raises(ftrack_api.exception.ServerCompatibilityError, match="encode_media"):
        reader.encode_media(component)


@pytest.mark.parametrize("path", ["/nothing", "/api", "/component/get", "/page/../credentials.json"])
def test_what_is_not_there_is_said_as_json(box: RunningSandbox, path: str) -> None:
    answer = requests.get(f"{box.url}{path}", timeout=10)
    assert answer.status_code >= 400
    assert {"exception", "content"} <= set(answer.json())


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example:80"}, {"Origin": "http://evil.example"}, {"Origin": "null"}],
)
def test_other_hosts_and_other_pages_are_refused(box: RunningSandbox, headers: dict[str, str]) -> None:
    """A page on the internet must not read the key, whatever name it makes point to this machine."""
    answer = requests.get(f"{box.url}/sandbox/session", headers=headers, timeout=10)
    assert answer.status_code == 403
    assert box.address.api_key not in answer.text


def test_the_page_gets_its_session(box: RunningSandbox) -> None:
    answer = requests.get(f"{box.url}/sandbox/session", timeout=10)
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["server_url"] == box.url
    assert body["api_key"] == box.address.api_key
    roles = {user["username"]: user["role"] for user in body["users"]}
    assert roles["supervisor"] == "Administrator"
    assert roles["artist"] == "User"
