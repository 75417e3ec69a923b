"""A day's traffic on the event hub: is all that matters encoded once, and does the menu stay quick meanwhile?

    python benchmarks/triggers.py [--events 20000] [--versions 200] [--burst 1000] [--trickle 200]
                                  [--before 200] [--after 15]

The sandbox, the listener (with a job database on disk and no worker), the traffic and the publisher are processes
of their own. Half of the events come in a burst, half in a trickle, at these rates a second: changes of tasks,
notes, thumbnails and statuses, components that come and go, progress, and what is shaped like nothing. Meanwhile
versions are published, every other one as Connect does (components later, announced on the hub) and as a farm does
(in silence), and heard of again afterwards. The menu is asked for so often before; a job too many is looked out
for so many seconds after. Ends with 1 if a version has no job, or one too many.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import ftrack_api
import ftrack_api.event.base
from hub import open_one, packet

from encode_media.ftrack.hub import ONE_ROUND, HubConnection
from encode_media.ftrack.listener import Listener
from encode_media.jobs.dbos_engine import DbosClient
from encode_media.jobs.engine import EVERY_JOB
from encode_media.presets.catalog import Catalog
from encode_media.settings import Settings

RULES = "{quiet_s: 3, settle_s: 1, max_quiet_s: 20, rules: [{name: all, preset: review}]}"
DECOYS = 50
PATIENCE_S = 600
PAUSE_S = 0.05


def settings_of(address: dict[str, str], folder: Path) -> Settings:
    return Settings(
        server=address["server_url"],
        api_user=address["api_user"],
        api_key=address["api_key"],
        database=f"sqlite:///{folder / 'jobs.sqlite'}",
        triggers_file=folder / "triggers.yaml",
    )


class Timed(Listener):
    """Notes how long each answer to the menu took here, from its event's arrival to the answer."""

    def __init__(self, *words: object, **more: object) -> None:
        self.waits: list[float] = []
        self._arrived: dict[str, float] = {}
        super().__init__(*words, **more)

    def _serve(self, connection: HubConnection, stop: threading.Event) -> None:
        events = connection._hub._event_queue  # noqa: SLF001 - there is no other place to see an arrival
        put = events.put

        def note(event: dict[str, str], *words: object, **more: object) -> None:
            if event["topic"] == "ftrack.action.discover":
                self._arrived[event["id"]] = time.perf_counter()
            put(event, *words, **more)

        events.put = note
        super()._serve(connection, stop)

    def _on_discover(self, event: dict[str, str]) -> object:
        answer = super()._on_discover(event)
        self.waits.append(time.perf_counter() - self._arrived.pop(event["id"]))
        return answer


def listen(address: dict[str, str], folder: Path) -> None:
    """The listener, until its stdin is closed. Says when it hears."""
    stop = threading.Event()
    settings = settings_of(address, folder)
    client = DbosClient(settings.database)
    client.jobs(limit=1)
    listener = Timed(settings, client, Catalog())
    thread = threading.Thread(target=listener.run, args=(stop,))
    thread.start()
    listener.connected.wait()
    print("listening", flush=True)
    sys.stdin.read()
    stop.set()
    thread.join()
    client.close()
    tell_menu("in the listener alone", listener.waits)


def noise(chance: random.Random, decoys: list[str]) -> tuple[str, dict[str, object]]:
    """One event of a studio's day that starts no encode."""

    def update(kind: str, action: str, entity: str, **changes: object) -> tuple[str, dict[str, object]]:
        told = {key: {"old": None, "new": value} for key, value in changes.items()}
        about = {"entityType": kind, "action": action, "entityId": entity, "keys": list(told), "changes": told}
        return "ftrack.update", {"entities": [about]}

    some = str(uuid.UUID(int=chance.getrandbits(128)))
    return chance.choice(
        [
            update("task", "update", some, statusid="s"),
            update("task", "update", some, enddate="2030-01-01"),
            update("note", "add", some),
            update("timelog", "add", some),
            update("show", "update", some, fullname="Another"),
            update("assetversion", "update", some, thumbid="t"),
            update("assetversion", "encoded", some),
            update("assetversion", "update", chance.choice(decoys), statusid="s"),
            update("assetversion", "update", chance.choice(decoys), ispublished=False),
            update("component", "remove", some),
            ("ftrack.location.component-added", {"component_id": some, "location_id": some}),
            ("ftrack.location.component-removed", {"component_id": some, "location_id": some}),
            ("encode-media.progress", {"jobId": some, "percent": 50, "stage": "encoding"}),
            ("ftrack.update", {"entities": "nothing"}),
            ("ftrack.update", {}),
        ]
    )


