from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import NotPermitted, SourceMissing
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.selection import EntityKind, Entry
from encode_media.ftrack.session import fetch
from encode_media.ftrack.upload import upload
from encode_media.timebase import FrameSpan
from support.publishing import Studio

UNMANAGED, SERVER, CONNECT = "ftrack.unmanaged", "ftrack.server", "ftrack.connect"


@pytest.fixture
def gateway(studio: Studio) -> Gateway:
    return Gateway(studio.fresh())


def seeded(gateway: Gateway, asset: str) -> str:
    rows = fetch(gateway.session, "select id from AssetVersion where asset.name is {name}", name=asset)
    version_id: str = rows[0]["id"]
    return version_id


def one(gateway: Gateway, expression: str) -> str:
    entity_id: str = gateway.session.query(expression).first()["id"]
    return entity_id


def names(gateway: Gateway, kind: EntityKind, *ids: str) -> list[str]:
    return sorted(version.asset_name for version in gateway.versions([Entry(kind, item) for item in ids]))


def place(component: Any, location: str, identifier: str) -> None:
    session = component.session
    row = session.query(f"Location where name is {location}").one()
    session.create(
        "ComponentLocation", {"component": component, "location": row, "resource_identifier": identifier}
    )


# --- selections --------------------------------------------------------------------------------------


def test_a_version_is_told_with_its_place_and_components(gateway: Gateway) -> None:
    version = gateway.version(seeded(gateway, "sh010_comp"))
    assert version.label == "sh010 / sh010_comp v1"
    assert version.path[-2:] == ("sq010", "sh010")
    assert version.task_name == "compositing"
    assert [item.name for item in version.components] == ["main"]
    assert version.components[0].locations == (UNMANAGED,)


def test_a_shot_stands_for_the_assets_on_it(gateway: Gateway) -> None:
    shot = one(gateway, 'Shot where name is "sh010"')
    assert names(gateway, EntityKind.CONTEXT, shot) == ["sh010_beauty", "sh010_comp"]


def test_a_sequence_stands_for_all_shots_below_it(gateway: Gateway) -> None:
    sequence = one(gateway, 'Sequence where name is "sq010"')
    assert names(gateway, EntityKind.CONTEXT, sequence) == [
        "sh010_beauty", "sh010_comp", "sh020_anim", "sh020_concept", "sh030_notes",
    ]  # fmt: skip


def test_a_task_stands_for_the_versions_made_for_it(gateway: Gateway) -> None:
    task = gateway.version(seeded(gateway, "sh010_comp")).task_id
    assert task is not None
    assert names(gateway, EntityKind.CONTEXT, task) == ["sh010_comp"]


def test_a_project_stands_for_everything_in_it(gateway: Gateway) -> None:
    version = gateway.version(seeded(gateway, "sh010_comp"))
    found = names(gateway, EntityKind.PROJECT, version.project_id)
    assert {"sh010_beauty", "sh010_comp", "sh020_anim", "sh020_concept", "sh030_notes"} <= set(found)


def test_an_asset_stands_for_its_latest_version(studio: Studio, gateway: Gateway) -> None:
    first = gateway.version(studio.version())
    session = studio.fresh()
    session.create("AssetVersion", {"asset": session.get("Asset", first.asset_id)})
    session.commit()
    found = Gateway(studio.fresh()).versions([Entry(EntityKind.ASSET, first.asset_id)])
    assert [version.number for version in found] == [2]


def test_a_list_and_a_review_session_stand_for_their_versions(studio: Studio) -> None:
    session = studio.fresh()
    gateway = Gateway(session)
    version = gateway.version(seeded(gateway, "sh010_comp"))
    project = session.get("Project", version.project_id)
    entity = session.get("AssetVersion", version.id)
    dailies = session.create("AssetVersionList", {"name": "dailies", "project": project})
    dailies["items"].append(entity)
    review = session.create("ReviewSession", {"name": "friday", "project": project})
    session.create(
        "ReviewSessionObject", {"name": "a", "version": "1", "review_session": review, "asset_version": entity}
    )
    session.commit()
    gateway = Gateway(studio.fresh())
    assert names(gateway, EntityKind.LIST, dailies["id"]) == ["sh010_comp"]
    assert names(gateway, EntityKind.REVIEW_SESSION, review["id"]) == ["sh010_comp"]


def test_a_list_of_shots_stands_for_the_assets_on_them(studio: Studio) -> None:
    session = studio.fresh()
    shot = session.query('Shot where name is "sh020"').one()
    shots = session.create("TypedContextList", {"name": "todo", "project": shot["project"]})
    shots["items"].append(shot)
    session.commit()
    assert names(Gateway(studio.fresh()), EntityKind.LIST, shots["id"]) == ["sh020_anim", "sh020_concept"]


def test_a_selected_component_comes_with_its_version_and_a_frame_with_its_sequence(gateway: Gateway) -> None:
    sequence = gateway.source_component(seeded(gateway, "sh010_beauty"))
    frame = one(gateway, f'FileComponent where container_id is "{sequence.id}"')
    targets = gateway.targets([Entry(EntityKind.COMPONENT, frame), Entry(EntityKind.COMPONENT, sequence.id)])
    assert [(target.version.asset_name, target.component_id) for target in targets] == [
        ("sh010_beauty", sequence.id)
    ]


