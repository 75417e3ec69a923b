"""`defaults.yaml`: what a studio or a project wants its people to find in the options.

review: {max_height: 1080}
"*": {frame_rate: 25}          # every preset that has the option
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from encode_media.errors import EncodeMediaError
from encode_media.presets.options import resolve_options
from encode_media.presets.problems import InvalidPresetError, PresetProblem, nearest
from encode_media.presets.schema import PresetFile
from encode_media.presets.yaml_file import read_yaml

DEFAULTS_FILE = "defaults.yaml"
EVERY = "*"


def with_defaults(file: PresetFile, paths: Sequence[Path]) -> PresetFile:
    """The preset with these files' values in its options; later files win over earlier ones.

    Raises:
        InvalidPresetError: a file is no mapping of presets to options, or a value is not allowed.
    """
    for path in paths:
        written = _written(path)
        wanted = {**_known(file, written.get(EVERY, {})), **written.get(file.name, {})}
        if not wanted:
            continue
        problems = tuple(_problems(path, file, wanted))
        if problems:
            raise InvalidPresetError(problems)
        values = resolve_options(file.name, file.options, wanted)
        options = {name: replace(option, default=values[name]) for name, option in file.options.items()}
        origins = {**file.origins, **{f"options.{name}.default": path for name in wanted}}
        file = replace(file, options=options, origins=origins)
    return file


def check_defaults(path: Path, files: Mapping[str, PresetFile]) -> tuple[PresetProblem, ...]:
    """All mistakes of one file of defaults."""
    try:
        written = _written(path)
    except InvalidPresetError as error:
        return error.problems
    problems = [
        PresetProblem(file=str(path), key=name, problem="there is no such preset", nearest=nearest(name, files))
        for name in written
        if name != EVERY and name not in files
    ]
    for name, wanted in written.items():
        if name in files:
            problems += _problems(path, files[name], wanted)
    return tuple(problems)


def _written(path: Path) -> dict[str, dict[str, Any]]:
    data = read_yaml(path)
    if not isinstance(data, dict) or not all(isinstance(value, dict) for value in data.values()):
        raise InvalidPresetError(
            [PresetProblem(file=str(path), key="", problem="not a mapping of presets to options and their values")]
        )
    return data


def _known(file: PresetFile, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in file.options}


def _problems(path: Path, file: PresetFile, wanted: Mapping[str, Any]) -> Iterator[PresetProblem]:
    for name, value in wanted.items():
        key = f"{file.name}.{name}"
        if name not in file.options:
            yield PresetProblem(
                file=str(path), key=key, problem=f"there is no option {name}", allowed=tuple(file.options),
                nearest=nearest(name, file.options),
            )  # fmt: skip
            continue
        try:
            resolve_options(file.name, file.options, {name: value})
        except EncodeMediaError as error:
            yield PresetProblem(file=str(path), key=key, problem=error.message)
