from __future__ import annotations

import errno
import json
import logging
from pathlib import Path

import pytest
import requests

from encode_media.errors import EncodeMediaError, InvalidParameters, NotPermitted, OutOfSpace, ServerUnavailable
from encode_media.ftrack import file_stream
from encode_media.ftrack import folders as folders_module
from encode_media.ftrack import upload as upload_module
from encode_media.ftrack.download import download
from encode_media.ftrack.publisher import Rules, publish
from encode_media.ftrack.review import LEDGER_KEY, META_KEY
from encode_media.ftrack.session import fetch
from encode_media.ftrack.upload import Retries, upload
from encode_media.model.request import EncodeRequest
from encode_media.model.result import OutputResult, Progress, PublishedOutput
from support.outputs import movie, plan_of, request_for, sequence, still
from support.publishing import Studio, files_below, job_of

QUICK = Retries(attempts=3, first_wait_s=0, sleep=lambda _seconds: None)


def run(
    studio: Studio,
    version_id: str,
    *outputs: OutputResult,
    attempt: int = 1,
    root: Path | None = None,
    request: EncodeRequest | None = None,
    told: list[Progress] | None = None,
) -> tuple[PublishedOutput, ...]:
    session = studio.fresh()
    return publish(
        session,
        job_of(version_id, attempt),
        request or request_for(version_id),
        plan_of(*outputs),
        outputs,
        on_progress=(told if told is not None else []).append,
        rules=Rules(output_root=root, retries=QUICK),
    )


def review_set(folder: Path, mark: bytes = b"1") -> tuple[OutputResult, ...]:
    return (
        movie(folder, "ftrackreview-mp4", b"low" + mark),
        movie(folder, "ftrackreview-mp4-1080", b"high" + mark),
        still(folder, "thumbnail", b"jpg" + mark),
    )


def content(studio: Studio, component_id: str, folder: Path) -> bytes:
    return download(studio.fresh(), component_id, folder / component_id).read_bytes()


