"""Settings of a service: who it is, what is secret, and what can't be used."""

from __future__ import annotations

import pytest

from encode_media.errors import InvalidParameters
from encode_media.settings import Settings, child_environment, read_settings


def test_processes_with_one_database_are_one_service_whoever_they_log_in_as() -> None:
    urls = ("postgresql://a:secret@db:5432/encode", "postgresql://b:other@db:5432/encode")
    assert len({Settings(database=url).service_id for url in urls}) == 1


@pytest.mark.parametrize(
    "other",
    ["postgresql://a:secret@db:5432/other", "postgresql://a:secret@db2:5432/encode", "sqlite:////data/jobs"],
)
def test_another_database_is_another_service(other: str) -> None:
    assert Settings(database=other).service_id != Settings(database="postgresql://a@db:5432/encode").service_id


def test_the_same_path_on_another_host_is_another_service(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = set()
    for host in ("one", "two"):
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        ids.add(Settings(database="sqlite:////data/jobs.sqlite").service_id)
    assert len(ids) == 2


def test_key_and_database_password_are_secrets() -> None:
    assert Settings(api_key="k3y", database="postgresql://a:p4ss@db/encode").secrets == ("k3y", "p4ss")
    assert Settings(database="postgresql://a:p%40ss@db/encode").secrets == ("p%40ss", "p@ss")
    assert Settings(database="sqlite:////data/jobs.sqlite").secrets == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [("ENCODE_MEDIA_LOG", "xml"), ("ENCODE_MEDIA_METRICS_PORT", "http"), ("ENCODE_MEDIA_UNSERVED_LIMIT", "-1")],
)
def test_a_value_that_cant_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidParameters, match=name):
        read_settings({name: value})


def test_without_a_port_there_are_no_figures_and_0_is_any_port() -> None:
    assert read_settings({}).metrics_port is None
    assert read_settings({"ENCODE_MEDIA_METRICS_PORT": "0"}).metrics_port == 0


def test_a_child_does_not_speak_to_our_supervisor() -> None:
    assert child_environment({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "1", "PATH": "/bin"}) == {"PATH": "/bin"}
