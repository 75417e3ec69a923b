"""Says things on the event hub from a thread of its own: an encode never waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.hub import HEALTH_S, HubConnection
from encode_media.ftrack.messages import Message
from encode_media.settings import Settings

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
"""Between two tries to connect; doubled each time up to this."""
_FLUSH_TICK_S = 0.02


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: Message
    until: float
    """When it stops being worth saying."""
    again: bool
    """Said once more on a new connection if the old one was lost soon after: repeats are recognisable."""


class Announcer:
    """One per process. Connects when there is something to say, and again whenever the hub was lost."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: deque[_Waiting] = deque()
        self._said: deque[tuple[float, _Waiting]] = deque()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def say(self, message: Message, *, keep_s: float, again: bool = False) -> None:
        """Publishes soon; drops it after `keep_s` seconds without a hub. Neither blocks nor raises."""
        with self._lock:
            self._waiting.append(_Waiting(message, time.monotonic() + keep_s, again))
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="encode-media-announcer", daemon=True)
                self._thread.start()

    def flush(self, timeout_s: float) -> bool:
        """Waits until everything was said; False if that took too long."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            with self._lock:
                if not self._waiting:
                    return True
            time.sleep(_FLUSH_TICK_S)
        return False

    def close(self, *, timeout_s: float = 3.0) -> None:
        """Says what waits, if the hub is there, and disconnects."""
        if self._thread is not None:
            self.flush(timeout_s)
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._stop.is_set():
            try:
                connection = HubConnection.open(self._settings, {})
            except EncodeMediaError as error:
                log.debug("The event hub can't be reached: %s", error.message)
                self._drop_late()
                self._stop.wait(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
                continue
            wait_s = FIRST_WAIT_S
            self._repeat_recent()
            try:
                reason = connection.serve(self._stop, lambda hub=connection: self._drain(hub))  # type: ignore[misc]
                if reason is not None:
                    log.info("The event hub was lost (%s); connecting again", reason)
            finally:
                connection.close()

    def _drain(self, connection: HubConnection) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                item = self._waiting[0]
            message = item.message
            # Taken off only when said: a failure leaves it for the next connection.
            connection.publish(message.topic, message.data, target=message.target, event_id=message.event_id)
            with self._lock:
                self._waiting.popleft()
                if item.again:
                    self._said.append((time.monotonic(), item))

    def _drop_late(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._waiting = deque(item for item in self._waiting if item.until > now)

    def _repeat_recent(self) -> None:
        """A connection can be dead for a while before it is noticed, and what is said then is lost."""
        since = time.monotonic() - 2 * HEALTH_S
        with self._lock:
            recent = [item for said_at, item in self._said if said_at >= since]
            self._said.clear()
            self._waiting.extendleft(reversed(recent))
