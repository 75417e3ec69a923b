"""Estimates follow what the encoder is told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from encode_media.model.plan import PlannedOutput
from encode_media.planning.estimates import estimate_bytes, estimate_seconds
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.run_plans import h264, output
from support.sources import movie

FRAMES = 240


def wanted(codec: str = "h264", **changes: object) -> PlannedOutput:
    values = {"width": 1920, "height": 1080, "duration_s": Fraction(FRAMES, 24), "codec": codec, **changes}
    return output("a.mp4", h264(FRAMES, **values))


def test_a_wanted_rate_is_the_size() -> None:
    assert estimate_bytes(wanted(), FRAMES, {"b:v": "12M"}) == 10 * 12_000_000 / 8


def test_six_steps_of_quality_are_half_the_size() -> None:
    fine, coarse = (estimate_bytes(wanted(), FRAMES, {"crf": crf}) for crf in ("18", "24"))
    assert fine == pytest.approx(2 * coarse, rel=0.01)


def test_a_cap_lowers_the_estimate_and_never_raises_it() -> None:
    free = estimate_bytes(wanted(), FRAMES, {"crf": "18"})
    assert estimate_bytes(wanted(), FRAMES, {"crf": "18", "maxrate": "1M"}) == 10 * 1_000_000 / 8
    assert estimate_bytes(wanted(), FRAMES, {"crf": "18", "maxrate": "500M"}) == free


def test_fixed_profiles_have_their_own_size() -> None:
    """DNxHR HQ at 1080p and 24 frames a second is 175 Mbit/s by its specification."""
    made = estimate_bytes(wanted("dnxhd", profile="DNXHR HQ"), FRAMES, {})
    assert made * 8 / 10 == pytest.approx(175e6, rel=0.03)


@pytest.mark.parametrize(
    ("codec", "quick", "slow"),
    [
        ("h264", {"preset": "veryfast"}, {"preset": "slow"}), ("hevc", {"preset": "veryfast"}, {"preset": "slow"}),
        ("vp9", {"cpu-used": "8"}, {"cpu-used": "2"}), ("av1", {"preset": "10"}, {"preset": "6"}),
        ("h264", {"preset": "medium"}, {"preset": "medium", "pass": "2"}),
    ],
)  # fmt: skip
def test_slower_encoders_and_second_passes_take_longer(
    codec: str, quick: dict[str, str | None], slow: dict[str, str | None]
) -> None:
    video = movie().video
    assert video is not None
    outputs = [wanted(codec)]
    assert estimate_seconds(video, outputs, FRAMES, [quick]) < estimate_seconds(video, outputs, FRAMES, [slow])


def test_a_plan_s_estimate_follows_its_options() -> None:
    media = movie(width=1920, height=1080, frames=FRAMES)

    def plan_with(**options: object) -> tuple[int, float]:
        plan = make_plan(media, Catalog().resolve("h264_high_quality", media, options))
        return plan.estimated_bytes, plan.estimated_s

    fine, coarse = plan_with(quality=14), plan_with(quality=24)
    assert fine[0] > coarse[0]
    assert plan_with(speed="slow")[1] > plan_with(speed="veryfast")[1]


def test_nothing_known_is_estimated_as_before() -> None:
    plain = wanted()
    assert estimate_bytes(plain, FRAMES) == estimate_bytes(plain, FRAMES, {})
    assert estimate_bytes(replace(plain, expected=replace(plain.expected, codec="strange")), FRAMES) == 0
