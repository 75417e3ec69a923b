"""Fixtures for tests that run ffmpeg."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.clips import Clips

_DEBIAN = "/usr/bin/ffmpeg"


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    """The ffmpeg users get without their own: the bundled one."""
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


@pytest.fixture(scope="session")
def debian_ffmpeg() -> str:
    """The system's ffmpeg, older than the bundled one; tests that need it skip where it is absent."""
    if not os.access(_DEBIAN, os.X_OK):
        pytest.skip("there is no ffmpeg of the system here")
    return _DEBIAN


@pytest.fixture(scope="session", params=["bundled", "system"])
def each_ffmpeg(request: pytest.FixtureRequest) -> str:
    """Runs the test once with the bundled ffmpeg and once with the system's."""
    return str(request.getfixturevalue("ffmpeg" if request.param == "bundled" else "debian_ffmpeg"))


@pytest.fixture(scope="session")
def clips(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Clips made with the bundled ffmpeg, kept for the session."""
    return Clips(ffmpeg=ffmpeg, folder=Path(tmp_path_factory.mktemp("clips")))
