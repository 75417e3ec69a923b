"""Published by Connect or by a farm, heard of or missed, by one listener or several: one review set."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import failure
from encode_media.ftrack.catch_up import missed_versions
from encode_media.ftrack.client import ActionClient
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.hub import HubConnection
from encode_media.ftrack.listener import Listener
from encode_media.ftrack.messages import SUBMIT_TOPIC
from encode_media.ftrack.trigger_file import load_rules
from encode_media.jobs.engine import JobContext
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.model.request import PRIORITY_AUTOMATIC, EncodeRequest
from encode_media.presets.catalog import Catalog
from support.clips import Clips
from support.listening import settings_for
from support.sandbox import RunningSandbox, running_sandbox
from support.waiting import wait_for

RULES = """
quiet_s: 0.5
max_quiet_s: 5
settle_s: 0.5
give_up_s: 60
catch_up: {per_minute: 3000, hours: 2}
rules: [{name: all, preset: review}]
"""

CONNECT = """
    # As Connect's publisher does: the version first, then components one by one, the thumbnail last.
    version = session.create("AssetVersion", {"asset": asset, "task": None})
    session.commit()
    pattern = f"{folder}/plate.%04d.exr [1001-1004]"
    version.create_component(pattern, {"name": "main"}, location=unmanaged)
    version.create_component(f"{folder}/notes.txt", {"name": "notes"}, location=unmanaged)
    version.create_thumbnail(f"{folder}/thumb.jpg")
    session.commit()
"""
FARM = """
    # As a farm's script does: no hub, the components before the flag goes up, in one commit with it.
    version = session.create("AssetVersion", {"asset": asset, "is_published": False})
    session.commit()
    version.create_component(f"{folder}/comp.mov", {"name": "main"}, location=unmanaged)
    version["is_published"] = True
    session.commit()
"""
FRAME = """
    import sys
    import ftrack_api
    url, key, name, folder, hub, cache = sys.argv[1:]
    session = ftrack_api.Session(
        url, key, "artist", plugin_paths=[], schema_cache_path=cache, auto_connect_event_hub=False
    )
    if hub == "hub":
        session.event_hub.connect()
    shot = session.query("Shot where name is sh010").one()
    asset = session.create("Asset", {{"name": name, "parent": shot, "type": session.query("AssetType").first()}})
    unmanaged = session.query("Location where name is ftrack.unmanaged").one()
    {body}
    print(version["id"])
    session.close()
"""


@dataclass(slots=True)
class Service:
    """A job database that several listeners may share, and what was encoded."""

    sandbox: RunningSandbox
    rules: Path
    engine: MemoryEngine
    requests: list[EncodeRequest]
    outcome: dict[str, Any]

    def listen(self, rules: Path | None = None) -> Listening:
        return Listening(self, rules or self.rules)


class Listening:
    """A listener for the length of a block."""

    def __init__(self, service: Service, rules: Path) -> None:
        settings = settings_for(service.sandbox, triggers_file=rules)
        self.listener = Listener(settings, service.engine, Catalog())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.listener.run, args=(self._stop,))

    def __enter__(self) -> Listening:
        self._thread.start()
        wait_for(self.listener.connected.is_set, what="a connected listener", timeout_s=60)
        self.settled()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def settled(self) -> None:
        """Until nothing is waited for any more, so that a second encode would have been queued by now."""
        wait_for(lambda: self.listener._watcher.is_idle, what="the end of all quiet periods", timeout_s=90)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    rules = tmp_path / "triggers.yaml"
    rules.write_text(RULES)
    requests: list[EncodeRequest] = []
    outcome: dict[str, Any] = {"status": "done", "error": None}

    def story(_context: JobContext, request: EncodeRequest) -> dict[str, Any]:
        requests.append(request)
        return dict(outcome)

    engine = MemoryEngine(story)
    engine.start()
    with running_sandbox(tmp_path / "data") as sandbox:
        yield Service(sandbox, rules, engine, requests, outcome)
    engine.stop()


@pytest.fixture
def files(tmp_path: Path, clips: Clips) -> Path:
    """A movie, and things nobody looks into."""
    folder = tmp_path / "files"
    folder.mkdir()
    for frame in range(1001, 1005):
        (folder / f"plate.{frame}.exr").write_bytes(b"frame")
    shutil.copy(clips.movie(frames=12, size="160x90"), folder / "comp.mov")
    for name in ("notes.txt", "thumb.jpg"):
        (folder / name).write_bytes(b"content")
    return folder


def run_script(service: Service, body: str, name: str, files: Path, *, hub: bool) -> str:
    """Publishes from a process of its own, as publishers are; gives the version's id."""
    script = textwrap.dedent(FRAME).format(body=textwrap.dedent(body).strip())
    address = service.sandbox.address
    words = [address.server_url, address.api_key, name, str(files), "hub" if hub else "silent", str(files.parent)]
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def publish(service: Service, name: str, files: Path, **values: Any) -> Any:
    session = service.sandbox.session("artist")
    shot = session.query("Shot where name is sh010").one()
    asset = session.create("Asset", {"name": name, "parent": shot, "type": session.query("AssetType").first()})
    version = session.create("AssetVersion", {"asset": asset, **values})
    session.commit()
    location = session.query("Location where name is ftrack.unmanaged").one()
    version.create_component(str(files / "comp.mov"), {"name": "main"}, location=location)
    session.commit()
    return version


