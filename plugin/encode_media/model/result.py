"""What happened: progress on the way, and the result at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any

from encode_media.model.media import Finding
from encode_media.model.plan import PlannedOutput
from encode_media.model.preset import OutputKind


class Stage(str, Enum):
    """Where a job is. The order is the order of work."""

    QUEUED = "queued"
    RESOLVING = "resolving"
    PROBING = "probing"
    PLANNING = "planning"
    ENCODING = "encoding"
    VERIFYING = "verifying"
    PUBLISHING = "publishing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL_STAGES = frozenset({Stage.DONE, Stage.FAILED, Stage.CANCELLED})

_SHARES = {
    Stage.RESOLVING: (0, 1),
    Stage.PROBING: (1, 3),
    Stage.PLANNING: (3, 4),
    Stage.ENCODING: (4, 86),
    Stage.VERIFYING: (86, 90),
    Stage.PUBLISHING: (90, 99),
    Stage.DONE: (100, 100),
}
"""The part of a job's 100 percent each stage takes; encoding is nearly all of the time."""


def job_percent(stage: Stage, fraction: float = 0.0) -> int:
    """Percent of the whole job when `fraction` (0 to 1) of `stage` is done; 100 only for `DONE`."""
    low, high = _SHARES.get(stage, (0, 0))
    return low + int((high - low) * min(max(fraction, 0.0), 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    stage: Stage
    percent: int = 0
    """0 to 100 over the whole job; 100 only when it is done."""
    eta_s: float | None = None
    message: str = ""
    frame: int | None = None
    frames: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at in an output file. `expected` and `found` are in words."""

    name: str
    passed: bool
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputResult:
    """An output that exists and was checked."""

    planned: PlannedOutput
    path: str
    """Absolute; for a sequence the printf pattern."""
    codec: str
    width: int
    height: int
    frames: int
    frame_rate: Fraction | None
    duration_s: float
    size_bytes: int
    checks: tuple[Check, ...]

    @property
    def name(self) -> str:
        return self.planned.name

    @property
    def kind(self) -> OutputKind:
        return self.planned.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedOutput:
    """An output as ftrack has it (contract: `encode-media.result`)."""

    name: str
    component_id: str
    location: str
    width: int
    height: int
    frames: int
    frame_rate: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The end of an encode; `error` is an error's stored form where it failed."""

    status: str
    """`done`, `failed` or `cancelled`."""
    source: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[OutputResult, ...] = ()
    published: tuple[PublishedOutput, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    elapsed_s: float = 0.0
    error: dict[str, Any] | None = None
    log: tuple[str, ...] = ()
    """The last lines the service logged about it."""
    part: dict[str, Any] | None = None
    """Of a job that did a part of another one's: where its files are."""
