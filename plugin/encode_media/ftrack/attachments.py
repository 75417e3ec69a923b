"""What can be downloaded from an ftrack_job: the log of a failure, the result, or a batch's report.

ftrack's job panel offers one attachment for each job, so there is never a second.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from encode_media.ftrack.messages import ftrack_job_id
from encode_media.ftrack.review import SERVER_LOCATION
from encode_media.ftrack.session import fetch, translated
from encode_media.ftrack.upload import upload
from encode_media.model.request import entity_id

if TYPE_CHECKING:
    import ftrack_api

MAX_TEXT = 2_000_000
"""Characters; of a longer log the end is kept, which is where it fails."""


def attach_text(session: ftrack_api.Session, job_id: str, name: str, text: str) -> None:
    """Stores a text on the server and attaches it. Repeating it changes nothing.

    Raises:
        ServerUnavailable, NotPermitted.
    """
    if has_attachment(session, job_id):
        return
    component_id = entity_id(job_id, "attachment")
    with tempfile.TemporaryDirectory(prefix="encode-media-log-") as folder:
        path = Path(folder, f"{name}.txt")
        path.write_text(text[-MAX_TEXT:], encoding="utf-8", errors="backslashreplace")
        size = upload(session, component_id, path, file_name=path.name)
    places = fetch(session, "select id from Location where name is {name}", name=SERVER_LOCATION)
    if not fetch(session, "select id from Component where id is {id}", id=component_id):
        with translated(session):
            component = session.create(
                "FileComponent", {"id": component_id, "name": name, "file_type": ".txt", "size": size}
            )
            session.create(
                "ComponentLocation",
                {
                    "id": entity_id(job_id, "place of attachment"),
                    "component": component,
                    "location": places[0],
                    "resource_identifier": component_id,
                },
            )
            session.commit()
    attach(session, job_id, component_id)


def attach(session: ftrack_api.Session, job_id: str, component_id: str) -> None:
    """Attaches a component that lies on the server. Repeating it changes nothing.

    Raises:
        ServerUnavailable, NotPermitted.
    """
    if has_attachment(session, job_id):
        return
    with translated(session):
        session.create("JobComponent", {"component_id": component_id, "job_id": ftrack_job_id(job_id)})
        session.commit()


def has_attachment(session: ftrack_api.Session, job_id: str) -> bool:
    """Raises: ServerUnavailable, NotPermitted."""
    own_id = ftrack_job_id(job_id)
    return bool(fetch(session, "select component_id from JobComponent where job_id is {id}", id=own_id))