def test_a_mixed_selection_keeps_its_order_without_repeats(gateway: Gateway) -> None:
    comp, concept = seeded(gateway, "sh010_comp"), seeded(gateway, "sh020_concept")
    shot = one(gateway, 'Shot where name is "sh020"')
    entries = [
        Entry(EntityKind.VERSION, concept),
        Entry(EntityKind.VERSION, comp),
        Entry(EntityKind.CONTEXT, shot),
    ]
    found = [version.asset_name for version in gateway.versions(entries)]
    assert found == ["sh020_concept", "sh010_comp", "sh020_anim"]


def test_a_selection_is_cut_at_the_limit(gateway: Gateway) -> None:
    sequence = one(gateway, 'Sequence where name is "sq010"')
    assert len(gateway.versions([Entry(EntityKind.CONTEXT, sequence)], limit=2)) == 2


@pytest.mark.parametrize(
    "hostile", ["nothing", 'x" or id like "%', "x\\", "x) or (id like '%'", "{ids}", "x limit 1", "", "ß"]
)
@pytest.mark.parametrize("kind", list(EntityKind))
def test_ids_from_outside_find_nothing_and_break_nothing(gateway: Gateway, kind: EntityKind, hostile: str) -> None:
    assert gateway.targets([Entry(kind, hostile)]) == ()


def test_many_versions_take_few_requests(studio: Studio) -> None:
    session = studio.fresh()
    shot = session.query('Shot where name is "sh030"').one()
    made = []
    for _ in range(300):
        asset = session.create("Asset", {"name": f"many_{uuid.uuid4().hex[:8]}", "parent": shot})
        made.append(session.create("AssetVersion", {"asset": asset}))
    session.commit()
    entries = [Entry(EntityKind.VERSION, version["id"]) for version in made]
    fresh = studio.fresh()
    gateway, calls, real = Gateway(fresh), [], fresh.call
    fresh.call = lambda batch: (calls.append(batch), real(batch))[1]
    try:
        assert len(gateway.versions(entries)) == 300
    finally:
        del fresh.call
    assert len(calls) <= 8


# --- sources -----------------------------------------------------------------------------------------


def test_a_movie_is_found_by_its_path(studio: Studio, gateway: Gateway) -> None:
    component = gateway.source_component(seeded(gateway, "sh010_comp"))
    path = studio.sandbox.data / "sources" / "sh010_comp_v001.mov"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"movie")
    assert gateway.source_ref(component).path == str(path)


def test_a_sequence_is_a_pattern_with_the_span_of_its_members(studio: Studio, gateway: Gateway) -> None:
    component = gateway.source_component(seeded(gateway, "sh020_anim"))
    folder = studio.sandbox.data / "sources" / "sh020_anim"
    folder.mkdir(parents=True, exist_ok=True)
    source = gateway.source_ref(component)
    assert source.path == str(folder / "sh020_anim.%04d.png")
    assert source.is_sequence
    assert source.span == FrameSpan(first=1001, last=1024)
    assert 1011 not in component.frames


def test_a_file_that_is_gone_is_said_with_its_path(studio: Studio) -> None:
    version_id = studio.version()
    session = studio.fresh()
    component = session.query(f'FileComponent where version_id is "{version_id}"').one()
    place(component, UNMANAGED, "/mnt/gone/x.mov")
    session.commit()
    gateway = Gateway(studio.fresh())
    with pytest.raises(SourceMissing) as caught:
        gateway.source_ref(gateway.source_component(version_id))
    assert caught.value.code == "source.missing"
    assert "/mnt/gone/x.mov" in caught.value.message


