"""What an output becomes in ftrack: components, members and their ids, before anything is written."""

from __future__ import annotations

import json
import os.path
import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from encode_media.errors import failure
from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.review import THUMBNAIL_NAME
from encode_media.model.preset import OutputKind
from encode_media.model.request import EncodeRequest, entity_id
from encode_media.model.result import OutputResult
from encode_media.version import __version__

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
    def is_sequence(self) -> bool:
        return self.output.kind is OutputKind.IMAGE_SEQUENCE

    @property
    def is_thumbnail(self) -> bool:
        return self.output.planned.publish.role == "thumbnail"

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


def folder_below_root(version: VersionInfo, part: Part, job_id: str) -> PurePath:
    """Where a deliverable lies below the output root, in words a person finds their way by.

    The job is part of it: a new encode never writes into the files of an older one, which stay whole
    until the new ones are published.
    """
    base, _, attempt = job_id.rpartition("-")
    own = f"{base[:_JOB_DIGITS]}-{attempt}"
    return PurePath(*(_safe(word) for word in (*version.path, version_name(version), part.name, own)))


def version_name(version: VersionInfo) -> str:
    return f"{version.asset_name}_v{version.number:03d}"


def file_name_below_root(version: VersionInfo, part: Part, number: str = "") -> str:
    """`sh010_comp_v001_prores_422_hq.mov`; for a frame with its number, for a pattern with `%04d`."""
    stem = _safe(f"{version_name(version)}_{part.name}")
    return f"{stem}{'.' + number if number else ''}{part.file_type}"


def _safe(word: str) -> str:
    # Names come from people: no separators, no leading dots, nothing that climbs out of the folder.
    return _UNSAFE.sub("_", word).strip("._ ") or "_"


def ledger(job_id: str, request: EncodeRequest, fingerprint: str, published_at: float) -> dict[str, Any]:
    """How a component came to be: enough to say why it looks as it does, and to make it again.

    `at` orders the jobs of one version: a job removes what earlier ones published, never what a
    later one did.
    """
    return {
        "job": job_id,
        "at": round(published_at, 3),
        "preset": request.preset,
        "options": request.options,
        "source": request.target.component_id if request.target else None,
        "fingerprint": fingerprint,
        "version": __version__,
    }


def read_ledger(text: str | None) -> dict[str, Any]:
    """A ledger as stored on a component; empty where there is none that can be read."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
