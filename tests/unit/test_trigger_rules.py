from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters
from encode_media.ftrack.catch_up import Missed, note_listening, unheard_since
from encode_media.ftrack.hints import Hint, Signal, read_hints
from encode_media.ftrack.pending import LATE_PATIENCE_S, Pending
from encode_media.ftrack.trigger_file import load_rules, read_rules, review_maker
from encode_media.ftrack.triggers import (
    Candidate,
    CatchUpRules,
    Choice,
    Rule,
    TriggerRules,
    Verdict,
    VersionFacts,
    decide,
    why_not_again,
)
from encode_media.jobs.engine import JobRecord
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.model.request import EncodeRequest, PublishTarget
from encode_media.model.result import Progress, Stage
from encode_media.presets.catalog import Catalog
from encode_media.resources import resource

ANY = Rule(name="any", preset="review")
COMPS = Rule(name="comps", preset="prores_422_hq", asset_types=("Comp*",), extensions=(".exr", ".dpx"))
FACTS = VersionFacts(
    label="sh010_comp v1",
    project="Demo",
    project_title="The Great Demo",
    asset_type="Compositing",
    is_published=True,
    has_review_media=False,
    candidates=(Candidate(id="c-1", name="main", extension=".exr", size_bytes=3_000_000),),
    task_type="Comp",
    status="Pending Review",
    user="artist",
)


def with_source(**change: object) -> VersionFacts:
    return replace(FACTS, candidates=(replace(FACTS.candidates[0], **change),))  # type: ignore[arg-type]


def only(rule: Rule, *others: Rule, match: str = "first") -> TriggerRules:
    return TriggerRules(rules=(rule, *others), match=match)  # type: ignore[arg-type]


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
        (
            update(action="update", changes={"statusid": {"old": "a", "new": "b"}}),
            [Hint(Signal.STATUS_CHANGED, version_id="v-1")],
        ),
        (update(action="update", keys=["statusid"]), [Hint(Signal.STATUS_CHANGED, version_id="v-1")]),
        (update(action="update", changes={"statusid": {"old": "a", "new": None}}), []),
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
        ({"candidates": ()}, Verdict.WAIT),
        ({"candidates": (), "is_published": False}, Verdict.IGNORE),
    ],
)
def test_a_version_is_encoded_once_it_is_published_and_has_media(
    change: dict[str, object], verdict: Verdict
) -> None:
    assert decide(only(ANY), replace(FACTS, **change)).verdict is verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (ANY, True),
        (COMPS, True),
        (replace(COMPS, extensions=(".mov",)), False),
        (replace(ANY, projects=("Other",)), False),
        (replace(ANY, projects=("d*",)), True),
        (replace(ANY, projects=("the great *",)), True),
        (replace(ANY, components=("main", "left")), True),
        (replace(ANY, components=("left",)), False),
        (replace(ANY, task_types=("comp",)), True),
        (replace(ANY, task_types=("Animation",)), False),
        (replace(ANY, statuses=("Pending*",)), True),
        (replace(ANY, statuses=("Approved",)), False),
        (replace(ANY, users=("farm", "artist")), True),
        (replace(ANY, users=("farm",)), False),
        (replace(ANY, min_size=3_000_000, max_size=3_000_000), True),
        (replace(ANY, min_size=3_000_001), False),
        (replace(ANY, max_size=2_999_999), False),
    ],
)
def test_every_condition_of_a_rule_has_to_fit(rule: Rule, fits: bool) -> None:
    decision = decide(only(rule), FACTS)

    assert decision.verdict is (Verdict.SUBMIT if fits else Verdict.IGNORE)
    assert decision.choices == ((Choice(rule, FACTS.candidates[0]),) if fits else ())


def test_the_first_rule_that_fits_counts() -> None:
    assert [choice.rule for choice in decide(only(COMPS, ANY), FACTS).choices] == [COMPS]
    assert [choice.rule for choice in decide(only(COMPS, ANY), with_source(extension=".mov")).choices] == [ANY]


def test_all_rules_that_fit_count_where_the_file_says_so() -> None:
    decision = decide(only(COMPS, ANY, match="all"), FACTS)

    assert [choice.rule for choice in decision.choices] == [COMPS, ANY]
    assert decision.reason == "rules comps, any"


def test_an_extension_fits_in_any_case() -> None:
    assert decide(only(COMPS), with_source(extension=".EXR")).verdict is Verdict.SUBMIT


def test_a_rule_takes_the_best_component_that_fits_it() -> None:
    movie = Candidate(id="c-2", name="left", extension=".mov")
    facts = replace(FACTS, candidates=(*FACTS.candidates, movie))

    assert decide(only(replace(ANY, components=("left",))), facts).choices[0].candidate is movie
    assert decide(only(replace(ANY, extensions=(".mov",))), facts).choices[0].candidate is movie
    assert decide(only(ANY), facts).choices[0].candidate is FACTS.candidates[0]


