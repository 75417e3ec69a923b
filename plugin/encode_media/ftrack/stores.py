"""Where the files of a component are kept: on the server, below the output root, or in a studio's location."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.folders import discard_from_folder, discard_tree, is_same_file, place
from encode_media.ftrack.locations import LocationStore, location_named, usable_locations
from encode_media.ftrack.parts import (
    FilePart,
    Part,
    beside,
    file_name_below_root,
    folder_below_root,
    template_path,
)
from encode_media.ftrack.review import SERVER_LOCATION, UNMANAGED_LOCATION
from encode_media.ftrack.session import fetch
from encode_media.ftrack.upload import Retries, upload

if TYPE_CHECKING:
    import ftrack_api

OnBytes = Callable[[int], None]


class Store(Protocol):
    """One location's way with files. Keeping the same file again is harmless."""

    def keep(self, part: Part, file: FilePart, on_bytes: OnBytes) -> str:
        """Stores one file; gives its resource identifier."""
        ...

    def pattern(self, part: Part) -> str:
        """The resource identifier of a sequence as a whole."""
        ...

    def discard(self, part: Part) -> None:
        """Removes what was kept of an output that was never registered."""
        ...


class ServerStore:
    """`ftrack.server`: bytes under the component's id."""

    def __init__(self, session: ftrack_api.Session, retries: Retries | None = None) -> None:
        self._session, self._retries = session, retries

    def keep(self, part: Part, file: FilePart, on_bytes: OnBytes) -> str:
        name = f"{part.component_name}{'.' + file.name if part.is_sequence else ''}{file.file_type}"
        upload(
            self._session, file.component_id, file.path, file_name=name, on_bytes=on_bytes, retries=self._retries
        )
        return file.component_id

    def pattern(self, part: Part) -> str:
        return part.component_id

    def discard(self, part: Part) -> None:
        """Nothing to do: the server drops bytes that no component claims, and a next try replaces them."""


class FolderStore:
    """`ftrack.unmanaged`: files below the output root, where the preset says or by project and shot."""

    def __init__(self, session: ftrack_api.Session, root: Path, version: VersionInfo, job_id: str) -> None:
        self._session, self._root, self._version, self._job_id = session, root, version, job_id
        self._chosen: dict[str, Path] = {}

    def keep(self, part: Part, file: FilePart, on_bytes: OnBytes) -> str:
        target = self._target(part, file.name if part.is_sequence else "")
        place(file.path, target, self._root)
        on_bytes(target.stat().st_size)
        return str(target)

    def pattern(self, part: Part) -> str:
        return str(self._target(part, f"%0{part.padding}d" if part.padding else "%d"))

    def discard(self, part: Part) -> None:
        if not part.path:
            discard_tree(self._folder(part), self._root)
            return
        for file in part.files:
            discard_from_folder(self._root, str(self._target(part, file.name if part.is_sequence else "")))

    def _target(self, part: Part, number: str) -> Path:
        if not part.path:
            return self._folder(part) / file_name_below_root(self._version, part, number)
        stem = self._chosen.setdefault(part.name, self._free(part))
        return stem.with_name(f"{stem.name}{'.' + number if number else ''}{part.file_type}")

    def _free(self, part: Part) -> Path:
        """Where the preset wants the output, or beside it, where another component has its files there."""
        wanted = self._root / template_path(part.path)
        file = part.files[0]
        number = f".{file.name}" if part.is_sequence else ""
        first = wanted.with_name(f"{wanted.name}{number}{part.file_type}")
        expression = "select component_id from ComponentLocation where resource_identifier is {path}"
        owners = {row["component_id"] for row in fetch(self._session, expression, path=str(first))}
        if owners - {file.component_id} or (first.exists() and not is_same_file(file.path, first)):
            return wanted.with_name(beside(wanted.name, self._job_id))
        return wanted

    def _folder(self, part: Part) -> Path:
        return self._root / folder_below_root(self._version, part, self._job_id)


def open_store(
    name: str,
    session: ftrack_api.Session,
    version: VersionInfo,
    job_id: str,
    *,
    output_root: Path | None,
    retries: Retries | None = None,
) -> Store:
    """The store behind a location's name.

    Raises:
        InvalidParameters: there is no such location, or it can't keep files from here.
    """
    if name == SERVER_LOCATION:
        return ServerStore(session, retries)
    if name == UNMANAGED_LOCATION and output_root is not None:
        return FolderStore(session, output_root, version, job_id)
    location = None if name == UNMANAGED_LOCATION else location_named(session, name)
    if location is not None:
        return LocationStore(session, location, version, job_id)
    raise _no_store(session, name, output_root)


def _no_store(session: ftrack_api.Session, name: str, output_root: Path | None) -> EncodeMediaError:
    problem = (
        "no folder for results is configured (ENCODE_MEDIA_OUTPUT_ROOT)"
        if name == UNMANAGED_LOCATION
        else f"nothing can be kept in the location {name!r} from here"
    )
    allowed = (SERVER_LOCATION, *([UNMANAGED_LOCATION] if output_root else ()), *usable_locations(session))
    return failure("options.invalid", option="location", problem=problem, allowed=", ".join(allowed))
