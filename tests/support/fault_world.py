"""A server, a service and what lies between them, and every way to break each of them from a seed."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp

from encode_media.jobs.dbos_engine import DbosClient
from encode_media.media.capabilities import find_ffmpeg
from support import jumping_clock
from support.bad_network import BadNetwork
from support.postgresql import PostgresServer
from support.sandbox import RunningSandbox, start_process
from support.serving import Service, prepared_service
from support.small_disk import SmallDisk
from support.supervision import Supervision

Fault = Callable[[], None]
FAULTS = 4
"""Of one run."""
LONGEST_JUMP_S = 3 * 86400.0
"""Further forward ended jobs are forgotten (`ENCODE_MEDIA_KEEP_DAYS`), as they should."""
_PAUSE_S = (0.2, 1.2)
_BROKEN_S = (0.5, 3.0)
"""How long what is stalled, cut, full or stopped stays so."""
_TESTS = Path(__file__).resolve().parents[1]


@dataclass(slots=True, kw_only=True)
class Database:
    """PostgreSQL for this world alone, behind a network of its own."""

    server: PostgresServer
    network: BadNetwork
    url: str

    @property
    def url_of_service(self) -> str:
        return self.url.replace(f":{self.server.port}/", f":{self.network.port}/")


@dataclass(kw_only=True)
class World:
    """With `database` a second process works beside the listener; without, all is one process on SQLite."""

    server: RunningSandbox
    network: BadNetwork
    service: Service
    clock: Path
    chance: random.Random
    database: Database | None
    worker: Service | None
    supervision: Supervision
    disk: SmallDisk | None
    done_faults: list[str] = field(default_factory=list)

    @cached_property
    def jobs(self) -> DbosClient:
        """Past everything that is broken."""
        return DbosClient(self.database.url) if self.database else self.service.jobs

    # --- ends without a warning ----------------------------------------------------------------------

    def kill_service(self) -> None:
        self._kill(self.service)

    def kill_worker(self) -> None:
        assert self.worker is not None
        self._kill(self.worker)

    def kill_encoder(self) -> None:
        """ffmpeg, its guard, or what ffmpeg started: whoever is met."""
        encoders = self.service.encoders()
        if encoders:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.chance.choice(encoders), signal.SIGKILL)

    def kill_server(self) -> None:
        port = self.server.port
        self.server.kill()
        self._wait()
        restarted = start_process(self.server.data, port=port)
        self.server.address, self.server.process = restarted.address, restarted.process

    def kill_database(self) -> None:
        self._database.server.kill()
        self._wait()
        self._database.server.start()

    def stop_database(self) -> None:
        self._database.server.stop("fast")
        self._wait()
        self._database.server.start()

    # --- the network ---------------------------------------------------------------------------------

    def cut_upload(self) -> None:
        """At any byte of it, headers included."""
        self.network.cut_next_upload(self.chance.randrange(1, 20_000))

    def drop_connections(self) -> None:
        self.network.drop_all()

    def slow_network(self) -> None:
        self.network.delay_s = self.chance.uniform(0.005, 0.05)
        self._wait()
        self.network.go_on()

    def stall_network(self) -> None:
        self._stall(self.network)

    def cut_network(self) -> None:
        self._cut(self.network)

    def shuffle_events(self) -> None:
        self.network.shuffled = True
        self._wait()
        self.network.go_on()

    def stall_database(self) -> None:
        self._stall(self._database.network)

    def cut_database(self) -> None:
        self._cut(self._database.network)

    # --- the machine ---------------------------------------------------------------------------------

    def jump_clock(self) -> None:
        jumping_clock.set_wrong(self.clock, self.chance.uniform(-LONGEST_JUMP_S, LONGEST_JUMP_S))

    def fill_disk(self) -> None:
        assert self.disk is not None
        self.disk.fill()
        self._wait()
        self.disk.empty()

    # --- all of it -----------------------------------------------------------------------------------

    def faults(self) -> list[Fault]:
        """What may happen; a process is killed at most twice, as a third death of one encode fails it."""
        possible = [
            self.kill_service, self.kill_encoder, self.kill_server,
            self.cut_upload, self.cut_upload, self.drop_connections, self.slow_network, self.stall_network,
            self.cut_network, self.shuffle_events, self.jump_clock,
        ]  # fmt: skip
        if self.disk is not None:
            possible.append(self.fill_disk)
        if self.database is None:
            return [*possible, self.kill_service]
        return [
            *possible, self.kill_worker, self.kill_database, self.stop_database,
            self.stall_database, self.cut_database,
        ]  # fmt: skip

    def break_things(self) -> None:
        for fault in self.chance.sample(self.faults(), FAULTS):
            time.sleep(self.chance.uniform(*_PAUSE_S))
            fault()
            self.done_faults.append(fault.__name__)

    def stop(self) -> None:
        """In good order, however broken it was: each part got up again, and ends when it is told to."""
        for part in self.parts:
            part.wait_until_ready()
        self.supervision.stop()
        for part in reversed(self.parts):
            if self._stopped(part) != 0:
                raise AssertionError(f"it did not end well:\n{part.log[-12000:]}")

    def _stopped(self, part: Service) -> int:
        try:
            return part.stop()
        except subprocess.TimeoutExpired:
            part.running.send_signal(jumping_clock.STACKS)
            time.sleep(1)  # it has no other way to say that it has written them
            raise AssertionError(f"it does not end; faults: {self.done_faults}\n{part.log[-12000:]}") from None

    @property
    def parts(self) -> list[Service]:
        return [part for part in (self.service, self.worker) if part is not None]

    @property
    def log(self) -> str:
        """The last of what each part said."""
        return "\n".join(f"-- {part.command}\n{part.log[-3000:]}" for part in self.parts)

    def _kill(self, part: Service) -> None:
        with self.supervision.turn:
            part.kill()
            part.start()

    @property
    def _database(self) -> Database:
        assert self.database is not None
        return self.database

    def _wait(self) -> None:
        time.sleep(self.chance.uniform(*_BROKEN_S))

    def _stall(self, network: BadNetwork) -> None:
        network.stall()
        self._wait()
        network.go_on()

    def _cut(self, network: BadNetwork) -> None:
        network.refusing = True
        network.drop_all()
        self._wait()
        network.go_on()


@contextlib.contextmanager
def broken_world(folder: Path, seed: int, postgresql: PostgresServer | None) -> Iterator[World]:
    """Everything started and listening; what was started is ended."""
    chance = random.Random(seed)  # noqa: S311 - the same for the same seed
    _tiny_sources(folder / "data" / "sources")
    with contextlib.ExitStack() as stack:
        disk = SmallDisk.mounted(folder / "service" / "work")
        if disk is not None:
            stack.callback(disk.close)
        server = start_process(folder / "data")
        stack.callback(server.stop)
        stack.callback(server.close_sessions)
        network = BadNetwork(server.port, chance)
        stack.callback(network.close)
        database = _database_for(postgresql, stack)
        service = _service(folder, server.environ, network, database)
        worker = replace(service, clients=[], command="worker", log_name="worker.log") if database else None
        parts = [part for part in (service, worker) if part is not None]
        for part in parts:
            stack.callback(part.close)
            part.start()
        supervision = Supervision(parts)
        stack.callback(supervision.stop)
        world = World(
            server=server, network=network, service=service, clock=folder / "clock", chance=chance,
            database=database, worker=worker, supervision=supervision, disk=disk,
        )  # fmt: skip
        stack.callback(world.jobs.close)
        service.wait_until_listening()
        yield world


def _database_for(postgresql: PostgresServer | None, stack: contextlib.ExitStack) -> Database | None:
    if postgresql is None:
        return None
    network = BadNetwork(postgresql.port)
    stack.callback(network.close)
    return Database(server=postgresql, network=network, url=postgresql.fresh_database())


def _service(folder: Path, environ: dict[str, str], network: BadNetwork, database: Database | None) -> Service:
    service = prepared_service(folder / "service", environ | {"FTRACK_SERVER": f"http://127.0.0.1:{network.port}"})
    python_path = os.pathsep.join(filter(None, (str(_TESTS), os.environ.get("PYTHONPATH"))))
    service.environ |= {"PYTHONPATH": python_path, "XDG_DATA_HOME": str(folder / "home")}
    if database is not None:
        service.environ["ENCODE_MEDIA_DB"] = database.url_of_service
    service.program = ("-m", "support.jumping_clock", str(folder / "clock"))
    return service


_SOURCES = {
    "sh010_comp_v001.mov": (
        "testsrc2=s=160x90:r=24000/1001:d=1",
        "-f lavfi -i sine=d=1 -c:v mpeg4 -q:v 4 -c:a pcm_s16le -shortest",
    ),
    "sh020_concept.png": ("testsrc2=s=160x90", "-frames:v 1"),
    "sh010_beauty/sh010_beauty.%04d.exr": (
        "testsrc2=s=64x36:r=24",
        "-frames:v 48 -start_number 1001 -pix_fmt gbrpf32le",
    ),
}
"""Of the versions that are asked for; small, as it is not the encoding that is tested."""
_made: list[Path] = []


def _tiny_sources(folder: Path) -> None:
    if not _made:
        kept = Path(mkdtemp(prefix="encode-media-tiny-"))
        for name, (picture, words) in _SOURCES.items():
            (kept / name).parent.mkdir(exist_ok=True)
            argv = [find_ffmpeg().path, "-v", "error", "-f", "lavfi", "-i", picture, *words.split()]
            subprocess.run([*argv, str(kept / name)], check=True, timeout=60)
        _made.append(kept)
    shutil.copytree(_made[0], folder)
