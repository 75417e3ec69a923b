"""Finding presets, and the built-in ones."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters
from encode_media.model.media import MissingFrames, SourceKind
from encode_media.presets.catalog import Catalog
from encode_media.presets.json_schema import preset_json_schema
from encode_media.resources import builtin_presets
from support.sources import exr_sequence, movie, sequence, still

BUILT_IN = {
    "review", "h264_high_quality", "h264_444_10bit", "hevc_10bit", "prores_proxy", "prores_lt", "prores_422",
    "prores_422_hq", "prores_4444", "dnxhr_lb", "dnxhr_sq", "dnxhr_hq", "dnxhr_hqx", "dnxhr_444", "webm_vp9",
    "webm_av1", "png_sequence", "jpeg_sequence", "exr_sequence", "thumbnail", "poster", "contact_sheet",
    "filmstrip", "preview_gif", "preview_webp", "audio_wav",
}  # fmt: skip
STUDIO = """
name: {name}
label: Ours
description: Ours.
order: 1
suits: [movie]
outputs:
  - name: ours
    kind: video
    container: mp4
    video: {{codec: h264, pixel_format: yuv420p}}
"""


def test_the_built_in_presets_are_there_in_their_order() -> None:
    names = Catalog().names()

    assert set(names) == BUILT_IN
    assert names[0] == "review"


def test_the_built_in_presets_have_no_mistakes() -> None:
    assert Catalog().check() == ()


@pytest.mark.parametrize("name", sorted(BUILT_IN - {"audio_wav"}))
def test_every_preset_that_reads_sequences_lets_people_choose_about_gaps(name: str) -> None:
    file = Catalog().get(name)

    assert set(file.options["missing_frames"].choices) == {policy.value for policy in MissingFrames}
    assert file.options["missing_frames"].default == "fail"


def test_the_published_schema_is_current() -> None:
    """`python -m encode_media.presets.json_schema > docs/preset.schema.json` writes it anew."""
    published = builtin_presets().parent / "docs" / "preset.schema.json"

    assert json.loads(published.read_text(encoding="utf-8")) == preset_json_schema()


def test_a_studio_preset_hides_the_built_in_one_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "review.yaml").write_text(STUDIO.format(name="review"))

    catalog = Catalog([tmp_path])

    assert catalog.get("review").label == "Ours"
    assert set(catalog.names()) == BUILT_IN


def test_an_edited_preset_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(STUDIO.format(name="ours"))
    catalog = Catalog([tmp_path])
    assert catalog.get("ours").label == "Ours"

    file.write_text(STUDIO.format(name="ours").replace("label: Ours", "label: Ours, changed"))

    assert catalog.get("ours").label == "Ours, changed"


def test_a_broken_studio_preset_leaves_the_others_usable(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("name: [")
    (tmp_path / "ours.yaml").write_text(STUDIO.format(name="ours"))
    catalog = Catalog([tmp_path])

    assert set(catalog.names()) == {*BUILT_IN, "ours"}
    with pytest.raises(InvalidParameters) as caught:
        catalog.get("broken")
    assert caught.value.code == "preset.invalid"
    assert [problem.file for problem in catalog.check()] == [str(tmp_path / "broken.yaml")]


def test_a_folder_that_is_not_there_is_no_reason_to_fail(tmp_path: Path) -> None:
    assert set(Catalog([tmp_path / "absent"]).names()) == BUILT_IN


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InvalidParameters) as caught:
        Catalog().get("reveiw")

    assert caught.value.code == "preset.unknown"
    assert "review" in caught.value.hint


@pytest.mark.parametrize("name", ["../review", "/etc/passwd", "review.yaml", "", "."])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        Catalog().get(name)

    assert caught.value.code == "preset.unknown"


def test_a_preset_for_other_kinds_of_source_is_refused() -> None:
    with pytest.raises(InvalidParameters) as caught:
        Catalog().resolve("prores_422_hq", still())

    assert caught.value.code == "preset.unsuited"
    assert not Catalog().get("prores_422_hq").suits(SourceKind.STILL)


@pytest.mark.parametrize(
    ("size", "steps"),
    [
        ((641, 361), ["720"]), ((1280, 720), ["720"]), ((1918, 800), ["720"]), ((1920, 800), ["720", "1080"]),
        ((1440, 1080), ["720", "1080"]), ((2048, 858), ["720", "1080"]), ((1080, 1920), ["720", "1080"]),
        ((3840, 2160), ["720", "1080", "1440", "2160"]), ((2160, 3840), ["720", "1080", "1440", "2160"]),
    ],
)  # fmt: skip
def test_the_ladder_never_goes_above_the_source(size: tuple[int, int], steps: list[str]) -> None:
    preset = Catalog().resolve("review", movie(width=size[0], height=size[1]))

    movies = [output.name for output in preset.outputs if output.container == "mp4"]
    assert movies == ["ftrackreview-mp4", *(f"ftrackreview-mp4-{step}" for step in steps[1:])]


def test_the_ladder_ends_at_the_wanted_height() -> None:
    preset = Catalog().resolve("review", movie(width=3840, height=2160), {"max_height": "1080"})

    assert [output.name for output in preset.outputs if output.container == "mp4"] == [
        "ftrackreview-mp4", "ftrackreview-mp4-1080",
    ]  # fmt: skip


def test_a_movie_gets_no_review_image_and_a_still_no_movie() -> None:
    """A version with both may open the still instead of the movie."""
    of_movie = {output.name for output in Catalog().resolve("review", movie()).outputs}
    of_still = {output.name for output in Catalog().resolve("review", still()).outputs}

    assert of_movie == {"ftrackreview-mp4", "poster", "thumbnail"}
    assert of_still == {"ftrackreview-image", "thumbnail"}


def test_sound_can_be_left_out() -> None:
    with_sound = Catalog().resolve("review", movie()).outputs[0]
    without = Catalog().resolve("review", movie(), {"audio": "none"}).outputs[0]

    assert with_sound.audio is not None
    assert without.audio is None


def test_the_rate_option_is_an_exact_rational() -> None:
    assert Catalog().resolve("review", sequence(), {"frame_rate": "23.976"}).frame_rate == Fraction(24000, 1001)
    assert Catalog().resolve("review", exr_sequence()).frame_rate is None
