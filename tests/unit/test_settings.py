"""The environment is read in one place and checked at once."""

import os
from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters
from encode_media.settings import read_settings


def test_an_empty_environment_gives_working_defaults():
    settings = read_settings({})

    assert settings.database.startswith("sqlite:///")
    assert settings.slots == 1
    assert settings.work_folder.is_absolute()


def test_variables_are_read_with_their_types(tmp_path):
    settings = read_settings(
        {
            "FTRACK_SERVER": "http://127.0.0.1:9/",
            "ENCODE_MEDIA_PRESETS": os.pathsep.join(["/a", "/b"]),
            "ENCODE_MEDIA_SLOTS": "3",
            "ENCODE_MEDIA_DATA": str(tmp_path),
        }
    )

    assert settings.server == "http://127.0.0.1:9"
    assert (Path("/a"), Path("/b")) == settings.preset_folders
    assert settings.slots == 3
    assert f"sqlite:///{tmp_path.as_posix()}/jobs.sqlite" == settings.database
    assert tmp_path / "work" == settings.work_folder


@pytest.mark.parametrize("wrong", ["many", "0", "-1"])
def test_a_wrong_number_is_named_with_what_is_allowed(wrong):
    with pytest.raises(InvalidParameters, match="ENCODE_MEDIA_SLOTS") as caught:
        read_settings({"ENCODE_MEDIA_SLOTS": wrong})

    assert "number from 1" in caught.value.hint


def test_the_key_is_not_in_the_printed_settings():
    assert "secret-key" not in repr(read_settings({"FTRACK_API_KEY": "secret-key"}))
