"""Sessions with the ftrack server: how they are opened, and how their failures become ours."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import requests

from encode_media.errors import EncodeMediaError, failure
from encode_media.settings import Settings

if TYPE_CHECKING:
    import ftrack_api

API_TIMEOUT_S = (10.0, 60.0)
"""To connect, and between two answers of the server; 60 s is the client's own default."""

_SERVER_ERROR = re.compile(r"Server reported error: (?P<kind>\w+)\((?P<text>.*)\)\s*$", re.DOTALL)
_REFUSED_CREDENTIALS = frozenset({"InvalidCredentialsError", "AuthenticationError"})
_REFUSED_RIGHTS = frozenset({"PermissionError", "PermissionDeniedError", "FTAuthenticationError"})
"""The names under which servers refuse; the Python client has one class for all of them."""

_SECRET = re.compile(r"(?i)((?:api[_-]?key|ftrack-api-key)['\"]?\s*[=:]\s*['\"]?)[^&\s'\"\\,)]+")
_SCHEMA_TROUBLE = re.compile(r"Cache file not found|Schema cache could not be|Failed to update schema cache")
_PROBLEM_LENGTH = 300
"""A proxy's error page is as long as it likes; a person reads a sentence."""


def open_session(settings: Settings, *, hub: bool = False, as_user: str | None = None) -> ftrack_api.Session:
    """A session of the service's user, or with `as_user` (a global key allows it) of somebody else.

    Only plug-ins from `settings.location_plugins` are loaded: what other tools left in the
    environment doesn't belong in a service. With `hub` the event hub connects in the background.

    Raises:
        ServerUnavailable: nothing answers there.
        NotPermitted: the server refused the key or the user.
    """
    import ftrack_api

    user = as_user or settings.api_user
    _require(settings, user)
    _quieten_logs()
    with translated(server=settings.server, user=user):
        return ftrack_api.Session(
            server_url=settings.server,
            api_key=settings.api_key,
            api_user=user,
            auto_connect_event_hub=hub,
            plugin_paths=[str(folder) for folder in settings.location_plugins],
            schema_cache_path=_schema_folder(settings),
            timeout=API_TIMEOUT_S,
        )


def _schema_folder(settings: Settings) -> str | None:
    """One per server: the client's own is one for all, and it never makes it (a service account has none)."""
    if settings.schema_folder is None:
        return None
    folder = settings.schema_folder / hashlib.sha256(settings.server.encode()).hexdigest()[:8]
    with suppress(OSError):  # without one the client asks the server each time, and a session opens later
        folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def _require(settings: Settings, user: str) -> None:
    if not settings.server:
        raise failure("server.unreachable", server="FTRACK_SERVER is not set")
    if not user:
        raise failure("server.credentials", user="nobody: FTRACK_API_USER is not set")
    if not settings.api_key:
        raise failure("server.credentials", user=f"{user}: FTRACK_API_KEY is not set")


@contextmanager
def translated(session: ftrack_api.Session | None = None, *, server: str = "", user: str = "") -> Iterator[None]:
    """Failures of the client inside the block leave it as our errors, and the session usable.

    Errors that are nobody's fault but ours pass through unchanged.
    """
    try:
        yield
    except Exception as error:
        if session is not None:
            session.rollback()
            server, user = server or session.server_url, user or session.api_user
        if isinstance(error, EncodeMediaError):
            raise
        known = explain(error, server=server, user=user)
        if known is None:
            raise
        # The chain is cut: the original of a download or an upload quotes a URL with the key in it.
        raise known from None


def explain(error: Exception, *, server: str, user: str) -> EncodeMediaError | None:
    """Our error for one of `requests` or the ftrack client; None if it isn't theirs."""
    import ftrack_api.exception as theirs

    if isinstance(error, json.JSONDecodeError):
        # The client lets the decoder's own error out when a failed answer is not JSON.
        return failure("server.failed", problem="it answered something that is not JSON")
    if isinstance(error, theirs.ServerError):
        return _explain_answer(_words(error), user)
    if isinstance(error, requests.exceptions.HTTPError):
        return failure("server.failed", problem=_words(error))
    if isinstance(error, requests.exceptions.RequestException | theirs.EventHubConnectionError):
        return failure("server.unreachable", server=server)
    return failure("server.failed", problem=_words(error)) if isinstance(error, theirs.Error) else None


def _explain_answer(text: str, user: str) -> EncodeMediaError:
    match = _SERVER_ERROR.match(text)
    kind, problem = (match["kind"], match["text"]) if match else ("", text)
    if kind in _REFUSED_CREDENTIALS:
        return failure("server.credentials", user=user)
    if kind in _REFUSED_RIGHTS:
        return failure("server.not_permitted", user=user, problem=problem)
    return failure("server.failed", problem=problem or kind)


def _words(error: Exception) -> str:
    # `str()` of the client's errors formats the message and stumbles over braces in it.
    text = without_keys(str(getattr(error, "message", None) or error.args[0] if error.args else error))
    return text if len(text) <= _PROBLEM_LENGTH else text[:_PROBLEM_LENGTH] + " …"


def without_keys(text: str) -> str:
    """The text with the value of anything that looks like an API key replaced."""
    return _SECRET.sub(r"\1***", text)


class _HideKeys(logging.Filter):
    """`urllib3` logs each URL at debug level, and `/component/get` carries the key in its query."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = without_keys(message)
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True


class _NoSchemaTrouble(logging.Filter):
    """The client writes its schema file while others read it, and tells that with traces; it costs a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _SCHEMA_TROUBLE.match(record.getMessage())


_HIDE_KEYS, _NO_SCHEMA_TROUBLE = _HideKeys(), _NoSchemaTrouble()


def _quieten_logs() -> None:
    # Adding the same filter again has no effect.
    for name in ("urllib3.connectionpool", "requests"):
        logging.getLogger(name).addFilter(_HIDE_KEYS)
    logging.getLogger("ftrack_api.session.Session").addFilter(_NO_SCHEMA_TROUBLE)


def fetch(session: ftrack_api.Session, expression: str, **values: str | Sequence[str]) -> list[Any]:
    """All entities an expression gives, with failures translated.

    `values` fill its `{names}`, quoted: ids come from events, and an event can hold any text.
    """
    words = {name: _quoted(value) for name, value in values.items()}
    with translated(session):
        return list(session.query(expression.format_map(words)))


def _quoted(value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return ", ".join(map(_quoted, value))
