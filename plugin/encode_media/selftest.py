"""Measures on this machine, with its ffmpeg, whether colours come out of the presets as they went in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from encode_media.errors import failure
from encode_media.media.patches import (
    Patches,
    RawVideo,
    chart,
    read_patches,
    run,
    worst_error,
    write_rgb,
    write_video,
)
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.plan import EncodePlan, PlannedOutput
from encode_media.model.preset import OutputKind, OutputSpec
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan

LIMIT_8_BIT, LIMIT_DEEP, LIMIT_RGB, LIMIT_JPEG = 1.5, 0.6, 0.5, 2.0
"""Code values of 8 bits. 4:2:0 in 8 bits can't be nearer than about one; JPEG rounds a second time."""
_FRAMES = 4
_IMAGES = {
    "PNG, 8 bit": ("rgb24", "rgb8.%04d.png"), "PNG, 16 bit": ("rgb48be", "rgb16.%04d.png"),
    "PNG with alpha": ("rgba", "rgba.%04d.png"), "EXR half, linear": ("half", "half.%04d.exr"),
    "EXR float, linear": ("float", "float.%04d.exr"),
}  # fmt: skip
_VIDEOS = (
    ("BT.709, 8 bit, limited", "bt709", 8, False), ("BT.709, 8 bit, full", "bt709", 8, True),
    ("BT.709, 10 bit, limited", "bt709", 10, False), ("BT.601, 8 bit, limited", "bt601", 8, False),
    ("BT.601, 10 bit, full", "bt601", 10, True),
)  # fmt: skip
_TAGS = {"bt709": "bt709", "bt601": "smpte170m"}
_BT709 = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv")
OTHERS = {
    "-pix_fmt yuv420p": (),
    "-pix_fmt yuv420p and BT.709 tags (AYON)": _BT709,
    "-vf scale=in_color_matrix=bt709:out_color_matrix=bt709 and tags (ASWF)": (
        "-vf", "scale=in_color_matrix=bt709:out_color_matrix=bt709", *_BT709,
    ),
}  # fmt: skip
"""Arguments that are often seen, by what people call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourSource:
    name: str
    path: str
    wanted: Patches
    """What is in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourError:
    """The worst channel of the worst patch, in 8-bit code values."""

    source: str
    target: str
    error: float
    limit: float | None = None
    """None: somebody else's arguments, for comparison."""

    @property
    def passed(self) -> bool:
        return self.limit is None or self.error <= self.limit


def write_sources(ffmpeg: str, folder: Path) -> Iterator[ColourSource]:
    """The chart in every form: images of every kind, video tagged and untagged."""
    for name, (pixel_format, image) in _IMAGES.items():
        write_rgb(ffmpeg, folder / image, pixel_format=pixel_format, frames=_FRAMES)
        yield ColourSource(name=name, path=str(folder / image), wanted=chart())
    for name, matrix, bits, full in _VIDEOS:
        tags = (f"range={'pc' if full else 'tv'}", f"colorspace={_TAGS[matrix]}", "color_primaries=bt709",
                "color_trc=bt709")  # fmt: skip
        file = folder / f"{matrix}_{bits}_{'full' if full else 'limited'}.mkv"
        wanted = write_video(ffmpeg, file, matrix=matrix, bits=bits, full_range=full, tags=tags, frames=_FRAMES)
        yield ColourSource(name=name, path=str(file), wanted=wanted)
    wanted = write_video(ffmpeg, folder / "untagged.mkv", matrix="bt601", frames=_FRAMES)
    yield ColourSource(name="untagged, 8 bit", path=str(folder / "untagged.mkv"), wanted=wanted)


def measure_colour(ffmpeg: str, catalog: Catalog, presets: Sequence[str] = ()) -> Iterator[ColourError]:
    """Every form of the chart through every preset, or through those named."""
    with tempfile.TemporaryDirectory(prefix="encode-media-selftest-") as name:
        folder = Path(name)
        for source in write_sources(ffmpeg, folder):
            for preset in presets or catalog.names():
                yield from measure_preset(ffmpeg, catalog, source, preset, folder / "job")


