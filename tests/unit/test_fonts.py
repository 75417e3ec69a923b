"""The bundled fonts and our reader of their tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from encode_media.planning.fonts import BUNDLED, FontError, bundled_font, font_for, read_font
from encode_media.resources import resource


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("sh010_comp v003 - it's 100 %", "DejaVuSans.ttf"),
        ("Größe, Łódź, Ελληνικά, Кириллица, עברית, العربية", "DejaVuSans.ttf"),
        ("镜头 sh010", "WenQuanYiMicroHei.ttc"),
        ("テスト 샷 한국어", "WenQuanYiMicroHei.ttc"),
    ],
)
def test_a_text_gets_the_font_that_has_all_its_letters(text: str, font: str) -> None:
    chosen, missing = font_for(text)

    assert (chosen.name, missing) == (font, "")


def test_letters_no_font_has_are_named() -> None:
    assert font_for("sh010 ไทย")[1] == "ไทย"


@pytest.mark.parametrize("name", BUNDLED)
def test_digits_are_all_as_wide_so_that_counters_stand_still(name: str) -> None:
    assert len({bundled_font(name).width(digit) for digit in "0123456789"}) == 1


def test_widths_add_up_and_signs_of_direction_have_none() -> None:
    font = bundled_font("DejaVuSans.ttf")

    assert font.width("sh010\u200f") == pytest.approx(sum(font.width(letter) for letter in "sh010"))


@pytest.mark.parametrize("name", BUNDLED)
def test_every_font_comes_with_its_licence(name: str) -> None:
    licence = resource("fonts", f"{Path(name).stem}.LICENSE.txt").read_text(encoding="utf-8")

    assert "icense" in licence
    assert "Debian package" in licence


@pytest.mark.parametrize("content", [b"", b"not a font", b"\0\1\0\0\0\xff" + b"\0" * 40, b"ttcf" + b"\xff" * 40])
def test_a_file_that_is_no_font_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.ttf"
    file.write_bytes(content)

    with pytest.raises(FontError, match=r"broken\.ttf"):
        read_font(file)


def test_a_font_cut_short_anywhere_is_told_or_read(tmp_path: Path) -> None:
    """Never another error, wherever the file ends."""
    whole = resource("fonts", "DejaVuSans.ttf").read_bytes()
    file = tmp_path / "cut.ttf"
    refused = 0
    for length in range(0, len(whole), 20_011):
        file.write_bytes(whole[:length])
        try:
            read_font(file)
        except FontError:
            refused += 1
    assert refused
