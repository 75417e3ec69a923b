"""Location plug-ins as a studio writes them: a disk with a structure, and a store without file system."""

from __future__ import annotations

from pathlib import Path

DISK = """
import ftrack_api.accessor.disk
import ftrack_api.structure.standard


def configure(event):
    session = event["data"]["session"]
    location = session.query('Location where name is "studio.disk"').first()
    if location is not None:
        location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix={prefix!r})
        location.structure = ftrack_api.structure.standard.StandardStructure()
        location.priority = 10


def register(session, **kw):
    session.event_hub.subscribe("topic=ftrack.api.session.configure-location", configure)
"""

OBJECTS = """
import io

import ftrack_api.accessor.base
import ftrack_api.data
import ftrack_api.exception
import ftrack_api.structure.entity_id
from pathlib import Path


class Objects(ftrack_api.accessor.base.Accessor):
    # Names without folders, and no paths: as an object store is.
    root = Path({prefix!r})

    def list(self, name): return []
    def exists(self, name): return (self.root / name).exists()
    def is_file(self, name): return True
    def is_container(self, name): return False
    def is_sequence(self, name): return False
    def open(self, name, mode="rb"): return ftrack_api.data.File(str(self.root / name), mode)
    def remove(self, name): (self.root / name).unlink()
    def make_container(self, name, recursive=True): pass
    def get_container(self, name): return ""


def configure(event):
    session = event["data"]["session"]
    location = session.query('Location where name is "studio.objects"').first()
    if location is not None:
        location.accessor = Objects()
        location.structure = ftrack_api.structure.entity_id.EntityIdStructure()
        location.priority = 20


def register(session, **kw):
    session.event_hub.subscribe("topic=ftrack.api.session.configure-location", configure)
"""


def write_plugin(folder: Path, text: str, prefix: Path) -> Path:
    """A folder to name in ENCODE_MEDIA_LOCATION_PLUGINS; what it keeps lies below `prefix`."""
    prefix.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "studio_location.py").write_text(text.replace("{prefix!r}", repr(str(prefix))))
    return folder
