"""The API key in no log, event, note, form, argument list, database or temporary file of a full run."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.listening import sandbox_sources
from support.service import Studio, studio
from support.waiting import wait_for

pytestmark = pytest.mark.timeout(400)

PROC = Path("/proc")
ALLOWED = {"credentials.json", "sandbox.sqlite", "sandbox.sqlite-wal"}
"""The stand-in server keeps its own key; everything else is ours."""


class Watcher:
    """Looks at the argument lists of all processes, and at the events, while a run goes on."""

    def __init__(self, session: Any) -> None:
        self.argument_lists: set[bytes] = set()
        self.events: list[str] = []
        self._stop = threading.Event()
        session.event_hub.subscribe("topic=*", lambda event: self.events.append(json.dumps(event._data)))
        self._session = session

    def heard(self, topic: str) -> bool:
        return any(topic in event for event in self.events)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._look), threading.Thread(target=self._listen)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(20)

    def _look(self) -> None:
        while not self._stop.wait(0.3):
            for folder in PROC.glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    self.argument_lists.add((folder / "cmdline").read_bytes())

    def _listen(self) -> None:
        while not self._stop.is_set():
            self._session.event_hub.wait(0.2)


def submit_to_fail(running: Studio, *words: str) -> dict[str, Any]:
    """A job over what is no media, from the command line, which has the key in its environment."""
    database = f"sqlite:///{(running.server.data / 'jobs.sqlite').as_posix()}"
    command = [sys.executable, "-m", "encode_media", *words, "submit", "--preset", "review", "--wait", "--json"]
    done = subprocess.run(
        [*command, "--version", running.version("sh030_notes")["id"]],
        env={**os.environ, **running.server.environ, "ENCODE_MEDIA_DB": database},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return {"status": json.loads(done.stdout)["stage"], "stdout": done.stdout, "stderr": done.stderr}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, Watcher, Any]]:
    """A service that published, failed and was cancelled, with everything a person was shown."""
    data = tmp_path_factory.mktemp("studio") / "data"
    sandbox_sources(data)
    temporary = data.parent / "temporary"
    temporary.mkdir()
    environ = {"TMPDIR": str(temporary), "ENCODE_MEDIA_LOG": "text"}
    with studio(data, environ=environ) as running:
        watcher = Watcher(running.server.session(hub=True))
        with watcher.watching():
            shown: list[Any] = [running.item(running.selection("sh010_comp"))]
            shown += [running.form(running.selection("sh010_comp", "sh030_notes"))]
            shown += [running.submit(running.selection("sh010_comp"), preset="review")]
            wait_for(lambda: watcher.heard("encode-media.result"), timeout_s=200, what="the result")
            shown += [
                running.client.submit({"versionId": running.version("sh030_notes")["id"], "preset": "review"})
            ]
            shown += running.results(1)
            shown += [submit_to_fail(running), submit_to_fail(running, "-v", "-v")]
            shown += [running.client.submit("review", version_id="no such version")]
        yield running, watcher, shown


def test_what_people_and_programs_are_shown_has_no_key(watched: tuple[Studio, Watcher, Any]) -> None:
    running, watcher, shown = watched
    key = running.server.address.api_key
    assert [item.get("status") for item in shown].count("failed") == 2
    assert key not in json.dumps(shown, default=str)
    assert any('"status": "done"' in event for event in watcher.events)
    assert not [event for event in watcher.events if key in event]


@pytest.mark.skipif(not PROC.is_dir(), reason="argument lists of others are seen in /proc only")
def test_no_argument_list_has_the_key(watched: tuple[Studio, Watcher, Any]) -> None:
    running, watcher, _ = watched
    assert any(b"-filter_complex" in words for words in watcher.argument_lists)
    assert not [words for words in watcher.argument_lists if running.server.address.api_key.encode() in words]


def test_no_entity_has_the_key(watched: tuple[Studio, Watcher, Any]) -> None:
    running, _, _ = watched
    session, key = running.server.session(), running.server.address.api_key
    for expression in (
        "select content from Note", "select data from Job", "select value from Metadata",
        "select resource_identifier from ComponentLocation", "select name from Component",
    ):  # fmt: skip
        name = expression.split()[1]
        assert not [row for row in session.query(expression) if key in str(row[name])], expression


def test_no_file_of_ours_has_the_key(watched: tuple[Studio, Watcher, Any]) -> None:
    running, _, _ = watched
    key, root = running.server.address.api_key.encode(), running.server.data.parent
    files = [path for path in root.rglob("*") if path.is_file()]
    assert running.log in files
    assert any(path.name.startswith("jobs.sqlite") for path in files)
    assert {path.name for path in files if key in path.read_bytes()} - ALLOWED == set()
    assert b"sh030_notes" in running.log.read_bytes()
