"""Mistakes in preset files: all of them, with place, what is allowed and the word that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from encode_media.presets.catalog import Catalog
from encode_media.presets.problems import PresetProblem
from encode_media.presets.yaml_file import MAX_FILE_BYTES

GOOD = """
name: ours
label: Ours
description: Ours.
suits: [movie, still]
options:
  quality: {kind: number, label: Quality, default: 18, minimum: 10, maximum: 30}
outputs:
  - name: movie
    when: "{{ source.kind == 'movie' }}"
    kind: video
    container: mp4
    video: {codec: h264, pixel_format: yuv420p, quality: "{{ options.quality }}"}
    audio: {codec: aac, bitrate: 192k}
  - name: image
    kind: still
    container: jpg
    video: {codec: mjpeg, pixel_format: yuvj444p}
"""


def problems(text: str, folder: Path) -> list[PresetProblem]:
    file = folder / "ours.yaml"
    file.write_text(text, encoding="utf-8")
    return list(Catalog().check([file]))


def test_a_good_preset_has_none(tmp_path: Path) -> None:
    assert problems(GOOD, tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "key", "nearest"),
    [
        ("label: Ours", "lable: Ours", "lable", "label"),
        ("codec: h264", "codec: h246", "outputs[0].video.codec", "h264"),
        ("codec: h264,", "codec: h264, qualty: 3,", "outputs[0].video.qualty", "quality"),
        ("container: mp4", "container: pm4", "outputs[0].container", "mp4"),
        ("container: mp4", "contaner: mp4", "outputs[0].contaner", "container"),
        ("kind: number", "kind: numbr", "options.quality.kind", "number"),
        ("minimum: 10", "minimun: 10", "options.quality.minimun", "minimum"),
        ("options.quality }}", "options.qualty }}", "outputs[0].video.quality", "quality"),
        ("source.kind ==", "sorce.kind ==", "outputs[0].when", "source"),
        ("[movie, still]", "[movi, still]", "suits[0]", "movie"),
    ],
)  # fmt: skip
def test_a_misspelt_word_is_found_with_the_right_one(
    old: str, new: str, key: str, nearest: str, tmp_path: Path
) -> None:
    found = problems(GOOD.replace(old, new, 1), tmp_path)

    assert (key, nearest) in [(problem.key, problem.nearest) for problem in found]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("pixel_format: yuv420p", "pixel_format: rgb48be", "outputs[0].video.pixel_format"),
        ("codec: aac", "codec: opus", "outputs[0].audio.codec"),
        ("codec: mjpeg", "codec: png", "outputs[1].video.codec"),
        ("bitrate: 192k", "bitrate: fast", "outputs[0].audio.bitrate"),
        ("container: mp4", "container: webm", "outputs[0].video.codec"),
        ("kind: still", "kind: still\n    position: 2", "outputs[1].position"),
        ("kind: still", "kind: still\n    size: {max_width: 99999}", "outputs[1].size.max_width"),
        ("default: 18", "default: 9", "options.quality.default"),
        ("maximum: 30", "maximum: 90", "outputs[0].video.quality"),
        ("name: image", "name: movie", "outputs"),
        ("suits: [movie, still]", "suits: [movie, sequence]", "options"),
        ("name: ours", "name: theirs", "name"),
        ("label: Ours", "label: Ours\nbackground: blurple", "background"),
        ("label: Ours", "label: Ours\ndefault_rate: 0", "default_rate"),
        ('"{{ options.quality }}"', "best", "outputs[0].video.quality"),
        ("name: image", 'name: image\n    when: "{{ false }}"', "outputs"),
    ],
)
def test_what_does_not_go_together_is_found(old: str, new: str, key: str, tmp_path: Path) -> None:
    assert key in [problem.key for problem in problems(GOOD.replace(old, new, 1), tmp_path)]


def test_all_mistakes_are_reported_and_not_only_the_first(tmp_path: Path) -> None:
    text = GOOD.replace("codec: h264", "codec: h246").replace("codec: mjpeg", "codec: jpeg")

    assert {problem.key for problem in problems(text, tmp_path)} == {
        "outputs[0].video.codec", "outputs[1].video.codec",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "label: Again\n", "there twice"),
        (GOOD.replace("codec: aac", "codec: aac, codec: aac"), "there twice"),
        ("name: [", "line"),
        ("- a\n- b\n", "dictionary"),
        ("", "dictionary"),
        ("name: !!python/object/apply:os.system ['true']\n", "constructor"),
        ("1: x\n", "not a text"),
        ("#" * (MAX_FILE_BYTES + 1), "larger"),
    ],
)
def test_a_file_that_is_no_preset_is_one_problem_in_words(text: str, words: str, tmp_path: Path) -> None:
    found = problems(text, tmp_path)

    assert found
    assert words in str(found[0])


def test_a_multiplying_file_is_refused_quickly(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    bomb = GOOD.replace("name: image", "name: image\n    bomb:\n      " + "\n      ".join(lines), 1)
    assert yaml.safe_load(bomb)

    assert any(
        "too large" in problem.problem or "no key" in problem.problem for problem in problems(bomb, tmp_path)
    )


def test_a_file_that_is_not_there_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    (problem,) = Catalog().check([tmp_path / "absent.yaml"])

    assert "No such file" in problem.problem
