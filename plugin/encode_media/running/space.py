"""Whether a result will fit: said when it is planned, and made sure of before ffmpeg is started."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from encode_media.media.findings import find
from encode_media.model.media import Finding, Severity
from encode_media.model.plan import EncodePlan
from encode_media.timebase import size_text

KEEP_FREE_BYTES = 64_000_000
"""Stays free on the job folder's disk: the job database and the logs usually live there too."""
ESTIMATE_MARGIN = 1.2
"""Free space wanted, over the plan's estimate."""
_TIGHT = 2
"""Less free than this many times what is needed is worth a word: other jobs need space too."""


def needed_bytes(plan: EncodePlan, keep_free: int = KEEP_FREE_BYTES) -> int:
    return int(plan.estimated_bytes * ESTIMATE_MARGIN) + keep_free


def free_bytes(folder: Path) -> int:
    """Of the disk a folder is on, or would be."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return shutil.disk_usage(there).free


def with_space_finding(plan: EncodePlan, folder: Path) -> EncodePlan:
    """The plan with a finding where the result may not fit below `folder`."""
    findings = tuple(space_findings(needed_bytes(plan), free_bytes(folder), folder))
    return replace(plan, media=replace(plan.media, findings=(*plan.media.findings, *findings)))


def space_findings(needed: int, free: int, folder: Path) -> Iterator[Finding]:
    if free < needed:
        severity, code = Severity.ERROR, "disk.too_small"
    elif free < _TIGHT * needed:
        severity, code = Severity.WARNING, "disk.tight"
    else:
        return
    yield find(code, severity, f"About {size_text(needed)} are needed; {size_text(free)} are free at {folder}.")
