"""Which jobs are meant, and spans of time as people type them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import click

from encode_media.jobs.engine import JobRecord
from encode_media.model.result import Stage

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Span(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.3
    """`90s`, `15m`, `2h`, `3d`: seconds."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no span of time; write 90s, 15m, 2h or 3d", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """What a job must be like; what is left out doesn't matter. Ages count from when it was submitted."""

    stages: frozenset[Stage] = frozenset()
    preset: str | None = None
    user: str | None = None
    version: str | None = None
    """Its id, or a part of its label."""
    older_s: float | None = None
    newer_s: float | None = None

    def picks(self, record: JobRecord, now: float) -> bool:
        request, target, age = record.request, record.request.target, now - record.created_at
        username = target.username if target else None
        return (
            (not self.stages or record.stage in self.stages)
            and (self.preset is None or request.preset == self.preset)
            and (self.user is None or username == self.user)
            and (self.version is None or self._is_version(record))
            and (self.older_s is None or age >= self.older_s)
            and (self.newer_s is None or age <= self.newer_s)
        )

    def _is_version(self, record: JobRecord) -> bool:
        target = record.request.target
        wanted = (self.version or "").lower()
        return target is not None and (target.version_id == wanted or wanted in target.version_label.lower())


def picked(records: Sequence[JobRecord], wanted: JobFilter, *, now: float, limit: int) -> list[JobRecord]:
    """The first `limit` of the records that are meant, in their order."""
    return [record for record in records if wanted.picks(record, now)][:limit]
