"""Which frames of the source an image shows. Frames are counted from 0 here."""

from __future__ import annotations

from collections.abc import Sequence

from encode_media.errors import failure
from encode_media.model.geometry import Size
from encode_media.model.preset import OutputSpec
from encode_media.planning.graph import Chain, Filter, Fork, pick_frames, step
from encode_media.planning.reading import Reading

_CANDIDATES = 12
"""Frames looked at for the best one."""
_MOST_CANDIDATE_BYTES = 256_000_000
"""They are compared with each other, so all are held in memory."""
_RGB_BYTES = 3

_DARK, _LEAST_LIGHT = 26, 40
"""Mean and highest luma, limited range: below, a picture counts as dark, and as all black."""
_BLANK = 0.15
"""Entropy of the luma as a part of 8 bits; one flat colour has 0, a colour ramp 1, drawn cartoons about 0.4."""


def wanted_frame(reading: Reading, spec: OutputSpec) -> int:
    """The frame of a still: by number, else by place.

    Raises:
        InvalidParameters: the source has no frame of this number.
    """
    frames = reading.frames or 1
    if spec.frame is None:
        return round(spec.position * (frames - 1))
    index = spec.frame - reading.first_frame
    if not 0 <= index < frames:
        span = f"{reading.first_frame} to {reading.first_frame + frames - 1}"
        raise failure("options.invalid", option="frame", problem=f"there is no frame {spec.frame}", allowed=span)
    return index


def candidates(reading: Reading, size: Size) -> tuple[int, ...]:
    """Frames to choose the best from: spread over the source, as many as memory allows at this size."""
    most = max(2, _MOST_CANDIDATE_BYTES // (size[0] * size[1] * _RGB_BYTES))
    return spread(reading.frames or 1, min(_CANDIDATES, most))


def spread(frames: int, count: int) -> tuple[int, ...]:
    """`count` frames, each from the middle of an equal part of the source; all of them if there are fewer."""
    count = min(count, frames)
    return tuple((2 * part + 1) * frames // (2 * count) for part in range(count))


def select_frames(reading: Reading, frames: Sequence[int]) -> Chain:
    """Only these frames, in the order of the source."""
    if reading.frames == 1:
        return ()
    wanted = sorted(set(frames))
    if len(wanted) == 1:
        return (pick_frames(wanted[0], 1, reading.rate),)
    # By time, which is the frame's index here: counters start again when the form of the pictures changes.
    # Behind the last one the stream ends, so that nothing more is read where nothing else needs it.
    selected = step("select", "+".join(f"eq(pts,{place})" for place in wanted))
    return (pick_frames(0, wanted[-1] + 1, reading.rate), selected)


def choose_best(frames: Sequence[int], otherwise: int, texts: Chain = ()) -> Chain:
    """From finished 8-bit RGB pictures of these frames and one more to the one to show, with texts on it.

    The most typical of those that are neither dark nor blank; else of those that aren't all black; else the
    one that was asked for. All three are offered in this order, and the first that exists is taken.
    """
    measured = (step("format", "yuv444p"), step("signalstats"), step("entropy"), step("format", "gbrp"))
    # Laid over the measured copy the picture is itself again, but has the measures.
    judged = Fork((measured, (step("format", "gbrp"),)), step("overlay", format="gbrp"))
    # The only form in which older builds compare pictures; kept for all so that none is held twice.
    plain = step("format", "rgb24")
    typical = step("thumbnail", max(2, len(frames)))
    light = (_above("signalstats.YAVG", _DARK), _above("entropy.normalized_entropy.normal.Y", _BLANK), typical)
    visible = (_above("signalstats.YMAX", _LEAST_LIGHT), typical)
    asked = (step("select", f"eq(pts,{otherwise})"),)
    # Not before the choice, which they would change, and not behind `concat`, which changes times.
    last = (step("format", "gbrp"), *texts) if texts else ()
    branches = ((*light, *last), (*visible, *last), (*asked, *last))
    return (judged, plain, Fork(branches, step("concat", n=3)))


def _above(measure: str, least: float) -> Filter:
    return step("metadata", mode="select", key=f"lavfi.{measure}", value=least, function="greater")
