"""Where reading a movie can begin so that a late frame is found fast, and is the very frame it is in the whole."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from encode_media.model.media import Groups, Media, VideoStream

_SEEKABLE = frozenset({"mov", "matroska"})
"""Containers whose index leads to the very frame. Others are read from the beginning."""
_LEAD_S, _LEAD_FRAMES = Fraction(1), 32
"""Read before the first wanted frame, so that everything it may lean on is there: a decoder holds back at most 16
pictures, and behind an open group as many may be broken; and sound has to run in."""
_LEAD_ALONE = 2
"""The same where every frame stands alone: the times of a file may be rounded to either side."""
_WORTH = 24
"""Frames; decoding those costs less than finding a place in the file."""
_GAIN = 4
"""How many times more frames must lie between two pictures than are read for finding the second: with fewer, many
cores that decode all of it are as fast as one for each place."""
_MOST_PLACES = 32
"""Each opens the file once more, with its whole index; and Windows has 32,767 characters for a command."""
_MOST_BYTES = 2 << 30
"""For the pictures that the decoders of all places hold at a time; an encoder of 4K needs about as much."""
_HELD, _HELD_ALONE = 8, 3
"""Pictures that a decoder and the filters behind it hold: measured with H.264 and HEVC, and with ProRes."""
_PLANES = {"420": Fraction(3, 2), "422": Fraction(2), "gray": Fraction(1)}
"""Samples for each pixel; otherwise three."""
_BYTE_BITS, _SHORT_BITS = 8, 16


def can_seek(media: Media, video: VideoStream) -> bool:
    """Whether the frame at a time is found without reading all before it."""
    return media.container in _SEEKABLE and video.own_rate is None and not video.hidden_frames and (
        video.key_frame_distance == 1 or video.groups in (Groups.CLOSED, Groups.OPEN)
    )  # fmt: skip


def lead_of(media: Media, video: VideoStream) -> Fraction:
    """Seconds before the first wanted frame at which reading begins."""
    if video.key_frame_distance == 1 and not media.audio:
        return _LEAD_ALONE / video.frame_rate
    return max(_LEAD_S, _LEAD_FRAMES / video.frame_rate)


def seek_place(media: Media, video: VideoStream, first: int) -> Fraction | None:
    """The time, on the file's own clock, at which to begin for this frame; None: at the beginning."""
    if not can_seek(media, video):
        return None
    ahead_s = first / video.frame_rate - lead_of(media, video)
    return video.start_s + ahead_s if ahead_s > _WORTH / video.frame_rate else None


def seek_options(place: Fraction) -> dict[str, str | None]:
    """For ffmpeg's input: from the key frame before this time on, with the times of the file."""
    # By the file's own clock, since `-ss` alone counts from the earliest stream, which can be the sound. What lies
    # before the first wanted frame is dropped by the filters, by its time: ffmpeg's own way rounds differently.
    return {"copyts": None, "noaccurate_seek": None, "seek_timestamp": "1", "ss": f"{float(place):.6f}"}


def near_each_other(media: Media, video: VideoStream, frames: Sequence[int]) -> list[range]:
    """The stretches in which to read these frames: one of all, or several where the way between them is long.

    Several are all open at a time, so there is only one where their pictures would need too much memory.
    """
    whole = [range(frames[0], frames[-1] + 1)]
    # Filters that turn pictures or join fields must not meet a change of size, which is passed on to them here.
    is_plain = not (video.is_interlaced or video.rotation or video.mirrored)
    if not can_seek(media, video) or video.key_frame_distance is None or not is_plain:
        return whole
    found = lead_of(media, video) * video.frame_rate + video.key_frame_distance
    stretches = [range(frames[0], frames[0] + 1)]
    for frame, following in pairwise(frames):
        is_far = following - frame > _WORTH + _GAIN * found
        if is_far and seek_place(media, video, following) is not None:
            stretches.append(range(following, following + 1))
        else:
            stretches[-1] = range(stretches[-1].start, following + 1)
    held = _HELD_ALONE if video.key_frame_distance == 1 else _HELD
    fits = len(stretches) <= min(_MOST_PLACES, _MOST_BYTES // (held * _picture_bytes(video)))
    return stretches if fits else whole


def _picture_bytes(video: VideoStream) -> int:
    """About what a decoded picture takes."""
    planes = next((each for name, each in _PLANES.items() if name in video.pixel_format), Fraction(3))
    of_a_sample = (4 if video.bit_depth > _SHORT_BITS else 2) if video.bit_depth > _BYTE_BITS else 1
    return max(1, int(video.width * video.height * of_a_sample * (planes + video.has_alpha)))
