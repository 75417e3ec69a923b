"""Section 6.4: the server's own encoder, with a stand-in that takes orders and with the real engine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ftrack_api
import pytest

from encode_media.sandbox.encoder import EncodedFile, EncodedMedia, EncodingFailed
from encode_media.sandbox_encoder import SandboxEncoder
from encode_media.settings import read_settings
from support.clips import Clips
from support.sandbox import RunningSandbox, running_sandbox
from support.waiting import wait_for

META = '{"frameIn": 0, "frameOut": 12, "frameRate": 24.0, "width": 160, "height": 90}'


@dataclass
class ObedientEncoder:
    """Waits for `go`, then makes files, or fails if the source says so."""

    go: threading.Event = field(default_factory=threading.Event)
    sources: list[str] = field(default_factory=list)

    def encode(self, source: Path, folder: Path, *, movie: bool, stop: threading.Event) -> EncodedMedia:
        while not (self.go.wait(0.01) or stop.is_set()):
            pass
        self.sources.append(source.name)
        if source.read_bytes().startswith(b"broken"):
            raise EncodingFailed("this is not media")
        (folder / "a.mp4").write_bytes(b"movie" * 100)
        (folder / "a.jpg").write_bytes(b"image" * 10)
        made = EncodedFile(path=folder / "a.mp4", ftr_meta=META) if movie else None
        meta = "" if movie else '{"format": "image"}'
        return EncodedMedia(movie=made, image=EncodedFile(path=folder / "a.jpg", ftr_meta=meta))


@pytest.fixture
def encoder() -> Iterator[ObedientEncoder]:
    made = ObedientEncoder()
    yield made
    made.go.set()


@pytest.fixture
def server(tmp_path: Path, encoder: ObedientEncoder) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path / "data", encoder=encoder) as running:
        yield running


@pytest.fixture
def session(server: RunningSandbox) -> ftrack_api.Session:
    return server.session()


def ended(server: RunningSandbox, job: Any) -> Any:
    """The job once it has ended, as a new session sees it."""

    def look() -> Any:
        fresh = server.session().get("Job", job["id"])
        return fresh if fresh["status"] in {"done", "failed"} else None

    return wait_for(look, timeout_s=60, what="the end of the job")


def version_of(session: ftrack_api.Session) -> Any:
    return session.query("AssetVersion where asset.name is sh010_comp").one()


def components(server: RunningSandbox, version: Any) -> dict[str, Any]:
    query = f"select name, size, metadata from Component where version_id is {version['id']}"
    return {component["name"]: component for component in server.session().query(query)}


def test_the_job_and_its_outputs_are_there_at_once(
    session: ftrack_api.Session, server: RunningSandbox, clip: Path
) -> None:
    """6.4: outputs are listed before encoding ends, marked, and reachable through job_components."""
    version = version_of(session)
    job = session.encode_media(str(clip), version_id=version["id"])
    assert job["type"] == "encode_media"
    assert job["status"] in {"queued", "running"}
    data = json.loads(job["data"])
    assert data["keep_original"] is False
    assert [output["format"] for output in data["output"]] == ["video/mp4", "image/jpeg"]
    listed = {entry["component_id"] for entry in job["job_components"]}
    assert listed == {output["component_id"] for output in data["output"]}
    assert components(server, version)["ftrackreview-mp4"]["metadata"]["ftr_meta"] == "encoding"


def test_the_outputs_play_and_the_source_goes(
    session: ftrack_api.Session, server: RunningSandbox, encoder: ObedientEncoder, clip: Path
) -> None:
    """6.4: with a version the image becomes its thumbnail; a path's source is not kept."""
    encoder.go.set()
    version = version_of(session)
    job = ended(server, session.encode_media(str(clip), version_id=version["id"]))
    assert job["status"] == "done"
    assert job["finished_at"] is not None
    made = components(server, version)
    assert made["ftrackreview-mp4"]["metadata"]["ftr_meta"] == META
    assert made["ftrackreview-mp4"]["size"] == 500
    fresh = server.session().get("AssetVersion", version["id"])
    assert fresh["thumbnail_id"] == made["thumbnail"]["id"]
    assert server.session().get("FileComponent", json.loads(job["data"])["source_component_id"]) is None
    assert encoder.sources == ["source.mov"]


