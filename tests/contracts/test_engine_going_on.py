"""Work that `go_on` tells when to end: at a cancel it tidies up, at a stop it leaves what it has for later."""

from __future__ import annotations

import threading
import time
from typing import Any

from encode_media.errors import Cancelled
from encode_media.jobs.engine import JobContext
from encode_media.model.request import EncodeRequest
from encode_media.model.result import FINAL_STAGES, Stage
from support.jobs import DONE, MakeEngine, ended, request
from support.waiting import wait_for


class Sending:
    """A story that sends something which never ends by itself, until `arrived` is set."""

    def __init__(self) -> None:
        self.begun, self.tidied, self.arrived = 0, 0, threading.Event()

    def __call__(self, context: JobContext, _told: EncodeRequest) -> dict[str, Any]:
        try:
            context.step("send", lambda: self._send(context), network=True)
        except Cancelled as error:
            return {"status": "cancelled", "error": error.to_dict()}
        return DONE

    def _send(self, context: JobContext) -> dict[str, Any]:
        self.begun += 1
        try:
            while not self.arrived.is_set():
                context.go_on()
                time.sleep(0.01)
        except Cancelled:
            self.tidied += 1
            raise
        return {}


def test_a_cancel_ends_it_and_it_tidies_up(started: MakeEngine) -> None:
    sending = Sending()
    engine = started(sending)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: sending.begun == 1)
    engine.cancel(job_id)
    assert ended(engine, job_id).stage is Stage.CANCELLED
    assert sending.tidied == 1


def test_a_stop_ends_it_where_it_is_and_the_next_start_goes_on(started: MakeEngine) -> None:
    sending = Sending()
    engine = started(sending)
    job_id = engine.submit(request()).job_id
    wait_for(lambda: sending.begun == 1)
    assert engine.stop(wait_s=10)
    record = engine.job(job_id)
    assert record is not None
    assert record.stage not in FINAL_STAGES
    sending.arrived.set()
    engine.start()
    assert ended(engine, job_id).stage is Stage.DONE
    assert (sending.begun, sending.tidied) == (2, 0)
