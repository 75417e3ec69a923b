from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from encode_media.errors import failure
from encode_media.model.codec import from_json
from encode_media.model.media import SourceRef
from encode_media.model.request import EncodeRequest, entity_id
from encode_media.model.result import RunResult, Stage
from encode_media.settings import Settings
from support.jobs import request
from support.stories import Remembering, World

JOB = "0123456789abcdef0123456789abcdef-1"
STORY = ["resolve", "probe", "plan", "run", "verify", "publish", "finish"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Settings(work_folder=tmp_path / "work"))


@pytest.fixture
def context() -> Remembering:
    return Remembering(JOB)


def tell(world: World, context: Remembering, told: EncodeRequest | None = None) -> RunResult:
    data = world.workflow()(context, told or request())
    assert json.loads(json.dumps(data)) == data  # what is stored is what is returned
    return from_json(RunResult, data)


def test_the_story_is_told_in_order(world: World, context: Remembering) -> None:
    result = tell(world, context)
    assert context.steps == STORY
    assert world.done == STORY
    assert result.status == "done"
    assert result.error is None


def test_the_result_says_what_was_made_from_what(world: World, context: Remembering) -> None:
    result = tell(world, context)
    assert [output.name for output in result.outputs] == ["review", "frames"]
    assert [output.component_id for output in result.published] == [
        entity_id(JOB, "review"),
        entity_id(JOB, "frames"),
    ]
    assert result.commands == (("ffmpeg", "-i", "a.mov", "review.mp4"),)
    assert result.elapsed_s == 1.5
    assert result.notes == ("a note",)
    assert result.source["path"] == "/show/a.mov"
    assert result.source["frame_rate"] == "24"
    assert world.told == [result]


def test_every_step_takes_and_gives_json(world: World, context: Remembering) -> None:
    tell(world, context)
    assert json.loads(json.dumps(context.remembered)) == context.remembered


def test_progress_goes_to_the_engine_and_to_the_destination_and_never_back(
    world: World, context: Remembering
) -> None:
    tell(world, context)
    percents = [progress.percent for progress in context.reports]
    assert percents == sorted(percents)
    assert [progress.stage for progress in context.reports if progress.frame is None] == [
        Stage.RESOLVING, Stage.PROBING, Stage.PLANNING, Stage.ENCODING, Stage.VERIFYING, Stage.PUBLISHING,
        Stage.PUBLISHING,
    ]  # fmt: skip
    assert world.shown == context.reports


@pytest.mark.parametrize("step", STORY[:-1])
def test_a_failure_anywhere_ends_the_story_with_that_failure_told(
    world: World, context: Remembering, step: str
) -> None:
    world.fail[step] = [failure("ffmpeg.failed", problem="x")]
    result = tell(world, context)
    assert result.status == "failed"
    assert result.error is not None
    assert result.error["code"] == "ffmpeg.failed"
    assert world.done == [*STORY[: STORY.index(step) + 1], "finish"]
    assert world.told == [result]


def test_a_failed_result_still_says_what_was_known(world: World, context: Remembering) -> None:
    world.fail["publish"] = [failure("server.upload_failed", name="review", problem="x")]
    result = tell(world, context)
    assert result.source["codec"] == "prores"
    assert result.notes == ("a note",)
    assert [output.name for output in result.outputs] == ["review", "frames"]


def test_a_mistake_of_ours_is_told_as_internal_and_logged(
    world: World, context: Remembering, caplog: pytest.LogCaptureFixture
) -> None:
    world.fail["plan"] = [KeyError("oops")]
    with caplog.at_level(logging.ERROR):
        result = tell(world, context)
    assert result.status == "failed"
    assert result.error is not None
    assert result.error["code"] == "internal"
    assert "oops" in result.error["message"]
    assert "Traceback" in caplog.text
    assert world.told == [result]


def test_that_nobody_can_be_told_does_not_change_the_result(
    world: World, context: Remembering, caplog: pytest.LogCaptureFixture
) -> None:
    world.fail["finish"] = [failure("server.unreachable", server="s")]
    with caplog.at_level(logging.ERROR):
        result = tell(world, context)
    assert result.status == "done"
    assert "nobody could be told" in caplog.text


def test_a_job_cancelled_before_it_began_does_nothing_but_tell_it(world: World, context: Remembering) -> None:
    context.is_cancelled = True
    result = tell(world, context)
    assert result.status == "cancelled"
    assert world.done == ["finish"]


@pytest.mark.parametrize(
    ("during", "done"),
    [
        ("run", ["resolve", "probe", "plan", "run", "finish"]),
        ("publish", ["resolve", "probe", "plan", "run", "verify", "publish", "finish"]),
    ],
)
def test_a_cancel_while_encoding_or_publishing_ends_the_job_as_cancelled(
    world: World, context: Remembering, during: str, done: list[str]
) -> None:
    def cancel(effect: str) -> None:
        context.is_cancelled = effect == during or context.is_cancelled

    world.note = cancel
    result = tell(world, context)
    assert result.status == "cancelled"
    assert result.error is not None
    assert result.error["code"] == "cancelled"
    assert world.done == done


