"""Where the files of a component are kept: on the server, or in folders below the output root."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from encode_media.errors import failure
from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.parts import FilePart, Part, file_name_below_root, folder_below_root
from encode_media.ftrack.review import SERVER_LOCATION, UNMANAGED_LOCATION
from encode_media.ftrack.upload import Retries, upload
from encode_media.jobs.job_folder import storage_failure

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

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
    """`ftrack.unmanaged`: files below the output root, found by project, shot, version and output."""

    def __init__(self, root: Path, version: VersionInfo, job_id: str) -> None:
        self._root, self._version, self._job_id = root, version, job_id

    def keep(self, part: Part, file: FilePart, on_bytes: OnBytes) -> str:
        number = file.name if part.is_sequence else ""
        target = self._folder(part) / file_name_below_root(self._version, part, number)
        place(file.path, target)
        on_bytes(target.stat().st_size)
        return str(target)

    def pattern(self, part: Part) -> str:
        number = f"%0{part.padding}d" if part.padding else "%d"
        return str(self._folder(part) / file_name_below_root(self._version, part, number))

    def discard(self, part: Part) -> None:
        folder = self._folder(part)
        shutil.rmtree(folder, ignore_errors=True)
        _remove_empty(folder.parent, self._root)

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
        return FolderStore(output_root, version, job_id)
    problem = (
        "no folder for results is configured (ENCODE_MEDIA_OUTPUT_ROOT)"
        if name == UNMANAGED_LOCATION
        else f"nothing can be kept in the location {name!r} from here"
    )
    allowed = SERVER_LOCATION if output_root is None else f"{SERVER_LOCATION}, {UNMANAGED_LOCATION}"
    raise failure("options.invalid", option="location", problem=problem, allowed=allowed)


def place(source: Path, target: Path) -> None:
    """Puts a file at `target`: linked where the file system can, else copied; never half there.

    Raises:
        OutOfSpace: no space for the copy.
        NotPermitted: the folder can't be written.
    """
    if target.exists() and (not source.exists() or target.samefile(source)):
        return  # An earlier try put it there. Renaming one link of a file onto another does nothing (POSIX).
    partial = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        try:
            os.link(source, partial)
        except OSError:
            # Another disk, or a file system without hard links.
            shutil.copyfile(source, partial)
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise storage_failure(error, target.parent) from error


def discard_from_folder(root: Path | None, identifier: str) -> None:
    """Removes a file we once kept below the output root, and folders that it leaves empty.

    Anything outside the root is left alone, whatever its row says.
    """
    path = Path(identifier)
    if root is None or "%" in path.name or ".." in path.parts or root not in path.parents:
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        # What replaces it is published; a file that can't be removed must not undo that.
        log.warning("%s was replaced but could not be removed: %s", path, error.strerror)
        return
    _remove_empty(path.parent, root)


def _remove_empty(folder: Path, root: Path) -> None:
    """Removes a folder and those above it up to the root, as long as they are empty."""
    while folder != root and root in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return  # Something is in it, or it is gone already.
        folder = folder.parent
