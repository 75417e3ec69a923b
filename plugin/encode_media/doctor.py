"""Looks at everything a service needs, and says one line about each."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encode_media.app import open_catalog, open_client
from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs.engine import EVERY_JOB, JobClient, JobFilter
from encode_media.media.capabilities import Ffmpeg, find_ffmpeg
from encode_media.media.hardware import FAMILIES, FAMILY_NAMES, HARDWARE_FORMATS, hardware_of
from encode_media.model.result import FINAL_STAGES, Stage
from encode_media.planning.fonts import BUNDLED, FONT_FOLDER
from encode_media.presets.codecs import CODECS
from encode_media.resources import resource
from encode_media.settings import Settings
from encode_media.timebase import seconds_text, size_text

NEEDED_ENCODERS = (*dict.fromkeys(codec.encoder for codec in CODECS.values()), "aac", "libopus", "pcm_s24le")
"""What the built-in presets use."""
NEEDED_FILTERS = ("zscale", "drawtext", "bwdif", "loudnorm")
"""Those that a build may lack: they need libzimg, libfreetype or a licence."""
_TRIALS_AT_A_TIME = 4

MOST_RUNNING = 10_000
_RUNNING = tuple(stage for stage in Stage if stage not in FINAL_STAGES and stage is not Stage.QUEUED)
LEAST_FREE_BYTES = 2_000_000_000
"""Below this a service should not start work: a minute of ProRes 422 HQ at 1080p has 1.7 GB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    name: str
    passed: bool
    words: str
    exit_code: int = 0

    def line(self) -> str:
        return f"{'ok  ' if self.passed else 'FAIL'}  {self.name:<10} {self.words}"

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "passed": self.passed, "words": self.words}


def examine(settings: Settings) -> list[Examination]:
    """One entry per thing looked at, in the order of need. Changes nothing but a file it removes again."""
    return [_examined(name, look) for name, look in _looks(settings)]


def examine_service(settings: Settings) -> list[Examination]:
    """Whether a service is at work here, by its beat in the job database: cheap enough for every minute.

    It asks for neither the ftrack server nor the hub: a service lives through their absence.
    """
    return [_examined("service", lambda: _service(settings))]


def _examined(name: str, look: Callable[[], str]) -> Examination:
    try:
        return Examination(name=name, passed=True, words=look())
    except EncodeMediaError as error:
        return Examination(
            name=name, passed=False, words=f"{error.message} {error.hint}", exit_code=error.exit_code
        )


def _looks(settings: Settings) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "ffmpeg", lambda: _ffmpeg(settings)
    yield "encoders", lambda: _encoders(find_ffmpeg(settings.ffmpeg))
    yield "filters", lambda: _filters(find_ffmpeg(settings.ffmpeg))
    yield "hardware", lambda: _hardware(find_ffmpeg(settings.ffmpeg))
    yield "fonts", _fonts
    yield "presets", lambda: _presets(settings)
    yield "disk", lambda: _disk(settings.work_folder)
    yield "database", lambda: _database(settings)
    yield "workers", lambda: _workers(settings)
    for root in settings.source_roots:
        yield "sources", lambda root=root: _folder(root, os.R_OK, "source.missing")  # type: ignore[misc]
    if settings.output_root:
        root = settings.output_root
        yield "outputs", lambda: _folder(root, os.W_OK, "output.not_permitted")
    if settings.server:
        yield "server", lambda: _server(settings)
        yield "event hub", lambda: _hub(settings)


def _ffmpeg(settings: Settings) -> str:
    found = find_ffmpeg(settings.ffmpeg)
    return f"{found.version} at {found.path}"


def _encoders(ffmpeg: Ffmpeg) -> str:
    with ThreadPoolExecutor(_TRIALS_AT_A_TIME) as pool:
        works = dict(zip(NEEDED_ENCODERS, pool.map(ffmpeg.can_encode, NEEDED_ENCODERS), strict=True))
    missing = [encoder for encoder, proved in works.items() if not proved]
    if missing:
        raise failure("ffmpeg.encoder_missing", encoder=", ".join(missing))
    return ", ".join(NEEDED_ENCODERS)


