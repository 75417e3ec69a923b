from __future__ import annotations

import json
from pathlib import Path

import pytest

from encode_media.ftrack.review import ftr_meta, is_review_name, last_frame, location_for, read_meta
from support.outputs import movie, sequence, still


@pytest.mark.parametrize("name", ["thumbnail", "ftrackreview-mp4", "ftrackreview-mp4-2160", "ftrackreview-image"])
def test_review_media_and_thumbnails_are_known_by_their_names(name: str) -> None:
    assert is_review_name(name)


@pytest.mark.parametrize("name", ["main", "review", "prores_422_hq", "my-thumbnail"])
def test_other_components_are_not_review_media(name: str) -> None:
    assert not is_review_name(name)


def test_a_review_movie_says_its_own_frames_rate_and_size(tmp_path: Path) -> None:
    meta = ftr_meta(movie(tmp_path, "ftrackreview-mp4", b"x"))
    assert json.loads(meta or "") == {
        "frameIn": 0,
        "frameOut": 72,
        "frameRate": 24000 / 1001,
        "width": 1280,
        "height": 720,
    }


def test_the_last_frame_is_the_number_of_frames() -> None:
    assert last_frame(72) == 72


def test_a_review_image_says_that_it_is_one(tmp_path: Path) -> None:
    meta = ftr_meta(still(tmp_path, "ftrackreview-image", b"x", role="reviewable"))
    assert json.loads(meta or "") == {"format": "image", "width": 1280, "height": 720}


def test_deliverables_and_thumbnails_have_no_review_metadata(tmp_path: Path) -> None:
    assert ftr_meta(movie(tmp_path, "prores", b"x", role="deliverable")) is None
    assert ftr_meta(still(tmp_path, "thumbnail", b"x")) is None


@pytest.mark.parametrize("text", [None, "", "encoding", "[1, 2]", "{broken"])
def test_review_metadata_that_is_no_object_reads_as_empty(text: str | None) -> None:
    assert read_meta(text) == {}


def test_review_media_goes_to_the_server_whatever_the_request_says(tmp_path: Path) -> None:
    output = movie(tmp_path, "ftrackreview-mp4", b"x")
    assert location_for(output, "studio.disk", has_output_root=True) == "ftrack.server"


@pytest.mark.parametrize(
    ("wanted", "preset", "has_root", "expected"),
    [
        ("auto", "auto", False, "ftrack.server"),
        ("auto", "auto", True, "ftrack.unmanaged"),
        ("auto", "ftrack.server", True, "ftrack.server"),
        ("studio.disk", "ftrack.server", True, "studio.disk"),
    ],
)
def test_a_deliverable_goes_where_the_request_then_the_preset_then_the_settings_say(
    tmp_path: Path, wanted: str, preset: str, has_root: bool, expected: str
) -> None:
    output = sequence(tmp_path, "png", range(1, 3), location=preset)
    assert location_for(output, wanted, has_output_root=has_root) == expected
