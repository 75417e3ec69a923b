"""Sources that already are what an output must be, frame for frame: copied instead of encoded again.

Only for codecs whose every frame is a key frame: where frames lean on others, nothing but decoding tells whether
a group is closed.
"""

from __future__ import annotations

from encode_media.model.geometry import Size
from encode_media.model.media import AudioStream, SourceKind
from encode_media.model.plan import Expected
from encode_media.model.preset import OutputSpec, TimingSpec
from encode_media.planning.encoders import has_gop
from encode_media.planning.outputs.draft import Work
from encode_media.planning.sound import Heard

_CONTAINERS = {"mov": "mov", "mp4": "mov", "webm": "matroska"}
"""What a probe calls the container of an output."""


def copied_streams(
    work: Work, spec: OutputSpec, expected: Expected, heard: Heard | None
) -> tuple[int, ...] | None:
    """The streams to copy, picture first; None where anything at all has to change."""
    if not spec.copy or has_gop(spec.video) or not _picture_fits(work, spec, expected):
        return None
    if heard is None:
        return (work.video.index,)
    track = _track(work, heard)
    return None if track is None else (work.video.index, track.index)


def _picture_fits(work: Work, spec: OutputSpec, expected: Expected) -> bool:
    video, tags = work.video, expected.colour
    size: Size = (expected.width, expected.height)
    return (
        work.media.kind is SourceKind.MOVIE
        and work.media.container == _CONTAINERS.get(spec.container)
        and (video.codec, video.profile, video.pixel_format)
        == (expected.codec, expected.profile, expected.pixel_format)
        and (video.width, video.height) == size
        and video.sample_aspect == 1
        and not video.rotation
        and not video.mirrored
        and video.field_order == "progressive"
        and not video.variable_rate
        and video.start_s == 0
        and (video.frames, video.frame_rate) == (expected.frames, expected.frame_rate)
        and video.colour == tags
        and not _is_changed(work, spec)
    )


def _is_changed(work: Work, spec: OutputSpec) -> bool:
    """Whether the preset does anything to the pictures but choose their form."""
    preset = work.preset
    plain = TimingSpec(timecode=preset.timing.timecode, reel=preset.timing.reel)
    drawn = spec.watermark or spec.burn_ins or spec.slate or spec.size.mask or preset.lut
    return bool(drawn) or preset.timing not in (plain, TimingSpec())


def _track(work: Work, heard: Heard) -> AudioStream | None:
    """The source's own track, if it is the sound that is wanted, to the sample."""
    spec = heard.spec
    if (
        spec.file
        or spec.loudness
        or spec.source == "silence"
        or len(heard.input.streams) != 1
        or heard.samples is None
    ):
        return None
    track = next((each for each in work.media.audio if each.index == heard.input.streams[0]), None)
    if track is None or track.duration_s is None:
        return None
    fits = (track.codec, track.channels, track.sample_rate) == (
        f"pcm_s{spec.bit_depth}le",
        heard.channels,
        heard.sample_rate,
    ) and round(track.duration_s * track.sample_rate) == heard.samples
    return track if fits else None
