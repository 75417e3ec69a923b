"""LUTs on displays other than BT.709's: their numbers stay theirs, tags and all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from encode_media.model.geometry import Framing
from encode_media.model.preset import Preset
from encode_media.planning.colour import Light, SourceColour, TargetColour
from encode_media.planning.framing import Bars, barred
from encode_media.planning.graph import step
from encode_media.planning.look import with_look
from encode_media.presets.catalog import Catalog
from support.sources import movie

PQ = SourceColour(light=Light.HDR, pixel_format="yuv420p10le", matrix="bt2020nc", full_range=False,
                  curve="smpte2084", primaries="bt2020", deep=True, keep=True)  # fmt: skip
P3 = SourceColour(light=Light.WIDE, pixel_format="gbrpf32le", primaries="smpte432", deep=True, keep=True,
                  display="Display P3")  # fmt: skip


@pytest.fixture
def preset() -> Preset:
    return replace(
        Catalog().resolve("hevc_10bit", movie(), {}), lut="look.cube", assets={"look.cube": "/l/look.cube"}
    )


@pytest.mark.parametrize("colour", [PQ, P3])
def test_a_lut_works_on_the_numbers_of_its_display(colour: SourceColour, preset: Preset) -> None:
    looked = with_look(colour, preset)

    kept = looked.colour
    assert (kept.light, kept.curve, kept.primaries, kept.display, kept.keep) == (
        colour.light, colour.curve, colour.primaries, colour.display, True,
    )  # fmt: skip
    assert (kept.matrix, kept.full_range) == ("gbr", True)
    assert "tonemap" not in repr(looked.steps)
    assert "on the numbers of" in looked.notes[0]


def test_a_lut_for_sdr_gets_tone_mapped_pictures(preset: Preset) -> None:
    looked = with_look(replace(PQ, keep=False), preset)

    assert looked.colour.light is Light.RGB
    assert "tonemap" in repr(looked.steps)


def test_bars_of_hdr_are_no_brighter_than_paper() -> None:
    target = TargetColour(pixel_format="yuv420p10le", curve="smpte2084", matrix="2020_ncl", primaries="bt2020")
    bars = Bars(Framing(picture=(64, 36), frame=(64, 64)), "white")

    assert "color', '0x949494" in repr(barred((step("setparams"),), target, bars))
