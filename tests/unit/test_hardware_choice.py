"""Which encoder a plan uses, told by a made-up machine; nothing here has the hardware."""

from __future__ import annotations

from dataclasses import replace

import pytest

from encode_media.media.hardware import FAMILIES, FAMILY_NAMES, Hardware
from encode_media.model.plan import EncodePlan
from encode_media.model.preset import Preset
from encode_media.planning.hardware import plan_with_hardware, software_only
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.presets.pairs import pair_problems
from support.sources import movie

MEDIA = movie(width=1280, height=720, frames=24)


def preset(encoder: str, **video: object) -> Preset:
    """One H.264 movie by this encoder."""
    made = Catalog().resolve("h264_high_quality", MEDIA, {})
    (output,) = made.outputs
    spec = replace(output.video, encoder=encoder, **video)  # type: ignore[arg-type]
    return replace(made, outputs=(replace(output, video=spec),))


def machine(*families: str, codecs: tuple[str, ...] = ("h264", "hevc")) -> Hardware:
    return Hardware(
        works=lambda family, codec, _pixels: family in families and codec in codecs, vaapi_device="/dev/x"
    )


def planned(asked: Preset, hardware: Hardware) -> EncodePlan:
    return plan_with_hardware(asked, lambda chosen: make_plan(MEDIA, chosen), hardware)


def words(plan: EncodePlan) -> str:
    return " ".join(plan.commands[0].argv)


def test_software_is_the_default_and_nothing_is_tried() -> None:
    def never(*_words: str) -> bool:
        raise AssertionError("hardware was tried")

    plan = planned(preset("software"), Hardware(works=never))
    assert plan == make_plan(MEDIA, preset("software"))
    assert plan.software == ()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_that_works_encodes_and_software_stands_by(family: str) -> None:
    plan = planned(preset("auto"), machine(family))
    software = make_plan(MEDIA, preset("software"))
    assert f"-c:v h264_{family}" in words(plan)
    assert "libx264" not in words(plan)
    assert plan.software == software.commands
    assert plan.outputs == software.outputs, "what must come out is the same"
    assert FAMILY_NAMES[family] in plan.notes[-1]
    assert software_only(plan).commands == software.commands


@pytest.mark.parametrize(
    ("family", "mapped"),
    [
        ("nvenc", {"-rc": "vbr", "-cq": "15", "-b:v": "0"}), ("videotoolbox", {"-q:v": "73", "-allow_sw": "0"}),
        ("qsv", {"-global_quality": "16", "-look_ahead": "1"}),
        ("amf", {"-rc": "cqp", "-qp_i": "14", "-qp_p": "16"}),
        ("vaapi", {"-rc_mode": "CQP", "-qp": "16"}),
    ],
)  # fmt: skip
def test_the_quality_is_said_in_the_family_s_own_terms(family: str, mapped: dict[str, str]) -> None:
    argv = planned(preset("auto", quality=14), machine(family)).commands[0].argv
    assert {flag: argv[argv.index(flag) + 1] for flag in mapped} == mapped
    assert argv[argv.index("-g") + 1] == "12", "half a second, as by software"


def test_the_best_family_that_works_is_taken() -> None:
    assert "h264_qsv" in words(planned(preset("auto"), machine("vaapi", "qsv")))


def test_a_named_family_is_the_only_one_allowed() -> None:
    plan = planned(preset("vaapi"), machine("nvenc"))
    assert "libx264" in words(plan)
    assert "no hardware encoder for it works here" in plan.notes[-1]


def test_a_machine_without_hardware_says_so() -> None:
    plan = planned(preset("auto"), Hardware())
    assert plan.commands == make_plan(MEDIA, preset("software")).commands
    assert plan.software == ()
    assert "no hardware encoder for it works here" in plan.notes[-1]


def test_vaapi_names_its_device_before_everything_and_hands_the_picture_over_last() -> None:
    argv = planned(preset("auto"), machine("vaapi")).commands[0].argv
    assert argv[:2] == ("-vaapi_device", "/dev/x")
    graph = argv[argv.index("-filter_complex") + 1]
    assert graph.index("setparams") < graph.index("format=nv12") < graph.index("hwupload")


def test_ten_bits_stay_ten_bits() -> None:
    hevc = preset("auto", codec="hevc", profile="main10", pixel_format="yuv420p10le", quality=20.0)
    argv = words(planned(hevc, machine("nvenc")))
    assert "-c:v hevc_nvenc" in argv
    assert "p010le" in argv
    assert "-tag:v hvc1" in argv


@pytest.mark.parametrize("video", [{"bitrate": "12M"}, {"target_size": "25M"}])
def test_a_wanted_rate_or_size_is_a_matter_of_software(video: dict[str, str]) -> None:
    plan = planned(preset("auto", quality=None, **video), machine(*FAMILIES))
    assert "libx264" in words(plan)
    assert "wanted rate or size" in plan.notes[-1]


def test_what_no_hardware_makes_is_refused_in_the_preset() -> None:
    (output,) = preset("auto", profile="high444", pixel_format="yuv444p10le").outputs
    assert ("video.encoder", "no hardware encodes h264 from yuv444p10le", ("software",)) in list(
        pair_problems(output)
    )


def test_ask_is_only_for_what_is_wanted() -> None:
    asked: list[tuple[str, str, str]] = []

    def works(*wish: str) -> bool:
        asked.append(wish)  # type: ignore[arg-type]
        return False

    planned(preset("qsv"), Hardware(works=works))
    assert asked == [("qsv", "h264", "yuv420p")]
