"""Files to the server and back: cut connections, parts, what is checked, and how much memory it takes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from encode_media.errors import EncodeMediaError, ServerUnavailable
from encode_media.ftrack import download as download_module
from encode_media.ftrack import upload as upload_module
from encode_media.ftrack import upload_parts
from encode_media.ftrack.download import download
from encode_media.ftrack.upload import Retries, upload
from support.publishing import Studio

QUICK = Retries(attempts=3, first_wait_s=0, sleep=lambda _seconds: None)
COMPONENT = "6d3ff3f1-3c55-5a0e-9f0b-6a4c3f1f7a11"
MOST_MEMORY_KB = 150 * 1024
MEGABYTE = 1024**2


@pytest.fixture
def content(studio: Studio, tmp_path: Path) -> bytes:
    """What is on the server, in several chunks."""
    data = bytes(range(256)) * 12_000
    (tmp_path / "sent").write_bytes(data)
    upload(studio.fresh(), COMPONENT, tmp_path / "sent", file_name="sent.mov")
    return data


class Cut:
    """Lets so many bytes of each of the first answers through, then breaks the connection."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, after: int, times: int, etag: bool = True) -> None:
        self.ranges: list[str | None] = []
        real = requests.get

        def get(url: str, **options: Any) -> Any:
            self.ranges.append(options["headers"].get("Range"))
            answer = real(url, **options)
            if not etag:
                answer.headers.pop("ETag", None)
            if len(self.ranges) <= times:
                answer.iter_content = lambda size: self._some(answer, after, size)  # type: ignore[method-assign]
            return answer

        monkeypatch.setattr(download_module.requests, "get", get)

    @staticmethod
    def _some(answer: Any, after: int, _size: int) -> Iterator[bytes]:
        yield answer.raw.read(after)
        raise requests.exceptions.ConnectionError("cut")


