"""What this machine offers to jobs, each proved rather than believed."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator

from encode_media.settings import Settings

Families = Callable[[Settings], tuple[str, ...]]
"""Which kinds of encoders in hardware work."""
HARDWARE = "hardware"
_PROOF = ("h264", "yuv420p")
"""What every family encodes if it works at all."""

_log = logging.getLogger(__name__)


def offers_of(settings: Settings, *, families: Families | None = None) -> frozenset[str]:
    """The words of `ENCODE_MEDIA_CAPABILITIES` that hold here; what doesn't is said in the log.

    `mount:show1=/mnt/show1` holds where that folder is seen. `hardware` holds where an encoder in hardware
    passes a trial, and brings `hardware:nvenc` and the like with it.
    """
    return frozenset(word for given in settings.capabilities for word in _proved(given, settings, families))


def _proved(given: str, settings: Settings, families: Families | None) -> Iterator[str]:
    word, has_path, path = given.partition("=")
    if has_path and not os.path.isdir(path):  # noqa: PTH112 - paths are kept as they were given
        _log.warning("%s is not offered: there is no folder %s here", word, path)
    elif word == HARDWARE:
        working = (families or _working_families)(settings)
        if not working:
            _log.warning("%s is not offered: no encoder in hardware works here", word)
            return
        yield word
        yield from (f"{HARDWARE}:{family}" for family in working)
    else:
        yield word


def _working_families(settings: Settings) -> tuple[str, ...]:
    from encode_media.media.capabilities import find_ffmpeg
    from encode_media.media.hardware import FAMILIES, hardware_of

    hardware = hardware_of(find_ffmpeg(settings.ffmpeg))
    return tuple(family for family in FAMILIES if hardware.works(family, *_PROOF))
