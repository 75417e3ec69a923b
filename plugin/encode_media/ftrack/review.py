"""What makes a file a reviewable: its component name, its `ftr_meta`, and what must never be a source."""

from __future__ import annotations

import json
from typing import Any

from encode_media.model.preset import OutputKind
from encode_media.model.result import OutputResult

SERVER_LOCATION = "ftrack.server"
UNMANAGED_LOCATION = "ftrack.unmanaged"
AUTO_LOCATION = "auto"
BUILT_IN_LOCATIONS = frozenset({
    SERVER_LOCATION, UNMANAGED_LOCATION, "ftrack.origin", "ftrack.review", "ftrack.connect",
})  # fmt: skip
"""The server's own names; all others are a studio's."""

REVIEW_PREFIX = "ftrackreview-"
THUMBNAIL_NAME = "thumbnail"
REVIEW_NAMES = (
    "ftrackreview-mp4",
    "ftrackreview-mp4-1080",
    "ftrackreview-mp4-1440",
    "ftrackreview-mp4-2160",
    "ftrackreview-webm",
    "ftrackreview-image",
    "ftrackreview-image-high",
    "ftrackreview-pdf",
)
"""The names the players look for; the first is the one every player needs, and the lowest resolution."""

META_KEY = "ftr_meta"
LEDGER_KEY = "encode_media"
"""Our own metadata key: says that and how we made a component (see `publisher.ledger`)."""

ENCODING = "encoding"
"""What the server writes as `ftr_meta` while it works on a component itself."""


def is_review_name(name: str) -> bool:
    """True for components that are shown, not encoded: review media and thumbnails."""
    return name == THUMBNAIL_NAME or name.startswith(REVIEW_PREFIX)


def ftr_meta(output: OutputResult) -> str | None:
    """The `ftr_meta` text of an output, from the encoded file's own figures; None where it has none."""
    role = output.planned.publish.role
    if role != "reviewable":
        return None
    if output.kind is OutputKind.STILL:
        return _text({"format": "image", "width": output.width, "height": output.height})
    if output.frame_rate is None:
        return None
    return _text(
        {
            "frameIn": 0,
            "frameOut": last_frame(output.frames),
            "frameRate": float(output.frame_rate),
            "width": output.width,
            "height": output.height,
        }
    )


def last_frame(frames: int) -> int:
    """`frameOut` of a movie with this many frames.

    It is the number of frames, not the index of the last one: that is what ftrack's own recipes and
    the add-ons in use write, and players built on them expect. The documentation shows both.
    """
    return frames


def read_meta(text: str | None) -> dict[str, Any]:
    """The content of an `ftr_meta` value; empty where it is absent, not JSON, or `encoding`."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def deliverable_locations(*, has_output_root: bool) -> tuple[str, ...]:
    """The locations deliverables can be sent to from here."""
    return (SERVER_LOCATION, UNMANAGED_LOCATION) if has_output_root else (SERVER_LOCATION,)


def location_for(output: OutputResult, wanted: str, *, has_output_root: bool) -> str:
    """The name of the location an output goes to.

    Review media and thumbnails always go to the server, players look nowhere else. Deliverables go
    where the request says, else where the preset says, else to the output root, else to the server.
    """
    if output.planned.publish.role != "deliverable":
        return SERVER_LOCATION
    for name in (wanted, output.planned.publish.location):
        if name != AUTO_LOCATION and name:
            return name
    return UNMANAGED_LOCATION if has_output_root else SERVER_LOCATION


def _text(meta: dict[str, Any]) -> str:
    return json.dumps(meta, separators=(", ", ": "))
