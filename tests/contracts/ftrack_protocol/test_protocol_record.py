"""Records: everything that goes over the wire, nothing secret, and the same again from the file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import ftrack_api
import pytest
import requests

from encode_media.sandbox.journal import without_secrets
from encode_media.sandbox.replay import RecordError, Replay, Report, read_record
from encode_media.sandbox.seeds import load_seed
from support.sandbox import RunningSandbox, running_sandbox


def work(server: RunningSandbox, clip: Path) -> None:
    """What a client does in a day: changes, files, parts, events, and a mistake."""
    session = server.session(hub=True)
    version = session.query("AssetVersion where asset.name is sh010_comp").one()
    location = session.query("Location where name is ftrack.server").one()
    component = version.create_component(str(clip), {"name": "recorded"}, location=location)
    session.commit()
    component["metadata"]["note"] = "from the record"
    session.commit()
    requests.get(location.get_url(component), timeout=10).raise_for_status()
    session.event_hub.publish(ftrack_api.event.base.Event("record.case", data={"version": version["id"]}))
    user = session.query("User where username is artist").one()
    session.reset_remote("api_key", user)
    javascript(server, session.query("Project where name is encode_media_demo").one()["id"])
    with pytest.raises(ftrack_api.exception.ServerError):
        session.query("select nothing from Task").all()
    session.event_hub.wait(0.1)


def javascript(server: RunningSandbox, project_id: str) -> None:
    """A client whose ids the server makes, and which uploads in parts, too large to be kept in a record."""
    headers = {"ftrack-user": "artist", "ftrack-api-key": server.address.api_key}

    def call(*operations: dict[str, Any]) -> Any:
        return requests.post(f"{server.url}/api", json=operations, headers=headers, timeout=10).json()

    folder = call(
        {"action": "create", "entity_type": "Folder", "entity_data": {"name": "js", "parent_id": project_id}}
    )
    below = {"name": "below", "parent_id": folder[0]["data"]["id"]}
    call({"action": "create", "entity_type": "Shot", "entity_data": below})
    component = {
        "action": "create",
        "entity_type": "FileComponent",
        "entity_data": {"id": "large", "name": "large"},
    }
    upload = {
        "action": "get_upload_metadata",
        "component_id": "large",
        "file_name": "l",
        "file_size": 1,
        "parts": 3,
    }
    _, where = call(component, upload)
    parts = []
    for number, part in enumerate(where["urls"]):
        answer = requests.put(part["signed_url"], data=bytes([number]) * 70_000, timeout=10)
        parts.append({"part_number": part["part_number"], "e_tag": answer.headers["ETag"].strip('"')})
    complete = {"action": "complete_multipart_upload", "component_id": "large", "upload_id": where["upload_id"]}
    call({**complete, "parts": parts})


def test_a_record_plays_to_the_same_end(tmp_path: Path, clip: Path) -> None:
    record = tmp_path / "record.jsonl"
    with running_sandbox(tmp_path / "first", record=record) as first:
        work(first, clip)
        key = first.address.api_key
    about, lines = read_record(record)
    assert (about["seed"], about["fresh"]) == ("demo", True)
    assert key not in record.read_text()

    with running_sandbox(tmp_path / "second") as second:
        report = replayed(second, lines)
        assert report.differences == []
        assert report.requests > 15
        assert report.events > 3
        session = second.session()
        component = session.query("FileComponent where name is recorded").one()
        assert component["metadata"]["note"] == "from the record"
        location = session.query("Location where name is ftrack.server").one()
        assert requests.get(location.get_url(component), timeout=10).content == clip.read_bytes()
        assert session.query("Shot where name is below and parent.name is js").one() is not None
        assert (second.data / "files" / "la" / "large").stat().st_size == 210_000


def replayed(server: RunningSandbox, lines: list[dict[str, Any]]) -> Report:
    return Replay(server.url, server.address.api_user, server.address.api_key).run(lines)


def test_a_different_end_is_told(tmp_path: Path, clip: Path) -> None:
    record = tmp_path / "record.jsonl"
    with running_sandbox(tmp_path / "first", record=record) as first:
        work(first, clip)
    with running_sandbox(tmp_path / "second", seed=load_seed("empty")) as second:
        differences = replayed(second, read_record(record)[1]).differences
    assert any(difference.recorded == "1 found" and difference.found == "0 found" for difference in differences)


def test_nothing_in_a_record_is_a_credential(tmp_path: Path, clip: Path) -> None:
    """Neither the key, nor a user's own, nor the secret behind addresses, nor a signature, nor a mistyped key."""
    record = tmp_path / "record.jsonl"
    with running_sandbox(tmp_path / "data", record=record) as server:
        work(server, clip)
        requests.get(f"{server.url}/component/get?id=x&username=artist&apiKey=alm0st-the-key", timeout=10)
        requests.get(f"{server.url}/socket.io/1/?api_user=artist&api_key=alm0st-the-key", timeout=10)
    kept = json.loads((tmp_path / "data" / "credentials.json").read_text())
    assert kept["user_keys"]
    text = record.read_text()
    for secret in (kept["api_key"], kept["signing_secret"], *kept["user_keys"].values(), "alm0st-the-key"):
        assert secret not in text
    assert "token=removed" in text
    # Signatures are 64 hexadecimal digits, and nothing else in a record is.
    assert re.findall(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", text) == []


@pytest.mark.parametrize(
    "line",
    [
        '{"query": "id=1&apiKey=s3cret&size=2"}',
        '{"url": "http://h/upload/1?token=s3cret&size="}',
        '{"api_key": "s3cret"}',
        '{"data": "{\\"api_key\\": \\"s3cret\\"}"}',
        '{"ftrack-api-key": "s3cret"}',
        '{"password": "s3cret"}',
    ],
)
def test_secrets_are_known_by_where_they_stand(line: str) -> None:
    assert "s3cret" not in without_secrets(line, ())
    json.loads(without_secrets(line, ()))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "not a record"), ('{"kind": "x"}\n', "not a record"), ("no\n", "line 1"),
     ('{"kind": "recording", "version": 99}\n', "another version")],
)  # fmt: skip
def test_what_is_not_a_record_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(RecordError, match=sentence):
        read_record(path)


def test_the_feed_shows_what_happens(tmp_path: Path) -> None:
    """What an event inspector reads: earlier entries first, then each as it comes."""
    with running_sandbox(tmp_path / "data") as server:
        session = server.session(hub=True)
        with requests.get(f"{server.url}/sandbox/feed?kind=event", stream=True, timeout=30) as feed:
            session.event_hub.publish(ftrack_api.event.base.Event("feed.case", data={"token": "s3cret"}))
            lines = (json.loads(line[6:]) for line in feed.iter_lines() if line.startswith(b"data: "))
            entry = next(found for found in lines if found["kind"] == "event")
        assert entry["event"]["topic"] == "feed.case"
        assert entry["event"]["data"]["token"] == "removed"
