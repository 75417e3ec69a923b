"""Protocol page, section 2.5: what a commit does, and what the server adds."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from typing import Any

import arrow
import ftrack_api
import ftrack_api.exception
import pytest
import requests

from support.sandbox import RunningSandbox


@pytest.fixture
def project(session: ftrack_api.Session) -> Any:
    made = session.create("Project", {"name": f"p_{uuid.uuid4().hex[:8]}", "full_name": "A test"})
    session.commit()
    return made


@pytest.fixture
def shot(session: ftrack_api.Session, project: Any) -> Any:
    made = session.create("Shot", {"name": "sh", "parent": project})
    session.commit()
    return made


@pytest.fixture
def version(session: ftrack_api.Session, shot: Any) -> Any:
    asset = session.create("Asset", {"name": "comp", "parent": shot, "type": session.query("AssetType").first()})
    made = session.create("AssetVersion", {"asset": asset})
    session.commit()
    return made


def fresh(box: RunningSandbox, entity: Any) -> Any:
    """The entity as the server has it, in a session that never saw it before."""
    key = [entity[name] for name in entity.primary_key_attributes]
    return box.session().get(entity.entity_type, key)


def test_the_servers_additions_to_a_new_context(
    box: RunningSandbox, session: ftrack_api.Session, shot: Any
) -> None:
    task = session.create("Task", {"name": "comp", "parent": shot})
    session.commit()
    kept = fresh(box, task)
    assert kept["project"]["name"] == shot["parent"]["name"]
    assert kept["status"]["name"] == "Not started"
    assert kept["type"]["name"] == "Generic"
    assert kept["object_type"]["name"] == "Task"
    assert kept["context_type"] == "task"
    assert kept["created_by"]["username"] == "supervisor"
    assert abs((arrow.utcnow() - kept["created_at"]).total_seconds()) < 60


def test_a_whole_tree_in_one_commit(box: RunningSandbox, session: ftrack_api.Session, project: Any) -> None:
    sequence = session.create("Sequence", {"name": "sq", "parent": project})
    made = session.create("Shot", {"name": "sh", "parent": sequence})
    task = session.create("Task", {"name": "t", "parent": made, "type": session.query("Type").first()})
    session.commit()
    assert [part["name"] for part in fresh(box, task)["link"]] == [project["name"], "sq", "sh", "t"]
    assert task["project_id"] == project["id"]


def test_versions_count_up_within_their_asset(session: ftrack_api.Session, version: Any) -> None:
    second = session.create("AssetVersion", {"asset": version["asset"], "comment": "again"})
    third = session.create("AssetVersion", {"asset_id": version["asset_id"]})
    session.commit()
    assert [version["version"], second["version"], third["version"]] == [1, 2, 3]
    latest = session.query(f"AssetVersion where asset_id is {version['asset_id']} and is_latest_version is True")
    assert latest.one()["id"] == third["id"]
    assert third["status"]["name"] == "Pending Review"
    assert third["user"]["username"] == "supervisor"
    assert third["is_published"] is True


def test_a_reference_and_its_id_are_the_same_thing(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    approved = session.query("Status where name is Approved").one()
    version["status"] = approved
    session.commit()
    assert version["status_id"] == approved["id"]
    revise = session.query("Status where name is Revise").one()
    version["status_id"] = revise["id"]
    session.commit()
    assert version["status"]["name"] == "Revise"
    assert fresh(box, version)["status"]["name"] == "Revise"


def test_a_value_set_to_none_is_gone_at_once(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    assert version["status"]["name"]
    version["status"] = None
    version["comment"] = None
    session.commit()
    assert version["status_id"] is None
    assert version["status"] is None
    assert fresh(box, version)["comment"] is None


def test_times_are_kept_in_utc_to_the_second(box: RunningSandbox, session: ftrack_api.Session, shot: Any) -> None:
    shot["start_date"] = arrow.get("2024-05-01T12:00:00.654321+02:00")
    session.commit()
    expression = f"select start_date from Shot where id is {shot['id']}"
    [answer] = session.call([{"action": "query", "expression": expression}])
    assert answer["data"][0]["start_date"] == arrow.get(datetime(2024, 5, 1, 10, 0, tzinfo=timezone.utc))
    assert fresh(box, shot)["start_date"].isoformat() == "2024-05-01T10:00:00+00:00"


def test_a_batch_is_kept_whole_or_not_at_all(
    box: RunningSandbox, session: ftrack_api.Session, project: Any
) -> None:
    first = session.create("Shot", {"name": "kept?", "parent": project})
    session.create("Shot", {"name": "orphan"})
    with pytest.raises(ftrack_api.exception.ServerError, match="needs a parent"):
        session.commit()
    session.rollback()
    assert box.session().get("Shot", first["id"]) is None


def test_a_reference_to_nothing_is_refused(session: ftrack_api.Session, version: Any) -> None:
    version["thumbnail_id"] = str(uuid.uuid4())
    with pytest.raises(ftrack_api.exception.ServerError, match="doesn't exist"):
        session.commit()
    session.rollback()


def test_an_id_can_be_used_once(session: ftrack_api.Session, project: Any) -> None:
    session.create("Shot", {"id": project["id"], "name": "same id", "parent": project})
    with pytest.raises(ftrack_api.exception.ServerError, match="exists already"):
        session.commit()
    session.rollback()


def test_deleting_a_project_takes_everything_below_along(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    component = session.create("FileComponent", {"version": version, "name": "x"})
    version["metadata"]["k"] = "v"
    session.commit()
    project = session.get("Project", version["asset"]["parent"]["project_id"])
    session.delete(project)
    session.commit()
    later = box.session()
    assert later.get("AssetVersion", version["id"]) is None
    assert later.get("FileComponent", component["id"]) is None
    assert later.get("Metadata", [version["id"], "k"]) is None


def test_deleting_a_thumbnail_leaves_what_it_showed(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    component = session.create("FileComponent", {"name": "thumbnail"})
    version["thumbnail"] = component
    session.commit()
    session.delete(component)
    session.commit()
    assert fresh(box, version)["thumbnail_id"] is None


def test_metadata_is_a_map_that_can_be_set_changed_and_emptied(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    version["metadata"]["ftr_meta"] = json.dumps({"frameIn": 0})
    version["metadata"]["other"] = "x"
    session.commit()
    assert dict(fresh(box, version)["metadata"]) == {"ftr_meta": '{"frameIn": 0}', "other": "x"}
    version["metadata"]["ftr_meta"] = "encoding"
    session.commit()
    assert fresh(box, version)["metadata"]["ftr_meta"] == "encoding"
    del version["metadata"]["ftr_meta"]
    session.commit()
    assert dict(fresh(box, version)["metadata"]) == {"other": "x"}
    version["metadata"] = {"new": "y"}
    session.commit()
    assert dict(fresh(box, version)["metadata"]) == {"new": "y"}
    row = box.session().query(f"Metadata where parent_id is {version['id']}").one()
    assert row["parent_type"] == "AssetVersion"


def test_metadata_can_come_with_a_new_component(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    component = session.create("FileComponent", {"version": version, "name": "m"})
    component["metadata"]["ftr_meta"] = "{}"
    session.commit()
    assert component["metadata"]["ftr_meta"] == "{}"
    assert fresh(box, component)["metadata"]["ftr_meta"] == "{}"


def test_a_note_knows_what_it_is_on_and_tells_its_author(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    artist = session.query("User where username is artist").one()
    label = session.query("NoteLabel").first()
    note = version.create_note("Looks good", artist, recipients=[artist], labels=[label])
    session.commit()
    kept = fresh(box, note)
    assert kept["parent_id"] == version["id"]
    assert kept["parent_type"] == "AssetVersion"
    assert kept["author"]["username"] == "artist"
    supervisor = session.query("User where username is supervisor").one()
    assert {one["resource_id"] for one in kept["recipients"]} == {artist["id"], supervisor["id"]}
    assert kept["note_label_links"][0]["label"]["name"] == label["name"]
    assert [one["content"] for one in fresh(box, version)["notes"]] == ["Looks good"]


def test_a_note_is_answered_and_has_an_attachment(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    user = session.query("User where username is artist").one()
    note = version.create_note("Question", user)
    session.commit()
    note.create_reply("Answer", user)
    component = session.create("FileComponent", {"name": "drawing"})
    session.create("NoteComponent", {"component_id": component["id"], "note_id": note["id"]})
    session.commit()
    kept = fresh(box, note)
    assert [one["content"] for one in kept["replies"]] == ["Answer"]
    assert kept["note_components"][0]["component"]["name"] == "drawing"


def test_a_job_goes_its_way_and_carries_its_results(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    user = session.query("User where username is artist").one()
    job = session.create("Job", {"user": user, "status": "running", "data": json.dumps({"description": "Encode"})})
    component = session.create("FileComponent", {"version": version, "name": "result"})
    session.create("JobComponent", {"job_id": job["id"], "component_id": component["id"]})
    session.commit()
    assert job["created_at"]
    job["status"] = "done"
    session.commit()
    kept = fresh(box, job)
    assert kept["status"] == "done"
    assert kept["finished_at"]
    assert json.loads(kept["data"])["description"] == "Encode"
    assert kept["job_components"][0]["component"]["name"] == "result"


def test_a_job_has_no_other_states_than_ftracks(session: ftrack_api.Session) -> None:
    session.create("Job", {"user": session.query("User").first(), "status": "pondering"})
    with pytest.raises(ftrack_api.exception.ServerError, match="pondering"):
        session.commit()
    session.rollback()


def test_lists_hold_versions_many_to_many(box: RunningSandbox, session: ftrack_api.Session, version: Any) -> None:
    project = session.get("Project", version["asset"]["parent"]["project_id"])
    category = session.query("ListCategory").first()
    made = session.create("AssetVersionList", {"name": "Dailies", "project": project, "category": category})
    made["items"].append(version)
    session.commit()
    assert [one["id"] for one in fresh(box, made)["items"]] == [version["id"]]
    assert [one["name"] for one in fresh(box, version)["lists"]] == ["Dailies"]
    found = session.query(f"AssetVersion where lists any (id is {made['id']})").one()
    assert found["id"] == version["id"]
    made["items"].remove(version)
    session.commit()
    assert list(fresh(box, made)["items"]) == []


def test_a_user_has_one_timer(session: ftrack_api.Session, shot: Any) -> None:
    user = session.query("User where username is artist").one()
    user.start_timer(shot, name="work")
    with pytest.raises(ftrack_api.exception.NotUniqueError):
        user.start_timer(shot)
    session.rollback()
    log = user.stop_timer()
    assert log["duration"] >= 0
    assert log["context_id"] == shot["id"]


def test_custom_attributes_are_there_for_every_entity(
    box: RunningSandbox, session: ftrack_api.Session, version: Any
) -> None:
    session.create(
        "CustomAttributeConfiguration",
        {"key": "fstart", "label": "First frame", "entity_type": "assetversion", "default": 1001,
         "type": session.query("CustomAttributeType where name is number").one(), "config": "{}"},
    )  # fmt: skip
    session.commit()
    other = box.session()
    kept = other.get("AssetVersion", version["id"])
    assert dict(kept["custom_attributes"]) == {"fstart": 1001}
    kept["custom_attributes"]["fstart"] = 990
    other.commit()
    assert fresh(box, version)["custom_attributes"]["fstart"] == 990
    made = other.create("AssetVersion", {"asset": kept["asset"], "custom_attributes": {"fstart": 5}})
    other.commit()
    assert fresh(box, made)["custom_attributes"]["fstart"] == 5


def test_a_moved_shot_belongs_to_its_new_project(
    box: RunningSandbox, session: ftrack_api.Session, version: Any, project: Any
) -> None:
    target = session.create("Project", {"name": f"t_{uuid.uuid4().hex[:8]}", "full_name": "Target"})
    shot = version["asset"]["parent"]
    session.commit()
    shot["parent"] = target
    session.commit()
    kept = fresh(box, version)
    assert kept["project_id"] == target["id"] != project["id"]
    assert fresh(box, shot)["project_id"] == target["id"]


def test_javascript_sends_ids_as_text_or_not_at_all(box: RunningSandbox, project: Any) -> None:
    headers = {"ftrack-user": "supervisor", "ftrack-api-key": box.address.api_key}

    def call(*operations: dict[str, Any]) -> Any:
        return requests.post(f"{box.url}/api", json=operations, headers=headers, timeout=10).json()

    data = {"name": "from js", "project_id": project["id"], "start_date": {
        "__type__": "datetime", "value": "2024-05-01T10:00:00.123Z"}}  # fmt: skip
    [made] = call({"action": "create", "entity_type": "Shot", "entity_data": data})
    identifier = made["data"]["id"]
    assert made["data"]["start_date"] == {"__type__": "datetime", "value": "2024-05-01T10:00:00"}
    [changed] = call(
        {"action": "update", "entity_type": "Shot", "entity_key": identifier, "entity_data": {"name": "renamed"}}
    )
    assert changed["data"]["name"] == "renamed"
    [gone] = call({"action": "delete", "entity_type": "Shot", "entity_key": identifier})
    assert gone == {"action": "delete", "data": True}
