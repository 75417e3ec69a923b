"""Who is connected to the event hub, what they subscribed to, and who gets an event."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from websockets.frames import Frame, Opcode

from encode_media.sandbox.audience import Audience
from encode_media.sandbox.expressions import Expression, ExpressionError, parse_expression
from encode_media.sandbox.journal import Journal

_SID_LIFE_S = 60.0
"""A handshake that is not followed by its connection is forgotten after this."""
EVENT_KEYS = ("id", "topic", "data", "sent", "source", "target", "inReplyToEvent")
"""The Python client drops an event with any other key."""
_FROM_CLIENT_ONLY = frozenset({"ftrack.meta.connected", "ftrack.meta.disconnected", "ftrack.update"})
_ANY_TOPIC = ""
_TOPICS_KEPT = 1000

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

    def send_frame(self, frame: bytes) -> None:
        """Sends a packet that is framed already: most go to many."""
        ...

    def cut(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Subscription:
    peer: Peer
    subscriber: dict[str, Any]
    wanted: Expression

    @property
    def topic(self) -> str:
        """The one topic it is about, if it is about one."""
        return self.wanted.required.get("topic", _ANY_TOPIC)


@dataclass(slots=True)
class Hub:
    """Lives on the server's event loop; nothing here is shared between threads.

    An event is only tested against subscriptions for its topic and those without a topic of their own; one that
    is for a single subscriber, as every reply is, against that one alone.
    """

    journal: Journal
    _sessions: dict[str, tuple[HubUser, float]] = field(default_factory=dict)
    _peers: dict[Peer, int] = field(default_factory=dict)
    """Each connection with its number, counted from the start of the server."""
    _by_id: dict[str, _Subscription] = field(default_factory=dict)
    _by_topic: dict[str, dict[str, _Subscription]] = field(default_factory=dict)
    _general: dict[str, list[_Subscription]] = field(default_factory=dict)
    """By the topics of late: which subscriptions without a topic of their own may want it. Emptied by changes."""
    _connections: int = 0

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
        self._connections += 1
        self._peers[peer] = self._connections
        self.journal.note("connect", connection=self._connections, user=peer.user.username)
        peer.send_packet("1::")

    def disconnect(self, peer: Peer) -> None:
        number = self._peers.pop(peer, None)
        if number is not None:
            self.journal.note("disconnect", connection=number)
            for identifier in [key for key, entry in self._by_id.items() if entry.peer is peer]:
                self._forget(identifier)

    def count(self) -> int:
        return len(self._peers)

    def peers(self) -> list[Peer]:
        return list(self._peers)

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

    def publish(self, event: Mapping[str, Any], audience: Audience = None) -> None:
        """Sends an event once to every connection with a subscriber that it is meant for."""
        whole = {key: event.get(key) for key in EVENT_KEYS}
        whole["id"] = whole["id"] or uuid.uuid4().hex
        whole["target"] = whole["target"] or ""
        whole["data"] = whole["data"] if whole["data"] is not None else {}
        peers = self._receivers(whole, audience)
        self.journal.note("event", to=[self._peers[peer] for peer in peers], event=whole)
        if peers:
            packet = "5:::" + json.dumps({"name": "ftrack.event", "args": [whole]})
            frame = Frame(Opcode.TEXT, packet.encode()).serialize(mask=False)
            for peer in peers:
                peer.send_frame(frame)

    def _receivers(self, event: Event, audience: Audience) -> dict[Peer, None]:
        target = parse_expression(event["target"]) if event["target"] else None
        found: dict[Peer, None] = {}
        for entry in self._candidates(event["topic"], target):
            if (
                entry.peer not in found
                and (audience is None or entry.peer.user.id in audience)
                and (target is None or target.test(entry.subscriber))
                and entry.wanted.test(event)
            ):
                found[entry.peer] = None
        return found

    def _candidates(self, topic: str, target: Expression | None) -> Iterable[_Subscription]:
        if target is not None and "id" in target.required:
            only = self._by_id.get(target.required["id"])
            return () if only is None else (only,)
        if topic not in self._general:
            if len(self._general) >= _TOPICS_KEPT:
                self._general.clear()
            others = self._by_topic.get(_ANY_TOPIC, {}).values()
            self._general[topic] = [entry for entry in others if entry.wanted.topic(topic)]
        return [*self._by_topic.get(topic, {}).values(), *self._general[topic]]

    def _accept(self, peer: Peer, event: Event) -> None:
        topic = event["topic"]
        self.journal.note("receive", connection=self._peers.get(peer), event=event)
        if topic == "ftrack.meta.subscribe":
            self._subscribe(peer, event["data"])
        elif topic == "ftrack.meta.unsubscribe":
            identifier = str(event["data"]["subscriber"]["id"])
            entry = self._by_id.get(identifier)
            if entry is not None and entry.peer is peer:
                self._forget(identifier)
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
        entry = _Subscription(peer, subscriber, parse_expression(data["subscription"]))
        # After a reconnect the old connection may still seem alive: the newest one has the id.
        self._forget(identifier)
        if peer in self._peers:
            self._by_id[identifier] = entry
            self._general.clear()
            self._by_topic.setdefault(entry.topic, {})[identifier] = entry

    def _forget(self, identifier: str) -> None:
        entry = self._by_id.pop(identifier, None)
        if entry is not None:
            self._general.clear()
            of_topic = self._by_topic[entry.topic]
            del of_topic[identifier]
            if not of_topic:
                del self._by_topic[entry.topic]
