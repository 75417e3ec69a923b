"""Servers for the tests that only use one, and the sample media for those that start their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import service
from support.listening import made_sources, sandbox_sources
from support.publishing import Studio, studio_of
from support.sandbox import RunningSandbox, running_sandbox


@pytest.fixture(scope="session")
def sample_sources() -> Path:
    return made_sources()


@pytest.fixture(scope="module")
def running_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[service.Studio]:
    """The product, as a process of its own."""
    data = tmp_path_factory.mktemp("studio") / "data"
    sandbox_sources(data)
    with service.studio(data) as running:
        yield running


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The stand-in server alone, whose versions have their media."""
    data = tmp_path_factory.mktemp("sandbox") / "data"
    sandbox_sources(data)
    with running_sandbox(data) as running:
        yield running


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A stand-in server to publish to, without media."""
    with running_sandbox(tmp_path_factory.mktemp("studio") / "data") as running:
        yield studio_of(running)
