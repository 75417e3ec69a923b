"""Ledgers in words: what one says, and in what two differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from encode_media.timebase import describe_rate, size_text

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
_PLAIN = ("kind", "codec", "size", "pixels")
_NAMES = {
    "size": "picture size",
    "size_bytes": "file size",
    "bytes": "file size",
    "rate": "frame rate",
    "pixels": "pixel format",
    "missing": "missing frames",
    "first_frame": "first frame",
    "last_frame": "last frame",
}


def output_line(marks: Mapping[str, Any]) -> str:
    """What came out, as it was measured."""
    return _facts(_group(marks, "output"))


def making_lines(marks: Mapping[str, Any], usual: Mapping[str, object]) -> Iterator[str]:
    """How all components of a job came to be, the most telling first; of the options those that aren't `usual`."""
    yield f"made by    preset {marks.get('preset', '?')}, Encode Media {marks.get('version', '?')}" + (
        f", ffmpeg {marks['ffmpeg']}" if marks.get("ffmpeg") else ""
    )
    if marks.get("at"):
        yield f"on         {datetime.fromtimestamp(float(marks['at'])).astimezone():%Y-%m-%d %H:%M:%S}"
    yield f"job        {marks.get('job', '?')}"
    source = _group(marks, "source_facts")
    if source:
        yield f"source     {_facts(source)}"
    yield f"           component {marks.get('source') or 'none'}, fingerprint {marks.get('fingerprint') or 'none'}"
    yield f"options    {_options(_group(marks, 'options'), usual)}"
    for note in marks.get("notes", ()):
        yield f"note       {note}"
    yield "again      exactly" if marks.get("recipe") else "again      with the preset as it is then"


def _options(options: Mapping[str, Any], usual: Mapping[str, object]) -> str:
    same = {name for name, value in options.items() if name in usual and usual[name] == value}
    chosen = [f"{name} = {options[name]}" for name in sorted(options) if name not in same and options[name] != ""]
    told = [text for text in chosen if not text.endswith(" = None")]
    return ", ".join((*told, *(["the rest" if told else "all"] if same else []))) + (
        " as the preset has them now" if same else ""
    )


def making_differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """In what the making of the second differs from the first, a sentence each, without what came out."""
    return differences(_making(one), _making(other))


def output_differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """In what the second itself differs, as it was measured."""
    return _in_groups("", _flat(_group(one, "output")), _flat(_group(other, "output")))


def _making(marks: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in marks.items() if key != "output"}


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """In what the second differs from the first, a sentence each; none where both were made alike."""
    found: list[str] = []
    for key, subject in _SUBJECTS:
        before, after = one.get(key), other.get(key)
        if isinstance(before, dict) or isinstance(after, dict):
            found += _in_groups(subject, _flat(before or {}), _flat(after or {}))
        elif before != after:
            found.append(f"{subject}: {_value(key, before)} became {_value(key, after)}")
    notes, later = list(one.get("notes", ())), list(other.get("notes", ()))
    found += [f"no longer: {note}" for note in notes if note not in later]
    found += [f"new: {note}" for note in later if note not in notes]
    if not found and one.get("plan") != other.get("plan"):
        found.append("the commands to ffmpeg differ, though preset, options, source and versions are the same")
    return found


def _in_groups(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    found = []
    for name in (*before, *(name for name in after if name not in before)):
        if before.get(name) != after.get(name):
            # Options are called as presets call them, whatever a fact of the same name is called.
            shown, kind = (name, "") if subject == "option" else (_NAMES.get(name, name), name)
            was, now = _value(kind, before.get(name)), _value(kind, after.get(name))
            if was == now:
                # A few bytes, which the rounded size hides.
                was, now = str(before.get(name)), str(after.get(name))
            found.append(f"{subject} {shown}: {was} became {now}".strip())
    return found


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
    """The facts in the order in which people say them, what is its own name without one."""
    flat = {name: value for name, value in _flat(group).items() if value not in (None, "")}
    if "codec" in flat and "profile" in flat:
        flat["codec"] = f"{flat['codec']} {flat.pop('profile')}"
    first = {name: flat.pop(name) for name in _PLAIN if name in flat}
    size = [_value(name, flat.pop(name)) for name in ("bytes", "size_bytes") if name in flat]
    span = f"frames {flat.pop('first_frame')}-{flat.pop('last_frame')}" if "last_frame" in flat else ""
    count = flat.pop("frames", None)
    frames = "" if count is None else f"{count} frame{'s' if count != 1 else ''}"
    rate = f"at {_value('rate', flat.pop('rate'))}" if "rate" in flat else ""
    if not flat.get("missing", 1):
        del flat["missing"]
    words = (*map(str, first.values()), span, f"{frames} {rate}".strip(), *size)
    rest = (f"{_NAMES.get(name, name)} {_value(name, value)}" for name, value in flat.items())
    return ", ".join((*(word for word in words if word), *rest))


def _value(name: str, value: Any) -> str:
    """A value with its unit."""
    if name in ("bytes", "size_bytes") and isinstance(value, int):
        return size_text(value)
    if name == "rate" and isinstance(value, str):
        try:
            return f"{describe_rate(Fraction(value))} frames a second"
        except (ValueError, ZeroDivisionError):
            return value
    return "nothing" if value is None or value == "" else str(value)
