"""The pages of the form, as values.

ftrack's forms are flat lists without conditions and with one button. So the first page has the sources, the
presets and the options most presets have; the second, on demand, the options of the chosen preset in groups;
the third says what will happen. A field `next` on each says where its button leads, back included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.answers import (
    AFTER_PREFIX,
    AGAIN_PREFIX,
    BACK,
    ENCODE,
    EXPERT,
    OPTIONS,
    OPTIONS_PAGE,
    SOURCES_PAGE,
    STEP,
    SUMMARY,
    SUMMARY_PAGE,
    Answer,
    state_of,
)
from encode_media.ftrack.fields import (
    Item,
    PresetView,
    SourceView,
    applies,
    boolean,
    enumerator,
    hidden,
    label,
    main_options,
    option_field,
    problem_items,
    rule,
)
from encode_media.ftrack.review import AUTO_LOCATION
from encode_media.ftrack.summary import Summary
from encode_media.ftrack.targets import Scope
from encode_media.ftrack.texts import Texts
from encode_media.model.request import Afterwards, SplitWish

Form = dict[str, Any]

MAX_SOURCES_SHOWN = 12
"""Beyond it a form gets too long to reach its button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What is selected, as the first page tells it."""

    views: Sequence[SourceView] = ()
    skipped: Sequence[str] = ()
    """Types in the selection that can't hold media."""
    unseen: int = 0
    reviewed: int = 0
    beyond: int = 0
    has_containers: bool = False
    """Something is selected that stands for versions: their scope can be chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Something we published on the only version, that can be made again."""

    component_id: str
    preset: str
    published_at: float
    is_exact: bool
    """False: the preset can only be taken as it is now."""
    source_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What can be chosen where the versions are: what is there, locations, and what may happen afterwards."""

    made: Sequence[Made] = ()
    locations: Sequence[str] = ()
    statuses: Sequence[str] = ()
    lists: Sequence[str] = ()
    can_share: bool = False
    """There are workers that could share an encode as long as this."""


def first_page(
    texts: Texts,
    sources: Sources,
    presets: Sequence[PresetView],
    answer: Answer,
    *,
    around: Surroundings,
    problem: EncodeMediaError | None = None,
) -> Form:
    """Sources, preset and shared options; `answer` fills it, with `problem` it is there to be corrected."""
    views, asked = sources.views, main_options(presets)
    items = [
        *problem_items(texts, problem, options=asked),
        label(texts.render("heading", count=len(views), preset="")),
        *_source_items(texts, sources),
        rule(),
    ]
    if sources.has_containers:
        scopes = [(scope.value, texts.word(f"scope_{scope.value}")) for scope in Scope]
        items.append(enumerator("scope", texts.word("scope"), answer.scope.value, scopes))
    if sources.has_containers or len(views) > 1 or answer.only_missing:
        items.append(boolean("only_missing", texts.word("only_missing"), answer.only_missing))
    items += problem_items(texts, problem, at="preset")
    items.append(_preset_field(texts, presets, views, answer))
    for name, option in asked.items():
        if applies(name, option, views):
            items += problem_items(texts, problem, at=name, options=asked)
            items.append(option_field(texts, name, option, answer.options.get(name), open_choice=True))
    if len(around.locations) > 1:
        items += problem_items(texts, problem, at="location")
        items.append(_location_field(texts, around.locations, answer.location))
    items.append(_next_field(texts, (SUMMARY, OPTIONS, ENCODE), answer.next_step, made=around.made))
    return _form(texts, items, answer, SOURCES_PAGE, submit="continue")


def options_page(
    texts: Texts,
    sources: Sources,
    preset: PresetView,
    answer: Answer,
    *,
    around: Surroundings,
    after: Afterwards,
    problem: EncodeMediaError | None = None,
) -> Form:
    """The options of one preset that mean something for these sources, in groups."""
    heading = texts.render("heading", count=len(sources.views), preset=preset.label)
    items = [
        *problem_items(texts, problem, options=preset.options),
        label(heading),
        label(preset.description),
    ]
    options = {name: option for name, option in preset.options.items() if applies(name, option, sources.views)}
    wrong = {name for name in options if problem_items(texts, problem, at=name)}
    hidden_ones = set(texts.groups.hidden(options))
    expert = answer.expert or bool(wrong & hidden_ones)
    for title, names in texts.groups.arrange(options, expert=expert, others=texts.word("other_options")):
        items.append(label(f"**{title}**"))
        for name in names:
            items += problem_items(texts, problem, at=name, options=options)
            items.append(option_field(texts, name, options[name], answer.options.get(name), open_choice=False))
    items += _after_items(texts, around, after, problem)
    if expert and around.can_share:
        items += [label(f"**{texts.word('machines')}**"), _split_field(texts, answer.split)]
    steps = (SUMMARY, ENCODE, EXPERT, BACK) if hidden_ones and not expert else (SUMMARY, ENCODE, BACK)
    items += [rule(), _next_field(texts, steps, SUMMARY)]
    return _form(texts, items, answer, OPTIONS_PAGE, submit="continue")


def summary_page(texts: Texts, summary: Summary, answer: Answer, *, is_favourite: bool) -> Form:
    """What will happen, before it does."""
    items = [
        label(texts.render("summary", summary=summary)),
        *(label(texts.render("summary_version", line=line)) for line in summary.lines[:MAX_SOURCES_SHOWN]),
    ]
    rest = len(summary.lines) - MAX_SOURCES_SHOWN
    if rest > 0:
        items.append(label(texts.render("more_sources", count=rest)))
    if summary.skipped:
        items.append(label(texts.render("summary_skipped", skipped=summary.skipped[:MAX_SOURCES_SHOWN],
                                        count=len(summary.skipped))))  # fmt: skip
    items.append(rule())
    if summary.lines:
        items.append(boolean("favourite", texts.render("favourite", preset=summary.preset_label), is_favourite))
    steps = (ENCODE, OPTIONS, BACK) if summary.lines else (BACK, OPTIONS)
    items.append(_next_field(texts, steps, steps[0], here="3"))
    return _form(texts, items, answer, SUMMARY_PAGE, submit="submit" if summary.lines else "continue")


def _preset_field(
    texts: Texts, presets: Sequence[PresetView], views: Sequence[SourceView], answer: Answer
) -> Item:
    kinds = {view.media.kind for view in views if view.media}
    choices = [
        (
            each.name,
            texts.render("preset_choice", preset=each, suits=all(each.suits(kind) for kind in kinds)),
        )
        for each in presets
    ]
    known = {each.name for each in presets}
    value = answer.preset if answer.preset in known else presets[0].name
    return enumerator("preset", texts.word("preset"), value, choices)


def _location_field(texts: Texts, locations: Sequence[str], chosen: str) -> Item:
    choices = [(name, texts.render("location_choice", location=name)) for name in (AUTO_LOCATION, *locations)]
    return enumerator("location", texts.word("location"), chosen, choices)


def _after_items(
    texts: Texts, around: Surroundings, after: Afterwards, problem: EncodeMediaError | None
) -> list[Item]:
    """The fields of what happens afterwards."""

    def choice(name: str, value: str, values: Sequence[str]) -> list[Item]:
        known = tuple(dict.fromkeys((value, *values))) if value else tuple(values)
        choices = [("", texts.word("nothing")), *((each, each) for each in known)]
        field = enumerator(f"{AFTER_PREFIX}{name}", texts.word(f"after_{name}"), value, choices)
        return [*problem_items(texts, problem, at=name), field] if known else []

    return [
        label(f"**{texts.word('afterwards')}**"),
        boolean(f"{AFTER_PREFIX}note", texts.word("after_note"), after.note),
        *choice("done_status", after.done_status, around.statuses),
        *choice("failed_status", after.failed_status, around.statuses),
        *choice("list_name", after.list_name, around.lists),
    ]


def _split_field(texts: Texts, chosen: str) -> Item:
    choices = [(wish, texts.word(f"split_{wish}")) for wish in get_args(SplitWish)]
    return enumerator("split", texts.word("split"), chosen, choices)


def _next_field(
    texts: Texts, steps: Sequence[str], chosen: str, here: str = "", made: Sequence[Made] = ()
) -> Item:
    choices = [(step, texts.word(f"next_{step}{here}")) for step in steps]
    choices += [(f"{AGAIN_PREFIX}{each.component_id}", texts.render("next_again", made=each)) for each in made]
    return enumerator("next", texts.word("next"), chosen if chosen in steps else steps[0], choices)


def _source_items(texts: Texts, sources: Sources) -> list[Item]:
    shown = [label(texts.render("source", source=source)) for source in sources.views[:MAX_SOURCES_SHOWN]]
    rest = len(sources.views) - MAX_SOURCES_SHOWN
    if rest > 0:
        shown.append(label(texts.render("more_sources", count=rest)))
    left_out = texts.render("skipped", sources=sources)
    return [*shown, label(left_out)] if left_out else shown


def _form(texts: Texts, items: list[Item], answer: Answer, page: str, *, submit: str) -> Form:
    return {
        "type": "form",
        "title": texts.word("title"),
        "submit_button_label": texts.word(submit),
        "items": [*items, hidden(STEP, page), state_of(answer)],
    }