def encoded(service: Service) -> list[str]:
    return [request.target.version_id for request in service.requests if request.target]


@pytest.mark.parametrize(("body", "hub"), [(CONNECT, True), (FARM, False)], ids=["connect", "farm"])
def test_each_way_of_publishing_ends_in_one_encode(service: Service, files: Path, body: str, hub: bool) -> None:
    with service.listen() as listening:
        version_id = run_script(service, body, "published", files, hub=hub)
        wait_for(lambda: service.requests, what="the encode", timeout_s=60)
        listening.settled()

    assert encoded(service) == [version_id]


def test_several_listeners_make_one_encode(service: Service, files: Path) -> None:
    with service.listen() as one, service.listen() as other:
        version_id = publish(service, "shared", files)["id"]
        wait_for(lambda: service.requests, what="the encode", timeout_s=60)
        one.settled()
        other.settled()

    assert encoded(service) == [version_id]


def test_several_listeners_try_once_what_fails_at_once(service: Service, files: Path, tmp_path: Path) -> None:
    service.outcome["status"] = "failed"
    slower = tmp_path / "slower.yaml"
    slower.write_text(RULES.replace("quiet_s: 0.5", "quiet_s: 4"))
    with service.listen() as one, service.listen(slower) as other:
        version_id = publish(service, "failing", files)["id"]
        wait_for(lambda: service.requests, what="the encode", timeout_s=60)
        one.settled()
        other.settled()

    assert encoded(service) == [version_id]


def test_what_was_published_while_nobody_listened_is_encoded_later(service: Service, files: Path) -> None:
    with service.listen():
        pass
    time.sleep(1.1)  # the server's times are whole seconds
    version_ids = [publish(service, f"offline{number}", files)["id"] for number in range(3)]
    with service.listen() as listening:
        wait_for(lambda: len(service.requests) == 3, what="three encodes", timeout_s=60)
        listening.settled()

    assert sorted(encoded(service)) == sorted(version_ids)
    assert {request.priority for request in service.requests} == {PRIORITY_AUTOMATIC + 5}


