"""One connection to the event hub that notices when it is lost.

The client's own recovery is not used: it can be deaf without knowing (a clean close, a malformed packet), and
while it tries again it switches off all logging of the process. So it is told to give up at once, every
connection proves itself by a message to itself, and whoever holds it makes a new one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from encode_media.ftrack.session import open_session, translated
from encode_media.settings import Settings

if TYPE_CHECKING:
    import ftrack_api
    from ftrack_api.event.base import Event

log = logging.getLogger(__name__)

HEALTH_TOPIC = "encode-media.health"
HEALTH_S = 30.0
"""Between two messages to ourselves; one not heard by the time of the next means deaf."""
ONE_ROUND = float("-inf")
"""To the client's `wait`: handle the next event, if one comes within a tenth of a second. Any other time is
measured by the wall clock there, and lasts for days where that is put back by days."""

Callback = Callable[["Event"], Any]


@dataclass(slots=True)
class HubState:
    """What a listener knows of its connection; one thread writes, others read."""

    connected: bool = False
    last_event_at: float | None = None
    """Seconds since the epoch; our own message to ourselves counts, so a silent studio is no silence."""


class HubConnection:
    """A session of its own and its hub, connected. One thread calls `serve`; others may publish."""

    def __init__(self, session: ftrack_api.Session, *, health_s: float = HEALTH_S) -> None:
        self.heard_at: float | None = None
        """When (monotonic) a message to ourselves came back last: only then it is known that we hear."""
        self._session = session
        self._hub = session.event_hub
        self._health_s = health_s
        self._sent_beat = self._heard_beat = 0
        self._next_beat = 0.0
        # No public setting: with no attempts a loss is an event at once, see the module's first lines.
        self._hub._auto_reconnect_attempts = 0  # noqa: SLF001

    @classmethod
    def open(
        cls, settings: Settings, subscriptions: Mapping[str, Callback], *, health_s: float = HEALTH_S
    ) -> HubConnection:
        """Connects with these subscriptions in place, so that nothing is missed in between.

        Raises:
            ServerUnavailable, NotPermitted.
        """
        session = open_session(settings)
        connection = cls(session, health_s=health_s)
        try:
            for expression, callback in subscriptions.items():
                connection._hub.subscribe(expression, callback)
            connection._hub.subscribe(
                f'topic={HEALTH_TOPIC} and data.listener="{connection._hub.id}"', connection._heard
            )
            with translated(server=settings.server, user=settings.api_user):
                connection._hub.connect()
        except BaseException:
            connection.close()
            raise
        return connection

    def serve(self, stop: threading.Event, tick: Callable[[], None]) -> str | None:
        """Handles events until `stop` (None) or until the connection is lost (why). `tick` runs between events."""
        self._next_beat = time.monotonic()
        while not stop.is_set():
            try:
                self._hub.wait(duration=ONE_ROUND)
                tick()
            except Exception:
                # An event may be shaped so that the client stumbles while matching it; the next one counts.
                log.exception("An event could not be handled")
            if not self._hub.connected:
                return "the connection was closed"
            if time.monotonic() >= self._next_beat:
                if self._heard_beat != self._sent_beat:
                    return f"nothing was heard for {self._health_s:.0f} s"
                self._beat()
        return None

    def reply(self, event: Event, data: Mapping[str, Any]) -> None:
        """Answers an event from any thread. Raises: ServerUnavailable."""
        with translated(server=self._session.server_url):
            self._hub.publish_reply(event, dict(data))

    def publish(
        self, topic: str, data: Mapping[str, Any], *, target: str = "", event_id: str | None = None
    ) -> None:
        """Raises: ServerUnavailable."""
        from ftrack_api.event.base import Event

        with translated(server=self._session.server_url):
            self._hub.publish(Event(topic, id=event_id, data=dict(data), target=target))

    def close(self) -> None:
        """Ends the connection; never raises, whatever state it is in."""
        try:
            if self._hub.connected:
                # The server forgets the subscriptions of a closed socket. Saying so one by one would take
                # 15 s each on a dead one, which is how long the client waits before it sends again.
                self._hub.disconnect(unsubscribe=False)
        except Exception as error:  # noqa: BLE001 - a half-dead socket fails in many ways; it is given up anyway
            log.debug("The event hub was not closed cleanly: %s", error)
        self._session.close()

    def _beat(self) -> None:
        self._sent_beat += 1
        self._next_beat = time.monotonic() + self._health_s
        self.publish(HEALTH_TOPIC, {"listener": self._hub.id, "beat": self._sent_beat})

    def _heard(self, event: Event) -> None:
        self._heard_beat = event["data"].get("beat")
        self.heard_at = time.monotonic()
