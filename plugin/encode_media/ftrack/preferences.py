"""What a person chose before: the form begins with it, and the menu offers it.

Kept as a note in the job database, so that every listener knows it. Options hold names and numbers that were
entered in a form; nothing secret passes through one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from encode_media.ftrack.review import AUTO_LOCATION
from encode_media.jobs.engine import JobClient
from encode_media.model.codec import from_json, to_json
from encode_media.model.request import Afterwards

OF_ONE_SOURCE = frozenset(
    {
        "missing_frames",
        "first",
        "last",
        "frame",
        "layer",
        "audio_track",
        "audio_file",
        "audio_offset",
        "timecode",
        "reel",
    }
)
"""Options that were right for the source they were chosen for; with the next they would do harm unnoticed."""
MAX_USES = 1000
"""Counts are halved when one gets there, so that a new habit can overtake an old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetHabit:
    uses: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    """As they were entered; options left to the preset are not in it."""
    after: Afterwards | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Of one person."""

    preset: str = ""
    """The last one."""
    location: str = AUTO_LOCATION
    next_step: str = ""
    marked: tuple[str, ...] = ()
    """Presets the person wants in the menu."""
    habits: Mapping[str, PresetHabit] = field(default_factory=dict)

    def habit(self, preset: str) -> PresetHabit:
        return self.habits.get(preset, PresetHabit())

    def used(
        self, preset: str, options: Mapping[str, Any], *, after: Afterwards | None, location: str, next_step: str
    ) -> Preferences:
        """With what was just asked for."""
        kept = {name: value for name, value in options.items() if name not in OF_ONE_SOURCE}
        habit = PresetHabit(uses=self.habit(preset).uses + 1, options=kept, after=after)
        habits = {**self.habits, preset: habit}
        if habit.uses >= MAX_USES:
            habits = {name: replace(known, uses=known.uses // 2) for name, known in habits.items()}
        return replace(
            self, preset=preset, location=location, next_step=next_step or self.next_step, habits=habits
        )

    def mark(self, preset: str, wanted: bool) -> Preferences:
        others = tuple(name for name in self.marked if name != preset)
        return replace(self, marked=(*others, preset) if wanted else others)

    def favourites(self, count: int) -> tuple[str, ...]:
        """The marked presets, then the most used ones, together at most `count`."""
        by_use = sorted(self.habits, key=lambda name: -self.habits[name].uses)
        return tuple(dict.fromkeys((*self.marked, *by_use)))[:count]


def recall_preferences(client: JobClient, user_id: str) -> Preferences:
    """Raises: ServerUnavailable: the job database doesn't answer."""
    note = client.recall(_key(user_id))
    return from_json(Preferences, note) if note else Preferences()


def remember_preferences(client: JobClient, user_id: str, preferences: Preferences) -> None:
    """Raises: ServerUnavailable: the job database doesn't answer."""
    client.remember(_key(user_id), to_json(preferences))


def _key(user_id: str) -> str:
    return f"person/{user_id}"
