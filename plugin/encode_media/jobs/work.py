"""What a job has done by others, as values, so that the story can be told without ffmpeg."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from encode_media.model.media import Media, SourceCheck, SourceRef
from encode_media.model.plan import EncodePlan
from encode_media.model.request import EncodeRequest, SplitWish, VersionNames
from encode_media.model.result import OutputResult, Progress
from encode_media.presets.context import Occasion, today
from encode_media.settings import Settings

if TYPE_CHECKING:
    from encode_media.media.capabilities import Ffmpeg
    from encode_media.presets.catalog import Catalog


OnProgress = Callable[[Progress], None]
ToStop = Callable[[], bool]


class Ran(Protocol):
    """What the story needs to know of an encode (a `running.runner.RunReport`)."""

    @property
    def elapsed_s(self) -> float: ...

    @property
    def argvs(self) -> tuple[tuple[str, ...], ...]: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    @property
    def log_tail(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    probe: Callable[[SourceRef], Media]
    plan: Callable[[Media, EncodeRequest], EncodePlan]
    run: Callable[[EncodePlan, Path, OnProgress, ToStop], Ran]
    """Plan, an empty folder, where progress goes, whether to stop."""
    verify: Callable[[EncodePlan, Path, OnProgress, ToStop], tuple[OutputResult, ...]]
    """Plan, the folder of the outputs, and the same two."""
    count: Callable[[EncodePlan, Path], None]
    """The quick look at a part: whether its movies have their frames; `OutputWrong` where not."""


def stretch_frames(wish: SplitWish, media: Media, usual: int) -> int:
    """How many frames of the source one worker takes; 0 where it is not to be shared."""
    if wish == "never":
        return 0
    if wish == "auto":
        return usual
    halves = max(1, (media.frame_count or 0) // 2)
    return min(usual, halves) if usual else halves


def real_work(catalog: Catalog, ffmpeg: Ffmpeg, settings: Settings) -> Work:
    """PyAV probes, ffmpeg encodes."""

    def probe(source: SourceRef) -> Media:
        from encode_media.media.probe import probe as probe_media

        return probe_media(source, check=SourceCheck(settings.source_check))

    def plan(media: Media, request: EncodeRequest) -> EncodePlan:
        return _plan(media, request, catalog, ffmpeg, settings)

    def run(plan: EncodePlan, folder: Path, on_progress: OnProgress, cancelled: ToStop) -> Ran:
        from encode_media.running.fallback import run_with_fallback

        return run_with_fallback(
            plan,
            folder,
            ffmpeg.path,
            on_progress=on_progress,
            cancelled=cancelled,
            stall_limit_s=settings.stall_limit_s,
            time_limit_s=settings.time_limit_s,
        )

    def verify(
        plan: EncodePlan, folder: Path, on_progress: OnProgress, cancelled: ToStop
    ) -> tuple[OutputResult, ...]:
        from encode_media.running.verify import verify as verify_outputs

        return verify_outputs(plan, folder, on_progress=on_progress, cancelled=cancelled)

    def count(plan: EncodePlan, folder: Path) -> None:
        from encode_media.running.verify import count_frames

        count_frames(plan, folder)

    return Work(probe=probe, plan=plan, run=run, verify=verify, count=count)


def _plan(
    media: Media, request: EncodeRequest, catalog: Catalog, ffmpeg: Ffmpeg, settings: Settings
) -> EncodePlan:
    """The plan of the request's preset, or of the recipe it repeats, with what this machine can do."""
    from encode_media.media.hardware import hardware_of
    from encode_media.media.sound_files import read_sound_files
    from encode_media.planning.hardware import plan_with_hardware
    from encode_media.planning.ocio import find_view
    from encode_media.planning.planner import make_plan
    from encode_media.planning.sound import sound_files
    from encode_media.presets.cdl import with_cdl_numbers
    from encode_media.presets.recipe import pack, unpack
    from encode_media.running.space import with_space_finding

    names = request.target.names if request.target else VersionNames()
    occasion = Occasion(names=names, date=today())
    if request.recipe:
        preset = unpack(request.recipe)
    else:
        preset = catalog.for_project(names.project).resolve(request.preset, media, request.options, occasion)
    preset = with_cdl_numbers(preset, settings.source_roots)
    files = read_sound_files(sound_files(preset), settings.source_roots)
    view = find_view(preset.colour, media, settings.ocio)
    stretch = stretch_frames(request.split, media, settings.split_frames)
    made = plan_with_hardware(
        preset,
        lambda chosen: make_plan(media, chosen, files=files, view=view, stretch_frames=stretch),
        hardware_of(ffmpeg),
    )
    return replace(with_space_finding(made, settings.work_folder), recipe=pack(preset))
