"""A preset file, a source and options become a `Preset`: every expression evaluated, every value checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from encode_media.model.background import BACKGROUND_PATTERN, NAMED
from encode_media.model.colour import ColourSpec
from encode_media.model.media import Media, MissingFrames
from encode_media.model.preset import OutputSpec, Preset, TimingSpec
from encode_media.presets.assets import find_assets
from encode_media.presets.cdl import cdl_numbers
from encode_media.presets.colour_pairs import colour_problems
from encode_media.presets.context import Occasion, full_context
from encode_media.presets.expressions import ExpressionError, evaluate
from encode_media.presets.findings import WHEN, problems_of
from encode_media.presets.frame_pairs import timing_problems
from encode_media.presets.options import resolve_options
from encode_media.presets.pairs import pair_problems
from encode_media.presets.problems import InvalidPresetError, PresetProblem, key_path, nearest
from encode_media.presets.schema import PresetFile, read_output, read_part
from encode_media.presets.sound_pairs import SOUND_FORMAT
from encode_media.timebase import parse_rate

Context = Mapping[str, Any]
Part = TypeVar("Part")


def resolve(
    file: PresetFile,
    media: Media,
    given: Mapping[str, Any],
    occasion: Occasion | None = None,
    folders: Sequence[Path] = (),
) -> Preset:
    """The preset for this source and these options. Outputs whose `when` is false are left out.

    Files it names are looked for beside it, then in `folders`.

    Raises:
        InvalidParameters: an option is unknown or its value not allowed.
        InvalidPresetError: the file has mistakes that show with this source and these options.
    """
    options = resolve_options(file.name, file.options, given, outputs=file.outputs)
    context = full_context(media, options, occasion or Occasion())
    problems: list[PresetProblem] = []
    outputs = tuple(_outputs(file, context, problems))
    head = _Head(file, context, problems)
    lut = head.lut()
    assets = find_assets(file, lut, outputs, folders)
    problems += assets.problems
    problems += _sound_file_problems(file, given, outputs)
    preset = Preset(
        name=file.name,
        label=file.label,
        description=file.description,
        missing_frames=head.missing_frames(),
        default_rate=file.default_rate,
        frame_rate=head.frame_rate(),
        background=head.background(),
        timing=head.timing(),
        colour=head.colour(given, folders),
        lut=lut,
        assets=assets.found,
        outputs=outputs,
        backend=file.backend,
        options=options,
    )
    problems += _name_problems(file, outputs)
    if problems:
        raise InvalidPresetError(problems)
    return preset


class _Head:
    """The evaluated values above the outputs; mistakes are added to `problems` and a harmless value is given."""

    def __init__(self, file: PresetFile, context: Context, problems: list[PresetProblem]) -> None:
        self._file = file
        self._context = context
        self._problems = problems

    def missing_frames(self) -> MissingFrames:
        allowed = tuple(policy.value for policy in MissingFrames)
        value = self._value("missing_frames", self._file.missing_frames)
        if value in allowed:
            return MissingFrames(value)
        self._wrong("missing_frames", f"{value!r} is not possible here", allowed)
        return MissingFrames.FAIL

    def frame_rate(self) -> Fraction | None:
        value = self._value("frame_rate", self._file.frame_rate)
        try:
            return None if value is None or value == "" else parse_rate(value)
        except ValueError as error:
            self._wrong("frame_rate", str(error), ())
            return None

    def background(self) -> str:
        value = str(self._value("background", self._file.background))
        if not BACKGROUND_PATTERN.match(value):
            self._wrong("background", f"{value!r} is no colour", (*NAMED, "#rrggbb"))
        return value

    def lut(self) -> str | None:
        value = self._value("lut", self._file.lut)
        return str(value) if value else None

    def timing(self) -> TimingSpec:
        spec = self.part("timing", self._file.timing, TimingSpec())
        problems = tuple(timing_problems(spec))
        for key, problem, allowed in problems:
            self._wrong(f"timing.{key}", problem, allowed)
        if problems:
            return spec
        # 23.976 stands for 24000/1001 here as everywhere.
        convert = None if spec.convert is None else parse_rate(spec.convert)
        conform = None if spec.conform is None else parse_rate(spec.conform)
        return replace(spec, convert=convert, conform=conform)

    def colour(self, given: Mapping[str, Any], folders: Sequence[Path]) -> ColourSpec:
        spec = self.part("colour", self._file.colour, ColourSpec())
        for key, problem, allowed in colour_problems(spec):
            self._wrong(f"colour.{key}", problem, allowed)
        cdl = cdl_numbers(spec.cdl, given, (self._file.file_of("colour.cdl").parent, *folders))
        if cdl.problem:
            self._wrong("colour.cdl", cdl.problem, cdl.allowed)
        return replace(spec, cdl=cdl.text)

    def part(self, key: str, written: dict[str, Any], nothing: Part) -> Part:
        """A group of values, read as the type of what stands there when the file says nothing."""
        try:
            values = _without_when({key: evaluate(written, self._context)}).get(key, {})
            return read_part(type(nothing), values)
        except ExpressionError as error:
            self._problems += expression_problems(self._file, error, key, self._context)
        except ValidationError as error:
            self._problems += _validation_problems(self._file, error, type(nothing), key)
        return nothing

    def _value(self, key: str, written: str | None) -> Any:
        try:
            return evaluate(written, self._context)
        except ExpressionError as error:
            self._problems += expression_problems(self._file, error, key, self._context)
            return None

    def _wrong(self, key: str, problem: str, allowed: tuple[str, ...]) -> None:
        if not any(known.key == key for known in self._problems):
            self._problems.append(
                PresetProblem(file=str(self._file.file_of(key)), key=key, problem=problem, allowed=allowed)
            )


def _outputs(file: PresetFile, context: Context, problems: list[PresetProblem]) -> list[OutputSpec]:
    outputs = []
    for index, written in enumerate(file.outputs):
        prefix = f"outputs[{index}]"
        try:
            if not _is_wanted(written, context):
                continue
            output = read_output(_without_when(evaluate(written, context)))
        except ExpressionError as error:
            wrong = expression_problems(file, error, prefix, context)
            problems += [*wrong, *_other_problems(file, error.rest, prefix, {problem.key for problem in wrong})]
        except ValidationError as error:
            problems += _validation_problems(file, error, OutputSpec, prefix)
        else:
            problems += [
                PresetProblem(
                    file=str(file.file_of(f"{prefix}.{key}")),
                    key=f"{prefix}.{key}",
                    problem=problem,
                    allowed=allowed,
                )
                for key, problem, allowed in pair_problems(output)
            ]
            outputs.append(output)
    return outputs


def _is_wanted(written: dict[str, Any], context: Context) -> bool:
    try:
        return bool(evaluate({WHEN: written.get(WHEN, True)}, context)[WHEN])
    except ExpressionError:
        return True  # it is told of together with the output's other mistakes


def _validation_problems(file: PresetFile, error: ValidationError, kind: type, prefix: str) -> list[PresetProblem]:
    found = problems_of(error, "", kind, prefix)
    return [replace(problem, file=str(file.file_of(problem.key))) for problem in found]


def _other_problems(file: PresetFile, rest: Any, prefix: str, known: set[str]) -> list[PresetProblem]:
    """What else is wrong about an output, besides the expressions that can't be evaluated."""
    try:
        read_output(_without_when(rest) if rest else {})
    except ValidationError as error:
        return [
            problem
            for problem in _validation_problems(file, error, OutputSpec, prefix)
            if rest and problem.key not in known
        ]
    return []


