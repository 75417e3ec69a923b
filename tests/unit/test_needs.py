"""What jobs need of a worker and what it offers: words from presets, rules and settings, proved."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters
from encode_media.ftrack.trigger_file import load_rules
from encode_media.jobs.offers import offers_of
from encode_media.jobs.profile import profile_of
from encode_media.model.needs import checked_needs
from encode_media.model.request import checked_split
from encode_media.presets.catalog import Catalog
from encode_media.settings import Settings

PRESET = """\
name: {name}
label: On the machine with the card
description: A studio's own.
extends: thumbnail
needs: {needs}
"""


def settings(*capabilities: str) -> Settings:
    return Settings(capabilities=capabilities)


def test_words_are_kept_once_and_in_order() -> None:
    assert checked_needs(["mount:show1", "gpu", "gpu"]) == ("gpu", "mount:show1")


@pytest.mark.parametrize("word", ["two words", "", "-x", 7, "a=b", "x" * 65])
def test_what_is_no_word_is_refused(word: object) -> None:
    with pytest.raises(InvalidParameters, match="needs"):
        checked_needs([word])


def test_a_plain_word_is_offered_as_it_is() -> None:
    assert offers_of(settings("gpu", "mount:show1")) == {"gpu", "mount:show1"}


def test_a_mount_is_offered_only_where_its_folder_is_seen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        offers = offers_of(settings(f"mount:here={tmp_path}", f"mount:away={tmp_path / 'away'}"))
    assert offers == {"mount:here"}
    assert "mount:away is not offered" in caplog.text


def test_hardware_is_offered_only_where_a_trial_proves_it(caplog: pytest.LogCaptureFixture) -> None:
    assert offers_of(settings("hardware"), families=lambda _settings: ("nvenc",)) == {"hardware", "hardware:nvenc"}
    with caplog.at_level(logging.WARNING):
        assert offers_of(settings("hardware"), families=lambda _settings: ()) == frozenset()
    assert "hardware is not offered" in caplog.text


def test_a_worker_offers_what_its_settings_say() -> None:
    assert profile_of(settings("gpu"), "worker").offers >= {"gpu"}


def test_a_preset_says_what_its_jobs_need(tmp_path: Path) -> None:
    (tmp_path / "carded.yaml").write_text(PRESET.format(name="carded", needs="[gpu]"))
    catalog = Catalog([tmp_path])
    assert catalog.check() == ()
    assert catalog.get("carded").needs == ("gpu",)


def test_a_preset_says_whether_workers_share_its_jobs(tmp_path: Path) -> None:
    (tmp_path / "carded.yaml").write_text(PRESET.format(name="carded", needs="[]") + "split: never\n")
    (tmp_path / "wrong.yaml").write_text(PRESET.format(name="wrong", needs="[]") + "split: sometimes\n")
    catalog = Catalog([tmp_path])
    assert catalog.get("carded").split == "never"
    assert [problem.key for problem in catalog.check()] == ["split"]


@pytest.mark.parametrize("word", ["auto", "never", "always"])
def test_the_words_for_sharing_are_known(word: str) -> None:
    assert checked_split(word) == word


@pytest.mark.parametrize("word", ["sometimes", "", None, 1])
def test_other_words_for_sharing_are_refused(word: object) -> None:
    with pytest.raises(InvalidParameters, match="split"):
        checked_split(word)


def test_a_need_that_is_no_word_is_a_problem_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "carded.yaml").write_text(PRESET.format(name="carded", needs='[gpu, "two words"]'))
    problems = Catalog([tmp_path]).check()
    assert [(problem.key, "two words" in problem.problem) for problem in problems] == [("needs[1]", True)]


def test_a_rule_says_what_its_jobs_need(tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text("rules: [{name: comps, preset: review, needs: [mount:show1]}]")
    assert load_rules(file).rules[0].needs == ("mount:show1",)
