"""Every compression of OpenEXR as the library itself writes it, and files of several parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encode_media.errors import InvalidParameters, UnsupportedFormat
from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.media import Media
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify

OpenEXR = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed (pip install openexr)")

WIDTH, HEIGHT = 96, 72
READ = ("NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB")
NEWER = ("HTJ2K256", "HTJ2K32", "LJ2K", "ZSTD")


def pixels(kind: str = "f2") -> np.ndarray:
    """Ramps and a texture, up to 4.0."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([4 * columns / WIDTH, rows / HEIGHT, ((rows + columns) % 32) / 32], axis=-1).astype(kind)


def written(file: Path, compression: str, *, kind: str = "f2", tiled: bool = False) -> Path:
    header: dict[str, Any] = {
        "compression": getattr(OpenEXR, f"{compression}_COMPRESSION"),
        "type": OpenEXR.tiledimage if tiled else OpenEXR.scanlineimage,
    }
    if tiled:
        header["tiles"] = OpenEXR.TileDescription()
    OpenEXR.File(header, {"RGB": pixels(kind)}).write(str(file))
    return file


def own_reading(file: Path) -> np.ndarray:
    """As the library reads it."""
    channels = OpenEXR.File(str(file), separate_channels=True).channels()
    return np.stack([channels[name].pixels.astype("f4") for name in "RGB"], axis=-1)


def limit(compression: str) -> float:
    """DWA rounds in steps of its own, which grow with the light."""
    return 0.02 if compression.startswith("DWA") else 0.004


def encoded(ffmpeg: str, media: Media, folder: Path) -> Iterator[Path]:
    """The frames of the EXR that is made of it."""
    plan = make_plan(media, Catalog().resolve("exr_sequence", media, {}))
    run_plan(plan, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    verify(plan, folder)
    output = plan.outputs[0]
    first, frames = output.first_frame or 0, output.expected.frames or 0
    return (folder / (output.file % number) for number in range(first, first + frames))


def test_every_compression_is_read_as_the_library_reads_it(each_ffmpeg: str, tmp_path: Path) -> None:
    kinds = [(compression, tiled) for compression in READ for tiled in (False, True)]
    sources = [
        written(tmp_path / f"f.{number}.exr", compression, tiled=tiled)
        for number, (compression, tiled) in enumerate(kinds, 1001)
    ]

    results = encoded(each_ffmpeg, probe(find_source([str(tmp_path / "f.%04d.exr")])), tmp_path / "job")

    for kind, source, result in zip(kinds, sources, results, strict=True):
        assert np.abs(own_reading(source) - own_reading(result)).max() <= limit(kind[0]), kind


@pytest.mark.parametrize("compression", ["PXR24", "DWAA"])
def test_floats_of_32_bits_are_read_right_or_not_at_all(
    each_ffmpeg: str, compression: str, tmp_path: Path
) -> None:
    """ffmpeg 5 reads DWA of floats wrongly, and says nothing."""
    for number in (1001, 1002):
        source = written(tmp_path / f"f.{number}.exr", compression, kind="f4")
    media = probe(find_source([str(tmp_path / "f.%04d.exr")]))

    if compression == "DWAA" and find_ffmpeg(each_ffmpeg).major < 8:
        with pytest.raises(UnsupportedFormat, match="ffmpeg 8 or later"):
            encoded(each_ffmpeg, media, tmp_path / "job")
        return
    result = next(encoded(each_ffmpeg, media, tmp_path / "job"))
    assert np.abs(own_reading(source) - own_reading(result)).max() <= limit(compression)


@pytest.mark.parametrize("compression", NEWER)
def test_newer_compressions_are_refused_by_the_probe(compression: str, tmp_path: Path) -> None:
    if not hasattr(OpenEXR, f"{compression}_COMPRESSION"):
        pytest.skip(f"this OpenEXR writes no {compression}")

    with pytest.raises(UnsupportedFormat, match="newer than ffmpeg"):
        probe(find_source([str(written(tmp_path / "new.exr", compression))]))


def two_parts(file: Path) -> Path:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    parts = [
        OpenEXR.Part(dict(header), {"RGB": part}, name=name)
        for name, part in (("rgba", pixels()), ("diffuse", pixels()[..., ::-1]))
    ]
    OpenEXR.File(parts).write(str(file))
    return file


def test_the_first_part_is_the_picture_and_the_others_are_named(each_ffmpeg: str, tmp_path: Path) -> None:
    """Told to read another part, ffmpeg 5 and 9 give black pictures."""
    for number in (1001, 1002):
        source = two_parts(tmp_path / f"f.{number}.exr")
    media = probe(find_source([str(tmp_path / "f.%04d.exr")]))

    result = next(encoded(each_ffmpeg, media, tmp_path / "job"))

    assert media.later_layers == ("diffuse",)
    assert source.is_file()
    assert np.abs(pixels().astype("f4") - own_reading(result)).max() <= 0.004


def test_a_layer_in_a_later_part_is_refused_in_plain_words(tmp_path: Path) -> None:
    media = probe(find_source([str(two_parts(tmp_path / "parts.exr"))]))

    with pytest.raises(InvalidParameters, match="in a later part of the file") as caught:
        make_plan(media, Catalog().resolve("poster", media, {"layer": "diffuse"}))
    assert caught.value.code == "source.layer_later"
