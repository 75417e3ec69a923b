"""What the service says to the events it hears, within a second and whatever goes wrong."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack.action import launch
from encode_media.ftrack.entities import UserInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.hub import HubConnection, HubState
from encode_media.ftrack.launching import Reply, Send
from encode_media.ftrack.menu import action_id, discover, host_name
from encode_media.ftrack.messages import (
    CANCEL_TOPIC,
    COMPONENT_ADDED_TOPIC,
    DISCOVER_TOPIC,
    INTERFACE_TOPIC,
    LAUNCH_TOPIC,
    SUBMIT_TOPIC,
)
from encode_media.ftrack.readiness import Desk
from encode_media.ftrack.selection import read_selection
from encode_media.ftrack.wishes import cancel_event, submit_event
from encode_media.ftrack.workers import Workers
from encode_media.log_lines import about

if TYPE_CHECKING:
    from ftrack_api.event.base import Event

log = logging.getLogger(__name__)

RUNNER_KEY = "runner"
"""In the data of a wish: the host whose runner it is for."""

AnswerTo = Callable[[Gateway, Mapping[str, Any], UserInfo, Send], None]
Say = Callable[[Callable[[HubConnection], None]], None]
"""Does something with the connection that stands at the moment; from any thread, and never raises."""


class Answering:
    """The handlers of everything the listener subscribes to. `hear` takes the events of the automatic triggers."""

    def __init__(
        self, desk: Desk, workers: Workers, state: HubState, *, hear: Callable[[Event], None], say: Say
    ) -> None:
        self._desk = desk
        self._settings = desk.settings
        self._known = desk.known
        self._texts = desk.texts
        self._workers = workers
        self._state = state
        self._hear = hear
        self._say = say

    def subscriptions(self) -> dict[str, Callable[[Event], Any]]:
        own = f' and source.user.username="{self._settings.api_user}"' if self._settings.personal else ""
        named = f' and data.{RUNNER_KEY}="{host_name()}"{own}' if self._settings.personal else ""
        launches = f'topic={LAUNCH_TOPIC} and data.actionIdentifier="{action_id(self._settings)}"'
        asked = {
            f"topic={DISCOVER_TOPIC}{own}": self._guarded(self._on_discover, answers=False),
            f"{launches}{own}": self._guarded(self._on_launch),
            f"topic={SUBMIT_TOPIC}{named}": self._guarded(self._on_submit),
            f"topic={CANCEL_TOPIC}{named}": self._guarded(self._on_cancel),
        }
        if self._settings.personal:
            # Every person's runner hears of every publish; only the studio's service may act on it.
            return asked
        return {
            **asked,
            "topic=ftrack.update": self._guarded(self._hear, answers=False),
            f"topic={COMPONENT_ADDED_TOPIC}": self._guarded(self._hear, answers=False),
        }

    def _guarded(self, handler: Callable[[Event], Any], *, answers: bool = True) -> Callable[[Event], Any]:
        """The handler with whatever it raises turned into an answer, where somebody waits for one.

        The hub itself would swallow it and leave a person without a word.
        """

        def handle(event: Event) -> Any:
            self._state.last_event_at = time.time()
            try:
                return handler(event)
            except Exception as error:
                log.exception("An event of %s could not be handled", event["topic"])
                reply = failed_reply(failure("internal", problem=f"{type(error).__name__}: {error}"))
                return reply if answers else None

        return handle

    def _on_discover(self, event: Event) -> Reply | None:
        user = _user_of(event)
        answer = discover(event["data"], user, self._known, self._settings)
        self._learn_about(event, user)
        return answer

    def _learn_about(self, event: Event, user: Mapping[str, Any]) -> None:
        """What this menu lacked is known to the next one."""
        entries = read_selection(event["data"]).entries
        if not entries or not self._known.is_new(entries, self._known.person(user)):
            return

        def work(gateway: Gateway) -> None:
            self._known.learn(gateway, entries, _person(gateway, event).id)

        self._workers.submit(work, lambda error: log.debug("Not learnt: %s", error.message))

    def _on_launch(self, event: Event) -> Reply | None:
        return self._hand_over(event, lambda *asked: launch(self._desk, *asked, event_id=str(event["id"])))

    def _is_for_another(self, event: Event) -> bool:
        """True for what a person's own runner is asked by name: a service answers only what is for anybody."""
        return bool(event["data"].get(RUNNER_KEY)) and not self._settings.personal

    def _on_submit(self, event: Event) -> Reply | None:
        if self._is_for_another(event):
            return None
        return self._hand_over(event, lambda *asked: submit_event(self._desk, *asked, event_id=str(event["id"])))

    def _on_cancel(self, event: Event) -> Reply | None:
        if self._is_for_another(event):
            return None
        return self._hand_over(
            event, lambda gateway, data, user, send: send(cancel_event(self._desk, gateway, data, user))
        )

    def _hand_over(self, event: Event, answering: AnswerTo) -> Reply | None:
        """Lets a worker answer; an answer here only if there is no room for it."""
        answer = _Answer(event, self._say)

        def work(gateway: Gateway) -> None:
            user = _person(gateway, event)
            answer.user_id = user.id
            with about(user=user.username):
                answering(gateway, event["data"], user, answer)

        if self._workers.submit(work, lambda error: answer(failed_reply(error))):
            return None
        return {"success": False, "message": self._texts.word("busy")}


class _Answer:
    """The first call replies to the event, later ones appear in the person's browser. From any thread."""

    def __init__(self, event: Event, say: Say) -> None:
        self._event = event
        self._say = say
        self._replied = False
        self._lock = threading.Lock()
        self.user_id = ""

    def __call__(self, reply: Reply) -> None:
        with self._lock:
            is_first, self._replied = not self._replied, True
        if is_first:
            self._say(lambda connection: connection.reply(self._event, reply))
            return
        target = f'applicationId=ftrack.client.web and user.id="{self.user_id}"'
        message = {"type": "message", **reply}
        if "items" in reply:
            # A form that is pushed says itself where its values go to.
            data = self._event["data"]
            message |= {key: data[key] for key in ("actionIdentifier", "selection") if key in data}
        self._say(lambda connection: connection.publish(INTERFACE_TOPIC, message, target=target))


def failed_reply(error: EncodeMediaError) -> Reply:
    """What a person reads when nothing could be done."""
    return {"success": False, "message": error.told, "code": error.code}


def _user_of(event: Event) -> Mapping[str, Any]:
    source = event["source"]
    user = source.get("user") if isinstance(source, Mapping) else None
    return user if isinstance(user, Mapping) else {}


def _person(gateway: Gateway, event: Event) -> UserInfo:
    """Who caused an event, as the server knows them: clients fill in the name or the id or both."""
    user = _user_of(event)
    name = user.get("id") or user.get("username")
    if not isinstance(name, str) or not name:
        raise failure("request.invalid", problem="the event does not say who asks")
    return gateway.user(name)
