"""The files a preset names: LUTs, watermarks, fonts. They lie beside presets, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from encode_media.model.preset import OutputSpec
from encode_media.presets.cube import cube_problem
from encode_media.presets.problems import PresetProblem
from encode_media.presets.schema import PresetFile

_LUT, _IMAGE, _FONT = (".cube",), (".png", ".jpg", ".jpeg"), (".ttf", ".otf", ".ttc")
_MAGIC = {
    **dict.fromkeys(_IMAGE, (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")),
    **dict.fromkeys(_FONT, (b"\x00\x01\x00\x00", b"OTTO", b"ttcf", b"true")),
}
"""What such files begin with (PNG, JFIF, OpenType)."""


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


def find_beside(name: str, suffixes: tuple[str, ...], folders: Sequence[Path]) -> tuple[Path | None, str]:
    """Like the files of outputs, where only one is wanted: it, else what is wrong."""
    return _find(name, suffixes, folders)


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
            problem = _wrong(path)
            return (None, f"{name} {problem}") if problem else (path.absolute(), "")
    return None, f"there is no {name} beside the presets"


def _wrong(path: Path) -> str:
    """Why a file can't be what its name says; empty where it can."""
    if path.suffix.lower() not in (*_LUT, *_MAGIC):
        return ""  # whoever reads it will see
    try:
        if path.suffix.lower() in _LUT:
            status = path.stat()
            return cube_problem(path, status.st_mtime_ns, status.st_size)
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        return f"can't be read: {error.strerror}"
    return "" if start.startswith(_MAGIC[path.suffix.lower()]) else "is not what its name says"
