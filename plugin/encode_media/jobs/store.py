"""The opened job database: our tables, and the engine library's for the steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer

from encode_media.jobs.database import open_database, quiet_library_log, translated
from encode_media.jobs.job_table import SCHEMA

APPLICATION = "encode-media"
ENCODE_WORKFLOW = "encode_media"


@dataclass(frozen=True, slots=True)
class Store:
    engine: sa.Engine
    client: DBOSClient

    def forget(self, tellings: Sequence[str]) -> None:
        """Removes the remembered steps of these tellings."""
        with translated():
            self.client.delete_workflows(list(tellings))

    def close(self) -> None:
        self.client.destroy()
        self.engine.dispose()


def telling_id(job_id: str, version: int) -> str:
    """What the engine library knows a telling of a job by: another list of steps is another telling."""
    return f"{job_id}/{version}"


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
