"""Sessions for threads that need one now and then; never one for two threads at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from encode_media.errors import ServerUnavailable
from encode_media.ftrack.session import open_session
from encode_media.settings import Settings

if TYPE_CHECKING:
    import ftrack_api

MAX_IDLE = 4
"""Kept open; more are only open while that many threads talk to the server."""


class SessionPool:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: list[ftrack_api.Session] = []
        self._lock = threading.Lock()

    @contextmanager
    def session(self) -> Iterator[ftrack_api.Session]:
        """A session that knows nothing of earlier work: what it reads is read from the server.

        Raises:
            ServerUnavailable, NotPermitted: none could be opened, or what the block raises.
        """
        with self._lock:
            session = self._idle.pop() if self._idle else None
        if session is None:
            session = open_session(self._settings)
        try:
            yield session
        except ServerUnavailable:
            # The session may be the reason: the next try gets a new one.
            session.close()
            raise
        except BaseException:
            self._give_back(session)
            raise
        self._give_back(session)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _give_back(self, session: ftrack_api.Session) -> None:
        # The client's cache never expires, and it grows with everything that was ever read.
        session.rollback()
        session.reset()
        with self._lock:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(session)
                return
        session.close()
