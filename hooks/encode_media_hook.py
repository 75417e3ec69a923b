# Loaded by ftrack Connect, in the Python of whatever Connect that is: 3.8 syntax, standard library and
# ftrack_api only, no state shared between calls of `register`, nothing slow. It encodes nothing: it hands
# wishes to the Encode Media service over the event hub and tells what became of them. Where no service answers
# a click, it starts the person's own runner: a process of its own, which answers nobody else.
"""Encode Media in ftrack Connect: a tile in the launch tab, and review media for what is published there."""

import atexit
import logging
import os
import platform
import re
import shutil
import subprocess
import threading
import time

log = logging.getLogger("ftrack.encode_media.hook")

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLUGIN_NAME = "ftrack-encode-media"

SUBMIT_TOPIC = "encode-media.submit"
CANCEL_TOPIC = "encode-media.cancel"
PUBLISH_PRIORITY = 40
"""Before Connect's own hook, which has 100 and gives up on sequences."""
ACCEPT_S = 5.0
"""The service answers within a second; after this Connect's own hook takes over."""

# What Connect's launch tab offers to select; the service finds the versions below it.
ENTITY_TYPES = frozenset(
    "assetversion task typedcontext shot sequence episode assetbuild folder show project".split()
)

COMMAND_VARIABLE = "ENCODE_MEDIA_COMMAND"
"""The program of a person's own runner; empty looks for `encode-media` on PATH, `0` starts none."""
RUNNER_S = 45.0
"""How long a runner that was just started may take until it answers."""
PAUSE_S = 1.0

NO_SERVICE = (
    "No Encode Media service answers, and there is none to start on this machine. Ask whoever runs the service to "
    "start it, or install Encode Media here (its README says how)."
)
NOT_ANSWERING = (
    "No Encode Media service answers. A runner was started on this machine ({0}), but it does not answer yet: "
    "try again in a minute. What it says is in {1}"
)
INCOMPLETE = "Encode Media is not completely installed. Please install the plug-in again."


def register(session, **_kw):
    """Subscribes for the session's own user. Called by ftrack_api's plug-in loader; never raises."""
    try:
        import ftrack_api

        if not isinstance(session, ftrack_api.Session):
            return
        Hook(session).subscribe()
    except Exception:
        # What escapes from here keeps Connect from getting a session at all.
        log.exception("Encode Media could not be registered")


class Hook:
    """The subscriptions of one session."""

    def __init__(self, session):
        self.session = session
        # A user may run Connect on two machines: each answers for itself only.
        self.host = re.sub(r"[^A-Za-z0-9_.-]", "-", platform.node() or "local")
        self.action_id = "encode-media." + self.host
        self.service = "not asked yet"

    def subscribe(self):
        hub = self.session.event_hub
        own = ' and source.user.username="{0}"'.format(self.session.api_user.replace('"', ""))
        hub.subscribe("topic=ftrack.action.discover" + own, guarded(self.discover))
        hub.subscribe(
            'topic=ftrack.action.launch and data.actionIdentifier="{0}"'.format(self.action_id) + own,
            guarded(self.launch, failed_reply),
        )
        hub.subscribe(
            "topic=ftrack.connect.publish.make-web-playable" + own,
            guarded(self.make_web_playable),
            priority=PUBLISH_PRIORITY,
        )
        hub.subscribe("topic=ftrack.connect.plugin.debug-information", guarded(self.debug_information))
        hub.subscribe("topic=ftrack.connect.verify-startup", guarded(self.verify_startup))

    def discover(self, event):
        """A tile in Connect's launch tab. In the web interface the service answers by itself."""
        if from_browser(event):
            return None
        if not any(is_known_type(entry) for entry in selection_of(event)):
            return None
        return {
            "items": [
                {
                    "label": "Encode Media",
                    "description": "Make review media of the latest versions",
                    "actionIdentifier": self.action_id,
                }
            ]
        }

    def launch(self, event):
        """Connect shows no forms, so the service encodes with its default preset."""
        if from_browser(event):
            # The person's own runner has this identifier, too, and answers a browser with its form.
            return None
        wish = {"selection": selection_of(event), "options": {}}
        answer = self.ask(wish)
        if answer is None:
            runner = start_runner(self.session)
            # By name: a service that comes back meanwhile must not encode the same once more.
            wish["runner"] = self.host
            if runner is None:
                return {"success": False, "message": NO_SERVICE}
            answer = self.ask_again(wish, runner)
            if answer is None:
                return {"success": False, "message": NOT_ANSWERING.format(runner.command[0], runner.log)}
        return {"success": bool(answer.get("success")), "message": str(answer.get("message") or "")}

    def ask_again(self, data, runner):
        """What a runner that is just starting answers, or None."""
        until = time.time() + RUNNER_S
        while time.time() < until and runner.is_alive():
            answer = self.ask(data)
            if answer is not None:
                return answer
            time.sleep(PAUSE_S)
        return None

    def make_web_playable(self, event):
        """Review media for a published version; Connect's own hook goes on unless the service took the job."""
        version_id = event["data"].get("versionId")
        if not version_id:
            return
        answer = self.ask({"versionId": version_id, "options": {}})
        if answer is not None and answer.get("success"):
            event.stop()
            log.info("Encode Media took over the review media: %s", answer.get("message"))
        else:
            reason = answer.get("message") if answer else "no service answers"
            log.info("Connect makes the review media itself: %s", reason)

    def debug_information(self, _event):
        """For Connect's About window; the name is the folder's, so that both become one entry."""
        return {
            "name": PLUGIN_NAME,
            "version": bundle_version(),
            "debug_information": {"folder": ROOT, "action": self.action_id, "service": self.service},
        }

    def verify_startup(self, _event):
        """A warning for the user at Connect's start, or None."""
        complete = all(os.path.isdir(os.path.join(ROOT, name)) for name in ("presets", "resource"))
        return None if complete else INCOMPLETE

    def ask(self, data):
        """What the service answered to a wish, or None."""
        import ftrack_api.event.base

        wish = Wish(self.session.event_hub, data.get("runner"))
        event = ftrack_api.event.base.Event(topic=SUBMIT_TOPIC, data=dict(data, origin="connect"))
        try:
            self.session.event_hub.publish(event, on_reply=wish.answered)
        except Exception as error:
            log.warning("The event hub can't be used: %s", error)
            return None
        answer = wish.answer()
        self.service = "answered" if answer is not None else "did not answer"
        return answer


