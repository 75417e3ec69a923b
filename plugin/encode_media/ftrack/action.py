"""What the action answers to a click: the pages of the form, and what was queued."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from encode_media.errors import EncodeMediaError, InvalidParameters, failure
from encode_media.ftrack import answers
from encode_media.ftrack.afterwards import project_lists, version_statuses
from encode_media.ftrack.answers import Answer, read_answer
from encode_media.ftrack.entities import UserInfo
from encode_media.ftrack.fields import (
    choice_label,
    main_options,
    without_defaults,
    without_foreign,
)
from encode_media.ftrack.forms import Surroundings, first_page, options_page, summary_page
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.launching import Reply, Send, answered_in_time, queue_all
from encode_media.ftrack.ledgers import LedgerEntry, remakable
from encode_media.ftrack.menu import CHOICE_KEY, PRESET, QUEUE, require_offered
from encode_media.ftrack.queue_form import queue_form
from encode_media.ftrack.readiness import (
    CHECK_S,
    Desk,
    is_correctable,
    known_facts,
    known_problems,
)
from encode_media.ftrack.review import AUTO_LOCATION
from encode_media.ftrack.selection import read_selection
from encode_media.ftrack.submission import Wish
from encode_media.ftrack.summary import Summary, estimate, lines_of, queue_facts
from encode_media.ftrack.visit import READ_S, Visit, can_share, made_of, presets_of, sources_of, with_targets
from encode_media.ftrack.wishes import locations_of, make_again, make_wish
from encode_media.model.request import Afterwards
from encode_media.presets.catalog import PresetFile


def launch(
    desk: Desk, gateway: Gateway, data: Mapping[str, Any], user: UserInfo, send: Send, *, event_id: str
) -> None:
    """Answers a launch: a page of the form, the page again with what is wrong, or what was queued.

    `send` is called once within about a second, and a second time when a long selection is through.

    Raises:
        EncodeMediaError: nothing could be done at all.
    """
    selection = read_selection(data)
    values = data.get("values")
    require_offered(desk.known, gateway, selection, user.id, user.name)
    if data.get(CHOICE_KEY) == QUEUE:
        send(queue_form(desk, gateway, selection, values if isinstance(values, Mapping) else {}, user))
        return
    visit = Visit(desk=desk, gateway=gateway, user=user, selection=selection, event_id=event_id)
    if "values" in data:
        answer = read_answer(values if isinstance(values, Mapping) else {})
    elif data.get(CHOICE_KEY) == PRESET:
        answer = _one_click(visit, str(data.get("preset") or ""))
    else:
        answer = _first_answer(visit)
    if "values" not in data and data.get(CHOICE_KEY) != PRESET:
        send(_sources_page(with_targets(visit, answer), answer))
        return
    is_many = len(selection.entries) > 1 or visit.has_containers
    with answered_in_time(desk.texts, send) if is_many and answer.next_step == answers.ENCODE else nullcontext():
        _go_on(with_targets(visit, answer), answer, send)


def _go_on(visit: Visit, answer: Answer, send: Send) -> None:
    """Where a submitted page, or a click, leads."""
    desk = visit.desk
    if answer.again:
        send(make_again(desk, visit.gateway, _published(visit, answer.again), visit.user, origin="form"))
        return
    try:
        preset = desk.catalog.get(answer.preset)
        if answer.page == answers.SOURCES_PAGE:
            answer = _for_chosen_preset(visit, answer, preset)
        elif answer.page == answers.OPTIONS_PAGE:
            answer = replace(answer, options=without_defaults(answer.options, preset))
        if answer.next_step == answers.BACK:
            send(_sources_page(visit, answer))
            return
        if answer.next_step in (answers.OPTIONS, answers.EXPERT):
            send(_options_page(visit, answer, preset))
            return
        wish = make_wish(
            desk,
            visit.gateway,
            preset.name,
            answer.options,
            visit.user,
            origin="form",
            location=answer.location,
            after=_after(visit, answer),
            split=answer.split,
        )
    except InvalidParameters as problem:
        send(_corrected(visit, answer, problem))
        return
    if answer.next_step == answers.SUMMARY:
        send(_summary(visit, answer, wish, preset))
        return
    # What the summary said would be left out is left out: it was read for that, so this is quick.
    within_s = READ_S if answer.page == answers.SUMMARY_PAGE else CHECK_S
    problems = known_problems(desk, visit.gateway, visit.targets, wish, within_s=within_s)
    only = problems[0] if len(visit.targets) == 1 else None
    if only and is_correctable(only):
        send(_corrected(visit, answer, only))
        return
    queue_all(desk, visit.gateway, visit.targets, wish, problems, event_id=visit.event_id, send=send)
    _remember(visit, answer)


def _published(visit: Visit, component_id: str) -> LedgerEntry:
    """What the form offered to make again. Raises: InvalidParameters: it was replaced or deleted meanwhile."""
    there = (entry for target in visit.targets for entry in remakable(target))
    found = next((entry for entry in there if entry.component.id == component_id), None)
    if found is None:
        raise failure("selection.gone")
    return found


# --- the answer a form begins with ----------------------------------------------------------------------------


def _first_answer(visit: Visit) -> Answer:
    """What the person chose the last time."""
    preferences = visit.desk.known.preferences(visit.user.id)
    preset = preferences.preset
    if preset not in visit.desk.catalog.names():
        preset = visit.desk.settings.default_preset
    location = (
        preferences.location if preferences.location in locations_of(visit.desk, visit.gateway) else AUTO_LOCATION
    )
    habit = preferences.habit(preset)
    return Answer(
        preset=preset,
        options=habit.options,
        after=habit.after,
        location=location,
        next_step=preferences.next_step or answers.SUMMARY,
    )


def _one_click(visit: Visit, preset: str) -> Answer:
    """The studio's favourites as they are; a person's own as they used it last."""
    known = visit.desk.known
    if preset in known.rules.favourites:
        return Answer(preset=preset)
    preferences = known.preferences(visit.user.id)
    habit = preferences.habit(preset)
    return Answer(preset=preset, options=habit.options, after=habit.after, location=preferences.location)


def _for_chosen_preset(visit: Visit, answer: Answer, preset: PresetFile) -> Answer:
    """Without options of other presets; a preset that was switched to brings what was used with it last."""
    presets = presets_of(visit)
    options = without_foreign(answer.options, preset, presets)
    if not answer.switched:
        return replace(answer, options=options)
    habit = visit.desk.known.preferences(visit.user.id).habit(preset.name)
    kept = {name: value for name, value in habit.options.items() if name not in answer.asked}
    return replace(answer, options={**without_foreign(kept, preset, presets), **options}, after=habit.after)


def _after(visit: Visit, answer: Answer) -> Afterwards:
    return answer.after if answer.after is not None else visit.desk.known.rules.after(answer.preset)


def _remember(visit: Visit, answer: Answer) -> None:
    known = visit.desk.known
    step = answer.next_step if answer.page == answers.SOURCES_PAGE else answers.SUMMARY
    preferences = known.preferences(visit.user.id).used(
        answer.preset, answer.options, after=answer.after, location=answer.location, next_step=step
    )
    if answer.favourite is not None:
        preferences = preferences.mark(answer.preset, answer.favourite)
    known.remember(visit.user.id, preferences)


# --- pages ----------------------------------------------------------------------------------------------------


def _sources_page(visit: Visit, answer: Answer, problem: EncodeMediaError | None = None) -> Reply:
    sources = sources_of(visit)
    kinds = {view.media.kind for view in sources.views if view.media}
    # Those that suit what is selected come first.
    presets = sorted(presets_of(visit), key=lambda preset: not all(preset.suits(kind) for kind in kinds))
    return first_page(
        visit.desk.texts,
        sources,
        presets,
        answer,
        around=Surroundings(made=made_of(visit, sources), locations=locations_of(visit.desk, visit.gateway)),
        problem=problem,
    )


def _options_page(
    visit: Visit, answer: Answer, preset: PresetFile, problem: EncodeMediaError | None = None
) -> Reply:
    projects = {target.version.project_id for target in visit.targets}
    session = visit.gateway.session
    single = projects.pop() if len(projects) == 1 else ""
    sources = sources_of(visit)
    around = Surroundings(
        statuses=version_statuses(session, single) if single else (),
        lists=project_lists(session, single) if single else (),
        can_share=answer.expert and can_share(visit, sources),
    )
    return options_page(
        visit.desk.texts,
        sources,
        preset,
        answer,
        around=around,
        after=_after(visit, answer),
        problem=problem,
    )


def _corrected(visit: Visit, answer: Answer, problem: EncodeMediaError) -> Reply:
    """The page that has the field the problem is about, with everything else as it was entered."""
    catalog = visit.desk.catalog
    if answer.preset in catalog.names():
        preset = catalog.get(answer.preset)
        option = str(problem.details.get("option") or "")
        elsewhere = option in preset.options and option not in main_options(presets_of(visit))
        if answer.page == answers.OPTIONS_PAGE or elsewhere:
            return _options_page(visit, answer, preset, problem)
    return _sources_page(visit, answer, problem)


def _summary(visit: Visit, answer: Answer, wish: Wish, preset: PresetFile) -> Reply:
    desk, texts = visit.desk, visit.desk.texts
    seen = known_facts(desk, visit.gateway, visit.targets, wish, within_s=READ_S)
    if len(seen) == 1 and (only := seen[0].problem) and is_correctable(only):
        return _corrected(visit, answer, only)
    lines, skipped = lines_of(
        seen, lambda media: estimate(desk.settings, desk.catalog, media, wish.preset, wish.options)
    )
    slots, ahead = queue_facts(desk.client)
    chosen = {name: option for name, option in preset.options.items() if wish.options.get(name) != option.default}
    is_auto = answer.location == AUTO_LOCATION
    machines = "" if wish.split == "auto" else texts.word(f"split_{wish.split}")
    summary = Summary(
        preset_label=preset.label,
        lines=lines,
        skipped=skipped,
        choices=tuple(
            (option.label, choice_label(texts, option, wish.options[name])) for name, option in chosen.items()
        ),
        location="" if is_auto else texts.render("location_choice", location=answer.location),
        machines=machines,
        after=wish.after,
        slots=slots,
        ahead=ahead,
        reviewed=visit.found.reviewed,
        unseen=visit.found.unseen,
        beyond=visit.found.beyond,
    )
    is_favourite = preset.name in desk.known.preferences(visit.user.id).marked
    return summary_page(texts, summary, answer, is_favourite=is_favourite)
