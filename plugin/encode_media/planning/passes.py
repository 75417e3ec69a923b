"""The commands that make the outputs: one, and one before it where encoders need to see everything twice."""

from __future__ import annotations

from collections.abc import Sequence

from encode_media.model.plan import Command
from encode_media.planning.graph import OutputFile, compile_run
from encode_media.planning.outputs.draft import Draft, Work


def in_order(drafts: Sequence[Draft]) -> list[Draft]:
    """Those with two passes first: ffmpeg names what a pass leaves after the stream's number in its run."""
    return sorted(drafts, key=lambda draft: draft.first_pass is None)


def commands_of(work: Work, drafts: Sequence[Draft]) -> list[Command]:
    """All outputs from one decode of the source; before it one more for those that take two passes."""
    early = [(draft, draft.first_pass) for draft in drafts if draft.first_pass is not None]
    commands = []
    if early:
        names = ", ".join(draft.planned.name for draft, _ in early)
        commands.append(_command(work, [first for _, first in early], f"first pass: measure {names}"))
    names = ", ".join(draft.planned.name for draft in drafts)
    files = [draft.file for draft in drafts] + [draft.tally for draft in drafts if draft.tally is not None]
    return [*commands, _command(work, files, f"encode {names}")]


def _command(work: Work, files: Sequence[OutputFile], purpose: str) -> Command:
    argv = compile_run(work.reading.input, files, video_stream=work.video.index)
    return Command(argv=argv, purpose=purpose, frames=work.reading.frames_read)
