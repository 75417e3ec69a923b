"""Durable jobs on DBOS: steps survive their process, on SQLite or PostgreSQL by the same code."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from encode_media.errors import EncodeMediaError
from encode_media.jobs.dbos_client import DbosClient
from encode_media.jobs.engine import Submission, Workflow
from encode_media.jobs.profile import Profile
from encode_media.model.request import EncodeRequest

if TYPE_CHECKING:
    from encode_media.jobs.dbos_worker import Worker

__all__ = ["DbosClient", "DbosEngine"]

_log = logging.getLogger(__name__)
_AGAIN_S = 5.0
_LET_GO_S = 10.0


class DbosEngine(DbosClient):
    """A `JobEngine`. One per process at a time: the library underneath is a singleton."""

    def __init__(
        self,
        database_url: str,
        workflow: Workflow,
        *,
        slots: int = 1,
        name: str = "worker",
        profile: Profile | None = None,
    ) -> None:
        """`profile` says more than `slots` and `name`, and takes their place."""
        super().__init__(database_url)
        self._workflow = workflow
        self._profile = profile or Profile(name=name, slots=slots)
        self._worker: Worker | None = None
        self._changing = threading.RLock()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Raises `ServerUnavailable` where the database can't be used."""
        with self._changing:
            self._stopped.clear()
            self._start_worker()

    def _start_worker(self) -> None:
        from encode_media.jobs.dbos_worker import Worker

        worker = Worker(
            self._url,
            self.store(),
            self._workflow,
            self._profile,
            lost=self._start_anew_soon,
            purge=lambda age_s: self.purge(older_than_s=age_s),
        )
        worker.start()
        self._worker = worker

    def submit(self, request: EncodeRequest, *, again: bool = True) -> Submission:
        submission = super().submit(request, again=again)
        if (worker := self._worker) is not None:
            worker.wake()
        return submission

    def stop(self, *, wait_s: float = 5.0) -> bool:
        self._stopped.set()
        with self._changing:
            return self._stop_worker(wait_s)

    def _stop_worker(self, wait_s: float) -> bool:
        if self._worker is None:
            return True
        worker, self._worker = self._worker, None
        return worker.stop(wait_s=wait_s)

    def _start_anew_soon(self) -> None:
        threading.Thread(target=self._start_anew, name="encode-media-anew", daemon=True).start()

    def _start_anew(self) -> None:
        """This worker was taken for dead: what it did is somebody else's; it comes back as a new one."""
        with self._changing:
            self._stop_worker(_LET_GO_S)
        while not self._stopped.is_set():
            try:
                with self._changing:
                    if not self._stopped.is_set():
                        self._start_worker()
                return
            except EncodeMediaError as error:
                _log.warning("starting anew: %s", error)
            self._stopped.wait(_AGAIN_S)

    def close(self) -> None:
        self.stop()
        super().close()
