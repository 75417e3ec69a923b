"""`encode-media triggers`: what a person reads about the rules, and about one version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from encode_media.cli import cli
from support.sandbox import RunningSandbox, running_sandbox

RULES = """
match: all
rules:
  - {name: edits, preset: prores_422_hq, asset_types: Edit*}
  - {name: comps, preset: review, statuses: "Pending*", extensions: mov, options: {max_height: 720}}
  - {name: large, preset: review, min_size: 10 GB}
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    data = tmp_path_factory.mktemp("triggers") / "data"
    # Nothing is read of them but when they changed.
    (data / "sources").mkdir(parents=True)
    for name in ("sh010_comp_v001.mov", "sh020_concept.png"):
        (data / "sources" / name).write_bytes(b"content")
    with running_sandbox(data) as running:
        yield running


def run(sandbox: RunningSandbox, *words: str) -> Result:
    environ = {**sandbox.environ, "ENCODE_MEDIA_DATA": str(sandbox.data.parent / "own")}
    return CliRunner().invoke(cli, ["triggers", *words], env=environ)


def version_of(sandbox: RunningSandbox, asset: str) -> str:
    version_id: str = sandbox.session().query(f'AssetVersion where asset.name is "{asset}"').first()["id"]
    return version_id


def test_a_dry_run_explains_each_rule_in_words(sandbox: RunningSandbox, tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text(RULES)

    shown = run(sandbox, "test", "--version", version_of(sandbox, "sh010_comp"), "--file", str(file))

    assert shown.exit_code == 0, shown.output
    for words in (
        "1. edits: does not fit",
        "no   asset type Comp doesn't fit Edit*",
        "2. comps: fits",
        "yes  status Pending Review fits Pending*",
        "3. large: does not fit",
        "less than 10.0 GB",
        "Would be encoded: main.mov with review (max_height=720), priority 90",
        "sh010_comp_v001.mov: 1 file, last changed",
    ):
        assert words in shown.output


def test_a_dry_run_for_programs_says_the_same(sandbox: RunningSandbox, tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text(RULES)

    shown = run(sandbox, "test", "--version", version_of(sandbox, "sh010_comp"), "--file", str(file), "--json")
    said = json.loads(shown.stdout)

    assert said["verdict"] == "submit"
    assert [rule["verdict"] for rule in said["rules"]] == ["ignore", "submit", "ignore"]
    (encode,) = said["encodes"]
    assert (encode["rule"], encode["preset"], encode["options"]) == ("comps", "review", {"max_height": 720})
    assert encode["obstacle"] is None


def test_a_dry_run_says_what_stands_in_the_way(sandbox: RunningSandbox) -> None:
    (sandbox.data / "sources" / "sh020_concept.png").unlink()
    gone = run(sandbox, "test", "--version", version_of(sandbox, "sh020_concept"))
    assert "Would not be encoded now" in gone.output
    assert "sh020_concept.png" in gone.output


def test_an_unknown_version_is_told(sandbox: RunningSandbox) -> None:
    shown = run(sandbox, "test", "--version", "no-such-version")

    assert shown.exit_code != 0
    assert "no-such-version" in shown.output


def test_the_check_tells_every_mistake_and_ends_accordingly(sandbox: RunningSandbox, tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text("mach: all\nrules: [{name: a, preset: revew, task_typ: x}]")

    shown = run(sandbox, "check", str(file))
    for_programs = run(sandbox, "check", str(file), "--json")

    assert shown.exit_code == for_programs.exit_code == 2
    for words in ("did you mean match?", "did you mean review?", "did you mean task_types?"):
        assert words in shown.output
    assert {problem["key"] for problem in json.loads(for_programs.stdout)} == {
        "mach",
        "rules[0].preset",
        "rules[0].task_typ",
    }


def test_the_check_says_that_rules_are_fine(sandbox: RunningSandbox) -> None:
    shown = run(sandbox, "check")

    assert shown.exit_code == 0
    assert "1 rule" in shown.output
