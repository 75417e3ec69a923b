"""Jobs on the command line: what is said about them, and how their age is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
import pytest

from encode_media.cli.job_words import list_line, page, part_document
from encode_media.cli.spans import Span
from encode_media.errors import failure
from encode_media.jobs.engine import JobRecord
from encode_media.model.media import SourceRef
from encode_media.model.request import EncodeRequest, Part, PublishTarget
from encode_media.model.result import Progress, Stage
from support.stories import media_of, plan_of

NOW = 1_000_000.0


def record(
    name: str,
    *,
    stage: Stage = Stage.DONE,
    age_s: float = 60,
    preset: str = "review",
    user: str = "artist",
    **more: Any,
) -> JobRecord:
    target = PublishTarget(version_id=f"id-{name}", version_label=f"sh010 / {name} v001", username=user)
    return JobRecord(
        job_id=f"{name}-1",
        stage=stage,
        request=EncodeRequest(preset=preset, target=target),
        progress=Progress(stage=stage, percent=43),
        created_at=NOW - age_s,
        updated_at=NOW - age_s / 2,
        **more,
    )


def part(number: int, stage: Stage, **more: Any) -> JobRecord:
    plan = plan_of(media_of(SourceRef(path="/show/a.mov")))
    one = record(f"part{number}", stage=stage, **more)
    asked = EncodeRequest(preset="review", part=Part(job_id="a-1", number=number, plan=plan))
    return replace(one, request=asked, progress=Progress(stage=stage, percent=20, frame=6))


def test_a_page_shows_what_the_parts_of_a_job_do_and_where() -> None:
    parts = (part(0, Stage.DONE, executor="farm1.worker.0"), part(1, Stage.ENCODING, executor="farm2.worker.0"))

    lines = list(page(record("a", stage=Stage.ENCODING), NOW, log_lines=0, parts=parts))

    assert "  part 1, encode: done by farm1.worker.0  part0-1" in lines
    assert "  part 2, encode: encoding at frame 6 of 24 by farm2.worker.0  part1-1" in lines
    assert part_document(parts[1])["frames"] == 24


def test_a_page_lists_the_options_that_are_not_as_the_preset_has_them() -> None:
    asked = EncodeRequest(preset="review", options={"quality": 18, "slate": True, "lut": "show.cube"})
    usual = {"quality": 18, "slate": False}

    lines = list(page(replace(record("a"), request=asked), NOW, log_lines=0, usual=usual))

    assert lines[1].endswith("preset review (slate=True, lut=show.cube)")


def test_a_page_says_that_a_job_makes_something_exactly_again() -> None:
    again = record("a")
    again = replace(again, request=replace(again.request, recipe="packed"))

    assert list(page(again, NOW, log_lines=0))[1].endswith("preset review, exactly as it was made before")


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("1.5d", 129600)])
def test_spans_are_read_as_people_type_them(text: str, seconds: float) -> None:
    assert Span().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2 weeks"])
def test_what_is_no_span_is_refused_with_examples(text: str) -> None:
    with pytest.raises(click.BadParameter, match="write 90s, 15m, 2h or 3d"):
        Span().convert(text, None, None)


def test_a_line_says_stage_age_last_sign_person_and_subject() -> None:
    line = list_line(record("comp", stage=Stage.ENCODING, age_s=600), NOW)
    for words in (
        "comp-1",
        "encoding",
        "43",
        "10 min 00 s",
        "5 min 00 s",
        "review",
        "artist",
        "sh010 / comp v001",
    ):
        assert words in line


def test_the_page_of_a_failed_job_says_why_with_ffmpegs_words_and_its_last_log_lines() -> None:
    error = failure("ffmpeg.failed", problem="no").to_dict() | {"details": {"log": ["x264 [error]: no"]}}
    result = {"status": "failed", "error": error, "log": ["first", "second", "third"]}

    words = "\n".join(page(record("comp", stage=Stage.FAILED, result=result), NOW, log_lines=2))

    for part in ("(ffmpeg.failed)", "x264 [error]: no", "second", "third", "1 min 00 s ago", "by artist"):
        assert part in words
    assert "first" not in words
