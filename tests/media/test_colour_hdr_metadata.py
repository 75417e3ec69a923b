"""Mastering display and light levels: kept with HDR, on both ffmpegs, and gone where pictures are SDR."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from encode_media.errors import OutputWrong
from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.patches import run
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.colour import ColourSpec
from encode_media.model.hdr import HdrMetadata, MasteringDisplay
from encode_media.model.media import Media
from encode_media.model.plan import EncodePlan
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify

P3_D65 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
SAID = HdrMetadata(
    display=MasteringDisplay(chromaticities=P3_D65, darkest=0.005, brightest=1000), max_cll=1000, max_fall=400
)
IN_HEVC = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Media:
    """Four frames of PQ, graded on P3-D65."""
    file = tmp_path_factory.mktemp("hdr") / "pq.mp4"
    tags = "setparams=range=tv:colorspace=bt2020nc:color_primaries=bt2020:color_trc=smpte2084"
    run(find_ffmpeg().path, [
        "-f", "lavfi", "-i", "testsrc2=s=128x72:r=24", "-frames:v", "4", "-vf", f"{tags},format=yuv420p10le",
        "-c:v", "libx265", "-x265-params", f"log-level=error:{IN_HEVC}", "-tag:v", "hvc1", str(file),
    ])  # fmt: skip
    return probe(find_source([str(file)]))


def planned(source: Media, preset: str, **options: object) -> EncodePlan:
    return make_plan(source, Catalog().resolve(preset, source, options))


def told(plan: EncodePlan, folder: Path, ffmpeg: str) -> HdrMetadata | None:
    """What the verified first output says."""
    run_plan(plan, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    verify(plan, folder)
    output = plan.outputs[0]
    file = output.file if output.first_frame is None else output.file % output.first_frame
    video = probe(find_source([str(folder / file)])).video
    assert video is not None
    return video.hdr


def test_the_probe_reads_it(source: Media) -> None:
    assert source.video is not None
    assert source.video.hdr is not None
    assert source.video.hdr.is_like(SAID)
    assert source.video.hdr.words == "mastered on P3-D65 from 0.005 to 1000 nits, MaxCLL 1000, MaxFALL 400"


@pytest.mark.parametrize("preset", ["hevc_10bit", "webm_av1"])
def test_it_stays_with_pictures_that_stay_hdr(
    each_ffmpeg: str, source: Media, preset: str, tmp_path: Path
) -> None:
    plan = planned(source, preset, hdr="keep")

    assert any("MaxCLL 1000" in note for note in plan.notes)
    assert SAID.is_like(told(plan, tmp_path, each_ffmpeg))


@pytest.mark.parametrize("preset", ["review", "hevc_10bit", "png_sequence"])
def test_it_is_gone_where_pictures_become_sdr(
    each_ffmpeg: str, source: Media, preset: str, tmp_path: Path
) -> None:
    """ffmpeg 9 writes it beside tone-mapped pictures unless it is told not to."""
    assert told(planned(source, preset), tmp_path, each_ffmpeg) is None


def test_a_file_that_lost_it_is_wrong(ffmpeg: str, source: Media, tmp_path: Path) -> None:
    plan = planned(source, "hevc_10bit", hdr="keep")
    kept = plan.commands[0].argv
    lost = tuple(word.partition(":master-display")[0].replace("setparams", "sidedata=mode=delete:"
                 "type=MASTERING_DISPLAY_METADATA,sidedata=mode=delete:type=CONTENT_LIGHT_LEVEL,setparams")
                 for word in kept)  # fmt: skip
    lossy = replace(plan, commands=(replace(plan.commands[0], argv=lost),))

    with pytest.raises(OutputWrong, match="HDR metadata: expected mastered on P3-D65"):
        told(lossy, tmp_path, ffmpeg)


def test_the_plan_says_where_there_is_no_place_for_it(source: Media) -> None:
    resolved = Catalog().resolve("prores_422_hq", source, {})
    (output,) = resolved.outputs
    movie = replace(output, video=replace(output.video, transfer="auto"))

    plan = make_plan(source, replace(resolved, outputs=(movie,), colour=ColourSpec(hdr="keep")))

    assert plan.outputs[0].expected.colour.transfer == "smpte2084"
    assert plan.outputs[0].expected.hdr is None
    assert any("may lose what the source says (mastered on P3-D65" in note for note in plan.notes)


@pytest.mark.parametrize(
    "display",
    [
        MasteringDisplay(chromaticities=(0.0,) * 8, darkest=0, brightest=1000),
        MasteringDisplay(chromaticities=P3_D65, darkest=0, brightest=0),
        MasteringDisplay(chromaticities=P3_D65, darkest=0, brightest=20000),
    ],
)
def test_screens_that_can_not_be_are_no_statement(display: MasteringDisplay) -> None:
    assert not display.is_sensible
