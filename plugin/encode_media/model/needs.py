"""Words for what a job needs of its worker beyond encoding, such as `gpu` or `mount:show1`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from encode_media.errors import failure

WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,63}")
RULE = "letters, digits and : . _ -"


def checked_needs(words: Iterable[object]) -> tuple[str, ...]:
    """The words, each once and in order.

    Raises:
        InvalidParameters: one is no such word.
    """
    found = set()
    for word in words:
        if not isinstance(word, str) or not WORD.fullmatch(word):
            raise failure("options.invalid", option="needs", problem=f"{word!r} is no word", allowed=RULE)
        found.add(word)
    return tuple(sorted(found))
