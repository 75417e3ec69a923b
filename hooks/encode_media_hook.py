# Loaded by ftrack Connect, in the Python of whatever Connect that is: 3.8 syntax, standard library and
# ftrack_api only, no state shared between calls of `register`, nothing slow. It encodes nothing: it hands
# wishes to the Encode Media service over the event hub and tells what became of them.
"""Encode Media in ftrack Connect: a tile in the launch tab, and review media for what is published there."""

import logging
import os
import platform
import re
import threading

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

NO_SERVICE = "No Encode Media service answers. Ask whoever runs it to start it."
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
        self.action_id = "encode-media." + re.sub(r"[^A-Za-z0-9_.-]", "-", platform.node() or "local")
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
        answer = self.ask({"selection": selection_of(event), "options": {}})
        if answer is None:
            return {"success": False, "message": NO_SERVICE}
        return {"success": bool(answer.get("success")), "message": str(answer.get("message") or "")}

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

        wish = Wish(self.session.event_hub)
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

    def __init__(self, hub):
        self._hub = hub
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

        event = ftrack_api.event.base.Event(topic=CANCEL_TOPIC, data={"jobId": job_id})
        self._hub.publish(event, on_error="ignore")


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
