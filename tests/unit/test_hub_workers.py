"""The threads behind the hub: bounded, and whatever fails is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack import workers as workers_module
from encode_media.ftrack.workers import Workers
from encode_media.settings import Settings


class FakePool:
    """Sessions that are only counted."""

    def __init__(self, _settings: Settings) -> None:
        self.closed = False

    @contextmanager
    def session(self) -> Iterator[object]:
        yield object()

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    monkeypatch.setattr(workers_module, "SessionPool", FakePool)
    made = Workers(Settings(), threads=1, waiting=1)
    yield made
    made.close()


class Failures:
    def __init__(self) -> None:
        self.codes: list[str] = []
        self.told = threading.Event()

    def __call__(self, error: EncodeMediaError) -> None:
        self.codes.append(error.code)
        self.told.set()


@pytest.mark.parametrize(
    ("raised", "code"),
    [(failure("job.unknown", job_id="x"), "job.unknown"), (ZeroDivisionError("a mistake"), "internal")],
)
def test_whatever_work_raises_is_told(workers: Workers, raised: Exception, code: str) -> None:
    failures = Failures()

    def work(_gateway: Any) -> None:
        raise raised

    assert workers.submit(work, failures)

    assert failures.told.wait(10)
    assert failures.codes == [code]


def test_too_much_work_is_refused_rather_than_piled_up(workers: Workers) -> None:
    go, failures = threading.Event(), Failures()
    accepted = [workers.submit(lambda _gateway: assert_waits(go), failures) for _ in range(4)]
    go.set()

    assert accepted == [True, True, False, False]


def test_there_is_room_again_after_work_is_done_or_failed(workers: Workers) -> None:
    for _ in range(5):
        failures = Failures()
        assert workers.submit(lambda _gateway: int("x"), failures)
        assert failures.told.wait(10)


def test_after_the_end_work_is_refused(workers: Workers) -> None:
    workers.close()

    assert not workers.submit(lambda _gateway: None, Failures())


def assert_waits(go: threading.Event) -> None:
    assert go.wait(10)
