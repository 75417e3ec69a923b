"""Transparency: kept where the target can, laid over the background elsewhere; the same with every ffmpeg."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encode_media.errors import OutputWrong
from encode_media.media.patches import run
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.preset import OutputSpec, SizeSpec
from encode_media.model.result import OutputResult
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify
from support.exr_files import Part, write_exr
from support.patches import write_rgb

ALPHA = 110 / 255
STRAIGHT = (0.8, 0.5, 0.2)
"""Linear light."""
READ = {
    "prores_4444": ("yuva444p12le", 1.0, ()),
    "webm_vp9": ("yuva420p", 1.5, ("-c:v", "libvpx-vp9")),
    "png_sequence": ("rgba", 1.0, ()),
}
"""How the file's planes are read, the largest error in code values, and what the decoder must be told."""


@pytest.fixture
def premultiplied(tmp_path: Path) -> str:
    """A linear picture of one colour, as renderers write it."""
    channels = {name: value * ALPHA for name, value in zip("RGB", STRAIGHT, strict=True)} | {"A": ALPHA}
    for number in (1001, 1002):
        write_exr(tmp_path / f"render.{number}.exr", Part(channels=channels, size=(320, 240)))
    return str(tmp_path / "render.%04d.exr")


def displayed(linear: float) -> float:
    return 1.055 * linear ** (1 / 2.4) - 0.055 if linear > 0.0031308 else 12.92 * linear


