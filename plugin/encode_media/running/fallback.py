"""A hardware encoder that fails during the job is no reason to fail the job: once more, by software."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from encode_media.errors import EncodeFailed, EncodeMediaError, InvalidParameters, OutputWrong
from encode_media.model.plan import EncodePlan
from encode_media.planning.hardware import software_only
from encode_media.running.runner import RunReport, run_plan

_NOT_THE_ENCODER = frozenset({
    "ffmpeg.missing", "ffmpeg.too_long", "output.too_large", "output.folder_missing", "storage.failed",
})  # fmt: skip
"""Failures that software would meet as well."""


def run_with_fallback(plan: EncodePlan, folder: Path, ffmpeg: str, **watching: Any) -> RunReport:
    """As `run_plan`; where a hardware encoder was used and failed, the plan is run once more by software.

    Drivers fail in words of their own, by a crash, or by never answering; whatever is not plainly the source's,
    the disk's or a person's doing is held against the hardware.

    Raises:
        EncodeMediaError: as `run_plan`, of the software run where there was one.
    """
    try:
        return run_plan(plan, folder, ffmpeg, **watching)
    except (EncodeFailed, InvalidParameters, OutputWrong) as error:
        if not plan.software or error.code in _NOT_THE_ENCODER:
            raise
        report = run_plan(software_only(plan), folder, ffmpeg, **watching)
        return replace(report, notes=(*report.notes, fallback_note(error)))


def fallback_note(error: EncodeMediaError) -> str:
    return f"the hardware encoder failed and software was used instead: {error.message}"
