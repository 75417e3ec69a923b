"""The colour that goes in comes out: sixteen flat patches through the presets, on every ffmpeg that is here."""

from __future__ import annotations

from pathlib import Path

import pytest

from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.plan import EncodePlan
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.patches import RawVideo, chart, run, worst_error, write_rgb, write_video

DEBIAN = "/usr/bin/ffmpeg"
JPEG = RawVideo("yuvj444p", "bt601", full_range=True)
STORED = {
    "review": RawVideo("yuv420p"),
    "h264_high_quality": RawVideo("yuv420p"),
    "prores_422_hq": RawVideo("yuv422p10le"),
    "webm_vp9": RawVideo("yuv420p"),
    "png_sequence": RawVideo("rgb24"),
    "thumbnail": JPEG,
    "poster": JPEG,
}
LIMITS = {
    "review": 1.5, "h264_high_quality": 1.5, "prores_422_hq": 0.6, "webm_vp9": 1.5, "png_sequence": 0.5,
    "thumbnail": 2.0, "poster": 2.0,
}  # fmt: skip
"""Code values of 8 bits. 4:2:0 in 8 bits can't be nearer than about one."""


@pytest.fixture(scope="session", params=["bundled", "debian"])
def ffmpeg(request: pytest.FixtureRequest) -> str:
    if request.param == "bundled":
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    if not Path(DEBIAN).exists():
        pytest.skip("this system has no ffmpeg of its own")
    return DEBIAN


@pytest.fixture(scope="session")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart in every form, written once."""
    folder = tmp_path_factory.mktemp("charts")
    maker = find_ffmpeg().path
    write_rgb(maker, folder / "rgb8.%04d.png", frames=4)
    write_rgb(maker, folder / "rgb16.%04d.png", pixel_format="rgb48be", frames=4)
    write_rgb(maker, folder / "alpha.%04d.png", pixel_format="rgba", frames=4)
    write_rgb(maker, folder / "half.%04d.exr", pixel_format="half", frames=4)
    write_rgb(maker, folder / "float.%04d.exr", pixel_format="float", frames=4)
    return folder


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


@pytest.mark.parametrize("preset", STORED)
def test_srgb_images_keep_their_colours_through_every_preset(
    ffmpeg: str, charts: Path, preset: str, tmp_path: Path
) -> None:
    file = encoded(ffmpeg, planned(charts / "rgb8.%04d.png", preset), tmp_path)

    assert worst_error(ffmpeg, file, STORED[preset]) <= LIMITS[preset]


@pytest.mark.parametrize("preset", ["review", "prores_422_hq", "png_sequence", "thumbnail"])
@pytest.mark.parametrize("source", ["rgb16.%04d.png", "half.%04d.exr", "float.%04d.exr", "alpha.%04d.png"])
def test_deep_linear_and_transparent_images_keep_their_colours(
    ffmpeg: str, charts: Path, preset: str, source: str, tmp_path: Path
) -> None:
    file = encoded(ffmpeg, planned(charts / source, preset), tmp_path)

    assert worst_error(ffmpeg, file, STORED[preset]) <= LIMITS[preset]


@pytest.mark.parametrize("preset", ["review", "prores_422_hq", "png_sequence", "thumbnail"])
@pytest.mark.parametrize(
    "form",
    [("bt709", 8, False), ("bt709", 8, True), ("bt709", 10, False), ("bt601", 8, False), ("bt601", 10, True)],
)
def test_video_keeps_its_colours_whatever_its_matrix_and_range(
    ffmpeg: str, preset: str, form: tuple[str, int, bool], tmp_path: Path
) -> None:
    matrix, bits, full_range = form
    source = tmp_path / "source.mkv"
    colorspace = {"bt709": "bt709", "bt601": "smpte170m"}[matrix]
    tags = (f"range={'pc' if full_range else 'tv'}", f"colorspace={colorspace}", "color_primaries=bt709",
            "color_trc=bt709")  # fmt: skip
    expected = write_video(find_ffmpeg().path, source, matrix=matrix, bits=bits, full_range=full_range, tags=tags)

    file = encoded(ffmpeg, planned(source, preset), tmp_path)

    assert worst_error(ffmpeg, file, STORED[preset], expected) <= LIMITS[preset]


def test_small_untagged_video_is_taken_for_bt601_and_the_plan_says_so(ffmpeg: str, tmp_path: Path) -> None:
    source = tmp_path / "source.mkv"
    expected = write_video(find_ffmpeg().path, source, matrix="bt601")
    plan = planned(source, "review")

    file = encoded(ffmpeg, plan, tmp_path)

    assert worst_error(ffmpeg, file, STORED["review"], expected) <= LIMITS["review"]
    assert any("assumed" in note and "BT.601" in note for note in plan.notes)


def test_the_smaller_steps_of_the_ladder_have_the_same_colours(ffmpeg: str, tmp_path: Path) -> None:
    source = tmp_path / "large.%04d.png"
    write_rgb(find_ffmpeg().path, source, frames=1)
    large = tmp_path / "scaled.png"
    run(ffmpeg, ["-i", str(source) % 1001, "-vf", "scale=1080:1080:flags=neighbor", "-update", "1", str(large)])
    (tmp_path / "scaled.1001.png").write_bytes(large.read_bytes())
    (tmp_path / "scaled.1002.png").write_bytes(large.read_bytes())
    plan = planned(tmp_path / "scaled.%04d.png", "review")

    encoded(ffmpeg, plan, tmp_path)

    movies = [output for output in plan.outputs if output.container == "mp4"]
    assert [output.expected.height for output in movies] == [720, 1080]
    for output in movies:
        assert worst_error(ffmpeg, tmp_path / output.file, STORED["review"]) <= LIMITS["review"]


@pytest.mark.parametrize(("background", "over"), [("black", (0, 0, 0)), ("white", (255, 255, 255))])
@pytest.mark.parametrize("pixel_format", ["rgba", "rgba64be"])
def test_transparency_is_laid_over_the_background(
    ffmpeg: str, tmp_path: Path, background: str, over: tuple[int, int, int], pixel_format: str
) -> None:
    alpha = 110 / 255
    source = tmp_path / "alpha.%04d.png"
    write_rgb(find_ffmpeg().path, source, pixel_format=pixel_format, alpha=alpha, frames=2)
    expected = chart() * alpha + (1 - alpha) * over[0] / 255

    file = encoded(ffmpeg, planned(source, "thumbnail", background=background), tmp_path)

    assert worst_error(ffmpeg, file, JPEG, expected) <= LIMITS["thumbnail"]


def test_the_measure_sees_what_most_tools_do_wrong(ffmpeg: str, charts: Path, tmp_path: Path) -> None:
    """RGB to yuv420p without a stated matrix becomes BT.601 and is read as BT.709."""
    naive = tmp_path / "naive.mp4"
    source = ["-start_number", "1001", "-i", str(charts / "rgb8.%04d.png")]
    run(ffmpeg, [*source, "-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p", str(naive)])

    assert worst_error(ffmpeg, naive, RawVideo("yuv420p")) == pytest.approx(38.9, abs=0.2)
