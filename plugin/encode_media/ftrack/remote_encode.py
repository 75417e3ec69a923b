"""Let ftrack encode: the source goes to the server, which makes the review media; followed to its end.

The source's component has its id from our job, and the server's job names it. So a repeated run finds the server's
job instead of starting another.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from encode_media.errors import Cancelled, failure
from encode_media.ftrack.entities import ComponentInfo, VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.ledger import Ledger
from encode_media.ftrack.replacing import remove_components, replaced
from encode_media.ftrack.review import ENCODING, LEDGER_KEY, META_KEY, SERVER_LOCATION, read_meta
from encode_media.ftrack.session import fetch, translated
from encode_media.ftrack.thumbnails import has_chosen_thumbnail
from encode_media.ftrack.upload import Retries, upload
from encode_media.model.request import entity_id
from encode_media.model.result import Progress, PublishedOutput, Stage, job_percent

if TYPE_CHECKING:
    import ftrack_api

_ENDED_WELL, _ENDED_BADLY = "done", frozenset({"failed", "killed"})
_LONGEST_POLL_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What the server is to do, and how it is watched. `on_progress` may raise `Cancelled`."""

    job_id: str
    version: VersionInfo
    source: Path
    marks: Ledger
    on_progress: Callable[[Progress], None]
    time_limit_s: float
    retries: Retries | None = None
    sleep: Callable[[float], None] = time.sleep

    @property
    def source_id(self) -> str:
        return entity_id(self.job_id, "source for ftrack")

    def tell(self, fraction: float, message: str) -> None:
        percent = job_percent(Stage.PUBLISHING, fraction)
        self.on_progress(Progress(stage=Stage.PUBLISHING, percent=percent, message=message))


def encode_there(session: ftrack_api.Session, errand: Errand) -> tuple[PublishedOutput, ...]:
    """Has the server encode the source for the version; gives what it made, and removes what that replaces.

    Raises:
        EncodeFailed: the server could not encode it, or did not come to an end in time.
        Cancelled: what the server had begun is removed.
        ServerUnavailable, NotPermitted: repeating goes on where it stopped.
    """
    server_job = _server_job(session, errand.source_id)
    if server_job is None:
        server_job = _start(session, errand)
    try:
        outputs = _follow(session, errand, server_job)
    except Cancelled:
        _clear(session, errand, _outputs_of(_read(session, server_job)))
        raise
    return _adopt(session, errand, outputs)


def _server_job(session: ftrack_api.Session, source_id: str) -> str | None:
    rows = fetch(session, "select id, data from Job where data like {source}", source=f"%{source_id}%")
    return next((str(row["id"]) for row in rows if _data(row).get("source_component_id") == source_id), None)


def _start(session: ftrack_api.Session, errand: Errand) -> str:
    source, source_id = errand.source, errand.source_id
    size = max(1, source.stat().st_size if source.exists() else 1)

    def on_bytes(sent: int) -> None:
        errand.tell(sent / size / 2, "sending the source to ftrack")

    sent = upload(session, source_id, source, file_name=source.name, on_bytes=on_bytes, retries=errand.retries)
    if not fetch(session, "select id from Component where id is {id}", id=source_id):
        [server] = fetch(session, "select id from Location where name is {name}", name=SERVER_LOCATION)
        with translated(session):
            data = {"id": source_id, "name": source.stem, "file_type": source.suffix, "size": sent}
            component = session.create("FileComponent", data)
            place = {"id": entity_id(errand.job_id, "place of the source for ftrack"), "component": component}
            session.create("ComponentLocation", {**place, "location": server, "resource_identifier": source_id})
            session.commit()
    operation = {"action": "encode_media", "component_id": source_id, "version_id": errand.version.id}
    with translated(session):
        [answer] = session.call([{**operation, "keep_original": False}])
    return str(answer["job_id"])


def _follow(session: ftrack_api.Session, errand: Errand, server_job: str) -> list[str]:
    """Waits for the server's job; gives the ids of what it made."""
    until, wait_s = time.monotonic() + errand.time_limit_s, 0.5
    while True:
        row = _read(session, server_job)
        status = str(row["status"]) if row is not None else "gone"
        if status == _ENDED_WELL:
            return _outputs_of(row)
        if row is None or status in _ENDED_BADLY or time.monotonic() > until:
            problem = str(_data(row).get("description") or status) if row is not None else "its job is gone"
            _clear(session, errand, _outputs_of(row))
            raise failure("server.encode_failed", problem=problem)
        errand.tell(0.75, f"ftrack encodes it ({status})")
        errand.sleep(wait_s)
        wait_s = min(wait_s * 1.5, _LONGEST_POLL_S)


def _read(session: ftrack_api.Session, server_job: str) -> Any | None:
    with translated(session):
        # The client keeps what it read; a status is only worth something fresh.
        session.reset()
    rows = fetch(session, "select id, status, data from Job where id is {id}", id=server_job)
    return rows[0] if rows else None


def _data(row: Any) -> dict[str, Any]:
    try:
        value = json.loads(row["data"] or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _outputs_of(row: Any | None) -> list[str]:
    outputs = _data(row).get("output") if row is not None else None
    return [
        str(item["component_id"]) for item in outputs or () if isinstance(item, dict) and "component_id" in item
    ]


def _clear(session: ftrack_api.Session, errand: Errand, outputs: Collection[str]) -> None:
    """Removes what a job that came to nothing left: unfinished outputs, and the source that was sent."""
    version = Gateway(session).version(errand.version.id)
    left = [item for item in version.components if item.id in outputs]
    left.append(ComponentInfo(id=errand.source_id, name="", file_type=""))
    with translated(session):
        if version.thumbnail_id in outputs:
            session.get("AssetVersion", version.id)["thumbnail_id"] = errand.version.thumbnail_id
        session.commit()
    remove_components(session, left, output_root=None)


def _adopt(session: ftrack_api.Session, errand: Errand, outputs: Collection[str]) -> tuple[PublishedOutput, ...]:
    """Marks what the server made as ours, keeps a chosen thumbnail, and removes what is replaced."""
    gateway = Gateway(session)
    made = [item for item in gateway.version(errand.version.id).components if item.id in outputs]
    with translated(session):
        for item in made:
            component = session.get("FileComponent", item.id)
            component["metadata"][LEDGER_KEY] = json.dumps(errand.marks, sort_keys=True)
        if has_chosen_thumbnail(errand.version) and errand.version.thumbnail_id not in outputs:
            session.get("AssetVersion", errand.version.id)["thumbnail_id"] = errand.version.thumbnail_id
        session.commit()
    present = gateway.version(errand.version.id).components
    rank = (float(errand.marks["at"]), errand.job_id)
    names = {item.name for item in made}
    remove_components(session, replaced(present, new_names=names, ours=set(outputs), rank=rank), output_root=None)
    return tuple(_published(item) for item in made if item.metadata.get(META_KEY) != ENCODING)


def _published(item: ComponentInfo) -> PublishedOutput:
    meta = read_meta(item.metadata.get(META_KEY))
    rate = meta.get("frameRate")
    return PublishedOutput(
        name=item.name,
        component_id=item.id,
        location=SERVER_LOCATION,
        width=int(meta.get("width") or 0),
        height=int(meta.get("height") or 0),
        frames=int(meta.get("frameOut") or 0) - int(meta.get("frameIn") or 0),
        frame_rate=str(rate) if rate else "",
        size_bytes=item.size_bytes,
    )
