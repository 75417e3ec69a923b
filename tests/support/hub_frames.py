"""WebSocket frames of the event hub on their way to a client: split, repeated, and put into another order."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

EVENT = b"5:::"
"""How a packet of the hub's protocol begins that carries an event."""
_REPEATED, _HELD = 0.4, 0.4
"""Of the events, while they are shuffled."""


class HubFrames:
    """Takes the bytes a server sends after the upgrade, gives those that shall arrive."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._rest = b""
        self._held = b""

    def passing(self, piece: bytes, *, shuffled: bool) -> bytes:
        """What goes on to the client now; an event that is held goes behind the frame that follows it."""
        self._rest += piece
        return b"".join(self._place(frame, shuffled=shuffled) for frame in self._whole_frames())

    def _whole_frames(self) -> Iterator[bytes]:
        while (length := _frame_length(self._rest)) is not None and length <= len(self._rest):
            frame, self._rest = self._rest[:length], self._rest[length:]
            yield frame

    def _place(self, frame: bytes, *, shuffled: bool) -> bytes:
        held, self._held = self._held, b""
        if not shuffled or EVENT not in frame[:14]:
            return frame + held
        if self._chance.random() < _REPEATED:
            frame += frame
        if not held and self._chance.random() < _HELD:
            self._held = frame
            return b""
        return frame + held


def _frame_length(data: bytes) -> int | None:
    """Of the frame the bytes begin with, once its head is there. A server's frames are not masked (RFC 6455)."""
    if len(data) < 2:
        return None
    short = data[1] & 0x7F
    head, form = {126: (4, ">H"), 127: (10, ">Q")}.get(short, (2, ""))
    if len(data) < head:
        return None
    return head + (int(struct.unpack(form, data[2:head])[0]) if form else short)
