"""Sound in preset files: what goes together, and who may name a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import InvalidParameters
from encode_media.model.preset import AudioSpec
from encode_media.presets.catalog import Catalog
from support.sources import movie

PRESET = """
name: mine
label: Mine
description: A preset of a test.
suits: [movie]
options:
  sound: {kind: text, format: sound, label: Sound%(default)s}
outputs:
  - name: mine
    kind: %(kind)s
    container: %(container)s
    %(video)s
    audio: {%(audio)s}
"""
MP4 = {"kind": "video", "container": "mp4", "video": "video: {codec: h264, pixel_format: yuv420p}", "default": ""}
WEBM = {**MP4, "container": "webm", "video": "video: {codec: vp9, pixel_format: yuv420p}"}
WAV = {"kind": "audio", "container": "wav", "video": "publish: {role: deliverable}", "default": ""}
FROM_OPTION = 'file: "{{ options.sound }}"'


def audio(folder: Path, audio: str, *, base: dict[str, str] = MP4, **options: Any) -> AudioSpec:
    """The resolved sound of a preset whose sound is written like this."""
    (folder / "mine.yaml").write_text(PRESET % {**base, "audio": audio}, encoding="utf-8")
    found = Catalog([folder]).resolve("mine", movie(), options).outputs[0].audio
    assert found is not None
    return found


def test_who_asks_for_the_encode_may_name_a_sound_file(tmp_path: Path) -> None:
    assert audio(tmp_path, f"codec: aac, {FROM_OPTION}", sound="/mix/a.wav").file == "/mix/a.wav"
    assert audio(tmp_path, f"codec: aac, {FROM_OPTION}").file is None


@pytest.mark.parametrize("written", ["file: /etc/private.wav", FROM_OPTION])
def test_a_preset_cannot_name_a_sound_file_itself(tmp_path: Path, written: str) -> None:
    base = {**MP4, "default": ", default: /etc/private.wav"}
    with pytest.raises(InvalidParameters, match="can't name a sound file itself"):
        audio(tmp_path, f"codec: aac, {written}", base=base)


@pytest.mark.parametrize("path", ["mix.wav", "../mix.wav", "mix/a.wav"])
def test_a_sound_file_is_named_by_its_full_path(tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        audio(tmp_path, f"codec: aac, {FROM_OPTION}", sound=path)

    assert "full path" in caught.value.hint


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("codec: opus", "audio.codec: opus does not go"), ("codec: aac, channels: 3", "audio.channels: 3"),
        ("codec: aac, sample_rate: 22050", "audio.sample_rate: 22050"), ("codec: aac, track: 0", "audio.track: 0"),
        ("codec: aac, bitrate: fast", "audio.bitrate"), ("codec: aac, source: loud", "audio.source: 'loud'"),
        ("codec: aac, loudness: {target: -70}", "audio.loudness.target: -70"),
        ("codec: aac, loudness: {true_peak: 3}", "audio.loudness.true_peak: 3"),
        ("codec: aac, downmix: left", "audio.downmix: 'left'"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_found_with_its_place(tmp_path: Path, written: str, problem: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        audio(tmp_path, written)

    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"video": "video: {codec: h264, pixel_format: yuv420p}"}, "has no picture"),
        ({"video": "publish: {role: reviewable}"}, "neither reviewable"), ({"container": "mp4"}, "container: mp4"),
    ],
)  # fmt: skip
def test_an_output_of_sound_alone_has_nothing_of_a_picture(
    tmp_path: Path, change: dict[str, str], problem: str
) -> None:
    with pytest.raises(InvalidParameters, match=problem):
        audio(tmp_path, "codec: pcm", base={**WAV, **change})


def test_opus_has_a_highest_bit_rate_for_each_channel(tmp_path: Path) -> None:
    assert audio(tmp_path, "codec: opus, bitrate: 320k", base=WEBM).bitrate == "320k"
    with pytest.raises(InvalidParameters, match="320k is more than Opus can have"):
        audio(tmp_path, "codec: opus, bitrate: 320k, channels: 1", base=WEBM)


def test_a_video_without_its_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameters, match="video: is missing"):
        audio(tmp_path, "codec: aac", base={**MP4, "video": "publish: {role: deliverable}"})


def test_uncompressed_sound_alone_is_fine(tmp_path: Path) -> None:
    assert audio(tmp_path, "codec: pcm, channels: null, sample_rate: null", base=WAV).channels is None
