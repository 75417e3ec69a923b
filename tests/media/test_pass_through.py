"""Sources that already are what is wanted are copied, all others encoded, and the plan says why."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.plan import EncodePlan
from encode_media.model.result import OutputResult
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify
from support.clips import Clips

PRORES = ("prores_ks", "-profile:v", "3", "-vendor", "apl0")
H264 = ("libx264", "-preset", "veryfast", "-g", "12", "-bf", "2")
HEVC = (
    "libx265",
    "-tag:v",
    "hvc1",
    "-x265-params",
    "open-gop=0:keyint=12:min-keyint=12:scenecut=0:log-level=error",
)
VP9 = ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "12")
AV1 = ("libsvtav1", "-preset", "10", "-g", "12")


def plan(source: Path, preset: str = "prores_422_hq", **options: Any) -> EncodePlan:
    media = probe(find_source([str(source)]))
    return make_plan(media, Catalog().resolve(preset, media, {"pass_through": True, **options}))


def finished(made: EncodePlan, folder: Path, ffmpeg: str) -> dict[str, OutputResult]:
    run_plan(made, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False, time_limit_s=60)
    return {result.name: result for result in verify(made, folder)}


def picture_hashes(ffmpeg: str, path: Path | str) -> list[str]:
    command = [ffmpeg, "-v", "error", "-i", str(path), "-map", "0:v:0", "-f", "framemd5", "-"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line.rpartition(",")[2].strip() for line in lines if not line.startswith("#")]


def copied(made: EncodePlan) -> tuple[str, ...]:
    return made.outputs[0].copied


def reason(made: EncodePlan) -> str:
    (note,) = [note for note in made.notes if "not copied" in note]
    return note.partition("not copied: ")[2]


@pytest.fixture
def prores(clips: Clips) -> Path:
    return clips.movie(
        "prores.mov", frames=12, size="160x90", pixel_format="yuv422p10le", codec=PRORES,
        extra=("-timecode", "01:00:00:00"),
    )  # fmt: skip


@pytest.fixture
def h264(clips: Clips) -> Path:
    return clips.movie("h264.mp4", frames=24, size="160x90", codec=H264, audio="match", extra=("-c:a", "aac"))


@pytest.fixture(params=["h264_high_quality", "review", "hevc_10bit", "webm_vp9", "webm_av1"])
def fitting(request: pytest.FixtureRequest, clips: Clips, h264: Path) -> tuple[Path, str]:
    """A source that is what a preset makes, and the preset."""
    name = request.param
    wide = {"frames": 24, "size": "160x90", "pixel_format": "yuv420p10le"}
    webm = {"audio": "match", "extra": ("-c:a", "libopus")}
    if name == "hevc_10bit":
        return clips.movie("fits.mp4", codec=HEVC, audio="match", extra=("-c:a", "aac"), **wide), name  # type: ignore[arg-type]
    if name == "webm_vp9":
        return clips.movie("vp9.webm", frames=24, size="160x90", codec=VP9, **webm), name  # type: ignore[arg-type]
    if name == "webm_av1":
        return clips.movie("av1.webm", codec=AV1, **webm, **wide), name  # type: ignore[arg-type]
    return h264, name


def test_a_source_of_the_wanted_form_is_copied_and_passes_every_check(
    each_ffmpeg: str, prores: Path, tmp_path: Path
) -> None:
    made = plan(prores, timecode="10:00:00:00", reel="A001")

    (result,) = finished(made, tmp_path, each_ffmpeg).values()

    assert copied(made) == ("picture",)
    assert result.frames == 12
    assert any("copied as it is" in note for note in made.notes)


def test_every_picture_of_a_copied_stream_stays_as_it_is(
    each_ffmpeg: str, fitting: tuple[Path, str], tmp_path: Path
) -> None:
    source, preset = fitting
    made = plan(source, preset)

    result = finished(made, tmp_path, each_ffmpeg)[made.outputs[0].name]

    assert result.planned.copied == ("picture", "sound")
    assert picture_hashes(each_ffmpeg, result.path) == picture_hashes(each_ffmpeg, source)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"first": "1003"}, "only a part"), ({"handles": 2, "keep_handles": False}, "only a part"),
        ({"conform_rate": "25"}, "frame rate is changed"), ({"convert_rate": "25"}, "frame rate is changed"),
        ({"scale": 0.5}, "size is 160x90, not 80x44"), ({"mask": "2"}, "masked"), ({"slate": True}, "slate"),
        ({"burn_ins": True}, "burn-ins"), ({"ocio": "aces_cg"}, "OpenColorIO"),
        ({"bitrate": 1}, "bit rate or a file size"), ({"target_size": 1}, "bit rate or a file size"),
        ({"key_frames": "scrub"}, "12 frames apart, not 6"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)  # fmt: skip
def test_a_wish_that_changes_the_pictures_is_named_as_the_reason(
    h264: Path, options: dict[str, Any], why: str
) -> None:
    made = plan(h264, "h264_high_quality", **options)

    assert copied(made) == ()
    assert why in reason(made)


@pytest.mark.parametrize(
    ("name", "codec", "extra", "why"),
    [
        ("open.mp4", (*H264, "-x264-params", "open-gop=1"), (), "closed"),
        ("long.mp4", ("libx264", "-g", "48", "-bf", "2"), (), "24 frames apart, not 12"),
        ("main.mp4", (*H264, "-profile:v", "main"), (), "profile is Main"),
        ("level.mp4", (*H264, "-level:v", "6.2"), (), "level 6.2 is beyond 5.2"),
        ("odd.mkv", H264, (), "container is matroska"),
        ("anamorphic.mp4", H264, ("-aspect", "4:3"), "size is"),
        ("late.mp4", H264, ("-output_ts_offset", "2"), "begins at 2.000 s"),
    ],
)  # fmt: skip
def test_a_source_that_only_nearly_fits_is_encoded_and_the_reason_said(
    clips: Clips, name: str, codec: tuple[str, ...], extra: tuple[str, ...], why: str
) -> None:
    source = clips.movie(name, frames=24, size="160x90", codec=codec, extra=extra)

    assert why in reason(plan(source, "h264_high_quality"))


def test_an_edit_list_that_hides_frames_is_a_reason_to_encode(clips: Clips, h264: Path) -> None:
    source = clips.made("cut.mp4", "-ss", "0.3", "-i", str(h264), "-an", "-c", "copy")

    assert "frame rate varies" in reason(plan(source, "h264_high_quality")) or "edit list" in reason(
        plan(source, "h264_high_quality")
    )


@pytest.mark.parametrize(
    ("preset", "options"),
    [("prores_422_hq", {"pass_through": False}), ("prores_422", {}), ("prores_4444", {}), ("review", {})],
)
def test_another_codec_or_no_wish_to_copy_is_no_reason_to_speak(
    prores: Path, preset: str, options: dict[str, Any]
) -> None:
    made = plan(prores, preset, **options)

    assert copied(made) == ()
    assert [note for note in made.notes if "not copied" in note and "profile" not in note] == []


def test_a_source_without_tags_is_encoded(clips: Clips) -> None:
    source = clips.movie("untagged.mov", frames=3, pixel_format="yuv422p10le", codec=PRORES, tags=False)

    assert "untagged" in reason(plan(source))


@pytest.mark.parametrize(
    ("codec", "what"), [("pcm_s24le", ("picture", "sound")), ("pcm_s16le", ("picture",)), ("aac", ("picture",))]
)
def test_sound_is_copied_only_where_it_fits_too_else_encoded_beside_the_copied_picture(
    each_ffmpeg: str, clips: Clips, tmp_path: Path, codec: str, what: tuple[str, ...]
) -> None:
    source = clips.movie(
        f"{codec}.mov", frames=12, size="160x90", pixel_format="yuv422p10le", codec=PRORES, audio="match",
        extra=("-c:a", codec),
    )  # fmt: skip
    made = plan(source)

    assert finished(made, tmp_path, each_ffmpeg)
    assert copied(made) == what


def test_loudness_is_brought_to_its_target_beside_a_copied_picture(
    ffmpeg: str, h264: Path, tmp_path: Path
) -> None:
    made = plan(h264, "h264_high_quality", loudness=-23)

    assert finished(made, tmp_path, ffmpeg)
    assert copied(made) == ("picture",)


def test_of_a_review_only_the_step_of_the_sources_own_size_is_copied(
    ffmpeg: str, clips: Clips, tmp_path: Path
) -> None:
    source = clips.movie(
        "hd.mp4", frames=6, size="1920x1080", codec=("libx264", "-preset", "veryfast", "-g", "12")
    )
    made = plan(source, "review")

    results = finished(made, tmp_path, ffmpeg)

    assert {name: result.planned.copied for name, result in results.items() if result.planned.copied} == {
        "ftrackreview-mp4-1080": ("picture",)
    }
