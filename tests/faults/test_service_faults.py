"""The whole service, broken at random moments: every job ends once, all is published once, nothing is left.

`ENCODE_MEDIA_FAULT_SEEDS=200` runs so many seeds, `ENCODE_MEDIA_FAULT_SEEDS=100-150` those of them; even ones on
SQLite, odd ones on PostgreSQL with a second worker.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ftrack_api.event.base import Event

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.messages import RESULT_TOPIC, SUBMIT_TOPIC, ftrack_job_id
from encode_media.jobs.engine import JobRecord
from encode_media.model.result import FINAL_STAGES, Stage
from support.fault_world import World, broken_world
from support.listening import asking
from support.postgresql import PostgresServer
from support.sandbox import RunningSandbox
from support.seeds import chosen_seeds
from support.waiting import wait_for

EVERYDAY = 2
"""One of each kind."""
WISHES = (
    ("sh010_comp", "review"),
    ("sh010_comp", "thumbnail"),
    ("sh020_concept", "review"),
    ("sh020_concept", "thumbnail"),
    ("sh010_beauty", "thumbnail"),
)
END_S = 150.0
EXPLAINED = {
    "disk.full": {"fill_disk"},
    "disk.too_small": {"fill_disk"},
    "ffmpeg.killed": {"kill_encoder", "fill_disk"},
}
"""Codes an encode may fail with, and the fault that explains it; all else has to end well."""


@pytest.fixture
def world(seed: int, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    server: PostgresServer | None = request.getfixturevalue("postgresql") if seed % 2 else None
    with broken_world(tmp_path, seed, server) as world:
        yield world


def version_ids(server: RunningSandbox) -> dict[str, str]:
    rows = server.session().query("select id, asset.name from AssetVersion").all()
    return {row["asset"]["name"]: row["id"] for row in rows}


def ask_until_accepted(world: World, versions: dict[str, str], accepted: set[str]) -> None:
    """Asks for each wish, twice at once and in any order, until somebody accepted it."""
    waiting = [wish for wish in WISHES for _ in range(2)]
    world.chance.shuffle(waiting)
    limit = time.monotonic() + END_S
    while waiting and time.monotonic() < limit:
        asset, preset = waiting[0]
        try:
            with asking(world.server) as client:
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
    "seed",
    [pytest.param(seed, marks=pytest.mark.slow if seed >= EVERYDAY else ()) for seed in chosen_seeds(EVERYDAY)],
)
def test_everything_accepted_ends_once_whatever_is_killed_or_cut(world: World, seed: int) -> None:
    del seed
    accepted: set[str] = set()
    versions = version_ids(world.server)
    world.server.close_sessions()
    with results_heard(world.server) as heard:
        asking = threading.Thread(target=ask_until_accepted, args=(world, versions, accepted))
        asking.start()
        world.break_things()
        asking.join(END_S)
        assert not asking.is_alive()
        # Not oftener: asking for all jobs takes longer than most of them.
        wait_for(lambda: all_ended(world), timeout_s=END_S, what=f"an end of all: {told(world)}", every_s=0.3)
    check_jobs(world, accepted, heard)
    check_versions(world)
    service = world.service
    wait_for(lambda: not service.leftovers(), timeout_s=10, what=f"no file: {service.leftovers()}; {told(world)}")
    assert service.encoders() == ()
    world.stop()


def all_ended(world: World) -> bool:
    return all(record.stage in FINAL_STAGES for record in world.jobs.jobs())


def told(world: World) -> str:
    """What one needs to know to find out why."""
    lines = [f"faults: {world.done_faults}"]
    for record in world.jobs.jobs():
        result = record.result or {}
        version = record.request.target.version_label if record.request.target else ""
        published = [item["component_id"] for item in result.get("published", ())]
        lines.append(
            f"{record.job_id} {record.request.preset} of {version}: {record.stage.value} "
            f"at {record.updated_at:.1f}, published {published}, {result.get('error')}"
        )
    return "\n".join((*lines, world.log))


def check_jobs(world: World, accepted: set[str], heard: dict[str, set[str]]) -> None:
    records = {record.job_id: record for record in world.jobs.jobs()}
    assert accepted <= set(records)
    assert all(ended_well(record, world) for record in records.values()), told(world)
    assert all(len(ids) == 1 for ids in heard.values()), heard
    session = world.server.session()
    for job_id, record in records.items():
        rows = session.query(f'select status, data from Job where id is "{ftrack_job_id(job_id)}"').all()
        expected = "done" if record.stage is Stage.DONE else "failed"
        assert [row["status"] for row in rows] == [expected], told(world)
        assert json.loads(rows[0]["data"])["encode_media"]["jobId"] == job_id


def ended_well(record: JobRecord, world: World) -> bool:
    error = (record.result or {}).get("error")
    if record.stage is Stage.DONE:
        return error is None
    return bool(error) and bool(EXPLAINED.get(error["code"], set()) & set(world.done_faults))


def check_versions(world: World) -> None:
    """Each version has each of its components once, and those of its last results are they."""
    session = world.server.session()
    for asset, version_id in version_ids(world.server).items():
        rows = session.query(f'select id, name from Component where version_id is "{version_id}"').all()
        names = [row["name"] for row in rows]
        assert len(names) == len(set(names)), f"{asset}: {names}; {told(world)}"
        wanted: dict[str, str] = {}
        for record in sorted(world.jobs.jobs(), key=lambda record: record.updated_at):
            if record.request.target and record.request.target.version_id == version_id:
                published = (record.result or {}).get("published", ())
                wanted |= {item["name"]: item["component_id"] for item in published}
        assert wanted.keys() <= set(names), f"{asset}: {names}; {told(world)}"
        version = session.get("AssetVersion", version_id)
        session.populate([version], "thumbnail_id")
        if wanted:
            assert version["thumbnail_id"] in {row["id"] for row in rows}
