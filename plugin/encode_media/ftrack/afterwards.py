"""What happens to a version after an encode: a note, another status, a place in a list.

None of it is what was asked for first, so what can't be done is said in the log and fails nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from encode_media.errors import EncodeMediaError, ServerUnavailable
from encode_media.ftrack.messages import error_of
from encode_media.ftrack.session import fetch, translated
from encode_media.ftrack.texts import Texts
from encode_media.model.request import EncodeRequest, PublishTarget, entity_id
from encode_media.model.result import RunResult

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)


def follow_up(
    session: ftrack_api.Session, job_id: str, request: EncodeRequest, result: RunResult, texts: Texts
) -> None:
    """Does what the request wants done. Repeating it changes nothing.

    Raises:
        ServerUnavailable: the server is gone; try again later.
    """
    target = request.target
    if target is None or result.status not in ("done", "failed"):
        return
    after, is_done = target.after, result.status == "done"
    status = after.done_status if is_done else after.failed_status
    deeds: tuple[tuple[bool, str, Callable[[], None]], ...] = (
        (after.note, "the note", lambda: _write_note(session, job_id, request, result, texts)),
        (bool(status), f"the status {status}", lambda: _set_status(session, target, status)),
        (
            bool(after.list_name) and is_done,
            f"the list {after.list_name}",
            lambda: _add_to_list(session, target, after.list_name),
        ),
    )
    for wanted, what, deed in deeds:
        if not wanted:
            continue
        try:
            deed()
        except ServerUnavailable as error:
            if error.code == "server.unreachable":
                raise
            log.warning("%s of %s was left out: %s", what, target.version_label, error.message)
        except EncodeMediaError as error:
            log.warning("%s of %s was left out: %s", what, target.version_label, error.message)


def project_lists(session: ftrack_api.Session, project_id: str) -> tuple[str, ...]:
    """The open version lists of a project. Raises: ServerUnavailable, NotPermitted."""
    rows = fetch(
        session,
        "select id, name from AssetVersionList where project_id is {project} and is_open is true",
        project=project_id,
    )
    return tuple(sorted({row["name"] for row in rows}))


def version_statuses(session: ftrack_api.Session, project_id: str) -> tuple[str, ...]:
    """The statuses a version of the project may have. Raises: ServerUnavailable, NotPermitted."""
    rows = fetch(session, "select id, project_schema.id from Project where id is {project}", project=project_id)
    if not rows or rows[0]["project_schema"] is None:
        return ()
    with translated(session):
        schema: Any = rows[0]["project_schema"]
        statuses: list[Any] = schema.get_statuses("AssetVersion")
        return tuple(str(status["name"]) for status in statuses)


def _write_note(
    session: ftrack_api.Session, job_id: str, request: EncodeRequest, result: RunResult, texts: Texts
) -> None:
    own_id, target = entity_id(job_id, "note"), request.target
    if target is None or fetch(session, "select id from Note where id is {id}", id=own_id):
        return
    text = texts.render(
        "note",
        status=result.status,
        preset=request.preset,
        user=target.names.user or target.username or "",
        outputs=result.published,
        error=error_of(result),
    )
    note: dict[str, Any] = {
        "id": own_id,
        "content": text,
        "parent_id": target.version_id,
        "parent_type": "asset_version",
    }
    if target.user_id:
        note["user_id"] = target.user_id
    with translated(session):
        session.create("Note", note)
        session.commit()


def _set_status(session: ftrack_api.Session, target: PublishTarget, name: str) -> None:
    version = fetch(session, "select id, status_id from AssetVersion where id is {id}", id=target.version_id)[0]
    statuses = fetch(session, "select id, name from Status where name is {name}", name=name)
    if not statuses:
        log.warning("The status of %s stays: there is no status %s", target.version_label, name)
        return
    if version["status_id"] == statuses[0]["id"]:
        return
    with translated(session):
        version["status_id"] = statuses[0]["id"]
        session.commit()


def _add_to_list(session: ftrack_api.Session, target: PublishTarget, name: str) -> None:
    version = fetch(session, "select id, project_id from AssetVersion where id is {id}", id=target.version_id)[0]
    lists = fetch(
        session,
        "select id, items.id from AssetVersionList where name is {name} and project_id is {project}",
        name=name,
        project=version["project_id"],
    )
    if not lists:
        log.warning("%s is in no list: its project has no version list %s", target.version_label, name)
        return
    if any(item["id"] == version["id"] for item in lists[0]["items"]):
        return
    with translated(session):
        lists[0]["items"].append(version)
        session.commit()
