"""Connects the parts; the only module that knows them all."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from encode_media.errors import failure
from encode_media.jobs.engine import JobClient, JobEngine, Submission
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.jobs.workflow import Destination, Tools, make_workflow
from encode_media.local import FolderDestination
from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.hardware import hardware_of
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.media.sound_files import read_sound_files
from encode_media.model.codec import from_json
from encode_media.model.media import Media, SourceCheck
from encode_media.model.plan import EncodePlan
from encode_media.model.request import EncodeRequest, Options, SplitWish
from encode_media.model.result import FINAL_STAGES, Progress, RunResult
from encode_media.planning.hardware import plan_with_hardware
from encode_media.planning.ocio import find_view
from encode_media.planning.planner import make_plan
from encode_media.planning.sound import sound_files
from encode_media.presets.catalog import Catalog
from encode_media.presets.cdl import with_cdl_numbers
from encode_media.presets.context import Occasion, today
from encode_media.resources import resource
from encode_media.running.space import with_space_finding
from encode_media.settings import Settings

if TYPE_CHECKING:
    from encode_media.ftrack.gateway import Gateway
    from encode_media.sandbox.encoder import MediaEncoder
    from encode_media.sandbox.server import Address, Sandbox

log = logging.getLogger(__name__)

POLL_S = 0.1
_SEEDS = "demo, empty, or a YAML file as in docs/sandbox.md"


def open_catalog(settings: Settings) -> Catalog:
    """The studio's presets before the built-in ones."""
    return Catalog(settings.preset_folders, project_folders=settings.project_preset_folders)


def open_tools(settings: Settings, destination: Destination) -> Tools:
    return Tools(
        catalog=open_catalog(settings),
        ffmpeg=find_ffmpeg(settings.ffmpeg),
        settings=settings,
        destination=destination,
    )


# --- without ftrack ----------------------------------------------------------------------------------


def probe_here(
    settings: Settings, words: Sequence[str], *, sequence: bool, check: SourceCheck | None = None
) -> Media:
    """Raises: SourceMissing, UnsupportedFormat."""
    return probe(find_source(words, sequence=sequence), check=check or SourceCheck(settings.source_check))


def plan_here(
    settings: Settings, words: Sequence[str], *, sequence: bool, preset: str, options: Options
) -> EncodePlan:
    """What `encode_here` would do; nothing is run. Raises like it."""
    catalog = open_catalog(settings)
    catalog.get(preset)
    media = probe(find_source(words, sequence=sequence), check=SourceCheck(settings.source_check))
    resolved = catalog.resolve(preset, media, options, Occasion(date=today()))
    resolved = with_cdl_numbers(resolved, settings.source_roots)
    files = read_sound_files(sound_files(resolved), settings.source_roots)
    view = find_view(resolved.colour, media, settings.ocio)
    hardware = hardware_of(find_ffmpeg(settings.ffmpeg))
    made = plan_with_hardware(resolved, lambda chosen: make_plan(media, chosen, files=files, view=view), hardware)
    return with_space_finding(made, settings.work_folder)


def encode_here(
    settings: Settings,
    words: Sequence[str],
    *,
    sequence: bool,
    preset: str,
    options: Options,
    folder: Path,
    on_progress: Callable[[Progress], None],
    stop: threading.Event,
) -> RunResult:
    """Encodes into `folder` and waits for the end; `stop` cancels.

    Raises:
        InvalidParameters: no such preset.
        SourceMissing: the source isn't there. Later failures are in the result.
    """
    open_catalog(settings).get(preset)
    request = EncodeRequest(preset=preset, options=options, source=find_source(words, sequence=sequence))
    engine = MemoryEngine(make_workflow(open_tools(settings, FolderDestination(folder, on_progress))))
    return run_to_end(engine, request, stop)


def run_to_end(engine: JobEngine, request: EncodeRequest, stop: threading.Event) -> RunResult:
    """Submits one request to an engine of our own and waits for its result."""
    engine.start()
    try:
        job_id = engine.submit(request).job_id
        asked = False
        try:
            while True:
                record = engine.job(job_id)
                if record is not None and record.stage in FINAL_STAGES:
                    return from_json(RunResult, record.result)
                if stop.wait(POLL_S) and not asked:
                    asked = engine.cancel(job_id) or True
        except KeyboardInterrupt:
            engine.cancel(job_id)
            raise
    finally:
        engine.stop()


