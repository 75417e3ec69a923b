from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters
from encode_media.ftrack.triggers import (
    Decision,
    Hint,
    Pending,
    Rule,
    Signal,
    TriggerRules,
    Verdict,
    VersionFacts,
    decide,
    load_rules,
    read_hints,
)

ANY = Rule(name="any", preset="review")
COMPS = Rule(name="comps", preset="prores_422_hq", asset_types=("Comp*",), extensions=(".exr", ".dpx"))
FACTS = VersionFacts(
    label="sh010_comp v1",
    project="Demo",
    asset_type="Compositing",
    is_published=True,
    has_review_media=False,
    component="main",
    extension=".exr",
)


def update(**entity: object) -> dict[str, object]:
    return {"entities": [{"entityType": "assetversion", "entityId": "v-1", **entity}]}


@pytest.mark.parametrize(
    ("data", "hints"),
    [
        (update(action="add"), [Hint(Signal.VERSION_ADDED, version_id="v-1")]),
        (
            update(action="update", changes={"ispublished": {"old": False, "new": True}}),
            [Hint(Signal.PUBLISHED, version_id="v-1")],
        ),
        (
            update(action="update", changes={"is_published": {"old": None, "new": "1"}}),
            [Hint(Signal.PUBLISHED, version_id="v-1")],
        ),
        (update(action="update", keys=["ispublished"]), [Hint(Signal.PUBLISHED, version_id="v-1")]),
        (update(action="update", changes={"ispublished": {"old": True, "new": False}}), []),
        (update(action="update", changes={"thumbid": {"old": None, "new": "t"}}, keys=["thumbid"]), []),
        (update(action="encoded"), []),
        (update(action="remove"), []),
        (update(), []),
        (
            {"entities": [{"entityType": "Component", "entityId": "c-1", "action": "add"}]},
            [Hint(Signal.COMPONENT_ADDED, component_id="c-1")],
        ),
        ({"entities": [{"entityType": "task", "entityId": "t-1", "action": "add"}]}, []),
        ({"entities": [None, {"entityType": "assetversion", "action": "add"}]}, []),
        ({"entities": "none"}, []),
        ({}, []),
    ],
)
def test_updates_hint_at_new_and_newly_published_versions_only(data: dict[str, object], hints: list[Hint]) -> None:
    assert list(read_hints("ftrack.update", data)) == hints


@pytest.mark.parametrize("key", ["component_id", "componentId"])
def test_an_added_component_is_a_hint(key: str) -> None:
    found = read_hints("ftrack.location.component-added", {key: "c-1", "location_id": "l"})

    assert found == (Hint(Signal.COMPONENT_ADDED, component_id="c-1"),)


def test_one_update_can_hold_several_hints() -> None:
    data = {"entities": [{"entityType": "assetversion", "entityId": f"v-{n}", "action": "add"} for n in range(3)]}

    assert [hint.version_id for hint in read_hints("ftrack.update", data)] == ["v-0", "v-1", "v-2"]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, Verdict.SUBMIT),
        ({"is_published": False}, Verdict.IGNORE),
        ({"has_review_media": True}, Verdict.IGNORE),
        ({"component": None}, Verdict.WAIT),
        ({"unreadable": "it is in another place"}, Verdict.WAIT),
        ({"component": None, "is_published": False}, Verdict.IGNORE),
    ],
)
def test_a_version_is_encoded_once_it_is_published_and_readable(
    change: dict[str, object], verdict: Verdict
) -> None:
    assert decide([ANY], replace(FACTS, **change)).verdict is verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (ANY, True),
        (COMPS, True),
        (replace(COMPS, extensions=(".mov",)), False),
        (replace(ANY, projects=("Other",)), False),
        (replace(ANY, projects=("D*",)), True),
        (replace(ANY, components=("main", "left")), True),
        (replace(ANY, components=("left",)), False),
    ],
)
def test_every_condition_of_a_rule_has_to_fit(rule: Rule, fits: bool) -> None:
    assert decide([rule], FACTS) == (
        Decision(Verdict.SUBMIT, f"rule {rule.name}", rule) if fits else Decision(Verdict.IGNORE, "no rule fits")
    )


def test_the_first_rule_that_fits_counts() -> None:
    assert decide([COMPS, ANY], FACTS).rule is COMPS
    assert decide([COMPS, ANY], replace(FACTS, extension=".mov")).rule is ANY


def test_an_extension_fits_in_any_case() -> None:
    assert decide([COMPS], replace(FACTS, extension=".EXR")).verdict is Verdict.SUBMIT


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pending(clock: Clock) -> Pending:
    return Pending(TriggerRules(quiet_s=5, max_quiet_s=12, give_up_s=60), clock)


def test_a_version_is_due_after_a_quiet_period(pending: Pending, clock: Clock) -> None:
    pending.hint("v")
    clock.now += 4.9
    assert pending.take_due() == ()

    clock.now += 0.1
    assert pending.take_due() == ("v",)
    assert pending.take_due() == ()


def test_another_hint_restarts_the_quiet_period_up_to_the_maximum(pending: Pending, clock: Clock) -> None:
    for _ in range(3):
        pending.hint("v")
        assert pending.take_due() == ()
        clock.now += 4
    pending.hint("v")

    assert pending.take_due() == ("v",)


def test_a_version_without_media_is_looked_at_again_less_and_less_and_given_up(
    pending: Pending, clock: Clock
) -> None:
    pending.hint("v")
    looks = []
    while clock.now < 300:
        if pending.take_due():
            looks.append(clock.now - 100)
            if not pending.look_again("v"):
                break
        clock.now += 1

    assert looks == [5, 10, 20, 40, 80]
    assert len(pending) == 0


def test_a_hint_while_a_version_is_looked_at_gives_another_look(pending: Pending, clock: Clock) -> None:
    pending.hint("v")
    clock.now += 5
    assert pending.take_due() == ("v",)
    pending.hint("v")
    pending.done("v")
    clock.now += 5

    assert pending.take_due() == ("v",)


def test_the_rules_that_come_with_the_product_make_a_review() -> None:
    rules = load_rules(None)

    assert [rule.preset for rule in rules.rules] == ["review"]
    assert decide(rules.rules, FACTS).verdict is Verdict.SUBMIT


@pytest.mark.parametrize(
    "text",
    ["rules: [{name: a}]", "rules: [{name: a, preset: b, colour: red}]", "quiet_s: soon", "rules: [", "- 1"],
)
def test_a_mistake_in_the_file_is_told_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "studio-triggers.yaml"
    file.write_text(text)

    with pytest.raises(InvalidParameters, match=r"studio-triggers\.yaml"):
        load_rules(file)


def test_an_empty_file_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text("")

    assert load_rules(file).rules == ()
