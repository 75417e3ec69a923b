"""A preset somebody else wrote can't run, read or write anything: every attempt is a mistake with its place."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from encode_media.local import FolderDestination
from encode_media.model.request import EncodeRequest
from encode_media.model.result import OutputResult
from encode_media.planning.naming import unique_stems
from encode_media.presets.catalog import Catalog
from support.outputs import movie, plan_of, sequence

PRESET = """
name: ours
label: Ours
description: Ours.
suits: [movie]
options:
  quality: {kind: number, label: Quality, default: 18, minimum: 10, maximum: 30}
outputs:
  - name: movie
    kind: video
    container: mp4
    video: {codec: h264, speed: fast, pixel_format: yuv420p, quality: "{{ options.quality }}"}
    audio: {codec: aac, bitrate: 192k}
"""
QUALITY = '"{{ options.quality }}"'
VIDEO = "outputs[0].video"


def expression(text: str) -> tuple[str, str, str]:
    return QUALITY, f'"{text}"', f"{VIDEO}.quality"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        expression("{{ ''.__class__.__mro__[1].__subclasses__() }}"),
        expression("{{ cycler.__init__.__globals__.os.popen('id').read() }}"),
        expression("{{ source|attr('__class__') }}"),
        expression("{{ ().__class__.__base__ }}"),
        expression("{{ 'a' * 10**9 }}"),
        expression("{{ 10**10**10 }}"),
        expression("{% include '/etc/passwd' %}"),
        expression("{% for i in range(10**9) %}{% endfor %}"),
        expression("{{ '%999999999d'|format(1) }}"),
        (QUALITY, ".inf", f"{VIDEO}.quality"),
        ("label: Ours", "label: !!python/object/apply:os.system [touch pwned]", ""),
        ("label: Ours", f"label: {'[' * 500}{']' * 500}", ""),
        ("name: ours", "name: ../ours", "name"),
        ("suits:", "extends: ../../../../etc/passwd\nsuits:", "extends"),
        ("speed: fast", "speed: fast, filter_script: /etc/passwd", f"{VIDEO}.filter_script"),
        ("speed: fast", "speed: fast, x264-params: stats=/tmp/pwned", f"{VIDEO}.x264-params"),
        ("speed: fast", 'speed: "fast -f lavfi -i movie=/etc/passwd"', f"{VIDEO}.speed"),
        ("codec: h264", 'codec: "h264 -filter_script /etc/passwd"', f"{VIDEO}.codec"),
        ("yuv420p", '"yuv420p,movie=/etc/passwd"', f"{VIDEO}.pixel_format"),
        ("container: mp4", "container: tee", "outputs[0].container"),
        ("container: mp4", "container: lavfi", "outputs[0].container"),
        ("bitrate: 192k", 'bitrate: "192k -f tee"', "outputs[0].audio.bitrate"),
        ("bitrate: 192k", "file: /etc/passwd", "movie: audio.file"),
        ("suits:", 'background: "red,movie=/etc/passwd"\nsuits:', "background"),
        ("- name: movie", '- name: "a\\nb"', "outputs[0].name"),
        ("- name: movie", '- name: "a\\0b"', "outputs[0].name"),
    ],
)  # fmt: skip
def test_an_attempt_is_found_by_the_check(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert old in PRESET
    file = tmp_path / "ours.yaml"
    file.write_text(PRESET.replace(old, new, 1), encoding="utf-8")
    started = time.process_time()
    assert key in [problem.key for problem in Catalog().check([file])]
    assert time.process_time() - started < 5


def test_mistakes_of_all_kinds_are_told_of_at_once(tmp_path: Path) -> None:
    """Expressions that can't be evaluated hide neither each other nor a misspelt key."""
    file = tmp_path / "ours.yaml"
    text = PRESET.replace(QUALITY, "'{{ options.qualty }}', spede: slow").replace("192k", "'{{ shot }}'")
    file.write_text(text.replace("label: Ours", "label: Ours\nbackground: '{{ colour }}'"), encoding="utf-8")
    found = {problem.key: problem.nearest for problem in Catalog().check([file])}
    assert found == {
        "background": None,
        "outputs[0].video.quality": "quality",
        "outputs[0].video.spede": "speed",
        "outputs[0].audio.bitrate": "version.shot",
    }


ATTEMPTS = ("../../pwned", "/tmp/pwned", "taken/../../../pwned", "..\\..\\pwned", "%n%s", "-y", "CON")
"""The third only leads out where a folder of that name was placed before."""


@pytest.mark.parametrize("kind", ["movie", "sequence"])
def test_the_name_of_an_output_leads_into_no_other_folder(tmp_path: Path, kind: str) -> None:
    """What an output is called is for people; its files are called as the plan says."""
    (tmp_path / "job").mkdir()
    (tmp_path / "pwned").mkdir()
    names = ("taken", *ATTEMPTS)
    outputs = tuple(
        renamed(made(tmp_path / "job", stem, kind), name)
        for stem, name in zip(unique_stems(names), names, strict=True)
    )
    destination = FolderDestination(tmp_path / "out", on_progress=lambda _: None)
    request = EncodeRequest(preset="ours")
    placed = destination.publish("job", request, plan_of(*outputs), outputs, lambda _: None)
    assert len({output.location for output in placed}) == len(names)
    for output in placed:
        below = Path(output.location).relative_to(tmp_path / "out")
        assert len(below.parts) == (1 if kind == "movie" else 2)
        assert ".." not in below.parts
    assert {entry.name for entry in tmp_path.iterdir()} == {"job", "out", "pwned"}
    assert not list((tmp_path / "pwned").iterdir())


def made(folder: Path, stem: str, kind: str) -> OutputResult:
    return movie(folder, stem, b"x") if kind == "movie" else sequence(folder, stem, range(1, 3))


def renamed(output: OutputResult, name: str) -> OutputResult:
    return replace(output, planned=replace(output.planned, name=name))
