"""The same place in the spellings of several machines: `//server/share`, `/mnt/share`, `Z:/`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

PathMaps = Sequence[Sequence[str]]

_WINDOWS = re.compile(r"\A(?:[A-Za-z]:|//|\\\\)")


def other_spellings(path: str, maps: PathMaps) -> Iterator[str]:
    """What a path may be called on this machine, where a publisher on another one wrote it in its own way.

    Windows knows no upper and lower case, and both slashes; other systems tell them apart.
    """
    for place in maps:
        for spelling in place:
            rest = _rest(path, spelling)
            if rest is not None:
                yield from (_joined(other, rest) for other in place if other != spelling)


def _rest(path: str, spelling: str) -> str | None:
    """What follows the spelling of a place in a path, with slashes; None if it isn't below it."""
    windows = bool(_WINDOWS.match(spelling))
    root = spelling.replace("\\", "/") if windows else spelling
    whole = path.replace("\\", "/") if windows else path
    root = root.rstrip("/")
    same = whole[: len(root)].lower() == root.lower() if windows else whole.startswith(root)
    rest = whole[len(root) :]
    return rest.lstrip("/") if same and (not rest or rest.startswith("/")) else None


def _joined(root: str, rest: str) -> str:
    mark = "\\" if "\\" in root else "/"
    return f"{root.rstrip('/' + mark)}{mark}{rest.replace('/', mark) if mark != '/' else rest}"
