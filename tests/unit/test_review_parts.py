from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from encode_media.errors import OutputWrong
from encode_media.ftrack.entities import ComponentInfo, VersionInfo
from encode_media.ftrack.ledger import read_ledger
from encode_media.ftrack.parts import file_name_below_root, folder_below_root, make_part
from encode_media.ftrack.replacing import replaced
from encode_media.ftrack.review import LEDGER_KEY, META_KEY
from support.outputs import movie, sequence, still

JOB = "0123456789abcdef0123456789abcdef-2"


def version(**changes: object) -> VersionInfo:
    base = VersionInfo(
        id="v1",
        number=7,
        asset_id="a1",
        asset_name="sh010_comp",
        parent_name="sh010",
        path=("Demo", "sq010", "sh010"),
        project_id="p1",
        project_name="Demo",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_the_same_job_makes_the_same_ids_and_another_makes_others(tmp_path: Path) -> None:
    output = movie(tmp_path, "ftrackreview-mp4", b"x")
    first, again = (make_part(JOB, output, "ftrack.server") for _ in range(2))
    other = make_part(JOB.replace("-2", "-3"), output, "ftrack.server")
    assert first == again
    assert {first.component_id, first.place_id}.isdisjoint({other.component_id, other.place_id})


def test_each_frame_of_a_sequence_becomes_a_member_named_by_its_number(tmp_path: Path) -> None:
    output = sequence(tmp_path, "png", range(98, 102))
    part = make_part(JOB, output, "ftrack.server")
    assert [file.name for file in part.files] == ["0098", "0099", "0100", "0101"]
    assert all(file.path.exists() for file in part.files)
    assert part.padding == 4
    ids = {part.component_id, *(file.component_id for file in part.files)}
    assert len(ids) == 5


def test_a_thumbnail_is_named_thumbnail_whatever_the_preset_calls_it(tmp_path: Path) -> None:
    assert make_part(JOB, still(tmp_path, "poster", b"x"), "ftrack.server").component_name == "thumbnail"


def test_a_sequence_without_a_pattern_is_refused(tmp_path: Path) -> None:
    output = replace(sequence(tmp_path, "png", range(1, 3)), path=str(tmp_path / "png" / "png.0001.png"))
    with pytest.raises(OutputWrong):
        make_part(JOB, output, "ftrack.server")


def test_a_deliverable_lies_below_project_shot_version_and_output(tmp_path: Path) -> None:
    part = make_part(JOB, sequence(tmp_path, "png", range(1, 3)), "ftrack.unmanaged")
    assert folder_below_root(version(), part, JOB) == PurePath(
        "Demo", "sq010", "sh010", "sh010_comp_v007", "png", "01234567-2"
    )
    assert file_name_below_root(version(), part, "%04d") == "sh010_comp_v007_png.%04d.png"


@pytest.mark.parametrize("name", ["../../etc", "/abs", "..", "a\\..\\b", "C:", "", " . ", "nul\x00byte"])
def test_no_name_can_leave_the_output_root(tmp_path: Path, name: str) -> None:
    part = make_part(JOB, movie(tmp_path, "prores", b"x", role="deliverable"), "ftrack.unmanaged")
    hostile = version(path=(name, name), asset_name=name)
    folder = folder_below_root(hostile, part, JOB)
    words = (*folder.parts, file_name_below_root(hostile, part))
    assert len(folder.parts) == 5
    assert not folder.is_absolute()
    for word in words:
        assert word not in {"", ".", ".."}
        assert not set(word) & set("/\\:\x00")


def component(
    component_id: str, name: str, *, at: float | None = None, job: str = "j", **metadata: str
) -> ComponentInfo:
    marks = {} if at is None else {LEDGER_KEY: f'{{"at": {at}, "job": "{job}"}}'}
    return ComponentInfo(id=component_id, name=name, file_type=".mp4", metadata={**marks, **metadata})


NEW = {"ftrackreview-mp4", "ftrackreview-mp4-1080", "thumbnail"}


def ids_replaced(*present: ComponentInfo, names: set[str] = NEW) -> list[str]:
    return [item.id for item in replaced(present, new_names=names, ours={"mine"}, rank=(100.0, "me"))]


def test_review_components_of_an_earlier_job_and_of_other_encoders_are_replaced() -> None:
    assert ids_replaced(component("old", "ftrackreview-mp4", at=50), component("foreign", "ftrackreview-mp4")) == [
        "old",
        "foreign",
    ]


def test_a_new_main_movie_replaces_renditions_it_has_no_counterpart_for() -> None:
    assert ids_replaced(component("a", "ftrackreview-mp4-2160"), component("b", "ftrackreview-webm")) == ["a", "b"]


def test_a_document_for_review_survives_a_new_movie() -> None:
    assert ids_replaced(component("a", "ftrackreview-pdf")) == []


def test_what_a_person_published_stays_even_under_the_name_of_an_output() -> None:
    assert ids_replaced(component("a", "prores"), component("b", "main"), names={"prores"}) == []


def test_a_deliverable_of_an_earlier_job_is_replaced_by_name_only() -> None:
    old = component("a", "prores", at=50), component("b", "webm", at=50)
    assert ids_replaced(*old, names={"prores"}) == ["a"]


def test_what_this_job_made_stays() -> None:
    assert ids_replaced(component("mine", "ftrackreview-mp4", at=50)) == []


def test_a_later_job_is_never_undone_by_an_earlier_one() -> None:
    assert ids_replaced(component("later", "ftrackreview-mp4", at=101)) == []


def test_of_two_jobs_of_the_same_moment_exactly_one_stays() -> None:
    first, second = component("a", "thumbnail", at=100, job="a"), component("b", "thumbnail", at=100, job="b")
    assert [item.id for item in replaced([first], new_names=NEW, ours={"b"}, rank=(100.0, "b"))] == ["a"]
    assert [item.id for item in replaced([second], new_names=NEW, ours={"a"}, rank=(100.0, "a"))] == []


def test_what_the_server_is_still_encoding_is_left_alone() -> None:
    assert ids_replaced(component("busy", "ftrackreview-mp4", **{META_KEY: "encoding"})) == []


@pytest.mark.parametrize("text", [None, "", "nonsense", "[]"])
def test_a_ledger_that_can_not_be_read_is_empty(text: str | None) -> None:
    assert read_ledger(text) == {}
