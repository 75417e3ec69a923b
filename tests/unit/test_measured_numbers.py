"""Numbers a first pass tells, and where they go."""

from __future__ import annotations

import pytest

from encode_media.errors import EncodeFailed
from encode_media.model.plan import Command, Fill
from encode_media.running.measured import filled, problem_lines, read_numbers

LOG = (
    "[info] Input #0, mov, from 'file:/shots/a.mov':",
    "[info]   Metadata:",
    "[info]     title           : Summary:",
    "    I:           0.0 LUFS",
    "[Parsed_ebur128_4 @ 0x7f4dd4001b80] [info] Summary:",
    "  Integrated loudness:",
    "    I:         -34.6 LUFS",
    "    Threshold: -44.6 LUFS",
    "  Loudness range:",
    "    LRA:         0.1 LU",
    "[info] size=N/A time=00:05:00.00 bitrate=N/A speed= 166x elapsed=0:00:01.80",
)


def test_the_loudness_is_found_behind_everything_else_that_is_said() -> None:
    assert read_numbers("ebur128", LOG) == {"integrated": -34.6}


@pytest.mark.parametrize("integrated", ["-inf", "-70.0", "-60.1", "nan"])
def test_what_is_hardly_there_has_no_loudness(integrated: str) -> None:
    assert read_numbers("ebur128", ("Summary:", f"    I:  {integrated} LUFS")) == {"integrated": None}


@pytest.mark.parametrize("log", [(), ("no numbers",), ("Summary:",), ("    I: -23.0 LUFS", "Summary:")])
def test_numbers_that_are_not_there_are_a_failure_of_ffmpeg(log: tuple[str, ...]) -> None:
    with pytest.raises(EncodeFailed) as caught:
        read_numbers("ebur128", log)

    assert caught.value.code == "ffmpeg.failed"


def test_a_talkative_log_is_read_for_its_problems_only() -> None:
    log = (*LOG, "[mov @ 0x55] [error] moov atom not found", "[fatal] Conversion failed!")

    assert problem_lines(log) == ("[mov @ 0x55] moov atom not found", "Conversion failed!")


def command(*argv: str) -> Command:
    fill = Fill(option="-filter_complex", token="LOUDNESS_1", measurement="m", value="integrated", otherwise="-23")
    return Command(argv=argv, purpose="encode", frames=1, fills=(fill,))


def test_a_number_goes_into_the_filters_and_nowhere_else() -> None:
    wanted = command(
        "-i", "file:/LOUDNESS_1.mov", "-filter_complex", "[0:1]volume=LOUDNESS_1[s0]", "LOUDNESS_1.wav"
    )

    assert filled(wanted, {"m": {"integrated": -18.3}}) == (
        "-i", "file:/LOUDNESS_1.mov", "-filter_complex", "[0:1]volume=-18.30[s0]", "LOUDNESS_1.wav",
    )  # fmt: skip


def test_what_could_not_be_measured_is_replaced_by_what_the_plan_says() -> None:
    wanted = command("-filter_complex", "[0:1]volume=-23-(LOUDNESS_1)[s0]")

    assert filled(wanted, {"m": {"integrated": None}})[1] == "[0:1]volume=-23-(-23)[s0]"


def test_a_command_without_places_stays_as_it_is() -> None:
    assert filled(Command(argv=("-i", "a"), purpose="", frames=None), {}) == ("-i", "a")
