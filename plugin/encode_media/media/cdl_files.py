"""ASC CDL files: colour corrections of shots, alone (`.cc`), collected (`.ccc`), or in a decision list (`.cdl`).

XML is read without document types and entities: nothing in it can name another file or grow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from encode_media.errors import EncodeMediaError, failure
from encode_media.media.roots import require_inside
from encode_media.model.media import SourceRef

SUFFIXES = (".cc", ".ccc", ".cdl")
MAX_BYTES = 4_000_000
"""Of some thousand corrections."""
_MOST_NAMED = 20
_NAMED = re.compile(r"\A(?P<file>.+?\.(?:cc|ccc|cdl))(?:#(?P<id>.+))?\Z", re.IGNORECASE)
_VALUES = {"Slope": 3, "Offset": 3, "Power": 3, "Saturation": 1}
_NOTHING = {"Slope": "1 1 1", "Offset": "0 0 0", "Power": "1 1 1", "Saturation": "1"}
"""What a correction does not say changes nothing."""


@dataclass(slots=True)
class _Correction:
    name: str
    values: dict[str, str] = field(default_factory=dict)


def named_file(text: str) -> tuple[str, str] | None:
    """The file and the id in `show.ccc#sh010`; None where the text names no such file."""
    match = _NAMED.match(text)
    return (match["file"], match["id"] or "") if match else None


def read_cdl_of(text: str, roots: Sequence[Path]) -> str:
    """Ten numbers as text from `/shots/sh010/grade.cc` or `/show/show.ccc#sh010`.

    Args:
        text: the full path, and behind `#` the id of the correction.
        roots: the folders sources may lie in; none allows all.

    Raises:
        SourceMissing: it lies outside the roots.
        InvalidParameters: it is not there, or no CDL.
    """
    path, name = named_file(text) or (text, "")
    if roots:
        require_inside(SourceRef(path=path), roots)
    return read_cdl(Path(path), name)


def read_cdl(path: Path, name: str) -> str:
    """Slope, offset, power and saturation of one correction, as ten numbers.

    Raises:
        InvalidParameters: the file is not there or no CDL, or it has no correction of this id.
    """
    if not path.is_file():
        raise _wrong(path, "there is no such file")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _wrong(path, error.strerror or "it can't be read") from error
    if len(data) > MAX_BYTES:
        raise _wrong(path, f"it is larger than {MAX_BYTES // 1_000_000} MB")
    found = _chosen(path, _corrections(path, data), name)
    words = [word for key in _VALUES for word in found.values.get(key, _NOTHING[key]).split()]
    counts = [len(found.values.get(key, _NOTHING[key]).split()) for key in _VALUES]
    if counts != list(_VALUES.values()):
        raise _wrong(path, "slope, offset and power have three numbers each, saturation one")
    return " ".join(words)


def _chosen(path: Path, corrections: Sequence[_Correction], name: str) -> _Correction:
    if not corrections:
        raise _wrong(path, "there is no ColorCorrection in it")
    if not name and len(corrections) == 1:
        return corrections[0]
    for found in corrections:
        if name and found.name == name:
            return found
    names = [found.name or "without an id" for found in corrections[:_MOST_NAMED]]
    there = ", ".join(names) + (", …" if len(corrections) > _MOST_NAMED else "")
    if not name:
        raise _wrong(path, f"it has several corrections: write the id of one behind #: {there}")
    raise _wrong(path, f"it has no correction {name}; there are: {there}")


def _corrections(path: Path, data: bytes) -> list[_Correction]:
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reading.refuse
    parser.StartElementHandler, parser.EndElementHandler = reading.begin, reading.end
    parser.CharacterDataHandler = reading.text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, _DoctypeError) as error:
        raise _wrong(path, f"it is no XML that can be read ({error})") from error
    return reading.found


class _DoctypeError(ValueError):
    """Only hostile files have one: it is where entities are declared."""


class _Reading:
    """What the parser comes across."""

    def __init__(self) -> None:
        self.found: list[_Correction] = []
        self._inside = False
        self._value: str | None = None

    def refuse(self, *_: object) -> None:
        raise _DoctypeError("it declares a document type")

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "ColorCorrection":
            self.found.append(_Correction(attributes.get("id", "")))
            self._inside = True
        elif self._inside and name in _VALUES:
            self._value = name
            self.found[-1].values[name] = ""

    def end(self, tag: str) -> None:
        self._value = None
        self._inside = self._inside and tag.rpartition(" ")[2] != "ColorCorrection"

    def text(self, data: str) -> None:
        if self._value is not None:
            self.found[-1].values[self._value] += data


def _wrong(path: Path, problem: str) -> EncodeMediaError:
    return failure("ocio.cdl_file", path=str(path), problem=problem)
