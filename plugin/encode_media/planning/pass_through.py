"""Sources that already are what an output must be, frame for frame: copied instead of encoded again.

The picture decides; sound that is not what is wanted is encoded beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from encode_media.model.media import AudioStream, ColourTags, Groups, SourceKind, VideoStream
from encode_media.model.plan import Expected
from encode_media.model.preset import OutputSpec, TimingSpec
from encode_media.planning.outputs.draft import Work
from encode_media.planning.rate_control import Aim
from encode_media.planning.sound import SOUND_BLOCKS, Heard

_CONTAINERS = {"mov": "mov", "mp4": "mov", "webm": "matroska"}
"""What a probe calls the container of an output."""
_MOST_LEVEL: MappingProxyType[str, tuple[int, Callable[[int], str]]] = MappingProxyType({
    "h264": (52, lambda level: f"{level / 10:g}"),
    "hevc": (156, lambda level: f"{level / 30:g}"),
    "av1": (14, lambda level: f"{2 + level // 4}.{level % 4}"),
})  # fmt: skip
"""Level 5.2, the highest that browsers and their hardware have in common, as each codec counts levels."""


@dataclass(frozen=True, slots=True)
class Copied:
    picture: int
    """Its stream in the source."""
    sound: int | None = None
    """None: there is none, or it is encoded."""


def copied_or_why(
    work: Work, spec: OutputSpec, expected: Expected, heard: Heard | None, aim: Aim
) -> Copied | str | None:
    """What is copied, or why nothing is; None where that is out of the question or not asked for."""
    video = work.video
    if not spec.copy or work.media.kind is not SourceKind.MOVIE or video.codec != expected.codec:
        return None
    reasons = (
        *_wishes(work, spec, aim), *_timing(work), *_form(work, spec, expected), *_groups(video, expected)
    )  # fmt: skip
    if reasons:
        return reasons[0]
    track = _track(work, heard, expected) if heard else None
    return Copied(video.index, track.index if track else None)


def _wishes(work: Work, spec: OutputSpec, aim: Aim) -> Iterator[str]:
    """What the preset does to the pictures but choose their form."""
    preset = work.preset
    for wish, words in (
        (spec.burn_ins, "burn-ins are drawn on it"), (spec.slate, "a slate goes before it"),
        (spec.watermark, "a watermark is drawn on it"), (spec.size.mask, "it is masked"),
        (preset.lut, "a LUT changes its colours"), (preset.colour.managed, "its colours go through OpenColorIO"),
    ):  # fmt: skip
        if wish:
            yield words
    timing = preset.timing
    if timing.first is not None or timing.last is not None or (timing.handles and not timing.keep_handles):
        yield "only a part of it is wanted"
    elif TimingSpec(
        timecode=timing.timecode, reel=timing.reel, handles=timing.handles, convert=timing.convert,
        conform=timing.conform,
    ) != timing:  # fmt: skip
        yield "its timing is changed"
    if work.reading.rate != work.video.frame_rate or work.video.own_rate is not None:
        yield "its frame rate is changed"
    if aim != Aim():
        yield "a bit rate or a file size is asked for"


def _timing(work: Work) -> Iterator[str]:
    video = work.video
    if video.variable_rate:
        yield "its frame rate varies"
    if video.hidden_frames:
        yield "an edit list leaves out some of its frames"
    if video.start_s != 0:
        yield f"its picture begins at {float(video.start_s):.3f} s"
    if video.frames is None:
        yield "its frames were not counted"


def _form(work: Work, spec: OutputSpec, expected: Expected) -> Iterator[str]:
    video = work.video
    wanted_size, size = f"{expected.width}x{expected.height}", f"{video.width}x{video.height}"
    for name, found, wanted in (
        ("container", work.media.container, _CONTAINERS.get(spec.container)), ("size", size, wanted_size),
        ("profile", video.profile, expected.profile), ("pixel format", video.pixel_format, expected.pixel_format),
        ("colour", _tag_words(video.colour), _tag_words(expected.colour)),
        ("scan", video.field_order, "progressive"), ("shape of pixels", str(video.sample_aspect), "1"),
    ):  # fmt: skip
        if found != wanted:
            yield f"its {name} is {found}, not {wanted}"
    if video.rotation or video.mirrored:
        yield "it is shown turned or mirrored"
    if video.has_alpha and spec.container == "webm":
        yield "it has transparency"
    most, words = _MOST_LEVEL.get(video.codec, (0, str))
    if most and video.level is not None and video.level > most:
        yield f"its level {words(video.level)} is beyond {words(most)}"


def _tag_words(tags: ColourTags) -> str:
    said = [tags.range, tags.matrix, tags.primaries, tags.transfer]
    return "/".join(tag or "untagged" for tag in said)


def _groups(video: VideoStream, expected: Expected) -> Iterator[str]:
    most, distance = expected.key_frame_distance, video.key_frame_distance
    if most is None:
        return
    if video.groups is None:
        yield "how its groups of pictures begin is not known"
    elif video.groups is not Groups.CLOSED:
        yield "not all of its groups of pictures are closed"
    if distance is None or distance > most:
        yield f"its key frames are up to {distance} frames apart, not {most}"


def _track(work: Work, heard: Heard, expected: Expected) -> AudioStream | None:
    """The source's own track, if it is the sound that is wanted."""
    spec = heard.spec
    if spec.file or spec.loudness or spec.source == "silence" or len(heard.input.streams) != 1:
        return None
    track = next((each for each in work.media.audio if each.index == heard.input.streams[0]), None)
    if track is None or track.duration_s is None or expected.duration_s is None:
        return None
    alike = (track.codec, track.channels, track.sample_rate) == (
        expected.audio_codec, heard.channels, heard.sample_rate
    )  # fmt: skip
    fits = _fits(track, heard, expected.duration_s, 1 / work.reading.rate)
    return track if alike and fits else None


def _fits(track: AudioStream, heard: Heard, length_s: Fraction, frame_s: Fraction) -> bool:
    """As long as the picture: to the sample where it is uncompressed, else to a frame or a block."""
    duration, start = track.duration_s or Fraction(0), track.start_s or Fraction(0)
    if heard.samples is not None:
        return start == 0 and round(duration * track.sample_rate) == heard.samples
    block_s = Fraction(SOUND_BLOCKS[heard.spec.codec], track.sample_rate)
    usual = track.codec != "aac" or track.profile == "LC"
    return usual and abs(start) <= block_s and abs(duration - length_s) <= max(frame_s, block_s)


def not_copied_words(answer: Copied | str | None) -> str:
    return f"; encoded, not copied: {answer}" if isinstance(answer, str) else ""


def copied_words(copied: Copied, heard: Heard | None, codec: str) -> str:
    sound = "" if heard is None else ", sound too" if copied.sound is not None else "; the sound is encoded"
    return f"copied as it is, the source is {codec} of the wanted form already{sound}"
