from __future__ import annotations

import logging
import statistics
import time
from typing import Any

import pytest

from encode_media.errors import InvalidParameters, failure
from encode_media.ftrack.action_rules import ActionRules, Offer, Person, load_action_rules
from encode_media.ftrack.answering import failed_reply
from encode_media.ftrack.known import Known
from encode_media.ftrack.launching import Outcome
from encode_media.ftrack.menu import discover
from encode_media.ftrack.preferences import Preferences
from encode_media.ftrack.selection import EntityKind, Entry
from encode_media.ftrack.texts import Texts
from encode_media.jobs.engine import Submission
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.presets.catalog import Catalog
from encode_media.settings import Settings

VERSION = {"entityId": "v", "entityType": "assetversion"}
ARTIST = Person(id="u1", username="anna", roles=("User",), groups=("Comp A",))
ANNA = {"id": "u1", "username": "anna"}


def known(rules: ActionRules | None = None, *people: Person) -> Known:
    found = Known(MemoryEngine(lambda *_: {}), Catalog(), rules or ActionRules())
    found._people = {key: person for person in people for key in (person.id, person.username)}
    return found


def entries(
    data: dict[str, Any], memory: Known, settings: Settings | None = None, user: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    found = discover(data, ANNA if user is None else user, memory, settings or Settings())
    return found["items"] if found else []


def test_the_menu_is_one_entry_with_its_variants() -> None:
    items = entries({"selection": [VERSION]}, known(ActionRules(favourites=("review", "prores_422_hq", "gone"))))

    assert {item["label"] for item in items} == {"Encode Media"}
    assert [item["variant"] for item in items] == ["Choose…", "Review", "ProRes 422 HQ", "Queue…"]
    assert [item.get("preset") for item in items] == [None, "review", "prores_422_hq", None]


def test_a_person_s_own_presets_follow_the_studio_s_the_marked_ones_first() -> None:
    memory = known(None, ARTIST)
    mine = Preferences().mark("webm_vp9", True)
    for preset, times in (("png_sequence", 3), ("poster", 5), ("review", 9), ("thumbnail", 1)):
        for _ in range(times):
            mine = mine.used(preset, {}, after=None, location="auto", next_step="")
    memory.remember("u1", mine)

    assert [item.get("preset") for item in entries({"selection": [VERSION]}, memory)][1:-1] == [
        "review",
        "webm_vp9",
        "poster",
        "png_sequence",
    ]
    assert len(entries({"selection": [VERSION]}, memory, user={"username": "stranger"})) == 3


def test_the_entry_carries_an_icon_only_if_the_studio_serves_one() -> None:
    data, icon = {"selection": [VERSION]}, "https://a/b.png"

    assert "icon" not in entries(data, known())[0]
    assert {item["icon"] for item in entries(data, known(), Settings(icon_url=icon))} == {icon}


def test_a_person_s_own_runner_says_where_it_is_and_has_its_own_identifier() -> None:
    (first, *_) = entries({"selection": [VERSION]}, known(), Settings(personal=True))

    assert first["label"].startswith("Encode Media on ")
    assert first["actionIdentifier"].startswith("encode-media.")


@pytest.mark.parametrize("data", [{}, {"selection": []}, {"selection": [{"entityId": "x", "entityType": "user"}]}])
def test_there_is_no_entry_where_nothing_can_be_encoded(data: dict[str, Any]) -> None:
    assert entries(data, known()) == []


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (Offer(roles=("admin*",)), "anna has none of the roles admin*"),
        (Offer(groups=("Editorial",)), "anna is in none of the groups Editorial"),
        (Offer(entity_types=("list",)), "it is not offered for what is selected"),
        (Offer(projects=("show_b",)), "it is not offered in the project show_a"),
    ],
)
def test_the_studio_s_rules_keep_the_action_from_others_and_the_log_says_why(
    offer: Offer, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    memory = known(ActionRules(offer=offer), ARTIST)
    memory._projects[Entry(EntityKind.VERSION, "v")] = ("show_a", "Show A")

    with caplog.at_level(logging.INFO):
        assert entries({"selection": [VERSION]}, memory) == []

    assert f"Not offered: {reason}" in caplog.text


def test_whom_the_rules_name_is_offered_it_and_who_is_not_known_yet_too() -> None:
    offer = Offer(roles=("user",), groups=("comp *",), projects=("Show A",), entity_types=("AssetVersion",))
    memory = known(ActionRules(offer=offer), ARTIST)
    memory._projects[Entry(EntityKind.VERSION, "v")] = ("show_a", "Show A")

    assert entries({"selection": [VERSION]}, memory)
    assert entries({"selection": [VERSION]}, memory, user={"username": "not known yet"})


def test_a_mistake_in_the_rules_is_told_at_the_start(tmp_path: Any) -> None:
    file = tmp_path / "action.yaml"
    for text, word in (
        ("offer: {roles: 3}", "offer"),
        ("offers: {}", "offers"),
        ("offer: {entity_types: [film]}", "film"),
    ):
        file.write_text(text)
        with pytest.raises(InvalidParameters, match=word):
            load_action_rules(file)


def test_discover_answers_from_memory_in_well_under_its_limit() -> None:
    """The limit is 50 ms; a selection of a thousand is the worst a person makes."""
    data = {"selection": [{"entityId": str(number), "entityType": "assetversion"} for number in range(1000)]}
    memory, times = known(None, ARTIST), []
    for _ in range(20):
        started = time.perf_counter()
        assert entries(data, memory)
        times.append(time.perf_counter() - started)

    assert statistics.median(times) < 0.05


@pytest.mark.parametrize(
    ("created", "running", "failed", "message"),
    [
        (1, 0, 0, "1 version queued"),
        (2, 1, 0, "2 versions queued, 1 version already in work"),
        (2, 0, 1, "2 versions queued, 1 skipped: a v1: This is not a media file: /a.mov"),
        (
            0,
            0,
            1,
            "Nothing queued. a v1: This is not a media file: /a.mov. Check that the right file was published.",
        ),
    ],
)
def test_the_answer_counts_what_became_of_the_versions(
    created: int, running: int, failed: int, message: str
) -> None:
    outcome = Outcome()
    for number in range(created):
        outcome.add(Submission(job_id=str(number), created=True))
    for number in range(running):
        outcome.add(Submission(job_id=str(number), created=False))
    outcome.failed += [("a v1", failure("source.not_media", path="/a.mov"))] * failed

    reply = outcome.reply(Texts())

    assert reply == {"success": bool(created or running), "message": message}


def test_only_the_first_reasons_are_told_where_many_are_skipped() -> None:
    outcome = Outcome(failed=[(f"v{n}", failure("source.not_media", path=f"/p/{n}")) for n in range(8)])

    message = outcome.reply(Texts())["message"]

    assert message.startswith("Nothing queued: 8 skipped: v0: ")
    assert message.endswith("; and 3 more")


def test_a_refusal_says_what_to_do() -> None:
    reply = failed_reply(failure("job.unknown", job_id="x"))

    assert reply["success"] is False
    assert reply["code"] == "job.unknown"
    assert "`encode-media jobs list`" in reply["message"]
