"""What is shown of a job before it is done."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import failure
from encode_media.jobs import early
from encode_media.jobs.early import EarlySight
from encode_media.jobs.steps import Interrupted
from encode_media.jobs.work import OnProgress, Work
from encode_media.model.plan import Command, EncodePlan
from encode_media.model.request import EncodeRequest
from encode_media.model.result import OutputResult, Progress, Stage
from support.outputs import movie, plan_of, request_for, still


@dataclass
class Shown:
    """A destination that notes what it is given."""

    names: list[str] = field(default_factory=list)
    gate: threading.Event | None = None
    endless: bool = False
    """Whether its line is so slow that nothing ever arrives."""

    def publish_early(
        self,
        job_id: str,
        request: EncodeRequest,
        plan: EncodePlan,
        outputs: tuple[OutputResult, ...],
        on_progress: OnProgress,
    ) -> None:
        del job_id, request, plan
        while self.endless:
            on_progress(Progress(stage=Stage.PUBLISHING, percent=90))
        if self.gate is not None:
            assert self.gate.wait(10)
        self.names += [output.name for output in outputs]


def work_of(results: tuple[OutputResult, ...], *, wrong: bool = False) -> Work:
    def verify(plan: EncodePlan, _folder: Path, *_more: Any) -> tuple[OutputResult, ...]:
        if wrong:
            raise failure("output.wrong", name="x", problem="y")
        return tuple(result for result in results if result.planned in plan.outputs)

    def never(*_args: Any) -> Any:
        raise AssertionError

    return Work(probe=never, plan=never, run=never, verify=verify, count=never)


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[OutputResult, ...]:
    monkeypatch.setattr(early, "SETTLED_S", 0)
    monkeypatch.setattr(early, "WORTH_PIXELS", 1)
    return (movie(tmp_path, "low", b"1"), movie(tmp_path, "high", b"2"), still(tmp_path, "thumbnail", b"3"))


def sight(
    shown: object, outputs: tuple[OutputResult, ...], *, wrong: bool = False, target: bool = True
) -> EarlySight:
    request = request_for("v1") if target else EncodeRequest(preset="review")
    return EarlySight(shown, work_of(outputs, wrong=wrong), "job-1", request)


def test_a_thumbnail_is_shown_once_while_the_rest_is_encoded(
    outputs: tuple[OutputResult, ...], tmp_path: Path
) -> None:
    shown = Shown()
    looking = sight(shown, outputs)
    for _ in range(3):
        looking.look(plan_of(*outputs), tmp_path)
        looking.wait()
    assert shown.names == ["thumbnail"]


def test_nothing_is_shown_before_it_is_there(outputs: tuple[OutputResult, ...], tmp_path: Path) -> None:
    shown = Shown()
    looking = sight(shown, outputs)
    Path(outputs[2].path).unlink()
    looking.look(plan_of(*outputs), tmp_path)
    Path(outputs[2].path).touch()
    looking.look(plan_of(*outputs), tmp_path)
    looking.wait()
    assert shown.names == []


def test_the_lowest_rendition_comes_before_the_higher_ones(
    outputs: tuple[OutputResult, ...], tmp_path: Path
) -> None:
    shown = Shown()
    looking = sight(shown, outputs)
    looking.before_checks(plan_of(*outputs), tmp_path)
    looking.wait()
    assert shown.names == ["low"]


def test_what_fails_its_own_check_is_not_shown(outputs: tuple[OutputResult, ...], tmp_path: Path) -> None:
    shown = Shown()
    looking = sight(shown, outputs, wrong=True)
    looking.before_checks(plan_of(*outputs), tmp_path)
    looking.wait()
    looking.look(plan_of(*outputs), tmp_path)
    looking.wait()
    assert shown.names == []


def test_encoding_goes_on_while_the_server_takes_its_time(
    outputs: tuple[OutputResult, ...], tmp_path: Path
) -> None:
    shown = Shown(gate=threading.Event())
    looking = sight(shown, outputs)
    looking.look(plan_of(*outputs), tmp_path)
    looking.look(plan_of(*outputs), tmp_path)
    looking.before_checks(plan_of(*outputs), tmp_path)
    assert shown.names == []
    assert shown.gate is not None
    shown.gate.set()
    looking.wait()
    assert shown.names == ["thumbnail"]


@pytest.mark.parametrize("case", ["a folder as destination", "no version", "made by hardware"])
def test_where_nothing_can_be_shown_early_nothing_is_done(
    outputs: tuple[OutputResult, ...], tmp_path: Path, case: str
) -> None:
    shown = Shown()
    looking = sight(object() if case == "a folder as destination" else shown, outputs, target=case != "no version")
    plan = plan_of(*outputs)
    if case == "made by hardware":
        plan = replace(plan, software=(Command(argv=(), purpose="encode", frames=1),))
    looking.before_checks(plan, tmp_path)
    looking.wait()
    assert shown.names == []


@pytest.mark.parametrize("end", [failure("cancelled"), Interrupted("job-1")])
def test_a_slow_line_keeps_no_job_that_is_to_end(
    outputs: tuple[OutputResult, ...], tmp_path: Path, end: BaseException
) -> None:
    def go_on() -> None:
        if is_to_end.is_set():
            raise end

    is_to_end = threading.Event()
    seen = EarlySight(Shown(endless=True), work_of(outputs), "job-1", request_for("v1"), go_on)
    seen.before_checks(plan_of(*outputs), tmp_path)
    is_to_end.set()
    done = threading.Thread(target=seen.wait, daemon=True)
    done.start()
    done.join(20)
    assert not done.is_alive()