def _filters(ffmpeg: Ffmpeg) -> str:
    missing = [name for name in NEEDED_FILTERS if not ffmpeg.knows_filter(name)]
    if missing:
        raise failure("ffmpeg.filter_missing", filter=", ".join(missing))
    return ", ".join(NEEDED_FILTERS)


def _hardware(ffmpeg: Ffmpeg) -> str:
    """Nobody needs it, so its absence is no fault."""
    hardware = hardware_of(ffmpeg)
    works = [
        f"{FAMILY_NAMES[family]} ({', '.join(codecs)})"
        for family in FAMILIES
        if (codecs := [codec for codec, pixels in HARDWARE_FORMATS if hardware.works(family, codec, pixels)])
    ]
    return ", ".join(works) or "none works here; software encodes"


def _fonts() -> str:
    """Of the bundled fonts: what burn-ins are drawn with."""
    folder = resource(FONT_FOLDER)
    for name in BUNDLED:
        if not os.access(folder / name, os.R_OK):
            raise failure(
                "internal", problem=f"the font {name} is not in {folder}; the installation is incomplete"
            )
    return f"{', '.join(BUNDLED)} in {folder}"


def _presets(settings: Settings) -> str:
    catalog = open_catalog(settings)
    problems = catalog.check()
    if problems:
        raise failure("preset.invalid", preset=str(problems[0]).split(":")[0], problem=str(problems[0]))
    return f"{len(catalog.names())} presets"


def _disk(folder: Path) -> str:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except PermissionError as error:
        raise failure("output.not_permitted", path=str(existing)) from error
    if free < LEAST_FREE_BYTES:
        raise failure("disk.too_small", path=str(folder), needed=size_text(LEAST_FREE_BYTES), free=size_text(free))
    return f"{size_text(free)} free at {folder}"


def _database(settings: Settings) -> str:
    with open_client(settings) as client:
        words = _queue_words(client, time.time())
    # A database URL can hold a password; its kind is enough to recognise it.
    return f"{settings.database.split(':', 1)[0]}, {words}"


def _workers(settings: Settings) -> str:
    """Jobs that wait for a worker of another version, or with something nobody here offers, wait for ever."""
    with open_client(settings) as client:
        workers, stranded = client.workers(), client.stranded()
    if stranded:
        raise failure("job.stranded", count=len(stranded), job_id=stranded[0].job_id, reason=stranded[0].reason)
    alive = sum(worker.is_alive for worker in workers)
    silent = f", {len(workers) - alive} gone without a word" if alive < len(workers) else ""
    return (f"{alive} at work" if alive else "none at work, and no job waits for one") + silent


def _service(settings: Settings) -> str:
    host = socket.gethostname()
    with open_client(settings) as client:
        alive = [worker for worker in client.workers() if worker.host == host and worker.is_alive]
    if not alive:
        raise failure("service.not_running", host=host)
    return ", ".join(f"{worker.executor}, seen {seconds_text(worker.seen_s_ago)} ago" for worker in alive)


def _queue_words(client: JobClient, now: float) -> str:
    """How long jobs wait and how long ago the quietest running one gave a sign: what shows a stuck queue."""
    waiting, since = client.counts(EVERY_JOB).get(Stage.QUEUED, 0), client.waiting_since()
    running = client.jobs(where=JobFilter(stages=_RUNNING), limit=MOST_RUNNING)
    words = [f"{waiting} jobs wait, {len(running)} run"]
    if since is not None:
        words.append(f"the oldest waits for {seconds_text(max(0.0, now - since))}")
    if running:
        quietest = min(record.updated_at for record in running)
        words.append(f"the quietest gave a sign {seconds_text(max(0.0, now - quietest))} ago")
    return "; ".join(words)


def _folder(folder: Path, mode: int, code: str) -> str:
    if not os.access(folder, mode):
        raise failure(code, path=str(folder))
    return str(folder)


def _server(settings: Settings) -> str:
    from encode_media.ftrack.session import open_session

    session = open_session(settings)
    try:
        version = session.server_information.get("version", "unknown")
    finally:
        session.close()
    return f"{settings.server}, version {version}, as {settings.api_user}"


def _hub(settings: Settings) -> str:
    from encode_media.ftrack.client import hub_round_trip_s

    return f"an event came back after {hub_round_trip_s(settings) * 1000:.0f} ms"
