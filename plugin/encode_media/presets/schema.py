"""A preset file: its shape, and every mistake in it with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from encode_media.model.background import BACKGROUND_PATTERN
from encode_media.model.media import MissingFrames, SourceKind
from encode_media.model.needs import RULE as NEED_RULE
from encode_media.model.needs import WORD as NEED
from encode_media.model.preset import STRICT, Backend, Option, OptionKind, OutputKind, OutputSpec
from encode_media.model.request import SplitWish
from encode_media.presets.expressions import has_expression
from encode_media.presets.findings import WHEN, problems_of
from encode_media.presets.inherit import EXTENDS, MAX_BASES, Layer, merge
from encode_media.presets.problems import InvalidPresetError, PresetProblem
from encode_media.presets.yaml_file import read_yaml, whole_file
from encode_media.timebase import parse_rate

Part = TypeVar("Part")
PRESET_NAME = re.compile(r"\A[a-z0-9][a-z0-9_]{0,63}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetDocument:
    """The keys of a file. Outputs and a few others stay as written: their expressions come later."""

    __pydantic_config__ = STRICT

    name: str
    label: str
    description: str
    extends: str | None = None
    """Another preset, whose values hold where this file says nothing. A file's own name: the one it hides."""
    backend: Backend = "own"
    """`ftrack` lets the ftrack server encode; such a preset has no outputs of its own."""
    hidden: bool = False
    """Not offered to anybody; others extend it."""
    order: int = 100
    suits: tuple[SourceKind, ...] = tuple(SourceKind)
    needs: tuple[str, ...] = ()
    """What a worker must offer (`ENCODE_MEDIA_CAPABILITIES`), such as `gpu`."""
    split: SplitWish = "auto"
    """Whether several workers share an encode: where it is long and they are idle, never, always if it can be."""
    missing_frames: str = MissingFrames.FAIL.value
    default_rate: Annotated[Fraction, BeforeValidator(parse_rate)] = Fraction(24)
    frame_rate: str | None = None
    background: str = "black"
    lut: str | None = None
    timing: dict[str, Any] = field(default_factory=dict)
    colour: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Option] = field(default_factory=dict)
    defaults: dict[OutputKind, dict[str, Any]] = field(default_factory=dict)
    """What all outputs of a kind begin with."""
    outputs: list[dict[str, Any]] | dict[str, dict[str, Any] | None] = field(default_factory=list)
    """A list; or, with `extends`, changes to the base's outputs by name, `"*"` for all, nothing takes one away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetFile:
    """A preset as its file says it; expressions are not evaluated yet."""

    path: Path
    name: str
    label: str
    description: str
    order: int
    kinds: tuple[SourceKind, ...]
    default_rate: Fraction
    """For sequences nobody gave a rate for: give it to the probe."""
    options: dict[str, Option]
    missing_frames: str
    frame_rate: str | None
    background: str
    timing: dict[str, Any]
    colour: dict[str, Any]
    lut: str | None
    outputs: tuple[dict[str, Any], ...]
    hidden: bool = False
    needs: tuple[str, ...] = ()
    split: SplitWish = "auto"
    backend: Backend = "own"
    origins: Mapping[str, Path] = field(default_factory=dict)
    """Which file says a value, by its key path."""
    written: Mapping[str, Any] = field(default_factory=dict)
    """What stands there, expressions as they are."""

    def suits(self, kind: SourceKind) -> bool:
        return kind in self.kinds

    def file_of(self, key: str) -> Path:
        """The file that says what stands at a key path, or at the nearest place around it."""
        while key and key not in self.origins:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.origins.get(key, self.path)


FindBase = Callable[[str, Path], Path | None]
"""From the name in `extends` and the file that says it, to the file that is meant."""


def load_preset(path: Path, find_base: FindBase = lambda _name, _path: None) -> PresetFile:
    """The preset in a file, complete with what it extends.

    Raises:
        InvalidPresetError: it, or what it extends, can't be read, or its shape is wrong.
    """
    layers = _layers(path, find_base)
    merged = merge(layers)
    try:
        document = _DOCUMENT.validate_python(merged.data)
    except ValidationError as error:
        raise InvalidPresetError(
            _located(problems_of(error, str(path), PresetDocument), merged.origins)
        ) from error
    problems = tuple(_document_problems(document, path))
    if problems:
        raise InvalidPresetError(_located(problems, merged.origins))
    return PresetFile(
        path=path,
        name=document.name,
        label=document.label,
        description=document.description,
        order=document.order,
        kinds=document.suits,
        default_rate=document.default_rate,
        options=document.options,
        missing_frames=document.missing_frames,
        frame_rate=document.frame_rate,
        background=document.background,
        timing=document.timing,
        lut=document.lut,
        colour=document.colour,
        outputs=tuple(document.outputs) if isinstance(document.outputs, list) else (),
        hidden=document.hidden,
        backend=document.backend,
        needs=document.needs,
        split=document.split,
        origins=merged.origins,
        written=merged.written,
    )


def _layers(path: Path, find_base: FindBase) -> list[Layer]:
    """The files of a preset, the base first."""
    layers: list[Layer] = []
    while True:
        data = read_yaml(path)
        if not isinstance(data, dict):
            raise whole_file(path, "must be a dictionary of keys and values")
        layers.append(Layer(path, data))
        name = data.get(EXTENDS)
        if name is None:
            return layers[::-1]
        base = find_base(name, path) if isinstance(name, str) else None
        if base is None or len(layers) > MAX_BASES or any(layer.path == base for layer in layers):
            problem = (
                "there is no such preset to extend" if base is None else "presets extend each other in a circle"
            )
            raise InvalidPresetError([PresetProblem(file=str(path), key=EXTENDS, problem=f"{name!r}: {problem}")])
        path = base


def _located(problems: Iterable[PresetProblem], origins: Mapping[str, Path]) -> tuple[PresetProblem, ...]:
    """The same problems, each in the file that has it."""
    return tuple(replace(problem, file=str(origins.get(problem.key, problem.file))) for problem in problems)


_DOCUMENT = TypeAdapter(PresetDocument)
_OUTPUT = TypeAdapter(OutputSpec)


def read_output(data: Mapping[str, Any]) -> OutputSpec:
    """An evaluated output, without its `when`.

    Raises:
        pydantic.ValidationError: keys or values that do not fit.
    """
    return _OUTPUT.validate_python({key: value for key, value in data.items() if key != WHEN})


def read_part(kind: type[Part], data: Mapping[str, Any]) -> Part:
    """An evaluated group of values.

    Raises:
        pydantic.ValidationError: keys or values that do not fit.
    """
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    part: Part = _ADAPTERS[kind].validate_python(data)
    return part


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}
"""Made once for each type, which takes long."""


def _output_problems(document: PresetDocument) -> Iterator[str]:
    if isinstance(document.outputs, dict):
        yield "must be a list, or changes to outputs that the base has"
    elif document.backend == "ftrack":
        if document.outputs:
            yield "the ftrack server decides itself what it makes"
    elif not document.outputs and not document.hidden:
        yield "there is no output"


def _document_problems(document: PresetDocument, path: Path) -> Iterator[PresetProblem]:
    def found(key: str, problem: str, *allowed: str) -> PresetProblem:
        return PresetProblem(file=str(path), key=key, problem=problem, allowed=allowed)

    if not PRESET_NAME.match(document.name):
        yield found("name", f"{document.name!r} is not a name of small letters, digits and underscores")
    elif document.name != path.stem:
        yield found("name", f"{document.name} must be the name of the file", path.stem)
    yield from (found("outputs", problem) for problem in _output_problems(document))
    for number, word in enumerate(document.needs):
        if not NEED.fullmatch(word):
            yield found(f"needs[{number}]", f"{word!r} is not made of {NEED_RULE}")
    if not has_expression(document.background) and not BACKGROUND_PATTERN.match(document.background):
        yield found("background", f"{document.background!r} is no colour", "black", "white", "grey", "#rrggbb")
    if not document.hidden and SourceKind.SEQUENCE in document.suits and "missing_frames" not in document.options:
        yield found("options", "a preset for sequences needs the option missing_frames")
    for name, option in document.options.items():
        for key, problem in _option_problems(name, option):
            yield found(f"options.{name}{key}", problem)


def _option_problems(name: str, option: Option) -> Iterator[tuple[str, str]]:
    if not name.isidentifier():
        yield "", "the name must be letters, digits and underscores"
    if option.kind is OptionKind.CHOICE and not option.choices:
        yield ".choices", "a choice needs choices"
    if option.kind is OptionKind.CHOICE and option.default is not None and option.default not in option.choices:
        yield ".default", f"{option.default} is not one of the choices"
    if option.kind is not OptionKind.CHOICE and option.choices:
        yield ".choices", f"a {option.kind.value} has no choices"
    if option.kind is not OptionKind.TEXT and option.format is not None:
        yield ".format", f"a {option.kind.value} has no format"
    strange = [label for label in option.labels if label not in {str(choice) for choice in option.choices}]
    if strange:
        yield ".labels", f"{', '.join(strange)} is not one of the choices"
    if option.kind is OptionKind.NUMBER and not _in_bounds(option):
        yield ".default", f"{option.default} is not a number within minimum and maximum"


def _in_bounds(option: Option) -> bool:
    value = option.default
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (option.minimum is None or value >= option.minimum) and (
        option.maximum is None or value <= option.maximum
    )
