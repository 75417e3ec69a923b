"""Pure parts of probing: patterns, timing, findings about frames."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encode_media.media.frame_check import FrameFacts
from encode_media.media.pattern import FramePattern
from encode_media.media.sequence_findings import below_zero_findings, sequence_findings
from encode_media.media.timing import measure
from encode_media.model.media import Severity
from encode_media.timebase import FrameSpan

GOOD = FrameFacts(size_bytes=1000, size=(320, 180), kind="png 2 8")
NAMES = st.text(st.characters(exclude_characters="/\0"), max_size=12)
RATES = ("24", "25", "30", "24000/1001", "30000/1001", "60000/1001", "48", "50", "60", "15", "12")


@given(
    head=NAMES, tail=NAMES.map(lambda text: f".{text}"), padding=st.integers(0, 12), number=st.integers(0, 10**9)
)
def test_a_frame_name_gives_its_number_back(head: str, tail: str, padding: int, number: int) -> None:
    pattern = FramePattern("/shots", head, padding, tail)
    name = pattern.path(number).removeprefix("/shots/")
    assert pattern.number_of(name) == number


@given(folder=NAMES, head=NAMES, tail=NAMES.map(lambda text: f".{text}"), padding=st.integers(2, 12))
def test_the_printf_form_gives_the_pattern_back(folder: str, head: str, tail: str, padding: int) -> None:
    pattern = FramePattern(f"/{folder}", head, padding, tail)
    if "%" not in head + tail + folder:
        assert FramePattern.from_printf(pattern.printf) == pattern
    assert FramePattern.from_printf(pattern.printf).path(7) == pattern.path(7)


@pytest.mark.parametrize(
    ("padding", "name", "number"),
    [
        (4, "f.1001.exr", 1001),
        (4, "f.0001.exr", 1),
        (4, "f.10000.exr", 10000),
        (4, "f.01000.exr", None),
        (4, "f.101.exr", None),
        (0, "f.0.exr", 0),
        (0, "f.01.exr", None),
        (4, "f.-001.exr", None),
        (4, "f.1001.exr\n", None),
        (4, "f..exr", None),
        (4, "f.١٢٣٤.exr", None),
        (4, "f." + "9" * 40 + ".exr", None),
    ],
)
def test_which_names_belong_to_a_pattern(padding: int, name: str, number: int | None) -> None:
    assert FramePattern("/shots", "f.", padding, ".exr").number_of(name) == number


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("clock", [1000, 90000, 12800, 600000])
def test_a_constant_rate_is_found_through_the_rounding_of_a_clock(rate: str, clock: int) -> None:
    """Even without being told, over ten seconds."""
    exact = Fraction(rate)
    stamps = [round(frame / exact * clock) for frame in range(int(10 * exact))]
    timing = measure(stamps, Fraction(1, clock), [])
    assert timing is not None
    assert (timing.rate, timing.variable) == (exact, False)
    assert timing.duration_s == len(stamps) / exact


def test_the_order_of_packets_does_not_matter() -> None:
    stamps = [0, 3, 1, 2, 6, 4, 5]
    timing = measure(stamps, Fraction(1, 24), [])
    assert timing is not None
    assert (timing.rate, timing.frames) == (24, 7)


def test_a_rate_that_is_no_standard_is_kept_exactly() -> None:
    timing = measure([3013 * frame for frame in range(40)], Fraction(1, 90000), [Fraction(90000, 3013)])
    assert timing is not None
    assert (timing.rate, timing.variable) == (Fraction(90000, 3013), False)


PHONE = Fraction(90000, 3013)
"""29.871 frames a second; few of them could as well be 29.97."""


@pytest.mark.parametrize("clock", [90000, 1000])
@pytest.mark.parametrize("frames", [1, 2, 3, 8, 36])
def test_few_frames_have_the_rate_that_is_wanted_and_stated(frames: int, clock: int) -> None:
    stamps = [round(frame / PHONE * clock) for frame in range(frames)]
    timing = measure(stamps, Fraction(1, clock), [PHONE.limit_denominator(1000)], PHONE)
    assert timing is not None
    assert (timing.rate, timing.variable, timing.duration_s) == (PHONE, False, frames / PHONE)


@pytest.mark.parametrize("frames", [1, 2, 8, 36])
@pytest.mark.parametrize(("real", "wanted"), [("24000/1001", "24"), ("24", "24000/1001"), ("30000/1001", PHONE)])
def test_a_rate_that_the_file_does_not_state_is_not_taken_since_it_is_wanted(
    frames: int, real: str, wanted: str
) -> None:
    """Whole milliseconds, where the times alone could not tell."""
    exact = Fraction(real)
    stamps = [round(frame / exact * 1000) for frame in range(frames)]
    timing = measure(stamps, Fraction(1, 1000), [exact], Fraction(wanted))
    assert timing is not None
    assert timing.rate == exact


@pytest.mark.parametrize("frames", [3, 8, 36])
def test_a_rate_that_the_times_do_not_keep_is_not_taken_since_it_is_stated(frames: int) -> None:
    stamps = [round(frame / Fraction(30000, 1001) * 90000) for frame in range(frames)]
    timing = measure(stamps, Fraction(1, 90000), [PHONE], PHONE)
    assert timing is not None
    assert timing.rate == Fraction(30000, 1001)


def test_a_wrong_statement_of_the_file_does_not_win() -> None:
    timing = measure([frame * 40 for frame in range(50)], Fraction(1, 1000), [Fraction(24), Fraction(90000)])
    assert timing is not None
    assert timing.rate == 25


@pytest.mark.parametrize("rate", [24, 25, 30, 60])
def test_dropped_frames_are_a_variable_rate_of_the_same_grid(rate: int) -> None:
    chance = random.Random(rate)  # noqa: S311 - reproducible, not secret
    kept = [0, *(frame for frame in range(1, 20 * rate) if chance.random() > 0.2)]
    timing = measure([round(frame * 1000 / rate) for frame in kept], Fraction(1, 1000), [])
    assert timing is not None
    assert (timing.rate, timing.variable) == (rate, True)
    assert abs(float(timing.duration_s) - (kept[-1] + 1) / rate) < 0.01


def test_one_frame_has_the_stated_rate_and_none_at_all_no_timing() -> None:
    timing = measure([7], Fraction(1, 24), [Fraction(24000, 1001)])
    assert timing is not None
    assert timing.duration_s == Fraction(1001, 24000)
    assert measure([], Fraction(1, 24), [Fraction(24)]) is None
    assert measure([7], Fraction(1, 24), [None]) is None


def test_gaps_empty_and_damaged_frames_are_told_apart() -> None:
    facts = dict.fromkeys((1, 2, 5, 6), GOOD)
    facts[5] = FrameFacts(size_bytes=0, problem="it is empty")
    facts[6] = FrameFacts(size_bytes=10, problem="it is cut short")
    checked = sequence_findings(FrameSpan(first=1, last=6), facts, GOOD)
    assert checked.missing == (3, 4, 5, 6)
    assert {finding.code: finding.frames for finding in checked.findings} == {
        "sequence.gap": (3, 4),
        "sequence.frame_empty": (5,),
        "sequence.frame_unreadable": (6,),
    }
    assert all(finding.severity is Severity.ERROR for finding in checked.findings)
    assert "it is cut short" in checked.findings[-1].message


def test_changes_are_measured_against_the_first_good_frame() -> None:
    small = FrameFacts(size_bytes=1000, size=(160, 90), kind="png 2 8")
    other = FrameFacts(size_bytes=1000, size=(320, 180), kind="png 6 8")
    checked = sequence_findings(FrameSpan(first=1, last=4), {1: GOOD, 2: small, 3: other, 4: GOOD}, GOOD)
    assert checked.missing == ()
    assert {finding.code: finding.frames for finding in checked.findings} == {
        "sequence.size_changes": (2,),
        "sequence.type_changes": (3,),
    }


def test_a_sound_sequence_has_no_findings() -> None:
    checked = sequence_findings(FrameSpan(first=1, last=3), {1: GOOD, 2: GOOD, 3: GOOD}, GOOD)
    assert (checked.missing, checked.findings) == ((), ())


def test_frames_below_zero_are_told_of() -> None:
    (finding,) = below_zero_findings((-12, -11))
    assert (finding.code, finding.frames) == ("sequence.frames_below_zero", (-12, -11))
    assert finding.message == "2 frames below 0 are left out: -12 to -11."
    assert not list(below_zero_findings(()))
