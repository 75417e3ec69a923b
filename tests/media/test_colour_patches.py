"""The colour that goes in comes out: sixteen flat patches through the presets, on every ffmpeg that is here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.plan import EncodePlan
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.selftest import ColourSource, measure_others, measure_presets, write_sources
from support.patches import RawVideo, chart, run, worst_error, write_rgb, write_video

JPEG = RawVideo("yuvj444p", "bt601", full_range=True)
REVIEW = RawVideo("yuv420p")
LIMIT, JPEG_LIMIT = 1.5, 2.0
OLD_AV1 = 1.0
"""What SVT-AV1 1.4 beside ffmpeg 5.1 makes of flat colours at the preset's quality; 4.2 stays below 0.6."""
QUICK = ("review", "prores_4444", "png_sequence")
"""An 8-bit movie with its JPEGs, a deep movie, and RGB."""
MANY = (
    "h264_high_quality", "hevc_10bit", "h264_444_10bit", "prores_proxy", "prores_422_hq", "dnxhr_hq", "dnxhr_hqx",
    "dnxhr_444", "dnxhr_lb", "dnxhr_sq", "prores_lt", "prores_422", "webm_vp9", "webm_av1", "exr_sequence",
    "jpeg_sequence", "poster", "thumbnail",
)  # fmt: skip
SOURCES = (
    "PNG, 8 bit", "PNG, 16 bit", "PNG with alpha", "EXR half, linear", "EXR float, linear",
    "BT.709, 8 bit, limited", "BT.709, 8 bit, full", "BT.709, 10 bit, limited", "BT.601, 8 bit, limited",
    "BT.601, 10 bit, full", "untagged, 8 bit",
)  # fmt: skip


@pytest.fixture(scope="session")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, ColourSource]:
    """The chart in every form, written once."""
    folder = tmp_path_factory.mktemp("charts")
    return {source.name: source for source in write_sources(find_ffmpeg().path, folder)}


def planned(source: Path | str, preset: str, **options: object) -> EncodePlan:
    media = probe(find_source([str(source)]))
    return make_plan(media, Catalog().resolve(preset, media, options))


def encoded(ffmpeg: str, plan: EncodePlan, folder: Path) -> Path:
    """Runs the plan; the first output, for a sequence its first file."""
    for output in plan.outputs:
        (folder / output.file).parent.mkdir(parents=True, exist_ok=True)
    for command in plan.commands:
        run(ffmpeg, list(command.argv), cwd=folder)
    first = plan.outputs[0]
    return folder / (first.file if first.first_frame is None else first.file % first.first_frame)


@pytest.mark.parametrize("source", SOURCES)
def test_every_kind_of_source_keeps_its_colours(
    each_ffmpeg: str, charts: Mapping[str, ColourSource], source: str, tmp_path: Path
) -> None:
    """Several presets share a run, and so a decode and whatever steps are alike."""
    measured = list(measure_presets(each_ffmpeg, Catalog(), charts[source], QUICK, tmp_path))

    assert {each.target for each in measured} >= set(QUICK)
    assert [each for each in measured if not each.passed] == []


def test_every_kind_of_target_keeps_its_colours(
    ffmpeg: str, charts: Mapping[str, ColourSource], tmp_path: Path
) -> None:
    measured = list(measure_presets(ffmpeg, Catalog(), charts["PNG, 8 bit"], MANY, tmp_path))

    assert {each.target for each in measured} >= set(MANY)
    assert [each for each in measured if not each.passed] == []


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_every_target_from_every_source(
    each_ffmpeg: str, charts: Mapping[str, ColourSource], source: str, tmp_path: Path
) -> None:
    measured = list(measure_presets(each_ffmpeg, Catalog(), charts[source], MANY, tmp_path))

    assert {each.target for each in measured} >= set(MANY)
    old = find_ffmpeg(each_ffmpeg).major < 8
    wrong = [each for each in measured if not each.passed]
    assert [each for each in wrong if not (old and each.target == "webm_av1" and each.error <= OLD_AV1)] == []


def test_small_untagged_video_is_taken_for_bt601_and_the_plan_says_so(each_ffmpeg: str, tmp_path: Path) -> None:
    source = tmp_path / "source.mkv"
    expected = write_video(find_ffmpeg().path, source, matrix="bt601")
    plan = planned(source, "review")

    file = encoded(each_ffmpeg, plan, tmp_path)

    assert worst_error(each_ffmpeg, file, REVIEW, expected) <= LIMIT
    assert any("assumed" in note and "BT.601" in note for note in plan.notes)


def test_the_smaller_steps_of_the_ladder_have_the_same_colours(each_ffmpeg: str, tmp_path: Path) -> None:
    source = tmp_path / "large.%04d.png"
    write_rgb(find_ffmpeg().path, source, frames=1)
    large = tmp_path / "scaled.png"
    run(
        each_ffmpeg,
        ["-i", str(source) % 1001, "-vf", "scale=1080:1080:flags=neighbor", "-update", "1", str(large)],
    )
    (tmp_path / "scaled.1001.png").write_bytes(large.read_bytes())
    (tmp_path / "scaled.1002.png").write_bytes(large.read_bytes())
    plan = planned(tmp_path / "scaled.%04d.png", "review")

    encoded(each_ffmpeg, plan, tmp_path)

    movies = [output for output in plan.outputs if output.container == "mp4"]
    assert [output.expected.height for output in movies] == [720, 1080]
    for output in movies:
        assert worst_error(each_ffmpeg, tmp_path / output.file, REVIEW) <= LIMIT


@pytest.mark.parametrize(("background", "over"), [("black", (0, 0, 0)), ("white", (255, 255, 255))])
@pytest.mark.parametrize("pixel_format", ["rgba", "rgba64be"])
def test_transparency_is_laid_over_the_background(
    each_ffmpeg: str, tmp_path: Path, background: str, over: tuple[int, int, int], pixel_format: str
) -> None:
    alpha = 110 / 255
    source = tmp_path / "alpha.%04d.png"
    write_rgb(find_ffmpeg().path, source, pixel_format=pixel_format, alpha=alpha, frames=2)
    expected = chart() * alpha + (1 - alpha) * over[0] / 255

    file = encoded(each_ffmpeg, planned(source, "poster", background=background), tmp_path)

    assert worst_error(each_ffmpeg, file, JPEG, expected) <= JPEG_LIMIT


def test_the_measure_sees_what_most_tools_do_wrong(each_ffmpeg: str) -> None:
    """RGB to yuv420p without a stated matrix becomes BT.601 and is read as BT.709."""
    naive = next(iter(measure_others(each_ffmpeg)))

    assert naive.error == pytest.approx(38.9, abs=0.2)
