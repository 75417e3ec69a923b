"""Plans of typical jobs, word for word. A change of a plan shows here and has to be meant.

`UPDATE_GOLDEN=1 python -m pytest tests/unit/test_plan_golden.py` writes them anew; read the difference.
"""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from encode_media.model.codec import from_json, to_json
from encode_media.model.media import ColourTags, Media
from encode_media.model.plan import EncodePlan
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.sources import exr_sequence, movie, sequence, still

GOLDEN = Path(__file__).parent / "golden"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))
NTSC = Fraction(24000, 1001)

JOBS: dict[str, tuple[Media, str, dict[str, Any]]] = {
    "movie_review": (movie(frame_rate=NTSC, timecode="01:00:00:00"), "review", {}),
    "movie_prores": (movie(frame_rate=NTSC, timecode="01:00:00:00"), "prores_422_hq", {}),
    "exr_review": (exr_sequence(), "review", {}),
    "exr_prores": (exr_sequence(), "prores_422_hq", {"frame_rate": "23.976"}),
    "png_gap_hold_review": (sequence(missing=(1010, 1011, 1012)), "review", {"missing_frames": "hold"}),
    "png_gap_black_webm": (sequence(missing=(1001, 1010)), "webm_vp9", {"missing_frames": "black"}),
    "still_review": (still(width=4096, height=2304), "review", {}),
    "phone_rotated_variable_review": (
        movie("/phone/VID_1.mp4", width=1920, height=1080, rotation=90, variable_rate=True,
              frame_rate=Fraction(30), frames=70, duration_s=Fraction(12, 5), pixel_format="yuvj420p",
              colour=ColourTags(range="pc", matrix="bt709", primaries="bt709", transfer="bt709")),
        "review", {},
    ),
    "interlaced_review": (
        movie("/tape/a.mxf", container="mxf", codec="mpeg2video", width=720, height=576, field_order="tt",
              frame_rate=Fraction(25), sample_aspect=Fraction(64, 45), colour=ColourTags()),
        "review", {},
    ),
    "odd_size_png_sequence": (
        movie("/odd/a.mkv", container="matroska", width=641, height=361, audio=(), colour=ColourTags()),
        "png_sequence", {},
    ),
    "uhd_review": (movie(width=3840, height=2160, audio=()), "review", {"max_height": 1440}),
    "hdr_review": (
        movie(codec="hevc", pixel_format="yuv420p10le", bit_depth=10, audio=(),
              colour=ColourTags(range="tv", matrix="bt2020nc", primaries="bt2020", transfer="smpte2084")),
        "review", {},
    ),
}  # fmt: skip


def plan_of(job: str) -> EncodePlan:
    media, preset, options = JOBS[job]
    return make_plan(media, Catalog().resolve(preset, media, options))


@pytest.mark.parametrize("job", JOBS)
def test_the_plan_is_the_reviewed_one(job: str) -> None:
    plan = to_json(plan_of(job))
    del plan["media"]
    file = GOLDEN / f"{job}.json"
    if UPDATE:
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(json.dumps(plan, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    assert json.loads(file.read_text(encoding="utf-8")) == plan


@pytest.mark.parametrize("job", JOBS)
def test_a_plan_survives_its_json_form(job: str) -> None:
    plan = plan_of(job)

    assert from_json(EncodePlan, json.loads(json.dumps(to_json(plan)))) == plan


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.glob("*.json")} == set(JOBS)
