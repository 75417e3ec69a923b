"""Encoding without ftrack: the same story, with a folder as the destination."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from encode_media.errors import failure
from encode_media.model.media import SourceRef
from encode_media.model.plan import EncodePlan
from encode_media.model.request import EncodeRequest
from encode_media.model.result import OutputResult, Progress, PublishedOutput, RunResult
from encode_media.timebase import format_rate


@dataclass(frozen=True, slots=True)
class FolderDestination:
    """Puts results into a folder as `<source>_<output>.<ext>`, replacing what an earlier encode put there."""

    folder: Path
    on_progress: Callable[[Progress], None]

    def resolve(self, request: EncodeRequest) -> SourceRef:
        if request.source is None:
            raise failure("request.invalid", problem="no source was named")
        return request.source

    def progress(self, job_id: str, request: EncodeRequest, progress: Progress) -> None:
        del job_id, request
        self.on_progress(progress)

    def publish(
        self,
        job_id: str,
        request: EncodeRequest,
        plan: EncodePlan,
        outputs: tuple[OutputResult, ...],
        on_progress: Callable[[Progress], None],
    ) -> tuple[PublishedOutput, ...]:
        """Moves the files; `location` in what it gives is the final path."""
        del job_id, request, on_progress
        if plan.backend == "ftrack":
            raise failure("request.invalid", problem=f"the preset {plan.preset} needs an ftrack server to encode")
        stem = source_stem(plan.media.source)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return tuple(_published(output, self._place(output, stem)) for output in outputs)
        except PermissionError as error:
            raise failure("output.not_permitted", path=str(self.folder)) from error

    def finish(self, job_id: str, request: EncodeRequest, result: RunResult) -> None:
        """Nobody waits for a message here."""

    def _place(self, output: OutputResult, stem: str) -> str:
        found = Path(output.path)
        # The plan's name for the file: the output's own may lead into another folder.
        base = f"{stem}_{PurePath(output.planned.file).parts[0].removesuffix(found.suffix)}"
        if output.planned.first_frame is None:
            target = self.folder / f"{base}{found.suffix}"
            if found.exists():  # a repeated step finds its files moved already
                _replace_file(found, target)
            return str(target)
        target = self.folder / base
        if found.parent.exists():
            _replace_folder(found.parent, target)
        for frame in range(output.planned.first_frame, output.planned.first_frame + output.frames):
            made = target / (found.name % frame)
            if made.exists():
                made.rename(target / f"{base}.{frame:04d}{found.suffix}")
        return str(target / f"{base}.%04d{found.suffix}")


def source_stem(source: SourceRef) -> str:
    """A file name for what is made from this source: `f.%04d.exr` gives `f`."""
    name = Path(source.path).name
    stem = name.split("%")[0] if source.is_sequence and "%" in name else Path(name).stem
    # The name becomes part of a printf pattern, where a percent sign would mean a number.
    return stem.replace("%", "_").rstrip("._- ") or "encode"


def _published(output: OutputResult, path: str) -> PublishedOutput:
    return PublishedOutput(
        name=output.name,
        component_id="",
        location=path,
        width=output.width,
        height=output.height,
        frames=output.frames,
        frame_rate=format_rate(output.frame_rate) if output.frame_rate else "",
        size_bytes=output.size_bytes,
    )


def _replace_file(found: Path, target: Path) -> None:
    """Never leaves half a file under the final name, also across file systems."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.move(found, beside)
    beside.replace(target)


def _replace_folder(found: Path, target: Path) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.move(found, beside)
    if target.is_dir():
        shutil.rmtree(target)
    beside.rename(target)