def test_what_only_the_server_has_is_downloaded_once(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    session = studio.fresh()
    component = session.query(f'FileComponent where version_id is "{version_id}"').one()
    (tmp_path / "up.mov").write_bytes(b"from the server")
    upload(session, component["id"], tmp_path / "up.mov", file_name="main.mov")
    place(component, SERVER, component["id"])
    place(component, UNMANAGED, "/mnt/gone/x.mov")
    session.commit()
    gateway = Gateway(studio.fresh(), download_folder=tmp_path / "job")
    chosen = gateway.source_component(version_id)
    source = gateway.source_ref(chosen)
    assert Path(source.path).read_bytes() == b"from the server"
    assert Path(source.path).suffix == ".mov"
    before = Path(source.path).stat().st_mtime_ns
    assert Path(gateway.source_ref(chosen).path).stat().st_mtime_ns == before
    assert [path.name for path in (tmp_path / "job").iterdir()] == ["main.mov"]


def test_a_sequence_only_the_server_has_is_downloaded_frame_by_frame(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    session = studio.fresh()
    version = session.get("AssetVersion", version_id)
    session.delete(session.query(f'FileComponent where version_id is "{version_id}"').one())
    sequence = session.create(
        "SequenceComponent", {"name": "main", "file_type": ".png", "padding": 4, "version": version}
    )
    place(sequence, SERVER, sequence["id"])
    for frame in (8, 9, 11):
        member = session.create(
            "FileComponent", {"name": f"{frame:04d}", "file_type": ".png", "container": sequence}
        )
        place(member, SERVER, member["id"])
        (tmp_path / "frame").write_bytes(str(frame).encode())
        upload(session, member["id"], tmp_path / "frame", file_name="f.png")
    session.commit()
    gateway = Gateway(studio.fresh(), download_folder=tmp_path / "job")
    source = gateway.source_ref(gateway.source_component(version_id))
    assert source.span == FrameSpan(first=8, last=11)
    assert [Path(source.path % frame).read_bytes() for frame in (8, 9, 11)] == [b"8", b"9", b"11"]


def test_media_in_a_location_that_is_not_here_is_offline_with_the_location_named(studio: Studio) -> None:
    version_id = studio.version()
    session = studio.fresh()
    component = session.query(f'FileComponent where version_id is "{version_id}"').one()
    place(component, CONNECT, "somewhere")
    session.commit()
    gateway = Gateway(studio.fresh())
    with pytest.raises(SourceMissing) as caught:
        gateway.source_ref(gateway.source_component(version_id), label="sh010 / x v1")
    assert caught.value.code == "source.offline"
    assert CONNECT in caught.value.message
    assert "sh010 / x v1" in caught.value.message


def test_a_version_without_components_has_no_source(studio: Studio) -> None:
    version_id = studio.version()
    session = studio.fresh()
    session.delete(session.query(f'FileComponent where version_id is "{version_id}"').one())
    session.commit()
    with pytest.raises(SourceMissing) as caught:
        Gateway(studio.fresh()).source_component(version_id)
    assert caught.value.code == "source.no_component"


def test_a_named_component_is_taken_even_if_it_is_review_media(studio: Studio) -> None:
    version_id = studio.version()
    session = studio.fresh()
    version = session.get("AssetVersion", version_id)
    review = session.create("FileComponent", {"name": "ftrackreview-mp4", "file_type": ".mp4", "version": version})
    session.commit()
    assert Gateway(studio.fresh()).source_component(version_id, review["id"]).name == "ftrackreview-mp4"


# --- people and rights -------------------------------------------------------------------------------


def test_a_user_is_found_by_name_and_by_id(gateway: Gateway) -> None:
    artist = gateway.user("artist")
    assert artist.name == "Alex Artist"
    assert gateway.user(artist.id) == artist


def test_an_unknown_user_is_not_visible(gateway: Gateway) -> None:
    with pytest.raises(NotPermitted) as caught:
        gateway.user('nobody" or username like "%')
    assert caught.value.code == "server.not_visible"


def private(gateway: Gateway) -> str:
    return one(gateway, "AssetVersion where project.is_private is True")


def test_an_artist_may_encode_in_an_open_project(gateway: Gateway) -> None:
    gateway.may_encode(gateway.user("artist"), gateway.version(seeded(gateway, "sh010_comp")))


def test_an_artist_may_not_encode_in_a_private_project_although_the_service_could(gateway: Gateway) -> None:
    version = gateway.version(private(gateway))
    gateway.may_encode(gateway.user("supervisor"), version)
    with pytest.raises(NotPermitted) as caught:
        gateway.may_encode(gateway.user("artist"), version)
    assert caught.value.code == "server.not_permitted"
    assert version.project_name in caught.value.message


def test_a_role_in_the_private_project_gives_the_right(studio: Studio) -> None:
    session = studio.fresh()
    version = Gateway(session).version(private(Gateway(session)))
    guest = session.create("User", {"username": "guest", "first_name": "Gu", "last_name": "Est"})
    role = session.create(
        "UserSecurityRole", {"user": guest, "security_role": session.query("SecurityRole").first()}
    )
    session.commit()
    gateway = Gateway(studio.fresh())
    with pytest.raises(NotPermitted):
        gateway.may_encode(gateway.user("guest"), version)
    session = studio.fresh()
    project = session.get("Project", version.project_id)
    session.create("UserSecurityRoleProject", {"user_security_role": role, "project": project})
    session.commit()
    gateway = Gateway(studio.fresh())
    gateway.may_encode(gateway.user("guest"), version)


def test_an_account_that_is_not_active_may_do_nothing(studio: Studio) -> None:
    session = studio.fresh()
    left = session.create("User", {"username": "left", "is_active": False})
    session.create(
        "UserSecurityRole",
        {"user": left, "security_role": session.query("SecurityRole").first(), "is_all_projects": True},
    )
    session.commit()
    gateway = Gateway(studio.fresh())
    with pytest.raises(NotPermitted):
        gateway.may_encode(gateway.user("left"), gateway.version(seeded(gateway, "sh010_comp")))


def test_a_version_in_a_hidden_project_is_told_apart_from_a_failure(studio: Studio, gateway: Gateway) -> None:
    hidden = private(gateway)
    with pytest.raises(NotPermitted) as caught:
        Gateway(studio.sandbox.session("artist")).version(hidden)
    assert caught.value.code == "server.not_visible"
    assert "artist" in caught.value.message