@pytest.mark.parametrize("after", STORY[:-1])
def test_a_resumed_story_does_not_repeat_finished_steps(world: World, context: Remembering, after: str) -> None:
    known = STORY[: STORY.index(after) + 1]

    class KilledError(BaseException):
        pass

    def kill(effect: str) -> None:
        if effect == STORY[len(known)]:
            world.note = None
            raise KilledError

    world.note = kill
    with pytest.raises(KilledError):
        tell(world, context)
    world.done.clear()
    assert tell(world, context).status == "done"
    assert world.done == [step for step in STORY if step not in known]


@pytest.mark.parametrize("step", ["verify", "publish"])
def test_an_encode_whose_files_are_gone_is_done_again_in_the_same_list_of_steps(
    world: World, context: Remembering, step: str
) -> None:
    """The job went on on another machine, or the folder was emptied."""

    def lose(effect: str) -> None:
        if effect == step:
            world.note = None
            for path in (world.settings.work_folder / JOB).rglob("*"):
                if path.is_file():
                    path.unlink()
            raise KeyboardInterrupt

    world.note = lose
    with pytest.raises(KeyboardInterrupt):
        tell(world, context)
    world.done.clear()
    context.steps.clear()
    assert tell(world, context).status == "done"
    assert context.steps == STORY
    assert world.done == ["run", "verify", "publish", "finish"]


def test_an_encode_of_which_one_frame_is_cut_short_is_done_again(world: World, context: Remembering) -> None:
    def damage(effect: str) -> None:
        if effect == "verify":
            world.note = None
            next((world.settings.work_folder / JOB).rglob("frames.1002.png")).write_text("f")
            raise KeyboardInterrupt

    world.note = damage
    with pytest.raises(KeyboardInterrupt):
        tell(world, context)
    assert tell(world, context).status == "done"
    assert world.done.count("run") == 2


def test_each_encode_gets_a_folder_of_its_own(world: World, context: Remembering) -> None:
    """What an encoder that outlived its worker still writes can't end up in a later result."""
    folders: list[Path] = []

    def look(effect: str) -> None:
        if effect == "run":
            folders.extend((world.settings.work_folder / JOB).iterdir())
            if len(folders) == 1:
                raise KeyboardInterrupt

    world.note = look
    with pytest.raises(KeyboardInterrupt):
        tell(world, context)
    tell(world, context)
    assert len(set(folders)) == 2


def test_the_job_folder_is_removed_whatever_the_end(world: World, context: Remembering) -> None:
    tell(world, context)
    assert not (world.settings.work_folder / JOB).exists()
    failed = Remembering(JOB.replace("-1", "-2"))
    world.fail["verify"] = [failure("ffmpeg.failed", problem="x")]
    tell(world, failed)
    assert list(world.settings.work_folder.iterdir()) == []


def test_a_wrong_output_is_kept_for_inspection(world: World, context: Remembering) -> None:
    world.fail["verify"] = [failure("output.wrong", name="review", problem="23 frames")]
    tell(world, context)
    assert list((world.settings.work_folder / JOB).rglob("review.mp4"))


def wish_for(path: Path) -> EncodeRequest:
    return EncodeRequest(preset="review", source=SourceRef(path=str(path)))


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("show/a.mov", True), ("show/seq/a.%04d.exr", True), ("other/a.mov", False), ("show/../other/a.mov", False)],
)
def test_a_source_must_lie_below_the_allowed_folders(
    tmp_path: Path, context: Remembering, path: str, allowed: bool
) -> None:
    world = World(Settings(work_folder=tmp_path / "work", source_roots=(tmp_path / "show",)))
    result = tell(world, context, wish_for(tmp_path / path))
    assert (result.status == "done") is allowed
    if not allowed:
        assert result.error is not None
        assert result.error["code"] == "source.outside_roots"


def test_a_link_out_of_the_allowed_folders_is_not_followed(tmp_path: Path, context: Remembering) -> None:
    (tmp_path / "show").mkdir()
    (tmp_path / "secret.mov").write_text("x")
    (tmp_path / "show" / "a.mov").symlink_to(tmp_path / "secret.mov")
    world = World(Settings(work_folder=tmp_path / "work", source_roots=(tmp_path / "show",)))
    result = tell(world, context, wish_for(tmp_path / "show" / "a.mov"))
    assert result.error is not None
    assert result.error["code"] == "source.outside_roots"


def test_a_work_folder_that_can_not_be_made_fails_the_job_in_words(tmp_path: Path, context: Remembering) -> None:
    (tmp_path / "file").write_text("in the way")
    world = World(Settings(work_folder=tmp_path / "file" / "work"))
    result = tell(world, context)
    assert result.error is not None
    assert result.error["code"] == "storage.failed"
    assert world.told == [result]


def test_hardware_that_makes_something_else_is_replaced_by_software(world: World, context: Remembering) -> None:
    world.by_hardware = True
    world.fail["verify"] = [failure("output.wrong", name="review", problem="profile: expected High, found Main")]
    result = tell(world, context)
    assert result.status == "done"
    assert world.done.count("run") == 2
    assert "software was used instead" in result.notes[-1]


def test_software_that_makes_something_else_is_not_tried_again(world: World, context: Remembering) -> None:
    world.fail["verify"] = [failure("output.wrong", name="review", problem="frames: expected 24, found 23")]
    result = tell(world, context)
    assert result.error is not None
    assert result.error["code"] == "output.wrong"
    assert world.done.count("run") == 1