def test_a_component_is_kept_and_without_a_version_outputs_belong_to_none(
    session: ftrack_api.Session, server: RunningSandbox, encoder: ObedientEncoder, clip: Path
) -> None:
    """6.4: for a FileComponent keep_original is true; "not associated even if the media belongs to one"."""
    encoder.go.set()
    version = version_of(session)
    location = session.query("Location where name is ftrack.server").one()
    source = version.create_component(str(clip), {"name": "upload"}, location=location)
    session.commit()
    job = ended(server, session.encode_media(source))
    assert job["status"] == "done"
    fresh = server.session()
    assert fresh.get("FileComponent", source["id"]) is not None
    outputs = [fresh.get("FileComponent", one["component_id"]) for one in json.loads(job["data"])["output"]]
    assert [output["version_id"] for output in outputs] == [None, None]


def test_an_image_gives_an_image(
    session: ftrack_api.Session, server: RunningSandbox, encoder: ObedientEncoder, tmp_path: Path
) -> None:
    encoder.go.set()
    picture = tmp_path / "still.png"
    picture.write_bytes(b"picture")
    version = version_of(session)
    job = ended(server, session.encode_media(str(picture), version_id=version["id"]))
    assert [output["format"] for output in json.loads(job["data"])["output"]] == ["image/jpeg"]
    assert components(server, version)["ftrackreview-image"]["metadata"]["ftr_meta"] == '{"format": "image"}'


def test_what_can_not_be_encoded_fails_with_the_reason(
    session: ftrack_api.Session, server: RunningSandbox, encoder: ObedientEncoder, tmp_path: Path
) -> None:
    """6.4: on failure `status: failed`; nothing that looks playable stays."""
    encoder.go.set()
    broken = tmp_path / "broken.mov"
    broken.write_bytes(b"broken")
    version = version_of(session)
    job = ended(server, session.encode_media(str(broken), version_id=version["id"]))
    assert job["status"] == "failed"
    assert "not media" in json.loads(job["data"])["description"]
    assert "ftrackreview-mp4" not in components(server, version)


def test_a_job_goes_on_after_a_restart(tmp_path: Path, clip: Path) -> None:
    data = tmp_path / "data"
    with running_sandbox(data, encoder=ObedientEncoder()) as server:
        job_id = server.session().encode_media(str(clip))["id"]
    encoder = ObedientEncoder()
    encoder.go.set()
    with running_sandbox(data, encoder=encoder) as server:
        assert ended(server, {"id": job_id})["status"] == "done"


def test_data_must_be_in_the_server(session: ftrack_api.Session) -> None:
    component = session.query("FileComponent where version.asset.name is sh020_concept").one()
    with pytest.raises(ftrack_api.exception.ServerError, match=r"no data in ftrack\.server"):
        session.encode_media(component)


@pytest.mark.media
def test_the_engine_makes_media_that_plays(tmp_path: Path, clips: Clips) -> None:
    """The whole way with the real encoder, as `encode-media sandbox` has it."""
    small = clips.movie(name="small.mov", size="160x90", frames=12)
    encoder = SandboxEncoder(read_settings({"ENCODE_MEDIA_WORK": str(tmp_path / "work")}))
    with running_sandbox(tmp_path / "data", encoder=encoder) as server:
        session = server.session()
        version = version_of(session)
        job = ended(server, session.encode_media(str(small), version_id=version["id"]))
        assert job["status"] == "done", job["data"]
        made = components(server, version)
        meta = json.loads(made["ftrackreview-mp4"]["metadata"]["ftr_meta"])
        assert (meta["frameOut"], meta["width"], meta["height"]) == (12, 160, 90)
        assert made["thumbnail"]["size"] > 0
