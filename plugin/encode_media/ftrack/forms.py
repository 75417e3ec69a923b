"""The form of the action, as values: what is shown for a selection, and what came back.

ftrack's forms are flat lists without conditions. So the first page has the sources, the presets and the
options most presets have; the second page, on demand, has all options of the chosen preset. Field names are
`preset`, `location`, `more`, and `option_<name>` for an option of the preset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.review import AUTO_LOCATION
from encode_media.ftrack.texts import render, word
from encode_media.model.media import Media, SourceKind
from encode_media.model.preset import Option, OptionKind

Item = dict[str, Any]
Form = dict[str, Any]

OPTION_PREFIX = "option_"
AS_PRESET = ""
"""The value of an option field that was left to the preset."""
MAX_SOURCES_SHOWN = 12
"""Beyond it a form gets too long to reach its button."""
_SEQUENCE_ONLY = frozenset({"missing_frames"})
_SOUND_ONLY = frozenset({"audio_track", "downmix"})
"""Silence and a sound file need no sound in the source."""
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


class PresetView(Protocol):
    """What a form needs to know of a preset."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def options(self) -> Mapping[str, Option]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """One version of the selection; with neither `media` nor `problem` its source is still being read."""

    label: str
    media: Media | None = None
    problem: EncodeMediaError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person entered, option values as the form gave them; the preset validates them."""

    preset: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    location: str = AUTO_LOCATION
    """Where deliverables go: the name of a location, or `auto`."""
    more: bool = False
    """The options page is wanted before anything is queued."""
    page: int = 1


def read_answer(values: Mapping[str, Any]) -> Answer:
    """The answer in a launch event's `values`. Fields left to the preset are left out."""
    options = {
        name[len(OPTION_PREFIX) :]: value
        for name, value in values.items()
        if name.startswith(OPTION_PREFIX) and value is not None and value != AS_PRESET
    }
    return Answer(
        preset=str(values.get("preset") or ""),
        options=options,
        location=str(values.get("location") or AUTO_LOCATION),
        more=_boolean(values.get("more")) is True,
        page=2 if str(values.get("form_step")) == "2" else 1,
    )


def first_page(
    sources: Sequence[SourceView],
    presets: Sequence[PresetView],
    *,
    preset: str,
    skipped: Sequence[str] = (),
    locations: Sequence[str] = (),
    answer: Answer | None = None,
    problem: EncodeMediaError | None = None,
) -> Form:
    """Sources, preset and shared options; with `answer` and `problem` the same page to correct.

    `locations` are those deliverables can go to; a choice is shown where there are several.
    """
    answer = answer or Answer(preset=preset)
    choices = [{"label": render("preset_choice", preset=each), "value": each.name} for each in presets]
    known = {each.name for each in presets}
    items = [*_problem_items(problem), label(render("heading", count=len(sources), preset=""))]
    items += _source_items(sources, skipped)
    items += _problem_items(problem, at="preset")
    items.append(
        {
            "type": "enumerator",
            "name": "preset",
            "label": word("preset"),
            "value": answer.preset if answer.preset in known else preset,
            "data": choices,
        }
    )
    for name, option in main_options(presets).items():
        if applies(name, option, sources):
            items += _problem_items(problem, at=name)
            items.append(option_field(name, option, answer.options.get(name), open_choice=True))
    if len(locations) > 1:
        items += _problem_items(problem, at="location")
        items.append(_location_field(locations, answer.location))
    items.append({"type": "boolean", "name": "more", "label": word("more"), "value": answer.more})
    items.append({"type": "hidden", "name": "form_step", "value": "1"})
    return _form(items, submit=word("submit"))


def options_page(
    sources: Sequence[SourceView],
    preset: PresetView,
    *,
    answer: Answer,
    problem: EncodeMediaError | None = None,
) -> Form:
    """All options of one preset that mean something for these sources."""
    heading = render("heading", count=len(sources), preset=preset.label)
    items = [*_problem_items(problem), label(heading), label(preset.description)]
    for name, option in preset.options.items():
        if applies(name, option, sources):
            items += _problem_items(problem, at=name)
            items.append(option_field(name, option, answer.options.get(name), open_choice=False))
    items.append({"type": "hidden", "name": "preset", "value": preset.name})
    items.append({"type": "hidden", "name": "location", "value": answer.location})
    items.append({"type": "hidden", "name": "form_step", "value": "2"})
    return _form(items, submit=word("submit"))


def label(text: str) -> Item:
    return {"type": "label", "value": text}


