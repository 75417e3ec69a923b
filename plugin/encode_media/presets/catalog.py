"""The presets that are there, found by name; a studio's folders come before the built-in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from encode_media.errors import failure
from encode_media.model.media import Media
from encode_media.model.preset import Preset
from encode_media.presets.lint import check_file
from encode_media.presets.resolve import resolve
from encode_media.presets.schema import InvalidPresetError, PresetFile, PresetProblem, load_preset, nearest
from encode_media.resources import builtin_presets

__all__ = ["Catalog", "PresetFile", "PresetProblem"]

SUFFIXES = (".yaml", ".yml")


class Catalog:
    """Presets by name. Files are read when they are asked for and again when they have changed."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = (*folders, builtin_presets())

    def names(self) -> tuple[str, ...]:
        """The usable presets, by their `order` and then by name. `check` says what is wrong with others."""
        usable = [file for path in self._paths().values() if (file := _usable(path))]
        return tuple(file.name for file in sorted(usable, key=lambda file: (file.order, file.name)))

    def get(self, name: str) -> PresetFile:
        """The preset file of this name.

        Raises:
            InvalidParameters: there is no such preset, or its file has mistakes.
        """
        paths = self._paths()
        if name not in paths:
            raise failure(
                "preset.unknown", preset=name, nearest=nearest(name, paths) or next(iter(paths), "another")
            )
        try:
            return _load(paths[name])
        except InvalidPresetError as error:
            raise _invalid(name, error) from error

    def resolve(self, name: str, media: Media, options: Mapping[str, Any] | None = None) -> Preset:
        """The preset for this source and these options, complete and checked.

        Raises:
            InvalidParameters: no such preset, a mistake in it, an option that is unknown or has a wrong
                value, or a preset that makes nothing of this kind of source.
        """
        file = self.get(name)
        try:
            preset = resolve(file, media, options or {})
        except InvalidPresetError as error:
            raise _invalid(name, error) from error
        if not file.suits(media.kind) or not preset.outputs:
            allowed = ", ".join(kind.value for kind in file.kinds)
            raise failure("preset.unsuited", preset=name, kind=media.kind.value, allowed=allowed)
        return preset

    def check(self, paths: Iterable[Path] | None = None) -> tuple[PresetProblem, ...]:
        """All problems of these files, or of every preset that is found."""
        chosen = list(self._paths().values()) if paths is None else list(paths)
        return tuple(problem for path in chosen for problem in check_file(path))

    def _paths(self) -> dict[str, Path]:
        """Files by name; the first folder that has one wins."""
        found: dict[str, Path] = {}
        for path in self._files():
            found.setdefault(path.stem, path)
        return found

    def _files(self) -> Iterator[Path]:
        for folder in self._folders:
            if folder.is_dir():
                yield from sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())


def _invalid(name: str, error: InvalidPresetError) -> Exception:
    first, *others = error.problems
    more = f" (and {len(others)} more)" if others else ""
    where = f"{first.key}: " if first.key else ""
    return failure("preset.invalid", preset=name, problem=f"{where}{first.problem}{more}")


def _usable(path: Path) -> PresetFile | None:
    try:
        return _load(path)
    except InvalidPresetError:
        return None


def _load(path: Path) -> PresetFile:
    status = path.stat()
    return _load_version(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _load_version(path: Path, _modified: int, _size: int) -> PresetFile:
    return load_preset(path)
