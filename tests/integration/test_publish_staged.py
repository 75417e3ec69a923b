"""In which order outputs appear on a version, and what stays of them when a job doesn't come to a good end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from encode_media.errors import ServerUnavailable
from encode_media.ftrack import publisher as publisher_module
from encode_media.ftrack.publisher import Rules, publish, publish_early
from encode_media.ftrack.staging import take_back
from encode_media.ftrack.upload import Retries
from encode_media.model.result import OutputResult, RunResult
from support.outputs import movie, plan_of, request_for, still
from support.publishing import Studio, job_of

RULES = Rules(retries=Retries(attempts=1))


def review_set(folder: Path, mark: bytes = b"1") -> tuple[OutputResult, ...]:
    return (
        movie(folder, "ftrackreview-mp4-1080", b"high" + mark, width=1920),
        movie(folder, "ftrackreview-mp4", b"low" + mark),
        still(folder, "thumbnail", b"jpg" + mark),
        movie(folder, "prores", b"pro" + mark, role="deliverable"),
    )


def run(
    studio: Studio, version_id: str, outputs: tuple[OutputResult, ...], *, attempt: int = 1, rules: Rules = RULES
) -> None:
    publish(
        studio.fresh(), job_of(version_id, attempt), request_for(version_id), plan_of(*outputs), outputs,
        on_progress=lambda _: None, rules=rules,
    )  # fmt: skip


def show(
    studio: Studio, version_id: str, outputs: tuple[OutputResult, ...], *names: str, attempt: int = 1
) -> bool:
    shown = tuple(output for output in outputs if output.name in names)
    return publish_early(
        studio.fresh(), job_of(version_id, attempt), request_for(version_id), plan_of(*outputs), shown, rules=RULES
    )


def names(studio: Studio, version_id: str) -> set[str]:
    return set(studio.made(version_id))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What each commit of the publisher made visible."""
    commits: list[list[str]] = []
    real = publisher_module.register

    def register(session: Any, version_id: str, parts: Any, **options: Any) -> None:
        real(session, version_id, parts, **options)
        commits.append([part.component_name for part in parts])

    monkeypatch.setattr(publisher_module, "register", register)
    return commits


def test_on_a_version_without_review_media_the_thumbnail_comes_first_and_the_lowest_rendition_before_the_higher(
    studio: Studio, tmp_path: Path, seen: list[list[str]]
) -> None:
    run(studio, studio.version(), review_set(tmp_path))
    assert seen == [["thumbnail"], ["ftrackreview-mp4"], ["ftrackreview-mp4-1080"], ["prores"]]


def test_what_replaces_something_older_appears_all_at_once(
    studio: Studio, tmp_path: Path, seen: list[list[str]]
) -> None:
    version_id = studio.version()
    run(studio, version_id, review_set(tmp_path))
    del seen[:]
    run(studio, version_id, review_set(tmp_path, b"2"), attempt=2)
    assert [len(commit) for commit in seen] == [4]
    assert names(studio, version_id) == {"ftrackreview-mp4", "ftrackreview-mp4-1080", "thumbnail", "prores"}


def test_what_was_shown_early_is_found_by_the_publishing(
    studio: Studio, tmp_path: Path, seen: list[list[str]]
) -> None:
    version_id, outputs = studio.version(), review_set(tmp_path)
    assert show(studio, version_id, outputs, "thumbnail")
    assert studio.look(version_id).thumbnail_id == studio.made(version_id)["thumbnail"].id
    assert show(studio, version_id, outputs, "ftrackreview-mp4")
    run(studio, version_id, outputs)
    assert seen == [["thumbnail"], ["ftrackreview-mp4"], ["ftrackreview-mp4-1080"], ["prores"]]


