"""What the engine under fault is worked with; its database is PostgreSQL unless a module says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from encode_media.jobs.dbos_engine import DbosClient
from support.engine_worker import Ledger
from support.listening import sandbox_sources
from support.postgresql import PostgresServer, postgresql  # noqa: F401 - a fixture
from support.sandbox import RunningSandbox, running_sandbox


@pytest.fixture
def url(postgresql: PostgresServer) -> str:  # noqa: F811
    """Of an empty database."""
    return postgresql.fresh_database()


@pytest.fixture
def client(url: str) -> Iterator[DbosClient]:
    client = DbosClient(url)
    yield client
    client.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The stand-in server, whose versions have their media."""
    data = tmp_path_factory.mktemp("server") / "data"
    sandbox_sources(data)
    with running_sandbox(data) as sandbox:
        yield sandbox
