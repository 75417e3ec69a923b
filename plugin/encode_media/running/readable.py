"""What this ffmpeg reads wrongly without a word, though the one that probed it does not."""

from __future__ import annotations

from encode_media.errors import failure
from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.exr_picture import FLOAT_DWA
from encode_media.model.plan import EncodePlan

_READS_FLOAT_DWA = 8
"""ffmpeg 5.1 is off by up to 0.25 of 1.0; 8 and 9 read it as OpenEXR does (measured)."""


def require_readable(plan: EncodePlan, ffmpeg: str) -> None:
    """Raises: UnsupportedFormat, the pictures would be wrong."""
    if not any(finding.code == FLOAT_DWA for finding in plan.media.findings):
        return
    found = find_ffmpeg(ffmpeg)
    if found.major < _READS_FLOAT_DWA:
        problem = (
            f"ffmpeg {found.version} reads 32-bit floats compressed with DWA wrongly; ffmpeg 8 or later is needed"
        )
        raise failure("source.unsupported", path=plan.media.source.path, problem=problem)
