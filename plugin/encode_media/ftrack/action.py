"""What the action answers: the menu entry, the form, and what was queued."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from encode_media.errors import EncodeMediaError, InvalidParameters, failure
from encode_media.ftrack.entities import Target, UserInfo
from encode_media.ftrack.forms import Answer, SourceView, first_page, options_page, read_answer, without_foreign
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.messages import ftrack_job_id
from encode_media.ftrack.readiness import MAX_READ, Desk, is_correctable, known_problems, look
from encode_media.ftrack.review import AUTO_LOCATION, deliverable_locations
from encode_media.ftrack.selection import EntityKind, Entry, Selection, read_selection
from encode_media.ftrack.submission import Wish, submit_target
from encode_media.ftrack.texts import render, word
from encode_media.jobs.engine import Submission
from encode_media.model.media import Media
from encode_media.model.needs import checked_needs
from encode_media.model.request import PRIORITY_INTERACTIVE
from encode_media.presets.catalog import Catalog, PresetFile
from encode_media.presets.options import resolve_options
from encode_media.settings import Settings

log = logging.getLogger(__name__)

ACTION_ID = "encode-media"
READ_S = 2.0
"""At the most, for reading sources before the form appears: a movie takes 0.3 s on an idle machine. Waiting a
moment longer is better than a form that knows nothing; other events are answered meanwhile."""
ANSWER_S = 0.9
"""After this a person is answered although not all versions are queued yet."""

Reply = dict[str, Any]
Send = Callable[[Reply], None]


@dataclass(slots=True)
class Outcome:
    """What became of the versions of one launch."""

    queued: list[Submission] = field(default_factory=list)
    running: list[Submission] = field(default_factory=list)
    failed: list[tuple[str, EncodeMediaError]] = field(default_factory=list)

    def add(self, submission: Submission) -> None:
        (self.queued if submission.created else self.running).append(submission)

    def reply(self, *, waiting: int = 0) -> Reply:
        message = render(
            "answer",
            queued=len(self.queued),
            running=len(self.running),
            failed=self.failed,
            waiting=waiting,
        )
        return {"success": bool(self.queued or self.running or waiting), "message": message}


def discover(data: Mapping[str, Any], settings: Settings) -> Reply | None:
    """The menu entry where the action can work, from memory alone."""
    if not read_selection(data).entries:
        return None
    item: dict[str, Any] = {
        "label": word("title"),
        "description": word("description"),
        "actionIdentifier": ACTION_ID,
    }
    if settings.icon_url:
        item["icon"] = settings.icon_url
    return {"items": [item]}


def launch(desk: Desk, gateway: Gateway, data: Mapping[str, Any], user: UserInfo, send: Send) -> None:
    """Answers a launch: the form, the form again with what is wrong, or what was queued.

    `send` is called once within about a second, and a second time when a long selection is through.

    Raises:
        EncodeMediaError: nothing could be done at all.
    """
    selection = read_selection(data)
    targets = _targets(gateway, selection.entries)
    desk = _for_project(desk, targets)
    if "values" not in data:
        send(_form(desk, gateway, targets, selection, user))
        return
    values = data["values"]
    answer = read_answer(values if isinstance(values, Mapping) else {})
    try:
        preset = desk.catalog.get(answer.preset)
        if answer.page == 1:
            presets = [desk.catalog.get(name) for name in desk.catalog.names()]
            answer = replace(answer, options=without_foreign(answer.options, preset, presets))
        wish = _wish(desk, preset.name, answer.options, user, origin="form", location=answer.location)
        if answer.more:
            send(options_page(_views(desk, gateway, targets, user), preset, answer=answer))
            return
    except InvalidParameters as problem:
        send(_form(desk, gateway, targets, selection, user, answer=answer, problem=problem))
        return
    problems = known_problems(desk, gateway, targets, wish)
    only = problems[0] if len(targets) == 1 else None
    if only and is_correctable(only):
        send(_form(desk, gateway, targets, selection, user, answer=answer, problem=only))
        return
    _submit_all(desk, gateway, targets, wish, problems, send=send)


def submit_event(desk: Desk, gateway: Gateway, data: Mapping[str, Any], user: UserInfo, send: Send) -> None:
    """Answers `encode-media.submit`: one version or component, or a `selection` as Connect's action has it.

    Raises:
        EncodeMediaError: nothing could be queued.
    """
    given = data.get("options")
    wish = _wish(
        desk,
        str(data.get("preset") or desk.settings.default_preset),
        given if isinstance(given, Mapping) else {},
        user,
        origin=str(data.get("origin") or "hub"),
        needs=_listed(data.get("needs")),
    )
    targets = _targets(gateway, _named_entries(data))
    problems = known_problems(desk, gateway, targets, wish)
    if len(targets) > 1:
        _submit_all(desk, gateway, targets, wish, problems, send=send)
        return
    if problems[0]:
        # Whoever asked can still do something else: Connect then makes review media by itself.
        raise problems[0]
    submission = submit_target(
        gateway, desk.client, desk.catalog, targets[0], wish, owner=desk.settings.service_id
    )
    outcome = Outcome()
    outcome.add(submission)
    ids = {"jobId": submission.job_id, "ftrackJobId": ftrack_job_id(submission.job_id)}
    send({**outcome.reply(), **ids, "created": submission.created})


def cancel_event(desk: Desk, gateway: Gateway, data: Mapping[str, Any], user: UserInfo) -> Reply:
    """Answers `encode-media.cancel`. Whoever may encode a version may cancel its jobs.

    Raises:
        InvalidParameters: no such job.
        NotPermitted: it isn't theirs to cancel.
    """
    job_id = str(data.get("jobId") or "")
    record = desk.client.job(job_id)
    if record is None:
        raise failure("job.unknown", job_id=job_id)
    target = record.request.target
    if target is not None:
        gateway.may_encode(user, gateway.version(target.version_id))
    stopped = desk.client.cancel(job_id)
    return {"success": stopped, "jobId": job_id, "message": word("cancelling" if stopped else "had_ended")}


def failed_reply(error: EncodeMediaError) -> Reply:
    """What a person reads when nothing could be done."""
    return {"success": False, "message": f"{error.message} {error.hint}".strip(), "code": error.code}


def _for_project(desk: Desk, targets: Sequence[Target]) -> Desk:
    """With the presets and defaults of the project, where all versions are of one."""
    projects = {target.version.project_name for target in targets}
    return replace(desk, catalog=desk.catalog.for_project(projects.pop())) if len(projects) == 1 else desk


def _wish(
    desk: Desk,
    preset: str,
    options: Mapping[str, Any],
    user: UserInfo,
    *,
    origin: str,
    location: str = AUTO_LOCATION,
    needs: Sequence[object] = (),
) -> Wish:
    """Raises: InvalidParameters."""
    allowed = (AUTO_LOCATION, *_locations(desk))
    if location not in allowed:
        raise failure(
            "options.invalid", option="location", problem=f"{location!r} can't be used", allowed=", ".join(allowed)
        )
    checked = resolve_options(preset, desk.catalog.get(preset).options, options)
    return Wish(
        preset=preset,
        options=checked,
        user=user,
        origin=origin,
        priority=PRIORITY_INTERACTIVE,
        location=location,
        needs=checked_needs(needs),
    )


def _listed(given: object) -> Sequence[object]:
    """What an event says in a list, or in one word."""
    return given if isinstance(given, list) else () if given is None else (given,)


def _locations(desk: Desk) -> tuple[str, ...]:
    return deliverable_locations(has_output_root=desk.settings.output_root is not None)


def _submit_all(
    desk: Desk,
    gateway: Gateway,
    targets: Sequence[Target],
    wish: Wish,
    problems: Sequence[EncodeMediaError | None],
    *,
    send: Send,
) -> None:
    """Queues every version that can be; one that can't doesn't stop the others.

    A person is answered in time; when that was too early for the whole, again at the end.
    """
    answer_at = time.monotonic() + ANSWER_S
    outcome, answered = Outcome(), False
    for index, (target, problem) in enumerate(zip(targets, problems, strict=True)):
        try:
            if problem:
                raise problem
            owner = desk.settings.service_id
            outcome.add(submit_target(gateway, desk.client, desk.catalog, target, wish, owner=owner))
        except EncodeMediaError as error:
            log.info("%s was not queued: %s", target.version.label, error.message)
            outcome.failed.append((target.version.label, error))
        left = len(targets) - index - 1
        if left and not answered and time.monotonic() > answer_at:
            send(outcome.reply(waiting=left))
            answered = True
    send(outcome.reply())


def _targets(gateway: Gateway, entries: Sequence[Entry]) -> tuple[Target, ...]:
    targets = gateway.targets(entries)
    if not targets:
        raise failure("selection.empty", problem="it has no version that can be seen")
    return targets


def _named_entries(data: Mapping[str, Any]) -> tuple[Entry, ...]:
    """What an `encode-media.submit` event names: by `versionId`, by `componentId`, or by a selection."""
    for key, kind in (("componentId", EntityKind.COMPONENT), ("versionId", EntityKind.VERSION)):
        if data.get(key):
            return (Entry(kind, str(data[key])),)
    entries = read_selection(data).entries
    if not entries:
        raise failure("request.invalid", problem="it names neither a version nor a component")
    return entries


def _form(
    desk: Desk,
    gateway: Gateway,
    targets: Sequence[Target],
    selection: Selection,
    user: UserInfo,
    *,
    answer: Answer | None = None,
    problem: EncodeMediaError | None = None,
) -> Reply:
    views = _views(desk, gateway, targets, user)
    if answer is not None and answer.page == 2 and answer.preset in desk.catalog.names():  # noqa: PLR2004
        return options_page(views, desk.catalog.get(answer.preset), answer=answer, problem=problem)
    presets = _suiting_first(desk.catalog, views)
    default = desk.settings.default_preset
    preset = default if any(each.name == default for each in presets) else presets[0].name
    return first_page(
        views,
        presets,
        preset=preset,
        skipped=selection.skipped,
        locations=_locations(desk),
        answer=answer,
        problem=problem,
    )


def _suiting_first(catalog: Catalog, views: Iterable[SourceView]) -> list[PresetFile]:
    kinds = {view.media.kind for view in views if view.media}
    presets = [catalog.get(name) for name in catalog.names()]
    return sorted(presets, key=lambda preset: not all(preset.suits(kind) for kind in kinds))


def _views(desk: Desk, gateway: Gateway, targets: Sequence[Target], user: UserInfo) -> list[SourceView]:
    """All targets for the form; the first ones with what is in their source."""
    shown, rest = targets[:MAX_READ], targets[MAX_READ:]
    found = look(desk, gateway, shown, user, within_s=READ_S)
    views = [
        SourceView(
            label=target.version.label,
            media=seen if isinstance(seen, Media) else None,
            problem=seen if isinstance(seen, EncodeMediaError) else None,
        )
        for target, seen in zip(shown, found, strict=True)
    ]
    return views + [SourceView(label=target.version.label) for target in rest]
