"""What holds for every test: nothing leaks in from the environment, and folders give the markers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["support.media_fixtures"]

MARKED_FOLDERS = {"media": "media", "integration": "integration", "browser": "browser", "faults": "faults"}
TIMED_FOLDERS = ("browser", "contracts", "faults", "integration")
"""Browsers, servers and workers keep real time, and a busy machine sometimes does not: these get a second try,
which the summary shows. `-p no:rerunfailures` gives none."""
SAMPLES = os.environ.get("ENCODE_MEDIA_SAMPLES")
"""Read before the environment is cleared below."""
SAMPLES_ABSENT = "the real clips are not here"
IN_CI = bool(os.environ.get("CI"))
if not IN_CI:  # there Hypothesis has a profile of its own, which has none either
    # A machine that is busy for a moment is no failure.
    settings.register_profile("no-deadline", deadline=None)
    settings.load_profile("no-deadline")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    root = Path(config.rootpath) / "tests"
    for item in items:
        folder = item.path.relative_to(root).parts[0]
        if folder in MARKED_FOLDERS:
            item.add_marker(MARKED_FOLDERS[folder])
        if folder in TIMED_FOLDERS and config.pluginmanager.hasplugin("rerunfailures"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """On the build machine everything a test needs was installed: a skip there hides a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not IN_CI or reporter is None:
        return
    hidden = [
        report
        for report in reporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and SAMPLES_ABSENT not in report.longrepr[2]
    ]
    if hidden:
        reporter.write_line(f"{len(hidden)} tests were skipped, which counts as a failure in CI", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


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
        pytest.skip(f"{SAMPLES_ABSENT} (ENCODE_MEDIA_SAMPLES)")
    return Path(SAMPLES)
