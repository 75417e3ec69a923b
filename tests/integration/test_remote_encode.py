"""Let ftrack encode: a preset that names the server, its job followed to the end, whatever that is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import Cancelled, EncodeFailed, InvalidParameters, ServerUnavailable, failure
from encode_media.ftrack import remote_encode
from encode_media.ftrack.publisher import Rules, publish, publish_remote
from encode_media.ftrack.upload import Retries
from encode_media.media.capabilities import find_ffmpeg
from encode_media.model.media import Media, SourceKind, SourceRef
from encode_media.model.plan import EncodePlan
from encode_media.model.result import Progress, PublishedOutput
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.presets.lint import check_file, typical_sources
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify
from encode_media.sandbox.encoder import EncodedFile, EncodedMedia, EncodingFailed
from encode_media.sandbox.server import Sandbox
from support.outputs import movie, plan_of, request_for
from support.publishing import Studio, job_of, studio_of
from support.sandbox import RunningSandbox

PRESET = """
name: ftrack_encodes
label: Let ftrack encode
description: The ftrack server makes the review media.
backend: ftrack
suits: [movie, still]
"""
META = '{"frameIn": 0, "frameOut": 24, "frameRate": 24.0, "width": 320, "height": 180}'


@dataclass
class FakeEncoder:
    """The server's encoder: copies the source, when it is let to."""

    fails: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    runs: int = 0

    def encode(self, source: Path, folder: Path, *, movie: bool, stop: threading.Event) -> EncodedMedia:
        self.runs += 1
        while not self.gate.wait(0.05):
            if stop.is_set():
                break
        if self.fails:
            raise EncodingFailed("it has no picture")
        made = (folder / "a.mp4", folder / "a.jpg")
        for path in made:
            path.write_bytes(source.read_bytes())
        return EncodedMedia(
            movie=EncodedFile(path=made[0], ftr_meta=META) if movie else None, image=EncodedFile(path=made[1])
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, FakeEncoder]]:
    encoder = FakeEncoder()
    sandbox = Sandbox(data := tmp_path_factory.mktemp("studio") / "data", encoder=encoder)
    running = RunningSandbox(data, sandbox.start(), in_process=sandbox)
    yield studio_of(running), encoder
    encoder.gate.set()
    running.close_sessions()
    running.stop()


@pytest.fixture
def studio(server: tuple[Studio, FakeEncoder]) -> Studio:
    return server[0]


@pytest.fixture
def encoder(server: tuple[Studio, FakeEncoder]) -> FakeEncoder:
    encoder = server[1]
    encoder.fails, encoder.runs = False, 0
    encoder.gate.set()
    return encoder


def plan_for(folder: Path) -> EncodePlan:
    source = folder / "source.mov"
    source.write_bytes(b"moving pictures")
    media = Media(source=SourceRef(path=str(source)), kind=SourceKind.MOVIE, container="mov", size_bytes=15)
    return EncodePlan(media=media, preset="ftrack_encodes", commands=(), outputs=(), backend="ftrack")


def run(
    studio: Studio, version_id: str, folder: Path, *, attempt: int = 1, on_progress: Any = lambda _: None
) -> tuple[PublishedOutput, ...]:
    return publish_remote(
        studio.sandbox.session(), job_of(version_id, attempt), request_for(version_id, preset="ftrack_encodes"),
        plan_for(folder), on_progress=on_progress, rules=Rules(retries=Retries(attempts=1)), time_limit_s=60,
    )  # fmt: skip


@pytest.mark.usefixtures("encoder")
def test_the_server_makes_the_review_media_and_they_count_as_ours(studio: Studio, tmp_path: Path) -> None:
    version_id, told = studio.version(), list[Progress]()
    published = run(studio, version_id, tmp_path, on_progress=told.append)
    made = studio.made(version_id)
    assert {item.name for item in published} == set(made) == {"ftrackreview-mp4", "thumbnail"}
    assert all(item.is_ours for item in made.values())
    [low] = [item for item in published if item.name == "ftrackreview-mp4"]
    assert (low.width, low.height, low.frames, low.frame_rate) == (320, 180, 24, "24.0")
    assert studio.look(version_id).thumbnail_id == made["thumbnail"].id
    assert any("ftrack" in progress.message for progress in told)
    # The source that was sent is gone again.
    assert studio.stored_ids() >= {item.id for item in made.values()}
    assert studio.fresh().query("FileComponent where name is source").first() is None


