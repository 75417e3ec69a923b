"""What was asked for, and the identity that makes asking twice harmless."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

from encode_media.errors import failure
from encode_media.model.media import SourceRef
from encode_media.model.plan import EncodePlan

Options = dict[str, Any]
"""Option name to JSON value, as a form or `--set` gives them; the preset validates and fills defaults."""

_NAMESPACE = uuid.UUID("6d3ff3f1-3c55-5a0e-9f0b-6a4c3f1f7a11")
"""Ours alone; changing it would make published entities unrecognisable."""

SplitWish = Literal["auto", "never", "always"]


def checked_split(word: object) -> SplitWish:
    """Whether several workers shall share an encode, as an event or a script says it.

    Raises:
        InvalidParameters: it is none of the words.
    """
    for known in get_args(SplitWish):
        if word == known:
            return cast(SplitWish, known)
    allowed = ", ".join(get_args(SplitWish))
    raise failure("options.invalid", option="split", problem=f"{word!r} is none of its words", allowed=allowed)


PRIORITY_INTERACTIVE = 10
PRIORITY_NORMAL = 50
PRIORITY_AUTOMATIC = 90
"""Lower runs first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNames:
    """What the things around a version are called, for burn-ins and slates. Empty where there is none."""

    project: str = ""
    sequence: str = ""
    shot: str = ""
    """What the asset belongs to, whatever the studio calls it."""
    asset: str = ""
    task: str = ""
    version: str = ""
    """`v003`."""
    user: str = ""
    """Who asked for the encode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Afterwards:
    """What else happens to the version when the encode has ended. Empty: nothing."""

    note: bool = False
    """A note on the version says what was made, or why it failed."""
    done_status: str = ""
    """The name of the status the version gets when it is done,"""
    failed_status: str = ""
    """and when it has failed."""
    list_name: str = ""
    """A list of the project the version is added to when it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishTarget:
    """The ftrack side of a request; ids only, nothing secret."""

    version_id: str
    component_id: str | None = None
    """The source component; None takes the version's best one."""
    version_label: str = ""
    """For people: `sh010 / Animation v3`."""
    names: VersionNames = VersionNames()
    user_id: str | None = None
    username: str | None = None
    """Who launched it; gets the ftrack_job and the message."""
    location: str = "auto"
    """Location name for deliverables; review media always goes to `ftrack.server`."""
    batch_id: str | None = None
    """The batch it was asked for with; that has the ftrack_job and the message for all its jobs."""
    after: Afterwards = Afterwards()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a job has another one do for it: a part of its plan (`planning.stretches`)."""

    job_id: str
    """Whose part it is."""
    number: int
    plan: EncodePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeRequest:
    """One source, one preset. `source` is None until the component was resolved to a path."""

    preset: str
    options: Options = field(default_factory=dict)
    source: SourceRef | None = None
    target: PublishTarget | None = None
    origin: str = "cli"
    """`form`, `trigger`, `connect`, `hub`, `api` or `cli`."""
    priority: int = PRIORITY_NORMAL
    recipe: str = ""
    """A resolved preset (`presets.recipe`) to use instead of what the preset's file says now: "exactly again".
    Only from a ledger that we sealed ourselves."""
    needs: tuple[str, ...] = ()
    """Capabilities the worker must offer (`ENCODE_MEDIA_CAPABILITIES`), such as `gpu`. Not part of the wish."""
    split: SplitWish = "auto"
    """Whether several workers shall share the encode: by its size and where it helps, never, always if it can be.
    Not part of the wish."""
    part: Part | None = None
    """A job for another job. People neither ask for it nor get its result."""

    @property
    def batch_id(self) -> str | None:
        return self.target.batch_id if self.target else None

    def alone(self) -> EncodeRequest:
        """The same wish outside its batch: what is asked for again later is shown by itself."""
        if self.target is None or self.target.batch_id is None:
            return self
        return replace(self, target=replace(self.target, batch_id=None))

    @property
    def key(self) -> str:
        """The same for the same wish: version, component, preset, options and recipe (design: identity)."""
        if self.part is not None:
            return f"part|{self.part.job_id}|{self.part.number}"
        version_id = self.target.version_id if self.target else ""
        component_id = self.target.component_id if self.target else None
        # A source somebody named by its path has no component; the path tells it apart.
        source = component_id or (self.source.path if self.source else "")
        words = (version_id, source, self.preset, options_hash(self.options))
        return "|".join((*words, self.recipe) if self.recipe else words)

    @property
    def base_id(self) -> str:
        """`key` as 32 hex digits, fit for ids; attempts are added behind it."""
        # A path may hold bytes that are no text; they have to tell files apart as well.
        name = self.key.encode("utf-8", "backslashreplace").decode()
        return uuid.uuid5(_NAMESPACE, name).hex


def options_hash(options: Mapping[str, Any]) -> str:
    text = json.dumps(options, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def job_id(base_id: str, attempt: int) -> str:
    """`<base>-<attempt>`, attempts from 1. Sortable, and all attempts share the prefix."""
    return f"{base_id}-{attempt}"


_BATCH = "batch-"


def batch_id(seed: str) -> str:
    """The id of the batch that an event asked for; the same for every listener that heard it."""
    return f"{_BATCH}{uuid.uuid5(_NAMESPACE, seed).hex}"


def is_batch(job: str) -> bool:
    """Whether what looks like a job's id is that of a batch."""
    return job.startswith(_BATCH)


def entity_id(job: str, role: str) -> str:
    """The id of the ftrack entity a job makes in this role; the same however often a step is repeated."""
    return str(uuid.uuid5(_NAMESPACE, f"{job}|{role}"))
