"""What a coordinator should know about a source before it is encoded. Pure: facts in, findings out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from encode_media.media.contents import Contents
from encode_media.media.formats import HDR_TRANSFERS
from encode_media.model.media import AudioStream, Finding, Severity, VideoStream
from encode_media.timebase import describe_rate, seconds_text

_HD_HEIGHT = 720
"""From here on untagged pictures are taken for BT.709, below for BT.601, as players do."""
_GREYS = ("gray", "ya8", "ya16", "mono")
"""Pixel formats without colours nothing can be wrong with."""


def find(code: str, severity: Severity, message: str, frames: tuple[int, ...] = ()) -> Finding:
    return Finding(code=code, severity=severity, message=message, frames=frames)


def picture_findings(video: VideoStream) -> Iterator[Finding]:
    """What is unusual about the picture itself."""
    if video.variable_rate:
        yield find(
            "video.variable_rate",
            Severity.WARNING,
            f"The frame rate changes within the file; {describe_rate(video.frame_rate)} fps is used, "
            "and the length stays.",
        )
    if video.is_interlaced:
        yield find("video.interlaced", Severity.WARNING, "The picture is interlaced; it is deinterlaced.")
    if video.rotation or video.mirrored:
        turned = [f"turned by {video.rotation}°"] if video.rotation else []
        how = " and ".join((["mirrored"] if video.mirrored else []) + turned)
        yield find("video.rotated", Severity.INFO, f"The picture is stored {how}; it is put upright.")
    if video.sample_aspect != 1:
        width, height = video.upright_size
        yield find(
            "video.non_square_pixels",
            Severity.INFO,
            f"Pixels are not square ({video.sample_aspect.numerator}:{video.sample_aspect.denominator}); "
            f"the picture is shown as {width}x{height}.",
        )
    if video.width % 2 or video.height % 2:
        yield find(
            "video.odd_size",
            Severity.INFO,
            f"The size {video.width}x{video.height} is odd; formats that need even sizes get one pixel less.",
        )
    yield from _colour_findings(video)


def _colour_findings(video: VideoStream) -> Iterator[Finding]:
    colour = video.colour
    if colour.transfer in HDR_TRANSFERS:
        name = "PQ" if colour.transfer == "smpte2084" else "HLG"
        yield find(
            "colour.hdr", Severity.WARNING, f"The picture is HDR ({name}); it is tone-mapped for SDR outputs."
        )
    elif not (video.is_rgb or video.pixel_format.startswith(_GREYS)) and colour.matrix is None:
        assumed = "BT.709" if video.height >= _HD_HEIGHT else "BT.601"
        levels = "full" if colour.range == "pc" else "limited"
        yield find(
            "colour.unknown",
            Severity.INFO,
            f"The file does not say which colours it uses; {assumed}, {levels} range is assumed.",
        )


def log_findings(is_log: bool, video: VideoStream | None) -> Iterator[Finding]:
    """What the header of DPX says about light."""
    if is_log:
        text = "The image says it is logarithmic (printing density); it is made linear as Cineon says."
        yield find("colour.log", Severity.INFO, text)
    elif video and video.codec == "dpx" and video.colour.transfer == "linear":
        text = (
            "The image says it is linear light. Some programs write that into every DPX: if it looks washed out, "
        )
        yield find("colour.linear_dpx", Severity.INFO, f"{text}choose the input sRGB.")


def movie_findings(contents: Contents) -> Iterator[Finding]:
    """What is worth knowing about the tracks of a movie."""
    video = contents.video
    if video and contents.picture_streams > 1:
        yield find(
            "video.several",
            Severity.INFO,
            f"There are {contents.picture_streams} pictures in the file; stream {video.index} is used "
            f"because {contents.chosen_because}.",
        )
    if video and not contents.counted:
        yield find(
            "video.frames_stated",
            Severity.INFO,
            "The file is very large; its number of frames was taken from its header, not counted.",
        )
    if contents.timecode:
        yield find("timecode.found", Severity.INFO, f"The timecode starts at {contents.timecode}.")
    if video and not contents.is_still:
        yield from _audio_findings(video, contents.audio)


def _audio_findings(video: VideoStream, audio: tuple[AudioStream, ...]) -> Iterator[Finding]:
    if not audio:
        yield find("audio.none", Severity.INFO, "There is no sound.")
        return
    if len(audio) > 1:
        yield find("audio.several", Severity.INFO, f"There are {len(audio)} sound tracks; the first one is used.")
    if audio[0].duration_s is None or video.duration_s is None:
        return
    # A frame or an AAC packet (1024 samples) of difference is how files are written, not a mistake.
    allowed = 2 * max(1 / video.frame_rate, Fraction(1024, max(1, audio[0].sample_rate)))
    late = audio[0].start_s - video.start_s if audio[0].start_s is not None else Fraction(0)
    if abs(late) > allowed:
        when, deed = ("after", "silence comes first") if late > 0 else ("before", "that part is left out")
        text = f"The sound begins {seconds_text(abs(late))} {when} the picture; {deed}."
        yield find("audio.offset", Severity.INFO, text)
    over = late + audio[0].duration_s - video.duration_s
    if abs(over) > allowed:
        kind, deed = ("shorter", "padded with silence") if over < 0 else ("longer", "cut")
        text = f"The sound ends {seconds_text(abs(over))} {'before' if over < 0 else 'after'} the picture"
        yield find(f"audio.{kind}", Severity.WARNING, f"{text} ({seconds_text(video.duration_s)}); it is {deed}.")
