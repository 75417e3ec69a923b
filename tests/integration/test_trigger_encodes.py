"""Published versions are encoded by themselves, once, however they were published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.event.base
import pytest

from encode_media.ftrack.trigger_file import load_rules
from encode_media.model.request import PRIORITY_AUTOMATIC
from support.listening import Listening, listening, settings_for
from support.sandbox import RunningSandbox, running_sandbox
from support.waiting import wait_for

RULES = """
quiet_s: 0.3
max_quiet_s: 3
settle_s: 0.2
give_up_s: 20
rules: [{name: all, preset: review}]
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path / "data") as running:
        yield running


@pytest.fixture
def service(sandbox: RunningSandbox, tmp_path: Path) -> Iterator[Listening]:
    file = tmp_path / "triggers.yaml"
    file.write_text(RULES)
    with listening(settings_for(sandbox, triggers_file=file)) as running:
        running.wait_until_connected()
        yield running


@pytest.fixture
def publish(sandbox: RunningSandbox) -> Callable[..., Any]:
    session = sandbox.session("artist", hub=True)

    def version(name: str, *, published: bool = True) -> Any:
        shot = session.query("Shot where name is sh010").one()
        asset = session.create("Asset", {"name": name, "parent": shot, "type": session.query("AssetType").first()})
        made = session.create("AssetVersion", {"asset": asset, "is_published": published})
        session.commit()
        return made

    return version


def add_file(version: Any, folder: Path, name: str = "main") -> Any:
    file = folder / f"{name}.mov"
    file.write_bytes(b"frames")
    return version.create_component(str(file), {"name": name}, location=unmanaged(version.session))


def add_sequence(version: Any, folder: Path) -> Any:
    for frame in range(1001, 1005):
        (folder / f"f.{frame}.exr").write_bytes(b"frame")
    path = f"{folder}/f.%04d.exr [1001-1004]"
    return version.create_component(path, {"name": "main"}, location=unmanaged(version.session))


def unmanaged(session: ftrack_api.Session) -> Any:
    return session.query("Location where name is ftrack.unmanaged").one()


def encoded(service: Listening) -> list[str]:
    return [request.target.version_id for request in service.requests if request.target]


def wait_until_settled(service: Listening) -> None:
    """Until nothing is waited for any more, so that a second encode would have been queued by now."""
    watcher = service.listener._watcher
    wait_for(lambda: watcher.is_idle, what="the end of all quiet periods", timeout_s=60)


def test_a_version_published_the_way_connect_does_is_encoded_once(
    service: Listening, publish: Callable[..., Any], tmp_path: Path
) -> None:
    version = publish("first")  # published from birth, its components come later
    add_file(version, tmp_path)

    wait_for(lambda: service.requests, what="the encode")
    wait_until_settled(service)

    assert encoded(service) == [version["id"]]
    request = service.requests[0]
    assert (request.origin, request.priority, request.preset) == ("trigger", PRIORITY_AUTOMATIC, "review")
    assert request.target is not None
    assert request.target.username == "artist"


def test_a_version_published_by_its_flag_is_encoded_once(
    service: Listening, publish: Callable[..., Any], tmp_path: Path
) -> None:
    version = publish("later", published=False)
    add_file(version, tmp_path)
    wait_until_settled(service)
    assert encoded(service) == []

    version["is_published"] = True
    version.session.commit()

    wait_for(lambda: service.requests, what="the encode")
    wait_until_settled(service)
    assert encoded(service) == [version["id"]]


def test_a_sequence_whose_frames_are_announced_one_by_one_is_encoded_once(
    service: Listening, publish: Callable[..., Any], tmp_path: Path
) -> None:
    version = publish("frames")
    component = add_sequence(version, tmp_path)

    wait_for(lambda: service.requests, what="the encode")
    wait_until_settled(service)

    assert encoded(service) == [version["id"]]
    target = service.requests[0].target
    assert target is not None
    assert target.component_id == component["id"]


def test_a_script_without_a_hub_gets_its_encode_too(
    sandbox: RunningSandbox, service: Listening, tmp_path: Path, publish: Callable[..., Any]
) -> None:
    """A farm's session has no hub, so nobody says that the component was added."""
    version = publish("farm")
    silent = sandbox.session("artist").get("AssetVersion", version["id"])
    wait_for(lambda: len(service.listener._watcher._pending), what="the version's hint")
    add_file(silent, tmp_path)

    wait_for(lambda: service.requests, what="the encode", timeout_s=20)

    assert encoded(service) == [version["id"]]


def test_review_media_and_thumbnails_start_nothing(
    service: Listening, publish: Callable[..., Any], tmp_path: Path
) -> None:
    version = publish("reviewed")
    for name in ("ftrackreview-mp4", "thumbnail"):
        add_file(version, tmp_path, name)
    wait_until_settled(service)

    assert encoded(service) == []


def test_what_an_encode_published_starts_no_other(
    service: Listening, publish: Callable[..., Any], tmp_path: Path
) -> None:
    version = publish("done")
    add_file(version, tmp_path)
    wait_for(lambda: service.requests, what="the first encode")
    wait_until_settled(service)

    delivered = add_file(version, tmp_path, "prores_422_hq")
    delivered["metadata"]["encode_media"] = "{}"
    version.session.commit()
    wait_until_settled(service)

    assert encoded(service) == [version["id"]]


def test_the_same_hints_again_encode_nothing_again(
    service: Listening, publish: Callable[..., Any], tmp_path: Path
) -> None:
    version = publish("again")
    component = add_file(version, tmp_path)
    wait_for(lambda: service.requests, what="the first encode")
    wait_until_settled(service)

    data = {"component_id": component["id"], "location_id": unmanaged(version.session)["id"]}
    version.session.event_hub.publish(ftrack_api.event.base.Event("ftrack.location.component-added", data=data))
    wait_for(lambda: len(service.listener._watcher._pending), what="the hint being heard")
    wait_until_settled(service)

    assert encoded(service) == [version["id"]]


def test_the_built_in_rules_wait_for_files_that_come_after_the_version() -> None:
    rules = load_rules(None)

    assert rules.quiet_s >= 2
    assert rules.give_up_s > rules.max_quiet_s > rules.quiet_s
