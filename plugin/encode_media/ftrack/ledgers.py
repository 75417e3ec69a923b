"""Finding the ledgers of what was published, and making it again exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

from encode_media.errors import NotPermitted, failure
from encode_media.ftrack.entities import ComponentInfo, Target, UserInfo, VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.ledger import Ledger, read_ledger, sealed_recipe
from encode_media.ftrack.review import AUTO_LOCATION
from encode_media.ftrack.submission import Wish, submit_target
from encode_media.jobs.engine import JobClient, Submission
from encode_media.model.needs import checked_needs
from encode_media.model.request import Afterwards, SplitWish
from encode_media.presets.catalog import Catalog

_YEAR_9000 = 221_845_392_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A published component and how it came to be."""

    version: VersionInfo
    component: ComponentInfo
    marks: Ledger

    @property
    def label(self) -> str:
        return f"{self.version.label}, {self.component.name}"

    @property
    def preset(self) -> str:
        return str(self.marks.get("preset") or "")

    @property
    def published_at(self) -> float:
        at = self.marks.get("at")
        # Anybody can edit metadata; a year that no calendar has must not take the form away.
        return float(at) if isinstance(at, int | float) and 0 <= at < _YEAR_9000 else 0.0

    @property
    def source(self) -> ComponentInfo | None:
        """What it was made from; None where that is gone, or was only a path."""
        wanted = self.marks.get("source")
        return next((item for item in self.version.components if item.id == wanted), None)


def ledgers_of(gateway: Gateway, published_id: str, user: UserInfo | None = None) -> tuple[LedgerEntry, ...]:
    """The ledgers of a version, review media first, or of one component; `user` has to have a right to it.

    Raises:
        NotPermitted: there is no such version or component, or it can't be seen.
        SourceMissing: nothing there was made by Encode Media.
    """
    version, wanted = _version_of(gateway, published_id)
    if user is not None:
        gateway.may_encode(user, version)
    found = tuple(entry for entry in _entries(version) if wanted in (None, entry.component.id))
    if not found:
        named = [item.name for item in version.components if item.id == wanted]
        raise failure("ledger.none", entity=", ".join((version.label, *named)))
    return found


def remakable(target: Target) -> tuple[LedgerEntry, ...]:
    """What of a version can be made again, the newest first: one component for each job that has any there.

    Of a component that was pointed at only itself, or what was made from it.
    """
    found: dict[str, LedgerEntry] = {}
    for entry in _entries(target.version):
        is_meant = target.component_id in (None, entry.component.id, entry.marks.get("source"))
        if is_meant and entry.preset and entry.source is not None:
            found.setdefault(str(entry.marks.get("job")), entry)
    return tuple(sorted(found.values(), key=lambda entry: -entry.published_at))


def _entries(version: VersionInfo) -> list[LedgerEntry]:
    """All of a version, review media first."""
    ours = (item for item in version.components if item.is_ours)
    found = [LedgerEntry(version=version, component=item, marks=read_ledger(item.ledger)) for item in ours]
    return sorted(found, key=lambda entry: (not entry.component.is_review, entry.component.name))


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
    split: SplitWish = "auto",
) -> tuple[Submission, bool]:
    """Queues once more what made a component: the same source, and its preset as it was resolved then.

    False with it: there is no recipe that we sealed ourselves; the preset of that name is taken as it is now, with
    the same options.

    Raises:
        NotPermitted, SourceMissing, InvalidParameters, ServerUnavailable: as `ledgers_of` and `submit_version`.
    """
    entry = ledgers_of(gateway, published_id, user)[0]
    target, wish = remake(entry, secret_of(gateway), user=user, origin=origin, priority=priority)
    wish = replace(wish, split=split)
    return submit_target(gateway, client, catalog, target, wish, owner=owner), bool(wish.recipe)


def remake(
    entry: LedgerEntry,
    secret: str,
    *,
    user: UserInfo,
    origin: str,
    priority: int,
    after: Afterwards = Afterwards(),  # noqa: B008 - frozen
) -> tuple[Target, Wish]:
    """The wish for what made a component; without a recipe where there is none that we sealed ourselves.

    Raises:
        SourceMissing: what it was made from is not on the version.
        InvalidParameters: the ledger was edited.
    """
    marks, source = entry.marks, entry.source
    if source is None:
        raise failure("ledger.no_source", entity=entry.label)
    options, needs = marks.get("options"), marks.get("needs")
    wish = Wish(
        preset=entry.preset,
        options=options if isinstance(options, dict) else {},
        user=user,
        origin=origin,
        priority=priority,
        location=str(marks.get("location") or AUTO_LOCATION),
        needs=checked_needs(needs if isinstance(needs, list) else ()),
        after=after,
        recipe=sealed_recipe(marks, secret) or "",
    )
    return Target(version=entry.version, component_id=source.id), wish


def preset_label(catalog: Catalog, entry: LedgerEntry) -> str:
    """What people call its preset; its name where that is gone."""
    return catalog.get(entry.preset).label if entry.preset in catalog.names() else entry.preset


def secret_of(gateway: Gateway) -> str:
    """What recipes are sealed with."""
    return str(gateway.session.api_key)
