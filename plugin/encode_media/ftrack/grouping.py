"""In which groups a form shows the options of a preset, and which of them are for experts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from encode_media.model.codec import from_json
from encode_media.model.preset import Option
from encode_media.resources import resource

log = logging.getLogger(__name__)

GROUPS_FILE = "groups.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    title: str
    options: tuple[str, ...] = ()
    expert: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """A `groups.yaml`."""

    groups: tuple[Group, ...] = ()

    def arrange(
        self, options: Mapping[str, Option], *, expert: bool, others: str
    ) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Titles with the names of their options, without empty groups; what stands nowhere comes under `others`.

        An option the preset calls a main one is never hidden.
        """
        named = {name for group in self.groups for name in (*group.options, *group.expert)}
        arranged = [
            (
                group.title,
                (
                    *(name for name in group.options if name in options),
                    *(name for name in group.expert if name in options and (expert or options[name].main)),
                ),
            )
            for group in self.groups
        ]
        arranged.append((others, tuple(name for name in options if name not in named)))
        return tuple((title, names) for title, names in arranged if names)

    def hidden(self, options: Mapping[str, Option]) -> tuple[str, ...]:
        """The options only experts are shown."""
        return tuple(
            name for group in self.groups for name in group.expert if name in options and not options[name].main
        )


def load_groups(folders: Iterable[Path]) -> Groups:
    """Of the first folder that has a usable file; one with a mistake is passed over, with a word in the log."""
    for folder in folders:
        path = folder / GROUPS_FILE
        if not path.is_file():
            continue
        try:
            return _read(path)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            log.warning("%s can't be used: %s", path, error)
    return _read(resource("forms", GROUPS_FILE))


def _read(path: Path) -> Groups:
    return from_json(Groups, yaml.safe_load(path.read_text(encoding="utf-8")) or {})
