"""Servers and who talks to them, for tests that only use them; sample media for those that start their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from encode_media.ftrack.client import ActionClient
from support import service as product
from support.listening import Listening, asking, listening, made_sources, sandbox_sources, settings_for
from support.publishing import Studio, studio_of
from support.sandbox import RunningSandbox, running_sandbox


@pytest.fixture(scope="session")
def sample_sources() -> Path:
    return made_sources()


@pytest.fixture(scope="module")
def running_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[product.Studio]:
    """The product, as a process of its own."""
    data = tmp_path_factory.mktemp("studio") / "data"
    sandbox_sources(data)
    with product.studio(data) as running:
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


@pytest.fixture
def service(sandbox: RunningSandbox) -> Iterator[Listening]:
    """A listener that answers, and an engine that encodes nothing."""
    with listening(settings_for(sandbox)) as running:
        running.wait_until_connected()
        yield running


@pytest.fixture
def artist(sandbox: RunningSandbox, service: Listening) -> Iterator[ActionClient]:
    """An artist's client, once the listener answers."""
    assert service.listener.connected.is_set()
    with asking(sandbox) as client:
        yield client
