"""Prints the colour table of docs/quality.md: sixteen flat patches through the presets, and as other tools do it.

PYTHONPATH=tests python scripts/colour_table.py [FFMPEG]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg

from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.patches import FloatImage, RawVideo, run, worst_error, write_rgb, write_video

JPEG = RawVideo("yuvj444p", "bt601", full_range=True)
PRESETS = {
    "review": RawVideo("yuv420p"), "prores_422_hq": RawVideo("yuv422p10le"), "webm_vp9": RawVideo("yuv420p"),
    "png_sequence": RawVideo("rgb24"), "poster": JPEG,
}  # fmt: skip
BT709_TAGS = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
OTHERS = {
    "`-pix_fmt yuv420p` alone": [],
    "the same with BT.709 tags": BT709_TAGS,
    "`scale=in_color_matrix=bt709:out_color_matrix=bt709` and tags": [
        "-vf", "scale=in_color_matrix=bt709:out_color_matrix=bt709", *BT709_TAGS,
    ],
}  # fmt: skip


def sources(ffmpeg: str, folder: Path) -> Iterator[tuple[str, Path, FloatImage | None]]:
    """What goes in: a name, the file, and the picture in it where that is not the chart itself."""
    images = {
        "PNG 8 bit": ("rgb24", "rgb8.%04d.png"), "PNG 16 bit": ("rgb48be", "rgb16.%04d.png"),
        "PNG with alpha": ("rgba", "rgba.%04d.png"), "EXR half, linear": ("half", "half.%04d.exr"),
        "EXR float, linear": ("float", "float.%04d.exr"),
    }  # fmt: skip
    for name, (pixel_format, file) in images.items():
        write_rgb(ffmpeg, folder / file, pixel_format=pixel_format, frames=4)
        yield name, folder / file, None
    for matrix, tag in (("bt709", "bt709"), ("bt601", "smpte170m")):
        for bits in (8, 10):
            for full in (False, True):
                file = folder / f"{matrix}_{bits}_{full}.mkv"
                tags = (f"range={'pc' if full else 'tv'}", f"colorspace={tag}", "color_primaries=bt709",
                        "color_trc=bt709")  # fmt: skip
                picture = write_video(ffmpeg, file, matrix=matrix, bits=bits, full_range=full, tags=tags)
                yield f"{matrix}, {bits} bit, {'full' if full else 'limited'}", file, picture


def through(ffmpeg: str, source: Path, preset: str, expected: FloatImage | None) -> float:
    """The worst patch after a preset."""
    media = probe(find_source([str(source)]))
    plan = make_plan(media, Catalog().resolve(preset, media))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for output in plan.outputs:
            (folder / output.file).parent.mkdir(parents=True, exist_ok=True)
        for command in plan.commands:
            run(ffmpeg, list(command.argv), cwd=folder)
        first = plan.outputs[0]
        file = first.file if first.first_frame is None else first.file % first.first_frame
        return worst_error(ffmpeg, folder / file, PRESETS[preset], expected)


def main() -> None:
    ffmpeg = sys.argv[1] if len(sys.argv) > 1 else str(imageio_ffmpeg.get_ffmpeg_exe())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"| source | {' | '.join(PRESETS)} |")
        print("|---" * (len(PRESETS) + 1) + "|")
        for label, source, expected in sources(str(imageio_ffmpeg.get_ffmpeg_exe()), folder):
            errors = [f"{through(ffmpeg, source, preset, expected):.2f}" for preset in PRESETS]
            print(f"| {label} | {' | '.join(errors)} |")
        for label, arguments in OTHERS.items():
            encode = ["-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p", str(folder / "other.mp4")]
            run(ffmpeg, ["-start_number", "1001", "-i", str(folder / "rgb8.%04d.png"), *arguments, *encode])
            print(f"| PNG 8 bit, {label} | {worst_error(ffmpeg, folder / 'other.mp4', RawVideo('yuv420p')):.2f} |")


if __name__ == "__main__":
    main()
