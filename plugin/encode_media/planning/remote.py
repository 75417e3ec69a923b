"""The plan where the ftrack server is to encode: nothing is run here, and nothing can be promised."""

from __future__ import annotations

from encode_media.errors import failure
from encode_media.model.media import Media, SourceKind
from encode_media.model.plan import EncodePlan
from encode_media.model.preset import Preset

_NOTE = "the ftrack server encodes it: size, rate, colour and sound are as the server decides"


def plan_remote(media: Media, preset: Preset) -> EncodePlan:
    """Raises: InvalidParameters: the server takes single files only."""
    if media.kind is SourceKind.SEQUENCE:
        raise failure("preset.unsuited", preset=preset.name, kind="sequence", allowed="movie, still")
    return EncodePlan(
        media=media, preset=preset.name, commands=(), outputs=(), backend=preset.backend, notes=(_NOTE,)
    )
