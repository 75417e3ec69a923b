"""The one way an encode of a version gets into the queue, whoever asks for it."""

from __future__ import annotations

import logging

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.entities import UserInfo, VersionInfo
from encode_media.ftrack.ftrack_job import create_ftrack_job
from encode_media.ftrack.gateway import Gateway
from encode_media.jobs.engine import JobClient, Submission
from encode_media.model.request import EncodeRequest, Options, PublishTarget
from encode_media.presets.catalog import Catalog

log = logging.getLogger(__name__)


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
) -> Submission:
    """Checks the wish and the person's right to it, queues it, and shows it as an ftrack_job.

    `again` false leaves alone what has already been encoded (triggers).

    Raises:
        InvalidParameters: no such preset, or an option it doesn't allow.
        NotPermitted: the person, or the service, may not see the version.
        SourceMissing: the version has nothing to encode.
        ServerUnavailable: the server or the job database doesn't answer; nothing was queued.
    """
    version = gateway.version(version_id)
    return submit_known_version(
        gateway,
        client,
        catalog,
        version=version,
        component_id=component_id,
        preset=preset,
        options=options,
        user=user,
        origin=origin,
        priority=priority,
        again=again,
    )


def submit_known_version(
    gateway: Gateway,
    client: JobClient,
    catalog: Catalog,
    *,
    version: VersionInfo,
    component_id: str | None,
    preset: str,
    options: Options,
    user: UserInfo,
    origin: str,
    priority: int,
    again: bool = True,
) -> Submission:
    """`submit_version` for a version that was just asked for. Raises like it."""
    resolved = catalog.options(preset, options)
    gateway.may_encode(user, version)
    component = gateway.source_component(version.id, component_id)
    request = EncodeRequest(
        preset=preset,
        options=resolved,
        target=PublishTarget(
            version_id=version.id,
            component_id=component.id,
            version_label=version.label,
            user_id=user.id,
            username=user.username,
        ),
        origin=origin,
        priority=priority,
    )
    submission = client.submit(request, again=again)
    if submission.created:
        _show(gateway, submission, request)
    return submission


def _show(gateway: Gateway, submission: Submission, request: EncodeRequest) -> None:
    """Makes the ftrack_job. The encode is queued already, so a failure here must not look like a refusal."""
    try:
        create_ftrack_job(gateway.session, submission.job_id, request)
    except EncodeMediaError as error:
        log.warning("The ftrack_job of %s will be made when it starts: %s", submission.job_id, error.message)
