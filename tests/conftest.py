"""What holds for every test: nothing leaks in from the environment, and folders give the markers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

MARKED_FOLDERS = {"media": "media", "integration": "integration", "browser": "browser", "faults": "faults"}
SAMPLES = os.environ.get("ENCODE_MEDIA_SAMPLES")
"""Read before the environment is cleared below."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    root = Path(config.rootpath) / "tests"
    for item in items:
        folder = item.path.relative_to(root).parts[0]
        if folder in MARKED_FOLDERS:
            item.add_marker(MARKED_FOLDERS[folder])


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own settings must not decide whether a test passes."""
    for name in os.environ:
        if name.startswith(("FTRACK_", "ENCODE_MEDIA_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real clips; tests that need it skip where it is absent."""
    if not SAMPLES or not Path(SAMPLES).is_dir():
        pytest.skip("the real clips are not here (ENCODE_MEDIA_SAMPLES)")
    return Path(SAMPLES)
