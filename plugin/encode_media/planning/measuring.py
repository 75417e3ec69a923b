"""The first passes of a job: what has to be measured before its outputs can be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from encode_media.model.plan import Command
from encode_media.planning.graph import InputFile
from encode_media.planning.loudness import fills_of, measuring_command
from encode_media.planning.outputs.draft import Draft


def with_measurements(
    source: InputFile, drafts: Sequence[Draft], commands: Sequence[Command]
) -> tuple[Command, ...]:
    """The commands, told where measured numbers go, behind those that measure them."""
    wanted = {draft.heard.token: draft.heard for draft in drafts if draft.heard is not None and draft.heard.token}
    first = [
        measuring_command(source, heard.input, heard.measured, token)
        for token, heard in wanted.items()
        if heard.measured is not None
    ]
    levels = {token: heard.spec.loudness for token, heard in wanted.items() if heard.spec.loudness is not None}
    return (*first, *(replace(command, fills=fills_of(command.argv, levels)) for command in commands))
