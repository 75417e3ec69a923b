"""`encode_media`: the server's own encoder, one job after the other.

The job and its outputs exist from the moment of the call; the data comes when the encoder is done.
"""

from __future__ import annotations

import json
import logging
import queue
import shutil
import threading
import uuid
from pathlib import Path
from typing import Any

from encode_media.sandbox.commits import Commits
from encode_media.sandbox.encoder import EncodedFile, EncodedMedia, EncodingFailed, MediaEncoder
from encode_media.sandbox.files import SERVER_LOCATION, Files, media_type
from encode_media.sandbox.operations import Batch
from encode_media.sandbox.problems import NotFound, Unsupported, ValidationError
from encode_media.sandbox.store import Values
from encode_media.sandbox.visibility import Caller, Visibility

MARK = "encoding"
"""What stands in `ftr_meta` while an output has no data yet."""
_MOVIE, _IMAGE = "video/mp4", "image/jpeg"
_SUFFIXES = {_MOVIE: ".mp4", _IMAGE: ".jpg"}
_log = logging.getLogger(__name__)


class MediaJobs:
    """Takes `encode_media` operations, and does them in a thread."""

    def __init__(self, commits: Commits, files: Files, encoder: MediaEncoder | None, folder: Path) -> None:
        self._commits = commits
        self._files = files
        self._encoder = encoder
        self._folder = folder
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Goes on with what an earlier run of the server left."""
        if self._encoder is None:
            return
        shutil.rmtree(self._folder, ignore_errors=True)
        left = self._commits.store.rows(
            "SELECT id FROM \"Job\" WHERE type = 'encode_media' AND status IN ('queued', 'running') ORDER BY rowid"
        )
        for job in left:
            self._waiting.put(job["id"])
        self._thread = threading.Thread(target=self._work, name="sandbox-encoder", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """What is being encoded is begun anew at the next start."""
        self._stop.set()
        self._waiting.put("")
        if self._thread is not None:
            self._thread.join()

    def queue(self, job_id: str) -> None:
        """Called once the operation's batch is committed."""
        self._waiting.put(job_id)

    def accept(self, batch: Batch, operation: dict[str, Any]) -> str:
        """Makes the job with its outputs; gives its id. Raises Problem."""
        if self._encoder is None:
            # The Python client knows a server without this ability by these very words.
            raise Unsupported("Invalid action u'encode_media': this server has no encoder")
        component_id, version_id = str(operation.get("component_id")), operation.get("version_id")
        component = batch.visible("FileComponent", component_id)
        if version_id is not None:
            batch.visible("AssetVersion", str(version_id))
        if not self._files.path(component_id).is_file():
            raise ValidationError(f"component {component_id} has no data in ftrack.server")
        formats = (_IMAGE,) if media_type(component["file_type"]).startswith("image/") else (_MOVIE, _IMAGE)
        outputs = [
            {"format": one, "component_id": _make_output(batch, one, formats, version_id)} for one in formats
        ]
        job_id = str(uuid.uuid4())
        data = {
            "description": f"Encoding {component['name']}{component['file_type'] or ''}",
            "source_component_id": component_id,
            "keep_original": bool(operation.get("keep_original")),
            "version_id": version_id,
            "output": outputs,
        }
        batch.create(_operation("Job", [job_id], type="encode_media", data=json.dumps(data)))
        for output in outputs:
            batch.create(_operation("JobComponent", [output["component_id"], job_id]))
        return job_id

    def _work(self) -> None:
        while not self._stop.is_set():
            job = self._commits.store.find("Job", (self._waiting.get(),))
            if job is not None and not self._stop.is_set():
                self._do(job)

    def _do(self, job: Values) -> None:
        caller = _server_for(self._commits, job["user_id"])
        data = json.loads(job["data"])
        folder = self._folder / str(job["id"])
        try:
            self._tell(caller, job, status="running")
            made = self._encode(data, folder)
            if not self._stop.is_set():
                self._keep(caller, job, data, made)
        except (EncodingFailed, NotFound, OSError) as error:
            if not self._stop.is_set():
                self._give_up(caller, job, data, error)
        except Exception as error:  # noqa: BLE001 - a mistake of ours ends this job, not the thread
            _log.exception("encode_media job %s failed in an unexpected way", job["id"])
            self._give_up(caller, job, data, error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _encode(self, data: dict[str, Any], folder: Path) -> EncodedMedia:
        component_id = data["source_component_id"]
        component = self._commits.store.find("FileComponent", (component_id,))
        if component is None or self._encoder is None:
            raise NotFound(f"component {component_id} was not found")
        (folder / "made").mkdir(parents=True)
        # Under its own kind of name, as programs that read media go by that too.
        source = folder / f"source{_suffix(component['file_type'])}"
        _link_or_copy(self._files.existing(component_id), source)
        movie = any(output["format"] == _MOVIE for output in data["output"])
        return self._encoder.encode(source, folder / "made", movie=movie, stop=self._stop)

    def _keep(self, caller: Caller, job: Values, data: dict[str, Any], made: EncodedMedia) -> None:
        files = {_MOVIE: made.movie, _IMAGE: made.image}
        stored = []
        for output in data["output"]:
            file = files[output["format"]]
            if file is None:
                raise EncodingFailed("no movie was made")
            size = self._files.adopt(output["component_id"], file.path)
            stored.append((output, file, size))

        def write(batch: Batch) -> None:
            for output, file, size in stored:
                _finish_output(batch, output["component_id"], file, size)
                if output["format"] == _IMAGE and data.get("version_id"):
                    values = {"thumbnail_id": output["component_id"]}
                    batch.update(_operation("AssetVersion", [data["version_id"]], **values))
            if not data["keep_original"]:
                batch.delete(_operation("FileComponent", [data["source_component_id"]]))
            batch.update(_operation("Job", [job["id"]], status="done"))

        self._commits.run(caller, write)

    def _give_up(self, caller: Caller, job: Values, data: dict[str, Any], error: Exception) -> None:
        """The job fails with the reason; outputs without data would only look playable."""
        _log.warning("encode_media job %s failed: %s", job["id"], error)
        told = {**data, "description": f"{data['description']}: {error}"}

        def write(batch: Batch) -> None:
            for output in data["output"]:
                if batch.store.find("FileComponent", (output["component_id"],)):
                    batch.delete(_operation("FileComponent", [output["component_id"]]))
            batch.update(_operation("Job", [job["id"]], status="failed", data=json.dumps(told)))

        self._commits.run(caller, write)

    def _tell(self, caller: Caller, job: Values, **values: str) -> None:
        self._commits.run(caller, lambda batch: batch.update(_operation("Job", [job["id"]], **values)))


def _make_output(batch: Batch, kind: str, formats: tuple[str, ...], version_id: str | None) -> str:
    """A component that is in ftrack.server by name already, and marked as on its way."""
    component_id = str(uuid.uuid4())
    name = "ftrackreview-mp4" if kind == _MOVIE else "thumbnail" if _MOVIE in formats else "ftrackreview-image"
    values = {"name": name, "file_type": _SUFFIXES[kind], "version_id": version_id}
    batch.create(_operation("FileComponent", [component_id], **values))
    place = {"component_id": component_id, "location_id": SERVER_LOCATION, "resource_identifier": component_id}
    batch.create(_operation("ComponentLocation", None, **place))
    mark = {"parent_type": "FileComponent", "value": MARK}
    batch.create(_operation("Metadata", [component_id, "ftr_meta"], **mark))
    return component_id


def _finish_output(batch: Batch, component_id: str, file: EncodedFile, size: int) -> None:
    batch.update(_operation("FileComponent", [component_id], size=size))
    key = [component_id, "ftr_meta"]
    if file.ftr_meta:
        batch.update(_operation("Metadata", key, value=file.ftr_meta))
    else:
        batch.delete(_operation("Metadata", key))


def _operation(entity_type: str, key: list[str] | None, /, **data: Any) -> dict[str, Any]:
    return {"entity_type": entity_type, "entity_key": key, "entity_data": data}


def _server_for(commits: Commits, user_id: str) -> Caller:
    """The server itself, on behalf of a user."""
    user = commits.store.find("User", (user_id,))
    return Caller(
        id=user_id,
        username=str(user["username"]) if user else "",
        roles=frozenset({"Administrator"}),
        visibility=Visibility(),
    )


def _link_or_copy(present: Path, wanted: Path) -> None:
    try:
        wanted.hardlink_to(present)
    except OSError:  # not every file system has links
        shutil.copyfile(present, wanted)


def _suffix(file_type: str | None) -> str:
    """The suffix as part of a file name of ours: letters and digits alone."""
    kept = "".join(letter for letter in (file_type or "") if letter.isascii() and letter.isalnum())
    return f".{kept}" if kept else ""
