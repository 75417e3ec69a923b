"""What ledgers say, and how a difference is explained."""

from __future__ import annotations

from typing import Any

from encode_media.ftrack.ledger import Maker, ledger, plan_mark, seal, sealed_recipe, source_facts
from encode_media.ftrack.ledger_words import (
    differences,
    making_differences,
    making_lines,
    output_differences,
    output_line,
)
from encode_media.model.media import Media, SourceKind, SourceRef
from support.outputs import plan_of, request_for

MARKS: dict[str, Any] = {
    "job": "a-1",
    "at": 1_700_000_000.0,
    "preset": "review",
    "options": {"quality": 18, "lut": None},
    "source": "c1",
    "fingerprint": "f1",
    "version": "1.0.0",
    "ffmpeg": "9.0.2",
    "plan": "p1",
    "source_facts": {"codec": "prores", "size": "1920x1080", "colour": {"transfer": "bt709"}},
    "output": {"codec": "h264", "size": "1280x720", "frames": 72, "bytes": 3_000_000},
    "notes": ["colour: as tagged"],
    "recipe": "r",
}


def test_a_ledger_is_told_in_words_with_units() -> None:
    source = {**MARKS["source_facts"], "rate": "24000/1001", "frames": 72, "size_bytes": 8_500_000}
    text = "\n".join(making_lines({**MARKS, "source_facts": source}, {}))
    for words in (
        "preset review, Encode Media 1.0.0, ffmpeg 9.0.2",
        "options    quality = 18",
        "note       colour: as tagged",
        "prores, 1920x1080, 72 frames at 23.976 frames a second, 8.5 MB, colour transfer bt709",
        "again      exactly",
    ):
        assert words in text
    assert "lut" not in text
    assert output_line(MARKS) == "h264, 1280x720, 72 frames, 3.0 MB"
    span = {"codec": "exr", "first_frame": 1001, "last_frame": 1004, "frames": 3, "missing": 1}
    assert output_line({"output": span}) == "exr, frames 1001-1004, 3 frames, missing frames 1"


def test_only_options_that_the_preset_has_otherwise_are_named() -> None:
    def told(**usual: object) -> str:
        return next(line for line in making_lines(MARKS, usual) if line.startswith("options"))

    assert told(quality=18, lut=None) == "options    all as the preset has them now"
    assert told(quality=20, lut=None) == "options    quality = 18, the rest as the preset has them now"


def test_a_ledger_of_an_older_version_is_told_as_far_as_it_goes() -> None:
    assert list(making_lines({"job": "a-1", "preset": "review"}, {}))
    assert output_line({"job": "a-1", "output": {"rate": "a lot"}}) == "at a lot"


def test_between_two_jobs_the_making_is_told_apart_from_what_came_out() -> None:
    other = {**MARKS, "ffmpeg": "5.1", "output": {**MARKS["output"], "bytes": 4_000_000, "rate": "24/1"}}

    assert making_differences(MARKS, other) == ["ffmpeg: 9.0.2 became 5.1"]
    assert output_differences(MARKS, other) == [
        "file size: 3.0 MB became 4.0 MB",
        "frame rate: nothing became 24 frames a second",
    ]
    slightly = {"output": {**MARKS["output"], "bytes": 3_000_001}}
    assert output_differences(MARKS, slightly) == ["file size: 3000000 became 3000001"]


def test_what_differs_is_said_and_nothing_else() -> None:
    other = {
        **MARKS, "job": "a-2", "at": 2.0, "plan": "p2", "ffmpeg": "5.1", "options": {"quality": 23, "lut": "warm"},
        "source_facts": {**MARKS["source_facts"], "colour": {"transfer": "smpte2084"}},
        "notes": ["colour: tone mapped"],
    }  # fmt: skip
    assert differences(MARKS, other) == [
        "option quality: 18 became 23",
        "option lut: nothing became warm",
        "source's colour transfer: bt709 became smpte2084",
        "ffmpeg: 9.0.2 became 5.1",
        "no longer: colour: as tagged",
        "new: colour: tone mapped",
    ]


def test_an_option_is_called_as_its_preset_calls_it() -> None:
    one, other = {**MARKS, "options": {"size": 1, "rate": "24"}}, {**MARKS, "options": {"size": 2, "rate": "25"}}

    assert differences(one, other) == ["option size: 1 became 2", "option rate: 24 became 25"]


def test_two_jobs_of_the_same_wish_were_made_alike() -> None:
    assert differences(MARKS, {**MARKS, "job": "a-2", "at": 2.0}) == []


def test_other_commands_alone_are_said_as_well() -> None:
    [sentence] = differences(MARKS, {**MARKS, "plan": "p2"})
    assert "commands" in sentence


def test_only_a_recipe_that_we_sealed_is_used_again() -> None:
    marks = {"recipe": "r", "seal": seal("r", "key")}
    assert sealed_recipe(marks, "key") == "r"
    assert sealed_recipe({**marks, "recipe": "evil"}, "key") is None
    assert sealed_recipe({"recipe": "r"}, "key") is None
    assert sealed_recipe(marks, "another key") is None
    assert sealed_recipe(marks, "") is None


def test_the_ledger_holds_what_made_it_but_no_secret() -> None:
    from dataclasses import replace

    plan = replace(plan_of(), recipe="packed", notes=("a note",))
    marks = ledger("job-1", request_for("v1"), plan, Maker(ffmpeg="9", secret="the key"), 1.5)
    assert (marks["recipe"], marks["ffmpeg"], marks["notes"], marks["plan"]) == (
        "packed", "9", ["a note"], plan_mark(plan),
    )  # fmt: skip
    assert "the key" not in str(marks)
    assert "needs" not in marks
    assert ledger("job-1", replace(request_for("v1"), needs=("gpu",)), plan, Maker(), 1.5)["needs"] == ["gpu"]


def test_a_ledger_says_where_the_timecode_of_the_source_begins() -> None:
    def facts(timecode: str | None) -> dict[str, Any]:
        source = SourceRef(path="/shots/comp.mov")
        media = Media(source=source, kind=SourceKind.MOVIE, container="mov", size_bytes=1, timecode=timecode)
        return source_facts(media)

    assert facts("01:00:00:00")["timecode"] == "01:00:00:00"
    assert "timecode" not in facts(None)
