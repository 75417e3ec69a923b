"""What a job does when the parts that others made of it, or the whole of them, are wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from encode_media.errors import failure
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.model.codec import from_json
from encode_media.model.result import FINAL_STAGES, RunResult, Stage
from encode_media.settings import Settings
from support.jobs import ended, request
from support.stories import World
from support.waiting import wait_for

WRONG = failure("output.wrong", name="review", problem="frames: expected 12, found 5")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Settings(work_folder=tmp_path / "work"), shared=True)


@pytest.fixture
def engine(world: World) -> Iterator[MemoryEngine]:
    engine = MemoryEngine(world.workflow(), slots=1)
    engine.start()
    yield engine
    engine.close()


def told(engine: MemoryEngine) -> RunResult:
    job_id = engine.submit(replace(request(), split="always")).job_id
    record = ended(engine, job_id, timeout_s=60)
    wait_for(lambda: all(part.stage in FINAL_STAGES for part in engine.parts(job_id)), timeout_s=60)
    assert record.result is not None
    return from_json(RunResult, record.result)


def test_a_part_without_its_frames_is_done_again_alone(world: World, engine: MemoryEngine) -> None:
    world.fail["count"] = [WRONG]

    result = told(engine)

    assert result.status == "done"
    assert (world.done.count("part"), world.done.count("join"), world.done.count("verify")) == (3, 1, 1)
    assert any(note.startswith("encoded in 3 parts") for note in result.notes)


def test_where_a_part_never_has_its_frames_the_encode_is_done_in_one_piece(
    world: World, engine: MemoryEngine
) -> None:
    world.fail["count"] = [WRONG, WRONG]

    result = told(engine)

    assert result.status == "done"
    assert world.done.count("join") == 0
    assert [note for note in result.notes if "in one piece" in note and "found 5" in note]
    assert {output.name for output in result.outputs} == {"review", "frames"}


def test_joined_parts_that_are_wrong_are_encoded_once_more_in_one_piece(
    world: World, engine: MemoryEngine
) -> None:
    world.fail["verify"] = [WRONG]

    result = told(engine)

    assert result.status == "done"
    assert (world.done.count("join"), world.done.count("verify"), world.done.count("publish")) == (1, 2, 1)
    assert [note for note in result.notes if "in one piece" in note]


def test_one_piece_is_tried_only_once(world: World, engine: MemoryEngine) -> None:
    world.fail["verify"] = [WRONG, WRONG]

    result = told(engine)

    assert result.status == Stage.FAILED.value
    assert result.error is not None
    assert result.error["code"] == "output.wrong"
    assert (world.done.count("join"), world.done.count("verify"), world.done.count("publish")) == (1, 2, 0)


@pytest.mark.parametrize(("effect", "shared"), [("count", True), ("verify", False)])
def test_missing_frames_that_could_not_be_decoded_are_a_damaged_source_and_not_tried_again(
    world: World, engine: MemoryEngine, effect: str, shared: bool
) -> None:
    world.shared = shared
    world.log = ("[h264 @ 0x55d] error while decoding MB 0 0",)
    world.fail[effect] = [WRONG]

    result = told(engine)

    assert result.error is not None
    assert result.error["code"] == "source.corrupt"
    assert "error while decoding MB 0 0" in result.error["message"]
    assert world.done.count("join") == 0
    stretches = 2
    assert world.done.count("part") <= stretches
    assert shared or world.done.count("run") == 1
