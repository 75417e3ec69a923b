"""Damage in the source that ffmpeg only speaks of: it leaves frames out or hides it, and ends with 0."""

from __future__ import annotations

import re
from collections.abc import Sequence

from encode_media.errors import EncodeMediaError, failure
from encode_media.running.classify import evidence_of

_UNDECODABLE = re.compile(
    r"error while decoding MB|decode_slice_header error"
    r"|Error while decoding stream|Error submitting packet to decoder"
)


def undecodable(stderr: Sequence[str], *, source: str) -> EncodeMediaError | None:
    """Why an output has not got its frames, where some of the source's could not be decoded."""
    evidence = evidence_of(stderr, (), source, "")
    line = next((line for line in evidence.lines if _UNDECODABLE.search(line)), None)
    if line is None:
        return None
    return failure("source.corrupt", path=source, problem=f"decoding it failed: {evidence.words(line)}")
