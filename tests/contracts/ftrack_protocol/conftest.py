"""One server for all cases that don't stop it, and a session of its own for each test that writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ftrack_api
import pytest

from support.sandbox import RunningSandbox, running_sandbox


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("ftrack") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def reader(box: RunningSandbox) -> ftrack_api.Session:
    """A session for tests that only read."""
    return box.session()


@pytest.fixture
def session(box: RunningSandbox) -> Iterator[ftrack_api.Session]:
    opened = box.session()
    yield opened
    opened.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mov"
    path.write_bytes(bytes(range(256)) * 40)
    return path
