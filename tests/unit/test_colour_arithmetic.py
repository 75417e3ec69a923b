"""The arithmetic behind colours: primaries, shaper, LUT files, names of colour spaces."""

from __future__ import annotations

from itertools import pairwise

import pytest

from encode_media.planning.ocio_rules import named_in
from encode_media.planning.primaries import BT709, conversion, to_bt709
from encode_media.planning.shaper import BRIGHTEST, cube_text, even_grid, shaped_grid, shaper_curve
from encode_media.presets.colour_pairs import parse_cdl
from encode_media.resources import resource

AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
AP1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
NAMES = {"ACEScg": "ACEScg", "lin_ap1": "ACEScg", "ACEScct": "ACEScct", "sRGB - Texture": "sRGB - Texture",
         "srgb": "sRGB - Texture", "g1": "G1"}  # fmt: skip


def test_ap0_to_bt709_is_the_matrix_that_is_published() -> None:
    """As in the ACES documentation, adapted by Bradford."""
    published = ((2.5216, -1.1341, -0.3876), (-0.2765, 1.3727, -0.0962), (-0.0154, -0.1530, 1.1684))

    for row, wanted in zip(conversion(AP0, BT709), published, strict=True):
        assert row == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("given", [AP0, AP1, BT709])
def test_white_stays_white(given: tuple[float, ...]) -> None:
    assert [sum(row) for row in conversion(given, BT709)] == pytest.approx([1, 1, 1], abs=1e-6)


def test_no_factor_is_more_than_the_filter_takes() -> None:
    steps = to_bt709(AP0)

    assert len(steps) == 2
    for mixer in steps:
        assert all(abs(float(value)) <= 2 for _, value in getattr(mixer, "options", ()))


def test_the_shaper_rises_from_0_to_1() -> None:
    curve = shaper_curve(33)

    assert (curve[0], curve[-1]) == (0, pytest.approx(1))
    assert all(low < high for low, high in pairwise(curve))


def test_the_grid_undoes_the_shaper() -> None:
    grid, curve = shaped_grid(9), shaper_curve(9)
    step = BRIGHTEST / (len(curve) - 1)

    for place, value in enumerate(grid):
        below = min(int(value / step), len(curve) - 2)
        share = value / step - below
        assert curve[below] + share * (curve[below + 1] - curve[below]) == pytest.approx(place / 8, abs=1e-6)


def test_a_lut_file_has_a_line_for_each_colour() -> None:
    grid = even_grid(2)
    text = cube_text(2, [value for b in grid for g in grid for r in grid for value in (r, g, b)])

    assert text.splitlines()[:3] == [
        "LUT_3D_SIZE 2",
        "0 0 0",
        "1 0 0",
    ]


def test_the_cineon_file_is_its_formula() -> None:
    lines = [
        line for line in resource("luts", "cineon_to_linear.cube").read_text().splitlines() if line[:1].isdigit()
    ]
    black = 10 ** ((95 - 685) * 0.002 / 0.6)

    assert len(lines) == 1024
    for code in (0, 95, 470, 685, 1023):
        linear = max(0, (10 ** ((code - 685) * 0.002 / 0.6) - black) / (1 - black))
        assert float(lines[code].split()[0]) == pytest.approx(linear, abs=1e-6)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/p/render_ACEScg.%04d.exr", "ACEScg"),
        ("/p/lin_ap1/plate.%04d.exr", "ACEScg"),
        ("/p/srgb/plate_acescct.exr", "ACEScct"),
        ("/p/plate_sRGB-Texture.png", "sRGB - Texture"),
        ("/p/acescgx.exr", None),
        ("/acescg/show/plates/a.exr", None),
        ("/p/shot_g1.exr", None),
    ],
)
def test_a_colour_space_is_found_in_the_name(path: str, found: str | None) -> None:
    assert named_in(path, NAMES) == found


@pytest.mark.parametrize(
    "text", ["", "1 1 1", "1 1 1 0 0 0 1 1 1 nan", "-1 1 1 0 0 0 1 1 1 1", "1 1 1 0 0 0 0 1 1 1"]
)
def test_what_is_no_cdl(text: str) -> None:
    assert parse_cdl(text) is None


def test_a_cdl_is_ten_numbers() -> None:
    assert parse_cdl("1.1, 1, 0.9 0 0 0 1 1 1 0.8") == (1.1, 1, 0.9, 0, 0, 0, 1, 1, 1, 0.8)