# --- the queue of a service -------------------------------------------------------------------------------------


@contextmanager
def open_client(settings: Settings) -> Iterator[JobClient]:
    """The job database of a service, from another process."""
    from encode_media.jobs.dbos_engine import DbosClient

    client = DbosClient(settings.database)
    try:
        yield client
    finally:
        client.close()


@dataclass(frozen=True, slots=True)
class SubmitDesk:
    """What is needed to put a version into a service's queue."""

    client: JobClient
    catalog: Catalog
    gateway: Gateway
    username: str
    owner: str
    """See ftrack_job."""

    def submit(
        self,
        *,
        version_id: str | None,
        component_id: str | None,
        preset: str,
        options: Options,
        priority: int,
        needs: tuple[str, ...] = (),
        split: SplitWish = "auto",
        location: str = "auto",
    ) -> Submission:
        from encode_media.ftrack.submission import submit_version

        if version_id is None:
            if component_id is None:
                raise failure("request.invalid", problem="neither a version nor a component was named")
            version_id = self.gateway.version_of_component(component_id)
        return submit_version(
            self.gateway,
            self.client,
            self.catalog,
            version_id=version_id,
            component_id=component_id,
            preset=preset,
            options=options,
            user=self.gateway.user(self.username),
            origin="cli",
            priority=priority,
            owner=self.owner,
            needs=needs,
            split=split,
            location=location,
        )

    def submit_again(
        self, published_id: str, *, priority: int, split: SplitWish = "auto"
    ) -> tuple[Submission, bool]:
        """See `ftrack.ledgers.submit_again`."""
        from encode_media.ftrack.ledgers import submit_again

        return submit_again(
            self.gateway,
            self.client,
            self.catalog,
            published_id,
            user=self.gateway.user(self.username),
            priority=priority,
            owner=self.owner,
            split=split,
        )


@contextmanager
def open_gateway(settings: Settings) -> Iterator[Gateway]:
    """Questions to the ftrack server. Raises: ServerUnavailable, NotPermitted."""
    from encode_media.ftrack.gateway import Gateway
    from encode_media.ftrack.session import open_session
    from encode_media.ftrack.sources import Reach

    session = open_session(settings)
    try:
        yield Gateway(session, reach=Reach.of(settings))
    finally:
        session.close()


@contextmanager
def open_client_catalog_gateway(settings: Settings) -> Iterator[SubmitDesk]:
    """Raises: ServerUnavailable, NotPermitted."""
    with open_client(settings) as client, open_gateway(settings) as gateway:
        yield SubmitDesk(client, open_catalog(settings), gateway, settings.api_user, settings.service_id)


# --- the sandbox -------------------------------------------------------------------------------------


def open_sandbox(
    settings: Settings,
    data: Path,
    port: int,
    *,
    seed: str | Mapping[str, Any] = "demo",
    record: Path | None = None,
    origins: Sequence[str] = (),
    encoder: MediaEncoder | None = None,
) -> Sandbox:
    """The stand-in server on `data`, with the sample sources of the demo; not started yet.

    `seed` is what the command line takes, or what a record holds.

    Raises: InvalidParameters: the seed can't be used.
    """
    from encode_media.media.samples import make_samples
    from encode_media.sandbox.seed_checks import SeedError
    from encode_media.sandbox.seeds import DEMO, load_seed, recorded_seed
    from encode_media.sandbox.server import Sandbox

    try:
        chosen = load_seed(seed) if isinstance(seed, str) else recorded_seed(seed)
    except SeedError as error:
        raise failure("options.invalid", option="--seed", problem=str(error), allowed=_SEEDS) from error
    if chosen is DEMO:
        make_samples(data / "sources", find_ffmpeg(settings.ffmpeg).path)
    return Sandbox(
        data,
        port=port,
        page=resource("sandbox_page"),
        seed=chosen,
        encoder=encoder,
        record=record,
        origins=origins,
    )


def sandbox_settings(settings: Settings, data: Path, address: Address) -> Settings:
    """Settings of a service against a sandbox: everything it keeps lies below `data`."""
    return replace(
        settings,
        server=address.server_url,
        api_user=address.api_user,
        api_key=address.api_key,
        database=f"sqlite:///{(data / 'jobs.sqlite').as_posix()}",
        work_folder=data / "work",
        output_root=settings.output_root or data / "published",
        icon_url=settings.icon_url or f"{address.server_url}/page/encode-media.svg",
    )