@pytest.mark.usefixtures("encoder")
def test_it_replaces_an_older_review_set_and_is_replaced_by_a_newer_one(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    outputs = (movie(tmp_path, "ftrackreview-mp4", b"l"), movie(tmp_path, "ftrackreview-mp4-1080", b"h"))
    for attempt in (1, 3):
        publish(
            studio.sandbox.session(), job_of(version_id, attempt), request_for(version_id), plan_of(*outputs),
            outputs, on_progress=lambda _: None,
        )  # fmt: skip
        assert "ftrackreview-mp4-1080" in studio.made(version_id)
        run(studio, version_id, tmp_path, attempt=attempt + 1)
        assert set(studio.made(version_id)) == {"ftrackreview-mp4", "thumbnail"}


def test_a_repeated_run_goes_on_with_the_servers_job(
    studio: Studio, encoder: FakeEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id = studio.version()
    with monkeypatch.context() as patched:

        def away(*_args: Any) -> None:
            raise ServerUnavailable("away")

        patched.setattr(remote_encode, "_follow", away)
        with pytest.raises(ServerUnavailable):
            run(studio, version_id, tmp_path)
    run(studio, version_id, tmp_path)
    run(studio, version_id, tmp_path)
    assert encoder.runs == 1
    assert set(studio.made(version_id)) == {"ftrackreview-mp4", "thumbnail"}


def test_what_the_server_could_not_encode_is_said_and_nothing_is_left(
    studio: Studio, encoder: FakeEncoder, tmp_path: Path
) -> None:
    version_id, stored = studio.version(), studio.stored_ids()
    encoder.fails = True
    with pytest.raises(EncodeFailed, match="it has no picture") as caught:
        run(studio, version_id, tmp_path)
    assert caught.value.code == "server.encode_failed"
    assert not studio.made(version_id)
    assert studio.stored_ids() == stored


def test_a_cancelled_job_takes_its_unfinished_outputs_and_its_source_away(
    studio: Studio, encoder: FakeEncoder, tmp_path: Path
) -> None:
    version_id = studio.version()
    encoder.gate.clear()

    def stop(progress: Progress) -> None:
        if "ftrack encodes" in progress.message:
            raise failure("cancelled")

    with pytest.raises(Cancelled):
        run(studio, version_id, tmp_path, on_progress=stop)
    assert not studio.made(version_id)
    assert studio.fresh().query("FileComponent where name is source").first() is None
    encoder.gate.set()


@pytest.mark.usefixtures("encoder")
def test_a_thumbnail_somebody_chose_is_kept(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    session = studio.sandbox.session()
    chosen = session.create("FileComponent", {"name": "thumbnail", "file_type": ".jpg"})
    session.get("AssetVersion", version_id)["thumbnail_id"] = chosen["id"]
    session.commit()
    run(studio, version_id, tmp_path)
    assert studio.look(version_id).thumbnail_id == chosen["id"]


# --- the preset ------------------------------------------------------------------------------------


def test_a_preset_can_name_the_server_and_its_plan_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "ftrack_encodes.yaml").write_text(PRESET)
    assert check_file(tmp_path / "ftrack_encodes.yaml") == ()
    catalog = Catalog((tmp_path,))
    media = next(one for one in typical_sources() if one.kind is SourceKind.MOVIE)
    plan = make_plan(media, catalog.resolve("ftrack_encodes", media, {}))
    assert (plan.backend, plan.commands, plan.outputs) == ("ftrack", (), ())
    assert any("ftrack server" in note for note in plan.notes)
    quiet = {"on_progress": lambda _: None, "cancelled": lambda: False}
    assert run_plan(plan, tmp_path / "run", find_ffmpeg().path, **quiet).argvs == ()
    assert verify(plan, tmp_path / "run") == ()


def test_a_sequence_is_refused_as_the_server_takes_single_files(tmp_path: Path) -> None:
    (tmp_path / "ftrack_encodes.yaml").write_text(PRESET)
    kinds = {media.kind: media for media in typical_sources()}
    preset = Catalog((tmp_path,)).resolve("ftrack_encodes", kinds[SourceKind.MOVIE], {})
    with pytest.raises(InvalidParameters) as caught:
        make_plan(kinds[SourceKind.SEQUENCE], preset)
    assert caught.value.code == "preset.unsuited"


def test_such_a_preset_has_no_outputs_of_its_own(tmp_path: Path) -> None:
    output = "{name: x, kind: still, container: jpg, video: {codec: mjpeg, pixel_format: yuvj444p}}"
    (tmp_path / "ftrack_encodes.yaml").write_text(f"{PRESET}outputs: [{output}]\n")
    [problem] = check_file(tmp_path / "ftrack_encodes.yaml")
    assert problem.key == "outputs"
    assert "server decides" in problem.problem
