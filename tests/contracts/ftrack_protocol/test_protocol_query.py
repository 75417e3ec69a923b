"""Protocol page, section 5: the query language, by the texts that clients really send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ftrack_api
import ftrack_api.exception
import pytest

from support.sandbox import RunningSandbox, running_sandbox


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A server nobody else writes to, so that answers can be written down."""
    with running_sandbox(tmp_path_factory.mktemp("seeded") / "data") as running:
        session = running.session()
        version = session.query("AssetVersion where asset.name is sh010_comp").one()
        version["metadata"]["a key"] = "some value"
        version["comment"] = 'says "limit 3" (or more), ok'
        session.create("Job", {"user": session.query("User").first(), "data": "{}", "status": "running"})
        session.commit()
        yield running


@pytest.fixture(scope="module")
def asking(seeded: RunningSandbox) -> ftrack_api.Session:
    return seeded.session()


SHOTS = ["sh010", "sh020", "sh030"]
CASES = [
    ('Shot where name is "sh010"', ["sh010"]),
    ("Shot where name is 'sh010'", ["sh010"]),
    ("Shot where name is sh010", ["sh010"]),
    ("SELECT name FROM Shot WHERE name IS sh010 ORDER BY name DESC", ["sh010"]),
    ('Shot where name = "sh010" or name == sh020', ["sh010", "sh020"]),
    ('Shot where name != "sh010" and project.name is encode_media_demo', ["sh020", "sh030"]),
    ('Shot where name is_not "sh010" and name is_not qp010', ["sh020", "sh030"]),
    ("Shot where not (name is sh010) and not name is qp010", ["sh020", "sh030"]),
    ("Shot where name is sh010 and name is sh020 or name is sh030", ["sh030"]),
    ("Shot where name is sh010 and (name is sh020 or name is sh030)", []),
    ("Shot where (name is sh010)or(name is sh020)", ["sh010", "sh020"]),
    ("Shot where (name is \"sh010\"and project.name is \"encode_media_demo\") or (name is 'sh020')", SHOTS[:2]),
    ('Shot where name like "SH%"', SHOTS),
    ('Shot where name not_like "sh02%" and name like "sh%"', ["sh010", "sh030"]),
    ('Shot where name in ("sh010", "sh030")', ["sh010", "sh030"]),
    ("Shot where name in (sh010,sh030)", ["sh010", "sh030"]),
    ('Shot where name not_in ("sh010", "sh030", "qp010")', ["sh020"]),
    ("Shot where name in ()", []),
    ("Shot where id in (select parent_id from Task where type.name is Lighting)", SHOTS),
    ('Shot where id in (select parent.id from Task where name is "lighting" and parent.name is sh020)', ["sh020"]),
    ('Shot where id not_in (select id from Shot where name like "sh%")', ["qp010"]),
    ("Shot where parent is None", []),
    ("Shot where thumbnail_id is None and name is sh010", ["sh010"]),
    ("Shot where thumbnail is None and name is sh010", ["sh010"]),
    ("Shot where thumbnail.name is None and name is sh010", ["sh010"]),
    ("Shot where parent is_not none and parent.name is sq010", SHOTS),
    ('Shot where parent.name in ("sq010", "b")', SHOTS),
    ("Shot where parent.parent.name is encode_media_demo", SHOTS),
    ('Shot where children any (name is "lighting" and type.name is "Lighting") and parent.name is sq010', SHOTS),
    ('Shot where children any (name is "lighting" and parent.name is "sh020")', ["sh020"]),
    ('Shot where children any (name is "lighting" and name is "animation")', []),
    ("Shot where children.name is lighting and children.name is animation and parent.name is sq010", SHOTS),
    ('Shot where parent has (name is "sq010")', SHOTS),
    ("Shot where children is None", ["qp010"]),
    ('Shot where assets any (versions any (comment like "Beauty%"))', ["sh010"]),
    ('Shot where assets.versions.components.component_locations.location.name is "ftrack.unmanaged"',
     [*SHOTS, "qp010"]),
    ("Shot where ancestors any (name is sq010)", SHOTS),
    ("Sequence where descendants any (name is lighting)", ["sq010"]),
    ("Sequence where children.children.assignments any (resource has (id is_not None))", ["sq010"]),
    ("Project where is_private is True", ["quiet_project"]),
    ("Project where is_private is false", ["encode_media_demo"]),
    ('Project where created_at > "2024-01-01" and name like "enc%"', ["encode_media_demo"]),
    ('Project where created_at after "2024-01-01T10:00:00" and created_at before 2099-01-01 and is_private = 0',
     ["encode_media_demo"]),
    ("Shot where name is sh010 limit 0", []),
    ("Shot where parent.name is sq010 order by name desc limit 2", ["sh030", "sh020"]),
    ("Shot where parent.name is sq010 order by name descending offset 1", ["sh020", "sh010"]),
    ("Shot where parent.name is sq010 order by parent.name, name ascending offset 1 limit 1", ["sh020"]),
    ("Context where name is sh010", ["sh010"]),
    ("TypedContext where name is sq010", ["sq010"]),
    ('Location where name like "%.server"', ["ftrack.server"]),
    ("Status where state.short is DONE order by sort", ["Approved", "Completed", "Omitted"]),
    ("Component where version.asset.name is sh010_beauty", ["main"]),
    ("Component where container.version.asset.name is sh020_anim and name in (1009,1010)", ["1009"]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "names"), CASES, ids=[case[0][:60] for case in CASES])