def test_a_rule_that_waits_for_media_stands_before_those_behind_it() -> None:
    facts = replace(FACTS, candidates=())

    assert decide(only(COMPS, ANY), facts).verdict is Verdict.WAIT
    assert decide(only(replace(ANY, projects=("Other",))), facts).verdict is Verdict.IGNORE


def test_a_rule_can_take_unpublished_versions_and_those_with_review_media() -> None:
    facts = replace(FACTS, is_published=False, has_review_media=True)

    assert decide(only(replace(ANY, published=False, with_review=True)), facts).verdict is Verdict.SUBMIT
    assert decide(only(replace(ANY, published=False)), facts).reason == "it has review media"


def test_a_decision_says_in_words_what_each_rule_made_of_the_version() -> None:
    rules = only(replace(COMPS, projects=("Other",), statuses=("Approved", "Final")), ANY)
    comps, anything = decide(rules, FACTS).answers

    assert comps.against == (
        "project Demo doesn't fit Other",
        "status Pending Review fits none of Approved, Final",
    )
    assert comps.fitting == (
        "it is published",
        "asset type Compositing fits Comp*",
        "component main.exr of 3.0 MB fits",
    )
    assert (anything.verdict, anything.against) == (Verdict.SUBMIT, ())


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
    assert decide(rules, FACTS).verdict is Verdict.SUBMIT


def test_the_rules_that_come_with_the_product_say_the_defaults() -> None:
    shipped, defaults = load_rules(None), TriggerRules()

    assert replace(shipped, rules=()) == defaults


def test_what_the_shipped_rules_show_as_examples_can_be_used(tmp_path: Path) -> None:
    text = resource("triggers.yaml").read_text()
    start = text.index("    # options")
    uncommented = text[:start] + "\n".join(
        line.replace("    # ", "    ", 1) for line in text[start:].splitlines() if "Conditions" not in line
    )
    file = tmp_path / "triggers.yaml"
    file.write_text(uncommented)

    rules, problems = read_rules(file, Catalog())

    assert problems == []
    assert rules is not None
    assert rules.rules[0].max_size == 50_000_000_000
    assert rules.rules[0].extensions == (".mov", ".exr")


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


MISTAKES = """
match: frist
quiet_s: -1
settel_s: 3
catch_up: {hour: 3, limit: 0}
rules:
  - name: a
    colour: red
    asset_types: 7
    max_size: huge
    published: maybe
  - {name: b, preset: review, extension: [mov]}
"""


def test_every_mistake_is_told_with_its_place_and_the_word_that_was_meant(tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text(MISTAKES)

    rules, problems = read_rules(file)
    told = {problem.key: problem for problem in problems}

    assert rules is None
    assert set(told) == {
        "match", "quiet_s", "settel_s", "catch_up.hour", "catch_up.limit", "rules[0].preset", "rules[0].colour",
        "rules[0].asset_types", "rules[0].max_size", "rules[0].published", "rules[1].extension",
    }  # fmt: skip
    assert told["match"].nearest == "first"
    assert told["settel_s"].nearest == "settle_s"
    assert told["catch_up.hour"].nearest == "hours"
    assert told["rules[1].extension"].nearest == "extensions"
    assert "MB" in told["rules[0].max_size"].allowed[0]
    assert told["quiet_s"].allowed == ("a number from 0",)
    assert str(told["settel_s"]).startswith(
        f"{file}: settel_s: is no key here (did you mean settle_s?); allowed: "
    )


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("rules: [{name: a, preset: revew}]", "rules[0].preset", "did you mean review?"),
        (
            "rules: [{name: a, preset: review, options: {max_hight: 1080}}]",
            "rules[0].options.max_hight",
            "max_height",
        ),
        ("rules: [{name: a, preset: review, options: {max_height: tall}}]", "rules[0].options.max_height", "tall"),
        ("rules: [{name: a, preset: review}, {name: a, preset: review}]", "rules[1].name", "twice"),
        ("rules: [{name: a, preset: review, needs: two words}]", "rules[0].needs", "no word"),
        ("rules: [{name: a, preset: review, min_size: 2 kB, max_size: 1 kB}]", "rules[0].max_size", "min_size"),
        ("{quiet_s: 100}", "max_quiet_s", "less than quiet_s"),
        ("quiet_s: 1\nquiet_s: 2", "", "twice"),
    ],
)
def test_what_the_values_mean_is_checked_against_presets_and_each_other(
    tmp_path: Path, text: str, key: str, words: str
) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text(text)

    _, (problem,) = read_rules(file, Catalog())

    assert problem.key == key
    assert words in str(problem)


