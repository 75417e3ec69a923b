"""What a person entered, over all pages of the form.

A form forgets its earlier pages, so what they held travels along in a hidden field. Whatever comes back is
checked again as if it came from anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from encode_media.ftrack.review import AUTO_LOCATION
from encode_media.ftrack.targets import Scope
from encode_media.model.request import Afterwards

OPTION_PREFIX = "option_"
AFTER_PREFIX = "after_"
AS_PRESET = ""
"""The value of an option field that was left to the preset."""
STATE = "state"
STEP = "form_step"
SOURCES_PAGE, OPTIONS_PAGE, SUMMARY_PAGE, QUEUE_PAGE = "1", "2", "3", "queue"

ENCODE, SUMMARY, OPTIONS, EXPERT, BACK = "encode", "summary", "options", "expert", "back"
"""What comes next, as the field `next` has it. A form without it, as scripts fill it in, is encoded at once."""
_STEPS = frozenset({ENCODE, SUMMARY, OPTIONS, EXPERT, BACK})
AGAIN_PREFIX = "again:"
"""Or a published component is made again exactly; its id follows."""

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_MAX_STATE = 20_000
"""Characters; a form of ours needs a tenth of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Option values as the form gave them; the preset validates them."""

    preset: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    location: str = AUTO_LOCATION
    """Where deliverables go: the name of a location, or `auto`."""
    scope: Scope = Scope.LATEST
    only_missing: bool = False
    """Only versions without review media."""
    after: Afterwards | None = None
    """None: as the studio's rules say."""
    expert: bool = False
    """The options page shows the rare options, too."""
    split: str = "auto"
    """Whether several workers shall share it; checked like everything else that comes back."""
    favourite: bool | None = None
    """Whether the person wants the preset in the menu; None leaves it as it is."""
    page: str = SOURCES_PAGE
    next_step: str = ENCODE
    again: str = ""
    """The published component that is to be made again exactly, whatever else was entered."""
    asked: frozenset[str] = frozenset()
    """The options the page had a field for."""
    switched: bool = False
    """Another preset was chosen than the one the page was made for."""


def read_answer(values: Mapping[str, Any]) -> Answer:
    """The answer in a launch event's `values`. Fields left to the preset are left out."""
    before = _state(values.get(STATE))
    switched = bool(before.get("preset") and values.get("preset") and before["preset"] != values["preset"])
    if switched:
        before = {**before, "options": {}, "after": None}
    known = {**before, **{name: value for name, value in values.items() if value is not None}}
    step = str(known.get("next") or ENCODE)
    return Answer(
        preset=str(known.get("preset") or ""),
        options=_options(before, values),
        location=str(known.get("location") or AUTO_LOCATION),
        scope=Scope.ALL if known.get("scope") == Scope.ALL.value else Scope.LATEST,
        only_missing=truth(known.get("only_missing")) is True,
        after=_after(before, values),
        expert=truth(known.get("expert")) is True or step == EXPERT,
        split=str(known.get("split") or "auto"),
        favourite=truth(known.get("favourite")),
        page=str(values.get(STEP) or SOURCES_PAGE),
        next_step=step if step in _STEPS else ENCODE,
        again=step.removeprefix(AGAIN_PREFIX) if step.startswith(AGAIN_PREFIX) else "",
        asked=frozenset(name.removeprefix(OPTION_PREFIX) for name in values if name.startswith(OPTION_PREFIX)),
        switched=switched,
    )


def state_of(answer: Answer) -> dict[str, Any]:
    """The hidden field that carries an answer to the next page."""
    state = {
        "preset": answer.preset,
        "options": dict(answer.options),
        "location": answer.location,
        "scope": answer.scope.value,
        "only_missing": answer.only_missing,
        "after": asdict(answer.after) if answer.after else None,
        "expert": answer.expert,
        "split": answer.split,
    }
    return {"type": "hidden", "name": STATE, "value": json.dumps(state)}


def truth(value: Any) -> bool | None:
    """The truth of a form's value however it was spelled; None where it is neither."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _state(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > _MAX_STATE:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _options(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of earlier pages, with what this page's fields say; one left to the preset takes its option away."""
    earlier = before.get("options")
    found = dict(earlier) if isinstance(earlier, dict) else {}
    for name, value in values.items():
        if name.startswith(OPTION_PREFIX):
            option = name[len(OPTION_PREFIX) :]
            found.pop(option, None)
            if value is not None and value != AS_PRESET:
                found[option] = value
    return found


def _after(before: Mapping[str, Any], values: Mapping[str, Any]) -> Afterwards | None:
    earlier = before.get("after")
    words = dict(earlier) if isinstance(earlier, dict) else {}
    given = {name[len(AFTER_PREFIX) :]: value for name, value in values.items() if name.startswith(AFTER_PREFIX)}
    if not words and not given:
        return None
    words |= given
    return Afterwards(
        note=truth(words.get("note")) is True,
        done_status=str(words.get("done_status") or ""),
        failed_status=str(words.get("failed_status") or ""),
        list_name=str(words.get("list_name") or ""),
    )
