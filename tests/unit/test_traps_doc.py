"""The tests that docs/quality.md names against other tools' faults exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`((?:unit|presets|media|contracts|integration|faults)/test_\w+\.py)(?:::(test_\w+))?`")


def test_every_test_named_in_the_table_of_traps_exists() -> None:
    table = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8").partition("## Traps")[2]
    named = NAMED.findall(table)
    assert len(named) > 40
    absent = [
        f"{file}::{test}"
        for file, test in named
        if not (path := ROOT / "tests" / file).is_file() or f"def {test}" not in path.read_text(encoding="utf-8")
    ]
    assert not absent


def test_every_trap_has_a_test() -> None:
    table = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8").partition("## Traps")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows
    assert [row for row in rows if not NAMED.search(row)] == []
