"""Listens on the event hub, whatever happens to the connection, and answers within a second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from encode_media.errors import EncodeMediaError, NotPermitted, ServerUnavailable, failure
from encode_media.ftrack.action_rules import load_action_rules
from encode_media.ftrack.answering import Answering
from encode_media.ftrack.batch_watcher import BatchWatcher
from encode_media.ftrack.ftrack_job import settle_stale_jobs
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.hub import HEALTH_S, HubConnection, HubState
from encode_media.ftrack.known import Known
from encode_media.ftrack.messages import Message
from encode_media.ftrack.readiness import Desk
from encode_media.ftrack.source_reader import SourceReader
from encode_media.ftrack.texts import texts_of
from encode_media.ftrack.trigger_file import load_rules
from encode_media.ftrack.triggers import TriggerRules
from encode_media.ftrack.watcher import Watcher
from encode_media.ftrack.workers import Workers
from encode_media.jobs.engine import JobClient
from encode_media.presets.catalog import Catalog
from encode_media.settings import Settings

log = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
"""Between two tries to connect; doubled each time up to this."""

_ALIVE_TICK_S = 1.0

SWEEP_S = 600.0
"""Between two looks for ftrack_jobs whose end nobody could write."""
REFRESH_S = 300.0
"""How old what the menu knows of people, presets and habits may get."""


class Listener:
    """The hub side of the service.

    `state` is kept up to date for whoever counts; `alive` is called whenever the listener's loop comes round.

    Raises:
        InvalidParameters: the rules of the triggers or of the action have a mistake.
    """

    def __init__(
        self,
        settings: Settings,
        client: JobClient,
        catalog: Catalog,
        *,
        health_s: float = HEALTH_S,
        state: HubState | None = None,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._health_s = health_s
        self._state = state or HubState()
        self._alive = alive
        self._client = client
        self._texts = texts_of(settings)
        self._known = Known(client, catalog, load_action_rules(settings.action_file))
        self._workers = Workers(settings)
        rules = load_rules(settings.triggers_file, catalog)
        self._batches = BatchWatcher(self._workers, client, self._texts)
        self._desk = Desk(
            settings=settings,
            client=client,
            catalog=catalog,
            reader=SourceReader(),
            known=self._known,
            texts=self._texts,
            triggers=rules if settings.triggers_file else TriggerRules(),
            watch_batch=self._batches.adopt,
        )
        self._next_sweep = self._next_refresh = 0.0
        self._watcher = Watcher(rules, self._workers, client, catalog, owner=settings.service_id)
        self._answering = Answering(self._desk, self._workers, self._state, hear=self._watcher.hear, say=self._say)
        self._connection: HubConnection | None = None
        self.connected = threading.Event()
        """Set while events are heard."""
        self._unserved_since = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Listens until `stop` is set. A server that is away, at the start or later, is waited for.

        Raises:
            NotPermitted: the server refuses the credentials at the start.
            ServerUnavailable: nothing was heard for longer than `Settings.unserved_limit_s`.
        """
        heard_before = False
        self._unserved_since = time.monotonic()
        try:
            while not stop.is_set():
                connection = self._connect(stop, patient=heard_before)
                if connection is None:
                    return
                heard_before = True
                self._serve(connection, stop)
        finally:
            self._workers.close()
            self._desk.reader.close()

    def _connect(self, stop: threading.Event, *, patient: bool) -> HubConnection | None:
        """A connection, or None if `stop` came first. The trouble is said once, and its end."""
        wait_s, told = FIRST_WAIT_S, False
        while not stop.is_set():
            try:
                connection = HubConnection.open(
                    self._settings, self._answering.subscriptions(), health_s=self._health_s
                )
            except (NotPermitted, ServerUnavailable) as error:
                if isinstance(error, NotPermitted) and not patient:
                    raise
                self._give_up_in_time()
                if not told:
                    log.warning("%s It is tried again until it answers.", error.message)
                told = True
            else:
                log.info("Listening to %s", self._settings.server)
                return connection
            self._wait(stop, wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        return None

    def _wait(self, stop: threading.Event, seconds: float) -> None:
        """Waits without looking dead, and not beyond the moment to give up."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not stop.wait(min(left, _ALIVE_TICK_S)):
            self._alive()
            self._give_up_in_time()

    def _give_up_in_time(self) -> None:
        """A connection that opens but never hears a message of its own is no service either."""
        limit, unserved = self._settings.unserved_limit_s, time.monotonic() - self._unserved_since
        if limit and unserved > limit:
            raise failure("hub.unheard", seconds=round(unserved), server=self._settings.server)

    def _serve(self, connection: HubConnection, stop: threading.Event) -> None:
        self._connection = connection
        self._workers.warm()
        if not self._settings.personal:
            self._watcher.catch_up()
        self.connected.set()
        self._state.connected = True
        self._next_sweep = self._next_refresh = 0.0
        try:
            reason = connection.serve(stop, lambda: self._tick(connection))
        finally:
            self.connected.clear()
            self._state.connected = False
            self._connection = None
            connection.close()
        if reason:
            log.warning("The event hub was lost (%s); connecting again", reason)
            self._give_up_in_time()

    def _tick(self, connection: HubConnection) -> None:
        self._alive()
        if connection.heard_at is not None and connection.heard_at > self._unserved_since:
            self._unserved_since = connection.heard_at
            self._state.last_event_at = time.time()
        self._watcher.tick()
        self._batches.tick(lambda message: self._publish(connection, message))
        now = time.monotonic()
        if now >= self._next_refresh:
            self._next_refresh = now + REFRESH_S
            self._workers.submit(
                self._known.refresh, lambda error: log.info("The menu knows less: %s", error.message)
            )
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_S
            self._settle_stale_jobs()

    def _publish(self, connection: HubConnection, message: Message) -> None:
        try:
            connection.publish(message.topic, message.data, target=message.target, event_id=message.event_id)
        except EncodeMediaError as error:
            log.warning("Something was not said: %s", error.message)

    def _settle_stale_jobs(self) -> None:
        """What ended while the server was away, or got lost with a database, must not look alive for ever."""

        def work(gateway: Gateway) -> None:
            count = settle_stale_jobs(
                gateway.session,
                self._settings.service_id,
                self._client.job,
                texts=self._texts,
                adopt=self._batches.adopt,
            )
            if count:
                log.info("%d ftrack jobs looked alive that had ended", count)

        self._workers.submit(work, lambda error: log.warning("Stale ftrack jobs stay: %s", error.message))

    def _say(self, speak: Callable[[HubConnection], None]) -> None:
        connection = self._connection
        if connection is None:
            log.warning("An answer was lost because the event hub is not connected")
            return
        try:
            speak(connection)
        except EncodeMediaError as error:
            log.warning("An answer was lost: %s", error.message)
