"""The opened job database: our tables and the engine library's, in one transaction where it matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions

from encode_media.jobs.database import open_database, quiet_library_log, translated
from encode_media.jobs.job_table import SCHEMA

APPLICATION = "encode-media"
VERSION = "encode-media-1"
"""Raise it only when the list of steps in `workflow.py` changes: a job is finished by workers of the
version it was submitted to."""

ENCODE_QUEUE, CONTROL_QUEUE = "encode", "encode-control"
ENCODE_WORKFLOW, WITHDRAW_WORKFLOW = "encode_media", "encode_media_withdraw"


@dataclass(frozen=True, slots=True)
class Store:
    engine: sa.Engine
    client: DBOSClient

    def enqueue_job(self, conn: sa.Connection, job_id: str, request: dict[str, Any], priority: int) -> None:
        options = EnqueueOptions(
            workflow_name=ENCODE_WORKFLOW,
            queue_name=ENCODE_QUEUE,
            workflow_id=job_id,
            app_version=VERSION,
            priority=priority,  # always one: none given counts as 0 and would overtake everything
        )
        self.client.enqueue_in_transaction(conn, options, job_id, request)

    def enqueue_withdrawal(self, conn: sa.Connection, job_id: str, request: dict[str, Any]) -> None:
        options = EnqueueOptions(
            workflow_name=WITHDRAW_WORKFLOW,
            queue_name=CONTROL_QUEUE,
            workflow_id=withdrawal_id(job_id),
            app_version=VERSION,
            priority=1,
        )
        self.client.enqueue_in_transaction(conn, options, job_id, request)

    def forget(self, job_ids: Sequence[str]) -> None:
        """Removes the library's rows of ended jobs."""
        with translated():
            self.client.delete_workflows([*job_ids, *map(withdrawal_id, job_ids)])

    def close(self) -> None:
        self.client.destroy()
        self.engine.dispose()


def withdrawal_id(job_id: str) -> str:
    return f"{job_id}/withdraw"


def open_store(url: str) -> Store:
    """Raises `database.unavailable` within seconds where it can't be used."""
    quiet_library_log()
    engine = open_database(url)
    with translated():
        client = DBOSClient(
            system_database_engine=engine,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )
    return Store(engine, client)
