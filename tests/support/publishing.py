"""What publishing tests need of a running sandbox: settings, versions of their own, and what is on them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encode_media.ftrack.entities import ComponentInfo, VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.settings import Settings
from support.sandbox import RunningSandbox


def job_of(version_id: str, attempt: int = 1) -> str:
    """A job id; like real ones it is another for each version."""
    return f"{uuid.UUID(version_id).hex}-{attempt}"


@dataclass(slots=True)
class Studio:
    """A sandbox as publishing sees it."""

    sandbox: RunningSandbox
    settings: Settings
    _looking: Any = None

    def fresh(self) -> Any:
        """A session that knows nothing yet: like a new one, in a tenth of the time."""
        if self._looking is None:
            self._looking = self.sandbox.session()
        self._looking.reset()
        return self._looking

    def version(self, name: str = "shot_asset") -> str:
        """A new version with a source component on sh010; gives its id."""
        session = self.fresh()
        shot = session.query('select id, project_id from Shot where name is "sh010"').one()
        asset = session.create("Asset", {"name": f"{name}_{uuid.uuid4().hex[:6]}", "parent": shot})
        version = session.create("AssetVersion", {"asset": asset})
        session.create("FileComponent", {"name": "main", "file_type": ".mov", "version": version})
        session.commit()
        version_id: str = version["id"]
        return version_id

    def look(self, version_id: str) -> VersionInfo:
        """The version as a client that just started sees it."""
        return Gateway(self.fresh()).version(version_id)

    def made(self, version_id: str) -> dict[str, ComponentInfo]:
        """The components beside the source, by name; fails if a name is there twice."""
        found = [item for item in self.look(version_id).components if item.name != "main"]
        by_name = {item.name: item for item in found}
        assert len(by_name) == len(found), [item.name for item in found]
        return by_name

    def stored_ids(self) -> set[str]:
        """The ids under which the server has bytes."""
        folder = self.sandbox.data / "files"
        return {path.name for path in folder.glob("??/*") if path.is_file()}

    def all_components(self) -> set[str]:
        return {row["id"] for row in self.fresh().query("select id from Component")}


def studio_of(sandbox: RunningSandbox, **settings: Any) -> Studio:
    address = sandbox.address
    values = {"work_folder": sandbox.data / "work", **settings}
    return Studio(
        sandbox,
        Settings(server=address.server_url, api_user=address.api_user, api_key=address.api_key, **values),
    )


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
