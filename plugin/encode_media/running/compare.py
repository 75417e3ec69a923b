"""What was asked for against what was found, check by check. No effects."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from encode_media.media.inspection import OutputFacts
from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.result import Check
from encode_media.timebase import describe_rate, frames_text

AUDIO_BLOCKS = {"aac": 1024, "opus": 960, "mp3": 1152}
"""Samples a codec can't split: its stream may be longer by up to one (ISO 14496-3, RFC 6716, ISO 11172-3)."""
_MOST_FRAMES_NAMED = 20
_MOST_ERRORS_NAMED = 3
_WEBP_TICK_S = Fraction(1, 1000)


def compare(output: PlannedOutput, facts: OutputFacts) -> tuple[Check, ...]:
    """Every check that applies to this output, passed or not, in the order a person would look."""
    expected = output.expected
    return (
        *_decoding(facts),
        *(_numbering(output, facts) if output.first_frame is not None else ()),
        *_time(expected, facts),
        *_picture(expected, facts),
        *_colour(expected, facts),
        *(_sound(expected, facts)),
        *_container(expected, facts),
    )


def _same(name: str, expected: object, found: object) -> Check:
    return Check(name=name, passed=expected == found, expected=_words(expected), found=_words(found))


def _words(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return describe_rate(value) if isinstance(value, Fraction) else str(value)


def _decoding(facts: OutputFacts) -> Iterator[Check]:
    errors = [*facts.errors[:_MOST_ERRORS_NAMED], *(["…"] if len(facts.errors) > _MOST_ERRORS_NAMED else [])]
    yield Check(
        name="decodes",
        passed=not facts.errors,
        expected="without error",
        found="; ".join(errors) or "without error",
    )


def _numbering(output: PlannedOutput, facts: OutputFacts) -> Iterator[Check]:
    """First and last frame of a sequence, and every number between."""
    frames = output.expected.frames
    if frames is None or output.first_frame is None:
        return
    first, last = output.first_frame, output.first_frame + frames - 1
    problems = [
        f"{words} {_some(numbers)}"
        for words, numbers in (("missing:", facts.missing), ("not asked for:", facts.unwanted))
        if numbers
    ]
    wanted = f"{first} to {last}"
    yield Check(name="frame numbers", passed=not problems, expected=wanted, found=", ".join(problems) or wanted)


def _some(numbers: tuple[int, ...]) -> str:
    more = ", …" if len(numbers) > _MOST_FRAMES_NAMED else ""
    return frames_text(numbers[:_MOST_FRAMES_NAMED]) + more


def _time(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    if expected.frames is not None:
        yield _same("frames", expected.frames, facts.frames)
    if expected.codec == "webp":
        yield from _still_time(expected, facts)
        return
    if expected.frame_rate is None:
        return
    rate = _same("frame rate", expected.frame_rate, facts.frame_rate)
    if facts.variable_rate:
        rate = Check(name=rate.name, passed=False, expected=rate.expected, found=f"{rate.found}, but not constant")
    yield rate
    frame = 1 / expected.frame_rate
    yield _close("start", Fraction(0), facts.start_s, frame)
    if expected.duration_s is not None:
        yield _close("duration", expected.duration_s, facts.duration_s, frame)


def _still_time(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    """WebP stores pictures that stay the same once, for longer, and a movie that never changes as one image."""
    if expected.duration_s is not None and facts.duration_s is not None:
        yield _close("duration", expected.duration_s, facts.duration_s, _WEBP_TICK_S)


def _close(name: str, expected: Fraction, found: Fraction | None, tolerance: Fraction) -> Check:
    """Equal within a tolerance, which itself still passes: containers round times to their own clock."""
    passed = found is not None and abs(found - expected) <= tolerance
    return Check(name=name, passed=passed, expected=_seconds(expected), found=_seconds(found))


def _seconds(value: Fraction | None) -> str:
    return "unknown" if value is None else f"{float(value):.3f} s"


def _picture(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    yield _same("size", f"{expected.width}x{expected.height}", f"{facts.width}x{facts.height}")
    yield Check(
        name="square pixels",
        passed=facts.sample_aspect == 1,
        expected="1:1",
        found=f"{facts.sample_aspect.numerator}:{facts.sample_aspect.denominator}",
    )
    yield Check(
        name="upright", passed=facts.rotation == 0, expected="no rotation", found=_rotation(facts.rotation)
    )
    yield _same("codec", expected.codec, facts.codec)
    if expected.profile is not None:
        yield _same("profile", expected.profile, facts.profile)
    yield _same("pixel format", expected.pixel_format, facts.pixel_format)


def _rotation(degrees: int) -> str:
    return f"to be turned by {degrees} degrees" if degrees else "no rotation"


def _colour(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    for name in ("range", "matrix", "primaries", "transfer"):
        wanted = getattr(expected.colour, name)
        if wanted is not None:
            yield _same(f"colour {name}", wanted, getattr(facts.colour, name))


def _sound(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    if expected.audio_codec is None:
        yield _same("audio streams", 0, facts.audio_streams)
        return
    yield _same("audio streams", 1, facts.audio_streams)
    yield _same("audio codec", expected.audio_codec, facts.audio_codec)
    if expected.audio_channels is not None:
        yield _same("audio channels", expected.audio_channels, facts.audio_channels)
    if expected.audio_sample_rate is not None:
        yield _same("audio sample rate", expected.audio_sample_rate, facts.audio_sample_rate)
    length = expected.duration_s if expected.duration_s is not None else facts.duration_s
    if length is not None:
        yield _close("audio length", length, facts.audio_duration_s, _audio_tolerance(expected, facts))


def _audio_tolerance(expected: Expected, facts: OutputFacts) -> Fraction:
    """One frame of the picture, or one block of the sound where that is longer (at high frame rates)."""
    frame = 1 / expected.frame_rate if expected.frame_rate else Fraction(0)
    block = Fraction(AUDIO_BLOCKS.get(expected.audio_codec or "", 1), facts.audio_sample_rate or 48000)
    return max(frame, block)


def _container(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    if expected.faststart:
        yield Check(
            name="fast start",
            passed=facts.faststart is True,
            expected="index before the pictures",
            found="index before the pictures" if facts.faststart else "index after the pictures",
        )
    if expected.timecode is not None:
        yield _same("timecode", expected.timecode, facts.timecode)
