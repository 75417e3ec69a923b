"""Exactly again: what a component's ledger says becomes a request with the preset as it was resolved then."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import SourceMissing
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.ledger import Maker
from encode_media.ftrack.ledgers import ledgers_of, submit_again
from encode_media.ftrack.publisher import Rules, publish
from encode_media.jobs.engine import Submission
from encode_media.model.request import EncodeRequest
from encode_media.presets.catalog import Catalog
from support.outputs import movie, plan_of, request_for
from support.publishing import Studio, job_of


@dataclass
class Queue:
    """Takes requests, and says they were known already."""

    requests: list[EncodeRequest] = field(default_factory=list)

    def submit(self, request: EncodeRequest, *, again: bool = True) -> Submission:
        assert again
        self.requests.append(request)
        return Submission(job_id="job-1", created=False)


def published(studio: Studio, folder: Path, *, secret: str) -> str:
    version_id = studio.version()
    [source] = studio.look(version_id).components
    outputs = (movie(folder, "ftrackreview-mp4", b"1"),)
    request = replace(request_for(version_id, component_id=source.id), options={"quality": 20})
    publish(
        studio.fresh(), job_of(version_id), request, replace(plan_of(*outputs), recipe="the recipe"), outputs,
        on_progress=lambda _: None, rules=Rules(maker=Maker(secret=secret)),
    )  # fmt: skip
    return version_id


def again(studio: Studio, published_id: str) -> tuple[EncodeRequest, bool]:
    gateway, queue = Gateway(studio.fresh()), Queue()
    client: Any = queue
    user = gateway.user("supervisor")
    _, exact = submit_again(gateway, client, Catalog(()), published_id, user=user, priority=10)
    [request] = queue.requests
    return request, exact


def test_the_same_source_options_and_resolved_preset_are_asked_for(studio: Studio, tmp_path: Path) -> None:
    version_id = published(studio, tmp_path, secret=studio.settings.api_key)
    request, exact = again(studio, version_id)
    source = next(item for item in studio.look(version_id).components if item.name == "main")
    assert exact
    assert (request.recipe, request.preset, request.options) == ("the recipe", "review", {"quality": 20})
    assert request.target is not None
    assert request.target.component_id == source.id
    assert again(studio, studio.made(version_id)["ftrackreview-mp4"].id) == (request, True)


def test_a_recipe_with_another_seal_is_not_trusted(studio: Studio, tmp_path: Path) -> None:
    request, exact = again(studio, published(studio, tmp_path, secret="somebody else's"))
    assert not exact
    assert request.recipe == ""
    assert request.options["quality"] == 20


def test_what_we_did_not_make_has_no_ledger(studio: Studio) -> None:
    with pytest.raises(SourceMissing, match="Nothing on"):
        ledgers_of(Gateway(studio.fresh()), studio.version())
