"""docs/errors.md and the catalogue say the same, word for word."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from encode_media import errors
from encode_media.errors import CATALOGUE, CatalogueEntry, failure

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


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)
def test_a_failure_has_its_facts_filled_in(entry: CatalogueEntry) -> None:
    names = {name for _, name, _, _ in string.Formatter().parse(entry.sentence + entry.hint) if name}
    error = failure(entry.code, **{name: f"<{name}>" for name in names})
    assert isinstance(error, entry.kind)
    assert all(f"<{name}>" in error.message + error.hint for name in names)
    assert "{" not in error.message + error.hint


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)
def test_an_error_survives_being_stored(entry: CatalogueEntry) -> None:
    error = failure(entry.code, path="/p", seconds=3)
    stored = error.to_dict()
    again = errors.EncodeMediaError.from_dict(stored)
    assert (type(again), again.to_dict()) == (type(error), stored)


def test_exit_codes_tell_the_classes_apart() -> None:
    kinds = {entry.kind for entry in CATALOGUE.values()}
    assert len({kind.exit_code for kind in kinds}) == len(kinds)
