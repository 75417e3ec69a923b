"""The CDL a preset or an option names: numbers, or a file of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from encode_media.errors import EncodeMediaError
from encode_media.media.cdl_files import SUFFIXES, named_file, read_cdl, read_cdl_of
from encode_media.model.preset import Preset
from encode_media.presets.assets import find_beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdl:
    text: str
    """Numbers; or the full path of a file, which is read by whoever knows where sources may lie."""
    problem: str = ""
    allowed: tuple[str, ...] = ()


def cdl_numbers(text: str, given: Mapping[str, Any], folders: Sequence[Path]) -> Cdl:
    """A file beside the presets as numbers.

    Full paths only from who asks for the encode, like sound files: a preset may come from strangers.

    Args:
        text: as the preset says it.
        given: the options somebody gave.
        folders: where presets keep their files.
    """
    named = named_file(text)
    if named is None:
        return Cdl(text=text)
    path, name = named
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute():
        if text in given.values():
            return Cdl(text=text)
        return Cdl(text="", problem="a preset can't name a file by its full path", allowed=SUFFIXES)
    found, problem = find_beside(path, SUFFIXES, folders)
    if found is None:
        return Cdl(text="", problem=problem, allowed=SUFFIXES)
    try:
        return Cdl(text=read_cdl(found, name))
    except EncodeMediaError as error:
        return Cdl(text="", problem=error.message)


def with_cdl_numbers(preset: Preset, roots: Sequence[Path]) -> Preset:
    """The preset with the numbers of a file that was named by its full path.

    Raises:
        SourceMissing: it lies outside the roots.
        InvalidParameters: it is not there, or no CDL.
    """
    if named_file(preset.colour.cdl) is None:
        return preset
    return replace(preset, colour=replace(preset.colour, cdl=read_cdl_of(preset.colour.cdl, roots)))
