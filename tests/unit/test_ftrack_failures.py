from __future__ import annotations

import json
import logging

import ftrack_api.exception
import pytest
import requests

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.session import explain, open_session, translated, without_keys
from encode_media.settings import Settings

KEY = "s3cret-0f-the-studio"


def code(error: Exception) -> str | None:
    known = explain(error, server="https://studio.example", user="service")
    return known.code if known else None


def server_error(kind: str, text: str = "words") -> ftrack_api.exception.ServerError:
    return ftrack_api.exception.ServerError(f"Server reported error: {kind}({text})")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.exceptions.ConnectionError("refused"), "server.unreachable"),
        (requests.exceptions.ReadTimeout("slow"), "server.unreachable"),
        (requests.exceptions.MissingSchema("no scheme"), "server.unreachable"),
        (requests.exceptions.JSONDecodeError("x", "<html>", 0), "server.failed"),
        (json.JSONDecodeError("x", "<html>", 0), "server.failed"),
        (ftrack_api.exception.EventHubConnectionError("gone"), "server.unreachable"),
        (server_error("InvalidCredentialsError"), "server.credentials"),
        (server_error("PermissionError"), "server.not_permitted"),
        (server_error("FTAuthenticationError"), "server.not_permitted"),
        (server_error("ValidationError"), "server.failed"),
        (ftrack_api.exception.ServerError("Bad Gateway"), "server.failed"),
        (ftrack_api.exception.AccessorOperationFailedError("disk"), "server.failed"),
    ],
)
def test_failures_of_the_client_become_ours(error: Exception, expected: str) -> None:
    assert code(error) == expected


def test_mistakes_of_ours_are_not_taken_for_the_servers() -> None:
    assert code(KeyError("oops")) is None
    with pytest.raises(ZeroDivisionError), translated():
        _ = 1 / 0


def test_braces_in_a_servers_words_do_no_harm() -> None:
    known = explain(server_error("ValidationError", "{name} must be {unique}"), server="s", user="u")
    assert known is not None
    assert "{name} must be {unique}" in known.message


def test_a_long_error_page_is_cut_short() -> None:
    known = explain(ftrack_api.exception.ServerError("<html>" * 1000), server="s", user="u")
    assert known is not None
    assert len(known.message) < 500


def test_the_key_in_a_url_does_not_reach_the_error() -> None:
    url = f"/component/get?id=c1&username=service&apiKey={KEY}"
    with pytest.raises(EncodeMediaError) as caught, translated():
        raise ftrack_api.exception.AccessorOperationFailedError(f"Failed to read data: {url}.")
    assert KEY not in str(caught.value)
    assert KEY not in json.dumps(caught.value.to_dict())
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "text",
    [
        f"?apiKey={KEY}&x=1",
        f"ftrack-api-key: {KEY}",
        f"{{'api_key': '{KEY}'}}",
        f'"api-key": "{KEY}"',
        f"APIKEY={KEY}",
    ],
)
def test_keys_are_taken_out_of_text(text: str) -> None:
    assert KEY not in without_keys(text)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(api_user="u", api_key="k"), "server.unreachable"),
        (Settings(server="http://127.0.0.1:9", api_key="k"), "server.credentials"),
        (Settings(server="http://127.0.0.1:9", api_user="u"), "server.credentials"),
        (Settings(server="http://127.0.0.1:9", api_user="u", api_key=KEY), "server.unreachable"),
        (Settings(server="not an address", api_user="u", api_key=KEY), "server.unreachable"),
    ],
)
def test_what_is_missing_for_a_session_is_said(settings: Settings, expected: str) -> None:
    with pytest.raises(EncodeMediaError) as caught:
        open_session(settings)
    assert caught.value.code == expected
    assert KEY not in str(caught.value)


def test_the_key_does_not_reach_the_log_of_the_http_library(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(EncodeMediaError):
        open_session(Settings(server="http://127.0.0.1:9", api_user="u", api_key=KEY))
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("urllib3.connectionpool").debug('"%s %s"', "GET", f"/component/get?apiKey={KEY}&id=1")
    assert "component/get" in caplog.text
    assert KEY not in caplog.text
