"""Questions to the server, with typed answers. Reads only; publishing is `publisher`'s."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from encode_media.errors import failure
from encode_media.ftrack.entities import ComponentInfo, Target, UserInfo, VersionInfo
from encode_media.ftrack.selection import Entry
from encode_media.ftrack.session import fetch
from encode_media.ftrack.sources import Reach, best_source, locate
from encode_media.ftrack.targets import Pair, fetch_in, resolve
from encode_media.model.media import SourceRef

if TYPE_CHECKING:
    import ftrack_api

MAX_VERSIONS = 1000
"""Of one selection: a project can mean tens of thousands, and nobody means all of those."""

_VERSION = (
    "select id, version, is_published, thumbnail_id, task_id, user_id, asset_id, asset.name, asset.context_id,"
    " link, project_id, project.name, project.is_private, task.name from AssetVersion where id in ({ids})"
)
_COMPONENT = (
    "select id, name, file_type, size, version_id, container_id, component_locations.location_id,"
    " metadata.key, metadata.value from Component where "
)


class Gateway:
    """A session's view of the server. As little thread-safe as the session is."""

    def __init__(
        self, session: ftrack_api.Session, *, download_folder: Path | None = None, reach: Reach | None = None
    ) -> None:
        self.session = session
        self._download_folder = download_folder
        self._reach = reach or Reach()
        self._location_names: dict[str, str] = {}
        self._roles: dict[str, list[Any]] = {}
        """Per user; a gateway lives for one piece of work."""

    def targets(self, entries: Sequence[Entry], *, limit: int = MAX_VERSIONS) -> tuple[Target, ...]:
        """The versions behind a selection, in its order, each with the component if one was selected.

        What the account can't see is left out; so is everything past `limit`.
        """
        return self.targets_of(resolve(self.session, entries)[:limit])

    def targets_of(self, pairs: Sequence[Pair]) -> tuple[Target, ...]:
        """Versions, and the component where one was pointed at; those the account can't see are left out."""
        known = {version.id: version for version in self._versions(version_id for version_id, _ in pairs)}
        return tuple(
            Target(version=known[version_id], component_id=component_id)
            for version_id, component_id in pairs
            if version_id in known
        )

    def versions(self, entries: Sequence[Entry], *, limit: int = MAX_VERSIONS) -> tuple[VersionInfo, ...]:
        """The versions behind a selection, without repeats."""
        return tuple({target.version.id: target.version for target in self.targets(entries, limit=limit)}.values())

    def version(self, version_id: str) -> VersionInfo:
        """One version with its components.

        Raises:
            NotPermitted: it doesn't exist, or is in a private project of somebody else; the server
                gives the same empty answer for both.
        """
        for version in self._versions([version_id]):
            return version
        raise failure("server.not_visible", entity=f"The version {version_id}", user=self.session.api_user)

    def version_of_component(self, component_id: str) -> str:
        """The id of the version a component (or the sequence it is a frame of) belongs to.

        Raises:
            NotPermitted: no such component, or not visible.
        """
        component = self._component(component_id)
        if component.container_id:
            component = self._component(component.container_id)
        if component.version_id is None:
            raise failure("source.no_component", version=f"of component {component.name}")
        return component.version_id

    def source_component(self, version_id: str, component_id: str | None = None) -> ComponentInfo:
        """The component to encode: the one asked for, else the version's best.

        Raises:
            SourceMissing: the version has nothing to encode.
            NotPermitted: version or component can't be seen.
        """
        if component_id is not None:
            chosen = self._component(component_id)
            if chosen.container_id:
                chosen = self._component(chosen.container_id)
            return self._with_frames(chosen)
        version = self.version(version_id)
        return self._with_frames(self.best_source(version))

    def best_source(self, version: VersionInfo) -> ComponentInfo:
        """The component of a version to encode when nobody pointed at one.

        Raises:
            SourceMissing: the version has nothing to encode.
        """
        best = best_source(version.components, review_allowed=self._reach.review_allowed)
        if best is None:
            raise failure("source.no_component", version=version.label)
        return best

    def source_ref(self, component: ComponentInfo, *, label: str = "") -> SourceRef:
        """Where the component's files are; fetched first if only the server has them.

        Raises:
            SourceMissing: no location that holds it can be read from here.
            ServerUnavailable: the server or the download failed.
        """
        maps = self._reach.path_maps
        return locate(self.session, component, label or component.name, self._download_folder, maps)

    def user(self, username_or_id: str) -> UserInfo:
        """A user by name or id.

        Raises:
            NotPermitted: there is none, or it can't be seen.
        """
        rows = fetch(
            self.session,
            "select id, username, first_name, last_name, is_active from User"
            " where username is {word} or id is {word}",
            word=username_or_id,
        )
        if not rows:
            raise failure("server.not_visible", entity=f"The user {username_or_id}", user=self.session.api_user)
        row = rows[0]
        name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
        return UserInfo(
            id=row["id"], username=row["username"], name=name or row["username"], is_active=bool(row["is_active"])
        )

    def may_encode(self, user: UserInfo, version: VersionInfo) -> None:
        """Checks the person's own right to the version's project, which the service's key may exceed.

        Raises:
            NotPermitted: the person has no role that reaches the project.
        """
        if not user.is_active:
            raise failure("server.not_permitted", user=user.name, problem="the account is not active")
        if user.id not in self._roles:
            self._roles[user.id] = fetch(
                self.session,
                "select id, is_all_projects, is_all_open_projects, user_security_role_projects.project_id"
                " from UserSecurityRole where user_id is {user}",
                user=user.id,
            )
        if not any(_reaches(role, version) for role in self._roles[user.id]):
            problem = f"no role in the project {version.project_name}"
            raise failure("server.not_permitted", user=user.name, problem=problem)

    def _versions(self, ids: Iterable[str]) -> list[VersionInfo]:
        wanted = list(dict.fromkeys(ids))
        rows = fetch_in(self.session, _VERSION, wanted)
        components: dict[str, list[ComponentInfo]] = {}
        for item in self._components("version_id in ({ids})", [row["id"] for row in rows]):
            components.setdefault(item.version_id or "", []).append(item)
        found = {row["id"]: _version(row, components.get(row["id"], [])) for row in rows}
        return [found[version_id] for version_id in wanted if version_id in found]

    def _component(self, component_id: str) -> ComponentInfo:
        for item in self._components("id in ({ids})", [component_id]):
            return item
        raise failure("server.not_visible", entity=f"The component {component_id}", user=self.session.api_user)

    def _components(self, condition: str, ids: Sequence[str]) -> list[ComponentInfo]:
        if ids and not self._location_names:
            rows = fetch(self.session, "select id, name from Location")
            self._location_names = {row["id"]: row["name"] for row in rows}
        return [self._component_info(row) for row in fetch_in(self.session, _COMPONENT + condition, ids)]

    def _component_info(self, row: Any) -> ComponentInfo:
        locations = tuple(place["location_id"] for place in row["component_locations"])
        return ComponentInfo(
            id=row["id"],
            name=row["name"],
            file_type=row["file_type"] or "",
            size_bytes=int(row["size"] or 0),
            is_sequence=row.entity_type == "SequenceComponent",
            version_id=row["version_id"],
            container_id=row["container_id"],
            location_ids=locations,
            locations=tuple(self._location_names.get(item, item) for item in locations),
            metadata=dict(row["metadata"].items()),
        )

    def _with_frames(self, component: ComponentInfo) -> ComponentInfo:
        if not component.is_sequence:
            return component
        own = {"id": component.id}
        members = fetch(self.session, "select id, name from FileComponent where container_id is {id}", **own)
        rows = fetch(self.session, "select id, padding from SequenceComponent where id is {id}", **own)
        frames = sorted(int(item["name"]) for item in members if _is_number(item["name"]))
        padding = int(rows[0]["padding"] or 0) if rows else 0
        return replace(component, frames=tuple(frames), padding=padding)


def _version(row: Any, components: list[ComponentInfo]) -> VersionInfo:
    # `link` runs from the project down to the version itself.
    path = tuple(str(item["name"]) for item in row["link"][:-1])
    project = row["project"]
    return VersionInfo(
        id=row["id"],
        number=int(row["version"]),
        asset_id=row["asset_id"],
        asset_name=row["asset"]["name"],
        parent_name=path[-1] if path else project["name"],
        parent_id=row["asset"]["context_id"],
        path=path or (project["name"],),
        project_id=row["project_id"],
        project_name=project["name"],
        project_is_private=bool(project["is_private"]),
        task_id=row["task_id"],
        task_name=row["task"]["name"] if row["task_id"] and row["task"] else "",
        user_id=row["user_id"],
        is_published=bool(row["is_published"]),
        thumbnail_id=row["thumbnail_id"],
        components=tuple(components),
    )


def _reaches(role: Any, version: VersionInfo) -> bool:
    if role["is_all_projects"] or (role["is_all_open_projects"] and not version.project_is_private):
        return True
    return any(item["project_id"] == version.project_id for item in role["user_security_role_projects"])


def _is_number(text: str) -> bool:
    # Negative frame numbers exist: handles before frame 0.
    return text.removeprefix("-").isdecimal()
