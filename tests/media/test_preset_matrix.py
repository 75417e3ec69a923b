"""Every preset on every kind of source, judged by decoding the files.

By default two kinds of source, one for each ffmpeg; the whole matrix with `-m slow`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from encode_media.media.inspection import inspect_file, inspect_sequence
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.media.webp_animation import read_webp_animation
from encode_media.model.media import Media, SourceKind
from encode_media.model.plan import PlannedOutput
from encode_media.model.preset import OutputKind, OutputSpec
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.compare import compare
from support.clips import Clips
from support.encoding import run
from support.judge import Seen, look_at

NTSC = Fraction(24000, 1001)
SIZE = "320x180"
"""DNxHR takes nothing much smaller."""
INTRA = ("prores", "dnxhd", "mjpeg", "png")
AUDIO_BLOCKS = {"aac": 1024, "opus": 960}
TV, BT709 = 1, 1
SOUND_ONLY = ("audio_wav",)
CATALOG = Catalog()


@dataclass(frozen=True, kw_only=True)
class Source:
    make: Callable[[Clips], Path]
    kind: SourceKind = SourceKind.MOVIE
    frames: int
    rate: Fraction
    size: tuple[int, int] = (320, 180)
    """Upright, with square pixels."""
    sound: bool = False
    options: tuple[tuple[str, str], ...] = ()


SOURCES = {
    "movie with sound": Source(
        make=lambda clips: clips.movie(
            "ntsc.mov", frames=24, rate="24000/1001", audio="match", extra=("-timecode", "01:00:00:00")
        ),
        frames=24, rate=NTSC, sound=True,
    ),
    "linear EXR": Source(
        make=lambda clips: clips.sequence("exr", first=1001, frames=6), kind=SourceKind.SEQUENCE, frames=6,
        rate=Fraction(24),
    ),
    # The last of 24 frames is one of those that were left out.
    "variable rate": Source(make=lambda clips: clips.variable_rate(), frames=23, rate=Fraction(24)),
    "rotated": Source(
        make=lambda clips: clips.rotated(90, "rotated90.mp4"), frames=24, rate=Fraction(24), size=(180, 320)
    ),
    "interlaced": Source(make=lambda clips: clips.interlaced(), frames=24, rate=Fraction(25)),
    "full range": Source(make=lambda clips: clips.full_range(), frames=24, rate=Fraction(24)),
    "odd size": Source(
        make=lambda clips: clips.movie(
            "odd.mkv", size="321x181", frames=12, codec=("ffv1",), pixel_format="yuv444p"
        ),
        frames=12, rate=Fraction(24), size=(321, 181),
    ),
    "PNG with alpha": Source(
        make=lambda clips: clips.sequence(
            "png", frames=6, name="alpha.",
            arguments=("-vf", "format=rgba,colorchannelmixer=aa=0.5", "-c:v", "png", "-pix_fmt", "rgba"),
        ),
        kind=SourceKind.SEQUENCE, frames=6, rate=Fraction(24),
    ),
    "still": Source(
        make=lambda clips: clips.still("png"), kind=SourceKind.STILL, frames=1, rate=Fraction(24)
    ),
    "gap": Source(
        make=lambda clips: clips.sequence("png", frames=8, name="gap.", without=(1003, 1004)),
        kind=SourceKind.SEQUENCE, frames=8, rate=Fraction(24), options=(("missing_frames", "hold"),),
    ),
}  # fmt: skip
QUICK = {"movie with sound": "bundled", "linear EXR": "system"}
"""Which source runs by default with which ffmpeg."""


@dataclass(frozen=True, kw_only=True)
class Case:
    source: str
    preset: str
    program: str


def matrix() -> Iterator[ParameterSet]:
    for name, source in SOURCES.items():
        for program in ("bundled", "system"):
            for preset in CATALOG.names():
                if _fits(preset, source):
                    marks = [] if QUICK.get(name) == program else [pytest.mark.slow]
                    case = Case(source=name, preset=preset, program=program)
                    yield pytest.param(case, marks=marks, id=f"{name}-{preset}-{program}")


def _fits(preset: str, source: Source) -> bool:
    if preset in SOUND_ONLY and not source.sound:
        return False
    # DNxHR begins at 256 pixels across.
    return CATALOG.get(preset).suits(source.kind) and not (preset.startswith("dnxhr") and source.size[0] < 256)


@pytest.fixture(scope="module")
def probed(clips: Clips) -> Callable[[str], Media]:
    return cache(lambda name: probe(find_source([str(SOURCES[name].make(clips))])))


@pytest.mark.parametrize("case", list(matrix()))
def test_the_files_are_what_was_asked_for(
    case: Case, probed: Callable[[str], Media], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    source, media = SOURCES[case.source], probed(case.source)
    resolved = CATALOG.resolve(case.preset, media, dict(source.options))
    specs = {spec.name: spec for spec in resolved.outputs}
    plan = make_plan(media, resolved)

    run(
        plan, request.getfixturevalue("ffmpeg" if case.program == "bundled" else "debian_ffmpeg"), tmp_path / "job"
    )

    assert plan.outputs
    for output in plan.outputs:
        assert not failed_checks(output, tmp_path / "job")
        JUDGES[output.kind](source, specs[output.name], output, tmp_path / "job")


def failed_checks(output: PlannedOutput, folder: Path) -> list[object]:
    path = str(folder / output.file)
    is_sequence = output.kind is OutputKind.IMAGE_SEQUENCE
    facts = (
        inspect_sequence(path, output.first_frame, output.expected.frames) if is_sequence else inspect_file(path)
    )
    return [check for check in compare(output, facts) if not check.passed]


def judge_movie(source: Source, spec: OutputSpec, output: PlannedOutput, folder: Path) -> None:
    seen = look_at(str(folder / output.file))
    assert seen.frames == source.frames
    assert seen.rate == source.rate
    assert all(abs(step - float(1 / source.rate)) < 0.0011 for step in seen.steps_s)
    assert seen.stamps[0] == pytest.approx(0, abs=float(1 / source.rate))
    ((width, height),) = seen.sizes
    assert (width % 2, height % 2, seen.sample_aspect, seen.rotations) == (0, 0, 1, {0})
    assert (width, height) == tuple(length - length % 2 for length in source.size)
    assert (seen.colour[0], seen.colour[1], seen.colour[3]) == (TV, BT709, BT709)
    assert seen.keys[0] == 0
    if seen.codec in INTRA:
        assert seen.longest_group == 1
    elif spec.video is not None and spec.video.gop_s is not None:
        assert seen.longest_group <= max(1, round(spec.video.gop_s * source.rate))
    judge_length(source, spec, seen)


def judge_length(source: Source, spec: OutputSpec, seen: Seen) -> None:
    if not source.sound:
        assert seen.samples == 0
        return
    block = AUDIO_BLOCKS.get(spec.audio.codec if spec.audio else "", 1)
    tolerance = max(float(1 / source.rate), block / seen.sample_rate)
    assert float(seen.sound_s) == pytest.approx(float(source.frames / source.rate), abs=tolerance)
    assert seen.first_sound_s == pytest.approx(0, abs=tolerance)


def judge_sequence(source: Source, spec: OutputSpec, output: PlannedOutput, folder: Path) -> None:
    assert spec.name == output.name
    pattern = folder / output.file
    found = sorted(path.name for path in pattern.parent.iterdir())
    assert found == [pattern.name % number for number in range(1001, 1001 + source.frames)] or (
        source.kind is SourceKind.STILL and len(found) == 1
    )
    for name in (found[0], found[-1]):
        assert look_at(str(pattern.parent / name)).sizes == {source.size}


def judge_still(source: Source, spec: OutputSpec, output: PlannedOutput, folder: Path) -> None:
    del source
    seen = look_at(str(folder / output.file))
    assert seen.frames == 1
    assert seen.codec == spec.video.codec
    assert max(next(iter(seen.sizes))) > 0


def judge_animation(source: Source, spec: OutputSpec, output: PlannedOutput, folder: Path) -> None:
    path = str(folder / output.file)
    length = min(float(source.frames / source.rate), spec.animation.max_s)
    if output.container == "webp":
        animation = read_webp_animation(path)
        assert animation is not None
        shown_s, frame_s = animation.duration_ms / 1000, 0.125
    else:
        seen = look_at(path)
        assert len(seen.steps_s) == 1
        frame_s = next(iter(seen.steps_s))
        shown_s = seen.frames * frame_s
    assert shown_s == pytest.approx(length, abs=frame_s)


def judge_sound(source: Source, spec: OutputSpec, output: PlannedOutput, folder: Path) -> None:
    seen = look_at(str(folder / output.file))
    assert spec.audio is not None
    assert seen.frames == 0
    assert seen.samples == round(source.frames / source.rate * seen.sample_rate)


JUDGES: dict[OutputKind, Callable[..., None]] = {
    OutputKind.VIDEO: judge_movie,
    OutputKind.IMAGE_SEQUENCE: judge_sequence,
    OutputKind.STILL: judge_still,
    OutputKind.ANIMATION: judge_animation,
    OutputKind.AUDIO: judge_sound,
}
