"""The words of forms, answers and messages: Jinja2 templates in `resource/forms`, and a studio's before them.

Names of versions, files and people go into markdown that a browser shows, so every inserted value is made
harmless here, once, rather than in each template.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import SandboxedEnvironment

from encode_media.errors import sentence
from encode_media.ftrack.grouping import Groups, load_groups
from encode_media.resources import resource
from encode_media.settings import Settings
from encode_media.timebase import describe_rate, frames_text, seconds_text, size_text

log = logging.getLogger(__name__)

# Single angle quotation marks: they look alike, and no browser takes them for a tag.
_HARMLESS = str.maketrans(
    {"<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"}
)
_WORDS = "words.j2"


def harmless(value: Any) -> Any:
    """Text that can't become a tag, a link or a new line where it is shown; other values as they are."""
    if not isinstance(value, str):
        return value
    shown = "".join(letter if letter.isprintable() else " " for letter in value)
    return shown.translate(_HARMLESS).replace("](", "] (")


class Texts:
    """Templates by name: each folder's sub-folder of the language first, then the folder, then the next."""

    def __init__(self, folders: Sequence[Path] = (), language: str = "") -> None:
        self._places = tuple(
            place
            for folder in (*folders, resource("forms"))
            for place in ((folder / language, folder) if language else (folder,))
        )
        self._environments = tuple(_environment(place) for place in self._places)

    @cached_property
    def groups(self) -> Groups:
        """In which groups the options of a preset are shown."""
        return load_groups(self._places)

    def render(self, template: str, /, **values: Any) -> str:
        """The text of `<template>.j2`, without blank space around it.

        A studio's template with a mistake is passed over, with a word in the log: a person who waits for a form
        can't mend it.
        """
        for place, environment in zip(self._places[:-1], self._environments[:-1], strict=True):
            try:
                found = environment.get_template(f"{template}.j2")
                return found.render(words=self, **values).strip()
            except TemplateNotFound:
                continue
            except TemplateError as error:
                log.warning("The template %s can't be used: %s", place / f"{template}.j2", error)
        return self._environments[-1].get_template(f"{template}.j2").render(words=self, **values).strip()

    def word(self, name: str) -> str:
        """A short fixed text, set by name in the first `words.j2` that has it."""
        for place, environment in zip(self._places, self._environments, strict=True):
            try:
                found = getattr(environment.get_template(_WORDS).module, name, None)
            except TemplateNotFound:
                continue
            except TemplateError as error:
                log.warning("The words in %s can't be used: %s", place / _WORDS, error)
                continue
            if found is not None:
                return str(found)
        raise KeyError(f"there is no word {name}")


@lru_cache(maxsize=8)
def texts_in(folders: tuple[Path, ...], language: str) -> Texts:
    return Texts(folders, language)


def built_in() -> Texts:
    return texts_in((), "")


def texts_of(settings: Settings) -> Texts:
    """The studio's words."""
    return texts_in(settings.form_folders, settings.language)


def _environment(folder: Path) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        # The result is markdown, not HTML: `finalize` does the escaping that fits it.
        autoescape=False,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        rate=describe_rate, seconds=seconds_text, about=about_text, size=size_text, frames=frames_text,
        moment=moment_text, sentence=sentence,
    )  # fmt: skip
    return environment


def moment_text(seconds: float) -> str:
    """A time since the epoch in the service's own zone."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"


def about_text(seconds: float | None) -> str:
    """A length nobody should take to the second: `a few seconds`, `about 40 s`, `about 4 minutes`."""
    if seconds is None:
        return "unknown"
    if seconds < 5:  # noqa: PLR2004
        return "a few seconds"
    if seconds < 55:  # noqa: PLR2004
        return f"about {round(seconds / 5) * 5} s"
    minutes = round(seconds / 60)
    if minutes < 90:  # noqa: PLR2004
        return f"about {minutes} minute{'s' if minutes != 1 else ''}"
    return f"about {seconds / 3600:.1f} hours"
