"""Presets that extend others, and the defaults of studios and projects."""

from __future__ import annotations

from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters
from encode_media.presets.catalog import Catalog
from encode_media.presets.defaults import check_defaults
from encode_media.presets.explain import explain
from encode_media.presets.schema import PresetFile
from encode_media.resources import builtin_presets
from support.sources import movie


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def ours(extends: str, rest: str = "", name: str = "ours") -> str:
    return f"name: {name}\nlabel: Ours\ndescription: Ours.\nextends: {extends}\n{rest}"


def test_what_a_preset_does_not_say_is_said_by_what_it_extends(tmp_path: Path) -> None:
    write(tmp_path, "ours", ours("h264_high_quality", "options:\n  quality: {default: 20}\n"))

    preset = Catalog([tmp_path]).resolve("ours", movie())

    assert preset.label == "Ours"
    assert preset.options["quality"] == 20
    assert preset.outputs[0].video.quality == 20
    assert preset.outputs[0].video.codec == "h264"


def test_a_preset_that_extends_its_own_name_extends_the_one_it_hides(tmp_path: Path) -> None:
    write(tmp_path, "review", ours("review", "options:\n  max_height: {default: 1080}\n", name="review"))

    preset = Catalog([tmp_path]).resolve("review", movie(width=3840, height=2160))

    assert preset.label == "Ours"
    assert "ftrackreview-mp4-2160" not in {output.name for output in preset.outputs}


def test_outputs_are_changed_by_name_all_at_once_and_taken_away(tmp_path: Path) -> None:
    changes = 'outputs:\n  "*": {publish: {location: ours}}\n  thumbnail: {size: {max_width: 320}}\n  poster: ~\n'
    write(tmp_path, "ours", ours("review", changes))

    outputs = {output.name: output for output in Catalog([tmp_path]).resolve("ours", movie()).outputs}

    assert set(outputs) == {"ftrackreview-mp4", "thumbnail"}
    assert {output.publish.location for output in outputs.values()} == {"ours"}
    assert (outputs["thumbnail"].size.max_width, outputs["thumbnail"].size.max_height) == (320, 640)


def test_an_option_set_to_nothing_is_gone(tmp_path: Path) -> None:
    rest = "options:\n  quality: ~\noutputs:\n  h264_high_quality: {video: {quality: 16}}\n"
    write(tmp_path, "ours", ours("h264_high_quality", rest))
    catalog = Catalog([tmp_path])

    assert "quality" not in catalog.get("ours").options
    assert catalog.resolve("ours", movie()).outputs[0].video.quality == 16


def test_a_hidden_preset_is_not_offered_and_can_not_be_asked_for() -> None:
    catalog = Catalog()

    assert "movie" not in catalog.names()
    with pytest.raises(InvalidParameters) as caught:
        catalog.get("movie")
    assert caught.value.code == "preset.unknown"


@pytest.mark.parametrize(
    ("extends", "word"), [("nobody", "no such preset"), ("other", "circle")]
)  # fmt: skip
def test_a_base_that_is_not_there_or_leads_back_is_a_mistake(tmp_path: Path, extends: str, word: str) -> None:
    file = write(tmp_path, "ours", ours(extends))
    write(tmp_path, "other", ours("ours", name="other"))

    problems = Catalog([tmp_path]).check([file])

    assert [problem.key for problem in problems] == ["extends"]
    assert word in problems[0].problem


def test_a_change_to_an_output_the_base_has_not_got_is_a_mistake(tmp_path: Path) -> None:
    file = write(tmp_path, "ours", ours("review", "outputs:\n  thumbnial: {size: {max_width: 320}}\n"))

    problems = Catalog([tmp_path]).check([file])

    assert problems
    assert problems[0].key == "outputs"


def test_a_mistake_is_found_in_the_file_that_makes_it(tmp_path: Path) -> None:
    base = write(tmp_path, "ours", ours("h264_high_quality", "outputs:\n  '*': {video: {speed: slwo}}\n"))
    child = write(tmp_path, "other", ours("ours", name="other"))

    problems = Catalog([tmp_path]).check([child])

    assert {problem.file for problem in problems} == {str(base)}
    assert problems[0].key == "outputs[0].video.speed"


