"""What one worker offers and how much it may do at a time."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from encode_media.jobs.engine import SILENT_S
from encode_media.jobs.offers import offers_of
from encode_media.settings import Settings

STEPS_VERSION = 2
"""Raise it only when the list of steps in `workflow.py` changes: what a job has finished is remembered by
the place of its steps, so a begun job is finished by workers of the version that began it."""

BEAT_S = 5.0
SUSPECT_S = 15.0
"""Three beats missed: dead, if the database has ended the session that held its lock too."""
DEAD_S = SILENT_S
"""Dead whatever its lock says: a machine that hangs keeps its connection. Half of what is promised (90 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    name: str = "worker"
    slots: int = 1
    """Encodes at a time in this process."""
    network_slots: int = 4
    """Publishings at a time, beside the encodes. Where all are taken, an encode keeps its slot meanwhile."""
    offers: frozenset[str] = frozenset()
    """Capabilities; a job runs where all it needs is offered."""
    user_limit: int = 0
    """Jobs of one person at a time, on all machines together; 0 is no limit."""
    keep_days: float = 0.0
    """Ended jobs are forgotten after so many days; 0 keeps them."""
    version: int = STEPS_VERSION
    host: str = field(default_factory=socket.gethostname)
    beat_s: float = BEAT_S
    suspect_s: float = SUSPECT_S
    dead_s: float = DEAD_S


def profile_of(settings: Settings, name: str) -> Profile:
    return Profile(
        name=name,
        slots=settings.slots,
        network_slots=settings.network_slots,
        offers=frozenset((*offers_of(settings), settings.workplace)),
        user_limit=settings.user_limit,
        keep_days=settings.keep_days,
    )
