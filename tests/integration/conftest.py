"""One running product for the tests that only use it, and the sample media for those that start their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.samples import make_samples
from support.service import Studio, copy_sources, studio


@pytest.fixture(scope="session")
def sample_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples") / "sources"
    make_samples(folder, find_ffmpeg().path)
    return folder


@pytest.fixture(scope="module")
def running_studio(tmp_path_factory: pytest.TempPathFactory, sample_sources: Path) -> Iterator[Studio]:
    data = tmp_path_factory.mktemp("studio") / "data"
    copy_sources(sample_sources, data)
    with studio(data) as running:
        yield running
