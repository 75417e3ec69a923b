"""What was answered is kept, however the server ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.symbol
import pytest
import requests

from support.sandbox import RunningSandbox, running_sandbox, start_in_process
from support.waiting import wait_for


def publish(box: RunningSandbox, clip: Path) -> Any:
    session = box.session()
    version = session.query("AssetVersion where asset.name is sh010_comp").one()
    server = session.get("Location", ftrack_api.symbol.SERVER_LOCATION_ID)
    component = version.create_component(str(clip), data={"name": "kept"}, location=server)
    component["metadata"]["ftr_meta"] = "{}"
    session.commit()
    return component


def download(box: RunningSandbox, component_id: str) -> bytes:
    parameters = {"id": component_id, "username": "artist", "apiKey": box.address.api_key}
    return requests.get(f"{box.url}/component/get", params=parameters, timeout=10).content


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_everything_is_there_again_after_the_end(tmp_path: Path, clip: Path, how: str) -> None:
    data = tmp_path / "data"
    with running_sandbox(data, process=True) as box:
        component_id = publish(box, clip)["id"]
        first_key = box.address.api_key
        getattr(box, how)()
        with running_sandbox(data, port=box.port) as again:
            assert again.url == box.url
            assert again.address.api_key == first_key
            kept = again.session().get("FileComponent", component_id)
            assert kept["version"]["asset"]["name"] == "sh010_comp"
            assert kept["metadata"]["ftr_meta"] == "{}"
            assert download(again, component_id) == clip.read_bytes()
            assert len(again.session().query("Project").all()) == 2


def test_a_kill_in_the_middle_of_an_upload_leaves_no_half_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_sandbox(data, process=True) as box:
        session = box.session()
        metadata = session.get_upload_metadata("half-of-it", "x.mov", 1_000_000, "")
        path = metadata["url"].removeprefix(box.url)
        with socket.create_connection(("127.0.0.1", box.port), timeout=10) as line:
            head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{box.port}\r\nContent-Length: 1000000\r\n\r\n"
            line.sendall(head.encode() + b"x" * 500_000)
            wait_for(lambda: list((data / "files" / "incoming").iterdir()))
            box.kill()
    with running_sandbox(data) as again:
        parameters = {"id": "half-of-it", "username": "supervisor", "apiKey": again.address.api_key}
        answer = requests.get(f"{again.url}/component/get", params=parameters, timeout=10)
        assert answer.status_code == 404


def test_a_commit_that_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "data") as box:
        project = box.session().query("Project").first()
        operations = [
            {"action": "create", "entity_type": "Shot", "entity_key": ["s-1"],
             "entity_data": {"name": "a", "project_id": project["id"]}},
            {"action": "update", "entity_type": "Shot", "entity_key": ["nowhere"], "entity_data": {"name": "b"}},
        ]  # fmt: skip
        headers = {"ftrack-user": "supervisor", "ftrack-api-key": box.address.api_key}
        assert "exception" in requests.post(f"{box.url}/api", json=operations, headers=headers, timeout=10).json()
        assert box.session().get("Shot", "s-1") is None


def test_uploads_nobody_claimed_are_dropped_after_a_day(tmp_path: Path, clip: Path) -> None:
    data = tmp_path / "data"
    with running_sandbox(data) as box:
        claimed = publish(box, clip)["id"]
        session = box.session()
        for name in ("unclaimed-old", "unclaimed-new"):
            metadata = session.get_upload_metadata(name, "x.mov", 1, "")
            assert requests.put(metadata["url"], data=b"x", timeout=10).ok
    files = data / "files"
    for name in (claimed, "unclaimed-old"):
        os.utime(files / name[:2] / name, (0, 0))
    with running_sandbox(data):
        left = {path.name for path in files.glob("*/*")}
    assert left == {claimed, "unclaimed-new"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights another way")
def test_the_key_is_for_its_owner_only(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "data") as box:
        path = box.data / "credentials.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert box.address.api_key in path.read_text()
        assert box.address.api_key not in repr(box.address)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "encode_media.sandbox", "--data", str(tmp_path / "data"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert set(first) == {"server_url", "api_user", "api_key"}
    assert requests.get(f"{first['server_url']}/img/thumbnail2.png", timeout=10).ok
    process.send_signal(number)
    rest, errors = process.communicate(timeout=15)
    assert process.returncode == 0
    assert rest == ""
    assert errors == ""


def test_the_page_folder_is_served_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<p>hello</p>")
    (page / "app.js").write_text("1")
    (tmp_path / "secret.txt").write_text("nobody reads this")
    with running_sandbox(tmp_path / "data", page=page) as box:
        assert requests.get(box.url, timeout=10).text == "<p>hello</p>"
        script = requests.get(f"{box.url}/page/app.js", timeout=10)
        assert "javascript" in script.headers["Content-Type"]
        for path in ("/page/../secret.txt", "/page/%2e%2e/secret.txt", "/page/..%2fsecret.txt", "/page/"):
            answer = requests.get(f"{box.url}{path}", timeout=10)
            assert "nobody reads this" not in answer.text


def test_a_taken_port_is_an_error_at_once(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "one") as box, pytest.raises(OSError, match=r"(?i)address"):
        start_in_process(tmp_path / "two", port=box.port)


def test_component_sizes_come_from_the_sources_that_are_there(tmp_path: Path) -> None:
    sources = tmp_path / "data" / "sources"
    (sources / "sh020_anim").mkdir(parents=True)
    (sources / "sh020_concept.png").write_bytes(b"x" * 123)
    for frame in (1001, 1002):
        (sources / "sh020_anim" / f"sh020_anim.{frame}.png").write_bytes(b"x" * 10)
    with running_sandbox(tmp_path / "data") as box:
        session = box.session()
        assert session.query("Component where version.asset.name is sh020_concept").one()["size"] == 123
        assert session.query("Component where version.asset.name is sh020_anim").one()["size"] == 20
        assert session.query("Component where version.asset.name is sh010_comp").one()["size"] == 0
