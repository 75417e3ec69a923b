"""Protocol page, section 6: components, uploads and downloads."""

from __future__ import annotations

import base64
import hashlib
import uuid
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.exception
import ftrack_api.symbol
import pytest
import requests

from support.sandbox import RunningSandbox


@pytest.fixture
def version(session: ftrack_api.Session) -> Any:
    return session.query("AssetVersion where asset.name is sh010_comp").one()


@pytest.fixture
def server(session: ftrack_api.Session) -> Any:
    return session.get("Location", ftrack_api.symbol.SERVER_LOCATION_ID)


def address(box: RunningSandbox, action: str, component_id: str, user: str = "supervisor") -> str:
    return f"{box.url}/component/{action}?id={component_id}&username={user}&apiKey={box.address.api_key}"


def read(location: Any, component_id: str) -> bytes:
    """What the client itself reads from a location."""
    data = location.accessor.open(component_id, "rb")
    try:
        return bytes(data.read())
    finally:
        data.close()


def upload_metadata(session: ftrack_api.Session, component_id: str, data: bytes) -> Any:
    checksum = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    return session.get_upload_metadata(component_id, "x.mp4", len(data), checksum)


def test_a_file_goes_up_and_comes_down_unchanged(
    box: RunningSandbox, session: ftrack_api.Session, version: Any, server: Any, clip: Path
) -> None:
    component = version.create_component(str(clip), data={"name": "ftrackreview-mp4"}, location=server)
    session.commit()
    assert component["size"] == clip.stat().st_size
    assert component["system_type"] == "file"
    [place] = component["component_locations"]
    assert place["resource_identifier"] == component["id"]
    assert read(server, component["id"]) == clip.read_bytes()
    assert server.get_component_availability(component) == 100.0
    assert box.session().query(f"Component where id is {component['id']}").one()["version_id"] == version["id"]
    assert requests.get(server.get_url(component), timeout=10).content == clip.read_bytes()
    assert requests.get(place["url"]["value"], timeout=10).content == clip.read_bytes()


def test_an_empty_file_is_a_file_too(
    session: ftrack_api.Session, version: Any, server: Any, tmp_path: Path
) -> None:
    """The client sends it chunked and without a length."""
    empty = tmp_path / "empty.txt"
    empty.touch()
    component = version.create_component(str(empty), data={"name": "empty"}, location=server)
    session.commit()
    assert read(server, component["id"]) == b""


def test_a_sequence_goes_up_frame_by_frame(
    box: RunningSandbox, session: ftrack_api.Session, version: Any, server: Any, tmp_path: Path
) -> None:
    for frame in (1, 2, 4):
        (tmp_path / f"f.{frame:04d}.png").write_bytes(b"frame %d" % frame)
    component = version.create_component(f"{tmp_path}/f.%04d.png [1-2, 4]", data={"name": "seq"}, location=server)
    session.commit()
    kept = box.session().get("SequenceComponent", component["id"])
    assert kept["padding"] == 4
    assert kept["system_type"] == "sequence"
    members = {member["name"]: member["id"] for member in kept["members"]}
    assert sorted(members) == ["0001", "0002", "0004"]
    assert read(server, members["0004"]) == b"frame 4"
    assert server.get_component_availability(component) == 100.0


def test_a_sequence_can_stay_where_it_is(
    box: RunningSandbox, session: ftrack_api.Session, version: Any, tmp_path: Path
) -> None:
    (tmp_path / "g.0001.exr").touch()
    unmanaged = session.query("Location where name is ftrack.unmanaged").one()
    component = version.create_component(f"{tmp_path}/g.%04d.exr [1]", location=unmanaged)
    session.commit()
    later = box.session()
    kept = later.get("SequenceComponent", component["id"])
    assert later.pick_location(kept)["name"] == "ftrack.unmanaged"
    assert later.query("Location where name is ftrack.unmanaged").one().get_filesystem_path(kept) == (
        f"{tmp_path}/g.%04d.exr"
    )


def test_automatic_choice_of_a_location_finds_the_built_in_ones(
    session: ftrack_api.Session, version: Any, clip: Path
) -> None:
    component = version.create_component(str(clip), data={"name": "plain"}, location="auto")
    session.commit()
    assert session.pick_location(component)["name"] == "ftrack.unmanaged"


def test_a_thumbnail_is_set_and_shown(box: RunningSandbox, version: Any, tmp_path: Path) -> None:
    picture = tmp_path / "p.jpg"
    picture.write_bytes(b"\xff\xd8 not much of a picture")
    component = version.create_thumbnail(str(picture))
    kept = box.session().get("AssetVersion", version["id"])
    assert kept["thumbnail"]["id"] == component["id"]
    answer = requests.get(kept["thumbnail_url"]["value"], timeout=10)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content == picture.read_bytes()
    assert requests.get(address(box, "thumbnail", component["id"]) + "&size=100", timeout=10).ok


def test_there_is_a_placeholder_for_what_has_no_thumbnail(box: RunningSandbox, version: Any) -> None:
    direct = requests.get(f"{box.url}/img/thumbnail2.png", timeout=10)
    instead = requests.get(address(box, "thumbnail", version["components"][0]["id"]), timeout=10)
    assert direct.content == instead.content
    assert direct.content.startswith(b"\x89PNG")


