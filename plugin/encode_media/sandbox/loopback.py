"""The server is for this machine alone: which hosts and origins are its own."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def is_own_host(host: str) -> bool:
    """Whether a Host header names this machine; another name may be somebody's that was made to point here."""
    return _hostname(f"http://{host}") in _NAMES


def is_own_origin(origin: str | None, host: str) -> bool:
    """Whether a page of this very server asks, or something that is not a page at all."""
    return origin is None or (urlsplit(origin).netloc == host and is_own_host(host))


@dataclass(frozen=True, slots=True)
class Origins:
    """Whose pages may call: our own, those of other servers on this machine, and the ones that were named.

    They need the key like everybody; a page that holds it is a client like others.
    """

    named: frozenset[str] = frozenset()

    def may_call(self, origin: str | None, host: str) -> bool:
        return is_own_origin(origin, host) or origin in self.named or _hostname(origin or "") in _NAMES


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
