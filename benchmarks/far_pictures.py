"""Pictures that lie far apart in a long movie: found one by one, against a decode of all of it, in turn.

python benchmarks/far_pictures.py [--frames 7200] [--size 640x360] [--rounds 3] [PRESET…]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.media import Media
from encode_media.model.plan import EncodePlan
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", default=["contact_sheet", "filmstrip", "thumbnail"])
    parser.add_argument("--frames", type=int, default=7200)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    ffmpeg = find_ffmpeg().path
    with tempfile.TemporaryDirectory() as folder:
        source = make_source(Path(folder), ffmpeg, wanted.frames, wanted.size)
        media = probe(find_source([str(source)]))
        for preset in wanted.presets:
            compare(media, preset, ffmpeg, wanted.rounds)


def make_source(folder: Path, ffmpeg: str, frames: int, size: str) -> Path:
    """H.264 with B-frames and sound, a key frame every two seconds."""
    source = folder / "source.mp4"
    picture = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=24,format=yuv420p"]
    sound = ["-f", "lavfi", "-i", "sine=r=48000", "-t", str(frames / 24)]
    coded = ["-c:v", "libx264", "-preset", "veryfast", "-g", "48", "-c:a", "aac"]
    subprocess.run([ffmpeg, "-v", "error", *picture, *sound, "-frames:v", str(frames), *coded, source], check=True)
    return source


def compare(media: Media, preset: str, ffmpeg: str, rounds: int) -> None:
    """The best of several runs of each, and that both make the same file."""
    if media.video is None:
        raise SystemExit("the source has no picture")
    unsought = replace(media, video=replace(media.video, groups=None, key_frame_distance=None))
    plans = [make_plan(each, Catalog().resolve(preset, each)) for each in (media, unsought)]
    costs: list[list[tuple[float, float]]] = [[], []]
    for _ in range(rounds):
        images = set()
        for plan, found in zip(plans, costs, strict=True):
            with tempfile.TemporaryDirectory() as folder:
                found.append(cost(lambda plan=plan, folder=folder: run(plan, Path(folder), ffmpeg)))  # type: ignore[misc]
                images.add((Path(folder) / plan.outputs[0].file).read_bytes())
        if len(images) != 1:
            raise SystemExit(f"{preset}: the images differ")
    (wall, cpu), (whole_wall, whole_cpu) = ([min(each) for each in zip(*found, strict=True)] for found in costs)
    places = plans[0].commands[0].argv.count("-i")
    print(
        f"{preset}: {wall:.2f} s from {places} places, {whole_wall:.2f} s in whole: "
        f"{whole_wall / wall:.1f} times as fast, {whole_cpu / cpu:.1f} times less processor time"
    )


def run(plan: EncodePlan, folder: Path, ffmpeg: str) -> None:
    run_plan(plan, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)


def cost(work: Callable[[], None]) -> tuple[float, float]:
    """Wall time and the processor time of all children, in seconds."""
    before, started = os.times(), time.monotonic()
    work()
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - started, cpu_s


if __name__ == "__main__":
    main()