def test_a_part_of_a_file_can_be_read(
    box: RunningSandbox, session: ftrack_api.Session, version: Any, server: Any, clip: Path
) -> None:
    component = version.create_component(str(clip), data={"name": "ranged"}, location=server)
    session.commit()
    answer = requests.get(address(box, "get", component["id"]), headers={"Range": "bytes=100-199"}, timeout=10)
    assert answer.status_code == 206
    assert answer.content == clip.read_bytes()[100:200]
    assert answer.headers["Content-Range"] == f"bytes 100-199/{clip.stat().st_size}"
    assert answer.headers["Content-Type"] == "video/quicktime"


def test_what_a_browser_could_run_is_only_offered_for_download(
    box: RunningSandbox, session: ftrack_api.Session, version: Any, server: Any, tmp_path: Path
) -> None:
    page = tmp_path / "x.html"
    page.write_text("<script>alert(1)</script>")
    component = version.create_component(str(page), data={"name": "page"}, location=server)
    session.commit()
    answer = requests.get(address(box, "get", component["id"]), timeout=10)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_removing_from_the_server_removes_the_data(
    box: RunningSandbox, session: ftrack_api.Session, version: Any, server: Any, clip: Path
) -> None:
    component = version.create_component(str(clip), data={"name": "removed"}, location=server)
    session.commit()
    server.remove_component(component)
    assert requests.get(address(box, "get", component["id"]), timeout=10).status_code == 404
    with pytest.raises(ftrack_api.exception.AccessorOperationFailedError):
        read(server, component["id"])


def test_deleting_a_component_removes_the_data(
    box: RunningSandbox, session: ftrack_api.Session, version: Any, server: Any, clip: Path
) -> None:
    component = version.create_component(str(clip), data={"name": "deleted"}, location=server)
    session.commit()
    stored = box.data / "files" / component["id"][:2] / component["id"]
    assert stored.is_file()
    session.delete(component)
    session.commit()
    assert not stored.exists()


def test_data_may_come_before_its_component_and_come_again(
    box: RunningSandbox, session: ftrack_api.Session
) -> None:
    identifier = str(uuid.uuid4())
    for data in (b"first", b"second, longer"):
        metadata = upload_metadata(session, identifier, data)
        assert metadata["headers"]["Content-Type"] == "video/mp4"
        assert requests.put(metadata["url"], data=data, headers=metadata["headers"], timeout=10).status_code == 200
        assert requests.get(address(box, "get", identifier), timeout=10).content == data


@pytest.mark.parametrize("data", [b"flipped!", b"short", b"much too long for it"])
def test_data_other_than_promised_is_refused_and_not_kept(
    box: RunningSandbox, session: ftrack_api.Session, data: bytes
) -> None:
    identifier = str(uuid.uuid4())
    metadata = upload_metadata(session, identifier, b"promised")
    answer = requests.put(metadata["url"], data=data, headers=metadata["headers"], timeout=10)
    assert answer.status_code == 400
    assert requests.get(address(box, "get", identifier), timeout=10).status_code == 404


def test_an_upload_address_is_good_for_its_component_only(
    box: RunningSandbox, session: ftrack_api.Session
) -> None:
    metadata = upload_metadata(session, "a" * 32, b"x")
    for url in (metadata["url"].replace("a" * 32, "b" * 32), f"{box.url}/upload/{'a' * 32}"):
        answer = requests.put(url, data=b"x", timeout=10)
        assert answer.status_code == 403
        assert {"exception", "content"} <= set(answer.json())


@pytest.mark.parametrize("identifier", ["../../ftrack", "", "a/b", ".", "%2e%2e"])
def test_an_id_never_becomes_a_path(box: RunningSandbox, session: ftrack_api.Session, identifier: str) -> None:
    with pytest.raises(ftrack_api.exception.ServerError):
        upload_metadata(session, identifier, b"x")
    assert requests.get(address(box, "get", identifier), timeout=10).status_code in {400, 404}


def test_javascript_uploads_large_files_in_parts(box: RunningSandbox, session: ftrack_api.Session) -> None:
    identifier = str(uuid.uuid4())
    [metadata] = session.call(
        [{"action": "get_upload_metadata", "component_id": identifier, "file_name": "x.mov", "file_size": 30,
          "parts": 3}]
    )  # fmt: skip
    parts = []
    for entry in reversed(metadata["urls"]):
        body = str(entry["part_number"]).encode() * 10
        answer = requests.put(entry["signed_url"], data=body, timeout=10)
        assert answer.status_code == 200
        parts.append({"part_number": entry["part_number"], "e_tag": answer.headers["ETag"].strip('"')})
    complete = {"action": "complete_multipart_upload", "component_id": identifier,
                "upload_id": metadata["upload_id"]}  # fmt: skip
    with pytest.raises(ftrack_api.exception.ServerError, match="part 1"):
        session.call([{**complete, "parts": [{"part_number": 1, "e_tag": "wrong"}]}])
    session.call([{**complete, "parts": sorted(parts, key=lambda part: part["part_number"])}])
    assert requests.get(address(box, "get", identifier), timeout=10).content == b"1" * 10 + b"2" * 10 + b"3" * 10


def test_downloads_need_the_key_or_our_own_signature(
    box: RunningSandbox, session: ftrack_api.Session, version: Any, server: Any, clip: Path
) -> None:
    component = version.create_component(str(clip), data={"name": "guarded"}, location=server)
    session.commit()
    url = f"{box.url}/component/get?id={component['id']}"
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(f"{url}&username=supervisor&apiKey=wrong", timeout=10).status_code == 401
    assert requests.get(f"{url}&token=wrong", timeout=10).status_code == 403
    signed = component["component_locations"][0]["url"]["value"]
    assert box.address.api_key not in signed
