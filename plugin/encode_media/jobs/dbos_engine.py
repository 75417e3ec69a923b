"""Durable jobs on DBOS: steps survive their process, on SQLite or PostgreSQL by the same code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from encode_media.jobs.dbos_client import DbosClient
from encode_media.jobs.engine import Workflow

if TYPE_CHECKING:
    from encode_media.jobs.dbos_worker import Worker

__all__ = ["DbosClient", "DbosEngine"]


class DbosEngine(DbosClient):
    """A `JobEngine`. One per process at a time: the library underneath is a singleton."""

    def __init__(self, database_url: str, workflow: Workflow, *, slots: int = 1, name: str = "worker") -> None:
        super().__init__(database_url)
        self._workflow, self._slots, self._name = workflow, slots, name
        self._worker: Worker | None = None

    def start(self) -> None:
        """Raises `ServerUnavailable` where the database can't be used."""
        from encode_media.jobs.dbos_worker import Worker

        worker = Worker(self._url, self.store(), self._workflow, slots=self._slots, name=self._name)
        worker.start()
        self._worker = worker

    def stop(self, *, wait_s: float = 5.0) -> bool:
        if self._worker is None:
            return True
        worker, self._worker = self._worker, None
        return worker.stop(wait_s=wait_s)

    def close(self) -> None:
        self.stop()
        super().close()
