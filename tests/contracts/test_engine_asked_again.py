"""A wish that is asked for again while its cancelled job is still ending."""

from __future__ import annotations

import threading
import time
from typing import Any

from encode_media.errors import Cancelled, failure
from encode_media.jobs.engine import JobContext
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Stage
from support.jobs import DONE, MakeEngine, ended, name_of, request, wait_for


class Lingering:
    """A story that ends late after a cancel; the next one of that wish is quick."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self.may_end = threading.Event()

    def __call__(self, context: JobContext, told: EncodeRequest) -> dict[str, Any]:
        try:
            context.step("run", lambda: self._run(context, name_of(told)))
        except Cancelled as error:
            return {"status": "cancelled", "error": error.to_dict()}
        return DONE

    def _run(self, context: JobContext, name: str) -> dict[str, Any]:
        self.entered.append(name)
        if self.entered.count(name) > 1 or name != "a":
            return {}
        while not context.cancelled():
            time.sleep(0.01)
        self.may_end.wait(30)
        raise failure("cancelled")


def test_it_is_a_new_job_that_begins_when_the_cancelled_one_has_ended(started: MakeEngine) -> None:
    story = Lingering()
    engine = started(story, 2)
    first = engine.submit(request("a"))
    wait_for(lambda: story.entered == ["a"])
    assert engine.cancel(first.job_id)
    second = engine.submit(request("a"), again=False)
    assert second.created
    assert engine.retry(first.job_id).job_id == second.job_id
    other = engine.submit(request("other")).job_id
    assert ended(engine, other).stage is Stage.DONE
    assert story.entered == ["a", "other"]
    story.may_end.set()
    assert ended(engine, first.job_id).stage is Stage.CANCELLED
    assert ended(engine, second.job_id).stage is Stage.DONE
