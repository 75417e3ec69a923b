"""What an output becomes in ftrack: components, members and their ids, before anything is written."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass
from pathlib import Path, PurePath

from encode_media.errors import failure
from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.ledger import Ledger, output_facts
from encode_media.ftrack.review import THUMBNAIL_NAME
from encode_media.model.preset import OutputKind
from encode_media.model.request import entity_id
from encode_media.model.result import OutputResult

_UNSAFE = re.compile(r"[^\w.-]+")
_PATTERN = re.compile(r"%0?(\d*)d")
_JOB_DIGITS = 8
"""Of a job's id in a path: enough to tell the jobs of one version and output apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """One file that becomes a `FileComponent`: a movie, a still, or a frame of a sequence."""

    component_id: str
    place_id: str
    """Of its row in the location."""
    name: str
    path: Path
    file_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One output as it will be in ftrack."""

    output: OutputResult
    component_id: str
    place_id: str
    location: str
    file_type: str
    files: tuple[FilePart, ...]
    """For a sequence its members, else the one file."""
    padding: int = 0

    @property
    def name(self) -> str:
        return self.output.name

    @property
    def facts(self) -> Ledger:
        return output_facts(self.output)

    @property
    def is_sequence(self) -> bool:
        return self.output.kind is OutputKind.IMAGE_SEQUENCE

    @property
    def path(self) -> str:
        """Where the preset wants it below the output root; empty leaves it to us."""
        return self.output.planned.publish.path

    @property
    def is_thumbnail(self) -> bool:
        return self.output.planned.publish.role == "thumbnail"

    @property
    def is_reviewable(self) -> bool:
        return self.output.planned.publish.role == "reviewable"

    @property
    def component_name(self) -> str:
        return THUMBNAIL_NAME if self.is_thumbnail else self.name


def make_part(job_id: str, output: OutputResult, location: str) -> Part:
    """The components an output becomes; their ids come from the job's, so that repeating finds them.

    Raises:
        OutputWrong: a file of a sequence can't be named from its pattern.
    """
    component_id = entity_id(job_id, f"component {output.name}")
    place_id = entity_id(job_id, f"location of {output.name}")
    file_type = PurePath(output.path).suffix
    files: tuple[FilePart, ...] = (
        FilePart(
            component_id=component_id,
            place_id=place_id,
            name=output.name,
            path=Path(output.path),
            file_type=file_type,
        ),
    )
    padding = 0
    if output.kind is OutputKind.IMAGE_SEQUENCE:
        files, padding = _members(job_id, output, file_type)
    return Part(
        output=output,
        component_id=component_id,
        place_id=place_id,
        location=location,
        file_type=file_type,
        files=files,
        padding=padding,
    )


def _members(job_id: str, output: OutputResult, file_type: str) -> tuple[tuple[FilePart, ...], int]:
    pattern = _PATTERN.search(PurePath(output.path).name)
    first = output.planned.first_frame
    if pattern is None or first is None:
        raise failure("output.wrong", name=output.name, problem=f"{output.path} names no sequence of files")
    padding = int(pattern[1] or 0)
    folder, name = os.path.split(output.path)
    members = []
    for frame in range(first, first + output.frames):
        number = f"{frame:0{padding}d}" if padding else str(frame)
        members.append(
            FilePart(
                component_id=entity_id(job_id, f"component {output.name} {frame}"),
                place_id=entity_id(job_id, f"location of {output.name} {frame}"),
                name=number,
                path=Path(folder, name[: pattern.start()] + number + name[pattern.end() :]),
                file_type=file_type,
            )
        )
    return tuple(members), padding


def own_mark(job_id: str) -> str:
    """Of a job, short enough for a path."""
    base, _, attempt = job_id.rpartition("-")
    return f"{base[:_JOB_DIGITS]}-{attempt}"


def beside(name: str, job_id: str) -> str:
    """Another name for a file whose own is taken: the job's mark before the extension or the frame number."""
    stem, dot, rest = name.partition(".")
    return f"{stem}-{own_mark(job_id)}{dot}{rest}"


def template_path(text: str) -> PurePath:
    """A relative path from what a preset's template gave: names in it come from people.

    Each step is made safe by itself, so that none leads upwards, and an absolute path loses its beginning.
    """
    words = [_safe(word) for word in text.replace("\\", "/").split("/") if word.strip()]
    return PurePath(*words) if words else PurePath("_")


def folder_below_root(version: VersionInfo, part: Part, job_id: str) -> PurePath:
    """Where a deliverable lies below the output root, in words a person finds their way by.

    The job is part of it: a new encode never writes into the files of an older one, which stay whole
    until the new ones are published.
    """
    words = (*version.path, version_name(version), part.name, own_mark(job_id))
    return PurePath(*(_safe(word) for word in words))


def version_name(version: VersionInfo) -> str:
    return f"{version.asset_name}_v{version.number:03d}"


def file_name_below_root(version: VersionInfo, part: Part, number: str = "") -> str:
    """`sh010_comp_v001_prores_422_hq.mov`; for a frame with its number, for a pattern with `%04d`."""
    stem = _safe(f"{version_name(version)}_{part.name}")
    return f"{stem}{'.' + number if number else ''}{part.file_type}"


def _safe(word: str) -> str:
    # Names come from people: no separators, no leading dots, nothing that climbs out of the folder.
    return _UNSAFE.sub("_", word).strip("._ ") or "_"