def _without_when(written: dict[str, Any]) -> dict[str, Any]:
    """Without the parts whose own `when` is false, and without the `when` of the others."""
    wanted = {}
    for key, value in written.items():
        if not isinstance(value, dict):
            wanted[key] = value
        elif value.get(WHEN, True):
            wanted[key] = _without_when({inner: item for inner, item in value.items() if inner != WHEN})
    return wanted


def expression_problems(
    file: PresetFile, error: ExpressionError, prefix: str, context: Context
) -> list[PresetProblem]:
    found = []
    for each in error.all:
        key = key_path(each.path, prefix)
        meant = _meant(each.undefined, context) if each.undefined else None
        found.append(PresetProblem(file=str(file.file_of(key)), key=key, problem=each.problem, nearest=meant))
    return found


def _meant(word: str, context: Context) -> str | None:
    """A name that exists in a group is meant there; else what is spelt most like it."""
    group = next((group for group, names in context.items() if word in names), None)
    return (
        f"{group}.{word}"
        if group
        else nearest(word, [*(n for names in context.values() for n in names), *context])
    )


def _sound_file_problems(
    file: PresetFile, given: Mapping[str, Any], outputs: Sequence[OutputSpec]
) -> list[PresetProblem]:
    """A sound file may lie anywhere; so only who asks for the encode may name it, never the preset itself."""
    named = {given.get(name) for name, option in file.options.items() if option.format == SOUND_FORMAT}
    return [
        PresetProblem(
            file=str(file.path),
            key=f"{output.name}: audio.file",
            problem="a preset can't name a sound file itself",
            allowed=("the value of an option of the format sound",),
        )
        for output in outputs
        if output.audio is not None and output.audio.file is not None and output.audio.file not in named
    ]


def _name_problems(file: PresetFile, outputs: tuple[OutputSpec, ...]) -> list[PresetProblem]:
    names = [output.name for output in outputs]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [
        PresetProblem(file=str(file.path), key="outputs", problem=f"two outputs are called {name}")
        for name in twice
    ]
