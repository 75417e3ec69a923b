"""What was asked for against what was found, check by check. No effects."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from encode_media.media.output_facts import OutputFacts
from encode_media.model.media import Groups
from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.result import Check
from encode_media.running.compare_sound import compare_sound
from encode_media.running.comparing import close, same
from encode_media.timebase import frames_text, size_text

_MOST_FRAMES_NAMED = 20
_MOST_ERRORS_NAMED = 3
_WIDENED: dict[tuple[str, str | None], str] = {
    ("gbrpf16le", "gbrpf32le"): "gbrpf16le", ("gbrapf16le", "gbrapf32le"): "gbrapf16le",
}  # fmt: skip
"""Libraries before ffmpeg 8 show half floats as floats."""
_ANIMATIONS = frozenset({"gif", "webp"})
_WEBP_TICK_S = Fraction(1, 1000)


def compare(output: PlannedOutput, facts: OutputFacts) -> tuple[Check, ...]:
    """Every check that applies to this output, passed or not, in the order a person would look."""
    expected = output.expected
    return (
        *_decoding(facts),
        *(_numbering(output, facts) if output.first_frame is not None else ()),
        *_time(expected, facts),
        *(_picture(expected, facts) if expected.codec else _no_picture(facts)),
        *_colour(expected, facts),
        *compare_sound(expected, facts),
        *_container(expected, facts),
    )


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
        yield same("frames", expected.frames, facts.frames)
    if expected.codec in _ANIMATIONS:
        yield from _animation_time(expected, facts)
        return
    if expected.frame_rate is None:
        return
    rate = same("frame rate", expected.frame_rate, facts.frame_rate)
    if facts.variable_rate:
        rate = Check(name=rate.name, passed=False, expected=rate.expected, found=f"{rate.found}, but not constant")
    yield rate
    frame = 1 / expected.frame_rate
    yield close("start", Fraction(0), facts.start_s, frame)
    if expected.duration_s is not None:
        yield close("duration", expected.duration_s, facts.duration_s, frame)


def _animation_time(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    """The length alone: a few pictures at times of whole ticks do not show which rate they are meant to have.

    WebP stores a movie that never changes as one image, which has no length; the run has counted its pictures.
    """
    if expected.codec == "webp" and facts.duration_s is None:
        yield Check(name="movement", passed=True, expected="as the source", found="one picture: nothing moves")
    if expected.duration_s is not None and facts.duration_s is not None:
        # How long a GIF's last picture stands is not read back but inferred, to within a picture.
        frame_s = 1 / expected.frame_rate if expected.codec == "gif" and expected.frame_rate else _WEBP_TICK_S
        yield close("duration", expected.duration_s, facts.duration_s, frame_s)


def _picture(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    yield same("size", f"{expected.width}x{expected.height}", f"{facts.width}x{facts.height}")
    yield Check(
        name="square pixels",
        passed=facts.sample_aspect == 1,
        expected="1:1",
        found=f"{facts.sample_aspect.numerator}:{facts.sample_aspect.denominator}",
    )
    yield Check(
        name="upright", passed=facts.rotation == 0, expected="no rotation", found=_rotation(facts.rotation)
    )
    yield same("codec", expected.codec, facts.codec)
    if expected.profile is not None:
        yield same("profile", expected.profile, facts.profile)
    found = facts.pixel_format
    if expected.alpha:
        yield same("transparency", f"in {facts.frames} frames", f"in {facts.alpha_frames or 0} frames")
    yield same("pixel format", expected.pixel_format, _WIDENED.get((expected.pixel_format, found), found))


def _rotation(degrees: int) -> str:
    return f"to be turned by {degrees} degrees" if degrees else "no rotation"


def _colour(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    for name in ("range", "matrix", "primaries", "transfer"):
        wanted = getattr(expected.colour, name)
        if wanted is not None:
            yield same(f"colour {name}", wanted, getattr(facts.colour, name))
    found = facts.hdr.words if facts.hdr else "none"
    if expected.hdr is not None:
        passed = expected.hdr.is_like(facts.hdr)
        yield Check(name="HDR metadata", passed=passed, expected=expected.hdr.words, found=found)
    elif expected.sdr:
        yield Check(name="HDR metadata", passed=facts.hdr is None, expected="none", found=found)


def _no_picture(facts: OutputFacts) -> Iterator[Check]:
    yield same("picture", None, facts.codec)


def _container(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    if expected.faststart:
        yield Check(
            name="fast start",
            passed=facts.faststart is True,
            expected="index before the pictures",
            found="index before the pictures" if facts.faststart else "index after the pictures",
        )
    if expected.timecode is not None:
        yield same("timecode", expected.timecode, facts.timecode)
    if expected.reel is not None:
        yield same("reel", expected.reel, facts.reel)
    if expected.key_frame_distance is not None:
        yield _key_frames(expected.key_frame_distance, facts)
        if facts.groups is not None:
            yield same("groups of pictures", Groups.CLOSED.value, facts.groups.value)
    if expected.most_bytes is not None:
        yield Check(
            name="file size",
            passed=facts.size_bytes <= expected.most_bytes,
            expected=f"at most {size_text(expected.most_bytes)}",
            found=size_text(facts.size_bytes),
        )


def _key_frames(most: int, facts: OutputFacts) -> Check:
    """Where a viewer can jump to."""
    distance = facts.key_frame_distance or 0
    found = f"every {distance}" if facts.first_is_key else "not the first"
    passed = facts.first_is_key and 0 < distance <= most
    return Check(name="key frames", passed=passed, expected=f"at least every {most}", found=found)
