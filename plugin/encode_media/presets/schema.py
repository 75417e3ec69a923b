"""A preset file: its shape, and every mistake in it with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import yaml
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from encode_media.model.background import BACKGROUND_PATTERN
from encode_media.model.media import MissingFrames, SourceKind
from encode_media.model.preset import STRICT, Option, OptionKind, OutputSpec
from encode_media.presets.expressions import has_expression
from encode_media.timebase import parse_rate

MAX_FILE_BYTES = 256_000
"""A preset is a page of text; more is a mistake or an attack."""

PRESET_NAME = re.compile(r"\A[a-z0-9][a-z0-9_]{0,63}\Z")
WHEN = "when"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetProblem:
    """One mistake in a preset file."""

    file: str
    key: str
    """Where: `outputs[1].video.codec`; empty for the file as a whole."""
    problem: str
    allowed: tuple[str, ...] = ()
    nearest: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}: " if self.key else f"{self.file}: "
        words = f" (did you mean {self.nearest}?)" if self.nearest else ""
        return f"{place}{self.problem}{words}" + (f"; allowed: {', '.join(self.allowed)}" if self.allowed else "")


class InvalidPresetError(ValueError):
    """A file that can't be used as it is, with all the reasons that were found at this point."""

    def __init__(self, problems: Iterable[PresetProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetDocument:
    """The keys of a file. Outputs and a few others stay as written: their expressions come later."""

    __pydantic_config__ = STRICT

    name: str
    label: str
    description: str
    order: int = 100
    suits: tuple[SourceKind, ...] = tuple(SourceKind)
    missing_frames: str = MissingFrames.FAIL.value
    default_rate: Annotated[Fraction, BeforeValidator(parse_rate)] = Fraction(24)
    frame_rate: str | None = None
    background: str = "black"
    options: dict[str, Option] = field(default_factory=dict)
    outputs: list[dict[str, Any]]


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
    outputs: tuple[dict[str, Any], ...]

    def suits(self, kind: SourceKind) -> bool:
        return kind in self.kinds


def load_preset(path: Path) -> PresetFile:
    """The preset in a file.

    Raises:
        InvalidPresetError: it can't be read, or its shape is wrong.
    """
    data = _read_yaml(path)
    try:
        document = _DOCUMENT.validate_python(data)
    except ValidationError as error:
        raise InvalidPresetError(problems_of(error, str(path))) from error
    problems = tuple(_document_problems(document, path))
    if problems:
        raise InvalidPresetError(problems)
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
        outputs=tuple(document.outputs),
    )


_DOCUMENT = TypeAdapter(PresetDocument)
_OUTPUT = TypeAdapter(OutputSpec)


def read_output(data: Mapping[str, Any]) -> OutputSpec:
    """An evaluated output, without its `when`.

    Raises:
        pydantic.ValidationError: keys or values that do not fit.
    """
    return _OUTPUT.validate_python({key: value for key, value in data.items() if key != WHEN})


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML allows a key twice and takes the last; in a preset that is a mistake nobody sees."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} is not a text", problem_mark=key_node.start_mark
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key} is there twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _read_yaml(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            raise _whole_file(path, f"larger than {MAX_FILE_BYTES} bytes")
        return yaml.load(raw, Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise _whole_file(path, error.strerror or "can't be read") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise _whole_file(path, f"{line}{error.problem or 'not YAML'}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _whole_file(path, f"not YAML: {error}") from error


def _whole_file(path: Path, problem: str) -> InvalidPresetError:
    return InvalidPresetError([PresetProblem(file=str(path), key="", problem=problem)])


def _document_problems(document: PresetDocument, path: Path) -> Iterator[PresetProblem]:
    def found(key: str, problem: str, *allowed: str) -> PresetProblem:
        return PresetProblem(file=str(path), key=key, problem=problem, allowed=allowed)

    if not PRESET_NAME.match(document.name):
        yield found("name", f"{document.name!r} is not a name of small letters, digits and underscores")
    elif document.name != path.stem:
        yield found("name", f"{document.name} must be the name of the file", path.stem)
    if not document.outputs:
        yield found("outputs", "there is no output")
    if not has_expression(document.background) and not BACKGROUND_PATTERN.match(document.background):
        yield found("background", f"{document.background!r} is no colour", "black", "white", "grey", "#rrggbb")
    if SourceKind.SEQUENCE in document.suits and "missing_frames" not in document.options:
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


def problems_of(error: ValidationError, file: str, prefix: str = "") -> tuple[PresetProblem, ...]:
    """Pydantic's findings as ours, with the nearest right word where a word was wrong."""
    return tuple(_problem(dict(item), file, prefix) for item in error.errors(include_url=False))


def _problem(item: dict[str, Any], file: str, prefix: str) -> PresetProblem:
    location = tuple(item["loc"])
    key = key_path(location, prefix)
    if item["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        word = str(location[-1])
        allowed = _keys_at(location[:-1], OutputSpec if prefix else PresetDocument)
        return PresetProblem(
            file=file, key=key, problem=f"there is no key {word}", allowed=allowed, nearest=nearest(word, allowed)
        )
    if item["type"] in ("literal_error", "enum"):
        allowed = tuple(re.findall(r"'([^']*)'", str(item["ctx"]["expected"])))
        word = str(item["input"])
        return PresetProblem(
            file=file, key=key, problem=f"{word!r} is not possible here", allowed=allowed,
            nearest=nearest(word, allowed),
        )  # fmt: skip
    if item["type"] in ("missing", "missing_argument"):
        return PresetProblem(file=file, key=key, problem="is missing")
    return PresetProblem(file=file, key=key, problem=str(item["msg"]).removeprefix("Value error, "))


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The word that was probably meant."""
    found = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.6)
    return found[0] if found else None


def key_path(location: Iterable[str | int], prefix: str = "") -> str:
    """`outputs[1].video.codec`."""
    path = prefix
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _keys_at(location: tuple[Any, ...], root: type) -> tuple[str, ...]:
    """The keys allowed at a place, found by walking the annotations."""
    kind = root
    for part in location:
        # A part that is no field is an index or a free name, such as an option's: the kind stays.
        kind = _dataclass_within(get_type_hints(kind).get(part, kind)) or kind
    keys = tuple(item.name for item in fields(kind))
    return (*keys, WHEN) if kind is OutputSpec else keys


def _dataclass_within(annotation: Any) -> type | None:
    if isinstance(annotation, type) and is_dataclass(annotation):
        return annotation
    return next((kind for part in get_args(annotation) if (kind := _dataclass_within(part))), None)