def test_a_review_set_becomes_components_on_the_server_with_their_metadata(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    published = run(studio, version_id, *review_set(tmp_path))
    made = studio.made(version_id)
    assert set(made) == {"ftrackreview-mp4", "ftrackreview-mp4-1080", "thumbnail"}
    assert {item.locations for item in made.values()} == {("ftrack.server",)}
    assert [item.component_id for item in published] == [made[item.name].id for item in published]
    low = made["ftrackreview-mp4"]
    assert (low.file_type, low.size_bytes) == (".mp4", 4)
    assert json.loads(low.metadata[META_KEY]) == {
        "frameIn": 0, "frameOut": 72, "frameRate": 24000 / 1001, "width": 1280, "height": 720,
    }  # fmt: skip
    assert content(studio, low.id, tmp_path) == b"low1"
    assert META_KEY not in made["thumbnail"].metadata


def test_every_component_says_how_it_came_to_be(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    run(studio, version_id, *review_set(tmp_path), request=request_for(version_id, component_id="source-1"))
    for item in studio.made(version_id).values():
        marks = json.loads(item.metadata[LEDGER_KEY])
        assert marks["job"] == job_of(version_id)
        assert marks["preset"] == "review"
        assert marks["source"] == "source-1"
        assert marks["fingerprint"] == "print-1"
        assert marks["version"]


def test_the_thumbnail_is_set_and_nothing_else_of_the_version_changes(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    everything = (
        "select id, version, comment, status_id, is_published, user_id, task_id, thumbnail_id from AssetVersion"
    )

    def row() -> dict[str, object]:
        found = studio.fresh().query(f'{everything} where id is "{version_id}"').one()
        return {
            key: found[key] for key in ("version", "comment", "status_id", "is_published", "user_id", "task_id")
        }

    before = row()
    run(studio, version_id, *review_set(tmp_path))
    assert studio.look(version_id).thumbnail_id == studio.made(version_id)["thumbnail"].id
    assert row() == before


def test_a_thumbnail_somebody_chose_is_kept(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    session = studio.sandbox.session()
    chosen = session.create("FileComponent", {"name": "thumbnail", "file_type": ".jpg"})
    session.get("AssetVersion", version_id)["thumbnail_id"] = chosen["id"]
    session.commit()
    published = run(studio, version_id, *review_set(tmp_path))
    assert studio.look(version_id).thumbnail_id == chosen["id"]
    assert "thumbnail" not in {item.name for item in published}


def test_our_own_older_thumbnail_is_replaced(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    run(studio, version_id, *review_set(tmp_path))
    first = studio.look(version_id).thumbnail_id
    run(studio, version_id, *review_set(tmp_path, b"2"), attempt=2)
    second = studio.look(version_id).thumbnail_id
    assert second == studio.made(version_id)["thumbnail"].id
    assert first not in studio.all_components() | studio.stored_ids()


def test_publishing_the_same_job_again_changes_nothing_and_sends_nothing(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id = studio.version()
    outputs = review_set(tmp_path)
    first = run(studio, version_id, *outputs)
    before = studio.look(version_id)
    monkeypatch.setattr(upload_module.requests, "put", _refuse)
    assert run(studio, version_id, *outputs) == first
    assert studio.look(version_id) == before


def _refuse(*_args: object, **_options: object) -> None:
    raise AssertionError("nothing should be sent")


def test_a_new_encode_replaces_the_older_review_set_with_its_bytes(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    old = run(studio, version_id, *review_set(tmp_path), movie(tmp_path, "ftrackreview-mp4-2160", b"4k"))
    new = run(studio, version_id, *review_set(tmp_path, b"2"), attempt=2)
    made = studio.made(version_id)
    assert {item.id for item in made.values()} == {item.component_id for item in new}
    assert content(studio, made["ftrackreview-mp4"].id, tmp_path) == b"low2"
    gone = {item.component_id for item in old}
    assert gone.isdisjoint(studio.all_components() | studio.stored_ids())


def test_what_people_published_beside_it_stays(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    session = studio.sandbox.session()
    version = session.get("AssetVersion", version_id)
    theirs = session.create("FileComponent", {"name": "prores", "file_type": ".mov", "version": version})
    session.commit()
    run(studio, version_id, *review_set(tmp_path), movie(tmp_path, "webm", b"w", role="deliverable"))
    run(studio, version_id, *review_set(tmp_path), attempt=2)
    assert {"main", "prores", "webm"} <= {item.name for item in studio.look(version_id).components}
    assert theirs["id"] in studio.all_components()


def members(studio: Studio, component_id: str) -> dict[str, str]:
    """Member name to id of a sequence."""
    rows = fetch(studio.fresh(), "select id, name from FileComponent where container_id is {id}", id=component_id)
    return {row["name"]: row["id"] for row in rows}


def identifiers(studio: Studio, *component_ids: str) -> dict[str, str]:
    """Component id to resource identifier."""
    rows = fetch(
        studio.fresh(),
        "select component_id, resource_identifier from ComponentLocation where component_id in ({ids})",
        ids=component_ids,
    )
    return {row["component_id"]: row["resource_identifier"] for row in rows}


def test_a_sequence_on_the_server_has_a_member_with_bytes_for_each_frame(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    run(studio, version_id, sequence(tmp_path, "png_sequence", range(1001, 1006)))
    component = studio.made(version_id)["png_sequence"]
    assert component.is_sequence
    assert component.locations == ("ftrack.server",)
    contents = {name: content(studio, member, tmp_path) for name, member in members(studio, component.id).items()}
    assert contents == {str(frame): f"png_sequence {frame}".encode() for frame in range(1001, 1006)}


def test_a_sequence_below_the_output_root_has_its_pattern_and_files(studio: Studio, tmp_path: Path) -> None:
    version_id, root = studio.version(), tmp_path / "root"
    run(studio, version_id, sequence(tmp_path, "png_sequence", range(8, 12)), root=root)
    component = studio.made(version_id)["png_sequence"]
    assert component.locations == ("ftrack.unmanaged",)
    found = members(studio, component.id)
    places = identifiers(studio, component.id, *found.values())
    pattern = places[component.id]
    assert Path(pattern).is_relative_to(root)
    assert {places[member] for member in found.values()} == {pattern % frame for frame in range(8, 12)}
    assert all(Path(places[member]).is_file() for member in found.values())


def test_the_real_client_finds_the_files_of_a_published_sequence(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    run(studio, version_id, sequence(tmp_path, "png_sequence", range(8, 12)), root=tmp_path / "root")
    session = studio.sandbox.session()
    component = session.get("SequenceComponent", studio.made(version_id)["png_sequence"].id)
    location = session.pick_location(component)
    assert location["name"] == "ftrack.unmanaged"
    assert "%04d" in location.get_filesystem_path(component)
    paths = [location.get_filesystem_path(member) for member in component["members"]]
    assert all(Path(path).is_file() for path in paths)
    assert len(paths) == 4


def test_a_new_sequence_takes_the_files_of_the_older_one_with_it(studio: Studio, tmp_path: Path) -> None:
    version_id, root = studio.version(), tmp_path / "root"
    run(studio, version_id, sequence(tmp_path, "png_sequence", range(1, 7)), root=root)
    run(studio, version_id, sequence(tmp_path, "png_sequence", range(1, 4)), root=root, attempt=2)
    files = files_below(root)
    assert len(files) == 3
    assert {Path(file).parent.name for file in files} == {f"{job_of(version_id)[:8]}-2"}
    assert len(members(studio, studio.made(version_id)["png_sequence"].id)) == 3


def test_removing_never_touches_files_outside_the_output_root(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    run(studio, version_id, movie(tmp_path, "prores", b"p", role="deliverable"), root=tmp_path / "old root")
    new = movie(tmp_path, "prores", b"q", role="deliverable")
    run(studio, version_id, new, root=tmp_path / "new root", attempt=2)
    assert len(files_below(tmp_path / "old root")) == 1
    assert len(files_below(tmp_path / "new root")) == 1


def test_the_request_can_send_a_deliverable_to_the_server(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    request = request_for(version_id, location="ftrack.server")
    run(
        studio,
        version_id,
        movie(tmp_path, "prores", b"p", role="deliverable"),
        root=tmp_path / "r",
        request=request,
    )
    assert studio.made(version_id)["prores"].locations == ("ftrack.server",)


@pytest.mark.parametrize("location", ["studio.nowhere", "ftrack.unmanaged"])
def test_a_location_that_can_not_be_used_is_said_before_anything_is_sent(
    studio: Studio, tmp_path: Path, location: str
) -> None:
    version_id = studio.version()
    before = studio.stored_ids()
    outputs = (*review_set(tmp_path), movie(tmp_path, "prores", b"p", role="deliverable"))
    with pytest.raises(InvalidParameters) as caught:
        run(studio, version_id, *outputs, request=request_for(version_id, location=location))
    assert "location" in caught.value.message
    assert studio.stored_ids() == before
    assert not studio.made(version_id)


def test_a_version_that_does_not_exist_is_not_visible(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(NotPermitted) as caught:
        run(studio, "00000000-0000-0000-0000-000000000000", *review_set(tmp_path))
    assert caught.value.code == "server.not_visible"


def test_a_user_who_may_only_read_publishes_nothing(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    reader(studio)
    output = movie(tmp_path, "prores", b"p", role="deliverable")
    with pytest.raises(NotPermitted) as caught:
        publish(
            studio.sandbox.session("reader"),
            job_of(version_id),
            request_for(version_id),
            plan_of(output),
            (output,),
            on_progress=lambda _progress: None,
            rules=Rules(output_root=tmp_path / "root"),
        )
    assert caught.value.code == "server.not_permitted"
    assert "reader" in caught.value.message
    assert not studio.made(version_id)


def reader(studio: Studio) -> None:
    """A user whose role allows nothing but looking."""
    session = studio.sandbox.session()
    if session.query('User where username is "reader"').first() is None:
        user = session.create("User", {"username": "reader", "first_name": "Rea", "last_name": "Der"})
        role = session.query('SecurityRole where name is "Restricted user"').one()
        session.create("UserSecurityRole", {"user": user, "security_role": role, "is_all_open_projects": True})
        session.commit()


def test_progress_runs_through_the_publishing_share_and_never_back(studio: Studio, tmp_path: Path) -> None:
    told: list[Progress] = []
    run(studio, studio.version(), *review_set(tmp_path), sequence(tmp_path, "png", range(1, 9)), told=told)
    percents = [progress.percent for progress in told]
    assert percents == sorted(percents)
    assert percents[0] >= 90
    assert percents[-1] == 99


def test_an_upload_that_breaks_is_tried_again(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = requests.put, []

    def flaky(url: str, **options: object) -> object:
        tries.append(url)
        if len(tries) < 3:
            raise requests.exceptions.ConnectionError("reset")
        return real(url, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(upload_module.requests, "put", flaky)
    version_id = studio.version()
    run(studio, version_id, movie(tmp_path, "ftrackreview-mp4", b"low"))
    assert len(tries) == 3
    assert content(studio, studio.made(version_id)["ftrackreview-mp4"].id, tmp_path) == b"low"


def test_an_upload_that_never_works_is_a_retryable_failure_that_names_the_output(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_url: str, **_options: object) -> None:
        raise requests.exceptions.ConnectionError("reset")

    monkeypatch.setattr(upload_module.requests, "put", broken)
    version_id = studio.version()
    deliverable = movie(tmp_path, "prores", b"p", role="deliverable")
    with pytest.raises(ServerUnavailable) as caught:
        run(studio, version_id, deliverable, movie(tmp_path, "ftrackreview-mp4", b"low"), root=tmp_path / "root")
    assert caught.value.code == "server.upload_failed"
    assert caught.value.retryable
    assert "ftrackreview-mp4" in caught.value.message
    assert not studio.made(version_id)
    assert files_below(tmp_path / "root") == []


def test_bytes_damaged_on_the_way_are_refused_by_the_server(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"right")
    monkeypatch.setattr(upload_module, "measure", lambda _path: (5, "AAAAAAAAAAAAAAAAAAAAAA=="))
    with pytest.raises(EncodeMediaError) as caught:
        upload(
            studio.sandbox.session(),
            "11111111-1111-1111-1111-111111111111",
            path,
            file_name="c.mp4",
            retries=QUICK,
        )
    assert caught.value.code == "server.upload_failed"


def test_an_upload_never_holds_more_than_a_piece_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(5 * file_stream.CHUNK + 7))
    sent: list[int] = []
    stream = file_stream.FileStream(path, path.stat().st_size, sent.append)
    sizes = [len(piece) for piece in stream]
    assert max(sizes) == file_stream.PIECE
    assert sum(sizes) == len(stream) == sent[-1]


def test_the_key_appears_in_no_log_of_a_publish_and_a_download(
    studio: Studio, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    version_id = studio.version()
    with caplog.at_level(logging.DEBUG):
        studio_session_of_ours(studio)
        run(studio, version_id, *review_set(tmp_path))
        run(studio, version_id, *review_set(tmp_path, b"2"), attempt=2)
        content(studio, studio.made(version_id)["ftrackreview-mp4"].id, tmp_path)
    # The sandbox's own server runs in this process, too; what it logs is not the client's doing.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert any("/component/get" in line for line in ours)
    assert not [line for line in ours if studio.settings.api_key in line]


def studio_session_of_ours(studio: Studio) -> None:
    """Opening one of our sessions puts the log's filter in place, as every process of ours does."""
    from encode_media.ftrack.session import open_session

    open_session(studio.settings).close()


def test_a_full_disk_at_the_output_root_is_said_and_nothing_is_left(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folders_module.os, "link", full)
    monkeypatch.setattr(folders_module.shutil, "copyfile", full)
    version_id = studio.version()
    with pytest.raises(OutOfSpace) as caught:
        run(studio, version_id, sequence(tmp_path, "png", range(1, 4)), root=tmp_path / "root")
    assert caught.value.code == "disk.full"
    assert not studio.made(version_id)
    assert list((tmp_path / "root").rglob("*")) == []


def test_without_hard_links_files_are_copied(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_args: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(folders_module.os, "link", no_links)
    version_id, root = studio.version(), tmp_path / "root"
    run(studio, version_id, sequence(tmp_path, "png", range(1, 4)), root=root)
    assert len(files_below(root)) == 3
    assert len(studio.made(version_id)) == 1


def test_an_output_whose_file_is_gone_is_a_failure_of_ours_not_a_crash(studio: Studio, tmp_path: Path) -> None:
    output = movie(tmp_path, "ftrackreview-mp4", b"low")
    Path(output.path).unlink()
    with pytest.raises(EncodeMediaError):
        run(studio, studio.version(), output)
