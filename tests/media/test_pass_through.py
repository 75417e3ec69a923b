"""Sources that already are what is wanted are copied, all others encoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.plan import EncodePlan
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify
from support.clips import Clips

PRORES = ("prores_ks", "-profile:v", "3", "-vendor", "apl0")


def plan(source: Path, preset: str = "prores_422_hq", **options: Any) -> EncodePlan:
    media = probe(find_source([str(source)]))
    return make_plan(media, Catalog().resolve(preset, media, {"pass_through": True, **options}))


def is_copied(made: EncodePlan) -> bool:
    argv = made.commands[0].argv
    return "copy" in argv and "-filter_complex" not in argv


@pytest.fixture
def prores(clips: Clips) -> Path:
    return clips.movie(
        "prores.mov", frames=12, size="160x90", pixel_format="yuv422p10le", codec=PRORES,
        extra=("-timecode", "01:00:00:00"),
    )  # fmt: skip


def test_a_source_of_the_wanted_form_is_copied_and_passes_every_check(
    each_ffmpeg: str, prores: Path, tmp_path: Path
) -> None:
    made = plan(prores, timecode="10:00:00:00", reel="A001")

    run_plan(made, tmp_path, each_ffmpeg, on_progress=lambda _: None, cancelled=lambda: False, time_limit_s=60)

    (result,) = verify(made, tmp_path)
    assert is_copied(made)
    assert result.frames == 12
    assert any("copied as it is" in note for note in made.notes)


@pytest.mark.parametrize(
    ("preset", "options"),
    [
        ("prores_422_hq", {"pass_through": False}), ("prores_422", {}), ("prores_4444", {}),
        ("prores_422_hq", {"first": "1003"}), ("prores_422_hq", {"conform_rate": "25"}),
        ("prores_422_hq", {"width": 80}), ("prores_422_hq", {"mask": "2"}), ("prores_422_hq", {"slate": True}),
    ],
)  # fmt: skip
def test_a_source_that_must_change_in_any_way_is_encoded(
    prores: Path, preset: str, options: dict[str, Any]
) -> None:
    assert not is_copied(plan(prores, preset, **options))


def test_a_source_without_tags_is_encoded(clips: Clips) -> None:
    source = clips.movie("untagged.mov", frames=3, pixel_format="yuv422p10le", codec=PRORES, tags=False)

    assert not is_copied(plan(source))


@pytest.mark.parametrize(("codec", "copied"), [("pcm_s24le", True), ("pcm_s16le", False)])
def test_sound_is_copied_with_the_picture_only_where_it_fits_too(
    ffmpeg: str, clips: Clips, tmp_path: Path, codec: str, copied: bool
) -> None:
    source = clips.movie(
        f"{codec}.mov", frames=12, size="160x90", pixel_format="yuv422p10le", codec=PRORES, audio="match",
        extra=("-c:a", codec),
    )  # fmt: skip
    made = plan(source)

    run_plan(made, tmp_path, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False, time_limit_s=60)

    assert verify(made, tmp_path)
    assert is_copied(made) is copied
