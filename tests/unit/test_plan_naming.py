"""File names made of component names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encode_media.planning.naming import safe_stem, sequence_pattern, unique_stems


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("ftrackreview-mp4-1080", "ftrackreview-mp4-1080"), ("../../etc/passwd", "etc_passwd"), ("-y", "y"),
        ("a b%d.c", "a_b_d.c"), ("COM1", "output_COM1"), ("nul.txt", "output_nul.txt"), ("...", "output"),
        ("größe", "gr_e"), ("", "output"), ("x" * 300, "x" * 80),
    ],
)  # fmt: skip
def test_names_become_safe(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


@given(st.lists(st.text(max_size=12), max_size=6))
def test_stems_are_plain_and_differ_even_where_case_is_ignored(names: list[str]) -> None:
    stems = unique_stems(names)

    assert len({stem.lower() for stem in stems}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", stem) for stem in stems)


def test_padding_is_four_digits_and_grows_with_the_largest_number() -> None:
    assert sequence_pattern("png", "png", (1, 48)) == "png/png.%04d.png"
    assert sequence_pattern("png", "png", (99999, 100000)) == "png/png.%06d.png"
