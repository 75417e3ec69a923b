"""The secrets of one data folder: made on first start, readable by their owner only."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True, kw_only=True, repr=False)
class Credentials:
    """`api_key` is good for any active user, a user's own key for that user; `signing_secret` never leaves."""

    path: Path
    api_key: str
    signing_secret: str
    user_keys: dict[str, str] = field(default_factory=dict)

    def fit(self, user_id: str, key: str) -> bool:
        """Whether the key speaks for the user."""
        own = self.user_keys.get(user_id)
        known = [self.api_key] if own is None else [self.api_key, own]
        fitting = [hmac.compare_digest(key.encode(), one.encode()) for one in known]
        return any(fitting)

    def renew(self, user_id: str) -> str:
        """A new key of the user's own; the one before is worth nothing from now on."""
        self.user_keys[user_id] = made = secrets.token_urlsafe(32)
        self.save()
        return made

    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be written anywhere else."""
        return (self.api_key, self.signing_secret, *self.user_keys.values())

    def save(self) -> None:
        kept = {
            "api_key": self.api_key,
            "signing_secret": self.signing_secret,
            "user_keys": self.user_keys,
        }
        partial = self.path.with_suffix(".new")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        partial.replace(self.path)


def load_credentials(data: Path) -> Credentials:
    """The folder's secrets, made if it has none."""
    path = data / "credentials.json"
    if not path.exists():
        made = Credentials(path=path, api_key=secrets.token_urlsafe(32), signing_secret=secrets.token_hex(32))
        made.save()
        return made
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Credentials(
        path=path,
        api_key=kept["api_key"],
        signing_secret=kept["signing_secret"],
        user_keys=kept.get("user_keys", {}),
    )
