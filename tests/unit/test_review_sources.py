from __future__ import annotations

from fractions import Fraction

import pytest

from encode_media.ftrack.entities import ComponentInfo
from encode_media.ftrack.review import LEDGER_KEY
from encode_media.ftrack.sources import best_source, source_rate


def component(name: str, file_type: str = ".mov", **more: object) -> ComponentInfo:
    values = {"id": name, "name": name, "file_type": file_type, "location_ids": ("l",), **more}
    return ComponentInfo(**values)  # type: ignore[arg-type]


def best(*components: ComponentInfo) -> str | None:
    found = best_source(components)
    return found.name if found else None


def test_main_is_preferred_to_other_names() -> None:
    assert best(component("proxy", size_bytes=9), component("main")) == "main"


def test_media_is_preferred_to_other_files_even_if_those_are_called_main() -> None:
    assert best(component("main", ".nk"), component("render", ".mov")) == "render"


def test_moving_pictures_are_preferred_to_stills() -> None:
    assert best(component("a", ".png"), component("b", ".exr", is_sequence=True)) == "b"


def test_what_lies_in_no_location_comes_last() -> None:
    assert best(component("main", location_ids=()), component("other")) == "other"


def test_an_unknown_extension_is_still_better_than_nothing() -> None:
    assert best(component("main", ".xyz")) == "main"


def test_review_media_thumbnails_and_our_own_outputs_are_no_source() -> None:
    ours = component("prores", metadata={LEDGER_KEY: "{}"})
    assert best(component("ftrackreview-mp4"), component("thumbnail", ".jpg"), ours) is None


@pytest.mark.parametrize(
    ("metadata", "rate"),
    [
        ({"ftr_meta": '{"frameRate": 23.976}'}, Fraction(24000, 1001)),
        ({"fps": "25"}, Fraction(25)),
        ({"ftr_meta": "encoding", "frame_rate": "30000/1001"}, Fraction(30000, 1001)),
        ({"fps": "fast"}, None),
        ({"fps": "0"}, None),
        ({}, None),
    ],
)
def test_a_frame_rate_is_read_from_metadata(metadata: dict[str, str], rate: Fraction | None) -> None:
    assert source_rate(metadata) == rate