def test_a_project_has_presets_and_defaults_of_its_own(tmp_path: Path) -> None:
    studio, projects = tmp_path / "studio", f"{tmp_path}/projects/{{project}}/presets"
    write(studio, "defaults", '"*": {frame_rate: "25"}\nreview: {quality: 20}\n')
    write(tmp_path / "projects" / "Moon" / "presets", "ours", ours("prores_422"))
    write(tmp_path / "projects" / "Moon" / "presets", "defaults", "review: {max_height: 1080}\n")
    catalog = Catalog([studio], project_folders=[projects])

    moon = catalog.for_project("Moon")

    assert "ours" in moon.names()
    assert "ours" not in catalog.names()
    defaults = {name: option.default for name, option in moon.get("review").options.items()}
    assert (defaults["frame_rate"], defaults["quality"], defaults["max_height"]) == ("25/1", 20, 1080)
    assert catalog.get("review").options["max_height"].default == 2160


def test_what_a_person_chooses_beats_every_default(tmp_path: Path) -> None:
    write(tmp_path, "defaults", "review: {quality: 20}\n")

    preset = Catalog([tmp_path]).resolve("review", movie(), {"quality": 24})

    assert preset.options["quality"] == 24


def test_a_studio_preset_comes_before_that_of_a_project(tmp_path: Path) -> None:
    write(tmp_path / "studio", "ours", ours("prores_422"))
    write(tmp_path / "Moon", "ours", ours("dnxhr_sq"))

    catalog = Catalog([tmp_path / "studio"], project_folders=[f"{tmp_path}/{{project}}"], project="Moon")

    assert catalog.resolve("ours", movie()).outputs[0].video.codec == "prores"


@pytest.mark.parametrize("project", ["..", "../secret", "/etc", "a/b", "a\\b", ".", "C:x", ""])
def test_a_project_name_is_no_path(tmp_path: Path, project: str) -> None:
    write(tmp_path / "secret" / "presets", "ours", ours("prores_422"))
    write(tmp_path / "presets", "ours", ours("prores_422"))

    catalog = Catalog(project_folders=[f"{tmp_path}/inside/{{project}}/presets"]).for_project(project)

    assert "ours" not in catalog.names()


def test_wrong_defaults_are_found_with_what_is_allowed(tmp_path: Path) -> None:
    file = write(tmp_path, "defaults", "reveiw: {quality: 20}\nprores_422: {quallity: 2}\nreview: {quality: 99}\n")

    presets = {name: Catalog().get(name) for name in ("review", "prores_422")}

    found = {problem.key: problem for problem in check_defaults(file, presets)}

    assert found["reveiw"].nearest == "review"
    assert found["prores_422.quallity"].nearest == "quality"
    assert "too large" in found["review.quality"].problem


def test_what_changes_from_frame_to_frame_is_shown_by_its_name() -> None:
    catalog = Catalog()
    values = explain(catalog.get("contact_sheet"), catalog.resolve("contact_sheet", movie(), {}), {})
    shown = {value.key: value.value for value in values}
    assert shown["outputs.contact_sheet.burn_ins.bottom_right"] == "{{ frame.number }}"


def test_every_value_says_where_it_comes_from(tmp_path: Path) -> None:
    studio = write(tmp_path, "ours", ours("h264_high_quality", "outputs:\n  '*': {video: {speed: fast}}\n"))
    catalog = Catalog([tmp_path])
    file: PresetFile = catalog.get("ours")

    values = explain(file, catalog.resolve("ours", movie(), {"quality": 12}), {"quality": 12})

    origins = {value.key: value.origin for value in values}
    assert origins["options.quality"] == "given"
    assert origins["outputs.h264_high_quality.video.speed"] == str(studio)
    assert origins["outputs.h264_high_quality.video.codec"] == "built-in h264_high_quality.yaml"
    assert origins["outputs.h264_high_quality.video.quality"].endswith("{{ options.quality }}")
    assert origins["missing_frames"].startswith("built-in movie.yaml")


def test_an_encoder_that_is_not_there_is_found_by_the_check() -> None:
    file = builtin_presets() / "webm_av1.yaml"

    problems = Catalog().check([file], can_encode=lambda encoder: encoder != "libsvtav1")

    assert [problem.problem for problem in problems] == ["this ffmpeg has no encoder libsvtav1"]
