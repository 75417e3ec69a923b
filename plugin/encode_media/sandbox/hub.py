"""Who is connected to the event hub, what they subscribed to, and who gets an event."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from encode_media.sandbox.expressions import ExpressionError, Test, parse_expression

_SID_LIFE_S = 60.0
"""A handshake that is not followed by its connection is forgotten after this."""
EVENT_KEYS = ("id", "topic", "data", "sent", "source", "target", "inReplyToEvent")
"""The Python client drops an event with any other key."""
_FROM_CLIENT_ONLY = frozenset({"ftrack.meta.connected", "ftrack.meta.disconnected", "ftrack.update"})

Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubUser:
    """Whom a connection speaks for."""

    id: str
    username: str


class Peer(Protocol):
    """One connection, as the hub needs it."""

    user: HubUser

    def send_packet(self, packet: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Subscription:
    subscriber: dict[str, Any]
    test: Test


@dataclass(slots=True)
class Hub:
    """Lives on the server's event loop; nothing here is shared between threads."""

    _sessions: dict[str, tuple[HubUser, float]] = field(default_factory=dict)
    _peers: dict[Peer, dict[str, _Subscription]] = field(default_factory=dict)

    def open_session(self, user: HubUser) -> str:
        """A session id for one connection, to come soon."""
        limit = time.monotonic() - _SID_LIFE_S
        self._sessions = {sid: entry for sid, entry in self._sessions.items() if entry[1] > limit}
        sid = secrets.token_hex(16)
        self._sessions[sid] = (user, time.monotonic())
        return sid

    def claim_session(self, sid: str) -> HubUser | None:
        """Whom the session id stands for; it is good once."""
        user, born = self._sessions.pop(sid, (None, 0.0))
        return user if user and time.monotonic() - born < _SID_LIFE_S else None

    def connect(self, peer: Peer) -> None:
        self._peers[peer] = {}
        peer.send_packet("1::")

    def disconnect(self, peer: Peer) -> None:
        self._peers.pop(peer, None)

    def count(self) -> int:
        return len(self._peers)

    def receive(self, peer: Peer, packet: str) -> None:
        """Handles one packet of a connection. What it can't read, it reports to that connection alone."""
        code, _, rest = packet.partition(":")
        if code == "2":
            return
        if code == "0":
            self.disconnect(peer)
            return
        parts = rest.split(":", 2)
        if code != "5" or len(parts) != 3:  # noqa: PLR2004 - id, path, data
            return
        packet_id = parts[0]
        try:
            event = json.loads(parts[2])["args"][0]
            if not isinstance(event, dict) or not isinstance(event.get("topic"), str):
                raise ExpressionError("an event needs a topic")
            self._accept(peer, event)
            answer: dict[str, Any] = {"success": True}
        except (KeyError, IndexError, TypeError, ValueError) as error:
            answer = {"success": False, "message": f"The event was refused: {error}"}
        if packet_id.endswith("+"):
            # Without the argument the Python client's reader dies while it still seems connected.
            peer.send_packet(f"6:::{packet_id}{json.dumps([answer])}")

    def publish(self, event: Mapping[str, Any]) -> None:
        """Sends an event once to every connection with a subscriber that it is meant for."""
        whole = {key: event.get(key) for key in EVENT_KEYS}
        whole["id"] = whole["id"] or uuid.uuid4().hex
        whole["target"] = whole["target"] or ""
        whole["data"] = whole["data"] if whole["data"] is not None else {}
        target = parse_expression(whole["target"]) if whole["target"] else None
        packet = "5:::" + json.dumps({"name": "ftrack.event", "args": [whole]})
        for peer, subscriptions in list(self._peers.items()):
            if any(
                (target is None or target(entry.subscriber)) and entry.test(whole)
                for entry in list(subscriptions.values())
            ):
                peer.send_packet(packet)

    def _accept(self, peer: Peer, event: Event) -> None:
        topic = event["topic"]
        if topic == "ftrack.meta.subscribe":
            self._subscribe(peer, event["data"])
        elif topic == "ftrack.meta.unsubscribe":
            self._peers.get(peer, {}).pop(str(event["data"]["subscriber"]["id"]), None)
        elif topic in _FROM_CLIENT_ONLY:
            raise ExpressionError(f"{topic} is not for clients to publish")
        else:
            source = event.get("source")
            # Nobody publishes as somebody else; and handlers read the user's id, which no client sends.
            user = {"id": peer.user.id, "username": peer.user.username}
            self.publish({**event, "source": {**(source if isinstance(source, dict) else {}), "user": user}})

    def _subscribe(self, peer: Peer, data: dict[str, Any]) -> None:
        subscriber = dict(data["subscriber"])
        identifier = str(subscriber["id"])
        test = parse_expression(data["subscription"])
        # After a reconnect the old connection may still seem alive: the newest one has the id.
        for other, subscriptions in self._peers.items():
            if other is not peer:
                subscriptions.pop(identifier, None)
        if peer in self._peers:
            self._peers[peer][identifier] = _Subscription(subscriber, test)
