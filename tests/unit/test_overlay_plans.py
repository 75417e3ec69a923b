"""Burn-ins, slates, watermarks and LUTs in plans: nothing of a text or a path becomes filter syntax."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import InvalidParameters
from encode_media.ftrack.entities import UserInfo, VersionInfo
from encode_media.ftrack.submission import version_names
from encode_media.model.media import Media, MissingFrames
from encode_media.model.overlay import BurnInsSpec
from encode_media.model.plan import EncodePlan, LaidFile
from encode_media.model.preset import OutputKind, OutputSpec, VideoSpec
from encode_media.model.request import VersionNames
from encode_media.planning.colour import TargetColour
from encode_media.planning.counters import Stand, count_frames
from encode_media.planning.graph import Filter
from encode_media.planning.lettering import Canvas
from encode_media.planning.overlay import plan_overlay
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.presets.context import Occasion
from encode_media.running.folder import lay_files
from encode_media.timebase import FrameSpan, Timecode
from support.sources import exr_sequence, movie, sequence

HOSTILE = "it's 100% a:b \\ {x}, [y]; %{pts} shot=010\n$(id) `id` \u202etxt"


def plan_of(media: Media, preset: str, names: VersionNames | None = None, **options: Any) -> EncodePlan:
    occasion = Occasion(names=names or VersionNames(), date="2026-11-24")
    return make_plan(media, Catalog().resolve(preset, media, options, occasion))


def texts_of(plan: EncodePlan) -> dict[str, str]:
    return {file.name.rpartition("/")[2]: file.text for file in plan.files if file.text is not None}


def test_nothing_is_drawn_unless_somebody_asks() -> None:
    plan = plan_of(movie(), "review")

    assert plan.files == ()
    assert "drawtext" not in " ".join(plan.commands[0].argv)


def test_hostile_names_stay_out_of_the_arguments_and_are_one_line() -> None:
    names = VersionNames(shot=HOSTILE, asset=HOSTILE, task=HOSTILE, version="v003", user=HOSTILE)

    plan = plan_of(movie(), "review", names, burn_ins=True, slate=True, burn_in_text="100% {{ options }}")

    argv = "\0".join(plan.commands[0].argv)
    assert not any(part in argv for part in ("100%", "$(id)", "`id`", "%{pts}", "{x}"))
    title = texts_of(plan)["ftrackreview-mp4_top_left.txt"]
    assert title.startswith("it's 100% a:b \\ {x}, [y]; %{pts}")
    assert texts_of(plan)["ftrackreview-mp4_top_center.txt"] == "100% {{ options }}"


def test_a_counter_beside_a_name_leaves_the_name_as_it_is(tmp_path: Path) -> None:
    """Only where drawtext expands, its two special characters are escaped."""
    media, _ = movie(), (tmp_path / "mine.yaml").write_text(PRESET.format(text="100% \\ {{ frame.number }}"))
    plan = make_plan(media, Catalog([tmp_path]).resolve("mine", media))

    assert texts_of(plan)["mine_top_left.txt"].startswith("100\\% \\\\ %{eif:")


def test_one_text_serves_all_steps_of_the_ladder() -> None:
    plan = plan_of(movie(width=3840, height=2160), "review", burn_ins=True)

    assert {name.partition("_")[0] for name in texts_of(plan)} == {"ftrackreview-mp4-2160"}
    assert " ".join(plan.commands[0].argv).count("drawtext") == len(texts_of(plan))


def test_a_slate_is_one_frame_more_with_an_earlier_time_code_and_as_much_sound() -> None:
    media = movie(frame_rate=Fraction(24000, 1001), timecode="01:00:00:00")
    plain = plan_of(media, "prores_422_hq").outputs[0].expected
    slated = plan_of(media, "prores_422_hq", slate=True).outputs[0].expected

    assert slated.frames == (plain.frames or 0) + 1
    assert slated.duration_s == (plain.duration_s or 0) + Fraction(1001, 24000)
    assert (plain.timecode, slated.timecode) == ("01:00:00:00", "00:59:59:23")


def test_the_slate_of_an_image_sequence_is_the_number_before() -> None:
    output = plan_of(sequence(), "png_sequence", slate=True).outputs[0]

    assert output.first_frame == 1000


def test_the_slate_says_only_what_is_known() -> None:
    words = {text for name, text in texts_of(plan_of(movie(), "review", slate=True)).items() if "word" in name}

    assert "Task" not in words
    assert {"Date", "Frames", "Rate"} <= words


def test_the_longest_text_is_cut_inside_the_picture() -> None:
    plan = plan_of(movie(), "review", burn_ins=True, burn_in_text="W" * 400)

    assert texts_of(plan)["ftrackreview-mp4_top_center.txt"].endswith("W…")


def test_missing_letters_are_said() -> None:
    plan = plan_of(movie(), "review", burn_ins=True, burn_in_text="ไทย")

    assert any("no font has these letters" in note and "ไทย" in note for note in plan.notes)


def test_held_frames_are_marked_and_others_not() -> None:
    media = replace(sequence(), missing=(1004, 1005, 1009))
    argv = " ".join(plan_of(media, "review", burn_ins=True, missing_frames="hold").commands[0].argv)

    assert "between(ld(0)\\,3\\,4)+between(ld(0)\\,8\\,8)" in argv.replace("\\\\", "\\")
    assert "between" not in " ".join(plan_of(sequence(), "review", burn_ins=True).commands[0].argv)


def test_frames_that_were_left_out_are_left_out_of_the_numbers_too() -> None:
    media = replace(sequence(), missing=(1004, 1005, 1009), span=FrameSpan(first=1001, last=1012))
    start = Timecode(frame=0, rate=Fraction(24))

    counters = count_frames(media, MissingFrames.SKIP, 1001, 9, start)

    assert counters.numbers == ((0, 1001), (3, 1006), (6, 1010))
    assert (counters.last_number, counters.stands) == (1012, ())


def test_the_first_frames_stand_for_the_next_there_is() -> None:
    media = replace(sequence(), missing=(1001, 1002, 1005))
    start = Timecode(frame=0, rate=Fraction(24))

    hold = count_frames(media, MissingFrames.HOLD, 1001, 12, start)
    black = count_frames(media, MissingFrames.BLACK, 1001, 12, start)

    assert hold.stands == (Stand(first=0, last=1, shown=1003), Stand(first=4, last=4, shown=1004))
    assert {stand.shown for stand in black.stands} == {None}


PRESET = """
name: mine
label: Mine
description: For tests.
missing_frames: fail
suits: [movie]
outputs:
  - name: mine
    kind: video
    container: mp4
    video: {{codec: h264, pixel_format: yuv420p}}
    burn_ins: {{top_left: '{text}'}}
