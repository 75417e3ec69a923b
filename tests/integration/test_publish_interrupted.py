"""Publishing that dies at any call to the server, before or after it was answered, and is run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import ServerUnavailable
from encode_media.ftrack import upload as upload_module
from encode_media.ftrack.download import download
from encode_media.ftrack.publisher import Rules, publish
from encode_media.ftrack.upload import Retries
from encode_media.model.result import OutputResult
from support.outputs import movie, plan_of, request_for, sequence, still
from support.publishing import Studio, files_below, job_of, studio_of
from support.sandbox import start_in_process

AT_ONCE = Retries(attempts=1)
MOST_CALLS = 60


class Died(BaseException):
    """As if the process had ended: nothing handles it."""


class Death:
    """Lets `allowed` calls through and dies at the next one, before or after the server did its work."""

    def __init__(self, allowed: int, *, after: bool) -> None:
        self.left, self.after = allowed, after

    def __call__(self, call: Any, *args: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left < 0 and not self.after:
            raise Died
        answer = call(*args, **options)
        if self.left < 0:
            raise Died
        return answer


def outputs(folder: Path, mark: bytes) -> tuple[OutputResult, ...]:
    folder.mkdir(exist_ok=True)
    return (
        movie(folder, "ftrackreview-mp4", b"low" + mark),
        still(folder, "thumbnail", b"jpg" + mark),
        sequence(folder, "png_sequence", range(1, 4)),
    )


def run(session: Any, version_id: str, folder: Path, *, attempt: int, root: Path) -> None:
    made = outputs(folder, str(attempt).encode())
    publish(
        session,
        job_of(version_id, attempt),
        request_for(version_id),
        plan_of(*made),
        made,
        on_progress=lambda _progress: None,
        rules=Rules(output_root=root, retries=AT_ONCE),
    )


def run_and_die(
    session: Any, patched: pytest.MonkeyPatch, death: Death, version_id: str, *, folder: Path, root: Path
) -> bool:
    """Publishes attempt 2 with a process that dies; False if it ended before its death."""
    for owner, name in ((session, "call"), (upload_module.requests, "put"), (upload_module.requests, "get")):
        real = getattr(owner, name)
        patched.setattr(owner, name, lambda *args, _real=real, **options: death(_real, *args, **options))
    try:
        run(session, version_id, folder, attempt=2, root=root)
    except Died:
        return True
    return False


@pytest.mark.parametrize("after", [False, True], ids=["before it is sent", "after it was done"])
def test_however_it_was_interrupted_running_it_again_ends_with_exactly_one_set(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    for allowed in range(MOST_CALLS):
        root = tmp_path / f"root {allowed}"
        bytes_before, components_before = studio.stored_ids(), studio.all_components()
        version_id = studio.version()
        run(studio.fresh(), version_id, tmp_path, attempt=1, root=root)

        with monkeypatch.context() as patched:
            dying = studio.sandbox.session()
            death = Death(allowed, after=after)
            died = run_and_die(dying, patched, death, version_id, folder=tmp_path, root=root)
        # At no time is there no review movie, and what is there can be fetched.
        playable = [item for item in studio.look(version_id).components if item.name == "ftrackreview-mp4"]
        assert playable
        newest = max(playable, key=lambda item: item.metadata["encode_media"])
        fetched = download(studio.fresh(), newest.id, tmp_path / "fetched").read_bytes()
        assert fetched in {b"low1", b"low2"}

        run(studio.fresh(), version_id, tmp_path, attempt=2, root=root)
        made = studio.made(version_id)
        assert set(made) == {"ftrackreview-mp4", "thumbnail", "png_sequence"}
        assert studio.look(version_id).thumbnail_id == made["thumbnail"].id
        assert len(files_below(root)) == 3
        assert studio.stored_ids() - bytes_before == {made["ftrackreview-mp4"].id, made["thumbnail"].id}
        source, outputs_made, frames = 1, 3, 3
        assert len(studio.all_components() - components_before) == source + outputs_made + frames
        if not died:
            assert allowed > 8
            return
    pytest.fail(f"publishing took more than {MOST_CALLS} calls")


def test_a_server_that_is_gone_is_said_and_publishing_goes_on_when_it_is_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = start_in_process(data)
    studio = studio_of(first)
    version_id, root = studio.version(), tmp_path / "root"
    session = first.session()
    first.stop()
    with pytest.raises(ServerUnavailable) as caught:
        run(session, version_id, tmp_path, attempt=1, root=root)
    assert caught.value.code == "server.unreachable"
    assert caught.value.retryable
    second = start_in_process(data, port=first.port)
    try:
        run(session, version_id, tmp_path, attempt=1, root=root)
        assert set(studio_of(second).made(version_id)) == {"ftrackreview-mp4", "thumbnail", "png_sequence"}
    finally:
        first.close_sessions()
        second.close_sessions()
        second.stop()
