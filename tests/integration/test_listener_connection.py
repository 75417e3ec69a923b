"""Whatever happens to the hub's connection, the listener answers again without a hand."""

from __future__ import annotations

import logging
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from encode_media.errors import NotPermitted
from encode_media.ftrack.listener import Listener
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.presets.catalog import Catalog
from encode_media.settings import Settings
from support.listening import Listening, asking, listening, selected, settings_for
from support.sandbox import RunningSandbox, running_sandbox, start_in_process
from support.waiting import wait_for


def answers(sandbox: RunningSandbox) -> bool:
    """True if a menu opened now has our entry."""
    with asking(sandbox) as client:
        return bool(client.discover(selected(sandbox, "sh010_comp"), timeout_s=1.0))


def wait_until_lost(service: Listening) -> None:
    wait_for(lambda: not service.listener.connected.is_set(), what="the loss being noticed")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_away_at_the_start_is_waited_for_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running_sandbox(tmp_path / "data") as sandbox:
        address, port = sandbox.address, sandbox.port
    settings = Settings(server=address.server_url, api_user=address.api_user, api_key=address.api_key)

    with caplog.at_level(logging.WARNING, "encode_media"), listening(settings) as service:
        wait_for(lambda: "does not answer" in caplog.text, what="a word about the missing server")
        with running_sandbox(tmp_path / "data", port=port) as sandbox:
            service.wait_until_connected()
            assert answers(sandbox)

            assert caplog.text.count("The ftrack server does not answer") == 1
            assert address.api_key not in caplog.text


def test_a_restarted_server_is_found_again(tmp_path: Path) -> None:
    sandbox = start_in_process(tmp_path / "data")
    port = sandbox.port
    with listening(settings_for(sandbox)) as service:
        service.wait_until_connected()
        sandbox.close_sessions()
        sandbox.stop()
        wait_until_lost(service)
        # The client silences all logging while it tries again; it must not be left to that for minutes.
        wait_for(lambda: logging.root.manager.disable == logging.NOTSET, what="log lines")

        with running_sandbox(tmp_path / "data", port=port) as again:
            service.wait_until_connected()
            assert answers(again)


def test_a_clean_close_which_deafens_the_client_is_noticed(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox, listening(settings_for(sandbox)) as service:
        service.wait_until_connected()
        first = service.listener._connection
        assert first is not None

        first._hub._connection.close()

        wait_for(lambda: service.listener._connection not in (None, first), what="a new connection")
        service.wait_until_connected()
        assert answers(sandbox)


def test_a_connection_that_looks_alive_but_hears_nothing_is_replaced(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox, listening(settings_for(sandbox), health_s=0.4) as service:
        service.wait_until_connected()
        first = service.listener._connection
        assert first is not None

        first._hub._processor_thread.cancel()  # what a malformed packet does: the reader ends, the socket stays

        wait_for(lambda: service.listener._connection not in (None, first), what="a new connection")
        service.wait_until_connected()
        assert answers(sandbox)


def test_a_healthy_connection_is_kept(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox, listening(settings_for(sandbox), health_s=0.2) as service:
        service.wait_until_connected()
        first = service.listener._connection
        assert first is not None

        wait_for(lambda: first._heard_beat >= 5, what="five messages to itself")

        assert service.listener._connection is first


def test_a_clock_that_is_put_back_does_not_stop_the_listener_from_looking_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = time.time
    with running_sandbox(tmp_path / "data") as sandbox, listening(settings_for(sandbox)) as service:
        service.wait_until_connected()
        monkeypatch.setattr(time, "time", lambda: right() - 86400)
        service.stop.set()
        service.thread.join(10)
        assert not service.thread.is_alive()


def test_an_event_that_makes_the_client_stumble_does_not_end_the_listener(tmp_path: Path) -> None:
    import ftrack_api.event.base

    with running_sandbox(tmp_path) as sandbox, listening(settings_for(sandbox)) as service:
        service.wait_until_connected()
        connection = service.listener._connection
        assert connection is not None
        # Ordering a number against a text raises inside the client, out of its wait.
        connection._hub.subscribe('topic=test and data.count > "5"', lambda _event: None)
        connection._hub._event_queue.put(ftrack_api.event.base.Event("test", data={"count": 7}))

        assert answers(sandbox)
        assert service.listener._connection is connection


def test_refused_credentials_end_the_service_with_the_reason(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        settings = replace(settings_for(sandbox), api_key="wrong")
        engine = MemoryEngine(lambda _context, _request: {"status": "done"})

        with pytest.raises(NotPermitted) as caught:
            Listener(settings, engine, Catalog()).run(threading.Event())

    assert caught.value.code == "server.credentials"


def test_the_service_stops_at_once_while_it_waits_for_a_server() -> None:
    settings = Settings(server=f"http://127.0.0.1:{free_port()}", api_user="a", api_key="b")

    with listening(settings) as service:
        service.stop.set()
        service.thread.join(5)

        assert not service.thread.is_alive()
