"""What the ftrack client keeps of a server between sessions."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from encode_media.ftrack.session import open_session
from encode_media.settings import read_settings
from support.sandbox import running_sandbox

KEPT = "*/ftrack_api_schema_cache.json"


def test_each_server_has_its_schema_kept_in_our_data_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    data = tmp_path / "fresh" / "account"
    with running_sandbox(tmp_path / "one") as one, running_sandbox(tmp_path / "other") as other:
        for server in (one, other, one):
            open_session(read_settings(server.environ | {"ENCODE_MEDIA_DATA": str(data)})).close()
    assert len(list((data / "schema").glob(KEPT))) == 2
    assert "schema" not in caplog.text.lower()


def test_where_it_can_not_be_kept_a_session_opens_and_nobody_is_alarmed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "schema").write_text("a file where the folder would be")
    with running_sandbox(tmp_path / "data") as sandbox:
        settings = read_settings(sandbox.environ | {"ENCODE_MEDIA_DATA": str(tmp_path)})
        session = open_session(settings)
        assert session.types["AssetVersion"]
        session.close()
    assert "Traceback" not in caplog.text


def test_a_place_chosen_for_all_tools_is_left_to_the_client() -> None:
    assert read_settings({"FTRACK_API_SCHEMA_CACHE_PATH": "/somewhere"}).schema_folder is None
