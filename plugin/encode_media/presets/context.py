"""What a preset's expressions can read about the source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from encode_media.model.geometry import highest_rung
from encode_media.model.media import Media
from encode_media.model.overlay import COUNT_MARK, FIRST_MARK, FRAME_MARK, LAST_MARK, RATE_MARK, TIMECODE_MARK
from encode_media.model.request import VersionNames
from encode_media.timebase import format_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What belongs to one job and not to its source: of which version, for whom, when."""

    names: VersionNames = VersionNames()
    date: str = ""


def today() -> str:
    """The date for burn-ins, where the service runs."""
    return datetime.now().astimezone().date().isoformat()


_OF_FRAMES = {
    "number": FRAME_MARK, "timecode": TIMECODE_MARK, "first": FIRST_MARK, "last": LAST_MARK, "count": COUNT_MARK,
    "rate": RATE_MARK,
}  # fmt: skip
"""Of burn-ins and slates: replaced when an output is planned, the first two on each frame."""


def full_context(media: Media, options: dict[str, Any], occasion: Occasion) -> dict[str, dict[str, Any]]:
    """Everything an expression can read."""
    names = occasion.names
    return {
        "source": source_context(media),
        "options": options,
        "version": {
            "project": names.project, "sequence": names.sequence, "shot": names.shot, "asset": names.asset,
            "task": names.task, "number": names.version,
        },
        "job": {"user": names.user, "date": occasion.date},
        "frame": {**_OF_FRAMES},
    }  # fmt: skip


def with_names(text: str) -> str:
    """A text of burn-ins or slates with the names a preset writes in the place of what stands for them."""
    for name, mark in _OF_FRAMES.items():
        text = text.replace(mark, f"{{{{ frame.{name} }}}}")
    return text


def source_context(media: Media) -> dict[str, Any]:
    """`source.<name>`: plain values only. Sizes are upright, with square pixels."""
    video = media.video
    width, height = video.upright_size if video else (0, 0)
    return {
        "kind": media.kind.value,
        "name": source_name(media),
        "file": PurePath(media.source.path).name,
        "width": width,
        "height": height,
        "portrait": height > width,
        "rung": highest_rung((width, height)) if video else 0,
        "rate": float(video.frame_rate) if video else 0.0,
        "frame_rate": format_rate(video.frame_rate) if video else "",
        "frames": media.frame_count or 0,
        "first_frame": media.span.first if media.span else None,
        "missing": len(media.missing),
        "duration": float(video.duration_s or 0) if video else 0.0,
        "container": media.container,
        "codec": video.codec if video else "",
        "pixel_format": video.pixel_format if video else "",
        "bit_depth": video.bit_depth if video else 0,
        "has_video": video is not None,
        "has_audio": bool(media.audio),
        "has_alpha": video.has_alpha if video else False,
        "is_float": video.is_float if video else False,
        "is_rgb": video.is_rgb if video else False,
        "interlaced": video.is_interlaced if video else False,
        "variable_rate": video.variable_rate if video else False,
        "timecode": media.timecode,
        "layers": len(media.layers),
    }


def source_name(media: Media) -> str:
    """The file's name without numbers and extension: `f.%04d.exr` is `f`."""
    name = PurePath(media.source.path).name
    stem = name.split("%")[0] if media.source.is_sequence and "%" in name else PurePath(name).stem
    return stem.rstrip("._- ") or name