def measure_preset(
    ffmpeg: str, catalog: Catalog, source: ColourSource, preset: str, folder: Path
) -> Iterator[ColourError]:
    """The largest outputs of each form, one for each way a preset stores pictures."""
    yield from measure_presets(ffmpeg, catalog, source, [preset], folder)


def measure_presets(
    ffmpeg: str, catalog: Catalog, source: ColourSource, presets: Sequence[str], folder: Path
) -> Iterator[ColourError]:
    """The same for several presets, all made in one run from one decode."""
    media = probe(find_source([source.path]))
    fitting = [name for name in presets if catalog.get(name).suits(media.kind)]
    resolved = {name: catalog.resolve(name, media, {}) for name in fitting}
    targets: dict[str, str] = {}
    wanted: list[OutputSpec] = []
    for name, preset in resolved.items():
        for output in _measurable(make_plan(media, preset)):
            whose = f"{name}-{output.name}"
            targets[whose] = name if name not in targets.values() else f"{name}: {output.name}"
            spec = next(spec for spec in preset.outputs if spec.name == output.name)
            wanted.append(replace(spec, name=whose))
    if not wanted:
        return
    plan = make_plan(media, replace(resolved[fitting[0]], outputs=tuple(wanted)))
    run_plan(plan, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    for output in plan.outputs:
        stored = stored_as(output)
        if stored is None:
            raise failure("internal", problem=f"{output.name} can't be measured any more")
        file = output.file if output.first_frame is None else output.file % output.first_frame
        error = worst_error(read_patches(ffmpeg, folder / file, stored), source.wanted)
        yield ColourError(source=source.name, target=targets[output.name], error=error, limit=limit_of(stored))


def measure_others(ffmpeg: str) -> Iterator[ColourError]:
    """The PNG chart encoded losslessly with arguments that are often seen, read as players read it: BT.709."""
    with tempfile.TemporaryDirectory(prefix="encode-media-selftest-") as name:
        chart_file, movie = Path(name) / "chart.%04d.png", Path(name) / "other.mp4"
        write_rgb(ffmpeg, chart_file, frames=_FRAMES)
        for words, arguments in OTHERS.items():
            encoder = ["-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p", str(movie)]
            run(ffmpeg, ["-start_number", "1001", "-i", str(chart_file), *arguments, *encoder])
            found = read_patches(ffmpeg, movie, RawVideo("yuv420p"))
            yield ColourError(source="PNG, 8 bit", target=words, error=worst_error(found, chart()))


def stored_as(output: PlannedOutput) -> RawVideo | None:
    """How the pictures of an output are stored; None where the chart can't be found in it."""
    expected = output.expected
    if output.kind not in (OutputKind.VIDEO, OutputKind.IMAGE_SEQUENCE, OutputKind.STILL):
        return None
    if expected.width is None or expected.width != expected.height:
        # Sheets of many frames: the chart is a square.
        return None
    if expected.codec == "mjpeg":
        return RawVideo(expected.pixel_format, "bt601", full_range=True)
    if expected.codec == "exr":
        return RawVideo("gbrpf32le")
    if expected.pixel_format.startswith(("yuv", "rgb")):
        return RawVideo(expected.pixel_format.replace("yuva", "yuv"))
    return None


def limit_of(stored: RawVideo) -> float:
    """What the error may be."""
    if stored.full_range:
        return LIMIT_JPEG
    if stored.pixel_format.startswith("rgb"):
        return LIMIT_RGB
    return LIMIT_DEEP if stored.bits > 8 else LIMIT_8_BIT  # noqa: PLR2004 - a byte


def _measurable(plan: EncodePlan) -> list[PlannedOutput]:
    """The first output of every form."""
    found: dict[RawVideo, PlannedOutput] = {}
    for output in plan.outputs:
        stored = stored_as(output)
        if stored is not None:
            found.setdefault(stored, output)
    return list(found.values())
