"""The presets that are there, found by name: the studio's before the project's before the built-in ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from encode_media.errors import InvalidParameters, failure
from encode_media.model.media import Media
from encode_media.model.preset import Preset
from encode_media.presets.context import Occasion
from encode_media.presets.defaults import DEFAULTS_FILE, check_defaults, with_defaults
from encode_media.presets.lint import CanEncode, check_file
from encode_media.presets.problems import InvalidPresetError, PresetProblem, nearest
from encode_media.presets.resolve import resolve
from encode_media.presets.schema import PresetFile, load_preset
from encode_media.resources import builtin_presets

__all__ = ["Catalog", "PresetFile", "PresetProblem"]

SUFFIXES = (".yaml", ".yml")


class Catalog:
    """Presets by name. Files are read when they are asked for and again when they have changed."""

    def __init__(
        self, folders: Sequence[Path] = (), *, project_folders: Sequence[str] = (), project: str = ""
    ) -> None:
        """The catalog of one project, or of none.

        Args:
            folders: the studio's.
            project_folders: with `{project}` where the project's name goes.
            project: as ftrack calls it.
        """
        self._studio = tuple(folders)
        self._project_folders = tuple(project_folders)
        self._project = project
        self._folders = (*folders, *_of_project(project_folders, project), builtin_presets())
        self._kept: dict[Path, PresetFile] | None = None
        """Files as they were read, and where they are, once the catalog is frozen."""
        self._kept_paths: dict[str, Path] = {}

    @property
    def has_project_folders(self) -> bool:
        """Whether a project can have presets of its own."""
        return bool(self._project_folders)

    def for_project(self, project: str) -> Catalog:
        """The same presets as a project sees them: its own beside the studio's, its defaults in their options."""
        return Catalog(self._studio, project_folders=self._project_folders, project=project)

    def frozen(self) -> Catalog:
        """The same presets as they are now, each read once at the most: for many questions in a row."""
        frozen = Catalog(self._studio, project_folders=self._project_folders, project=self._project)
        frozen._kept, frozen._kept_paths = {}, frozen._paths()
        return frozen

    def names(self) -> tuple[str, ...]:
        """The usable presets, by their `order` and then by name. `check` says what is wrong with others."""
        usable = [file for path in self._paths().values() if (file := self._usable(path)) and not file.hidden]
        return tuple(file.name for file in sorted(usable, key=lambda file: (file.order, file.name)))

    def get(self, name: str) -> PresetFile:
        """The preset file of this name, with the defaults of studio and project in its options.

        Raises:
            InvalidParameters: there is no such preset, or its file has mistakes.
        """
        paths = self._paths()
        try:
            file = self._load(paths[name]) if name in paths else None
        except InvalidPresetError as error:
            raise _invalid(name, error) from error
        if file is None or file.hidden:
            offered = self.names()
            raise failure(
                "preset.unknown", preset=name, nearest=nearest(name, offered) or next(iter(offered), "another")
            )
        return file

    def usual_options(self, name: str) -> dict[str, object]:
        """A preset's own values; none of one that is not known here, or can't be used."""
        try:
            options = self.get(name).options
        except InvalidParameters:
            return {}
        return {option: told.default for option, told in options.items()}

    def resolve(
        self,
        name: str,
        media: Media,
        options: Mapping[str, Any] | None = None,
        occasion: Occasion | None = None,
    ) -> Preset:
        """The preset for this source and these options, complete and checked. `occasion` is for burn-ins.

        Raises:
            InvalidParameters: no such preset, a mistake in it, an option that is unknown or has a wrong
                value, or a preset that makes nothing of this kind of source.
        """
        file = self.get(name)
        try:
            preset = resolve(file, media, options or {}, occasion, self._folders)
        except InvalidPresetError as error:
            raise _invalid(name, error) from error
        if not file.suits(media.kind) or (not preset.outputs and file.backend == "own"):
            allowed = ", ".join(kind.value for kind in file.kinds)
            raise failure("preset.unsuited", preset=name, kind=media.kind.value, allowed=allowed)
        return preset

    def check(
        self, paths: Iterable[Path] | None = None, *, can_encode: CanEncode | None = None
    ) -> tuple[PresetProblem, ...]:
        """All problems of these files, or of every preset and all defaults that are found.

        With `can_encode` also encoders that the ffmpeg in use has not got.
        """
        chosen = list(self._paths().values()) if paths is None else list(paths)
        problems = [problem for path in chosen for problem in check_file(path, self._base_of, can_encode)]
        if paths is None:
            files = {path.stem: file for path in chosen if (file := self._without_defaults(path))}
            problems += [problem for path in self._defaults() for problem in check_defaults(path, files)]
        return tuple(problems)

    def _paths(self) -> dict[str, Path]:
        """Files by name; the first folder that has one wins."""
        if self._kept_paths:
            return self._kept_paths
        found: dict[str, Path] = {}
        for folder in self._folders:
            for path in _files(folder):
                found.setdefault(path.stem, path)
        return found

    def _base_of(self, name: str, path: Path) -> Path | None:
        """The preset another one extends. A preset that extends its own name means the one it hides."""
        folders = self._folders
        if name == path.stem and path.parent in folders:
            folders = folders[folders.index(path.parent) + 1 :]
        found = (file for folder in folders for file in _files(folder) if file.stem == name and file != path)
        return next(found, None)

    def _load(self, path: Path) -> PresetFile:
        if self._kept is not None and path in self._kept:
            return self._kept[path]
        file = with_defaults(load_preset(path, self._base_of), self._defaults())
        if self._kept is not None:
            self._kept[path] = file
        return file

    def _usable(self, path: Path) -> PresetFile | None:
        try:
            return self._load(path)
        except InvalidPresetError:
            return None

    def _without_defaults(self, path: Path) -> PresetFile | None:
        try:
            return load_preset(path, self._base_of)
        except InvalidPresetError:
            return None

    def _defaults(self) -> tuple[Path, ...]:
        """Files of defaults, the weakest first: what holds for a project is known better than for all."""
        of_project = self._folders[len(self._studio) : -1]
        weakest_first = (*self._studio[::-1], *of_project[::-1])
        return tuple(file for folder in weakest_first if (file := folder / DEFAULTS_FILE).is_file())


def _of_project(patterns: Sequence[str], project: str) -> tuple[Path, ...]:
    """The project's folders; a name that could lead elsewhere has none."""
    if not project or project.strip(". ") == "" or any(mark in project for mark in ("/", "\\", "\0", ":")):
        return ()
    return tuple(Path(pattern.replace("{project}", project)) for pattern in patterns)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(
            path
            for path in folder.iterdir()
            if path.suffix in SUFFIXES and path.name != DEFAULTS_FILE and path.is_file()
        )


def _invalid(name: str, error: InvalidPresetError) -> Exception:
    first, *others = error.problems
    more = f" (and {len(others)} more)" if others else ""
    where = f"{first.key}: " if first.key else ""
    return failure("preset.invalid", preset=name, problem=f"{where}{first.problem}{more}")
