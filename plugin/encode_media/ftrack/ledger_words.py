"""Ledgers in words: what one says, and in what two differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from encode_media.timebase import size_text

_SUBJECTS = (
    ("preset", "preset"),
    ("options", "option"),
    ("source", "source component"),
    ("fingerprint", "content of the source"),
    ("source_facts", "source's"),
    ("version", "Encode Media"),
    ("ffmpeg", "ffmpeg"),
    ("output", "output's"),
)
"""What is compared, in the order in which it usually explains a difference."""


def ledger_lines(marks: Mapping[str, Any]) -> Iterator[str]:
    """What a person wants to know of one component, the most telling first."""
    output, source = _group(marks, "output"), _group(marks, "source_facts")
    if output:
        yield f"it is      {_facts(output)}"
    yield f"made by    preset {marks.get('preset', '?')}, Encode Media {marks.get('version', '?')}" + (
        f", ffmpeg {marks['ffmpeg']}" if marks.get("ffmpeg") else ""
    )
    if marks.get("at"):
        yield f"on         {datetime.fromtimestamp(float(marks['at'])).astimezone():%Y-%m-%d %H:%M:%S}"
    yield f"job        {marks.get('job', '?')}"
    if source:
        yield f"source     {_facts(source)}"
    yield f"           component {marks.get('source') or 'none'}, fingerprint {marks.get('fingerprint') or 'none'}"
    options = [
        f"{name} = {value}" for name, value in sorted(_group(marks, "options").items()) if value not in (None, "")
    ]
    if options:
        yield f"options    {', '.join(options)}"
    for note in marks.get("notes", ()):
        yield f"note       {note}"
    yield "again      exactly" if marks.get("recipe") else "again      with the preset as it is then"


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """In what the second differs from the first, a sentence each; none where both were made alike."""
    found: list[str] = []
    for key, subject in _SUBJECTS:
        before, after = one.get(key), other.get(key)
        if isinstance(before, dict) or isinstance(after, dict):
            found += _in_groups(subject, _flat(before or {}), _flat(after or {}))
        elif before != after:
            found.append(f"{subject}: {_shown(before)} became {_shown(after)}")
    notes, later = list(one.get("notes", ())), list(other.get("notes", ()))
    found += [f"no longer: {note}" for note in notes if note not in later]
    found += [f"new: {note}" for note in later if note not in notes]
    if not found and one.get("plan") != other.get("plan"):
        found.append("the commands to ffmpeg differ, though preset, options, source and versions are the same")
    return found


def _in_groups(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    names = [*before, *(name for name in after if name not in before)]
    return [
        f"{subject} {name}: {_shown(before.get(name))} became {_shown(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _flat(group: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in group.items():
        if isinstance(value, dict):
            flat |= {f"{name} {inner}": item for inner, item in value.items()}
        else:
            flat[name] = value
    return flat


def _group(marks: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = marks.get(key)
    return value if isinstance(value, dict) else {}


def _facts(group: Mapping[str, Any]) -> str:
    words = []
    for name, value in _flat(group).items():
        if value is None or value == "":
            continue
        words.append(size_text(int(value)) if name in {"bytes", "size_bytes"} else f"{name} {value}")
    return ", ".join(words)


def _shown(value: Any) -> str:
    return "nothing" if value is None or value == "" else str(value)
