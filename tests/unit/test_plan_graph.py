"""The filter graph: shared where chains begin alike, split where they part, and safe whatever a value holds."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from encode_media.planning.graph import GLOBAL_FLAGS, Fork, InputFile, OutputFile, compile_run, pick_frames, step

SOURCE = InputFile(path="file:/a.mov", options={"f": "mov"})
DEINTERLACE, SMALL, LARGE = step("bwdif"), step("scale", w=64, h=36), step("scale", w=128, h=72)


def graph(*outputs: OutputFile, audio: int | None = None) -> str:
    argv = compile_run(SOURCE, outputs, video_stream=2, audio_stream=audio)
    return argv[argv.index("-filter_complex") + 1]


def test_a_common_beginning_is_laid_once() -> None:
    text = graph(
        OutputFile(path="a.mp4", video=(DEINTERLACE, SMALL)), OutputFile(path="b.mp4", video=(DEINTERLACE, LARGE))
    )

    assert text.count("bwdif") == 1
    assert "split=2" in text


def test_chains_that_are_alike_to_the_end_are_split_only_there() -> None:
    text = graph(*(OutputFile(path=f"{name}.mp4", video=(DEINTERLACE, SMALL)) for name in "abc"))

    assert text.count("scale") == 1
    assert "split=3" in text


def test_one_chain_needs_no_split() -> None:
    assert "split" not in graph(OutputFile(path="a.mp4", video=(DEINTERLACE, SMALL)))


def test_a_fork_gives_each_branch_a_copy_and_joins_their_ends_in_order() -> None:
    fork = Fork(((), (step("palettegen"),)), step("paletteuse"))

    assert graph(OutputFile(path="a.gif", video=(fork,))) == (
        "[0:2]split=2[s0][s1];[s1]palettegen[s2];[s0][s2]paletteuse[s3]"
    )


def test_outputs_that_fork_alike_fork_once() -> None:
    fork = Fork(((), (step("negate"),)), step("overlay"))

    found = graph(OutputFile(path="a", video=(fork,)), OutputFile(path="b", video=(fork, step("hflip"))))

    assert found.count("overlay") == 1


def test_a_chain_that_is_the_beginning_of_another_ends_where_the_other_goes_on() -> None:
    text = graph(
        OutputFile(path="a.mp4", video=(DEINTERLACE,)), OutputFile(path="b.mp4", video=(DEINTERLACE, SMALL))
    )

    assert text == "[0:2]bwdif[s0];[s0]split=2[s1][s2];[s2]scale=h=36:w=64[s3]"


def test_sound_is_shared_too_and_only_by_outputs_that_want_it() -> None:
    tone = (step("aresample", 48000),)
    argv = compile_run(
        SOURCE,
        [
            OutputFile(path="a.mp4", video=(SMALL,), audio=tone), OutputFile(path="t.jpg", video=(SMALL,)),
            OutputFile(path="b.mp4", video=(LARGE,), audio=tone),
        ],
        video_stream=0,
        audio_stream=1,
    )  # fmt: skip

    assert "[0:1]aresample=48000" in argv[argv.index("-filter_complex") + 1]
    assert "asplit=2" in argv[argv.index("-filter_complex") + 1]
    assert argv.count("-map") == 5


def test_outputs_stay_in_their_order_and_the_argument_list_is_always_the_same() -> None:
    outputs = [OutputFile(path=f"{name}.mp4", video=(SMALL,), options={"g": "12", "bf": "2"}) for name in "cab"]
    first = compile_run(SOURCE, outputs, video_stream=0)

    assert [part for part in first if part.endswith(".mp4")] == ["c.mp4", "a.mp4", "b.mp4"]
    assert all(compile_run(SOURCE, outputs, video_stream=0) == first for _ in range(5))
    assert first[: len(GLOBAL_FLAGS)] == GLOBAL_FLAGS


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
def test_a_value_can_not_leave_its_filter(value: str) -> None:
    """Read back by ffmpeg's rules: escapes of the graph first, then escapes of the options."""
    text = graph(OutputFile(path="a.mp4", video=(step("drawtext", text=value), SMALL)))

    inside = text.removeprefix("[0:2]").removesuffix("[s0];[s0]scale=h=36:w=64[s1]")
    assert _unescaped(_unescaped(inside)).startswith("drawtext=text=")
    assert _ends(inside, "[],;'") is None
    option = _unescaped(inside).removeprefix("drawtext=text=")
    assert _ends(option, ":'") is None
    assert _unescaped(option) == value


def _unescaped(text: str) -> str:
    result, index = "", 0
    while index < len(text):
        index += text[index] == "\\"
        result += text[index]
        index += 1
    return result


def _ends(text: str, marks: str) -> int | None:
    """Where an unescaped mark would end the value."""
    index = 0
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        if text[index] in marks:
            return index
        index += 1
    return None


@given(
    first=st.integers(0, 200_000),
    count=st.integers(1, 200_000),
    rate=st.sampled_from(
        [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(60000, 1001), Fraction(90000, 3013)]
    ),
)
def test_picked_frames_are_exact_after_ffmpeg_rounds_times_to_the_time_base(
    first: int, count: int, rate: Fraction
) -> None:
    options = dict(pick_frames(first, count, rate).options)

    assert round(Fraction(options.get("start", "0")) * rate) == first
    assert round(Fraction(options["end"]) * rate) == first + count
