"""Jobs that publish to one version in any order, by machines whose clocks differ: each component once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from encode_media.ftrack.publisher import Rules, publish
from encode_media.model.result import OutputResult, PublishedOutput
from support.outputs import movie, plan_of, request_for, still
from support.publishing import Studio, job_of

DAY_S = 86400


def run(studio: Studio, version_id: str, attempt: int, *outputs: OutputResult) -> dict[str, str]:
    """Publishes as the job of this attempt; gives the components' ids by name."""
    job_id, request = job_of(version_id, attempt), request_for(version_id)
    published: tuple[PublishedOutput, ...] = publish(
        studio.fresh(), job_id, request, plan_of(*outputs), outputs, on_progress=lambda _: None, rules=Rules()
    )
    return {item.name: item.component_id for item in published}


def test_what_comes_later_replaces_what_is_there_although_its_machine_is_a_day_behind(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id, right = studio.version(), time.time
    outputs = (movie(tmp_path, "ftrackreview-mp4", b"film"), still(tmp_path, "thumbnail", b"jpg"))
    run(studio, version_id, 1, *outputs)
    monkeypatch.setattr(time, "time", lambda: right() - DAY_S)
    later = run(studio, version_id, 2, *outputs)
    assert {name: item.id for name, item in studio.made(version_id).items()} == later
    assert studio.look(version_id).thumbnail_id == later["thumbnail"]


def test_a_step_that_is_repeated_after_a_later_job_took_its_thumbnail_leaves_one(
    studio: Studio, tmp_path: Path
) -> None:
    version_id = studio.version()
    picture = still(tmp_path, "thumbnail", b"jpg")
    first = (movie(tmp_path, "ftrackreview-mp4", b"film"), picture)
    run(studio, version_id, 1, *first)
    later = run(studio, version_id, 2, picture)
    run(studio, version_id, 1, *first)
    assert studio.made(version_id)["thumbnail"].id == later["thumbnail"]
    assert studio.look(version_id).thumbnail_id == later["thumbnail"]