def test_a_listener_catches_up_after_a_loss_as_well(
    service: Service, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, reachable = HubConnection.open, threading.Event()
    reachable.set()

    def connect_if_reachable(*words: Any, **more: Any) -> HubConnection:
        if not reachable.is_set():
            raise failure("server.unreachable", server="here")
        return connect(*words, **more)

    monkeypatch.setattr(HubConnection, "open", connect_if_reachable)
    with service.listen() as listening:
        time.sleep(1.1)  # the server's times are whole seconds
        connection = listening.listener._connection
        assert connection is not None
        reachable.clear()
        connection._hub.disconnect(unsubscribe=False)
        wait_for(lambda: not listening.listener.connected.is_set(), what="the loss", timeout_s=60)
        version_id = publish(service, "unheard", files)["id"]
        reachable.set()
        wait_for(lambda: service.requests, what="the encode", timeout_s=60)
        listening.settled()

    assert encoded(service) == [version_id]
    assert service.requests[0].priority == PRIORITY_AUTOMATIC + 5


def test_what_was_published_before_the_first_listener_is_left_alone(service: Service, files: Path) -> None:
    publish(service, "before", files)
    time.sleep(1.1)  # the server's times are whole seconds

    with service.listen() as listening:
        listening.settled()

    assert encoded(service) == []


def test_catching_up_encodes_nothing_twice(service: Service, files: Path) -> None:
    with service.listen() as listening:
        version_id = publish(service, "known", files)["id"]
        wait_for(lambda: service.requests, what="the encode", timeout_s=60)
        listening.settled()
    service.outcome["status"] = "failed"
    with service.listen() as listening:
        failed_id = publish(service, "failed", files)["id"]
        wait_for(lambda: len(service.requests) == 2, what="the failure", timeout_s=60)
        listening.settled()
    reviewed = publish(service, "reviewed", files)
    location = reviewed.session.query("Location where name is ftrack.unmanaged").one()
    reviewed.create_component(str(files / "comp.mov"), {"name": "ftrackreview-mp4"}, location=location)
    reviewed.session.commit()

    with service.listen() as listening:
        listening.settled()

    assert encoded(service) == [version_id, failed_id]


def test_missed_versions_are_read_page_by_page_newest_first_up_to_the_limit(
    service: Service, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("encode_media.ftrack.catch_up.PAGE", 2)
    made = []
    for number in range(3):
        time.sleep(1.1)  # the server's times are whole seconds, and the order is by them
        made.append(publish(service, f"paged{number}", files)["id"])
    gateway = Gateway(service.sandbox.session())
    service.rules.write_text(RULES.replace("hours: 2", "hours: 2, limit: 3"))
    rules = load_rules(service.rules)

    found, all_of_them = missed_versions(gateway, service.engine, rules, since=time.time() - 3600)

    assert found == made[::-1]
    assert not all_of_them  # one of the demo's own is as young


def test_a_render_that_is_still_being_copied_is_encoded_when_it_is_whole(service: Service, files: Path) -> None:
    """Announced as a whole, while its frames still come one by one, and one grows."""
    for frame in (1003, 1004):
        (files / f"plate.{frame}.exr").unlink()
    with service.listen() as listening:
        session = service.sandbox.session("artist", hub=True)
        shot = session.query("Shot where name is sh010").one()
        asset_type = session.query("AssetType").first()
        asset = session.create("Asset", {"name": "copied", "parent": shot, "type": asset_type})
        version = session.create("AssetVersion", {"asset": asset})
        session.commit()
        location = session.query("Location where name is ftrack.unmanaged").one()
        for frame in (1003, 1004):
            (files / f"plate.{frame}.exr").write_bytes(b"")
        pattern = f"{files}/plate.%04d.exr [1001-1004]"
        version.create_component(pattern, {"name": "main"}, location=location)
        (files / "plate.1004.exr").unlink()
        looks_at = listening.listener._watcher._settling
        wait_for(lambda: len(looks_at), what="a look at the files", timeout_s=60)
        for _ in range(4):
            with (files / "plate.1003.exr").open("ab") as file:
                file.write(b"more")
            time.sleep(0.3)
        assert encoded(service) == []

        (files / "plate.1004.exr").write_bytes(b"frame")
        wait_for(lambda: service.requests, what="the encode", timeout_s=60)
        listening.settled()

    assert encoded(service) == [version["id"]]


def test_a_version_is_encoded_when_it_reaches_the_status_of_a_rule(service: Service, files: Path) -> None:
    service.rules.write_text(
        RULES.replace("preset: review}", "preset: review, statuses: Approved, published: false}")
    )
    with service.listen() as listening:
        version = publish(service, "approved", files, is_published=False)
        listening.settled()
        assert encoded(service) == []

        version["status"] = version.session.query('Status where name is "Approved"').first()
        version.session.commit()
        wait_for(lambda: service.requests, what="the encode", timeout_s=60)
        listening.settled()

    assert encoded(service) == [version["id"]]


def test_all_rules_that_fit_are_encoded_where_the_file_says_so(service: Service, files: Path) -> None:
    service.rules.write_text(
        RULES.replace("quiet_s: 0.5", "match: all\nquiet_s: 0.5", 1).replace(
            "preset: review}]", "preset: review, priority: 70}, {name: edit, preset: prores_422_hq}]"
        )
    )
    with service.listen() as listening:
        publish(service, "both", files)
        wait_for(lambda: len(service.requests) == 2, what="two encodes", timeout_s=60)
        listening.settled()

    found = {(request.preset, request.priority) for request in service.requests}
    assert found == {("review", 70), ("prores_422_hq", PRIORITY_AUTOMATIC)}


def test_a_publish_through_connect_asks_for_what_the_rules_say_and_is_encoded_once(
    service: Service, files: Path
) -> None:
    """As the hook in Connect asks: without a preset, while the trigger hears of the version as well."""
    service.rules.write_text(RULES.replace("preset: review}", "preset: review, options: {max_height: 720}}"))
    with service.listen() as listening:
        version_id = publish(service, "playable", files)["id"]
        client = ActionClient(service.sandbox.session("artist"))
        answer = client._first(SUBMIT_TOPIC, {"versionId": version_id, "options": {}, "origin": "connect"}, 60)
        client.close()
        assert answer["success"], answer
        listening.settled()

    assert encoded(service) == [version_id]
    assert service.requests[0].options["max_height"] == 720
