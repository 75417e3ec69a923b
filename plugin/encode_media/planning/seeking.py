"""Where reading a movie can begin so that a late frame is found fast, and is the very frame it is in the whole."""

from __future__ import annotations

from fractions import Fraction

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
