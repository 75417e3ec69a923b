"""docs/formats.md names every finding there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"`((?:sequence|check|video|colour|exr|rate|timecode|audio|disk)\.[a-z_]+)`")
RAISED = re.compile(r"(?:find\(\s*|Severity\.[A-Z]+, )f?\"([a-z]+\.[a-z_{}]+)\"")
CHOSEN_ON_THE_WAY = {"exr.no_default_layer", "exr.float_dwa"}
AUDIO_LENGTHS = {"audio.{kind}": {"audio.shorter", "audio.longer"}}


def in_code() -> set[str]:
    found: set[str] = set()
    for folder in ("media", "running"):
        for file in (ROOT / "plugin" / "encode_media" / folder).glob("*.py"):
            for code in RAISED.findall(file.read_text(encoding="utf-8")):
                found |= AUDIO_LENGTHS.get(code, {code})
    return found


def test_the_document_names_the_findings_of_the_code() -> None:
    named = set(CODE.findall((ROOT / "docs" / "formats.md").read_text(encoding="utf-8")))
    assert named >= in_code(), "found but not explained"
    assert named <= in_code() | CHOSEN_ON_THE_WAY, "explained but never found"
