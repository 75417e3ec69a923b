"""Waiting for the parts of a job that other jobs do, the same on every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs.engine import PartRecord
from encode_media.model.result import FINAL_STAGES, Progress, Stage

PARTS_POLL_S = 0.5
"""How often they are looked at, and so how late the job goes on."""


def wait_for_parts(
    look: Callable[[], Sequence[PartRecord]],
    watch: Callable[[Sequence[Progress]], None],
    cancelled: Callable[[], bool],
    pause: Callable[[], object],
) -> Sequence[PartRecord]:
    """All parts once they are done. How they are looked at is the engine's.

    Raises:
        Cancelled: the job was.
        EncodeMediaError: of the first part that failed.
    """
    while True:
        if cancelled():
            raise failure("cancelled")
        parts = look()
        for part in parts:
            if part.stage in FINAL_STAGES and part.stage is not Stage.DONE:
                raise EncodeMediaError.from_dict((part.result or {})["error"])
        watch([part.progress for part in parts])
        if all(part.stage is Stage.DONE for part in parts):
            return parts
        pause()