def test_a_query_finds_exactly_these(asking: ftrack_api.Session, expression: str, names: list[str]) -> None:
    # Through `call`, so that the text arrives as it is: the client takes offset and limit out of it.
    [answer] = asking.call([{"action": "query", "expression": expression}])
    found = [entity["name"] for entity in answer["data"]]
    assert (found if "order by" in expression.lower() else sorted(found)) == (
        names if "order by" in expression.lower() else sorted(names)
    )


@pytest.mark.parametrize(
    "expression",
    [
        "", "select", "Shot where", "Shot where name", "Shot where name is", "Shot where name blah x",
        "Shot where (name is x", "Shot where name is x)", 'Shot where name is "x', "Shot where name in (select id",
        "Shot order name", "Shot limit x", "select name.x from Shot", "select children.x from Shot",
        "Shot where children is x and", "Shot where link is x", "Shot where created_at > tomorrow",
        "Shot where bid > much", "Shot order by children",
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_refused(asking: ftrack_api.Session, expression: str) -> None:
    with pytest.raises(ftrack_api.exception.ServerError, match="ParseError"):
        asking.call([{"action": "query", "expression": expression}])


def test_quotes_may_be_escaped_and_hold_anything(asking: ftrack_api.Session) -> None:
    text = r'AssetVersion where comment is "says \"limit 3\" (or more), ok"'
    [answer] = asking.call([{"action": "query", "expression": text}])
    assert len(answer["data"]) == 1


def test_get_by_id_and_by_composite_key(asking: ftrack_api.Session) -> None:
    version = asking.query("AssetVersion where asset.name is sh010_comp").one()
    assert asking.get("AssetVersion", version["id"])["comment"].startswith("says")
    assert asking.get("Metadata", [version["id"], "a key"])["value"] == "some value"
    assert asking.get("Task", version["id"]) is None


def test_get_by_the_wrong_concrete_type_finds_nothing_but_the_base_gives_the_concrete_one(
    seeded: RunningSandbox,
) -> None:
    session = seeded.session()
    shot_id = session.query("Shot where name is sh010").one()["id"]
    assert seeded.session().get("Task", shot_id) is None
    assert seeded.session().get("Context", shot_id).entity_type == "Shot"


def test_base_types_answer_with_concrete_entities(asking: ftrack_api.Session) -> None:
    assert {one.entity_type for one in asking.query("Context")} == {"Project", "Sequence", "Shot", "Task"}
    assert {one.entity_type for one in asking.query("TypedContext")} == {"Sequence", "Shot", "Task"}
    assert {one.entity_type for one in asking.query("Component")} == {"FileComponent", "SequenceComponent"}
    assert {one.entity_type for one in asking.query("Resource")} == {"User", "Group"}


def test_projections_over_references_and_collections_need_no_second_call(asking: ftrack_api.Session) -> None:
    with asking.auto_populating(False):
        version = asking.query(
            "select version, status.name, asset.parent.project.full_name, asset.parent.parent.name, "
            "components.component_locations.location.name, components.component_locations.resource_identifier, "
            "metadata.value from AssetVersion where asset.name is sh010_comp"
        ).one()
        assert version["status"]["name"] == "Pending Review"
        assert version["asset"]["parent"]["project"]["full_name"] == "Encode Media Demo"
        assert version["asset"]["parent"]["parent"]["name"] == "sq010"
        [component] = version["components"]
        [place] = component["component_locations"]
        assert place["location"]["name"] == "ftrack.unmanaged"
        assert place["resource_identifier"].endswith("sources/sh010_comp_v001.mov")
        assert dict(version["metadata"]) == {"a key": "some value"}


def test_a_repeated_entity_is_complete_wherever_it_occurs(seeded: RunningSandbox) -> None:
    """Section 2.4: Python keeps the first occurrence, so it must have what a later one was asked for."""
    session = seeded.session()
    [answer] = session.call(
        [{"action": "query", "expression": "select parent.name, parent.children.description from Shot "
                                           "where parent.name is sq010 order by name"}]
    )  # fmt: skip
    with session.auto_populating(False):
        assert [shot["description"] for shot in answer["data"]] == [
            "The city at dawn", "The courier runs", "Through the gate",
        ]  # fmt: skip


def test_pages_follow_one_another_without_gaps_or_repeats(asking: ftrack_api.Session) -> None:
    everything = {one["id"] for one in asking.query("FileComponent")}
    paged = [one["id"] for one in asking.query("FileComponent", page_size=7)]
    assert len(paged) == len(everything) == len(set(paged))
    assert set(paged) == everything


def test_first_and_one_do_what_they_say(asking: ftrack_api.Session) -> None:
    assert asking.query("Shot order by name").first()["name"] == "qp010"
    with pytest.raises(ftrack_api.exception.MultipleResultsFoundError):
        asking.query("Shot").one()
    with pytest.raises(ftrack_api.exception.NoResultFoundError):
        asking.query("Shot where name is nowhere").one()


def test_populate_reads_many_entities_at_once(seeded: RunningSandbox) -> None:
    session = seeded.session()
    shots = session.query("select id from Shot where parent.name is sq010 order by name").all()
    session.populate(shots, "description, children.name")
    with session.auto_populating(False):
        assert shots[0]["description"] == "The city at dawn"
        assert {task["name"] for task in shots[0]["children"]} == {"animation", "lighting", "compositing"}


def test_ensure_finds_or_makes(seeded: RunningSandbox) -> None:
    session = seeded.session()
    data = {"name": "made once", "sort": 77, "is_billable": True}
    made = session.ensure("Type", data)
    assert seeded.session().ensure("Type", data)["id"] == made["id"]


def test_the_project_schema_gives_statuses_and_types(asking: ftrack_api.Session) -> None:
    schema = asking.query("Project where name is encode_media_demo").one()["project_schema"]
    assert schema.get_statuses("AssetVersion")[0]["name"] == "Pending Review"
    assert "In Progress" in [status["name"] for status in schema.get_statuses("Task")]
    assert "In Progress" in [status["name"] for status in schema.get_statuses("Shot")]
    assert "Compositing" in [kind["name"] for kind in schema.get_types("Task")]
    assert "Compositing" in [kind["name"] for kind in schema.get_types("AssetBuild")]


def test_the_action_handlers_user_query_is_answered(asking: ftrack_api.Session) -> None:
    user = asking.query(
        'select id, user_security_roles, username, memberships from User where username is "artist"'
    ).one()
    assert [role["security_role"]["name"] for role in user["user_security_roles"]] == ["User"]
    assert user["memberships"][0]["group"]["name"] == "Artists"


def test_link_leads_from_the_project_to_the_entity(asking: ftrack_api.Session) -> None:
    version = asking.query("select link from AssetVersion where asset.name is sh010_comp").one()
    assert [part["name"] for part in version["link"]] == ["encode_media_demo", "sq010", "sh010", "sh010_comp v001"]


def test_the_seed_refers_to_the_sources_below_the_data_folder(
    seeded: RunningSandbox, asking: ftrack_api.Session
) -> None:
    sources = seeded.data / "sources"
    sequence = asking.query("SequenceComponent where version.asset.name is sh020_anim").one()
    [place] = sequence["component_locations"]
    assert Path(place["resource_identifier"]) == sources / "sh020_anim/sh020_anim.%04d.png"
    frames = sorted(int(member["name"]) for member in sequence["members"])
    assert frames == [frame for frame in range(1001, 1025) if frame not in {1010, 1011, 1012}]
    assert sequence["padding"] == 4
    location = asking.query("Location where name is ftrack.unmanaged").one()
    assert location.get_filesystem_path(sequence).endswith("sh020_anim.%04d.png")
