"""Proves that a plan's outputs are what was asked for, before anybody gets to see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.media.output_facts import OutputFacts
from encode_media.media.probe import Inspection, inspect_outputs, probe
from encode_media.model.codec import from_json, to_json
from encode_media.model.media import SourceRef
from encode_media.model.plan import EncodePlan, PlannedOutput
from encode_media.model.preset import OutputKind
from encode_media.model.result import Check, OutputResult, Progress, Stage, job_percent
from encode_media.running.compare import compare
from encode_media.running.folder import place_of

TIME_LIMIT_S = 600.0
"""For any plan at all; then more for each frame of each output."""
TIME_PER_FRAME_S = 1.0
"""An 8K frame decodes in well under a second; a decoder that needs more hangs."""


def verify(
    plan: EncodePlan,
    folder: Path,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[OutputResult, ...]:
    """The plan's outputs, each decoded from first to last frame and compared with what was expected.

    Nothing is removed, so a file that failed can be looked at.

    Raises:
        OutputWrong: an output isn't what was asked for; the message has each failed check with what was
            expected and found, `details["checks"]` has them as data.
        Cancelled: within a second.
    """
    answers = _inspect(plan, folder, on_progress, cancelled)
    found = [_examined(folder, output, answer) for output, answer in zip(plan.outputs, answers, strict=True)]
    _raise_if_wrong(plan.outputs, [checks for checks, _ in found])
    return tuple(result for _, result in found if result is not None)


def count_frames(plan: EncodePlan, folder: Path) -> None:
    """Counts the frames of the plan's movies by their packets, without decoding them.

    Raises:
        OutputWrong: one has more or fewer than planned.
        UnsupportedFormat: one can't be read.
    """
    for output in plan.outputs:
        if output.kind is not OutputKind.VIDEO or output.expected.frames is None:
            continue
        video = probe(SourceRef(path=str(place_of(folder.absolute(), output.file)))).video
        found = video.frames if video else 0
        if found != output.expected.frames:
            what = f"frames: expected {output.expected.frames}, found {found}"
            raise failure("output.wrong", name=output.name, problem=what)


def _inspection(folder: Path, output: PlannedOutput) -> Inspection:
    path = str(place_of(folder.absolute(), output.file))
    if output.kind is not OutputKind.IMAGE_SEQUENCE:
        expected = output.expected
        return Inspection(path=path, loudness=expected.loudness is not None, rate=expected.frame_rate)
    first = 1 if output.first_frame is None else output.first_frame
    return Inspection(path=path, first_frame=first, frames=output.expected.frames)


def _inspect(
    plan: EncodePlan, folder: Path, on_progress: Callable[[Progress], None], cancelled: Callable[[], bool]
) -> list[dict[str, Any]]:
    """One answer for each output: what it is, or why it can't be read."""
    frames = sum(output.expected.frames or 1 for output in plan.outputs)

    def look(answered: int) -> None:
        if cancelled():
            raise failure("cancelled")
        on_progress(_progress(answered, len(plan.outputs)))

    return inspect_outputs(
        [_inspection(folder, output) for output in plan.outputs],
        timeout_s=TIME_LIMIT_S + frames * TIME_PER_FRAME_S,
        folder=folder,
        look=look,
    )


def _progress(done: int, outputs: int) -> Progress:
    percent = job_percent(Stage.VERIFYING, done / max(1, outputs))
    return Progress(stage=Stage.VERIFYING, percent=percent, message="Checking the result")


def _examined(
    folder: Path, output: PlannedOutput, answer: dict[str, Any]
) -> tuple[tuple[Check, ...], OutputResult | None]:
    if "error" in answer:
        error = EncodeMediaError.from_dict(answer["error"])
        return (Check(name="file", passed=False, expected="a readable file", found=error.message),), None
    facts = from_json(OutputFacts, answer["ok"])
    checks = compare(output, facts)
    return checks, OutputResult(
        planned=output,
        path=str(place_of(folder, output.file)),
        codec=facts.codec or facts.audio_codec or "",
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
        frame_rate=facts.frame_rate,
        duration_s=float(facts.duration_s or facts.audio_duration_s or 0),
        size_bytes=facts.size_bytes,
        checks=checks,
    )


def _raise_if_wrong(outputs: Sequence[PlannedOutput], checks: Sequence[tuple[Check, ...]]) -> None:
    wrong = {
        output.name: [check for check in of_output if not check.passed]
        for output, of_output in zip(outputs, checks, strict=True)
        if not all(check.passed for check in of_output)
    }
    if wrong:
        raise failure(
            "output.wrong",
            name=", ".join(wrong),
            problem="; ".join(_sentence(name, check, len(wrong)) for name in wrong for check in wrong[name]),
            checks={name: [to_json(check) for check in failed] for name, failed in wrong.items()},
        )


def _sentence(name: str, check: Check, outputs: int) -> str:
    whose = f"{name}: " if outputs > 1 else ""
    return f"{whose}{check.name}: expected {check.expected}, found {check.found}"
