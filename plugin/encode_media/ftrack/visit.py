"""One launch of the action: who asks for what, and the versions and sources it means."""

from __future__ import annotations

from dataclasses import dataclass, replace

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.answers import Answer
from encode_media.ftrack.entities import Target, UserInfo
from encode_media.ftrack.fields import SourceView
from encode_media.ftrack.finding import CONTAINERS, Found, find, why_nothing
from encode_media.ftrack.forms import Made, Sources
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.ledger import sealed_recipe, source_facts
from encode_media.ftrack.ledgers import LedgerEntry, preset_label, remakable, secret_of
from encode_media.ftrack.readiness import MAX_READ, Desk, look
from encode_media.ftrack.selection import Selection
from encode_media.model.media import Media
from encode_media.presets.catalog import PresetFile

READ_S = 2.0
"""At the most, for reading sources before the form appears: a movie takes 0.3 s on an idle machine. Waiting a
moment longer is better than a form that knows nothing; other events are answered meanwhile."""
MAX_REMAKES = 5
"""Offered of one version; who wants an older one selects its component."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One launch event, with what it needs to be answered."""

    desk: Desk
    gateway: Gateway
    user: UserInfo
    selection: Selection
    event_id: str
    found: Found = Found()

    @property
    def targets(self) -> tuple[Target, ...]:
        return self.found.targets

    @property
    def has_containers(self) -> bool:
        return any(entry.kind in CONTAINERS for entry in self.selection.entries)


def with_targets(visit: Visit, answer: Answer) -> Visit:
    """With the versions the selection means, and the presets and defaults of their project if they have one.

    Raises:
        EncodeMediaError: there is no version that can be seen.
    """
    entries = visit.selection.entries
    found = find(visit.gateway, entries, scope=answer.scope, only_missing=answer.only_missing)
    if not found.targets and not found.reviewed:
        raise why_nothing(visit.desk.settings, visit.gateway, entries, visit.user)
    projects = {target.version.project_name for target in found.targets}
    catalog = visit.desk.catalog.for_project(projects.pop()) if len(projects) == 1 else visit.desk.catalog
    return replace(visit, found=found, desk=replace(visit.desk, catalog=catalog.frozen()))


def sources_of(visit: Visit) -> Sources:
    return Sources(
        views=_views(visit),
        skipped=visit.selection.skipped,
        unseen=visit.found.unseen,
        reviewed=visit.found.reviewed,
        beyond=visit.found.beyond,
        has_containers=visit.has_containers,
    )


def _views(visit: Visit) -> list[SourceView]:
    """All targets for the form; the first ones with what is in their source."""
    shown, rest = visit.targets[:MAX_READ], visit.targets[MAX_READ:]
    found = look(visit.desk, visit.gateway, shown, visit.user, within_s=READ_S)
    views = [
        SourceView(
            label=target.version.label,
            media=seen if isinstance(seen, Media) else None,
            problem=seen if isinstance(seen, EncodeMediaError) else None,
        )
        for target, seen in zip(shown, found, strict=True)
    ]
    return views + [SourceView(label=target.version.label) for target in rest]


def made_of(visit: Visit, sources: Sources) -> list[Made]:
    """What is there already and can be made again, where one version is meant."""
    if len(visit.targets) != 1:
        return []
    target, media = visit.targets[0], sources.views[0].media
    found = remakable(target)[:MAX_REMAKES]
    return [_made(visit, entry, media if media and _is_source(visit, target, entry) else None) for entry in found]


def _made(visit: Visit, entry: LedgerEntry, media: Media | None) -> Made:
    then, now = entry.marks.get("source_facts"), source_facts(media) if media else {}
    # Fingerprints hold paths, which are others on another machine.
    size = then.get("size_bytes") if isinstance(then, dict) else None
    return Made(
        component_id=entry.component.id,
        preset=preset_label(visit.desk.catalog, entry),
        published_at=entry.published_at,
        is_exact=sealed_recipe(entry.marks, secret_of(visit.gateway)) is not None,
        source_changed=size is not None and now.get("size_bytes", size) != size,
    )


def _is_source(visit: Visit, target: Target, entry: LedgerEntry) -> bool:
    """Whether what the form shows is what the component was made from."""
    source = entry.source
    shown = target.component_id or visit.gateway.best_source(target.version).id
    return source is not None and source.id == shown


def can_share(visit: Visit, sources: Sources) -> bool:
    """Whether several workers are there, and a source that is long enough to be shared by itself."""
    least = 2 * visit.desk.settings.split_frames
    longest = max((view.media.frame_count or 0 for view in sources.views if view.media), default=0)
    return 0 < least <= longest and sum(worker.is_alive for worker in visit.desk.client.workers()) > 1


def presets_of(visit: Visit) -> list[PresetFile]:
    return [visit.desk.catalog.get(name) for name in visit.desk.catalog.names()]
