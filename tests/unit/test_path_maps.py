from __future__ import annotations

import pytest

from encode_media.errors import InvalidParameters
from encode_media.ftrack.path_maps import other_spellings
from encode_media.settings import read_settings

SHARE = ("//server/share", "/mnt/share", "Z:\\")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Z:\\shots\\a.mov", ["//server/share/shots/a.mov", "/mnt/share/shots/a.mov"]),
        ("z:/shots/a.mov", ["//server/share/shots/a.mov", "/mnt/share/shots/a.mov"]),
        ("\\\\SERVER\\Share\\a.%04d.exr", ["/mnt/share/a.%04d.exr", "Z:\\a.%04d.exr"]),
        ("/mnt/share/s/a b.mov", ["//server/share/s/a b.mov", "Z:\\s\\a b.mov"]),
        ("/mnt/share", ["//server/share/", "Z:\\"]),
    ],
)
def test_a_path_below_a_place_has_its_other_names(path: str, expected: list[str]) -> None:
    assert list(other_spellings(path, [SHARE])) == expected


@pytest.mark.parametrize(
    "path", ["/mnt/shared/a.mov", "/MNT/share/a.mov", "Y:\\a.mov", "/a/mnt/share/b", "//server/share2/a"]
)
def test_a_path_somewhere_else_has_none(path: str) -> None:
    assert list(other_spellings(path, [SHARE])) == []


def test_the_setting_names_places_and_their_spellings() -> None:
    settings = read_settings({"ENCODE_MEDIA_PATH_MAP": "//server/share = /mnt/share = Z:\\; //b/c=/mnt/c ;"})
    assert settings.path_maps == (SHARE, ("//b/c", "/mnt/c"))
    assert read_settings({}).path_maps == ()


def test_a_place_with_one_name_is_a_mistake() -> None:
    with pytest.raises(InvalidParameters, match="ENCODE_MEDIA_PATH_MAP"):
        read_settings({"ENCODE_MEDIA_PATH_MAP": "/mnt/share"})
