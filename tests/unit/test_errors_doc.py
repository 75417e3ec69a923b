"""docs/errors.md and the catalogue say the same, word for word."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from encode_media.errors import CATALOGUE, CatalogueEntry

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "errors.md"


def sections() -> dict[str, dict[str, str]]:
    """Code to the rows of its table, read from the page by other means than those that wrote it."""
    found: dict[str, dict[str, str]] = {}
    for text in PAGE.read_text(encoding="utf-8").split("\n### `")[1:]:
        code = text.partition("`")[0]
        rows = re.findall(r"^\| ([A-Z][\w ]*) \| (.*) \|$", text, re.MULTILINE)
        assert code not in found, f"{code} is described twice"
        found[code] = {name: words.replace("\\|", "|") for name, words in rows}
    return found


def without_marks(text: str) -> str:
    return text.replace("`", "")


def test_every_code_of_the_catalogue_is_on_the_page_and_no_other() -> None:
    assert set(sections()) == set(CATALOGUE)


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)
def test_the_page_says_what_the_catalogue_says(entry: CatalogueEntry) -> None:
    rows = {name: without_marks(words) for name, words in sections()[entry.code].items()}
    assert rows == {
        "Sentence": without_marks(entry.sentence),
        "Cause": without_marks(entry.cause),
        "What to do": without_marks(entry.hint),
        "Tried again": "yes" if entry.retryable else "no",
        "Exit": str(entry.kind.exit_code),
    }


def test_the_page_is_what_the_script_writes() -> None:
    script = ROOT / "scripts" / "write_errors_doc.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_exit_codes_tell_the_classes_apart() -> None:
    kinds = {entry.kind for entry in CATALOGUE.values()}
    assert len({kind.exit_code for kind in kinds}) == len(kinds)
