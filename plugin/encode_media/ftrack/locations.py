"""A studio's own locations: a disk with its structure, or whatever its plug-in does.

They exist where their plug-in is loaded (`ENCODE_MEDIA_LOCATION_PLUGINS`) or where the server's storage scenario
says so. Which name a file gets is the location's structure's to say; how it is written, its accessor's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from encode_media.errors import NotPermitted, failure
from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.folders import discard_from_folder, is_same_file, place
from encode_media.ftrack.parts import FilePart, Part, beside
from encode_media.ftrack.review import BUILT_IN_LOCATIONS
from encode_media.ftrack.session import fetch, translated

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

CHUNK = 1024 * 1024


def location_named(session: ftrack_api.Session, name: str) -> Any | None:
    """The location, if it is a studio's own and files can be kept in it from here."""
    if name in BUILT_IN_LOCATIONS:
        return None
    for location in fetch(session, "select id, name from Location where name is {name}", name=name):
        if _is_usable(location):
            return location
    return None


def usable_locations(session: ftrack_api.Session) -> tuple[str, ...]:
    """The names of a studio's own locations that files can be kept in from here."""
    rows = fetch(session, "select id, name from Location")
    return tuple(sorted(row["name"] for row in rows if row["name"] not in BUILT_IN_LOCATIONS and _is_usable(row)))


def _is_usable(location: Any) -> bool:
    # Without its plug-in, a location is a name without accessor and structure.
    return bool(location.accessor) and bool(location.structure)


class LocationStore:
    """Files in a location, under the identifiers its structure gives.

    Where another component has its files under that name already (an earlier encode of the version), the new ones
    get the job's mark in theirs: they must be there before the old ones are removed.
    """

    def __init__(self, session: ftrack_api.Session, location: Any, version: VersionInfo, job_id: str) -> None:
        self._session, self._location = session, location
        self._version, self._job_id = version, job_id
        self._known: dict[str, dict[str, str]] = {}

    def keep(self, part: Part, file: FilePart, on_bytes: Callable[[int], None]) -> str:
        identifier = self._identifiers(part)[file.component_id]
        target = _path_of(self._location, identifier)
        if target is None:
            self._stream(file, identifier, on_bytes)
        else:
            place(file.path, target, _prefix_of(self._location))
            on_bytes(target.stat().st_size)
        return identifier

    def pattern(self, part: Part) -> str:
        return self._identifiers(part)[part.component_id]

    def discard(self, part: Part) -> None:
        known = self._known.get(part.component_id, {})
        for file in part.files:
            if file.component_id in known:
                self.remove(self._session, self._location, known[file.component_id])

    @staticmethod
    def remove(session: ftrack_api.Session, location: Any, identifier: str) -> None:
        """Removes a file of ours; what is gone already is no failure, nor is what can't be removed."""
        import ftrack_api.exception as theirs

        try:
            target, prefix = _path_of(location, identifier), _prefix_of(location)
            if target is not None and prefix is not None:
                discard_from_folder(prefix, str(target))
                return
            with translated(session):
                location.accessor.remove(identifier)
        except (theirs.AccessorError, NotPermitted) as error:
            log.warning("%s in %s could not be removed: %s", identifier, location["name"], type(error).__name__)

    def _stream(self, file: FilePart, identifier: str, on_bytes: Callable[[int], None]) -> None:
        """In pieces, through the accessor: what lies behind it has no file system."""
        import ftrack_api.exception as theirs

        accessor, sent = self._location.accessor, 0
        try:
            _make_container(accessor, identifier)
            with file.path.open("rb") as source, closing(accessor.open(identifier, "wb")) as target:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    sent += len(chunk)
                    on_bytes(sent)
        except theirs.AccessorError as error:
            problem = f"the location {self._location['name']} did not take {identifier} ({type(error).__name__})"
            raise failure("storage.failed", problem=problem) from None

    def _identifiers(self, part: Part) -> dict[str, str]:
        """The identifiers of a part and its files, by component id."""
        if part.component_id not in self._known:
            wanted = self._wanted(part)
            if self._is_taken(part, wanted):
                wanted = {key: _beside(identifier, self._job_id) for key, identifier in wanted.items()}
            self._known[part.component_id] = wanted
        return self._known[part.component_id]

    def _wanted(self, part: Part) -> dict[str, str]:
        """As the structure says. It wants entities, so drafts of them are made and thrown away."""
        session = self._session
        kind = "SequenceComponent" if part.is_sequence else "FileComponent"
        data = {"id": part.component_id, "name": part.component_name, "file_type": part.file_type}
        members = part.files if part.is_sequence else ()
        with translated(session):
            version = session.get("AssetVersion", self._version.id)
            try:
                more = {"padding": part.padding} if part.is_sequence else {}
                whole = session.create(kind, {**data, **more, "version": version})
                drafts = {part.component_id: (whole, part.files[0])}
                for file in members:
                    values = {"id": file.component_id, "name": file.name, "file_type": file.file_type}
                    drafts[file.component_id] = (
                        session.create("FileComponent", {**values, "container": whole}),
                        file,
                    )
                return {key: self._ask(draft, file) for key, (draft, file) in drafts.items()}
            finally:
                session.rollback()

    def _ask(self, draft: Any, file: FilePart) -> str:
        context = {"source_resource_identifier": str(file.path)}
        return str(self._location.structure.get_resource_identifier(draft, context))

    def _is_taken(self, part: Part, wanted: dict[str, str]) -> bool:
        first = part.files[0]
        rows = fetch(
            self._session,
            "select component_id from ComponentLocation"
            " where location_id is {location} and resource_identifier in ({names})",
            location=self._location["id"],
            names=[wanted[part.component_id], wanted[first.component_id]],
        )
        if {row["component_id"] for row in rows} - {part.component_id, first.component_id}:
            return True
        path = _path_of(self._location, wanted[first.component_id])
        return path is not None and path.exists() and not is_same_file(first.path, path)


def _path_of(location: Any, identifier: str) -> Path | None:
    """Where an identifier's file is; None in a location without a file system.

    Raises:
        NotPermitted: the identifier leads out of the location.
    """
    import ftrack_api.exception as theirs

    try:
        path = Path(location.accessor.get_filesystem_path(identifier))
    except theirs.AccessorUnsupportedOperationError:
        return None
    except theirs.AccessorFilesystemPathError:
        raise failure("output.outside_roots", path=identifier) from None
    return path


def _prefix_of(location: Any) -> Path | None:
    """The folder a disk location must not be left from."""
    prefix = getattr(location.accessor, "prefix", None)
    return Path(prefix) if prefix else None


def _make_container(accessor: Any, identifier: str) -> None:
    """The place an identifier lies in, where the accessor knows such a thing."""
    import ftrack_api.exception as theirs

    try:
        accessor.make_container(accessor.get_container(identifier))
    except (theirs.AccessorUnsupportedOperationError, theirs.AccessorParentResourceNotFoundError):
        log.debug("the accessor makes no containers for %s", identifier)


def _beside(identifier: str, job_id: str) -> str:
    path = PurePosixPath(identifier)
    return str(path.with_name(beside(path.name, job_id)))
