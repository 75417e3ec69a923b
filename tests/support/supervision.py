"""What starts a service again that could not start, as systemd would: `Restart=` of resource/service."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from encode_media.errors import ServerUnavailable
from support.serving import Service

RESTART_S = 0.5
"""Sooner than systemd's five seconds, to be over while things are still broken."""


class Supervision:
    """Only of a process that never got ready, and ended with what says that a server is away.

    One that was up has to live through whatever is taken from it: it stays where it fell, to be found.
    """

    def __init__(self, parts: Sequence[Service]) -> None:
        self.turn = threading.Lock()
        """For whoever ends and starts a part beside this."""
        self.restarts = 0
        self._parts = parts
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervision")
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(RESTART_S):
            for part in self._parts:
                with self.turn:
                    if part.running.poll() == ServerUnavailable.exit_code and not part.ready:
                        part.start()
                        self.restarts += 1
