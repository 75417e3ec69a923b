"""The one graph against OpenColorIO's own processor."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encode_media.errors import InvalidParameters
from encode_media.media.patches import RawVideo, read_patches, run
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.colour import ColourSpec
from encode_media.model.media import Media, SourceKind
from encode_media.model.preset import OutputKind, OutputSpec, VideoSpec
from encode_media.planning import ocio, ocio_bake
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify
from encode_media.timebase import FrameSpan
from support.exr_files import Part, write_exr

pytest.importorskip("PyOpenColorIO", reason="OpenColorIO is not installed (pip install opencolorio)")

LEVELS = [0.0001 * 2 ** (step / 4) for step in range(70)]
"""Quarters of a stop from 0.0001 to 16."""
HUES = (
    (1, 1, 1), (1, 0.1, 0.1), (0.1, 1, 0.1), (0.1, 0.1, 1), (0.8, 0.5, 0.4), (0.2, 0.35, 0.5), (1, 0.5, 0.1),
    (0.1, 1, 1), (1, 0.1, 1), (1, 1, 0.1), (1, 0.01, 0.01), (0.01, 1, 0.01), (0.01, 0.01, 1), (0.01, 1, 1),
    (1, 0.01, 1), (1, 1, 0.01),
)  # fmt: skip
"""Grey, skins, and the primaries and secondaries ten and a hundred times stronger than what they lack."""
SIDE = 4
STILL = OutputSpec(
    name="still", kind=OutputKind.STILL, container="png", video=VideoSpec(codec="png", pixel_format="rgb48be")
)
MOST = {("aces_", "ACES2065-1"): 3.0, ("aces2", "Linear Rec.709 (sRGB)"): 5.0}
"""Single colours at the edge of what a view compresses, of 1120: see docs/quality.md."""
CDL = "1.2 1 0.9 0.01 0 -0.01 0.9 1 1.1 0.8"


def chart() -> np.ndarray:
    """Hues in rows, light in columns, of linear RGB."""
    return np.array([[[level * part for part in hue] for level in LEVELS] for hue in HUES], "<f4")


@pytest.fixture(scope="session")
def linear(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Media:
    """The chart as a float EXR."""
    file = tmp_path_factory.mktemp("ocio") / "chart.exr"
    image = chart().repeat(SIDE, 0).repeat(SIDE, 1)
    raw = b"".join(image[..., channel].tobytes() for channel in (1, 2, 0))
    size = f"{image.shape[1]}x{image.shape[0]}"
    given = ["-f", "rawvideo", "-pixel_format", "gbrpf32le", "-video_size", size, "-i", "pipe:0"]
    run(ffmpeg, [*given, "-c:v", "exr", "-format", "float", "-update", "1", str(file)], raw)
    return probe(find_source([str(file)]))


@pytest.fixture(scope="session")
def sequence(linear: Media) -> Media:
    """The same as two frames that are nowhere: enough for a plan."""
    source = replace(linear.source, path="/nowhere/chart.%04d.exr", is_sequence=True)
    return replace(linear, kind=SourceKind.SEQUENCE, source=source, span=FrameSpan(first=1001, last=1002))


def errors(ffmpeg: str, media: Media, spec: ColourSpec, folder: Path) -> np.ndarray:
    """The worst channel of every colour of the chart, in code values, against the library's own result."""
    view = ocio.find_view(spec, media, "")
    assert view is not None
    preset = replace(Catalog().resolve("png_sequence", media, {}), outputs=(STILL,), colour=spec)
    plan = make_plan(media, preset, view=view)
    assert any(view.view in note and view.display in note for note in plan.notes)
    run_plan(plan, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    raw = run(ffmpeg, ["-i", str(folder / "still.png"), "-f", "rawvideo", "-pix_fmt", "rgb48be", "pipe:1"])
    image = np.frombuffer(raw, ">u2").reshape(len(HUES) * SIDE, len(LEVELS) * SIDE, 3) / 65535
    wanted = np.array(ocio_bake.reference(view, array("f", chart().reshape(-1).tolist()))).reshape(chart().shape)
    return np.abs(image[::SIDE, ::SIDE] - np.clip(wanted, 0, 1)).max(axis=2) * 255


def test_the_default_view_is_within_one_code_value(debian_ffmpeg: str, linear: Media, tmp_path: Path) -> None:
    assert errors(debian_ffmpeg, linear, ColourSpec(config="aces_cg", space="ACEScg"), tmp_path).max() <= 1.0


@pytest.mark.slow
def test_another_display_with_a_cdl_is_within_one_code_value(ffmpeg: str, linear: Media, tmp_path: Path) -> None:
    spec = ColourSpec(config="aces_studio", space="ACEScg", display="Rec.1886 Rec.709 - Display", cdl=CDL)

    assert errors(ffmpeg, linear, spec, tmp_path).max() <= 1.0


def test_aces_2_is_within_one_code_value(ffmpeg: str, linear: Media, tmp_path: Path) -> None:
    assert errors(ffmpeg, linear, ColourSpec(config="aces2_cg", space="ACEScg"), tmp_path).max() <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("config", ["aces_cg", "aces_studio", "aces2_cg", "aces2_studio"])
@pytest.mark.parametrize("display", ["sRGB - Display", "Rec.1886 Rec.709 - Display"])
def test_every_built_in_configuration_is_within_one_code_value(
    ffmpeg: str, linear: Media, config: str, display: str, tmp_path: Path
) -> None:
    for space in ("ACEScg", "ACES2065-1", "Linear Rec.709 (sRGB)"):
        spec = ColourSpec(config=config, space=space, display=display)
        found = errors(ffmpeg, linear, spec, tmp_path / space[:6])
        assert (found > 1.0).mean() <= 0.008
        assert found.max() <= MOST.get((config[:5], space), 1.0)


def test_the_colour_space_goes_by_choice_name_metadata_and_kind(tmp_path: Path) -> None:
    ap0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
    plain, wide, named = (tmp_path / name for name in ("plain.exr", "wide.exr", "render_acescct_v1.exr"))
    for file, chromaticities in ((plain, None), (wide, ap0), (named, None)):
        write_exr(file, Part(chromaticities=chromaticities))

    def found(file: Path, space: str = "") -> str:
        view = ocio.find_view(ColourSpec(config="aces_studio", space=space), probe(find_source([str(file)])), "")
        assert view is not None
        assert view.rule
        return view.space

    assert found(plain) == "ACEScg"
    assert found(wide) == "ACES2065-1"
    assert found(named) == "ACEScct"
    assert found(named, "lin_rec709_srgb") == "Linear Rec.709 (sRGB)"


def test_names_that_are_not_there_are_told_with_the_nearest(linear: Media) -> None:
    with pytest.raises(InvalidParameters, match="ACESgc") as caught:
        ocio.find_view(ColourSpec(config="aces_cg", space="ACESgc"), linear, "")
    assert "Did you mean ACEScg?" in caught.value.hint


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (ColourSpec(config="studio"), "ocio.no_config"),
        (ColourSpec(view="Raw"), "ocio.not_used"),
        (ColourSpec(config="aces_cg", cdl="1 2 3"), "ocio.cdl"),
        (ColourSpec(config="aces_studio", display="P3-DCI - Display"), "ocio.display"),
        (ColourSpec(config="aces2_studio", display="Display P3 HDR - Display"), "ocio.display"),
        (ColourSpec(config="aces_cg", look="no such look"), "ocio.config"),
    ],
)
def test_what_can_not_be_done_is_refused_before_anything_runs(linear: Media, spec: ColourSpec, code: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        ocio.find_view(spec, linear, "")
    assert caught.value.code == code


def test_without_a_configuration_nothing_of_the_library_is_needed(
    linear: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PyOpenColorIO", None)

    assert ocio.find_view(ColourSpec(), linear, "") is None
    with pytest.raises(InvalidParameters) as caught:
        ocio.find_view(ColourSpec(config="aces_cg"), linear, "")
    assert caught.value.code == "ocio.missing"


@pytest.mark.parametrize(
    ("display", "tags"),
    [
        ("Display P3 - Display", ("smpte432", "iec61966-2-1", "bt709")),
        ("Rec.1886 Rec.2020 - Display", ("bt2020", "bt2020-10", "bt2020nc")),
        ("Rec.2100-PQ - Display", ("bt2020", "smpte2084", "bt2020nc")),
        ("Rec.2100-HLG - Display", ("bt2020", "arib-std-b67", "bt2020nc")),
    ],
)
def test_movies_say_which_display_they_are_for(sequence: Media, display: str, tags: tuple[str, ...]) -> None:
    spec = ColourSpec(config="aces_studio", space="ACEScg", display=display)
    view = ocio.find_view(spec, sequence, "")
    preset = replace(Catalog().resolve("hevc_10bit", sequence, {}), colour=spec)

    plan = make_plan(sequence, preset, view=view)

    found = plan.outputs[0].expected.colour
    assert (found.primaries, found.transfer, found.matrix) == tags


@pytest.mark.parametrize("preset", ["review", "png_sequence"])
def test_what_can_not_say_its_display_is_refused(sequence: Media, preset: str) -> None:
    spec = ColourSpec(config="aces_studio", space="ACEScg", display="Rec.2100-PQ - Display")
    resolved = Catalog().resolve(preset, sequence, {})

    with pytest.raises(InvalidParameters, match=r"Rec\.2100-PQ") as caught:
        make_plan(sequence, replace(resolved, colour=spec), view=ocio.find_view(spec, sequence, ""))
    assert caught.value.code == "ocio.display_target"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "display"), [("prores_422_hq", "Display P3 - Display"), ("hevc_10bit", "Rec.2100-PQ - Display")]
)
def test_movies_for_other_displays_are_what_their_plan_says(
    each_ffmpeg: str, preset: str, display: str, tmp_path: Path
) -> None:
    for frame in (1001, 1002):
        write_exr(tmp_path / f"render.{frame}.exr", Part(size=(320, 320)))
    media = probe(find_source([str(tmp_path / "render.%04d.exr")], sequence=True))
    spec = ColourSpec(config="aces2_studio", space="ACEScg", display=display)
    view = ocio.find_view(spec, media, "")
    assert view is not None
    plan = make_plan(media, replace(Catalog().resolve(preset, media, {}), colour=spec), view=view)

    run_plan(plan, tmp_path / "job", each_ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    verify(plan, tmp_path / "job")

    stored = RawVideo(plan.outputs[0].expected.pixel_format, "bt2020" if "PQ" in display else "bt709")
    found = read_patches(each_ffmpeg, tmp_path / "job" / plan.outputs[0].file, stored)[5]
    wanted = ocio_bake.reference(view, array("f", (0.5, 0.25, 0.125)))
    assert np.abs(np.array(found) - wanted).max() * 255 <= 1.0
