"""The menu: what a right-click offers, from memory alone."""

from __future__ import annotations

import logging
import platform
import re
from collections.abc import Mapping
from typing import Any

from encode_media.errors import failure
from encode_media.ftrack.action_rules import Person
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.known import Known
from encode_media.ftrack.selection import Selection, read_selection
from encode_media.ftrack.texts import texts_of
from encode_media.settings import Settings

log = logging.getLogger(__name__)

ACTION_ID = "encode-media"
CHOICE_KEY = "encodeMedia"
"""Which entry was clicked: extra keys of an entry come back in the launch event."""
CHOOSE, PRESET, QUEUE = "choose", "preset", "queue"

Reply = dict[str, Any]


def action_id(settings: Settings) -> str:
    """A person's own runner has an identifier of its own: two machines of theirs answer separately."""
    if not settings.personal:
        return ACTION_ID
    return f"{ACTION_ID}.{host_name()}"


def host_name() -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", platform.node() or "local")


def discover(data: Mapping[str, Any], user: Mapping[str, Any], known: Known, settings: Settings) -> Reply | None:
    """The entries for a selection, or None where the action can't work or is not for this person."""
    selection = read_selection(data)
    if not selection.entries:
        return None
    person = known.person(user)
    reason = refusal(selection, person, known)
    if reason:
        log.info("Not offered: %s", reason)
        return None
    texts = texts_of(settings)
    where = texts.render("menu_where", host=host_name()) if settings.personal else ""
    common: dict[str, Any] = {"label": " ".join((texts.word("title"), where)).strip()}
    common["actionIdentifier"] = action_id(settings)
    if settings.icon_url:
        common["icon"] = settings.icon_url

    def entry(choice: str, variant: str, description: str, **more: str) -> Reply:
        return {**common, "variant": variant, "description": description, CHOICE_KEY: choice, **more}

    favourites = [
        entry(
            PRESET,
            preset.label,
            texts.render("menu_preset", preset=preset, is_own=is_own),
            preset=preset.name,
        )
        for preset, is_own in known.favourites(person)
    ]
    return {
        "items": [
            entry(CHOOSE, texts.word("menu_choose"), texts.word("description")),
            *favourites,
            entry(QUEUE, texts.word("menu_queue"), texts.word("queue_description")),
        ]
    }


def refusal(selection: Selection, person: Person | None, known: Known) -> str:
    """Why the rules keep the action from this person and selection, as far as is known; empty if they don't."""
    kinds = {entry.kind for entry in selection.entries}
    return known.rules.offer.refusal(kinds=kinds, person=person, projects=known.projects(selection.entries))


def require_offered(known: Known, gateway: Gateway, selection: Selection, user_id: str, name: str) -> None:
    """The menu may have been opened before this was known, and an event can come without any menu.

    Raises:
        NotPermitted: the studio's rules keep the action from this person or selection.
    """
    person = known.learn(gateway, selection.entries, user_id)
    reason = refusal(selection, person, known)
    if reason:
        log.warning("Refused to %s: %s", name, reason)
        raise failure("action.restricted", user=name, problem=reason)
