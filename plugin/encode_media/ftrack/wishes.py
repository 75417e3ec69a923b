"""Wishes that come without a form: to encode, and to cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack.batches import cancel_batch, recall_batch
from encode_media.ftrack.entities import Target, UserInfo
from encode_media.ftrack.finding import find, why_nothing
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.launching import Outcome, Reply, Send, queue_all
from encode_media.ftrack.ledgers import LedgerEntry, ledgers_of, preset_label, remake, secret_of
from encode_media.ftrack.locations import usable_locations
from encode_media.ftrack.messages import ftrack_job_id
from encode_media.ftrack.readiness import CHECK_S, Desk, known_problems, look
from encode_media.ftrack.review import AUTO_LOCATION, deliverable_locations
from encode_media.ftrack.selection import EntityKind, Entry, read_selection
from encode_media.ftrack.submission import Wish, submit_target
from encode_media.ftrack.trigger_facts import facts_of
from encode_media.ftrack.trigger_file import review_maker
from encode_media.ftrack.triggers import Choice, decide
from encode_media.model.needs import checked_needs
from encode_media.model.request import PRIORITY_INTERACTIVE, Afterwards, SplitWish, checked_split, is_batch
from encode_media.presets.options import resolve_options


def make_wish(
    desk: Desk,
    gateway: Gateway,
    preset: str,
    options: Mapping[str, Any],
    user: UserInfo,
    *,
    origin: str,
    location: str = AUTO_LOCATION,
    after: Afterwards | None = None,
    split: object = "auto",
) -> Wish:
    """Raises: InvalidParameters: no such preset, or a value that isn't allowed."""
    _require_location(desk, gateway, location)
    file = desk.catalog.get(preset)
    checked = resolve_options(preset, file.options, options, outputs=file.outputs)
    return Wish(
        preset=preset,
        options=checked,
        user=user,
        origin=origin,
        priority=PRIORITY_INTERACTIVE,
        location=location,
        split=checked_split(split),
        after=after if after is not None else desk.known.rules.after(preset),
    )


def _require_location(desk: Desk, gateway: Gateway, location: str) -> None:
    allowed = locations_of(desk, gateway) if location != AUTO_LOCATION else ()
    if location not in (AUTO_LOCATION, *allowed):
        raise failure(
            "options.invalid",
            option="location",
            problem=f"{location!r} can't be used",
            allowed=", ".join((AUTO_LOCATION, *allowed)),
        )


def locations_of(desk: Desk, gateway: Gateway) -> tuple[str, ...]:
    """Where deliverables can be sent to: the server, the output root, and the studio's own locations."""
    built_in = deliverable_locations(has_output_root=desk.settings.output_root is not None)
    return (*built_in, *usable_locations(gateway.session))


def submit_event(
    desk: Desk, gateway: Gateway, data: Mapping[str, Any], user: UserInfo, send: Send, *, event_id: str
) -> None:
    """Answers `encode-media.submit`: one version or component, or a `selection` as Connect's action has it.

    With `again` what a version or component has from us is made once more, exactly.

    Raises:
        EncodeMediaError: nothing could be queued.
    """
    if data.get("again"):
        send(_again_event(desk, gateway, data, user))
        return
    entries = _named_entries(data)
    targets: Sequence[Target] = find(gateway, entries).targets
    if not targets:
        raise why_nothing(desk.settings, gateway, entries, user)
    given = data.get("options")
    options, needs = given if isinstance(given, Mapping) else {}, _listed(data.get("needs"))
    preset = str(data.get("preset") or "")
    chosen = None if preset or options or len(targets) > 1 else _chosen_by_rules(desk, gateway, targets[0])
    if chosen:
        # The same wish as the trigger's own for this publish, so that both together are one encode.
        preset, options, needs = chosen.rule.preset, chosen.rule.options, (*needs, *chosen.rule.needs)
        targets = (replace(targets[0], component_id=chosen.candidate.id),)
    origin = str(data.get("origin") or "hub")
    wanted, split = preset or desk.settings.default_preset, data.get("split") or "auto"
    wish = make_wish(desk, gateway, wanted, options, user, origin=origin, split=split)
    # Publishing through Connect names its version; where the trigger was quicker, nothing is left to be made.
    published = origin == "connect" and bool(data.get("versionId"))
    wish = replace(wish, needs=checked_needs(needs), again=not published)
    problems = known_problems(desk, gateway, targets, wish)
    if len(targets) > 1:
        queue_all(desk, gateway, targets, wish, problems, event_id=event_id, send=send)
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
    send({**outcome.reply(desk.texts), **ids, "created": submission.created})


