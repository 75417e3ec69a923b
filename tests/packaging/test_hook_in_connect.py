"""The hook as Connect uses it: loaded by ftrack_api's own plug-in loader, in a session of the artist."""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.event.base
import pytest

from support.listening import Listening, listening, sandbox_sources, settings_for
from support.sandbox import RunningSandbox, running_sandbox
from support.waiting import wait_for

HOOKS = Path(__file__).parents[2] / "hooks"
HOOK = HOOKS / "encode_media_hook.py"
MAKE_WEB_PLAYABLE = "ftrack.connect.publish.make-web-playable"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    data = tmp_path_factory.mktemp("hook")
    sandbox_sources(data)
    with running_sandbox(data) as running:
        yield running


@pytest.fixture
def service(sandbox: RunningSandbox) -> Iterator[Listening]:
    with listening(settings_for(sandbox)) as running:
        running.wait_until_connected()
        yield running


class Connect:
    """A session with the hook, its hub heard on a thread of its own, as in Connect."""

    def __init__(self, session: ftrack_api.Session) -> None:
        self.session = session
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def publish(self, topic: str, **data: Any) -> list[Any]:
        """What the handlers in this process answer."""
        event = ftrack_api.event.base.Event(topic, data=data)
        found: list[Any] = self.session.event_hub.publish(event, synchronous=True)
        return found

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def _listen(self) -> None:
        while not self._stop.is_set():
            self.session.event_hub.wait(duration=0.1)


@pytest.fixture
def connect(sandbox: RunningSandbox) -> Iterator[Connect]:
    running = Connect(sandbox.session("artist", hub=True, plugin_paths=[str(HOOKS)]))
    yield running
    running.close()


def version_id(sandbox: RunningSandbox, asset: str = "sh010_comp") -> str:
    query = "select id from AssetVersion where asset.name is {0}"
    return str(sandbox.session().query(query.format(asset)).one()["id"])


def shot(sandbox: RunningSandbox) -> list[dict[str, str]]:
    found = sandbox.session().query("select id from Shot where name is sh010").one()
    return [{"entityId": found["id"], "entityType": "shot"}]


def hook_subscriptions(session: ftrack_api.Session) -> list[Any]:
    return [item for item in session.event_hub._subscribers if item.callback.__module__ not in sys.modules]


def test_there_is_exactly_one_file_because_connect_loads_all() -> None:
    assert [path.name for path in HOOKS.rglob("*.py")] == [HOOK.name]


def test_it_is_written_for_the_oldest_connect_and_needs_only_what_is_there() -> None:
    tree = ast.parse(HOOK.read_text(encoding="utf-8"), feature_version=(3, 8))

    names = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {str(name).split(".")[0] for name in names} <= sys.stdlib_module_names | {"ftrack_api"}


def test_every_subscription_to_other_people_s_events_is_for_the_session_s_user_only(connect: Connect) -> None:
    own = {str(item.subscription) for item in hook_subscriptions(connect.session)}

    assert len(own) == 5
    assert all(
        'source.user.username="artist"' in text or "ftrack.connect.plugin" in text or "verify-startup" in text
        for text in own
    )


def test_the_launch_tab_shows_one_tile_for_what_connect_lets_select(
    sandbox: RunningSandbox, connect: Connect
) -> None:
    answers = connect.publish("ftrack.action.discover", selection=shot(sandbox))

    assert [item["label"] for answer in answers for item in answer["items"]] == ["Encode Media"]
    assert connect.publish("ftrack.action.discover", selection=[{"entityId": "x", "entityType": "user"}]) == [None]


def test_the_web_interface_gets_its_entry_from_the_service_and_not_from_every_connect(
    sandbox: RunningSandbox, connect: Connect
) -> None:
    event = ftrack_api.event.base.Event(
        "ftrack.action.discover",
        data={"selection": shot(sandbox)},
        source={"applicationId": "ftrack.client.web", "user": {"username": "artist"}},
    )

    assert connect.session.event_hub.publish(event, synchronous=True) == [None]


