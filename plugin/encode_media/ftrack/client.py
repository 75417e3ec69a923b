"""An ordinary ftrack client that asks: for the demo, the command line and tests."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from encode_media.errors import failure
from encode_media.ftrack.hub import ONE_ROUND
from encode_media.ftrack.messages import (
    CANCEL_TOPIC,
    DISCOVER_TOPIC,
    LAUNCH_TOPIC,
    PROGRESS_TOPIC,
    RESULT_TOPIC,
    SUBMIT_TOPIC,
)
from encode_media.ftrack.session import open_session, translated
from encode_media.model.request import SplitWish
from encode_media.settings import Settings

if TYPE_CHECKING:
    import ftrack_api
    from ftrack_api.event.base import Event

JsonDict = dict[str, Any]

CONNECT_S = 15.0
REPLY_S = 20.0
SETTLE_S = 0.3
"""After the first answer to a discover, how long to wait for those of other services: there is no end mark."""
_LOST_S = 0.5
_ROUND_TRIP_TOPIC = "encode-media.round-trip"


class ActionClient:
    """What a browser does with actions, over the hub of a session; replies are heard on a thread of its own."""

    def __init__(self, session: ftrack_api.Session) -> None:
        """Raises: ServerUnavailable if the hub doesn't connect."""
        self._hub = session.event_hub
        self._events: queue.Queue[Event] = queue.Queue()
        self._stop = threading.Event()
        _connect(session)
        self._subscribers = [
            self._hub.subscribe(f"topic={topic}", self._events.put) for topic in (PROGRESS_TOPIC, RESULT_TOPIC)
        ]
        self._thread = threading.Thread(target=self._listen, name="encode-media-client", daemon=True)
        self._thread.start()

    def discover(self, selection: Sequence[Mapping[str, str]], *, timeout_s: float = 2.0) -> list[JsonDict]:
        """The menu entries for a selection; empty if nobody answered in time."""
        replies = self._ask(DISCOVER_TOPIC, {"selection": list(selection)})
        items: list[JsonDict] = []
        until = time.monotonic() + timeout_s
        while (left := until - time.monotonic()) > 0:
            try:
                reply = replies.get(timeout=left)
            except queue.Empty:
                break
            found = reply.get("items") if isinstance(reply, Mapping) else reply
            items += found if isinstance(found, list) else []
            if items:
                until = min(until, time.monotonic() + SETTLE_S)
        return items

    def launch(
        self,
        item: Mapping[str, Any],
        selection: Sequence[Mapping[str, str]],
        values: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = REPLY_S,
    ) -> JsonDict:
        """The answer to a click on a menu entry, or with `values` to its submitted form.

        Raises:
            ServerUnavailable: nobody answered in time.
        """
        data = {**item, "selection": list(selection)}
        if values is not None:
            data["values"] = dict(values)
        return self._first(LAUNCH_TOPIC, data, timeout_s)

    def submit(
        self,
        preset: str,
        *,
        version_id: str | None = None,
        component_id: str | None = None,
        options: Mapping[str, Any] | None = None,
        needs: Sequence[str] = (),
        split: SplitWish = "auto",
        timeout_s: float = REPLY_S,
    ) -> JsonDict:
        """Queues an encode without a form: `{success, jobId, ftrackJobId, message}`.

        Raises:
            ServerUnavailable: nobody answered in time.
        """
        data: JsonDict = {"preset": preset, "options": dict(options or {}), "needs": list(needs), "split": split}
        data |= {"componentId": component_id} if component_id else {"versionId": version_id}
        return self._first(SUBMIT_TOPIC, data, timeout_s)

    def submit_again(
        self, published_id: str, *, split: SplitWish = "auto", timeout_s: float = REPLY_S
    ) -> JsonDict:
        """Queues what made a version's component, or one component, once more: as `submit`, and whether `exact`.

        Raises:
            ServerUnavailable: nobody answered in time.
        """
        return self._first(SUBMIT_TOPIC, {"again": published_id, "split": split}, timeout_s)

    def cancel(self, job_id: str, *, timeout_s: float = REPLY_S) -> JsonDict:
        """Asks for the end of a job: `{success, message}`.

        Raises:
            ServerUnavailable: nobody answered in time.
        """
        return self._first(CANCEL_TOPIC, {"jobId": job_id}, timeout_s)

    def watch(self, job_id: str | None = None, *, timeout_s: float = 600.0) -> Iterator[Event]:
        """Progress and result events of a job (of all jobs if None) as they come, since this client exists.

        Ends after the job's result, or when nothing came for `timeout_s` seconds.
        """
        while True:
            try:
                event = self._events.get(timeout=timeout_s)
            except queue.Empty:
                return
            if job_id is not None and event["data"].get("jobId") != job_id:
                continue
            yield event
            if job_id is not None and event["topic"] == RESULT_TOPIC:
                return

    def close(self) -> None:
        """Stops listening; the session stays open."""
        self._stop.set()
        self._thread.join(CONNECT_S)
        for subscriber in self._subscribers:
            self._hub.unsubscribe(subscriber)

    def _first(self, topic: str, data: JsonDict, timeout_s: float) -> JsonDict:
        try:
            reply = self._ask(topic, data).get(timeout=timeout_s)
        except queue.Empty:
            raise failure("service.absent") from None
        return dict(reply)

    def _ask(self, topic: str, data: JsonDict) -> queue.Queue[Any]:
        from ftrack_api.event.base import Event

        replies: queue.Queue[Any] = queue.Queue()
        with translated():
            self._hub.publish(Event(topic, data=data), on_reply=lambda event: replies.put(event["data"]))
        return replies

    def _listen(self) -> None:
        from ftrack_api.exception import EventHubConnectionError

        while not self._stop.is_set():
            try:
                self._hub.wait(duration=ONE_ROUND)
            except EventHubConnectionError:
                # The connection is gone; the session makes a new one, or whoever waits gets no answer in time.
                self._stop.wait(_LOST_S)


def hub_round_trip_s(settings: Settings, *, timeout_s: float = CONNECT_S) -> float:
    """How long an event takes through the hub and back.

    Raises:
        ServerUnavailable: it doesn't connect, or the event doesn't come back.
    """
    from ftrack_api.event.base import Event

    session = open_session(settings)
    try:
        hub, back = session.event_hub, threading.Event()
        _connect(session)
        hub.subscribe(f'topic={_ROUND_TRIP_TOPIC} and data.hub="{hub.id}"', lambda _event: back.set())
        started = time.monotonic()
        hub.publish(Event(_ROUND_TRIP_TOPIC, data={"hub": hub.id}))
        while not back.is_set() and time.monotonic() - started < timeout_s:
            hub.wait(duration=ONE_ROUND)
        if not back.is_set():
            raise failure("server.unreachable", server=f"the event hub of {settings.server}")
        return time.monotonic() - started
    finally:
        session.close()


def _connect(session: ftrack_api.Session) -> None:
    """Connects the hub unless it is, or waits for the connection the session already began."""
    hub = session.event_hub
    background = session._auto_connect_event_hub_thread  # noqa: SLF001 - the client has no public way to wait
    if background is not None:
        background.join(CONNECT_S)
    if not hub.connected:
        with translated(server=session.server_url, user=session.api_user):
            hub.connect()