def make_again(
    desk: Desk, gateway: Gateway, entry: LedgerEntry, user: UserInfo, *, origin: str, split: SplitWish = "auto"
) -> Reply:
    """Queues once more what made a component, and says so. Raises: EncodeMediaError: it can't be."""
    target, wish = remake(
        entry, secret_of(gateway), user=user, origin=origin, priority=PRIORITY_INTERACTIVE,
        after=desk.known.rules.after(entry.preset),
    )  # fmt: skip
    _require_location(desk, gateway, wish.location)
    [seen] = look(desk, gateway, [target], user, within_s=CHECK_S)
    if isinstance(seen, EncodeMediaError) and not seen.retryable:
        raise seen
    wish = replace(wish, split=split)
    submission = submit_target(gateway, desk.client, desk.catalog, target, wish, owner=desk.settings.service_id)
    is_exact = bool(wish.recipe)
    message = desk.texts.render(
        "answer_again",
        entry=entry,
        preset=preset_label(desk.catalog, entry),
        is_exact=is_exact,
        is_new=submission.created,
    )
    ids = {"jobId": submission.job_id, "ftrackJobId": ftrack_job_id(submission.job_id)}
    return {"success": True, "message": message, **ids, "created": submission.created, "exact": is_exact}


def _again_event(desk: Desk, gateway: Gateway, data: Mapping[str, Any], user: UserInfo) -> Reply:
    beside = [key for key in ("versionId", "componentId", "preset", "options", "needs") if data.get(key)]
    if beside:
        problem = f"again has a version, preset and options of its own; leave out {', '.join(beside)}"
        raise failure("request.invalid", problem=problem)
    entry = ledgers_of(gateway, str(data["again"]), user)[0]
    split = checked_split(data.get("split") or "auto")
    return make_again(desk, gateway, entry, user, origin=str(data.get("origin") or "hub"), split=split)


def _chosen_by_rules(desk: Desk, gateway: Gateway, target: Target) -> Choice | None:
    """The review media the studio's triggers would make of a version; None if they make none."""
    if not desk.triggers.rules:
        return None
    shown = review_maker(desk.catalog.for_project(target.version.project_name))
    choices = decide(desk.triggers, facts_of(gateway, target.version)).choices
    fitting = (choice for choice in choices if target.component_id in (None, choice.candidate.id))
    return next((choice for choice in fitting if shown(choice.rule.preset)), None)


def _listed(given: object) -> Sequence[object]:
    """What an event says in a list, or in one word."""
    return given if isinstance(given, list) else () if given is None else (given,)


def cancel_event(desk: Desk, gateway: Gateway, data: Mapping[str, Any], user: UserInfo) -> Reply:
    """Answers `encode-media.cancel`, of a job or a batch. Whoever may encode a version may cancel its jobs.

    Raises:
        InvalidParameters: no such job.
        NotPermitted: it isn't theirs to cancel.
    """
    job_id = str(data.get("jobId") or "")
    stopped = stop_batch(desk, job_id, user) if is_batch(job_id) else stop_job(desk, gateway, job_id, user)
    words = desk.texts.word("cancelling" if stopped else "had_ended")
    return {"success": stopped, "jobId": job_id, "message": words}


def stop_job(desk: Desk, gateway: Gateway, job_id: str, user: UserInfo) -> bool:
    """False: it had ended. Raises: InvalidParameters, NotPermitted."""
    require_job_right(desk, gateway, job_id, user)
    return desk.client.cancel(job_id)


def stop_batch(desk: Desk, job_id: str, user: UserInfo) -> bool:
    """False: all of it had ended. A batch is its person's own. Raises: InvalidParameters, NotPermitted."""
    batch = recall_batch(desk.client, job_id)
    if batch is None:
        raise failure("job.unknown", job_id=job_id)
    if batch.user_id != user.id:
        problem = f"the batch is {batch.username}'s; its jobs can be cancelled one by one"
        raise failure("server.not_permitted", user=user.name, problem=problem)
    return cancel_batch(desk.client, job_id) > 0


def require_job_right(desk: Desk, gateway: Gateway, job_id: str, user: UserInfo) -> None:
    """Whoever may encode a version may do things to its jobs. Raises: InvalidParameters, NotPermitted."""
    record = desk.client.job(job_id)
    if record is None:
        raise failure("job.unknown", job_id=job_id)
    target = record.request.target
    if target is not None:
        gateway.may_encode(user, gateway.version(target.version_id))


def _named_entries(data: Mapping[str, Any]) -> tuple[Entry, ...]:
    """What an `encode-media.submit` event names: by `versionId`, by `componentId`, or by a selection."""
    for key, kind in (("componentId", EntityKind.COMPONENT), ("versionId", EntityKind.VERSION)):
        if data.get(key):
            return (Entry(kind, str(data[key])),)
    entries = read_selection(data).entries
    if not entries:
        raise failure("request.invalid", problem="it names neither a version nor a component")
    return entries
