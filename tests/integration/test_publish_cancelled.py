"""A job that is cancelled while its files are on their way: what is there then, and how soon."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from encode_media.errors import Cancelled, EncodeFailed, failure
from encode_media.ftrack import upload as upload_module
from encode_media.ftrack.publisher import Rules, publish
from encode_media.ftrack.staging import take_back
from encode_media.ftrack.upload import Retries, upload
from encode_media.model.result import OutputResult, Progress, RunResult
from support.outputs import movie, plan_of, request_for, sequence, still
from support.publishing import Studio, files_below, job_of

OnProgress = Callable[[Progress], None]


def review_set(folder: Path, mark: bytes = b"1") -> tuple[OutputResult, ...]:
    return (
        movie(folder, "ftrackreview-mp4-1080", b"high" + mark, width=1920),
        movie(folder, "ftrackreview-mp4", b"low" + mark),
        still(folder, "thumbnail", b"jpg" + mark),
    )


def run(
    session: Any,
    version_id: str,
    outputs: tuple[OutputResult, ...],
    *,
    attempt: int = 1,
    on_progress: OnProgress = lambda _: None,
    root: Path | None = None,
) -> None:
    publish(
        session, job_of(version_id, attempt), request_for(version_id), plan_of(*outputs), outputs,
        on_progress=on_progress, rules=Rules(retries=Retries(attempts=1), output_root=root),
    )  # fmt: skip


def cancelled_at(name: str) -> OnProgress:
    def on_progress(progress: Progress) -> None:
        if progress.message == f"storing {name}":
            raise failure("cancelled")

    return on_progress


def end_cancelled(studio: Studio, version_id: str, outputs: tuple[OutputResult, ...], *, attempt: int) -> None:
    result = RunResult(status="cancelled", outputs=outputs)
    take_back(studio.fresh(), version_id, job_of(version_id, attempt), result, output_root=None)


def test_what_was_shown_goes_again(studio: Studio, tmp_path: Path) -> None:
    version_id, outputs = studio.version(), review_set(tmp_path)
    with pytest.raises(Cancelled):
        run(studio.fresh(), version_id, outputs, on_progress=cancelled_at("ftrackreview-mp4-1080"))
    assert set(studio.made(version_id)) == {"thumbnail", "ftrackreview-mp4"}
    end_cancelled(studio, version_id, outputs, attempt=1)
    assert studio.made(version_id) == {}
    assert studio.look(version_id).thumbnail_id is None


def test_what_it_would_have_replaced_stays(studio: Studio, tmp_path: Path) -> None:
    version_id, outputs = studio.version(), review_set(tmp_path, b"2")
    run(studio.fresh(), version_id, review_set(tmp_path))
    before = studio.made(version_id)
    with pytest.raises(Cancelled):
        run(studio.fresh(), version_id, outputs, attempt=2, on_progress=cancelled_at("thumbnail"))
    end_cancelled(studio, version_id, outputs, attempt=2)
    assert studio.made(version_id) == before
    assert studio.look(version_id).thumbnail_id == before["thumbnail"].id


def test_a_transfer_that_waits_for_its_next_try_ends_soon(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_url: str, **_options: object) -> None:
        raise requests.exceptions.ConnectionError("reset")

    def cancelled(sent: int) -> None:
        asked.append(sent)
        if len(asked) == 2:
            raise failure("cancelled")

    asked: list[int] = []
    monkeypatch.setattr(upload_module.requests, "put", broken)
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"clip")
    retries = Retries(attempts=2, first_wait_s=60)
    began = time.monotonic()
    with pytest.raises(Cancelled):
        upload(
            studio.fresh(), "22222222-2222-2222-2222-222222222222", path,
            file_name="clip.mp4", on_bytes=cancelled, retries=retries,
        )  # fmt: skip
    assert time.monotonic() - began < 20


def test_what_another_worker_registered_meanwhile_keeps_its_files(studio: Studio, tmp_path: Path) -> None:
    """A worker that hung while it published, and fails when its job was long done by another one."""
    version_id, root = studio.version(), tmp_path / "root"
    root.mkdir()
    frames = (sequence(tmp_path, "frames", range(1, 5)),)

    def hang(_progress: Progress) -> None:
        run(studio.sandbox.session(), version_id, frames, root=root)
        raise failure("storage.failed", problem="it was gone")

    with pytest.raises(EncodeFailed):
        run(studio.sandbox.session(), version_id, frames, on_progress=hang, root=root)
    assert set(studio.made(version_id)) == {"frames"}
    assert len(files_below(root)) == 4
