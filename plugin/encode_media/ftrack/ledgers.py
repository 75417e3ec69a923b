"""Finding the ledgers of what was published, and making it again exactly."""

from __future__ import annotations

from dataclasses import dataclass

from encode_media.errors import NotPermitted, failure
from encode_media.ftrack.entities import ComponentInfo, Target, UserInfo, VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.ledger import Ledger, read_ledger, sealed_recipe
from encode_media.ftrack.submission import Wish, submit_target
from encode_media.jobs.engine import JobClient, Submission
from encode_media.presets.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A published component and how it came to be."""

    version: VersionInfo
    component: ComponentInfo
    marks: Ledger

    @property
    def label(self) -> str:
        return f"{self.version.label}, {self.component.name}"


def ledgers_of(gateway: Gateway, published_id: str) -> tuple[LedgerEntry, ...]:
    """The ledgers of a version, review media first, or of one component.

    Raises:
        NotPermitted: there is no such version or component, or it can't be seen.
        SourceMissing: nothing there was made by Encode Media.
    """
    version, wanted = _version_of(gateway, published_id)
    found = [
        LedgerEntry(version=version, component=item, marks=read_ledger(item.ledger))
        for item in version.components
        if item.is_ours and wanted in (None, item.id)
    ]
    if not found:
        raise failure("ledger.none", entity=version.label)
    return tuple(sorted(found, key=lambda entry: (not entry.component.is_review, entry.component.name)))


def _version_of(gateway: Gateway, published_id: str) -> tuple[VersionInfo, str | None]:
    try:
        return gateway.version(published_id), None
    except NotPermitted:
        return gateway.version(gateway.version_of_component(published_id)), published_id


def submit_again(
    gateway: Gateway,
    client: JobClient,
    catalog: Catalog,
    published_id: str,
    *,
    user: UserInfo,
    priority: int,
    origin: str = "cli",
    owner: str = "",
) -> tuple[Submission, bool]:
    """Queues once more what made a component: the same source, and its preset as it was resolved then.

    False with it: there is no recipe that we sealed ourselves; the preset of that name is taken as it is now, with
    the same options.

    Raises:
        NotPermitted, SourceMissing, InvalidParameters, ServerUnavailable: as `ledgers_of` and `submit_version`.
    """
    entry = ledgers_of(gateway, published_id)[0]
    marks = entry.marks
    options = marks.get("options")
    recipe = sealed_recipe(marks, str(gateway.session.api_key))
    wish = Wish(
        preset=str(marks.get("preset", "")),
        options=options if isinstance(options, dict) else {},
        user=user,
        origin=origin,
        priority=priority,
        location=str(marks.get("location") or "auto"),
        recipe=recipe or "",
    )
    target = Target(version=entry.version, component_id=marks.get("source"))
    return submit_target(gateway, client, catalog, target, wish, owner=owner), recipe is not None