async def make_noise(address: dict[str, str], events: int, rates: tuple[float, float], decoys: list[str]) -> None:
    socket = await open_one(address, 0)
    chance = random.Random(7)  # noqa: S311 - the same day every time
    for rate in rates:
        began = time.monotonic()
        for number in range(events // len(rates)):
            early = began + number / rate - time.monotonic()
            if early > 0:
                await asyncio.sleep(early)
            await socket.send(packet(*noise(chance, decoys)))
    await socket.close()


class Publisher:
    """Versions on a shot of the demo, each with a file of its own."""

    def __init__(self, address: dict[str, str], folder: Path) -> None:
        self._session = ftrack_api.Session(
            address["server_url"], address["api_key"], "artist", plugin_paths=[], auto_connect_event_hub=False
        )
        self._session.event_hub.connect()
        query = self._session.query
        self._shot = query('select id from Shot where name is "sh030"').one()["id"]
        self._place = query('select id from Location where name is "ftrack.unmanaged"').one()["id"]
        self._kind = query("select id from AssetType").first()["id"]
        self._folder = folder

    def version(self, *, published: bool = True) -> str:
        asset, version = str(uuid.uuid4()), str(uuid.uuid4())
        self._create(
            ("Asset", asset, {"name": f"day_{asset[:8]}", "context_id": self._shot, "type_id": self._kind}),
            ("AssetVersion", version, {"asset_id": asset, "is_published": published}),
        )
        return version

    def component(self, version: str, *, announced: bool) -> str:
        file, component = self._folder / f"{version}.mov", str(uuid.uuid4())
        file.write_bytes(b"frames")
        held = {"component_id": component, "location_id": self._place, "resource_identifier": str(file)}
        made = {"name": "main", "file_type": ".mov", "size": 6, "version_id": version}
        self._create(("FileComponent", component, made), ("ComponentLocation", str(uuid.uuid4()), held))
        if announced:
            self.say("ftrack.location.component-added", {"component_id": component, "location_id": self._place})
        return component

    def say(self, topic: str, data: dict[str, object]) -> None:
        self._session.event_hub.publish(ftrack_api.event.base.Event(topic, data=data))

    def day(self, count: int, seconds: float) -> list[str]:
        """So many versions over so long a time; each is heard of again some versions later."""
        versions: list[str] = []
        components: list[str] = []
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, began + number * seconds / count - time.monotonic()))
            versions.append(self.version())
            components.append(self.component(versions[-1], announced=number % 2 == 0))
            if number >= count // 10:
                place = {"component_id": components[number - count // 10], "location_id": self._place}
                self.say("ftrack.location.component-added", place)
        return versions

    def close(self) -> None:
        self._session.close()

    def _create(self, *entities: tuple[str, str, dict[str, object]]) -> None:
        self._session.call(
            [
                {
                    "action": "create",
                    "entity_type": kind,
                    "entity_key": [key],
                    "entity_data": {"__entity_type__": kind, "id": key, **values},
                }
                for kind, key, values in entities
            ]
        )


class Menu:
    """A person who opens the menu again and again, and how long it took each time."""

    def __init__(self, address: dict[str, str]) -> None:
        self._session = ftrack_api.Session(
            address["server_url"], address["api_key"], "artist", plugin_paths=[], auto_connect_event_hub=False
        )
        self._session.event_hub.connect()
        found = self._session.query("select id from AssetVersion").first()
        self._selection = [{"entityId": found["id"], "entityType": "assetversion"}]
        self.waits: list[tuple[float, float]] = []
        """When each was asked for, and the seconds it took."""

    def ask(self) -> bool:
        """False: there was no answer within ten seconds."""
        hub, answers = self._session.event_hub, []
        event = ftrack_api.event.base.Event("ftrack.action.discover", data={"selection": self._selection})
        began = time.perf_counter()
        hub.publish(event, on_reply=lambda _reply: answers.append(time.perf_counter()))
        while not answers and time.perf_counter() < began + 10:
            hub.wait(duration=ONE_ROUND)
        if answers:
            self.waits.append((time.monotonic(), answers[0] - began))
        return bool(answers)

    def close(self) -> None:
        self._session.close()


def memory_mib(pid: int) -> float:
    for line in (
        Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    ):  # Linux only, as this figure is
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(
    address: dict[str, str], folder: Path, listener: subprocess.Popen[str], chosen: argparse.Namespace
) -> bool:
    publisher, menu = Publisher(address, folder), Menu(address)
    decoys = [publisher.version(published=False) for _ in range(DECOYS)]
    publisher.close()
    quiet = until_known(menu, chosen.before)
    shared = [json.dumps(address), str(folder)]
    rates = (chosen.burst, chosen.trickle)
    seconds = sum(chosen.events / 2 / rate for rate in rates)
    traffic = start("noise", *shared, json.dumps([chosen.events, rates, decoys]))
    day = start("day", *shared, json.dumps([chosen.versions, seconds]))
    sizes, silent, until, began = [], 0, None, time.monotonic()
    client = DbosClient(f"sqlite:///{folder / 'jobs.sqlite'}")
    limit = time.monotonic() + seconds + PATIENCE_S
    while time.monotonic() < limit:
        silent += not menu.ask()
        sizes.append(memory_mib(listener.pid))
        time.sleep(PAUSE_S)
        if until is None and day.poll() is not None and traffic.poll() is not None:
            made = sum(client.counts(EVERY_JOB).values())
            until = time.monotonic() + chosen.after if made >= chosen.versions else None
        if until is not None and time.monotonic() > until:
            break
    versions = json.loads(day.communicate()[0])
    traffic.communicate()
    menu.close()
    jobs = Counter(
        record.request.target.version_id
        for record in client.jobs(limit=100_000)
        if record.request.target is not None
    )
    client.close()
    burst = [wait for at, wait in menu.waits if at < began + chosen.events / 2 / chosen.burst]
    print(f"{chosen.events} events and {chosen.versions} versions that matter; load {os.getloadavg()[0]:.0f}")
    tell_menu("before", quiet)
    tell_menu("in the burst", burst)
    tell_menu("afterwards", [wait for _, wait in menu.waits[len(burst) :]])
    tell_menu("throughout", [wait for _, wait in menu.waits])
    return tell_jobs(versions, jobs, sizes) and not silent


def until_known(menu: Menu, asks: int) -> list[float]:
    """What the menu takes while nothing else happens, once the listener knows who asks."""
    while not menu.waits:
        menu.ask()
    menu.waits.clear()
    for _ in range(asks):
        menu.ask()
        time.sleep(PAUSE_S)
    quiet = [wait for _, wait in menu.waits]
    menu.waits.clear()
    return quiet


def tell_menu(when: str, waits: list[float]) -> None:
    if waits:
        shares = ", ".join(f"p{share} {percentile(waits, share / 100) * 1000:.1f} ms" for share in (50, 95, 99))
        print(f"menu {when}, {len(waits)} times: {shares}, longest {max(waits) * 1000:.0f} ms")


def tell_jobs(versions: list[str], jobs: Counter[str], sizes: list[float]) -> bool:
    missed = [version for version in versions if not jobs[version]]
    doubled = [version for version in versions if jobs[version] > 1]
    strange = [version for version in jobs if version not in versions]
    third = max(1, len(sizes) // 3)
    begin, end = percentile(sizes[:third], 0.5), percentile(sizes[-third:], 0.5)
    print(f"jobs: {sum(jobs.values())}, missed {len(missed)}, doubled {len(doubled)}, of others {len(strange)}")
    print(f"memory of the listener: {begin:.1f} MiB in the first third, {end:.1f} MiB in the last")
    return not (missed or doubled or strange)


def start(role: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, "--role", role, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def play(role: str, words: list[str]) -> None:
    address, folder = json.loads(words[0]), Path(words[1])
    if role == "listener":
        listen(address, folder)
    elif role == "noise":
        events, rates, decoys = json.loads(words[2])
        asyncio.run(make_noise(address, events, tuple(rates), decoys))
    else:
        publisher = Publisher(address, folder)
        versions = publisher.day(*json.loads(words[2]))
        publisher.close()
        print(json.dumps(versions))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--versions", type=int, default=200)
    parser.add_argument("--burst", type=float, default=1000)
    parser.add_argument("--trickle", type=float, default=200)
    parser.add_argument("--before", type=int, default=200)
    parser.add_argument("--after", type=float, default=15)
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.role:
        play(chosen.role, chosen.words)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "triggers.yaml").write_text(RULES, encoding="utf-8")
        command = [sys.executable, "-m", "encode_media.sandbox", "--data", str(folder / "data")]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None  # noqa: S101 - it was asked for above
        try:
            address = json.loads(server.stdout.readline())
            listener = start("listener", json.dumps(address), name)
            assert listener.stdout is not None  # noqa: S101 - it was asked for above
            listener.stdout.readline()
            try:
                good = measure(address, folder, listener, chosen)
            finally:
                print(listener.communicate()[0], end="")
        finally:
            server.terminate()
            server.wait(30)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
