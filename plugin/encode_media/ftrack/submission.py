"""The one way an encode of a version gets into the queue, whoever asks for it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack.entities import ComponentInfo, Target, UserInfo, VersionInfo
from encode_media.ftrack.ftrack_job import create_ftrack_job
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.review import AUTO_LOCATION
from encode_media.jobs.engine import JobClient, Submission
from encode_media.jobs.waiting import why_it_waits
from encode_media.model.needs import checked_needs
from encode_media.model.request import Afterwards, EncodeRequest, Options, PublishTarget, SplitWish, VersionNames
from encode_media.presets.catalog import Catalog
from encode_media.presets.options import resolve_options

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted of a version, and by whom."""

    preset: str
    options: Options
    user: UserInfo
    origin: str
    priority: int
    location: str = AUTO_LOCATION
    """Where deliverables go."""
    again: bool = True
    """False leaves alone what has already been encoded (triggers)."""
    needs: tuple[str, ...] = ()
    """What its worker must offer, beside what the preset says."""
    split: SplitWish = "auto"
    """Whether several workers shall share it; `auto` leaves that to the preset."""
    after: Afterwards = Afterwards()
    batch_id: str | None = None
    recipe: str = ""
    """A resolved preset that we sealed (`ledger.sealed_recipe`); then preset and options are only its names."""


def submit_version(
    gateway: Gateway,
    client: JobClient,
    catalog: Catalog,
    *,
    version_id: str,
    component_id: str | None,
    preset: str,
    options: Options,
    user: UserInfo,
    origin: str,
    priority: int,
    again: bool = True,
    owner: str = "",
    needs: tuple[str, ...] = (),
    split: SplitWish = "auto",
    location: str = AUTO_LOCATION,
) -> Submission:
    """Checks the wish and the person's right to it, queues it, and shows it as an ftrack_job of `owner`.

    Raises:
        InvalidParameters: no such preset, or an option it doesn't allow.
        NotPermitted: the person, or the service, may not see the version.
        SourceMissing: the version has nothing to encode.
        ServerUnavailable: the server or the job database doesn't answer; nothing was queued.
    """
    wish = Wish(
        preset=preset, options=options, user=user, origin=origin, priority=priority, again=again, needs=needs,
        split=split, location=location,
    )  # fmt: skip
    target = Target(version=gateway.version(version_id), component_id=component_id)
    return submit_target(gateway, client, catalog, target, wish, owner=owner)


def submit_target(
    gateway: Gateway, client: JobClient, catalog: Catalog, target: Target, wish: Wish, *, owner: str = ""
) -> Submission:
    """`submit_version` for a version that was just asked for. Raises like it."""
    request = request_for(gateway, catalog.for_project(target.version.project_name), target, wish)
    submission = client.submit(request, again=wish.again)
    if submission.created:
        _show(gateway, client, submission, request, owner)
    return submission


def request_for(gateway: Gateway, presets: Catalog, target: Target, wish: Wish) -> EncodeRequest:
    """The request a wish becomes for one version; `presets` are those of its project.

    Raises:
        InvalidParameters, NotPermitted, SourceMissing, ServerUnavailable: see `submit_version`.
    """
    options, needs, split = wish.options, wish.needs, wish.split
    if not wish.recipe:
        preset = presets.get(wish.preset)
        options = resolve_options(wish.preset, preset.options, wish.options, outputs=preset.outputs)
        needs = checked_needs((*preset.needs, *wish.needs))
        split = preset.split if split == "auto" else split
    gateway.may_encode(wish.user, target.version)
    component = known_component(gateway, target)
    return EncodeRequest(
        preset=wish.preset,
        options=options,
        target=PublishTarget(
            version_id=target.version.id,
            component_id=component.id,
            version_label=target.version.label,
            names=version_names(target.version, wish.user),
            user_id=wish.user.id,
            username=wish.user.username,
            location=wish.location,
            batch_id=wish.batch_id,
            after=wish.after,
        ),
        origin=wish.origin,
        priority=wish.priority,
        needs=needs,
        split=split,
        recipe=wish.recipe,
    )


def version_names(version: VersionInfo, user: UserInfo) -> VersionNames:
    """For burn-ins: what lies between project and shot is the sequence."""
    _project, *between = version.path
    return VersionNames(
        project=version.project_name,
        sequence=between[-2] if len(between) > 1 else "",
        shot=between[-1] if between else "",
        asset=version.asset_name,
        task=version.task_name,
        version=f"v{version.number:03d}",
        user=user.name,
    )


def known_component(gateway: Gateway, target: Target) -> ComponentInfo:
    """The component to encode, without its frames; asks the server only for what the version doesn't list.

    Raises:
        InvalidParameters: the component belongs to another version.
        SourceMissing: the version has nothing to encode.
        NotPermitted: the component can't be seen.
    """
    version = target.version
    if target.component_id is None:
        return gateway.best_source(version)
    for component in version.components:
        if component.id == target.component_id:
            return component
    component = gateway.source_component(version.id, target.component_id)
    if component.version_id != version.id:
        raise failure("request.invalid", problem=f"{component.name} is not a component of {version.label}")
    return component


def _show(gateway: Gateway, client: JobClient, submission: Submission, request: EncodeRequest, owner: str) -> None:
    """Makes the ftrack_job. The encode is queued already, so a failure here must not look like a refusal."""
    try:
        why = why_it_waits(client, submission.job_id) if request.needs else ""
        create_ftrack_job(gateway.session, submission.job_id, request, owner=owner, why=why)
    except EncodeMediaError as error:
        log.warning("The ftrack_job of %s will be made when it starts: %s", submission.job_id, error.message)
