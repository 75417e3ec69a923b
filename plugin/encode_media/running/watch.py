"""When a running encode has to be stopped: stalled, too long, too large, the disk nearly full. No effects."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from encode_media.errors import EncodeMediaError, failure
from encode_media.model.plan import EncodePlan
from encode_media.model.preset import OutputKind
from encode_media.planning.estimates import estimate_seconds
from encode_media.timebase import size_text

STALL_FRAMES = 20
"""A run is not stalled before this many times its average frame: an 8K EXR may take half a minute each."""
WHOLE_PATIENCE = 10
"""A machine with other work may take ten times as long as estimated for decoding a movie."""

SIZE_PATIENCE, SIZE_FLOOR = 10, 1_000_000_000
"""An estimate is made for grainy pictures; ten times as much, and at least 1 GB, is no picture any more."""
TIME_PATIENCE, TIME_FLOOR_S = 50, 3600.0
"""Machines and their load differ by far more than pictures do: fifty times as long, and at least an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    stall_s: float
    time_s: float
    """For all commands of a plan together."""
    size_bytes: int | None = None
    """For all outputs of a plan together."""
    free_bytes: int = 0
    """What must stay free on the disk of the job folder."""


def beyond_estimate(limits: Limits, *, estimated_bytes: int, estimated_s: float) -> Limits:
    """The limits with what nobody set filled from a plan's estimates; 0 means there is none."""
    size = max(SIZE_FLOOR, SIZE_PATIENCE * estimated_bytes) if estimated_bytes else None
    time_s = max(TIME_FLOOR_S, TIME_PATIENCE * estimated_s) if estimated_s else limits.time_s
    return replace(
        limits,
        size_bytes=size if limits.size_bytes is None else limits.size_bytes,
        time_s=min(limits.time_s, time_s),
    )


def stall_limit(plan: EncodePlan, usual_s: float) -> float:
    """Stills are written at the end: until then nothing shows that ffmpeg works, maybe through a whole movie."""
    video = plan.media.video
    if video is None or any(output.kind is not OutputKind.STILL for output in plan.outputs):
        return usual_s
    return max(usual_s, WHOLE_PATIENCE * estimate_seconds(video, (), video.frames))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look at a running encode showed."""

    now_s: float
    frame: int
    signs_of_life: Hashable
    """Whatever changes while ffmpeg works: frame, written time, size of its files."""
    written_bytes: int
    free_bytes: int


class Watch:
    """Compares what is seen with the limits, over the commands of one plan."""

    def __init__(self, limits: Limits, *, name: str, folder: str, started_s: float) -> None:
        self._limits = limits
        self._name = name
        self._folder = folder
        self._started_s = started_s
        self.next_command(started_s)

    def next_command(self, now_s: float) -> None:
        self._command_started_s = now_s
        self._alive_s = now_s
        self._signs: Hashable = None

    def look(self, seen: Seen) -> EncodeMediaError | None:
        """The reason to stop now, or None."""
        limits = self._limits
        if seen.signs_of_life != self._signs:
            self._signs, self._alive_s = seen.signs_of_life, seen.now_s
        if seen.free_bytes < limits.free_bytes:
            return failure("disk.full", path=self._folder)
        if limits.size_bytes is not None and seen.written_bytes > limits.size_bytes:
            return failure(
                "output.too_large",
                name=self._name,
                size=size_text(seen.written_bytes),
                limit=size_text(limits.size_bytes),
            )
        if seen.now_s - self._started_s > limits.time_s:
            return failure("ffmpeg.too_long", seconds=_whole(limits.time_s))
        quiet_s = seen.now_s - self._alive_s
        if quiet_s > self._stall_limit_s(seen):
            return failure("ffmpeg.stalled", seconds=_whole(quiet_s))
        return None

    def _stall_limit_s(self, seen: Seen) -> float:
        if not seen.frame:
            return self._limits.stall_s
        per_frame_s = (self._alive_s - self._command_started_s) / seen.frame
        return max(self._limits.stall_s, STALL_FRAMES * per_frame_s)


def _whole(seconds: float) -> float:
    """As a person would say it: tenths only below ten seconds."""
    return round(seconds, 1) if seconds < 10 else round(seconds)  # noqa: PLR2004
