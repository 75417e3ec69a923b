"""The items of a form: labels, and the fields of a preset's options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.answers import AS_PRESET, OPTION_PREFIX, truth
from encode_media.ftrack.texts import Texts
from encode_media.model.media import Media, SourceKind
from encode_media.model.preset import Option, OptionKind

Item = dict[str, Any]

_SEQUENCE_ONLY = frozenset({"missing_frames"})
_SOUND_ONLY = frozenset({"audio_track", "downmix"})
"""Silence and a sound file need no sound in the source."""


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
    def suits(self, kind: SourceKind) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """One version of the selection; with neither `media` nor `problem` its source is still being read."""

    label: str
    media: Media | None = None
    problem: EncodeMediaError | None = None


def label(text: str) -> Item:
    return {"type": "label", "value": text}


def rule() -> Item:
    return label("---")


def hidden(name: str, value: Any) -> Item:
    return {"type": "hidden", "name": name, "value": value}


def enumerator(name: str, title: str, value: str, choices: Sequence[tuple[str, str]]) -> Item:
    """A choice; the choices are pairs of value and what a person reads."""
    data = [{"label": text, "value": choice} for choice, text in choices]
    return {"type": "enumerator", "name": name, "label": title, "value": value, "data": data}


def boolean(name: str, title: str, value: bool) -> Item:
    return {"type": "boolean", "name": name, "label": title, "value": value}


def option_field(texts: Texts, name: str, option: Option, value: Any, *, open_choice: bool) -> Item:
    """The field of an option. `open_choice` leaves it to the preset unless a value was chosen."""
    shown = value if value is not None else (AS_PRESET if open_choice else option.default)
    title = texts.render("option_label", option=option)
    item: Item = {"name": f"{OPTION_PREFIX}{name}", "label": title}
    if option.kind is OptionKind.CHOICE or (option.kind is OptionKind.BOOLEAN and open_choice):
        values = option.choices if option.kind is OptionKind.CHOICE else (True, False)
        choices = [(choice_text(each), choice_label(texts, option, each)) for each in values]
        if open_choice:
            choices.insert(0, (AS_PRESET, texts.word("as_preset")))
        return enumerator(item["name"], title, choice_text(shown), choices)
    if option.kind is OptionKind.BOOLEAN:
        return item | {"type": "boolean", "value": truth(shown) is True}
    empty = {"empty_text": texts.word("as_preset")}
    if option.kind is OptionKind.NUMBER:
        return item | {"type": "number", "value": shown, **empty}
    return item | {"type": "text", "value": "" if shown is None else str(shown), **empty}


def choice_text(value: Any) -> str:
    """A choice as an enumerator carries it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def choice_label(texts: Texts, option: Option, value: Any) -> str:
    if option.kind is OptionKind.BOOLEAN:
        return texts.word("yes" if truth(value) else "no")
    return option.labels.get(choice_text(value), choice_text(value))


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


def without_defaults(options: Mapping[str, Any], preset: PresetView) -> dict[str, Any]:
    """Only what was chosen: the options page sends every field, most of them as they came."""
    return {
        name: value
        for name, value in options.items()
        if name not in preset.options or not _is_default(preset.options[name], value)
    }


def _is_default(option: Option, value: Any) -> bool:
    if option.kind is OptionKind.BOOLEAN:
        return truth(value) is (option.default is True)
    if option.kind is OptionKind.NUMBER and isinstance(option.default, int | float):
        try:
            return float(value) == float(option.default)
        except (TypeError, ValueError):
            return False
    return choice_text(value) == choice_text(option.default)


def applies(name: str, option: Option, sources: Sequence[SourceView]) -> bool:
    """False for an option that would change nothing: a frame rate for movies, say. Unread sources count as any."""
    if option.kind is OptionKind.RATE or name in _SEQUENCE_ONLY:
        return any(_may_be(source, lambda media: media.kind is SourceKind.SEQUENCE) for source in sources)
    if name in _SOUND_ONLY:
        return any(_may_be(source, lambda media: bool(media.audio)) for source in sources)
    return True


def problem_items(
    texts: Texts,
    problem: EncodeMediaError | None,
    at: str | None = None,
    *,
    options: Mapping[str, Option] | None = None,
) -> list[Item]:
    """The problem as a label: on top of the form, or beside the field it is about."""
    if problem is None or (at is not None and at != field_of(problem)):
        return []
    about = (options or {}).get(field_of(problem) or "")
    return [label(texts.render("problem", problem=problem, title=about.label if about else ""))]


def field_of(problem: EncodeMediaError) -> str | None:
    if problem.code == "source.frames_missing":
        return "missing_frames"
    option = problem.details.get("option")
    return str(option) if option else "preset" if problem.code.startswith("preset.") else None


def _merged(options: Sequence[Option]) -> Option:
    choices = dict.fromkeys(choice for option in options for choice in option.choices)
    labels = {value: text for option in reversed(options) for value, text in option.labels.items()}
    # The help speaks of one preset's default.
    return replace(options[0], choices=tuple(choices), labels=labels, help="")


def _may_be(source: SourceView, question: Callable[[Media], bool]) -> bool:
    return question(source.media) if source.media else source.problem is None
