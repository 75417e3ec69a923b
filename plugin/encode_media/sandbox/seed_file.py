"""Plants the content of a seed's file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from encode_media.sandbox import seed_table as table
from encode_media.sandbox.files import Files
from encode_media.sandbox.operations import Batch
from encode_media.sandbox.schema import OBJECT_TYPES, fixed_id
from encode_media.sandbox.seed import project_schema
from encode_media.sandbox.seed_checks import SeedError
from encode_media.sandbox.seed_document import (
    AssetPart,
    ComponentPart,
    ContextPart,
    CustomAttribute,
    ProjectPart,
    SeedDocument,
    VersionPart,
)

_ENTITY_WORDS = {"Project": "show", "AssetVersion": "assetversion", "Asset": "asset", "User": "user"}


def plant_document(batch: Batch, files: Files, seed: SeedDocument, folder: Path | None) -> None:
    """Makes everything in the seed, the built-in words being there; without `folder`, media stays away.

    Raises SeedError, Problem.
    """
    _Planting(batch, files, folder).all(seed)


class _Planting:
    def __init__(self, batch: Batch, files: Files, folder: Path | None) -> None:
        self._batch = batch
        self._files = files
        self._folder = folder or Path()
        self._has_media = folder is not None
        self._ids: dict[tuple[str, str], str] = {}
        """(type, name) of what is referred to by name."""

    def all(self, seed: SeedDocument) -> None:
        self._words(seed)
        projects = [(project, self._project(project)) for project in seed.projects]
        self._people(seed)
        for attribute in seed.custom_attributes:
            self._custom_attribute(attribute)
        for project, project_id in projects:
            self._extras("Project", project_id, project.custom_attributes, project.metadata)
            self._below(project_id, project.name, project.children, project.assets)

    def _make(self, type_name: str, words: str, given: str | None, /, **values: Any) -> str:
        identifier = given or fixed_id(type_name, words)
        self._batch.create({"entity_type": type_name, "entity_key": [identifier], "entity_data": values})
        return identifier

    def _named(self, type_name: str, name: str) -> str:
        return self._ids.get((type_name, name)) or fixed_id(type_name, name)

    def _word(self, type_name: str, name: str, given: str | None, built_in: bool, /, **values: Any) -> None:
        """A word of the studio's; one that is built in gets the colour or state that the file says."""
        if built_in:
            key = [fixed_id(type_name, name)]
            self._batch.update({"entity_type": type_name, "entity_key": key, "entity_data": values})
        else:
            self._ids[type_name, name] = self._make(type_name, name, given, name=name, **values)

    def _words(self, seed: SeedDocument) -> None:
        for status in seed.statuses:
            facts = {"color": status.color, "state_id": fixed_id("State", status.state)}
            self._word("Status", status.name, status.id, status.name in table.STATUSES, **facts)
        for kind in seed.types:
            self._word("Type", kind.name, kind.id, kind.name in table.TYPES, color=kind.color)
        for name in (one for one in seed.asset_types if one not in table.ASSET_TYPES):
            self._make("AssetType", name, None, name=name, short=name.lower())
        for name in (one for one in seed.roles if one not in table.ROLES):
            self._make("SecurityRole", name, None, name=name, type="PROJECT")
        for place in (one for one in seed.locations if one.name not in table.LOCATIONS):
            self._ids["Location", place.name] = self._make("Location", place.name, place.id, name=place.name)
        for words in seed.schemas:
            project_schema(
                self._batch, words.name, task_statuses=words.task_statuses,
                version_statuses=words.version_statuses, types=words.types,
            )  # fmt: skip

    def _people(self, seed: SeedDocument) -> None:
        for user in seed.users:
            user_id = self._make(
                "User", user.username, user.id, username=user.username, first_name=user.first_name,
                last_name=user.last_name, email=user.email or f"{user.username}@example.com",
                is_active=user.active,
            )  # fmt: skip
            self._ids["User", user.username] = user_id
            role = self._make(
                "UserSecurityRole", user.username, None, user_id=user_id,
                security_role_id=fixed_id("SecurityRole", user.role),
                is_all_projects=user.projects == "all", is_all_open_projects=user.projects in ("all", "open"),
            )  # fmt: skip
            for name in user.projects if isinstance(user.projects, list) else ():
                self._make(
                    "UserSecurityRoleProject", f"{user.username}/{name}", None, user_security_role_id=role,
                    project_id=self._named("Project", name),
                )  # fmt: skip

    def _custom_attribute(self, attribute: CustomAttribute) -> None:
        is_context = attribute.entity in OBJECT_TYPES
        self._ids["CustomAttributeConfiguration", attribute.key] = self._make(
            "CustomAttributeConfiguration", f"{attribute.entity}/{attribute.key}", attribute.id, key=attribute.key,
            label=attribute.label or attribute.key, type_id=fixed_id("CustomAttributeType", attribute.type),
            entity_type="task" if is_context else _ENTITY_WORDS[attribute.entity], default=attribute.default,
            object_type_id=fixed_id("ObjectType", attribute.entity) if is_context else None,
            is_hierarchical=attribute.hierarchical,
        )  # fmt: skip

    def _project(self, project: ProjectPart) -> str:
        self._ids["Project", project.name] = project_id = self._make(
            "Project", project.name, project.id, name=project.name, full_name=project.full_name or project.name,
            is_private=project.private, project_schema_id=fixed_id("ProjectSchema", project.schema_),
        )  # fmt: skip
        return project_id

    def _below(
        self, parent_id: str, words: str, children: Sequence[ContextPart], assets: Sequence[AssetPart]
    ) -> None:
        tasks: dict[str, str] = {}
        for child in children:
            child_id = self._context(child, parent_id, f"{words}/{child.name}")
            if child.kind == "Task":
                tasks[child.name] = child_id
        for asset in assets:
            self._asset(asset, parent_id, f"{words}/{asset.name}", tasks)

    def _context(self, part: ContextPart, parent_id: str, words: str) -> str:
        status = {"status_id": self._named("Status", part.status)} if part.status else {}
        kind = {"type_id": self._named("Type", part.type)} if part.type else {}
        context = self._make(
            part.kind, words, part.id, name=part.name, parent_id=parent_id, description=part.description,
            **status, **kind,
        )  # fmt: skip
        for name in part.assignees:
            self._make(
                "Appointment", f"{words}/{name}", None, context_id=context, resource_id=self._named("User", name)
            )
        self._extras(part.kind, context, part.custom_attributes, part.metadata)
        self._below(context, words, part.children, part.assets)
        return context

    def _asset(self, part: AssetPart, parent_id: str, words: str, tasks: Mapping[str, str]) -> None:
        asset = self._make(
            "Asset", words, part.id, name=part.name, context_id=parent_id,
            type_id=fixed_id("AssetType", part.type),
        )  # fmt: skip
        self._extras("Asset", asset, part.custom_attributes, {})
        for index, version in enumerate(part.versions):
            self._version(version, asset, f"{words}/{version.version or f'#{index + 1}'}", tasks)

    def _version(self, part: VersionPart, asset: str, words: str, tasks: Mapping[str, str]) -> None:
        wishes = {
            "version": part.version,
            "status_id": part.status and self._named("Status", part.status),
            "user_id": part.user and self._named("User", part.user),
            "task_id": part.task and tasks[part.task],
        }
        version = self._make(
            "AssetVersion", words, part.id, asset_id=asset, comment=part.comment,
            **{name: value for name, value in wishes.items() if value is not None},
        )  # fmt: skip
        self._extras("AssetVersion", version, part.custom_attributes, part.metadata)
        for component in part.components:
            self._component(component, version, f"{words}/{component.name}")

    def _component(self, part: ComponentPart, version: str, words: str) -> None:
        place = self._named_location(part.location)
        if part.frames is None:
            component = self._file(
                part, words, self._folder / part.path, place, version_id=version, name=part.name
            )
        else:
            component = self._sequence(part, words, place, version)
        for key, value in part.metadata.items():
            self._metadata(component, "FileComponent", key, value)

    def _sequence(self, part: ComponentPart, words: str, place: str, version: str) -> str:
        assert part.frames is not None  # noqa: S101 - the caller's condition, for the type checker
        pattern, padding, frames = part.frames
        paths = {frame: self._folder / (pattern % frame) for frame in frames}
        sequence = self._make(
            "SequenceComponent", words, part.id, name=part.name, version_id=version, padding=padding,
            file_type=Path(pattern).suffix, size=sum(_size(path) for path in paths.values()),
        )  # fmt: skip
        self._locate(words, sequence, place, (self._folder / pattern).as_posix())
        for frame, path in paths.items():
            self._file(None, f"{words}/{frame}", path, place, container_id=sequence, name=str(frame))
        return sequence

    def _file(self, part: ComponentPart | None, words: str, path: Path, place: str, /, **values: Any) -> str:
        component = self._make(
            "FileComponent", words, part.id if part else None, file_type=path.suffix, size=_size(path), **values
        )
        if _is_server(place) and self._has_media:
            if not path.is_file():
                raise SeedError(f"{path} is not there, so it can't be put into ftrack.server")
            self._files.copy(component, path)
        self._locate(words, component, place, component if _is_server(place) else path.as_posix())
        return component

    def _locate(self, words: str, component: str, place: str, where: str) -> None:
        self._make(
            "ComponentLocation", words, None, component_id=component, location_id=place, resource_identifier=where
        )

    def _named_location(self, name: str) -> str:
        return table.LOCATIONS.get(name) or self._named("Location", name)

    def _extras(
        self, type_name: str, entity: str, attributes: Mapping[str, Any], metadata: Mapping[str, str]
    ) -> None:
        value_type = {"Asset": "Asset", "AssetVersion": "AssetVersion"}.get(type_name, "Context")
        for key, value in attributes.items():
            configuration = self._ids["CustomAttributeConfiguration", key]
            self._batch.update({
                "entity_type": f"{value_type}CustomAttributeValue", "entity_key": [configuration, entity],
                "entity_data": {"value": value},
            })  # fmt: skip
        for key, value in metadata.items():
            self._metadata(entity, type_name, key, value)

    def _metadata(self, entity: str, type_name: str, key: str, value: str) -> None:
        data = {"parent_type": type_name, "value": value}
        self._batch.create({"entity_type": "Metadata", "entity_key": [entity, key], "entity_data": data})


def _is_server(place: str) -> bool:
    return place == table.LOCATIONS["ftrack.server"]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
