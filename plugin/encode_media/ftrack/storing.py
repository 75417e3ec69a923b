"""The bytes of all outputs go to their locations, one file after the other, told as progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from encode_media.ftrack.parts import Part
from encode_media.ftrack.stores import OnBytes, Store
from encode_media.model.result import Progress, Stage, job_percent


class Tally:
    """How much of all files is stored, told as progress."""

    def __init__(self, parts: Iterable[Part], on_progress: Callable[[Progress], None]) -> None:
        self._total = max(1, sum(part.output.size_bytes for part in parts))
        self._on_progress = on_progress
        self._done = 0

    def sending(self, part: Part) -> OnBytes:
        def on_bytes(sent: int) -> None:
            percent = job_percent(Stage.PUBLISHING, (self._done + sent) / self._total)
            progress = Progress(stage=Stage.PUBLISHING, percent=percent, message=f"storing {part.name}")
            self._on_progress(progress)

        return on_bytes

    def add(self, size: int) -> None:
        self._done += size


def store_files(parts: Iterable[Part], stores: Mapping[str, Store], tally: Tally) -> dict[str, str]:
    """Stores all of them; gives the resource identifier of each by its component's id."""
    identifiers: dict[str, str] = {}
    for part in parts:
        for file in part.files:
            identifiers[file.component_id] = stores[part.location].keep(part, file, tally.sending(part))
            tally.add(part.output.size_bytes // len(part.files))
    return identifiers
