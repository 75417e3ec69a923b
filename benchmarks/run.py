"""Compares two ways of doing the same work, in turn, on this machine; prints ratios, which travel, not seconds.

python benchmarks/run.py [--rounds 3] [SOURCE]
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.probe import probe
from encode_media.media.samples import make_samples
from encode_media.media.sequence import find_source
from encode_media.model.plan import EncodePlan
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """CPU of all children and wall time, both in seconds."""

    cpu_s: float
    wall_s: float


def run(plans: Sequence[EncodePlan], ffmpeg: str) -> Cost:
    """Runs every command of the plans, one after the other, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        before, started = os.times(), time.monotonic()
        for plan in plans:
            for output in plan.outputs:
                (Path(folder) / output.file).parent.mkdir(parents=True, exist_ok=True)
            for command in plan.commands:
                subprocess.run([ffmpeg, *command.argv], cwd=folder, check=True, capture_output=True)
        after = os.times()
        cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
        return Cost(cpu_s, time.monotonic() - started)


def one_graph_against_one_run_per_output(source: Path, rounds: int) -> None:
    """What sharing the decode is worth for the `review` preset."""
    ffmpeg = find_ffmpeg().path
    media = probe(find_source([str(source)]))
    preset = Catalog().resolve("review", media)
    together = [make_plan(media, preset)]
    apart = [make_plan(media, dataclasses.replace(preset, outputs=(output,))) for output in preset.outputs]
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(run(together, ffmpeg))
        theirs.append(run(apart, ffmpeg))
    for name, pick in (("CPU", lambda cost: cost.cpu_s), ("wall", lambda cost: cost.wall_s)):
        here, there = statistics.median(map(pick, ours)), statistics.median(map(pick, theirs))
        outputs = len(preset.outputs)
        print(f"{source.name}: {name} {here:.2f} s in one run, {there:.2f} s in {outputs}: x{here / there:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="*", type=Path, help="default: the sandbox's movie and EXR sequence")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sources = arguments.source
        if not sources:
            make_samples(Path(folder), find_ffmpeg().path)
            sources = [Path(folder) / "sh010_comp_v001.mov", Path(folder) / "sh010_beauty"]
        for source in sources:
            one_graph_against_one_run_per_output(source, arguments.rounds)


if __name__ == "__main__":
    main()
