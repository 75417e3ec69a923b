"""The plans of a split: of each stretch, and of joining them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import PurePosixPath

from encode_media.errors import failure
from encode_media.model.plan import EncodePlan, Expected, LaidFile, PlannedOutput, Split, Stretch
from encode_media.model.preset import OutputKind


def part_plans(plan: EncodePlan) -> tuple[EncodePlan, ...]:
    """What other workers can do of the plan, each part by itself: the stretches in order, then the rest."""
    split = _split_of(plan)
    rest = () if split.rest is None else (split.rest,)
    return (*(_stretch_plan(plan, split, stretch) for stretch in split.stretches), *rest)


def join_plan(plan: EncodePlan, folders: Sequence[str]) -> EncodePlan:
    """How the movies are made of their parts.

    Args:
        plan: which was split.
        folders: absolute, one for each stretch, with its files.
    """
    split = _split_of(plan)
    movies = movies_of(plan)
    laid: list[LaidFile] = []
    for file, movie in zip(split.files, movies, strict=True):
        name = PurePosixPath(file)
        names = [f"{name.stem}_{number:06d}{name.suffix}" for number in range(len(folders))]
        laid.append(LaidFile(name=f"{file}.ffconcat", text=_listed(names, split.stretches, _rate_of(movie))))
        laid += [
            LaidFile(name=str(name.with_name(own)), path=f"{folder}/{file}")
            for own, folder in zip(names, folders, strict=True)
        ]
    return replace(
        plan, commands=(split.join,), outputs=movies, links=(), black_frame=(), files=tuple(laid), scratch=(),
        notes=(), split=None,
    )  # fmt: skip


def movies_of(plan: EncodePlan) -> tuple[PlannedOutput, ...]:
    """The outputs that are made in stretches."""
    return tuple(output for output in plan.outputs if output.kind is OutputKind.VIDEO)


def _split_of(plan: EncodePlan) -> Split:
    if plan.split is None:
        raise failure("internal", problem="this plan can't be split")
    return plan.split


def _stretch_plan(plan: EncodePlan, split: Split, stretch: Stretch) -> EncodePlan:
    share = Fraction(stretch.frames, sum(each.frames for each in split.stretches))
    outputs = tuple(
        _part_of(movie, file, stretch.frames) for movie, file in zip(movies_of(plan), split.files, strict=True)
    )
    return replace(
        plan,
        commands=(stretch.command,),
        outputs=outputs,
        links=stretch.links,
        black_frame=plan.black_frame if any(link.source is None for link in stretch.links) else (),
        notes=(),
        estimated_bytes=int(plan.estimated_bytes * share),
        estimated_s=plan.estimated_s * float(share),
        duration_s=plan.duration_s * share,
        split=None,
    )


def _part_of(movie: PlannedOutput, file: str, frames: int) -> PlannedOutput:
    """Pictures alone, and without what only the whole file has."""
    whole = movie.expected
    picture = Expected(
        codec=whole.codec, profile=whole.profile, pixel_format=whole.pixel_format, width=whole.width,
        height=whole.height, frames=frames, frame_rate=whole.frame_rate, duration_s=frames / _rate_of(movie),
        colour=whole.colour, key_frame_distance=whole.key_frame_distance,
    )  # fmt: skip
    return replace(movie, container=PurePosixPath(file).suffix[1:], file=file, expected=picture)


def _listed(names: Sequence[str], stretches: Sequence[Stretch], rate: Fraction) -> str:
    """The list of files that ffmpeg reads. Each says how long it is: what a file says of itself is rounded."""
    lines = ["ffconcat version 1.0"]
    for name, stretch in zip(names, stretches, strict=True):
        lines += [f"file {name}", f"duration {float(stretch.frames / rate):.6f}"]
    return "\n".join([*lines, ""])


def _rate_of(movie: PlannedOutput) -> Fraction:
    rate = movie.expected.frame_rate
    if rate is None:
        raise failure("internal", problem=f"{movie.name} has no frame rate")
    return rate
