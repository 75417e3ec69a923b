"""The whole service, broken at random moments: every job ends once, all is published once, nothing is left."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ftrack_api.event.base import Event

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.messages import RESULT_TOPIC, SUBMIT_TOPIC, ftrack_job_id
from encode_media.model.result import FINAL_STAGES, Stage
from support.bad_network import BadNetwork
from support.listening import sandbox_sources
from support.processes import wait_until
from support.sandbox import RunningSandbox, start_process
from support.serving import Service, person, prepared_service

SEEDS = int(os.environ.get("ENCODE_MEDIA_FAULT_SEEDS", "1"))
"""One is enough for every day; `ENCODE_MEDIA_FAULT_SEEDS=20` for a release."""
WISHES = (
    ("sh010_comp", "review"),
    ("sh010_comp", "thumbnail"),
    ("sh020_concept", "review"),
    ("sh020_concept", "thumbnail"),
    ("sh010_beauty", "thumbnail"),
)
FAULTS = 4
END_S = 150.0


@dataclass(slots=True)
class World:
    """A server, a bad network, a service, and somebody who asks for encodes whatever happens."""

    server: RunningSandbox
    network: BadNetwork
    service: Service
    chance: random.Random
    done_faults: list[str] = field(default_factory=list)

    def kill_service(self) -> None:
        self.service.kill()
        self.service.start()

    def kill_encoder(self) -> None:
        """ffmpeg, its guard, or what ffmpeg started: whoever is met."""
        encoders = self.service.encoders()
        if encoders:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.chance.choice(encoders), signal.SIGKILL)

    def kill_server(self) -> None:
        port = self.server.port
        self.server.kill()
        time.sleep(self.chance.uniform(0.0, 1.5))
        restarted = start_process(self.server.data, port=port)
        self.server.address, self.server.process = restarted.address, restarted.process

    def cut_upload(self) -> None:
        self.network.cut_next_upload(self.chance.randrange(1, 60_000))

    def drop_connections(self) -> None:
        self.network.drop_all()

    def slow_network(self) -> None:
        self.network.delay_s = self.chance.uniform(0.005, 0.05)
        time.sleep(self.chance.uniform(0.5, 1.5))
        self.network.delay_s = 0.0

    def break_things(self) -> None:
        """Each killing kind at most twice: a third death of the same encode fails it, as it should."""
        kinds: list[Callable[[], None]] = [
            self.kill_service, self.kill_service, self.kill_encoder, self.kill_server,
            self.cut_upload, self.cut_upload, self.drop_connections, self.slow_network,
        ]  # fmt: skip
        for fault in self.chance.sample(kinds, FAULTS):
            time.sleep(self.chance.uniform(0.2, 2.0))
            fault()
            self.done_faults.append(fault.__name__)


@pytest.fixture
def world(seed: int, tmp_path: Path) -> Iterator[World]:
    sandbox_sources(tmp_path / "data")
    server = start_process(tmp_path / "data")
    network = BadNetwork(server.port)
    environ = server.environ | {"FTRACK_SERVER": f"http://127.0.0.1:{network.port}"}
    service = prepared_service(tmp_path / "service", environ)
    service.start()
    try:
        service.wait_until_listening()
        yield World(server, network, service, random.Random(seed))  # noqa: S311 - the same for the same seed
    finally:
        service.close()
        network.close()
        server.close_sessions()
        server.stop()


def version_ids(server: RunningSandbox) -> dict[str, str]:
    rows = server.session().query("select id, asset.name from AssetVersion").all()
    return {row["asset"]["name"]: row["id"] for row in rows}


def ask_until_accepted(world: World, wishes: list[tuple[str, str]], accepted: set[str]) -> None:
    """Asks for each wish, twice at once and in any order, until somebody accepted it."""
    versions = version_ids(world.server)
    world.server.close_sessions()
    waiting = [wish for wish in wishes for _ in range(2)]
    world.chance.shuffle(waiting)
    limit = time.monotonic() + END_S
    while waiting and time.monotonic() < limit:
        asset, preset = waiting[0]
        try:
            with person(world.server) as client:
                data = {"preset": preset, "versionId": versions[asset]}
                client._hub.publish(Event(SUBMIT_TOPIC, data=data))  # a double click: the same, unanswered
                answer = client.submit(preset, version_id=versions[asset], timeout_s=3)
        except (EncodeMediaError, OSError):
            continue  # nobody there, or the server is gone: as a person would, again
        except Exception:  # noqa: BLE001, S112 - the client raises whatever the dying server made of it
            continue
        if answer.get("success"):
            accepted.add(answer["jobId"])
            waiting.pop(0)
        world.server.sessions.clear()


@contextlib.contextmanager
def results_heard(server: RunningSandbox) -> Iterator[dict[str, set[str]]]:
    """Per job the ids of the result events that were heard; some are missed while the server is dead."""
    heard: dict[str, set[str]] = defaultdict(set)
    stop = threading.Event()

    def hear(event: Any) -> None:
        heard[event["data"]["jobId"]].add(event["id"])

    def listen() -> None:
        while not stop.is_set():
            with contextlib.suppress(Exception):  # the server is killed under it: it connects again
                session = server.session()
                session.event_hub._auto_reconnect_attempts = 0
                session.event_hub.connect()
                session.event_hub.subscribe(f"topic={RESULT_TOPIC}", hear)
                while not stop.is_set() and session.event_hub.connected:
                    session.event_hub.wait(duration=0.1)
            stop.wait(0.2)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield heard
    finally:
        stop.set()
        thread.join(30)


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=pytest.mark.slow if seed >= 1 else ()) for seed in range(SEEDS)]
)
def test_everything_accepted_ends_once_whatever_is_killed_or_cut(world: World, seed: int) -> None:
    del seed
    accepted: set[str] = set()
    with results_heard(world.server) as heard:
        asking = threading.Thread(target=ask_until_accepted, args=(world, list(WISHES), accepted))
        asking.start()
        world.break_things()
        asking.join(END_S)
        assert not asking.is_alive()
        wait_until(lambda: all_ended(world), timeout_s=END_S, what=f"the end of all jobs: {told(world)}")
    check_jobs(world, accepted, heard)
    check_versions(world)
    wait_until(lambda: not world.service.leftovers(), timeout_s=10, what=f"no file: {world.service.leftovers()}")
    assert world.service.encoders() == ()
    assert world.service.stop() == 0


def all_ended(world: World) -> bool:
    return all(record.stage in FINAL_STAGES for record in world.service.jobs.jobs())


def told(world: World) -> str:
    records = world.service.jobs.jobs()
    states = [(record.job_id[:6], record.request.preset, record.stage.value, record.result) for record in records]
    return f"{states}\nfaults: {world.done_faults}\n{world.service.log[-3000:]}"


def check_jobs(world: World, accepted: set[str], heard: dict[str, set[str]]) -> None:
    records = {record.job_id: record for record in world.service.jobs.jobs()}
    assert accepted <= set(records)
    assert {record.stage for record in records.values()} == {Stage.DONE}, told(world)
    assert all(len(ids) == 1 for ids in heard.values()), heard
    session = world.server.session()
    for job_id in records:
        rows = session.query(f'select status, data from Job where id is "{ftrack_job_id(job_id)}"').all()
        assert [row["status"] for row in rows] == ["done"], told(world)
        assert json.loads(rows[0]["data"])["encode_media"]["jobId"] == job_id


def check_versions(world: World) -> None:
    """Each version has each of its components once, and those of its last results are they."""
    session = world.server.session()
    for asset, version_id in version_ids(world.server).items():
        rows = session.query(f'select id, name from Component where version_id is "{version_id}"').all()
        names = [row["name"] for row in rows]
        assert len(names) == len(set(names)), f"{asset}: {names}; {told(world)}"
        wanted: dict[str, str] = {}
        for record in sorted(world.service.jobs.jobs(), key=lambda record: record.updated_at):
            if record.request.target and record.request.target.version_id == version_id:
                published = (record.result or {}).get("published", ())
                wanted |= {item["name"]: item["component_id"] for item in published}
        assert wanted.keys() <= set(names), f"{asset}: {names}; {told(world)}"
        version = session.get("AssetVersion", version_id)
        session.populate([version], "thumbnail_id")
        if wanted:
            assert version["thumbnail_id"] in {row["id"] for row in rows}
