"""Sizes of outputs."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encode_media.model.geometry import fit, highest_rung
from encode_media.model.preset import SizeSpec
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.sources import movie, still

SIDES = st.integers(1, 9000)


@pytest.mark.parametrize(
    ("size", "spec", "fitted"),
    [
        ((1920, 1080), SizeSpec(rung=720), (1280, 720)), ((1080, 1920), SizeSpec(rung=720), (720, 1280)),
        ((641, 361), SizeSpec(rung=720), (640, 360)), ((2048, 858), SizeSpec(rung=1080), (1920, 804)),
        ((640, 360), SizeSpec(rung=720, upscale=True), (1280, 720)),
        ((1998, 1080), SizeSpec(rung=720), (1280, 692)),
        ((4000, 10), SizeSpec(rung=720), (1280, 4)), ((1000, 500), SizeSpec(max_width=500), (500, 250)),
    ],
)  # fmt: skip
def test_pictures_are_fitted(size: tuple[int, int], spec: SizeSpec, fitted: tuple[int, int]) -> None:
    assert fit(size, spec, even=True) == fitted


@given(width=SIDES, height=SIDES, rung=st.sampled_from([720, 1080, 1440, 2160]))
def test_a_fitted_picture_is_even_and_never_larger_than_its_source_or_box(
    width: int, height: int, rung: int
) -> None:
    fitted = fit((width, height), SizeSpec(rung=rung), even=True)

    assert all(side % 2 == 0 and side >= 2 for side in fitted)
    assert fitted[0] <= max(2, width + 1)
    assert fitted[1] <= max(2, height + 1)
    assert min(fitted) <= rung


@given(width=SIDES, height=SIDES)
def test_the_highest_step_is_reached_without_enlarging(width: int, height: int) -> None:
    rung = highest_rung((width, height))

    if rung:
        fitted = fit((width, height), SizeSpec(rung=rung), even=False)
        assert max(fitted) == round(rung * 16 / 9) or min(fitted) == rung


def sizes(**video: object) -> dict[str, tuple[int, int]]:
    media = movie(**video)
    plan = make_plan(media, Catalog().resolve("review", media))
    return {output.name: (output.expected.width, output.expected.height) for output in plan.outputs}


def test_a_picture_on_its_side_is_planned_upright() -> None:
    assert sizes(width=1920, height=1080, rotation=90)["ftrackreview-mp4-1080"] == (1080, 1920)


def test_pixels_are_squared_before_fitting() -> None:
    found = sizes(width=1440, height=1080, sample_aspect=Fraction(4, 3))

    assert found["ftrackreview-mp4-1080"] == (1920, 1080)
    assert found["poster"] == (1920, 1080)


def test_an_odd_picture_loses_a_row_in_movies_and_nothing_in_images() -> None:
    found = sizes(width=641, height=361)

    assert found["ftrackreview-mp4"] == (640, 360)
    assert found["poster"] == (641, 361)


def test_a_still_is_reduced_to_the_wanted_box() -> None:
    media = still(width=8000, height=4500)
    plan = make_plan(media, Catalog().resolve("review", media, {"max_height": 1080}))

    assert (plan.outputs[0].expected.width, plan.outputs[0].expected.height) == (1920, 1080)
