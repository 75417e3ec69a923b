"""The one graph against OpenColorIO's own processor."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encode_media.errors import InvalidParameters
from encode_media.media.patches import run
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.colour import ColourSpec
from encode_media.model.media import Media
from encode_media.model.preset import OutputKind, OutputSpec, VideoSpec
from encode_media.planning import ocio
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from support.exr_files import Part, write_exr

pytest.importorskip("PyOpenColorIO", reason="OpenColorIO is not installed (pip install encode-media[ocio])")

LEVELS = [0.0001 * 2 ** (step / 4) for step in range(70)]
"""Quarters of a stop from 0.0001 to 16."""
HUES = ((1, 1, 1), (1, 0.1, 0.1), (0.1, 1, 0.1), (0.1, 0.1, 1), (0.8, 0.5, 0.4), (0.2, 0.35, 0.5), (1, 0.5, 0.1))
SIDE = 4
STILL = OutputSpec(
    name="still", kind=OutputKind.STILL, container="png", video=VideoSpec(codec="png", pixel_format="rgb48be")
)
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
    wanted = np.array(ocio.reference(view, array("f", chart().reshape(-1).tolist()))).reshape(chart().shape)
    return np.abs(image[::SIDE, ::SIDE] - np.clip(wanted, 0, 1)).max(axis=2) * 255


def test_the_default_view_is_within_one_code_value(each_ffmpeg: str, linear: Media, tmp_path: Path) -> None:
    assert errors(each_ffmpeg, linear, ColourSpec(config="aces_cg", space="ACEScg"), tmp_path).max() <= 1.0


def test_another_display_with_a_cdl_is_within_one_code_value(ffmpeg: str, linear: Media, tmp_path: Path) -> None:
    spec = ColourSpec(config="aces_studio", space="ACEScg", display="Rec.1886 Rec.709 - Display", cdl=CDL)

    assert errors(ffmpeg, linear, spec, tmp_path).max() <= 1.0


@pytest.mark.slow
def test_aces_2_is_within_one_code_value_for_greys_and_skins(ffmpeg: str, linear: Media, tmp_path: Path) -> None:
    found = errors(ffmpeg, linear, ColourSpec(config="aces2_cg", space="ACEScg"), tmp_path)

    assert found[[0, 4, 5]].max() <= 1.0


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
        (ColourSpec(config="aces_studio", display="Display P3 - Display"), "ocio.display"),
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
