"""A resolved preset as a short text, so that an encode can be made again exactly, whatever its file says then."""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from pydantic import ValidationError

from encode_media.errors import failure
from encode_media.model.codec import from_json, to_json
from encode_media.model.preset import Preset

_MOST_BYTES = 1_000_000
"""A hundred times the largest preset; a text that grows beyond it is not one of ours."""


def pack(preset: Preset) -> str:
    text = json.dumps(to_json(preset), separators=(",", ":"), sort_keys=True)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def unpack(recipe: str) -> Preset:
    """The preset a recipe holds. Only for recipes whose origin is known: it is as powerful as a preset file.

    Raises:
        InvalidParameters: it is damaged, or of a version that knew other values.
    """
    try:
        reader = zlib.decompressobj()
        text = reader.decompress(base64.b64decode(recipe, validate=True), _MOST_BYTES)
        return from_json(Preset, json.loads(text))
    except (binascii.Error, zlib.error, ValueError, ValidationError) as error:
        raise failure("request.invalid", problem="the stored recipe can't be read by this version") from error
