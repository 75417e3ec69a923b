"""Workers killed at random moments: every accepted job ends exactly once, and nothing is left over."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from encode_media.jobs.dbos_engine import DbosClient
from encode_media.model.result import Stage
from support.engine_worker import Ledger, WorkerProcess
from support.jobs import ended, request
from support.seeds import chosen_seeds

JOBS, KILLS = 6, 5


@pytest.mark.parametrize("seed", chosen_seeds(1))
def test_every_job_ends_once_whenever_its_workers_are_killed(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same moments for the same seed
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    client, ledger = DbosClient(url), Ledger(tmp_path)
    ids = [client.submit(request(str(number))).job_id for number in range(JOBS)]
    ledger.slow_down(0.05)
    workers = [WorkerProcess(url, tmp_path), WorkerProcess(url, tmp_path)]
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 2.0))
        workers.pop(0).kill()
        workers.append(WorkerProcess(url, tmp_path))
    records = [ended(client, job_id, timeout_s=90) for job_id in ids]
    for worker in workers:
        worker.kill()
    client.close()
    assert {record.stage for record in records} == {Stage.DONE}
    effects = ledger.effects()
    for effect in ("run", "publish", "finish"):
        assert JOBS <= effects.count(effect) <= JOBS + KILLS  # a killed worker had one job in hand
    assert list((tmp_path / "work").iterdir()) == []
