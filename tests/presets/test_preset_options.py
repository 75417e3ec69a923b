"""Options as forms, `--set` and the API give them."""

from __future__ import annotations

from typing import Any

import pytest

from encode_media.errors import InvalidParameters
from encode_media.model.preset import Option, OptionKind
from encode_media.presets.catalog import Catalog
from encode_media.presets.options import MAX_TEXT, allowed_values, resolve_options

OPTIONS = {
    "height": Option(kind=OptionKind.CHOICE, label="Height", default=1080, choices=(720, 1080)),
    "quality": Option(kind=OptionKind.NUMBER, label="Quality", default=18, minimum=10, maximum=30),
    "audio": Option(kind=OptionKind.BOOLEAN, label="Sound", default=True),
    "rate": Option(kind=OptionKind.RATE, label="Rate"),
    "note": Option(kind=OptionKind.TEXT, label="Note", default=""),
}


def resolved(**given: Any) -> dict[str, Any]:
    return resolve_options("review", OPTIONS, given)


def test_what_is_not_given_has_its_default() -> None:
    assert resolved() == {"height": 1080, "quality": 18, "audio": True, "rate": None, "note": ""}


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_field_of_a_form_means_the_default(empty: object) -> None:
    assert resolved(quality=empty)["quality"] == 18


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("height", "720", 720), ("height", 720, 720), ("quality", "20", 20), ("quality", 20.5, 20.5),
        ("audio", "off", False), ("audio", "true", True), ("audio", 0, False), ("audio", "No", False),
        ("rate", "23.976", "24000/1001"), ("rate", 25, "25/1"), ("rate", "30000/1001", "30000/1001"),
        ("note", "für später", "für später"),
    ],
)  # fmt: skip
def test_text_from_a_form_becomes_the_value_it_means(name: str, given: object, value: object) -> None:
    result = resolved(**{name: given})[name]

    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("height", "721"), ("height", [720]), ("quality", "9"), ("quality", 31), ("quality", "nan"),
        ("quality", "1e999"), ("quality", "twenty"), ("quality", True), ("quality", [18]), ("audio", "maybe"),
        ("rate", "0"), ("rate", "fast"), ("rate", "24/0"), ("note", "two\nlines"), ("note", "x" * (MAX_TEXT + 1)),
        ("note", 5),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_what_is_allowed(name: str, given: object) -> None:
    with pytest.raises(InvalidParameters) as caught:
        resolved(**{name: given})

    assert caught.value.code == "options.invalid"
    assert caught.value.details["option"] == name
    assert allowed_values(OPTIONS[name]) in caught.value.hint


@pytest.mark.parametrize(("given", "value"), [(1010, "1010"), ("1010", "1010"), ("01:00:00:00", "01:00:00:00")])
def test_a_frame_may_come_as_a_number(given: object, value: str) -> None:
    """As `--set first=1010` and JSON write it."""
    assert resolve_options("review", Catalog().get("review").options, {"first": given})["first"] == value


def test_an_unknown_option_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidParameters) as caught:
        resolved(qualty=18)

    assert caught.value.code == "options.unknown"
    assert "quality" in caught.value.hint


@pytest.mark.parametrize("option", ["bitrate", "target_size"])
@pytest.mark.parametrize(
    ("preset", "reason"),
    [
        ("prores_422_hq", "profile of ProRes"), ("dnxhr_hq", "same bits"), ("preview_gif", "256 colours"),
        ("preview_webp", "made by quality"), ("png_sequence", "loses nothing"),
    ],
)  # fmt: skip
def test_a_rate_where_the_format_has_none_is_refused_with_the_reason(
    preset: str, reason: str, option: str
) -> None:
    file = Catalog().get(preset)
    with pytest.raises(InvalidParameters, match=reason) as refused:
        resolve_options(preset, file.options, {option: 12}, outputs=file.outputs)
    assert refused.value.code == "options.no_rate"


def test_another_unknown_option_of_such_a_preset_is_only_unknown() -> None:
    file = Catalog().get("prores_422_hq")
    with pytest.raises(InvalidParameters) as refused:
        resolve_options("prores_422_hq", file.options, {"bitrat": 12}, outputs=file.outputs)
    assert refused.value.code == "options.unknown"
