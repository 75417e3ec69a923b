"""What a user may see and change follows from their security roles."""

from __future__ import annotations

import uuid
from typing import Any

import ftrack_api
import ftrack_api.exception
import ftrack_api.symbol
import pytest
import requests

from support.sandbox import RunningSandbox


@pytest.fixture
def artist(box: RunningSandbox) -> ftrack_api.Session:
    return box.session("artist")


@pytest.fixture
def private(session: ftrack_api.Session) -> Any:
    """The version of the seed's private project, as the supervisor sees it."""
    return session.query("AssetVersion where asset.name is qp010_comp").one()


def add_user(session: ftrack_api.Session, role: str, **rights: bool) -> str:
    name = f"user_{uuid.uuid4().hex[:8]}"
    user = session.create("User", {"username": name})
    found = session.query(f"SecurityRole where name is '{role}'").one()
    session.create("UserSecurityRole", {"user": user, "security_role": found, **rights})
    session.commit()
    return name


@pytest.mark.parametrize(
    "expression",
    [
        "Project where name is quiet_project",
        "Shot where name is qp010",
        "Context where project.name is quiet_project",
        "Asset where name is qp010_comp",
        "AssetVersion where asset.name is qp010_comp",
        "Component where version.asset.name is qp010_comp",
        "ComponentLocation where component.version.asset.name is qp010_comp",
    ],
)
def test_a_private_project_is_not_there_for_people_without_a_role_in_it(
    reader: ftrack_api.Session, artist: ftrack_api.Session, expression: str
) -> None:
    assert reader.query(expression).all()
    assert artist.query(expression).all() == []


def test_notes_metadata_and_lists_of_a_private_project_stay_in_it(
    session: ftrack_api.Session, artist: ftrack_api.Session, private: Any
) -> None:
    note = private.create_note("not for everybody", session.query("User").first())
    private["metadata"]["secret"] = "x"
    project = session.get("Project", private["project_id"])
    made = session.create("AssetVersionList", {"name": "quiet", "project": project})
    session.commit()
    assert artist.get("Note", note["id"]) is None
    assert artist.get("Metadata", [private["id"], "secret"]) is None
    assert artist.get("AssetVersionList", made["id"]) is None


def test_a_path_does_not_lead_into_a_private_project(artist: ftrack_api.Session) -> None:
    user = artist.query("select assignments.context.name from User where username is artist").one()
    assert all(one["context"]["project_id"] for one in user["assignments"])
    kinds = artist.query("select name from AssetType where name is Comp").one()
    assert artist.query(f"AssetVersion where asset.type.id is {kinds['id']}").all()
    assert "quiet_project" not in {p["name"] for p in artist.query("Project")}


@pytest.mark.parametrize("action", ["update", "delete"])
def test_nothing_in_a_private_project_can_be_changed_blindly(
    artist: ftrack_api.Session, private: Any, action: str
) -> None:
    operation = {"action": action, "entity_type": "AssetVersion", "entity_key": [private["id"]]}
    with pytest.raises(ftrack_api.exception.ServerError, match="NotFoundError"):
        artist.call([{**operation, "entity_data": {"comment": "I was here"}}])


def test_nothing_can_be_made_in_a_private_project(artist: ftrack_api.Session, private: Any) -> None:
    for type_name, data in (
        ("AssetVersion", {"asset_id": private["asset_id"]}),
        ("FileComponent", {"version_id": private["id"], "name": "x"}),
        ("Shot", {"parent_id": private["project_id"], "name": "x"}),
    ):
        artist.create(type_name, data)
        with pytest.raises(ftrack_api.exception.ServerError, match="NotFoundError"):
            artist.commit()
        artist.rollback()


def test_media_of_a_private_project_is_not_handed_out(
    box: RunningSandbox, session: ftrack_api.Session, private: Any, clip: Any
) -> None:
    server = session.get("Location", ftrack_api.symbol.SERVER_LOCATION_ID)
    component = private.create_component(str(clip), data={"name": "review"}, location=server)
    session.commit()
    for action in ("get", "thumbnail", "remove"):
        url = f"{box.url}/component/{action}?id={component['id']}&username=artist&apiKey={box.address.api_key}"
        assert requests.get(url, timeout=10).status_code == 404
    assert requests.get(server.get_url(component), timeout=10).content == clip.read_bytes()


def test_a_role_in_the_project_opens_it(box: RunningSandbox, session: ftrack_api.Session, private: Any) -> None:
    name = add_user(session, "User", is_all_open_projects=True)
    assert box.session(name).get("AssetVersion", private["id"]) is None
    role = session.query(f"UserSecurityRole where user.username is {name}").one()
    session.create(
        "UserSecurityRoleProject", {"user_security_role_id": role["id"], "project_id": private["project_id"]}
    )
    session.commit()
    assert box.session(name).get("AssetVersion", private["id"])["id"] == private["id"]


def test_without_any_role_no_project_is_visible(box: RunningSandbox, session: ftrack_api.Session) -> None:
    name = add_user(session, "User")
    assert box.session(name).query("Project").all() == []


def test_a_client_can_ask_whether_a_user_may_see_a_project(session: ftrack_api.Session) -> None:
    roles = session.query(
        "select is_all_projects, is_all_open_projects, user_security_role_projects.project_id, "
        "security_role.name from UserSecurityRole where user.username is artist"
    ).all()
    assert [(role["is_all_projects"], role["is_all_open_projects"]) for role in roles] == [(False, True)]
    assert list(roles[0]["user_security_role_projects"]) == []


def test_a_restricted_user_only_reads(box: RunningSandbox, session: ftrack_api.Session) -> None:
    restricted = box.session(add_user(session, "Restricted user", is_all_open_projects=True))
    version = restricted.query("AssetVersion where asset.name is sh010_comp").one()
    version["comment"] = "changed"
    with pytest.raises(ftrack_api.exception.ServerError, match="PermissionError"):
        restricted.commit()
    restricted.rollback()
    with pytest.raises(ftrack_api.exception.ServerError, match="PermissionError"):
        restricted.get_upload_metadata(str(uuid.uuid4()), "x.mov", 1, "")


def test_only_administrators_change_the_studios_words_and_people(artist: ftrack_api.Session) -> None:
    artist.create("Status", {"name": "Mine"})
    with pytest.raises(ftrack_api.exception.ServerError, match="administrators only"):
        artist.commit()
    artist.rollback()
    artist.query("User where username is supervisor").one()["first_name"] = "X"
    with pytest.raises(ftrack_api.exception.ServerError, match="administrators only"):
        artist.commit()
    artist.rollback()


def test_people_may_change_themselves_but_not_their_rights(artist: ftrack_api.Session) -> None:
    artist.query("User where username is artist").one()["last_name"] = "Painter"
    artist.commit()
    role = artist.query("UserSecurityRole where user.username is artist").one()
    role["is_all_projects"] = True
    with pytest.raises(ftrack_api.exception.ServerError, match="administrators only"):
        artist.commit()
    artist.rollback()
