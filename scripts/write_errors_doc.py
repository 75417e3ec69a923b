"""Writes docs/errors.md from the catalogue in encode_media.errors; `--check` only says whether it is current."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from encode_media.errors import CATALOGUE, CatalogueEntry

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"

HEAD = """\
# When something goes wrong

Every failure has a code that never changes, a sentence, and a hint. You meet them as the description of
the failed job in ftrack, in the message to whoever launched it, in `encode-media … --json` under `error`,
in the `encode-media.result` event, and as Python exceptions (`code`, `message`, `hint`, `retryable`,
`details`; the class tells what a caller can do about it).

- **Tried again** says whether the service repeats the failed step by itself, with growing pauses, before it
  gives up. Nothing that already succeeded is repeated: a finished encode is not encoded again because an
  upload failed.
- **Exit** is the exit code of the command line.
- Words in `{braces}` are filled with the facts of the case.
- Where ffmpeg ran, the end of its own log is stored with the job: `encode-media jobs show ID`.

This page is made from the catalogue in `encode_media/errors.py` by `scripts/write_errors_doc.py`.
"""

GROUPS = {
    "InvalidParameters": "The request, an option or a preset",
    "SourceMissing": "The source isn't there",
    "UnsupportedFormat": "The source can't be decoded",
    "EncodeFailed": "The encode failed",
    "OutputWrong": "The result failed a check",
    "ServerUnavailable": "The server or the database",
    "NotPermitted": "Rights",
    "OutOfSpace": "Disk space",
    "Cancelled": "Stopped on request",
    "EncodeMediaError": "A mistake of ours",
}
"""A heading for each class, in the order of the page."""


def page() -> str:
    parts = [HEAD]
    for kind, heading in GROUPS.items():
        entries = [entry for entry in CATALOGUE.values() if entry.kind.__name__ == kind]
        parts.append(f"## {heading}\n\n`{kind}`, exit code {entries[0].kind.exit_code}.\n")
        parts.extend(_section(entry) for entry in entries)
    return "\n".join(parts)


def _section(entry: CatalogueEntry) -> str:
    rows = (
        ("Sentence", entry.sentence),
        ("Cause", entry.cause),
        ("What to do", entry.hint),
        ("Tried again", "yes" if entry.retryable else "no"),
        ("Exit", str(entry.kind.exit_code)),
    )
    lines = [f"### `{entry.code}`\n", "| | |", "|---|---|"]
    lines += [f"| {name} | {_cell(text)} |" for name, text in rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text for a table cell; placeholders as code."""
    escaped = text.replace("|", "\\|")
    return escaped if "`" in escaped else re.sub(r"(\{\w+\})", r"`\1`", escaped)


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE} is not current: run scripts/write_errors_doc.py")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
