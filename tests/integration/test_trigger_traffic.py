"""A studio's traffic on the hub, most of which means nothing: every publish becomes one job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "triggers.py"


def replay(*words: str, timeout_s: float) -> None:
    """The benchmark ends with an error if a publish was missed or encoded twice, or a menu stayed silent."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), *words], capture_output=True, text=True, timeout=timeout_s, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_what_matters_in_an_hours_traffic_is_queued_once() -> None:
    traffic = ("--events", "600", "--versions", "10", "--burst", "300", "--trickle", "100")
    replay(*traffic, "--before", "20", "--after", "8", timeout_s=300)


@pytest.mark.slow
def test_what_matters_in_a_days_traffic_is_queued_once() -> None:
    replay(timeout_s=1500)
