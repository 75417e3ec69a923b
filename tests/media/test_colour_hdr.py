"""HDR video becomes SDR: what lies below reference white keeps its colour, what lies above is rolled off."""

from __future__ import annotations

import numpy as np
import pytest

from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.planning.colour import SDR_WHITE_NITS
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.patches import RawVideo, chart, patch_means, read_display, run, to_pq, write_video

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
