from __future__ import annotations

import pytest

from encode_media.ftrack.selection import EntityKind, Entry, Selection, entity_kind, read_selection


@pytest.mark.parametrize(
    ("spelling", "kind"),
    [
        ("assetversion", EntityKind.VERSION),
        ("AssetVersion", EntityKind.VERSION),
        ("asset_version", EntityKind.VERSION),
        ("task", EntityKind.CONTEXT),
        ("shot", EntityKind.CONTEXT),
        ("Sequence", EntityKind.CONTEXT),
        ("AssetBuild", EntityKind.CONTEXT),
        ("TypedContext", EntityKind.CONTEXT),
        ("show", EntityKind.PROJECT),
        ("Project", EntityKind.PROJECT),
        ("list", EntityKind.LIST),
        ("AssetVersionList", EntityKind.LIST),
        ("reviewsession", EntityKind.REVIEW_SESSION),
        ("ReviewSession", EntityKind.REVIEW_SESSION),
        ("asset", EntityKind.ASSET),
        ("Component", EntityKind.COMPONENT),
        ("FileComponent", EntityKind.COMPONENT),
        ("SequenceComponent", EntityKind.COMPONENT),
        ("user", None),
        ("team", None),
        ("", None),
    ],
)
def test_every_spelling_of_a_type_is_understood(spelling: str, kind: EntityKind | None) -> None:
    assert entity_kind(spelling) is kind


@pytest.mark.parametrize(
    "nest", [lambda entries: {"selection": entries}, lambda entries: {"context": {"selection": entries}}]
)
def test_a_selection_is_read_at_the_top_level_and_under_context(nest) -> None:
    data = nest([{"entityId": "v-1", "entityType": "assetversion"}])

    assert read_selection(data) == Selection(entries=(Entry(EntityKind.VERSION, "v-1"),))


def test_unknown_types_are_skipped_with_their_name_and_the_rest_is_kept() -> None:
    data = {
        "selection": [
            {"entityId": "t-1", "entityType": "team"},
            {"entityId": "v-1", "entityType": "assetversion"},
            {"entityId": "t-2", "entityType": "team"},
        ]
    }

    assert read_selection(data) == Selection(entries=(Entry(EntityKind.VERSION, "v-1"),), skipped=("team",))


def test_the_same_entity_twice_counts_once() -> None:
    entry = {"entityId": "v-1", "entityType": "assetversion"}

    assert read_selection({"selection": [entry, {**entry, "entityType": "AssetVersion"}]}).entries == (
        Entry(EntityKind.VERSION, "v-1"),
    )


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"selection": None},
        {"selection": "v-1"},
        {"selection": [None, 3, "x"]},
        {"selection": [{"entityId": None, "entityType": "task"}]},
        {"selection": [{"entityId": "x", "entityType": 4}]},
        {"context": "nothing"},
    ],
)
def test_nonsense_gives_an_empty_selection_and_never_an_exception(data) -> None:
    assert read_selection(data).entries == ()
