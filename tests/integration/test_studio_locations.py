"""A studio's own locations, as a place for deliverables and as one to read sources from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import InvalidParameters, NotPermitted, SourceMissing
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.locations import usable_locations
from encode_media.ftrack.publisher import Rules, publish
from encode_media.ftrack.session import open_session
from encode_media.ftrack.sources import Reach
from encode_media.model.result import OutputResult
from support.outputs import movie, plan_of, request_for, sequence
from support.publishing import Studio, files_below, job_of, studio_of
from support.sandbox import running_sandbox
from support.studio_locations import DISK, OBJECTS, write_plugin

SHOT_FOLDER = "encode_media_demo/sq010/sh010"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("studio")
    plugins = (
        write_plugin(folder / "disk_plugin", DISK, folder / "disk"),
        write_plugin(folder / "object_plugin", OBJECTS, folder / "objects"),
    )
    with running_sandbox(folder / "data") as sandbox:
        session = sandbox.session()
        for name in ("studio.disk", "studio.objects", "studio.elsewhere"):
            session.create("Location", {"name": name})
        session.commit()
        yield studio_of(sandbox, location_plugins=plugins)


@pytest.fixture
def disk(studio: Studio) -> Path:
    return studio.sandbox.data.parent / "disk"


@pytest.fixture
def session(studio: Studio) -> Iterator[Any]:
    """As our service opens one: with the plug-ins of the settings."""
    session = open_session(studio.settings)
    yield session
    session.close()


def run(
    session: Any,
    version_id: str,
    *outputs: OutputResult,
    attempt: int = 1,
    location: str = "studio.disk",
    root: Path | None = None,
) -> None:
    publish(
        session, job_of(version_id, attempt), request_for(version_id, location=location), plan_of(*outputs),
        outputs,
        on_progress=lambda _: None, rules=Rules(output_root=root),
    )  # fmt: skip


def test_a_deliverable_goes_where_the_structure_of_the_location_says(
    studio: Studio, session: Any, disk: Path, tmp_path: Path
) -> None:
    version_id = studio.version("placed")
    run(session, version_id, movie(tmp_path, "prores", b"p", role="deliverable"))
    asset = studio.look(version_id).asset_name
    assert (disk / SHOT_FOLDER / asset / "v001" / "prores.mp4").read_bytes() == b"p"
    assert studio.made(version_id)["prores"].locations == ("studio.disk",)


def test_a_sequence_lies_in_the_location_with_its_members(
    studio: Studio, session: Any, disk: Path, tmp_path: Path
) -> None:
    version_id = studio.version("frames")
    run(session, version_id, sequence(tmp_path, "png", range(1001, 1004)))
    folder = disk / SHOT_FOLDER / studio.look(version_id).asset_name / "v001"
    assert files_below(folder) == ["png.1001.png", "png.1002.png", "png.1003.png"]
    gateway = Gateway(session)
    component = gateway.source_component(version_id, studio.made(version_id)["png"].id)
    source = gateway.source_ref(component)
    assert source.path == str(folder / "png.%04d.png")
    assert component.frames == (1001, 1002, 1003)


def test_encoding_again_leaves_the_new_files_and_no_others(
    studio: Studio, session: Any, disk: Path, tmp_path: Path
) -> None:
    version_id = studio.version("again")
    for attempt, content in enumerate((b"one", b"two", b"three"), start=1):
        outputs = (
            movie(tmp_path, "prores", content, role="deliverable"),
            sequence(tmp_path, "png", range(1, 1 + attempt)),
        )  # fmt: skip
        run(session, version_id, *outputs, attempt=attempt)
        session.reset()
        made = studio.made(version_id)
        gateway = Gateway(session)
        assert Path(
            gateway.source_ref(gateway.source_component(version_id, made["prores"].id)).path
        ).read_bytes() == (content)
        folder = disk / SHOT_FOLDER / studio.look(version_id).asset_name / "v001"
        assert len(files_below(folder)) == 1 + attempt


def test_running_it_again_after_it_died_between_file_and_commit_takes_the_same_file(
    studio: Studio, session: Any, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encode_media.ftrack import publisher as publisher_module

    version_id, output = studio.version("died"), movie(tmp_path, "prores", b"p", role="deliverable")
    with monkeypatch.context() as patched:

        def die(*_args: Any, **_options: Any) -> None:
            raise KeyboardInterrupt

        patched.setattr(publisher_module, "register", die)
        with pytest.raises(KeyboardInterrupt):
            run(session, version_id, output)
    run(session, version_id, output)
    folder = disk / SHOT_FOLDER / studio.look(version_id).asset_name
    assert files_below(folder) == ["v001/prores.mp4"]


def test_a_location_without_file_system_gets_its_files_through_its_accessor(
    studio: Studio, session: Any, tmp_path: Path
) -> None:
    version_id = studio.version("objects")
    objects = studio.sandbox.data.parent / "objects"
    run(session, version_id, movie(tmp_path, "prores", b"p1", role="deliverable"), location="studio.objects")
    first = studio.made(version_id)["prores"].id
    assert (objects / first).read_bytes() == b"p1"
    session.reset()
    again = movie(tmp_path, "prores", b"p2", role="deliverable")
    run(session, version_id, again, location="studio.objects", attempt=2)
    assert files_below(objects) == [studio.made(version_id)["prores"].id]


def test_the_locations_that_can_be_used_are_those_with_a_plug_in(session: Any) -> None:
    assert usable_locations(session) == ("studio.disk", "studio.objects")


def test_a_location_without_its_plug_in_is_refused_and_the_others_are_named(
    studio: Studio, session: Any, tmp_path: Path
) -> None:
    version_id = studio.version()
    with pytest.raises(InvalidParameters) as caught:
        run(session, version_id, movie(tmp_path, "x", b"p", role="deliverable"), location="studio.elsewhere")
    assert "studio.disk" in caught.value.hint


def test_a_link_in_the_location_does_not_lead_out_of_it(
    studio: Studio, session: Any, disk: Path, tmp_path: Path
) -> None:
    version_id = studio.version("linked")
    (tmp_path / "outside").mkdir()
    folder = disk / SHOT_FOLDER / studio.look(version_id).asset_name
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(tmp_path / "outside")
    with pytest.raises(NotPermitted) as caught:
        run(session, version_id, movie(tmp_path, "prores", b"p", role="deliverable"))
    assert caught.value.code == "output.outside_roots"
    assert files_below(tmp_path / "outside") == []


# --- a path from the preset ----------------------------------------------------------------------


def test_a_deliverable_lies_where_the_preset_says(studio: Studio, session: Any, tmp_path: Path) -> None:
    version_id, root = studio.version(), tmp_path / "root"
    for attempt, content in enumerate((b"one", b"two"), start=1):
        output = movie(tmp_path, "prores", content, role="deliverable", path="show/sh010/sh010_v001")
        run(session, version_id, output, attempt=attempt, location="auto", root=root)
        session.reset()
        [kept] = files_below(root)
        assert (root / kept).read_bytes() == content
    assert kept.startswith("show/sh010/sh010_v001-")


@pytest.mark.parametrize(
    "hostile", ["../../etc/passwd", "/etc/cron.d/x", "a/../../../b", "C:\\Windows\\x", "....//....//x", "%s%n/\0x"]
)
def test_hostile_names_in_a_template_stay_below_the_output_root(
    studio: Studio, session: Any, tmp_path: Path, hostile: str
) -> None:
    version_id, root = studio.version(), tmp_path / "deep" / "root"
    run(
        session,
        version_id,
        movie(tmp_path, "x", b"p", role="deliverable", path=hostile),
        location="auto",
        root=root,
    )
    assert len(files_below(root)) == 1
    assert len(files_below(tmp_path / "deep")) == 1


# --- as sources -----------------------------------------------------------------------------------


def test_a_source_is_read_from_the_studios_disk(studio: Studio, session: Any, disk: Path) -> None:
    version_id = studio.version("source")
    component = session.query(f'FileComponent where version_id is "{version_id}"').one()
    (disk / "here.mov").write_bytes(b"m")
    location = session.query('Location where name is "studio.disk"').one()
    session.create(
        "ComponentLocation", {"component": component, "location": location, "resource_identifier": "here.mov"}
    )
    session.commit()
    gateway = Gateway(session)
    assert gateway.source_ref(gateway.source_component(version_id)).path == str(disk / "here.mov")


def test_a_source_named_in_windows_spelling_is_found(studio: Studio, session: Any, tmp_path: Path) -> None:
    version_id = published_at(studio, session, "Z:\\shots\\x.mov")
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "x.mov").write_bytes(b"m")
    gateway = Gateway(session, reach=Reach(path_maps=(("Z:\\", str(tmp_path)),)))
    assert gateway.source_ref(gateway.source_component(version_id)).path == str(tmp_path / "shots" / "x.mov")


def test_what_is_not_readable_here_is_said_with_path_and_location(studio: Studio, session: Any) -> None:
    version_id = published_at(studio, session, "Z:\\shots\\x.mov")
    gateway = Gateway(session)
    with pytest.raises(SourceMissing) as caught:
        gateway.source_ref(gateway.source_component(version_id))
    assert "Z:\\shots\\x.mov" in caught.value.message
    assert "ftrack.unmanaged" in caught.value.message


def published_at(studio: Studio, session: Any, path: str) -> str:
    version_id = studio.version()
    component = session.query(f'FileComponent where version_id is "{version_id}"').one()
    location = session.query('Location where name is "ftrack.unmanaged"').one()
    session.create(
        "ComponentLocation", {"component": component, "location": location, "resource_identifier": path}
    )
    session.commit()
    return version_id


def test_review_media_are_a_source_only_where_the_studio_allows_it(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    session = studio.sandbox.session()
    session.delete(session.query(f'FileComponent where version_id is "{version_id}"').one())
    session.commit()
    outputs = (movie(tmp_path, "ftrackreview-mp4", b"l"), movie(tmp_path, "ftrackreview-mp4-1080", b"hh"))
    publish(
        session, job_of(version_id), request_for(version_id), plan_of(*outputs), outputs,
        on_progress=lambda _: None,
    )  # fmt: skip
    with pytest.raises(SourceMissing):
        Gateway(studio.fresh()).source_component(version_id)
    gateway = Gateway(studio.fresh(), reach=Reach(review_allowed=True))
    assert gateway.source_component(version_id).name == "ftrackreview-mp4-1080"


def test_the_centralised_storage_scenario_gives_a_location_to_read_and_write(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id, disk = studio.version("central"), tmp_path / "central"
    disk.mkdir()
    admin = studio.sandbox.session()
    location = admin.create("Location", {"name": "studio.central"})
    admin.commit()
    scenario = {
        "scenario": "ftrack.centralized-storage",
        "data": {
            "location_id": location["id"],
            "location_name": "studio.central",
            "accessor": {"mount_points": {"linux": str(disk), "osx": str(disk), "windows": str(disk)}},
            "structure": {},
        },
    }
    from encode_media.sandbox import api as sandbox_api

    real = sandbox_api.Api._server_information

    def information(self: Any, *args: Any) -> dict[str, Any]:
        return {**real(self, *args), "storage_scenario": scenario}

    monkeypatch.setattr(sandbox_api.Api, "_server_information", information)
    session = open_session(studio.settings)
    try:
        run(session, version_id, movie(tmp_path, "prores", b"p", role="deliverable"), location="studio.central")
        gateway = Gateway(session)
        path = gateway.source_ref(gateway.source_component(version_id, studio.made(version_id)["prores"].id)).path
        assert Path(path).is_relative_to(disk)
        assert Path(path).read_bytes() == b"p"
    finally:
        session.close()


def test_the_ledger_of_a_component_has_no_secret(studio: Studio, session: Any, tmp_path: Path) -> None:
    version_id = studio.version()
    run(session, version_id, movie(tmp_path, "prores", b"p", role="deliverable"))
    assert studio.settings.api_key not in json.dumps(dict(studio.made(version_id)["prores"].metadata))
