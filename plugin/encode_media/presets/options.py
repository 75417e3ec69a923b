"""The values a person gave for a preset's options, checked and completed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.model.preset import Option, OptionKind
from encode_media.presets.rates import why_no_rate
from encode_media.presets.text_forms import TEXT_FORMS
from encode_media.timebase import format_rate, parse_rate

MAX_TEXT = 500
"""Characters of a text option; longer ones belong into a file."""

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})


def resolve_options(
    preset: str,
    options: Mapping[str, Option],
    given: Mapping[str, Any],
    *,
    outputs: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A JSON value for every option: what was given, else the default. Nothing given is the same as no value.

    Args:
        preset: its name.
        options: what it offers.
        given: what somebody chose.
        outputs: as the preset writes them, to say why a bit rate can't be chosen.

    Raises:
        InvalidParameters: an option the preset does not have, or a value it does not allow.
    """
    for name in given:
        if name in options:
            continue
        allowed = ", ".join(options) or "none at all"
        if why := why_no_rate(name, outputs):
            raise failure("options.no_rate", preset=preset, option=name, problem=why, allowed=allowed)
        raise failure("options.unknown", preset=preset, option=name, allowed=allowed)
    return {name: _value(name, option, given.get(name)) for name, option in options.items()}


def _value(name: str, option: Option, given: Any) -> Any:
    if given is None or given == "":
        return option.default
    try:
        return _READERS[option.kind](option, given)
    except ValueError as error:
        raise invalid_option(name, option, str(error)) from error


def invalid_option(name: str, option: Option, problem: str) -> EncodeMediaError:
    return failure("options.invalid", option=name, problem=problem, allowed=allowed_values(option))


def allowed_values(option: Option) -> str:
    """In words, for messages and documentation."""
    if option.kind is OptionKind.CHOICE:
        return ", ".join(str(choice) for choice in option.choices)
    if option.kind is OptionKind.NUMBER:
        low, high = option.minimum, option.maximum
        bounds = [f"from {low:g}" if low is not None else "", f"to {high:g}" if high is not None else ""]
        return " ".join(["a number", *(bound for bound in bounds if bound)])
    if option.format is not None:
        return TEXT_FORMS[option.format].words
    return {
        OptionKind.BOOLEAN: "true or false",
        OptionKind.RATE: "a frame rate such as 24, 23.976 or 24000/1001",
        OptionKind.TEXT: f"text of up to {MAX_TEXT} characters on one line",
    }[option.kind]


def _choice(option: Option, given: Any) -> Any:
    for choice in option.choices:
        if given == choice or str(given) == str(choice):
            return choice
    raise ValueError(f"{given!r} is not one of the choices")


def _number(option: Option, given: Any) -> float:
    try:
        value = float(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{given!r} is not a number") from error
    if isinstance(given, bool) or not math.isfinite(value):
        raise ValueError(f"{given!r} is not a number")
    if option.minimum is not None and value < option.minimum:
        raise ValueError(f"{value:g} is too small")
    if option.maximum is not None and value > option.maximum:
        raise ValueError(f"{value:g} is too large")
    return int(value) if value.is_integer() else value


def _boolean(_option: Option, given: Any) -> bool:
    word = str(given).strip().lower()
    if word not in _YES | _NO:
        raise ValueError(f"{given!r} is neither true nor false")
    return word in _YES


def _text(option: Option, given: Any) -> str:
    if option.format is not None and isinstance(given, (int, float)) and not isinstance(given, bool):
        given = str(given)  # a frame number or a shape, as the command line and JSON write it
    if not isinstance(given, str) or len(given) > MAX_TEXT or not given.isprintable():
        raise ValueError("not a text of one printable line")
    if option.format is not None and not TEXT_FORMS[option.format].fits(given):
        raise ValueError(f"{given!r} does not fit")
    return given


def _rate(_option: Option, given: Any) -> str:
    return format_rate(parse_rate(given))


_READERS: dict[OptionKind, Callable[[Option, Any], Any]] = {
    OptionKind.CHOICE: _choice,
    OptionKind.NUMBER: _number,
    OptionKind.BOOLEAN: _boolean,
    OptionKind.TEXT: _text,
    OptionKind.RATE: _rate,
}
