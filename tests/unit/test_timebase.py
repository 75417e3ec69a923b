"""Time is exact: rates, spans, timecode."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encode_media.timebase import (
    FrameSpan,
    Timecode,
    describe_rate,
    format_rate,
    frames_per_day,
    frames_text,
    parse_rate,
    seconds_text,
    size_text,
)

NTSC = [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)]
DROP = [Fraction(30000, 1001), Fraction(60000, 1001)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("24", Fraction(24)),
        (25, Fraction(25)),
        ("23.976", Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("24000/1001", Fraction(24000, 1001)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_a_rate_is_read_as_the_exact_rate_that_was_meant(written, meant):
    assert meant == parse_rate(written)


@pytest.mark.parametrize("wrong", ["", "fast", "0", "-24", "24/0", "90000", "nan", "inf"])
def test_what_is_no_rate_is_refused(wrong):
    with pytest.raises(ValueError, match="frame rate"):
        parse_rate(wrong)


def test_rates_are_written_exactly_for_machines_and_shortly_for_people():
    assert format_rate(Fraction(24000, 1001)) == "24000/1001"
    assert format_rate(Fraction(25)) == "25/1"
    assert describe_rate(Fraction(24000, 1001)) == "23.976"
    assert describe_rate(Fraction(30000, 1001)) == "29.97"


def test_a_frame_span_includes_both_ends():
    span = FrameSpan(first=1001, last=1048)

    assert len(span) == 48
    assert 1001 in span
    assert 1048 in span
    assert 1049 not in span
    with pytest.raises(ValueError, match="ends"):
        FrameSpan(first=2, last=1)


@pytest.mark.parametrize(
    ("text", "rate", "frame"),
    [
        ("00:00:41:17", Fraction(24), 1001),
        ("01:00:00:00", Fraction(24000, 1001), 86400),
        ("00:01:00;02", Fraction(30000, 1001), 1800),
        ("00:10:00;00", Fraction(30000, 1001), 17982),
        ("01:00:00;00", Fraction(30000, 1001), 107892),
        ("00:01:00;04", Fraction(60000, 1001), 3600),
    ],
)
def test_known_timecodes_stand_for_known_frames(text, rate, frame):
    assert frame == Timecode.parse(text, rate).frame
    assert text == str(Timecode.parse(text, rate))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("00:00:41:30", Fraction(24)),
        ("24:00:00:00", Fraction(24)),
        ("00:01:00;00", Fraction(30000, 1001)),
        ("00:01:00;00", Fraction(24)),
        ("1:2:3:4", Fraction(24)),
    ],
)
def test_impossible_timecodes_are_refused(text, rate):
    with pytest.raises(ValueError):
        Timecode.parse(text, rate)


@given(rate=st.sampled_from([Fraction(24), Fraction(25), Fraction(120), *NTSC]), frame=st.integers(0, 2_000_000))
def test_timecode_survives_the_way_to_text_and_back(rate, frame):
    there = Timecode(frame=frame % frames_per_day(rate, drop_frame=False), rate=rate)

    assert there == Timecode.parse(str(there), rate)


@given(rate=st.sampled_from(DROP), frame=st.integers(0, 5_000_000))
def test_drop_frame_timecode_survives_the_way_to_text_and_back(rate, frame):
    there = Timecode(frame=frame % frames_per_day(rate, drop_frame=True), rate=rate, drop_frame=True)

    assert there == Timecode.parse(str(there), rate)


def test_numbers_for_people_are_short():
    assert frames_text([1030, 1021, 1020, 1022]) == "1020-1022, 1030"
    assert seconds_text(4.2) == "4.2 s"
    assert seconds_text(190) == "3 min 10 s"
    assert seconds_text(3900) == "1 h 05 min"
    assert seconds_text(None) == "unknown"
    assert size_text(3_400_000) == "3.4 MB"
    assert size_text(12) == "12 bytes"
