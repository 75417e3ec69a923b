"""Linear light and film scans: what can't be shown is made harmless, other primaries and layers come out right."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters
from encode_media.media.patches import run
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.colour import ColourSpec
from encode_media.planning.planner import make_plan
from encode_media.planning.primaries import BT709, conversion
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from support.exr_files import Part, write_exr

NAN, INFINITY = float("nan"), float("inf")
AP1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
RGB = {"R": 0.5, "G": 0.25, "B": 0.125}
SHOWN = (188, 137, 99)
"""`RGB` with the sRGB curve."""


def shown(ffmpeg: str, source: Path, folder: Path, colour: ColourSpec | None = None) -> tuple[int, int, int]:
    """The pixel in the middle of the picture, as an 8-bit PNG has it."""
    media = probe(find_source([str(source)]))
    preset = replace(Catalog().resolve("png_sequence", media, {}), colour=colour or ColourSpec())
    plan = make_plan(media, preset)
    run_plan(plan, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    output = plan.outputs[0]
    number = output.first_frame
    raw = run(
        ffmpeg, ["-i", str(folder / (output.file % number)), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    )
    middle = 3 * (output.expected.width or 0) * ((output.expected.height or 0) // 2) + 3 * 8
    return raw[middle], raw[middle + 1], raw[middle + 2]


def near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(have - want) <= 1 for have, want in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    ("values", "wanted", "chromaticities"),
    [
        ((NAN, INFINITY, -INFINITY), (0, 255, 0), None),
        ((65504.0, 0.18, -1.0), (255, 118, 0), None),
        ((INFINITY, INFINITY, INFINITY), (255, 255, 255), None),
        ((INFINITY, INFINITY, INFINITY), (255, 255, 255), AP1),
    ],
)
def test_what_is_no_number_becomes_black_and_infinity_white(
    each_ffmpeg: str, values: tuple[float, ...], wanted: tuple[int, ...], chromaticities: tuple[float, ...] | None,
    tmp_path: Path,
) -> None:  # fmt: skip
    channels = dict(zip("RGB", values, strict=True))
    source = write_exr(tmp_path / "odd.exr", Part(channels=channels, chromaticities=chromaticities))

    assert near(shown(each_ffmpeg, source, tmp_path / "job"), wanted)


@pytest.mark.parametrize("chromaticities", [AP1, AP0])
def test_other_primaries_are_converted(
    each_ffmpeg: str, chromaticities: tuple[float, ...], tmp_path: Path
) -> None:
    matrix = conversion(BT709, chromaticities)
    values = [sum(a * b for a, b in zip(row, RGB.values(), strict=True)) for row in matrix]
    channels = dict(zip("RGB", values, strict=True))
    source = write_exr(tmp_path / "wide.exr", Part(channels=channels, chromaticities=chromaticities))

    assert near(shown(each_ffmpeg, source, tmp_path / "job"), SHOWN)


def test_the_chosen_layer_is_shown(each_ffmpeg: str, tmp_path: Path) -> None:
    layer = {f"light.key.{name}": 0.75 for name in "RGBA"}
    source = write_exr(tmp_path / "layers.exr", Part(channels={**RGB, "A": 1.0, **layer}))

    assert near(shown(each_ffmpeg, source, tmp_path / "picture"), SHOWN)
    assert near(shown(each_ffmpeg, source, tmp_path / "layer", ColourSpec(layer="light.key")), (225, 225, 225))


def test_a_layer_that_is_not_there_is_named(ffmpeg: str, tmp_path: Path) -> None:
    source = write_exr(tmp_path / "layers.exr", Part(channels={**RGB, **{f"key.{name}": 0.5 for name in "RGB"}}))

    with pytest.raises(InvalidParameters, match="kye") as caught:
        shown(ffmpeg, source, tmp_path / "job", ColourSpec(layer="kye"))
    assert "key" in caught.value.hint


def test_without_a_picture_the_layer_called_like_one_is_shown(each_ffmpeg: str, tmp_path: Path) -> None:
    channels = {f"beauty.{name}": value for name, value in RGB.items()} | {f"albedo.{name}": 1.0 for name in "RGB"}
    source = write_exr(tmp_path / "named.exr", Part(channels=channels))

    assert near(shown(each_ffmpeg, source, tmp_path / "job"), SHOWN)


def test_grey_linear_light(each_ffmpeg: str, tmp_path: Path) -> None:
    source = write_exr(tmp_path / "grey.exr", Part(channels={"Y": 0.75}))

    assert near(shown(each_ffmpeg, source, tmp_path / "job"), (225, 225, 225))


@pytest.mark.parametrize(
    ("transfer", "given", "wanted"),
    [(1, "auto", 119), (3, "auto", 119), (2, "auto", 181), (4, "auto", 117), (4, "log", 119), (2, "srgb", 117)],
)
def test_film_scans_are_read_by_their_tag_or_by_choice(
    each_ffmpeg: str, transfer: int, given: str, wanted: int, tmp_path: Path
) -> None:
    """18 % grey is code 470 of printing density; taken for linear light or as displayed it is something else."""
    pixels = struct.pack("<H", round(470 / 1023 * 65535)) * (16 * 16 * 3)
    file = tmp_path / "scan.dpx"
    run(
        each_ffmpeg,
        ["-f", "rawvideo", "-pixel_format", "gbrp16le", "-video_size", "16x16", "-i", "pipe:0", "-pix_fmt",
         "gbrp10be", "-update", "1", str(file)],
        pixels,
    )  # fmt: skip
    data = bytearray(file.read_bytes())
    data[801] = transfer
    file.write_bytes(data)

    spec = ColourSpec(input=given)  # type: ignore[arg-type]

    assert near(shown(each_ffmpeg, file, tmp_path / "job", spec), (wanted,) * 3)