def test_a_click_in_the_launch_tab_encodes_the_latest_versions_with_the_default_preset(
    sandbox: RunningSandbox, service: Listening, connect: Connect
) -> None:
    (found,) = connect.publish("ftrack.action.discover", selection=shot(sandbox))

    (answer,) = connect.publish("ftrack.action.launch", selection=shot(sandbox), **found["items"][0])

    assert answer["success"] is True
    assert "2 versions queued" in answer["message"]
    assert {(r.request.preset, r.request.origin) for r in service.engine.jobs()} == {("review", "connect")}


def test_without_a_service_and_a_runner_a_click_is_answered_with_what_to_do(
    sandbox: RunningSandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_waiting(connect, monkeypatch)
    monkeypatch.setenv("ENCODE_MEDIA_COMMAND", "0")
    (found,) = connect.publish("ftrack.action.discover", selection=shot(sandbox))

    (answer,) = connect.publish("ftrack.action.launch", selection=shot(sandbox), **found["items"][0])

    assert answer["success"] is False
    assert "No Encode Media service answers" in answer["message"]
    assert "install Encode Media here" in answer["message"]


def test_without_a_service_a_click_starts_the_person_s_own_runner_and_encodes_there(
    sandbox: RunningSandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    for name, value in (
        ("ENCODE_MEDIA_COMMAND", str(Path(sys.executable).with_name("encode-media"))),
        ("ENCODE_MEDIA_DATA", str(data)),
        ("HOME", str(tmp_path)),
        ("USERPROFILE", str(tmp_path)),
    ):
        monkeypatch.setenv(name, value)
    (found,) = connect.publish("ftrack.action.discover", selection=shot(sandbox))
    limit_waiting(connect, monkeypatch, 1.0)
    parts = hook_subscriptions(connect.session)[0].callback.__globals__
    monkeypatch.setitem(parts, "RUNNER_S", 120.0)
    try:
        (answer,) = connect.publish("ftrack.action.launch", selection=shot(sandbox), **found["items"][0])
        assert answer["success"] is True, answer
        assert "2 versions" in answer["message"]
        assert (data / "jobs.sqlite").is_file()
        assert "FTRACK_API_KEY" not in " ".join(next(iter(parts["RUNNERS"].values())).command)
    finally:
        for runner in parts["RUNNERS"].values():
            runner.stop()
            runner.process.wait(30)


def limit_waiting(connect: Connect, monkeypatch: pytest.MonkeyPatch, seconds: float = 0.3) -> None:
    for item in hook_subscriptions(connect.session):
        monkeypatch.setitem(item.callback.__globals__, "ACCEPT_S", seconds)


def with_connect_s_own_hook(connect: Connect) -> list[str]:
    """The versions Connect's hook was asked to make playable: it comes after ours."""
    asked: list[str] = []
    connect.session.event_hub.subscribe(
        f"topic={MAKE_WEB_PLAYABLE}", lambda event: asked.append(event["data"]["versionId"]), priority=100
    )
    return asked


def test_a_publish_in_connect_becomes_our_job_and_connect_s_own_hook_rests(
    sandbox: RunningSandbox, service: Listening, connect: Connect
) -> None:
    fallback, version = with_connect_s_own_hook(connect), version_id(sandbox)

    connect.publish(MAKE_WEB_PLAYABLE, versionId=version, path="/p/f.%04d.exr [1-10]")

    assert fallback == []
    (record,) = service.engine.jobs()
    assert record.request.target is not None
    assert (record.request.target.version_id, record.request.target.username) == (version, "artist")


@pytest.mark.parametrize("asset", ["sh030_notes", "sh020_anim"])
def test_a_publish_the_service_can_not_encode_is_left_to_connect_s_own_hook(
    sandbox: RunningSandbox, service: Listening, connect: Connect, asset: str
) -> None:
    assert service.listener.connected.is_set()
    fallback, version = with_connect_s_own_hook(connect), version_id(sandbox, asset)

    def refused() -> bool:
        # Until the source was read once, only the job can tell what is wrong with it.
        connect.publish(MAKE_WEB_PLAYABLE, versionId=version, path="/p/a.mov")
        return bool(fallback)

    wait_for(refused, what="the service refusing what it can't encode")
    assert fallback == [version]


def test_a_publish_of_a_version_the_service_can_not_see_is_left_to_connect_s_own_hook(
    service: Listening, connect: Connect
) -> None:
    fallback = with_connect_s_own_hook(connect)

    connect.publish(MAKE_WEB_PLAYABLE, versionId="no-such-version", path="/p/a.mov")

    assert fallback == ["no-such-version"]
    assert service.engine.jobs() == []


def test_without_a_service_a_publish_is_left_to_connect_s_own_hook(
    sandbox: RunningSandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_waiting(connect, monkeypatch)
    fallback, version = with_connect_s_own_hook(connect), version_id(sandbox)

    connect.publish(MAKE_WEB_PLAYABLE, versionId=version, path="/p/a.mov")

    assert fallback == [version]


def test_a_job_accepted_too_late_is_cancelled_because_connect_took_over(
    sandbox: RunningSandbox, service: Listening, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_waiting(connect, monkeypatch, 0.0)
    service.gate.clear()

    connect.publish(MAKE_WEB_PLAYABLE, versionId=version_id(sandbox), path="/p/a.mov")

    wait_for(
        lambda: [record for record in service.engine.jobs() if record.stage.value == "cancelled"],
        what="the cancelled job",
    )


def test_the_about_window_gets_one_entry_under_the_folder_s_name(connect: Connect) -> None:
    (entry,) = connect.publish("ftrack.connect.plugin.debug-information")

    assert entry["name"] == "ftrack-encode-media"
    assert entry["version"].count(".") == 2
    assert sandbox_secret_free(entry)
    assert connect.publish("ftrack.connect.verify-startup") == [None]


def sandbox_secret_free(entry: dict[str, Any]) -> bool:
    return "key" not in json.dumps(entry).lower()


def test_registering_twice_works_and_in_another_session_too(sandbox: RunningSandbox) -> None:
    first = sandbox.session("artist", plugin_paths=[str(HOOKS), str(HOOKS)])
    second = sandbox.session("supervisor", plugin_paths=[str(HOOKS)])

    assert len(hook_subscriptions(first)) == 10
    assert len(hook_subscriptions(second)) == 5


def load_hook() -> Any:
    from ftrack_api.plugin import load_source

    return load_source("hook_under_test", str(HOOK))


@pytest.mark.parametrize("session", [None, object(), "session"])
def test_another_api_calling_the_same_file_is_left_alone(session: object) -> None:
    assert load_hook().register(session) is None


def test_a_session_that_can_not_be_used_is_logged_and_nothing_escapes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hook = load_hook()

    class Broken(ftrack_api.Session):
        def __init__(self) -> None:
            pass

        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("broken")

        def __del__(self) -> None:
            pass

    monkeypatch.setattr(hook, "isinstance", lambda *_: True, raising=False)
    with caplog.at_level(logging.ERROR):
        hook.register(Broken())

    assert "Encode Media could not be registered" in caplog.text


def test_it_loads_where_nothing_but_ftrack_api_is_installed(tmp_path: Path) -> None:
    """Connect's interpreter has none of our libraries; a meta path finder hides them here."""
    script = tmp_path / "connect.py"
    script.write_text(
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'encode_media', 'dbos', 'av', 'jinja2', 'yaml', 'pydantic'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from ftrack_api.plugin import load_source\n"
        f"hook = load_source('hook', {str(HOOK)!r})\n"
        "hook.register(None)\n"
        "print('loaded')\n"
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)], capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "loaded", done.stderr