def test_a_download_goes_on_where_the_connection_was_cut(
    studio: Studio, tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = Cut(monkeypatch, after=1_000_000, times=2)
    got = download(studio.fresh(), COMPONENT, tmp_path / "got", size=len(content), retries=QUICK)
    assert got.read_bytes() == content
    assert cut.ranges == [None, "bytes=1000000-", "bytes=2000000-"]


def test_without_a_sign_that_it_is_the_same_file_it_begins_anew(
    studio: Studio, tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = Cut(monkeypatch, after=1000, times=1, etag=False)
    got = download(studio.fresh(), COMPONENT, tmp_path / "got", retries=QUICK)
    assert got.read_bytes() == content
    assert cut.ranges == [None, None]


@pytest.mark.usefixtures("content")
def test_a_file_that_changed_in_between_is_not_joined_from_both(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(_seconds: float) -> None:
        (tmp_path / "sent").write_bytes(b"new" * 1000)
        upload(studio.fresh(), COMPONENT, tmp_path / "sent", file_name="sent.mov")

    Cut(monkeypatch, after=1000, times=1)
    retries = Retries(attempts=3, first_wait_s=0, sleep=change)
    got = download(studio.sandbox.session(), COMPONENT, tmp_path / "got", retries=retries)
    assert got.read_bytes() == b"new" * 1000


def test_a_file_of_another_size_than_its_component_says_is_refused(
    studio: Studio, tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(ServerUnavailable, match="instead of"):
        download(studio.fresh(), COMPONENT, tmp_path / "got", size=len(content) + 1, retries=QUICK)
    assert not (tmp_path / "got").exists()
    assert not (tmp_path / "got.part").exists()


@pytest.mark.usefixtures("content")
def test_a_download_that_breaks_each_time_is_said_without_the_key(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Cut(monkeypatch, after=10, times=9)
    with pytest.raises(ServerUnavailable) as caught:
        download(studio.fresh(), COMPONENT, tmp_path / "got", retries=QUICK)
    assert studio.settings.api_key not in str(caught.value)
    assert caught.value.retryable


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_module, "LARGE", 1_000_000)
    monkeypatch.setattr(upload_parts, "PART", 1_000_000)


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_is_sent_in_parts_and_a_broken_part_is_sent_again_alone(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes(range(256)) * 12_000
    (tmp_path / "large").write_bytes(data)
    sent: list[str] = []
    real = requests.put

    def put(url: str, **options: Any) -> Any:
        sent.append(url.partition("/part/")[2].partition("?")[0])
        if sent == ["1", "2"]:
            raise requests.exceptions.ConnectionError
        return real(url, **options)

    monkeypatch.setattr(upload_module.requests, "put", put)
    told: list[int] = []
    upload(
        studio.fresh(), COMPONENT, tmp_path / "large", file_name="large.mov", on_bytes=told.append, retries=QUICK
    )
    assert sent == ["1", "2", "2", "3", "4"]
    assert told == sorted(told)
    assert told[-1] == len(data)
    assert download(studio.fresh(), COMPONENT, tmp_path / "got").read_bytes() == data


@pytest.mark.usefixtures("small_parts")
def test_where_the_server_offers_no_parts_a_large_file_goes_in_one_piece(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes(2_000_000)
    (tmp_path / "large").write_bytes(data)
    session = studio.sandbox.session()
    real = session.call

    def call(operations: list[dict[str, Any]]) -> Any:
        return real([{key: value for key, value in each.items() if key != "parts"} for each in operations])

    monkeypatch.setattr(session, "call", call)
    upload(session, COMPONENT, tmp_path / "large", file_name="large.mov", retries=QUICK)
    assert download(studio.fresh(), COMPONENT, tmp_path / "got").read_bytes() == data


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_of_which_the_server_kept_less_is_sent_again_and_then_said(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large").write_bytes(bytes(2_000_000))
    monkeypatch.setattr(upload_parts, "_size_problem", lambda *_args: "of 2000000 bytes the server has 1")
    with pytest.raises(EncodeMediaError, match="the server has 1"):
        upload(studio.fresh(), COMPONENT, tmp_path / "large", file_name="large.mov", retries=QUICK)


_THERE_AND_BACK = """
import re, sys
from pathlib import Path
import ftrack_api
from encode_media.ftrack import upload as sending, upload_parts
from encode_media.ftrack.download import download
url, user, key, path, part = sys.argv[1:]
if int(part):
    sending.LARGE, upload_parts.PART = 2 * int(part), int(part)
session = ftrack_api.Session(url, key, user, plugin_paths=[], auto_connect_event_hub=False)
component = "6d3ff3f1-3c55-5a0e-9f0b-6a4c3f1f7a11"
def most():
    # Not getrusage: it remembers the process that this one was forked from.
    return re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]
before = most()
size = sending.upload(session, component, Path(path), file_name="large.mov")
Path(path).unlink()
download(session, component, Path(path + ".back"), size=size)
print(before, most())
"""


def there_and_back(studio: Studio, folder: Path, size: int, *, part: int = 0) -> tuple[int, int]:
    """Sends a file of this size and fetches it, in a process of its own; its memory before and at most, in KiB."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process's memory is read as Linux tells it")
    path = folder / "large.mov"
    with path.open("wb") as file:
        file.write(b"begin")
        file.truncate(size)
    address = studio.sandbox.address
    words = [address.server_url, address.api_user, address.api_key, str(path), str(part)]
    done = subprocess.run(
        [sys.executable, "-c", _THERE_AND_BACK, *words], capture_output=True, text=True, check=False, timeout=1700
    )
    assert done.returncode == 0, done.stderr
    back = Path(f"{path}.back")
    assert back.stat().st_size == size
    with back.open("rb") as file:
        assert file.read(5) == b"begin"
    back.unlink()
    before, most = done.stdout.split()
    return int(before), int(most)


@pytest.mark.parametrize("part", [0, 16 * MEGABYTE], ids=["in one piece", "in parts"])
def test_a_large_file_goes_there_and_back_in_constant_memory(studio: Studio, tmp_path: Path, part: int) -> None:
    before, most = there_and_back(studio, tmp_path, 64 * MEGABYTE, part=part)
    assert most - before < 24 * 1024
    assert most < MOST_MEMORY_KB


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_five_gigabytes_go_there_and_back_under_150_mb(studio: Studio, tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < 16 * 1024 * MEGABYTE:
        pytest.skip("16 GB of free disk are needed")
    _, most = there_and_back(studio, tmp_path, 5 * 1024 * MEGABYTE)
    assert most < MOST_MEMORY_KB
