"""What is wrong with the frames of a sequence. Pure: looks at the frames in, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from encode_media.media.findings import find
from encode_media.media.frame_check import FrameFacts
from encode_media.model.media import Finding, Severity
from encode_media.timebase import FrameSpan, frames_text


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFrames:
    missing: tuple[int, ...]
    """Numbers that are not there or can't be used."""
    findings: tuple[Finding, ...]


def sequence_findings(span: FrameSpan, facts: Mapping[int, FrameFacts], first: FrameFacts) -> CheckedFrames:
    """Gaps, unusable frames and changes, measured against the first usable frame."""
    gap = tuple(n for n in span.frames() if n not in facts)
    empty = tuple(n for n, fact in facts.items() if not fact.size_bytes and fact.problem)
    unreadable = tuple(n for n, fact in facts.items() if fact.problem and n not in set(empty))
    return CheckedFrames(
        missing=tuple(sorted((*gap, *empty, *unreadable))),
        findings=(
            *_missing_findings(len(span), gap, empty),
            *_unreadable_findings(len(span), unreadable, facts),
            *_change_findings(facts, first),
        ),
    )


def outside_findings(frames: Sequence[int]) -> Iterator[Finding]:
    """Frames on disk that were not asked for, as an older, longer render leaves them."""
    if frames:
        text = f"{_counted(frames)} outside the wanted span {_are(frames)} left out: {frames_text(frames)}."
        yield find("sequence.frames_outside", Severity.INFO, text, tuple(frames))


def below_zero_findings(frames: Sequence[int]) -> Iterator[Finding]:
    """Frames before 0, which neither ffmpeg nor time codes know."""
    if frames:
        text = f"{_counted(frames)} below 0 {_are(frames)} left out: {frames[0]} to {frames[-1]}."
        yield find("sequence.frames_below_zero", Severity.WARNING, text, tuple(frames))


def _missing_findings(total: int, gap: tuple[int, ...], empty: tuple[int, ...]) -> Iterator[Finding]:
    if gap:
        text = f"{len(gap)} of {total} frames {_are(gap)} missing: {frames_text(gap)}."
        yield find("sequence.gap", Severity.ERROR, text, gap)
    if empty:
        text = f"{len(empty)} of {total} frames {_are(empty)} empty: {frames_text(empty)}."
        yield find("sequence.frame_empty", Severity.ERROR, text, empty)


def _unreadable_findings(
    total: int, frames: tuple[int, ...], facts: Mapping[int, FrameFacts]
) -> Iterator[Finding]:
    if frames:
        reason = Counter(facts[n].problem for n in frames).most_common(1)[0][0]
        text = f"{len(frames)} of {total} frames {_are(frames)} damaged: {frames_text(frames)} ({reason})."
        yield find("sequence.frame_unreadable", Severity.ERROR, text, frames)


def _change_findings(facts: Mapping[int, FrameFacts], first: FrameFacts) -> Iterator[Finding]:
    # Of a frame that was only glanced at there is nothing to compare.
    usable = {n: fact for n, fact in facts.items() if not fact.problem and fact.kind}
    resized = tuple(n for n, fact in usable.items() if fact.size and first.size and fact.size != first.size)
    if resized and first.size:
        sizes = ", ".join(
            f"{width}x{height}" for width, height in sorted({usable[n].size or (0, 0) for n in resized})
        )
        width, height = first.size
        text = f"{_counted(resized)} {_are(resized)} not {width}x{height} but {sizes}: {frames_text(resized)}."
        yield find("sequence.size_changes", Severity.ERROR, text, resized)
    changed = tuple(n for n, fact in usable.items() if fact.kind != first.kind and n not in set(resized))
    if changed:
        text = f"{_counted(changed)} {_have(changed)} other channels or another type: {frames_text(changed)}."
        yield find("sequence.type_changes", Severity.WARNING, text, changed)


def _counted(frames: Sequence[int]) -> str:
    return f"{len(frames)} frame{'' if len(frames) == 1 else 's'}"


def _are(frames: Sequence[int]) -> str:
    return "is" if len(frames) == 1 else "are"


def _have(frames: Sequence[int]) -> str:
    return "has" if len(frames) == 1 else "have"
