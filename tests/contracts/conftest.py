"""The same cases on every engine."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from encode_media.jobs.dbos_engine import DbosEngine
from encode_media.jobs.engine import JobEngine, Workflow
from encode_media.jobs.memory_engine import MemoryEngine
from support.jobs import MakeEngine
from support.postgresql import postgresql  # noqa: F401 - a fixture


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeEngine]:
    made: list[JobEngine] = []
    numbers = itertools.count()

    def make(workflow: Workflow, slots: int = 1) -> JobEngine:
        if request.param == "memory":
            engine: JobEngine = MemoryEngine(workflow, slots=slots)
        elif request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'db' / f'jobs{next(numbers)}.sqlite'}"
            engine = DbosEngine(url, workflow, slots=slots, name="test")
        else:
            url = request.getfixturevalue("postgresql").fresh_database()
            engine = DbosEngine(url, workflow, slots=slots, name=f"test{tmp_path.name}")
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def started(make_engine: MakeEngine) -> MakeEngine:
    def start(workflow: Workflow, slots: int = 1) -> JobEngine:
        engine = make_engine(workflow, slots)
        engine.start()
        return engine

    return start