class Wish:
    """One wish on its way to the service and back; answered by the hub's thread, awaited by another."""

    def __init__(self, hub, runner=None):
        self._hub = hub
        self._runner = runner
        self._lock = threading.Lock()
        self._here = threading.Event()
        self._data = None
        self._over = False

    def answered(self, event):
        data = dict(event["data"])
        with self._lock:
            late = self._over
            if not late and self._data is None:
                self._data = data
        self._here.set()
        # Nobody waits for it any more, and Connect made the review media itself.
        if late and data.get("created"):
            self._cancel(data["jobId"])

    def answer(self):
        self._here.wait(ACCEPT_S)
        with self._lock:
            self._over = self._data is None
            return self._data

    def _cancel(self, job_id):
        import ftrack_api.event.base

        data = {"jobId": job_id}
        if self._runner:
            data["runner"] = self._runner
        event = ftrack_api.event.base.Event(topic=CANCEL_TOPIC, data=data)
        self._hub.publish(event, on_error="ignore")


class Runner:
    """A person's own service, as a process beside Connect; it ends with Connect."""

    def __init__(self, command, process, log_path):
        self.command = command
        self.process = process
        self.log = log_path

    def is_alive(self):
        return self.process.poll() is None

    def stop(self):
        # What it was encoding goes on at its next start.
        if self.is_alive():
            self.process.terminate()


RUNNERS = {}
"""By server and user: Connect opens several sessions in its life, and all of them want the same one."""
STARTING = threading.Lock()


def start_runner(session):
    """The runner of the session's user, started unless it runs; None if there is nothing to start."""
    with STARTING:
        key = (session.server_url, session.api_user)
        known = RUNNERS.get(key)
        if known is not None and known.is_alive():
            return known
        command = runner_command()
        if not command:
            return None
        try:
            RUNNERS[key] = launch_runner(command, session)
        except OSError as error:
            log.warning("%s could not be started: %s", command[0], error)
            return None
        return RUNNERS[key]


def runner_command():
    """The argument list of the program that serves one person; empty where there is none."""
    chosen = os.environ.get(COMMAND_VARIABLE, "")
    if chosen == "0":
        return []
    # Never `sys.executable`: in an installed Connect that is Connect itself.
    program = chosen or shutil.which("encode-media")
    return [program, "serve"] if program else []


def launch_runner(command, session):
    # Credentials go through the environment: argument lists can be read by everybody on the machine.
    environ = dict(os.environ)
    environ.update(
        FTRACK_SERVER=session.server_url,
        FTRACK_API_USER=session.api_user,
        FTRACK_API_KEY=session.api_key,
        ENCODE_MEDIA_PERSONAL="1",
    )
    # A frozen Connect points the library path into itself, and keeps the system's under *_ORIG.
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        original = environ.pop(name + "_ORIG", None)
        if original:
            environ[name] = original
        elif original is not None:
            environ.pop(name, None)
    path = os.path.join(os.path.expanduser("~"), ".encode-media-runner.log")
    with open(path, "ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environ)
    runner = Runner(command, process, path)
    atexit.register(runner.stop)
    log.info("No service answered; started %s for %s", command[0], session.api_user)
    return runner


def guarded(handler, on_failure=None):
    """The handler, logging whatever it raises: the hub would swallow it, or an answer would be missing."""

    def handle(event):
        try:
            return handler(event)
        except Exception as error:
            log.exception("Encode Media stumbled over an event")
            return on_failure(error) if on_failure else None

    return handle


def failed_reply(error):
    return {"success": False, "message": "Encode Media stumbled: {0}".format(error)}


def from_browser(event):
    return event["source"].get("applicationId") == "ftrack.client.web"


def selection_of(event):
    """The selected entries, at the top level or under `context`."""
    data = event["data"]
    found = data.get("selection") or (data.get("context") or {}).get("selection") or []
    return [dict(entry) for entry in found if isinstance(entry, dict)]


def is_known_type(entry):
    return str(entry.get("entityType", "")).lower().replace("_", "") in ENTITY_TYPES


def bundle_version():
    """The version the build wrote beside `hook/`; in a checkout the package's own."""
    for path in (
        os.path.join(ROOT, "__version__.py"),
        os.path.join(ROOT, "plugin", "encode_media", "version.py"),
    ):
        if os.path.isfile(path):
            with open(path) as file:
                match = re.search(r"__version__ = ['\"]([^'\"]+)['\"]", file.read())
            if match:
                return match.group(1)
    return "unknown"
