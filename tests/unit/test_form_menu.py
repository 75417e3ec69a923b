from __future__ import annotations

import statistics
import time

import pytest

from encode_media.errors import failure
from encode_media.ftrack.action import Outcome, discover, failed_reply
from encode_media.jobs.engine import Submission
from encode_media.settings import Settings

VERSION = {"entityId": "v", "entityType": "assetversion"}


def test_the_entry_carries_an_icon_only_if_the_studio_serves_one() -> None:
    assert "icon" not in discover({"selection": [VERSION]}, Settings())["items"][0]
    assert (
        discover({"selection": [VERSION]}, Settings(icon_url="https://a/b.png"))["items"][0]["icon"]
        == "https://a/b.png"
    )


@pytest.mark.parametrize("data", [{}, {"selection": []}, {"selection": [{"entityId": "x", "entityType": "user"}]}])
def test_there_is_no_entry_where_nothing_can_be_encoded(data: dict[str, object]) -> None:
    assert discover(data, Settings()) is None


def test_discover_answers_from_memory_in_well_under_its_limit() -> None:
    """The limit is 50 ms; a selection of a thousand is the worst a person makes."""
    data = {"selection": [{"entityId": str(number), "entityType": "assetversion"} for number in range(1000)]}
    times = []
    for _ in range(20):
        started = time.perf_counter()
        assert discover(data, Settings()) is not None
        times.append(time.perf_counter() - started)

    assert statistics.median(times) < 0.05


@pytest.mark.parametrize(
    ("created", "running", "failed", "waiting", "message"),
    [
        (1, 0, 0, 0, "1 version queued"),
        (2, 1, 0, 0, "2 versions queued, 1 version already in work"),
        (2, 0, 1, 0, "2 versions queued, 1 skipped: notes v1: This is not a media file: /p/notes.mov"),
        (0, 0, 1, 0, "Nothing queued: 1 skipped: notes v1: This is not a media file: /p/notes.mov"),
        (10, 0, 0, 490, "10 versions queued, 490 versions being queued"),
    ],
)
def test_the_answer_counts_what_became_of_the_versions(
    created: int, running: int, failed: int, waiting: int, message: str
) -> None:
    outcome = Outcome()
    for number in range(created):
        outcome.add(Submission(job_id=str(number), created=True))
    for number in range(running):
        outcome.add(Submission(job_id=str(number), created=False))
    outcome.failed += [("notes v1", failure("source.not_media", path="/p/notes.mov"))] * failed

    reply = outcome.reply(waiting=waiting)

    assert reply == {"success": bool(created or running), "message": message}


def test_only_the_first_reasons_are_told_where_many_are_skipped() -> None:
    outcome = Outcome(failed=[(f"v{n}", failure("source.not_media", path=f"/p/{n}")) for n in range(8)])

    message = outcome.reply()["message"]

    assert message.startswith("Nothing queued: 8 skipped: v0: ")
    assert message.endswith("; and 3 more")


def test_a_refusal_says_what_to_do() -> None:
    reply = failed_reply(failure("job.unknown", job_id="x"))

    assert reply["success"] is False
    assert reply["code"] == "job.unknown"
    assert "`encode-media jobs list`" in reply["message"]
