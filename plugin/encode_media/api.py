"""`encode_media.submit`: for pipeline scripts that have an `ftrack_api.Session`.

A running service is asked over the event hub. Where none answers, or the source is only a path on this machine,
the same encode runs here, in a thread.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from encode_media.errors import EncodeMediaError, failure
from encode_media.model.needs import checked_needs
from encode_media.model.request import Options, SplitWish, checked_split
from encode_media.model.result import Progress, RunResult, Stage
from encode_media.settings import Settings, read_settings

if TYPE_CHECKING:
    import ftrack_api

POLL_S = 0.1


class Follower(Protocol):
    """Whoever knows how an accepted encode goes on: `job_here` or `job_elsewhere`."""

    def progress(self) -> Progress: ...

    def result(self) -> RunResult | None:
        """None until it has ended."""
        ...

    def cancel(self) -> None: ...

    def close(self) -> None:
        """Lets go of connections and threads. Safe to repeat."""
        ...


class EncodeJob:
    """An accepted encode. Made by `submit`."""

    def __init__(self, job_id: str, follower: Follower) -> None:
        self.job_id = job_id
        self._follower = follower
        self._result: RunResult | None = None

    def __repr__(self) -> str:
        return f"EncodeJob({self.job_id!r}, {self.progress.stage.value} {self.progress.percent} %)"

    @property
    def progress(self) -> Progress:
        """Stage, percent and time left as last heard."""
        return self._follower.progress()

    def wait(self, timeout: float | None = None) -> RunResult:
        """The result, when it is there. Asking again gives it again.

        Raises:
            TimeoutError: it isn't done after `timeout` seconds; it goes on.
            EncodeMediaError: it failed, with the error's own class; `Cancelled` if it was cancelled.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while self._result is None:
            self._result = self._follower.result()
            if self._result is None:
                if until is not None and time.monotonic() > until:
                    raise TimeoutError(f"not done after {timeout} s, {self.progress.stage.value}")
                time.sleep(POLL_S)
        self._follower.close()
        if self._result.error is not None:
            raise EncodeMediaError.from_dict(self._result.error)
        if self._result.status == Stage.CANCELLED.value:
            raise failure("cancelled")
        return self._result

    def cancel(self) -> None:
        """Asks for the end; `wait` then raises `Cancelled`."""
        self._follower.cancel()


def submit(
    session: ftrack_api.Session,
    *,
    version: Any = None,
    component: Any = None,
    source_path: str | os.PathLike[str] | None = None,
    again: Any = None,
    preset: str | None = None,
    options: Options | None = None,
    keep_source: bool = False,
    needs: Sequence[str] = (),
    split: SplitWish = "auto",
) -> EncodeJob:
    """Encodes a version or component and publishes the result on the version; returns at once.

    Args:
        session: whose server and user are taken; the session itself is left alone but for `keep_source`.
        version: an AssetVersion. Its best source component is taken, or `source_path`.
        component: the source component; its version is taken.
        source_path: a movie, still or sequence (`/p/f.%04d.exr [1-10]`) on this machine, for `version`.
        again: a version or component that Encode Media published (or its id): made once more from the same source
            with its preset as it was then, even if that has changed since; nothing else is named beside it.
            What another key published is not exact: the preset is taken as it is now, and a warning logged.
        preset: a preset's name; `review` where none is named.
        options: values for the preset's options.
        keep_source: publish `source_path` as a component of the version, too.
        needs: what a service's worker must offer, such as `gpu` (its `ENCODE_MEDIA_CAPABILITIES`).
        split: whether a service's workers shall share the encode: `auto` (where it is long and they are idle),
            `never`, or `always`, if it can be.

    Raises:
        InvalidParameters: nothing or too much was named, no such preset, an option it doesn't allow.
        SourceMissing, NotPermitted, ServerUnavailable: it was not accepted.
    """
    from encode_media.job_elsewhere import ask_service
    from encode_media.job_here import Wanted, run_here

    if again is not None:
        if any((version, component, source_path, preset, options, needs, keep_source)):
            raise failure("request.invalid", problem="again has a version, preset and options of its own")
    elif version is None and (component is None or source_path is not None):
        raise failure("request.invalid", problem="name a version, or a component, or a version and source_path")
    settings = _settings_of(session)
    wanted = Wanted(
        version_id=None if version is None else version["id"],
        component_id=None if component is None else component["id"],
        source=None if source_path is None else os.fspath(source_path),
        preset=preset or "review",
        options=options or {},
        needs=checked_needs(needs),
        split=checked_split(split),
        again=None if again is None else again if isinstance(again, str) else again["id"],
    )
    if keep_source and wanted.source is not None:
        version.create_component(wanted.source, data={"name": "main"}, location="auto")
        session.commit()
    accepted = None if wanted.source else ask_service(settings, wanted)
    return EncodeJob(*(accepted or run_here(settings, wanted)))


def _settings_of(session: ftrack_api.Session) -> Settings:
    return replace(read_settings(), server=session.server_url, api_user=session.api_user, api_key=session.api_key)
