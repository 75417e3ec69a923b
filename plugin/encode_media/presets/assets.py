"""The files a preset names: LUTs, watermarks, fonts. They lie beside presets, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from encode_media.model.preset import OutputSpec
from encode_media.presets.problems import PresetProblem
from encode_media.presets.schema import PresetFile

_LUT, _IMAGE, _FONT = (".cube",), (".png", ".jpg", ".jpeg"), (".ttf", ".otf", ".ttc")
_HEAD_BYTES = 4096
"""A `.cube` file says what it is before its first number."""


@dataclass(frozen=True, slots=True)
class Assets:
    """What was found, by name, and what is wrong with the rest."""

    found: dict[str, str] = field(default_factory=dict)
    problems: tuple[PresetProblem, ...] = ()


def find_assets(
    file: PresetFile, lut: str | None, outputs: Sequence[OutputSpec], folders: Sequence[Path]
) -> Assets:
    """The files below the folder of the preset that names them, or below one of the other preset folders."""
    found: dict[str, str] = {}
    problems: list[PresetProblem] = []
    for key, name, suffixes in _named(lut, outputs):
        where = file.file_of(key)
        path, problem = _find(name, suffixes, (where.parent, *folders))
        if path is None:
            problems.append(PresetProblem(file=str(where), key=key, problem=problem, allowed=suffixes))
        else:
            found[name] = str(path)
    return Assets(found, tuple(dict.fromkeys(problems)))


def _named(lut: str | None, outputs: Sequence[OutputSpec]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if lut:
        yield "lut", lut, _LUT
    for index, output in enumerate(outputs):
        prefix = f"outputs[{index}]"
        if output.watermark is not None:
            yield f"{prefix}.watermark.image", output.watermark.image, _IMAGE
        for key, part in (("burn_ins", output.burn_ins), ("slate", output.slate)):
            if part is not None and part.font:
                yield f"{prefix}.{key}.font", part.font, _FONT


def _find(name: str, suffixes: tuple[str, ...], folders: Sequence[Path]) -> tuple[Path | None, str]:
    """The file, else what is wrong. A name can't lead out of the folders: presets may come from strangers."""
    parts = PurePosixPath(name).parts
    if not parts or "\\" in name or ":" in name or "\0" in name or name.startswith("/") or ".." in parts:
        return None, f"{name!r} is no name of a file beside a preset"
    if PurePosixPath(name).suffix.lower() not in suffixes:
        return None, f"{name} is no such file"
    for folder in folders:
        path = folder.joinpath(*parts)
        if path.is_file():
            return (path.absolute(), "") if suffixes != _LUT or _is_3d(path) else (None, f"{name} is no 3D LUT")
    return None, f"there is no {name} beside the presets"


def _is_3d(path: Path) -> bool:
    with path.open("rb") as file:
        return b"LUT_3D_SIZE" in file.read(_HEAD_BYTES)