def test_a_preset_that_makes_no_review_media_takes_versions_that_have_some(tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text(
        "rules: [{name: a, preset: review}, {name: b, preset: prores_422_hq},"
        " {name: c, preset: review, with_review: true}]"
    )

    assert [rule.with_review for rule in load_rules(file, Catalog()).rules] == [False, True, True]


def test_one_word_stands_for_a_list_of_one(tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text("rules: [{name: a, preset: review, projects: Demo, extensions: mov, min_size: 1.5 MB}]")

    (rule,) = load_rules(file).rules

    assert (rule.projects, rule.extensions, rule.min_size) == (("Demo",), (".mov",), 1_500_000)


def record(stage: Stage, *, preset: str = "review", origin: str = "trigger", created_at: float = 100) -> JobRecord:
    target = PublishTarget(version_id="v-1", component_id="c-1")
    return JobRecord(
        job_id="j-1",
        stage=stage,
        request=EncodeRequest(preset=preset, target=target, origin=origin),
        progress=Progress(stage=stage, percent=0),
        created_at=created_at,
        updated_at=created_at,
    )


@pytest.mark.parametrize(
    ("job", "needless"),
    [
        (record(Stage.FAILED), True),
        (record(Stage.CANCELLED), True),
        (record(Stage.FAILED, created_at=40), False),
        (record(Stage.FAILED, preset="webm_vp9"), False),
        (record(Stage.DONE), False),  # the queue itself knows it
        (record(Stage.ENCODING), False),
        (record(Stage.ENCODING, preset="webm_vp9", origin="connect"), False),
        (record(Stage.ENCODING, preset="h264_high_quality", origin="connect"), True),
        (record(Stage.ENCODING, preset="h264_high_quality"), False),
    ],
)
def test_a_failure_of_the_same_publish_and_review_media_on_their_way_make_an_encode_needless(
    job: JobRecord, needless: bool
) -> None:
    choice = Choice(ANY, FACTS.candidates[0])

    words = why_not_again(choice, [job], since=50, makes_review=lambda name: name != "webm_vp9")

    assert bool(words) is needless


def test_presets_that_players_show_are_told_from_deliverables() -> None:
    answer = review_maker(Catalog())

    assert answer("review")
    assert not answer("prores_422_hq")
    assert not answer("no such preset")


def test_a_missed_version_is_looked_at_at_once_and_not_waited_for_as_long(clock: Clock) -> None:
    pending = Pending(TriggerRules(quiet_s=5, give_up_s=900), clock)
    pending.missed("v")
    assert pending.take_due() == ("v",)

    clock.now += LATE_PATIENCE_S

    assert not pending.look_again("v")


def test_no_more_versions_are_looked_at_at_a_time_than_asked_for(pending: Pending, clock: Clock) -> None:
    for name in "abc":
        pending.hint(name)
        clock.now += 0.1
    clock.now += 5

    assert pending.take_due(2) == ("a", "b")
    assert pending.take_due(2) == ()
    pending.done("a")
    assert pending.take_due(2) == ("c",)


def test_patience_begins_anew_while_files_change(pending: Pending, clock: Clock) -> None:
    pending.hint("v")
    clock.now += 5
    for _ in range(10):
        assert pending.take_due() == ("v",)
        assert pending.look_again("v", anew=True)
        clock.now += 80

    assert clock.now > 800


def test_a_version_is_not_looked_at_twice_at_a_time(pending: Pending, clock: Clock) -> None:
    pending.hint("v")
    clock.now += 5
    assert pending.take_due() == ("v",)
    pending.hint("v")
    clock.now += 5
    assert pending.take_due() == ()

    pending.done("v")
    clock.now += 5
    assert pending.take_due() == ("v",)


def test_missed_versions_come_at_their_rate_and_the_newest_first(clock: Clock) -> None:
    missed = Missed(CatchUpRules(per_minute=60), clock)
    assert missed.add(["c", "b", "a"]) == 3
    assert missed.take() == "c"
    assert missed.take() is None
    assert missed.add(["e", "b"]) == 1
    missed.heard("b")

    taken = []
    for _ in range(4):
        clock.now += 1
        taken.append(missed.take())

    assert taken == ["e", "a", None, None]


def test_what_came_before_the_first_listener_or_the_window_was_not_missed() -> None:
    client = MemoryEngine(lambda _context, _request: {})
    began = time.time()

    assert began <= unheard_since(client, CatchUpRules()) <= time.time() + 1
    note_listening(client)
    client.remember("triggers listening", {"first": began - 9000, "last": began - 3600})

    assert began - unheard_since(client, CatchUpRules()) == pytest.approx(3600 + 900, abs=2)
    assert time.time() - unheard_since(client, CatchUpRules(hours=0.5)) == pytest.approx(1800, abs=2)
