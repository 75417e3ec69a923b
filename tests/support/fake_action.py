"""An action listener for page tests, made with the real ftrack client: it answers as it is told."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import ftrack_api
from ftrack_api.event.base import Event

Answer = Callable[[dict[str, Any]], Any]

EVERY_ITEM: tuple[dict[str, Any], ...] = (
    {"type": "label", "value": "## sh010_comp v001 ##\n**72 frames**, 23.976 fps\n- 1280 x 720\n- `stereo` sound"},
    {"type": "label", "value": "---"},
    {
        "type": "enumerator",
        "name": "preset",
        "label": "Preset",
        "value": "review",
        "data": [{"label": "Review", "value": "review"}, {"label": "ProRes 422 HQ", "value": "prores_422_hq"}],
    },
    {"type": "text", "name": "slate", "label": "Slate text", "value": "", "empty_text": "Nothing"},
    {"type": "textarea", "name": "note", "label": "Note", "value": "first line"},
    {"type": "number", "name": "height", "label": "Greatest height", "value": 1080},
    {"type": "date", "name": "due", "label": "Due", "value": "2026-11-24"},
    {"type": "boolean", "name": "burn_in", "label": "Burn in the frame number", "value": True},
    {
        "type": "enumerator",
        "name": "extras",
        "label": "Extras",
        "multi_select": True,
        "value": ["thumb"],
        "data": [
            {"label": "Thumbnail", "value": "thumb"},
            {"label": "Poster", "value": "poster"},
            {"label": "WebM", "value": 3},
        ],
    },
    {"type": "hidden", "name": "form_step", "value": "1"},
)
FORM: dict[str, Any] = {
    "type": "form",
    "title": "Encode Media",
    "submit_button_label": "Encode",
    "items": list(EVERY_ITEM),
}
ITEMS: tuple[dict[str, Any], ...] = (
    {
        "label": "Encode Media",
        "variant": "Review",
        "description": "Playable in the browser",
        "actionIdentifier": "fake",
        "presetId": "review",
    },
    {
        "label": "Encode Media",
        "variant": "Deliverables",
        "description": "ProRes, WebM, image sequences",
        "actionIdentifier": "fake",
        "presetId": "deliver",
    },
    {"label": "Say hello", "actionIdentifier": "hello"},
)


class FakeAction:
    """Answers discover with `items` and each launch with `answer(event data)`; None stays silent."""

    def __init__(self, session: ftrack_api.Session, *, items: tuple[dict[str, Any], ...] = ITEMS) -> None:
        self.session = session
        self.items = items
        self.answer: Answer = _say_done
        self.discovered: list[dict[str, Any]] = []
        self.launched: list[dict[str, Any]] = []
        self.sources: list[dict[str, Any]] = []
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fake-action", daemon=True)

    def start(self) -> None:
        hub = self.session.event_hub
        hub.subscribe("topic=ftrack.action.discover", self._discover)
        hub.subscribe("topic=ftrack.action.launch", self._launch)
        hub.subscribe("topic=ftrack.connect.publish.make-web-playable", self._hear)
        hub.subscribe(
            "topic=ftrack.location.component-added and source.applicationId=ftrack.client.web", self._hear
        )
        hub.subscribe("topic=encode-media.submit", self._submit)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def publish(self, topic: str, data: dict[str, Any], *, target: str = "") -> None:
        self.session.event_hub.publish(Event(topic=topic, data=data, target=target), on_error="raise")

    def progress(self, ftrack_job_id: str, **values: Any) -> None:
        """An `encode-media.progress` event of a running encode."""
        data = {
            "jobId": "job-1",
            "ftrackJobId": ftrack_job_id,
            "versionId": "",
            "preset": "review",
            "user": "supervisor",
            "stage": "encode",
            "percent": 0.0,
            "frame": 0,
            "frames": 72,
            "etaSeconds": None,
            "message": "",
            **values,
        }
        self.publish("encode-media.progress", data)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.session.event_hub.wait(duration=0.05)

    def _discover(self, event: Event) -> dict[str, Any]:
        self.discovered.append(event["data"])
        return {"items": list(self.items)}

    def _hear(self, event: Event) -> None:
        self.heard.append((event["topic"], event["data"]))

    def _submit(self, event: Event) -> dict[str, Any]:
        self._hear(event)
        return {"success": True, "message": "The encode is queued."}

    def _launch(self, event: Event) -> Any:
        self.launched.append(event["data"])
        self.sources.append(event["source"])
        return self.answer(event["data"])


def _say_done(data: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "message": f"Done with {data['actionIdentifier']}."}


def form_then(result: dict[str, Any]) -> Answer:
    """The form on the first launch, `result` once values come."""
    return lambda data: result if "values" in data else FORM


def version_id(session: ftrack_api.Session, asset: str) -> str:
    versions = session.query("select id, asset.name from AssetVersion")
    return str(next(version["id"] for version in versions if version["asset"]["name"] == asset))


def make_job(session: ftrack_api.Session, username: str, description: str, status: str = "running") -> Any:
    """A job of a user, as an action makes one."""
    import json

    user = session.query(f'User where username is "{username}"').one()
    job = session.create(
        "Job",
        {
            "id": str(uuid.uuid4()),
            "user": user,
            "status": status,
            "data": json.dumps({"description": description}),
        },
    )
    session.commit()
    return job