"""


@pytest.mark.parametrize("name", ["../look.cube", "/etc/passwd", "a/../../look.cube", "c:look.cube", "look.txt"])
def test_a_lut_that_lies_anywhere_else_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameters):
        plan_of(movie(), "review", lut=name)


def test_a_lut_and_a_watermark_are_found_beside_the_presets_and_laid_under_our_own_names(tmp_path: Path) -> None:
    folder = tmp_path / "a b';[x],%d"
    (folder / "luts").mkdir(parents=True)
    (folder / "luts" / "show look.cube").write_text("TITLE x\nLUT_3D_SIZE 2\n" + "0 .5 1e0\n" * 8)
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    media = exr_sequence()
    preset = Catalog([folder]).resolve("review", media, {"lut": "luts/show look.cube", "watermark": "logo.png"})

    plan = make_plan(media, preset)

    assert "a b" not in " ".join(plan.commands[0].argv)
    assert {file.path for file in plan.files} == {str(folder / "luts/show look.cube"), str(folder / "logo.png")}
    assert "after the sRGB curve" in " ".join(plan.notes)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "is no 3D LUT"),
        ("LUT_3D_SIZE 2\n0 0 0\n", "has 1 points instead of 8"),
        ("LUT_3D_SIZE 2\n" + "0 0 x\n" * 8, "are no three numbers"),
        ("LUT_3D_SIZE 9999\n", "is no 3D LUT"),
        ("", "is no 3D LUT"),
    ],
)
def test_a_lut_that_can_not_be_applied_is_refused_in_words(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "curve.cube").write_text(content)

    with pytest.raises(InvalidParameters, match=said):
        Catalog([tmp_path]).resolve("review", movie(), {"lut": "curve.cube"})


def test_a_text_file_is_no_watermark(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_text("hello")

    with pytest.raises(InvalidParameters, match="not what its name says"):
        Catalog([tmp_path]).resolve("review", movie(), {"watermark": "logo.png"})


def test_a_damaged_font_of_a_studio_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.ttf").write_bytes(b"\x00\x01\x00\x00\xff\xff")
    text = PRESET.format(text="x").replace("{top_left", "{font: own.ttf, top_left")
    (tmp_path / "mine.yaml").write_text(text)

    with pytest.raises(InvalidParameters, match=r"own\.ttf"):
        make_plan(movie(), Catalog([tmp_path]).resolve("mine", movie()))


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("burn_ins: {size: 90}", "out of bounds"),
        ("burn_ins: {colour: red@0.5}", "is no colour"),
        ("watermark: {image: logo.png, opacity: 2}", "out of bounds"),
        ("slate: {title: x, background: 'gray:x=1'}", "is no colour"),
        ("burn_ins: {top_middle: x}", "there is no key top_middle"),
        ("watermark: {image: ../logo.png}", "no name of a file beside a preset"),
    ],
)
def test_what_can_not_be_drawn_is_found_before_any_work(tmp_path: Path, part: str, said: str) -> None:
    text = PRESET.format(text="x").replace("burn_ins: {top_left: 'x'}", part)
    (tmp_path / "mine.yaml").write_text(text)

    assert said in " ".join(str(problem) for problem in Catalog([tmp_path]).check([tmp_path / "mine.yaml"]))


def test_text_on_hdr_is_as_bright_as_paper_and_no_brighter() -> None:
    """Reference white is 58 percent of the PQ signal (ITU-R BT.2408)."""
    counters = count_frames(movie(), MissingFrames.FAIL, 1001, 1, Timecode(frame=0, rate=Fraction(24)))
    canvas = Canvas(size=(1280, 720), counters=counters, stem="x")
    spec = OutputSpec(
        name="x", kind=OutputKind.VIDEO, container="mp4", burn_ins=BurnInsSpec(top_left="text"),
        video=VideoSpec(codec="hevc", pixel_format="yuv420p10le"),
    )  # fmt: skip
    preset = Catalog().resolve("review", movie())
    target = TargetColour(pixel_format="yuv420p10le", curve="smpte2084", matrix="2020_ncl", primaries="bt2020")

    (drawn,) = plan_overlay(preset, spec, target, canvas).drawn.steps

    assert isinstance(drawn, Filter)
    assert dict(drawn.options)["fontcolor"] == "#949494@1"


def test_the_names_of_a_version_are_what_burn_ins_call_them() -> None:
    version = VersionInfo(
        id="v", number=3, asset_id="a", asset_name="sh010_comp", parent_name="sh010",
        path=("Demo", "sq010", "sh010"), project_id="p", project_name="Demo", task_name="compositing",
    )  # fmt: skip
    user = UserInfo(id="u", username="zoe", name="Zoe Wang")

    assert version_names(version, user) == VersionNames(
        project="Demo", sequence="sq010", shot="sh010", asset="sh010_comp", task="compositing", version="v003",
        user="Zoe Wang",
    )  # fmt: skip


def test_a_file_that_is_gone_stops_the_run_instead_of_another_being_used(tmp_path: Path) -> None:
    """ffmpeg takes another font without a word where the one it is told is missing."""
    gone = LaidFile(name="overlay/font_studio", path=str(tmp_path / "gone.ttf"))

    with pytest.raises(InvalidParameters, match=r"gone\.ttf"):
        lay_files(tmp_path / "job", [gone])


def test_texts_are_laid_letter_by_letter(tmp_path: Path) -> None:
    lay_files(tmp_path, [LaidFile(name="overlay/a.txt", text="镜头 \\ %")])

    assert (tmp_path / "overlay/a.txt").read_bytes() == "镜头 \\ %".encode()
