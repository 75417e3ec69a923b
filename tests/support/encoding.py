"""A whole encode without a job: probe, plan, run, check."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.media import Media
from encode_media.model.plan import EncodePlan
from encode_media.model.result import OutputResult
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify


@dataclass(frozen=True)
class Encoded:
    plan: EncodePlan
    outputs: dict[str, OutputResult]

    @property
    def only(self) -> OutputResult:
        (output,) = self.outputs.values()
        return output


def encode(source: Path | str | Media, preset: str, ffmpeg: str, folder: Path, **options: Any) -> Encoded:
    """Everything a job does up to publishing, in `folder`; a `Media` was probed before."""
    media = source if isinstance(source, Media) else probe(find_source([str(source)]))
    plan = make_plan(media, Catalog().resolve(preset, media, options))
    run(plan, ffmpeg, folder)
    return Encoded(plan, {output.name: output for output in verify(plan, folder)})


def run(plan: EncodePlan, ffmpeg: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    run_plan(
        plan, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False, stall_limit_s=60,
        time_limit_s=120,
    )  # fmt: skip
