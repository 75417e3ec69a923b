"""What will happen, worked out before anything is queued: how much, how long, how large, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.entities import Target
from encode_media.ftrack.source_reader import Look
from encode_media.jobs.engine import JobClient, JobFilter
from encode_media.media.sound_files import read_sound_files
from encode_media.model.media import Media
from encode_media.model.request import Afterwards
from encode_media.model.result import Stage
from encode_media.planning.ocio import find_view
from encode_media.planning.planner import make_plan
from encode_media.planning.sound import sound_files
from encode_media.presets.catalog import Catalog
from encode_media.presets.cdl import with_cdl_numbers
from encode_media.presets.context import Occasion, today
from encode_media.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Of one source with one preset."""

    seconds: float
    size_bytes: int
    frames: int
    outputs: tuple[str, ...]
    notes: tuple[str, ...]
    """What was decided and assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A version that will be encoded; without an estimate where its source isn't read yet."""

    label: str
    estimate: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    preset_label: str
    lines: tuple[Line, ...]
    skipped: tuple[tuple[str, EncodeMediaError], ...]
    """Versions that can't be encoded, and why."""
    choices: tuple[tuple[str, str], ...] = ()
    """Options that were chosen, in words."""
    location: str = ""
    machines: str = ""
    """How several share it, where that was chosen."""
    after: Afterwards = Afterwards()
    slots: int = 1
    """Encodes at a time on all workers."""
    ahead: int = 0
    """Jobs that wait already."""
    reviewed: int = 0
    unseen: int = 0
    beyond: int = 0

    @property
    def known(self) -> tuple[Estimate, ...]:
        return tuple(line.estimate for line in self.lines if line.estimate)

    @property
    def unread(self) -> int:
        return len(self.lines) - len(self.known)

    @property
    def frames(self) -> int:
        return sum(each.frames for each in self.known)

    @property
    def size_bytes(self) -> int:
        return sum(each.size_bytes for each in self.known)

    @property
    def seconds(self) -> float:
        """On all workers together; never less than the longest."""
        each = [estimate.seconds for estimate in self.known]
        return max([sum(each) / max(1, self.slots), *each], default=0.0)


def estimate(
    settings: Settings, catalog: Catalog, media: Media, preset: str, options: Mapping[str, Any]
) -> Estimate:
    """What the plan of this encode says.

    Raises:
        EncodeMediaError: this preset can't be made from this source with these options.
    """
    resolved = catalog.resolve(preset, media, options, Occasion(date=today()))
    resolved = with_cdl_numbers(resolved, settings.source_roots)
    files = read_sound_files(sound_files(resolved), settings.source_roots)
    plan = make_plan(media, resolved, files=files, view=find_view(resolved.colour, media, settings.ocio))
    return Estimate(
        seconds=plan.estimated_s,
        size_bytes=plan.estimated_bytes,
        frames=media.frame_count or 0,
        outputs=tuple(output.name for output in plan.outputs),
        notes=plan.notes,
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """A version of the selection: what its source is, and what stands in its way."""

    target: Target
    look: Look
    problem: EncodeMediaError | None = None


def lines_of(
    seen: Sequence[Seen], estimated: Callable[[Media], Estimate]
) -> tuple[tuple[Line, ...], tuple[tuple[str, EncodeMediaError], ...]]:
    """The versions that will be encoded, and those that can't be. `estimated` raises for what can't be made."""
    lines: list[Line] = []
    skipped: list[tuple[str, EncodeMediaError]] = []
    for each in seen:
        name = each.target.version.label
        if each.problem is not None:
            skipped.append((name, each.problem))
            continue
        try:
            found = estimated(each.look) if isinstance(each.look, Media) else None
        except EncodeMediaError as error:
            skipped.append((name, error))
            continue
        lines.append(Line(label=name, estimate=found))
    return tuple(lines), tuple(skipped)


def queue_facts(client: JobClient) -> tuple[int, int]:
    """How many encodes run at a time on all workers, and how many jobs wait. Raises: ServerUnavailable."""
    slots = sum(worker.slots for worker in client.workers())
    return max(1, slots), client.counts(JobFilter(stages=(Stage.QUEUED,))).get(Stage.QUEUED, 0)
