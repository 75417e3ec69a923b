"""HDR and wide-gamut video become BT.709: colours below reference white are kept, brighter ones rolled off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.colour import ColourSpec
from encode_media.planning.conversion import SDR_WHITE_NITS
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.patches import (
    RawVideo,
    chart,
    patch_means,
    read_display,
    run,
    to_pq,
    to_wide_sdr,
    worst_error,
    write_video,
)

TAGS = ("range=tv", "colorspace=bt2020nc", "color_primaries=bt2020", "color_trc=smpte2084")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """The mean colours of the patches in the review of a PQ chart, in code values."""
    folder = tmp_path_factory.mktemp("hdr")
    ffmpeg = find_ffmpeg().path
    source = folder / "pq.mkv"
    write_video(ffmpeg, source, matrix="bt2020", bits=10, tags=TAGS, image=to_pq(chart(), SDR_WHITE_NITS))
    media = probe(find_source([str(source)]))
    plan = make_plan(media, Catalog().resolve("review", media, {}))
    assert any("tone-mapped" in note for note in plan.notes)
    run(ffmpeg, list(plan.commands[0].argv), cwd=folder)
    return patch_means(read_display(ffmpeg, folder / plan.outputs[0].file, RawVideo("yuv420p"))) * 255


def test_colours_below_the_shoulder_are_kept(shown: np.ndarray) -> None:
    wanted = patch_means(chart()) * 255
    dark = (wanted <= 200).all(axis=1)

    assert np.abs(shown[dark] - wanted[dark]).max() <= 2


def test_white_stays_the_brightest_grey(shown: np.ndarray) -> None:
    white, light_grey, grey = shown[6].mean(), shown[11].mean(), shown[9].mean()

    assert 215 <= white <= 250
    assert grey < light_grey < white


@pytest.mark.parametrize("preset", ["review", "prores_422_hq", "png_sequence"])
def test_wide_gamut_video_shows_the_same_colours_in_bt709(preset: str, each_ffmpeg: str, tmp_path: Path) -> None:
    source = tmp_path / "wide.mkv"
    tags = ("range=tv", "colorspace=bt2020nc", "color_primaries=bt2020", "color_trc=bt2020-10")
    write_video(find_ffmpeg().path, source, matrix="bt2020", bits=10, tags=tags, image=to_wide_sdr(chart()))
    media = probe(find_source([str(source)]))
    plan = make_plan(media, Catalog().resolve(preset, media, {}))
    for output in plan.outputs:
        (tmp_path / output.file).parent.mkdir(exist_ok=True)

    run(each_ffmpeg, list(plan.commands[0].argv), cwd=tmp_path)

    first = plan.outputs[0]
    file = tmp_path / (first.file if first.first_frame is None else first.file % first.first_frame)
    stored = {"review": "yuv420p", "prores_422_hq": "yuv422p10le", "png_sequence": "rgb24"}[preset]
    found = patch_means(read_display(each_ffmpeg, file, RawVideo(stored)))
    errors = np.abs(found - patch_means(chart())).max(axis=1) * 255
    # A pure colour's dark channel is a difference of 10-bit numbers: a rounding there is worth several values.
    assert errors[6:].max() <= 1.5
    assert errors.max() <= 5


def test_hlg_video_is_tone_mapped_in_order(each_ffmpeg: str, tmp_path: Path) -> None:
    source = tmp_path / "hlg.mkv"
    tags = ("range=tv", "colorspace=bt2020nc", "color_primaries=bt2020", "color_trc=arib-std-b67")
    write_video(find_ffmpeg().path, source, matrix="bt2020", bits=10, tags=tags)
    media = probe(find_source([str(source)]))
    plan = make_plan(media, Catalog().resolve("review", media, {}))

    run(each_ffmpeg, list(plan.commands[0].argv), cwd=tmp_path)

    greys = patch_means(read_display(each_ffmpeg, tmp_path / plan.outputs[0].file, RawVideo("yuv420p")))[7:11]
    assert (np.diff(greys.mean(axis=1)) > 0).all()


@pytest.mark.parametrize(("preset", "curve"), [("hevc_10bit", "smpte2084"), ("webm_av1", "arib-std-b67")])
def test_hdr_stays_hdr_where_the_preset_says_so(each_ffmpeg: str, preset: str, curve: str, tmp_path: Path) -> None:
    source = tmp_path / "hdr.mkv"
    tags = ("range=tv", "colorspace=bt2020nc", "color_primaries=bt2020", f"color_trc={curve}")
    expected = write_video(find_ffmpeg().path, source, matrix="bt2020", bits=10, tags=tags)
    media = probe(find_source([str(source)]))
    plan = make_plan(media, Catalog().resolve(preset, media, {"hdr": "keep"}))
    output = plan.outputs[0]

    run(each_ffmpeg, list(plan.commands[0].argv), cwd=tmp_path)

    facts = probe(find_source([str(tmp_path / output.file)])).video
    assert facts is not None
    assert facts.colour == output.expected.colour
    assert (facts.colour.primaries, facts.colour.transfer) == ("bt2020", curve)
    assert worst_error(each_ffmpeg, tmp_path / output.file, RawVideo("yuv420p10le", "bt2020"), expected) <= 0.6


def test_hdr_is_tone_mapped_for_eight_bits_whatever_is_asked(tmp_path: Path) -> None:
    source = tmp_path / "pq.mkv"
    write_video(find_ffmpeg().path, source, matrix="bt2020", bits=10, tags=TAGS)
    media = probe(find_source([str(source)]))
    resolved = Catalog().resolve("review", media, {})

    plan = make_plan(media, replace(resolved, colour=ColourSpec(hdr="keep")))

    assert {output.expected.colour.transfer for output in plan.outputs} <= {"iec61966-2-1", None}
