"""CDL files become ten numbers when a preset is resolved; hostile and broken ones are told in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters, SourceMissing
from encode_media.media.cdl_files import MAX_BYTES, named_file, read_cdl
from encode_media.model.colour import ColourSpec
from encode_media.model.media import Media, SourceKind, SourceRef
from encode_media.presets.catalog import Catalog
from encode_media.presets.cdl import with_cdl_numbers
from encode_media.presets.colour_pairs import parse_cdl

SOP = "<SOPNode><Slope>1.2 1 0.9</Slope><Offset>0.01 0 -0.01</Offset><Power>0.9 1 1.1</Power></SOPNode>"
SAT = "<SatNode><Saturation>0.8</Saturation></SatNode>"
NUMBERS = (1.2, 1, 0.9, 0.01, 0, -0.01, 0.9, 1, 1.1, 0.8)
NAMESPACE = 'xmlns="urn:ASC:CDL:v1.2"'
CC = f'<?xml version="1.0"?>\n<ColorCorrection id="sh010" {NAMESPACE}>{SOP}{SAT}</ColorCorrection>'
CCC = f'<ColorCorrectionCollection>{CC.partition("?>")[2]}<ColorCorrection id="sh020">{SAT}</ColorCorrection></ColorCorrectionCollection>'  # noqa: E501
CDL = f"<ColorDecisionList {NAMESPACE}><ColorDecision><ColorCorrection>{SOP}{SAT}</ColorCorrection></ColorDecision></ColorDecisionList>"  # noqa: E501
BOMB = '<!DOCTYPE x [<!ENTITY a "1 1 1"><!ENTITY b "&a;&a;">]>' + CC.partition("?>")[2]


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def media() -> Media:
    return Media(source=SourceRef(path="/s/a.png"), kind=SourceKind.STILL, container="image2", size_bytes=1)


@pytest.mark.parametrize(("name", "text"), [("a.cc", CC), ("a.cdl", CDL)])
def test_the_only_correction_of_a_file_needs_no_id(tmp_path: Path, name: str, text: str) -> None:
    assert parse_cdl(read_cdl(written(tmp_path, name, text), "")) == NUMBERS


def test_one_of_several_goes_by_its_id_and_what_it_leaves_out_changes_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, "show.ccc", CCC)

    assert parse_cdl(read_cdl(file, "sh010")) == NUMBERS
    assert parse_cdl(read_cdl(file, "sh020")) == (1, 1, 1, 0, 0, 0, 1, 1, 1, 0.8)


@pytest.mark.parametrize(
    ("name", "text", "wanted", "words"),
    [
        ("show.ccc", CCC, "", "several corrections: write the id of one behind #: sh010, sh020"),
        ("show.ccc", CCC, "sh030", "no correction sh030; there are: sh010, sh020"),
        ("a.cc", "<ColorCorrection>", "", "no XML"),
        ("a.cc", "<x/>", "", "no ColorCorrection"),
        ("a.cc", CC.replace("1.2 1 0.9", "1.2 1"), "", "three numbers each"),
        ("a.cc", BOMB, "", "declares a document type"),
        ("a.cc", "x" * (MAX_BYTES + 1), "", "larger than 4 MB"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, name: str, text: str, wanted: str, words: str) -> None:
    with pytest.raises(InvalidParameters, match=words) as caught:
        read_cdl(written(tmp_path, name, text), wanted)
    assert caught.value.code == "ocio.cdl_file"


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameters, match="no such file"):
        read_cdl(tmp_path / "none.cc", "")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("/s/a.cc", ("/s/a.cc", "")),
        ("show.CCC#sh 010", ("show.CCC", "sh 010")),
        ("/show#1/b.cdl#2", ("/show#1/b.cdl", "2")),
        ("1 1 1 0 0 0 1 1 1 1", None),
        ("", None),
    ],
)
def test_files_are_told_from_numbers(text: str, named: tuple[str, str] | None) -> None:
    assert named_file(text) == named


def studio(folder: Path, cdl: str) -> Catalog:
    text = f'name: graded\nlabel: G\nextends: poster\ncolour: {{config: aces_cg, cdl: "{cdl}"}}\n'
    written(folder, "graded.yaml", text)
    return Catalog([folder])


def test_a_preset_names_a_file_beside_it(tmp_path: Path) -> None:
    written(tmp_path, "show.ccc", CCC)

    preset = studio(tmp_path, "show.ccc#sh010").resolve("graded", media())

    assert parse_cdl(preset.colour.cdl) == NUMBERS


@pytest.mark.parametrize(
    ("cdl", "words"),
    [
        ("none.cc", "there is no none.cc"),
        ("../show.ccc#sh010", "no name of a file beside a preset"),
        ("/etc/show.ccc#sh010", "full path"),
        ("show.ccc#sh099", "no correction sh099"),
    ],
)
def test_a_preset_can_not_name_anything_else(tmp_path: Path, cdl: str, words: str) -> None:
    written(tmp_path, "show.ccc", CCC)
    catalog = studio(tmp_path, cdl)

    with pytest.raises(InvalidParameters, match=words):
        catalog.resolve("graded", media())


def test_who_asks_names_a_full_path_below_the_roots(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        written(folder, "a.cc", CC)
    catalog = Catalog()

    def resolved(file: Path) -> ColourSpec:
        preset = catalog.resolve("poster", media(), {"ocio": "aces_cg", "cdl": str(file)})
        return with_cdl_numbers(preset, [inside]).colour

    assert parse_cdl(resolved(inside / "a.cc").cdl) == NUMBERS
    with pytest.raises(SourceMissing) as caught:
        resolved(outside / "a.cc")
    assert caught.value.code == "source.outside_roots"
