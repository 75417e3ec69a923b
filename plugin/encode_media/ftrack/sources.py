"""Which component of a version is its source, and where its files are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from encode_media.errors import failure
from encode_media.ftrack.download import download
from encode_media.ftrack.entities import ComponentInfo
from encode_media.ftrack.path_maps import PathMaps, other_spellings
from encode_media.ftrack.review import ENCODING, META_KEY, SERVER_LOCATION, THUMBNAIL_NAME, read_meta
from encode_media.ftrack.session import fetch, translated
from encode_media.media.absence import why_absent
from encode_media.media.formats import IMAGE_EXTENSIONS, MOVIE_EXTENSIONS
from encode_media.model.media import SourceRef
from encode_media.settings import Settings
from encode_media.timebase import FrameSpan, parse_rate

if TYPE_CHECKING:
    import ftrack_api

MAIN_NAME = "main"
"""ftrack's default component name, what publishing tools call the thing itself."""

_RATE_KEYS = ("frameRate", "frame_rate", "fps")
"""Where publishing tools leave a sequence's rate; the first is `ftr_meta`'s."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a studio settled about where sources are, and what may be one."""

    path_maps: PathMaps = ()
    review_allowed: bool = False
    """Whether review media may be encoded where a version has nothing else."""

    @classmethod
    def of(cls, settings: Settings) -> Reach:
        return cls(settings.path_maps, settings.review_as_source)


def best_source(components: Sequence[ComponentInfo], *, review_allowed: bool = False) -> ComponentInfo | None:
    """The component to encode when nobody pointed at one; None if there is none.

    Thumbnails and our own outputs are never a source, and review media only as a last resort, where that is
    allowed; then the largest. Else, what lies somewhere comes before
    what lies nowhere, media before other files, `main` before other names, then movies and sequences
    before stills, then the larger.
    """
    usable = ranked_sources(components)
    if not usable and review_allowed:
        usable = [item for item in components if _is_playable(item)]
    return min(usable, key=_rank, default=None)


def ranked_sources(components: Sequence[ComponentInfo]) -> list[ComponentInfo]:
    """What may be encoded without being pointed at, the best first: neither review media nor our own output."""
    return sorted((item for item in components if not item.is_review and not item.is_ours), key=_rank)


def _is_playable(item: ComponentInfo) -> bool:
    """Review media that are whole and show a picture."""
    shown = item.is_review and item.name not in (THUMBNAIL_NAME, "ftrackreview-pdf")
    return shown and item.metadata.get(META_KEY) != ENCODING


def _rank(item: ComponentInfo) -> tuple[Any, ...]:
    extension = item.file_type.lower().lstrip(".")
    moving = item.is_sequence or extension in MOVIE_EXTENSIONS
    media = moving or extension in IMAGE_EXTENSIONS
    return (not item.location_ids, not media, item.name != MAIN_NAME, not moving, -item.size_bytes, item.name)


def source_rate(metadata: dict[str, str]) -> Fraction | None:
    """The frame rate a component's metadata names; None where it names none, or nonsense."""
    meta = read_meta(metadata.get(META_KEY))
    for value in (meta.get(_RATE_KEYS[0]), *(metadata.get(key) for key in _RATE_KEYS)):
        if value is None:
            continue
        try:
            return parse_rate(value)
        except ValueError:
            continue
    return None


def locate(
    session: ftrack_api.Session,
    component: ComponentInfo,
    label: str,
    folder: Path | None,
    path_maps: PathMaps = (),
) -> SourceRef:
    """The source on this machine: by its path, else downloaded to `folder`.

    Locations are tried in the client's own order. One with a path where nothing lies is passed over
    as long as another has the file.

    Raises:
        SourceMissing: no location that holds it can be read from here, or its file is gone.
        ServerUnavailable: the download failed.
    """
    entity, places = _places(session, component)
    missing: tuple[str, str] | None = None
    for location in places:
        path = _path_in(session, location, entity)
        if path is not None:
            for spelling in (path, *other_spellings(path, path_maps)):
                source = _source(component, spelling)
                if _is_there(source):
                    return source
            missing = missing or (path, location["name"])
        elif folder is not None and location["name"] == SERVER_LOCATION:
            return _source(component, _fetch_files(session, component, folder))
    if missing is not None:
        raise why_absent(missing[0], where=f" (in {missing[1]})", location=missing[1])
    names = ", ".join(component.locations) or "no location"
    raise failure("source.offline", version=label, location=names, where=_identifiers(session, component))


def _identifiers(session: ftrack_api.Session, component: ComponentInfo) -> str:
    """Under which names the locations hold a component, for the message; the server's are ids that say nothing."""
    expression = "select resource_identifier from ComponentLocation where component_id is {id}"
    found = [str(row["resource_identifier"]) for row in fetch(session, expression, id=component.id)]
    names = [name for name in found if name and name != component.id]
    return f" ({', '.join(names)})" if names else ""


def _places(session: ftrack_api.Session, component: ComponentInfo) -> tuple[Any, list[Any]]:
    """The client's entity of the component, and the locations that hold it and can be read, best first."""
    entities = fetch(session, "select id, name, file_type from Component where id is {id}", id=component.id)
    if not entities:
        raise failure("server.not_visible", entity=f"the component {component.name}", user=session.api_user)
    held = [
        item for item in fetch(session, "select id, name from Location") if item["id"] in component.location_ids
    ]
    # A location without an accessor is one whose plug-in is not loaded here.
    return entities[0], sorted((item for item in held if item.accessor), key=lambda item: item.priority)


def _path_in(session: ftrack_api.Session, location: Any, entity: Any) -> str | None:
    """The path of a component in a location; None where that has no file system."""
    import ftrack_api.exception as theirs

    with translated(session):
        try:
            return str(location.get_filesystem_path(entity))
        except theirs.AccessorUnsupportedOperationError:
            return None


def _source(component: ComponentInfo, path: str) -> SourceRef:
    if not component.is_sequence:
        return SourceRef(path=path)
    span = FrameSpan(first=component.frames[0], last=component.frames[-1]) if component.frames else None
    return SourceRef(path=path, is_sequence=True, span=span, frame_rate=source_rate(dict(component.metadata)))


def _is_there(source: SourceRef) -> bool:
    # Of a sequence the folder decides: which of its frames are missing is for the probe to tell.
    path = Path(source.path)
    return path.parent.is_dir() if source.is_sequence else path.exists()


def _fetch_files(session: ftrack_api.Session, component: ComponentInfo, folder: Path) -> str:
    """Downloads the component's files; gives the path, for a sequence the pattern."""
    stem = "".join(char if char.isalnum() or char in "-_" else "_" for char in component.name) or "source"
    if not component.is_sequence:
        target = folder / f"{stem}{component.file_type}"
        return str(
            target if target.exists() else download(session, component.id, target, size=component.size_bytes)
        )
    digits = max(component.padding, 1)
    members = fetch(
        session, "select id, name, size from FileComponent where container_id is {id}", id=component.id
    )
    for member in members:
        target = folder / f"{stem}.{int(member['name']):0{digits}d}{component.file_type}"
        if not target.exists():
            download(session, member["id"], target, size=int(member["size"] or 0))
    return str(folder / f"{stem}.%0{digits}d{component.file_type}")
