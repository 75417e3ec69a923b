"""`encode_media.submit`, with a running service and without one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import encode_media
from encode_media.app import open_client
from encode_media.settings import read_settings
from support.listening import sandbox_sources
from support.sandbox import running_sandbox
from support.service import Studio


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCODE_MEDIA_DATA", str(tmp_path / "own"))


def test_a_service_encodes_a_version_and_the_script_waits_for_the_result(running_studio: Studio):
    version = running_studio.version("sh010_comp")
    running_studio.item(running_studio.selection("sh010_comp"))

    job = encode_media.submit(running_studio.session, version=version, preset="thumbnail")
    result = job.wait(timeout=120)

    assert (result.status, job.progress.percent) == ("done", 100)
    assert [item.name for item in result.published] == ["thumbnail"]
    assert result is job.wait()


def test_a_service_refuses_with_the_class_of_the_error(running_studio: Studio):
    version = running_studio.version("sh010_comp")

    with pytest.raises(encode_media.InvalidParameters, match="no preset called revue") as caught:
        encode_media.submit(running_studio.session, version=version, preset="revue")

    assert caught.value.code == "preset.unknown"


def test_a_failed_encode_raises_its_own_error(running_studio: Studio):
    version = running_studio.version("sh030_notes")

    with pytest.raises(encode_media.UnsupportedFormat, match="not a media file"):
        encode_media.submit(running_studio.session, version=version, preset="review").wait(timeout=120)


def test_what_a_script_says_of_sharing_and_needs_reaches_the_queue(running_studio: Studio):
    version = running_studio.version("sh020_concept")
    running_studio.item(running_studio.selection("sh020_concept"))

    job = encode_media.submit(running_studio.session, version=version, split="never", needs=["gpu"])

    with open_client(read_settings({"ENCODE_MEDIA_DATA": str(running_studio.server.data)})) as client:
        queued = client.job(job.job_id)
    job.cancel()
    with pytest.raises(encode_media.Cancelled):
        job.wait(timeout=60)
    assert queued is not None
    assert (queued.request.split, queued.request.needs) == ("never", ("gpu",))


def test_a_word_about_sharing_that_nobody_knows_is_refused(running_studio: Studio):
    version = running_studio.version("sh020_concept")
    running_studio.item(running_studio.selection("sh020_concept"))

    with pytest.raises(encode_media.InvalidParameters, match="sometimes"):
        encode_media.submit(running_studio.session, version=version, split="sometimes")  # type: ignore[arg-type]


def test_a_running_encode_can_be_cancelled(running_studio: Studio):
    version = running_studio.version("sh010_beauty")
    job = encode_media.submit(running_studio.session, version=version, preset="webm_vp9")

    job.cancel()

    with pytest.raises(encode_media.Cancelled):
        job.wait(timeout=60)


def test_a_path_of_this_machine_is_encoded_here_and_published_on_the_version(tmp_path: Path, sample_sources: Path):
    source = shutil.copy(sample_sources / "sh020_concept.png", tmp_path / "late render.png")
    with running_sandbox(tmp_path / "data") as server:
        session = server.session("artist")
        version = session.query('AssetVersion where asset.name is "sh010_comp"').first()

        result = encode_media.submit(session, version=version, source_path=source, preset="review").wait(
            timeout=120
        )

        assert {"ftrackreview-image", "thumbnail"} == {item.name for item in result.published}
        names = {row["name"] for row in session.query(f'Component where version_id is "{version["id"]}"')}
        assert {"main", "ftrackreview-image", "thumbnail"} == names


def test_without_a_service_a_component_is_encoded_here_and_made_again(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("encode_media.job_elsewhere.SERVICE_ANSWERS_S", 0.5)
    data = tmp_path / "data"
    sandbox_sources(data)
    with running_sandbox(data) as server:
        session = server.session("artist")
        version = session.query('AssetVersion where asset.name is "sh020_concept"').first()
        component = version["components"][0]

        result = encode_media.submit(session, component=component, preset="review").wait(timeout=120)

        assert result.status == "done"

        again = encode_media.submit(session, again=version).wait(timeout=120)

        assert [item.name for item in again.published] == [item.name for item in result.published]
        assert again.published[0].component_id != result.published[0].component_id


def test_what_is_missing_in_the_call_is_said():
    with pytest.raises(encode_media.InvalidParameters, match="name a version"):
        encode_media.submit(None, source_path="/a.mov")  # type: ignore[arg-type]