def pixel(ffmpeg: str, source: str, preset: str, folder: Path, **changes: object) -> tuple[float, ...]:
    """Red, green, blue and transparency in the middle of the first output, from 0 to 1."""
    media = probe(find_source([source]))
    resolved = Catalog().resolve(preset, media, changes.pop("options", {}))  # type: ignore[arg-type]
    plan = make_plan(media, replace(resolved, **changes))  # type: ignore[arg-type]
    run_plan(plan, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    first = plan.outputs[0]
    file = folder / (first.file if first.first_frame is None else first.file % first.first_frame)
    form, _, decoder = READ[preset]
    raw = run(ffmpeg, [*decoder, "-i", str(file), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", form, "pipe:1"])
    width, height = first.expected.width, first.expected.height
    assert width is not None
    assert height is not None
    return _middle(raw, form, width, height)


def _middle(raw: bytes, form: str, width: int, height: int) -> tuple[float, ...]:
    if form == "rgba":
        return tuple(np.frombuffer(raw, "u1").reshape(height, width, 4)[height // 2, width // 2] / 255)
    deep = "12" in form
    samples = np.frombuffer(raw, "<u2" if deep else "u1").astype(float) / (16 if deep else 1)
    share = 1 if "444" in form else 4
    sizes = (width * height, width * height // share, width * height // share, width * height)
    planes = np.split(samples, np.cumsum(sizes)[:-1])
    y, u, v, alpha = (float(plane[len(plane) // 2 + 3]) for plane in planes)
    luma, blue, red = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    return r, (luma - 0.2126 * r - 0.0722 * b) / 0.7152, b, alpha / (4095 / 16 if deep else 255)


@pytest.mark.parametrize("preset", READ)
@pytest.mark.parametrize("size", [SizeSpec(), SizeSpec(max_width=160, max_height=120)], ids=["same", "smaller"])
def test_a_premultiplied_render_becomes_straight_and_keeps_its_transparency(
    each_ffmpeg: str, premultiplied: str, preset: str, size: SizeSpec, tmp_path: Path
) -> None:
    media = probe(find_source([premultiplied]))
    outputs: tuple[OutputSpec, ...] = Catalog().resolve(preset, media, {}).outputs

    found = pixel(
        each_ffmpeg, premultiplied, preset, tmp_path / "job", outputs=(replace(outputs[0], size=size),)
    )  # fmt: skip

    wanted = [*(displayed(value) for value in STRAIGHT), ALPHA]
    assert np.abs(np.array(found) - wanted).max() * 255 <= READ[preset][1]


@pytest.mark.parametrize("preset", READ)
@pytest.mark.parametrize("pixel_format", ["rgba", "rgba64be"])
def test_a_straight_png_keeps_colours_and_transparency(
    each_ffmpeg: str, preset: str, pixel_format: str, tmp_path: Path
) -> None:
    source = tmp_path / "straight.%04d.png"
    write_rgb(each_ffmpeg, source, pixel_format=pixel_format, alpha=ALPHA, frames=2)

    found = pixel(each_ffmpeg, str(source), preset, tmp_path / "job")

    # Every patch has the same transparency.
    assert found[3] == pytest.approx(ALPHA, abs=READ[preset][1] / 255)


@pytest.mark.parametrize("background", ["black", "#4080c0"])
def test_a_render_is_laid_over_the_background_in_linear_light(
    each_ffmpeg: str, premultiplied: str, background: str, tmp_path: Path
) -> None:
    below = {"black": (0.0, 0.0, 0.0), "#4080c0": (0x40 / 255, 0x80 / 255, 0xC0 / 255)}[background]
    linear = [((value + 0.055) / 1.055) ** 2.4 if value else 0.0 for value in below]

    found = pixel(
        each_ffmpeg, premultiplied, "png_sequence", tmp_path / "job", background=background,
        options={"transparency": False},
    )  # fmt: skip

    wanted = [displayed(c * ALPHA + b * (1 - ALPHA)) for c, b in zip(STRAIGHT, linear, strict=True)]
    assert np.abs(np.array(found[:3]) - wanted).max() * 255 <= 1.0
    assert found[3] == 1


def test_nothing_at_all_is_black_under_full_transparency(each_ffmpeg: str, tmp_path: Path) -> None:
    channels = dict.fromkeys("RGBA", 0.0)
    source = write_exr(tmp_path / "empty.exr", Part(channels=channels, size=(320, 240)))

    assert pixel(each_ffmpeg, str(source), "png_sequence", tmp_path / "job") == (0, 0, 0, 0)


def test_a_webm_with_transparency_is_read_back_with_it(
    each_ffmpeg: str, premultiplied: str, tmp_path: Path
) -> None:
    pixel(each_ffmpeg, premultiplied, "webm_vp9", tmp_path / "webm")

    found = pixel(each_ffmpeg, str(tmp_path / "webm" / "webm_vp9.webm"), "png_sequence", tmp_path / "png")

    wanted = [*(displayed(value) for value in STRAIGHT), ALPHA]
    assert np.abs(np.array(found) - wanted).max() * 255 <= 2.5


def test_prores_with_transparency_is_read_back_with_it(
    each_ffmpeg: str, premultiplied: str, tmp_path: Path
) -> None:
    pixel(each_ffmpeg, premultiplied, "prores_4444", tmp_path / "prores")

    found = pixel(each_ffmpeg, str(tmp_path / "prores" / "prores_4444.mov"), "png_sequence", tmp_path / "png")

    wanted = [*(displayed(value) for value in STRAIGHT), ALPHA]
    assert np.abs(np.array(found) - wanted).max() * 255 <= 1.5


@pytest.mark.parametrize(("depth", "smaller"), [("half", True), ("float", False)])
def test_exr_stays_premultiplied_light_with_all_it_holds(
    each_ffmpeg: str, debian_ffmpeg: str, depth: str, smaller: bool, tmp_path: Path
) -> None:
    """Negative and bright values, under transparency."""
    channels = {"R": -0.25, "G": 7.5, "B": 0.125, "A": 0.5}
    source = rendered(tmp_path, channels)

    made = light(each_ffmpeg, source, tmp_path, depth=depth, size=(32, 24) if smaller else None)

    assert middle(debian_ffmpeg, made) == pytest.approx(tuple(channels.values()), rel=0.002)


def test_what_is_no_number_is_not_written_to_exr(each_ffmpeg: str, debian_ffmpeg: str, tmp_path: Path) -> None:
    source = rendered(tmp_path, {"R": float("nan"), "G": float("inf"), "B": 0.5, "A": 1.0})

    assert middle(debian_ffmpeg, light(each_ffmpeg, source, tmp_path))[:3] == (0, 65504, 0.5)


def test_a_straight_png_becomes_premultiplied_light(each_ffmpeg: str, debian_ffmpeg: str, tmp_path: Path) -> None:
    source = tmp_path / "straight.%04d.png"
    write_rgb(each_ffmpeg, source, pixel_format="rgba64be", alpha=ALPHA, frames=2)

    found = middle(debian_ffmpeg, light(each_ffmpeg, str(source), tmp_path))

    grey = ((64 / 255 + 0.055) / 1.055) ** 2.4 * ALPHA
    assert found == pytest.approx((grey, grey, grey, ALPHA), rel=0.002)


def rendered(folder: Path, channels: dict[str, float]) -> str:
    for number in (1001, 1002):
        write_exr(folder / f"light.{number}.exr", Part(channels=channels, size=(64, 48)))
    return str(folder / "light.%04d.exr")


def light(
    ffmpeg: str, source: str, folder: Path, *, depth: str = "half", size: tuple[int, int] | None = None
) -> OutputResult:
    """The EXR sequence that is made, verified."""
    media = probe(find_source([source]))
    preset = Catalog().resolve("exr_sequence", media, {"depth": depth})
    if size:
        smaller = replace(preset.outputs[0], size=SizeSpec(max_width=size[0], max_height=size[1]))
        preset = replace(preset, outputs=(smaller,))
    plan = make_plan(media, preset)
    run_plan(plan, folder / "job", ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    (result,) = verify(plan, folder / "job")
    return result


def middle(ffmpeg: str, made: OutputResult) -> tuple[float, ...]:
    """Red, green, blue and transparency below the middle, at the left, in the third row of patches.

    Read by the old ffmpeg: the new one changes half floats when it makes floats of them.
    """
    read = ["-f", "rawvideo", "-pix_fmt", "gbrapf32le", "pipe:1"]
    raw = run(ffmpeg, ["-i", made.path % 1001, *read])
    green, blue, red, alpha = np.frombuffer(raw, "<f4").reshape(4, made.height, made.width)
    y, x = made.height // 2 + 1, made.width // 8
    return tuple(float(plane[y, x]) for plane in (red, green, blue, alpha))


def test_a_webm_that_lost_its_transparency_is_wrong(ffmpeg: str, premultiplied: str, tmp_path: Path) -> None:
    """Its pixel format, its tag and its decoder say the same of both."""
    media = probe(find_source([premultiplied], sequence=True))
    plan = make_plan(media, Catalog().resolve("webm_vp9", media, {}))
    run_plan(plan, tmp_path, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    verify(plan, tmp_path)
    file = tmp_path / plan.outputs[0].file
    opaque = tmp_path / "opaque.webm"
    decoded = ["-i", str(file), "-pix_fmt", "yuv420p", "-metadata:s:v", "alpha_mode=1"]
    run(
        ffmpeg,
        [*decoded, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "24", str(opaque)],
    )
    opaque.replace(file)

    with pytest.raises(OutputWrong, match="transparency: expected in 2 frames, found in 0 frames"):
        verify(plan, tmp_path)
