"""What is said about the space a result needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from encode_media.model.media import Severity
from encode_media.running.space import (
    KEEP_FREE_BYTES,
    free_bytes,
    needed_bytes,
    space_findings,
    with_space_finding,
)
from support.run_plans import plan

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("needed", "free", "codes"),
    [(GB, 10 * GB, []), (GB, 2 * GB, []), (GB, 2 * GB - 1, ["disk.tight"]), (GB, GB - 1, ["disk.too_small"])],
)
def test_little_space_is_a_warning_and_too_little_an_error(needed: int, free: int, codes: list[str]) -> None:
    findings = list(space_findings(needed, free, Path("/work")))
    assert [finding.code for finding in findings] == codes
    for finding in findings:
        assert "/work" in finding.message
        assert finding.severity is (Severity.ERROR if finding.code == "disk.too_small" else Severity.WARNING)


def test_more_is_wanted_than_the_estimate() -> None:
    assert needed_bytes(plan(estimated_bytes=GB)) == int(1.2 * GB) + KEEP_FREE_BYTES


def test_the_disk_of_a_folder_that_is_not_made_yet_is_asked(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0
    assert not (tmp_path / "not").exists()


def test_a_plan_that_can_not_fit_says_so_before_anything_is_run(tmp_path: Path) -> None:
    said = with_space_finding(plan(estimated_bytes=10**18), tmp_path)
    assert [finding.code for finding in said.media.findings] == ["disk.too_small"]
    assert said.commands == plan(estimated_bytes=10**18).commands
