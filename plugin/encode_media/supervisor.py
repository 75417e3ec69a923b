"""Tells systemd that the service is ready and alive (its notify protocol: datagrams of `NAME=value` lines)."""

from __future__ import annotations

import logging
import socket
import sys
import time

log = logging.getLogger(__name__)

ALIVE_EVERY_S = 10.0
"""Far more often than any sensible WatchdogSec; a datagram costs nothing."""


class Supervisor:
    """Whoever watches over this process; with an empty address nobody does, and all calls do nothing."""

    def __init__(self, address: str) -> None:
        # A leading @ stands for Linux's abstract namespace, whose names begin with a zero byte.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._alive_at = float("-inf")

    def ready(self, words: str) -> None:
        self._say(f"READY=1\nSTATUS={words}")

    def status(self, words: str) -> None:
        self._say(f"STATUS={words}")

    def alive(self) -> None:
        """To be called whenever the main loop comes round; not each call says something."""
        now = time.monotonic()
        if now - self._alive_at >= ALIVE_EVERY_S:
            self._alive_at = now
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def _say(self, text: str) -> None:
        if not self._address or sys.platform == "win32":
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.connect(self._address)
                channel.send(text.encode())
        except OSError as error:
            log.warning("The supervisor could not be told %s: %s", text.split("\n", 1)[0], error)