def test_nothing_is_shown_early_where_something_older_is_seen(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    run(studio, version_id, review_set(tmp_path))
    before = studio.look(version_id)
    assert not show(studio, version_id, review_set(tmp_path, b"2"), "thumbnail", attempt=2)
    assert studio.look(version_id) == before


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_job_that_does_not_end_well_takes_back_what_it_had_shown(
    studio: Studio, tmp_path: Path, status: str
) -> None:
    version_id, outputs = studio.version(), review_set(tmp_path)
    stored = studio.stored_ids()
    show(studio, version_id, outputs, "thumbnail")
    show(studio, version_id, outputs, "ftrackreview-mp4")
    for _ in range(2):  # repeating it is harmless
        session = studio.fresh()
        take_back(session, version_id, job_of(version_id), RunResult(status=status), output_root=None)
    assert names(studio, version_id) == set()
    assert studio.look(version_id).thumbnail_id is None
    assert studio.stored_ids() == stored


def test_a_job_that_failed_while_publishing_leaves_no_half_review_set(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id, outputs = studio.version(), review_set(tmp_path)
    real = publisher_module.register

    def register(session: Any, version: str, parts: Any, **options: Any) -> None:
        if any(part.name == "ftrackreview-mp4-1080" for part in parts):
            raise ServerUnavailable("gone")
        real(session, version, parts, **options)

    monkeypatch.setattr(publisher_module, "register", register)
    with pytest.raises(ServerUnavailable):
        run(studio, version_id, outputs)
    assert names(studio, version_id) == {"thumbnail", "ftrackreview-mp4"}
    result = RunResult(status="failed", outputs=outputs)
    take_back(studio.fresh(), version_id, job_of(version_id), result, output_root=None)
    assert names(studio, version_id) == set()


def test_a_complete_set_is_never_taken_back(studio: Studio, tmp_path: Path) -> None:
    """What it replaced may be gone already; then there would be nothing left to see."""
    version_id, outputs = studio.version(), review_set(tmp_path)
    run(studio, version_id, outputs)
    take_back(
        studio.fresh(),
        version_id,
        job_of(version_id),
        RunResult(status="failed", outputs=outputs),
        output_root=None,
    )
    assert len(names(studio, version_id)) == 4


def test_of_two_jobs_that_publish_at_the_same_time_one_review_set_stays(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id, outputs = studio.version(), review_set(tmp_path)
    (tmp_path / "later").mkdir()
    later = review_set(tmp_path / "later", b"2")
    real = publisher_module.register

    def register(session: Any, version: str, parts: Any, **options: Any) -> None:
        real(session, version, parts, **options)
        if [part.name for part in parts] == ["ftrackreview-mp4"]:
            publish(
                studio.sandbox.session(), job_of(version_id, 2), request_for(version_id), plan_of(*later), later,
                on_progress=lambda _: None, rules=RULES,
            )  # fmt: skip

    monkeypatch.setattr(publisher_module, "register", register)
    run(studio, version_id, outputs)
    made = studio.made(version_id)
    assert len(made) == 4
    assert {json.loads(item.ledger or "{}")["job"] for item in made.values()} == {job_of(version_id, 2)}


def test_a_thumbnail_follows_to_task_and_shot_where_the_studio_wants_it(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    shot_id = studio.look(version_id).parent_id

    def shown() -> str | None:
        return (
            studio.fresh().query(f'select thumbnail_id from Context where id is "{shot_id}"').one()["thumbnail_id"]
        )

    before = shown()
    run(studio, version_id, review_set(tmp_path))
    assert shown() == before
    rules = Rules(retries=RULES.retries, cascade=("task", "parent"))
    run(studio, version_id, review_set(tmp_path, b"2"), attempt=2, rules=rules)
    assert shown() == studio.look(version_id).thumbnail_id
    # A next encode moves it along, also where the setting is gone: what it pointed at is removed.
    run(studio, version_id, review_set(tmp_path, b"3"), attempt=3)
    assert shown() == studio.look(version_id).thumbnail_id


def test_a_thumbnail_somebody_chose_for_the_shot_stays(studio: Studio, tmp_path: Path) -> None:
    version_id = studio.version()
    session = studio.sandbox.session()
    chosen = session.create("FileComponent", {"name": "thumbnail", "file_type": ".jpg"})
    session.get("Context", studio.look(version_id).parent_id)["thumbnail_id"] = chosen["id"]
    session.commit()
    rules = Rules(retries=RULES.retries, cascade=("task", "parent"))
    run(studio, version_id, review_set(tmp_path), rules=rules)
    shot = studio.fresh().get("Context", studio.look(version_id).parent_id)
    assert shot["thumbnail_id"] == chosen["id"]
