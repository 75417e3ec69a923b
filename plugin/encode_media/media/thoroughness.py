"""How closely a source is looked at before it is encoded: some frames, every header, or every picture."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from encode_media.errors import EncodeMediaError
from encode_media.media.exr_picture import read_exr_picture
from encode_media.media.findings import find
from encode_media.media.frame_check import FrameFacts, check_frame, glance
from encode_media.media.inspection import inspect_file, inspect_image
from encode_media.model.media import Finding, Severity, SourceCheck

SAMPLES = 24
"""Frames looked into when sampling, spread evenly, the first and the last among them."""
_HEADERS_AT_A_TIME = 16
"""On network storage each is a round trip, not work."""
_PICTURES_AT_A_TIME = 4
"""Each may need some hundred megabytes."""


def check_frames(frames: Mapping[int, str], check: SourceCheck) -> dict[int, FrameFacts]:
    """What was found out about each frame, by number."""
    close = sampled(tuple(frames)) if check is SourceCheck.SAMPLE else frozenset(frames)
    with ThreadPoolExecutor(_HEADERS_AT_A_TIME) as pool:
        looks = pool.map(lambda item: (check_frame if item[0] in close else glance)(item[1]), frames.items())
        facts = dict(zip(frames, looks, strict=True))
    if check is SourceCheck.FULL:
        _decode_all(frames, facts)
    return facts


def sampled(numbers: tuple[int, ...]) -> frozenset[int]:
    """At most `SAMPLES` of them."""
    last = len(numbers) - 1
    return frozenset(numbers[round(index * last / (SAMPLES - 1))] for index in range(SAMPLES))


def sampling_finding(frames: int, check: SourceCheck) -> Iterator[Finding]:
    """Says what was not looked at."""
    if check is SourceCheck.SAMPLE and frames > SAMPLES:
        yield find(
            "check.sampled",
            Severity.INFO,
            f"{SAMPLES} of {frames} frames were looked into; of the others only that they are there.",
        )


def movie_damage(path: str) -> Iterator[Finding]:
    """A movie read from its first to its last picture, with every complaint of its decoders."""
    errors = inspect_file(path).errors
    if errors:
        problems = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
        text = f"Reading all of the file found {problems}, the first: {errors[0]}"
        yield find("video.decode_errors", Severity.ERROR, text)


def _decode_all(frames: Mapping[int, str], facts: dict[int, FrameFacts]) -> None:
    whole = [number for number, fact in facts.items() if not fact.problem]
    with ThreadPoolExecutor(_PICTURES_AT_A_TIME) as pool:
        for number, problem in zip(whole, pool.map(_decode, (frames[n] for n in whole)), strict=True):
            if problem:
                facts[number] = facts[number].with_problem(problem)


def _decode(path: str) -> str | None:
    try:
        picture = read_exr_picture(path)
        if picture and picture.video:
            return None  # named layers only: there is none that could be decoded without choosing
    except EncodeMediaError as error:
        return error.message.replace(path, os.path.basename(path))
    facts = inspect_image(path)
    if isinstance(facts, str):
        return facts.replace(path, os.path.basename(path))
    return f"decoding it fails: {facts.errors[0]}" if facts.errors else None