def main_options(presets: Sequence[PresetView]) -> dict[str, Option]:
    """Main options that their presets ask for in the same words, with the choices of all of them.

    Numbers are left out: each preset has its own scale.
    """
    found: dict[str, list[Option]] = {}
    for preset in presets:
        for name, option in preset.options.items():
            found.setdefault(name, []).append(option)
    return {
        name: _merged(options)
        for name, options in found.items()
        if any(option.main for option in options)
        and options[0].kind is not OptionKind.NUMBER
        and len({(option.kind, option.label) for option in options}) == 1
    }


def without_foreign(
    options: Mapping[str, Any], preset: PresetView, presets: Sequence[PresetView]
) -> dict[str, Any]:
    """The options of the first page that mean something to the chosen preset; unknown ones stay, to be refused."""
    known = {name for each in presets for name in each.options}
    return {name: value for name, value in options.items() if name in preset.options or name not in known}


def applies(name: str, option: Option, sources: Sequence[SourceView]) -> bool:
    """False for an option that would change nothing: a frame rate for movies, say. Unread sources count as any."""
    if option.kind is OptionKind.RATE or name in _SEQUENCE_ONLY:
        return any(_may_be(source, lambda media: media.kind is SourceKind.SEQUENCE) for source in sources)
    if name in _SOUND_ONLY:
        return any(_may_be(source, lambda media: bool(media.audio)) for source in sources)
    return True


def option_field(name: str, option: Option, value: Any, *, open_choice: bool) -> Item:
    """The field of an option. `open_choice` leaves it to the preset unless a value was chosen."""
    shown = value if value is not None else (AS_PRESET if open_choice else option.default)
    item: Item = {"name": f"{OPTION_PREFIX}{name}", "label": render("option_label", option=option)}
    if option.kind is OptionKind.CHOICE or (option.kind is OptionKind.BOOLEAN and open_choice):
        values = option.choices if option.kind is OptionKind.CHOICE else (True, False)
        data = [{"label": _choice_label(option, each), "value": choice_text(each)} for each in values]
        if open_choice:
            data.insert(0, {"label": word("as_preset"), "value": AS_PRESET})
        return item | {"type": "enumerator", "value": choice_text(shown), "data": data}
    if option.kind is OptionKind.BOOLEAN:
        return item | {"type": "boolean", "value": _boolean(shown) is True}
    if option.kind is OptionKind.NUMBER:
        return item | {"type": "number", "value": shown, "empty_text": word("as_preset")}
    return item | {"type": "text", "value": "" if shown is None else str(shown), "empty_text": word("as_preset")}


def _location_field(locations: Sequence[str], chosen: str) -> Item:
    data = [
        {"label": render("location_choice", location=name), "value": name} for name in (AUTO_LOCATION, *locations)
    ]
    return {"type": "enumerator", "name": "location", "label": word("location"), "value": chosen, "data": data}


def choice_text(value: Any) -> str:
    """A choice as an enumerator carries it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _merged(options: Sequence[Option]) -> Option:
    choices = dict.fromkeys(choice for option in options for choice in option.choices)
    labels = {value: text for option in reversed(options) for value, text in option.labels.items()}
    # The help speaks of one preset's default.
    return replace(options[0], choices=tuple(choices), labels=labels, help="")


def _may_be(source: SourceView, question: Callable[[Media], bool]) -> bool:
    return question(source.media) if source.media else source.problem is None


def _source_items(sources: Sequence[SourceView], skipped: Sequence[str]) -> list[Item]:
    shown = [label(render("source", source=source)) for source in sources[:MAX_SOURCES_SHOWN]]
    if len(sources) > MAX_SOURCES_SHOWN:
        shown.append(label(render("more_sources", count=len(sources) - MAX_SOURCES_SHOWN)))
    if skipped:
        shown.append(label(render("skipped", skipped=skipped)))
    return [*shown, label("---")]


def _problem_items(problem: EncodeMediaError | None, at: str | None = None) -> list[Item]:
    """The problem as a label: on top of the form, or beside the field it is about."""
    if problem is None or (at is not None and at != _field_of(problem)):
        return []
    return [label(render("problem", problem=problem))]


def _field_of(problem: EncodeMediaError) -> str | None:
    if problem.code == "source.frames_missing":
        return "missing_frames"
    option = problem.details.get("option")
    return str(option) if option else "preset" if problem.code.startswith("preset.") else None


def _choice_label(option: Option, value: Any) -> str:
    if option.kind is OptionKind.BOOLEAN:
        return word("yes") if value else word("no")
    return option.labels.get(choice_text(value), choice_text(value))


def _boolean(value: Any) -> bool | None:
    """The truth of a form's value however it was spelled; None where it is neither."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _form(items: list[Item], *, submit: str) -> Form:
    return {"type": "form", "title": word("title"), "submit_button_label": submit, "items": items}
