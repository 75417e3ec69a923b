"""The secrets of one data folder: made on first start, readable by their owner only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Credentials:
    """`api_key` is good for any active user; `signing_secret` never leaves the server."""

    api_key: str
    signing_secret: str


def load_credentials(data: Path) -> Credentials:
    """The folder's secrets, made if it has none."""
    path = data / "credentials.json"
    if not path.exists():
        made = {"api_key": secrets.token_urlsafe(32), "signing_secret": secrets.token_hex(32)}
        partial = path.with_suffix(".new")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(made, file)
        partial.replace(path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Credentials(api_key=kept["api_key"], signing_secret=kept["signing_secret"])
