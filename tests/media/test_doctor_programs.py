"""What the doctor says about an ffmpeg that lacks something the presets need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from encode_media import doctor
from encode_media.media.capabilities import Ffmpeg, find_ffmpeg


@pytest.fixture
def poor_ffmpeg(tmp_path: Path, ffmpeg: str) -> Ffmpeg:
    """Like the bundled one, but built without libzimg."""
    if os.name == "nt":
        pytest.skip("needs a shell script")
    script = tmp_path / "ffmpeg"
    lacks = "*filter=zscale*) echo \"Unknown filter 'zscale'.\""
    script.write_text(f'#!/bin/sh\ncase "$*" in {lacks};; *) exec "{ffmpeg}" "$@";; esac\n')
    script.chmod(0o755)
    return find_ffmpeg(str(script))


def test_exact_colour_needs_zscale_and_the_doctor_says_so(poor_ffmpeg: Ffmpeg) -> None:
    found = doctor._examined("filters", lambda: doctor._filters(poor_ffmpeg))
    assert (found.passed, found.exit_code) == (False, 5)
    assert "no filter zscale" in found.words
    assert "libzimg" in found.words


def test_both_ffmpegs_have_the_filters_presets_need(each_ffmpeg: str) -> None:
    assert "zscale" in doctor._filters(find_ffmpeg(each_ffmpeg))


def test_all_missing_encoders_are_named_at_once(poor_ffmpeg: Ffmpeg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "NEEDED_ENCODERS", ("aac", "nosuch", "neither"))
    found = doctor._examined("encoders", lambda: doctor._encoders(poor_ffmpeg))
    assert "nosuch, neither" in found.words


def test_absent_hardware_is_no_fault(each_ffmpeg: str) -> None:
    assert doctor._examined("hardware", lambda: doctor._hardware(find_ffmpeg(each_ffmpeg))).passed


def test_the_bundled_fonts_are_there() -> None:
    assert "DejaVuSans.ttf" in doctor._fonts()
