"""Ten thousand jobs in a queue: how long a submit takes, and a list, and what they cost in memory.

    python benchmarks/job_queue.py [--jobs 10000] [--submitters 4] [--database URL]

The submitters are processes of their own, as listeners and command lines are; each writes one job after the other.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from pathlib import Path

from encode_media.jobs.dbos_engine import DbosClient
from encode_media.model.media import SourceRef
from encode_media.model.request import EncodeRequest, PublishTarget


def submit(url: str, who: int, count: int) -> tuple[list[float], int, int]:
    """Seconds of each submit, and the peak memory after a tenth and at the end, in KiB."""
    client = DbosClient(url)
    client.jobs(limit=1)
    times, early = [], 0
    for number in range(count):
        name = f"{who}-{number}"
        request = EncodeRequest(
            preset="review",
            source=SourceRef(path=f"/show/{name}.mov"),
            target=PublishTarget(version_id=name, username=f"user{who}"),
        )
        began = time.perf_counter()
        client.submit(request)
        times.append(time.perf_counter() - began)
        if number == count // 10:
            early = _peak()
    client.close()
    return times, early, _peak()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--submitters", type=int, default=4)
    parser.add_argument("--database")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = chosen.database or f"sqlite:///{Path(folder) / 'jobs.sqlite'}"
        each = chosen.jobs // chosen.submitters
        DbosClient(url).jobs(limit=1)
        with multiprocessing.get_context("spawn").Pool(chosen.submitters) as pool:
            began = time.perf_counter()
            told = pool.starmap(submit, [(url, who, each) for who in range(chosen.submitters)])
            elapsed = time.perf_counter() - began
        times = sorted(second for part, _, _ in told for second in part)
        cuts = statistics.quantiles(times, n=100)
        print(f"{len(times)} submits by {chosen.submitters}: {elapsed:.1f} s")
        print(
            f"p50 {cuts[49] * 1000:.1f} ms, p95 {cuts[94] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms, ", end=""
        )
        print(f"longest {times[-1] * 1000:.0f} ms")
        growth = max(late - early for _, early, late in told)
        print(f"memory of a submitter from a tenth to the end: {growth / 1024:+.1f} MiB")
        list_jobs(url, chosen.jobs)


def list_jobs(url: str, everything: int) -> None:
    client = DbosClient(url)
    for limit in (100, everything):
        began = time.perf_counter()
        found = client.jobs(limit=limit)
        print(f"list of {len(found)}: {time.perf_counter() - began:.2f} s")
    client.close()


if __name__ == "__main__":
    main()
