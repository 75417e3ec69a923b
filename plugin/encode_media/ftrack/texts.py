"""The words of forms and answers: Jinja2 templates in `resource/forms`.

Names of versions, files and people go into markdown that a browser shows, so every inserted value is made
harmless here, once, rather than in each template.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from encode_media.resources import resource
from encode_media.timebase import describe_rate, frames_text, seconds_text, size_text

# Single angle quotation marks: they look alike, and no browser takes them for a tag.
_HARMLESS = str.maketrans(
    {"<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"}
)


def harmless(value: Any) -> Any:
    """Text that can't become a tag, a link or a new line where it is shown; other values as they are."""
    if not isinstance(value, str):
        return value
    shown = "".join(letter if letter.isprintable() else " " for letter in value)
    return shown.translate(_HARMLESS).replace("](", "] (")


def render(template: str, /, **values: Any) -> str:
    """The text of `resource/forms/<template>.j2`, without blank space around it."""
    return _environment().get_template(f"{template}.j2").render(**values).strip()


@cache
def word(name: str) -> str:
    """A short fixed text, set by name in `resource/forms/words.j2`."""
    return str(getattr(_environment().get_template("words.j2").module, name))


@cache
def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(resource("forms")),
        undefined=StrictUndefined,
        # The result is markdown, not HTML: `finalize` does the escaping that fits it.
        autoescape=False,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(rate=describe_rate, seconds=seconds_text, size=size_text, frames=frames_text)
    return environment
