"""How much faster an encode gets when it is shared: one slot against two, the same source and preset.

python benchmarks/split.py [--frames 480] [--size 1280x720] [PRESET…]
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from encode_media.app import open_tools
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.jobs.workflow import make_workflow
from encode_media.local import FolderDestination
from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.sequence import find_source
from encode_media.model.codec import from_json
from encode_media.model.request import EncodeRequest, SplitWish
from encode_media.model.result import FINAL_STAGES, RunResult
from encode_media.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", default=["prores_422_hq", "webm_vp9", "h264_high_quality"])
    parser.add_argument("--frames", type=int, default=480)
    parser.add_argument("--size", default="1280x720")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = make_source(Path(folder), wanted.frames, wanted.size)
        for preset in wanted.presets:
            alone = seconds(Path(folder), source, preset, "never", wanted.frames)
            shared = seconds(Path(folder), source, preset, "always", wanted.frames)
            print(
                f"{preset}: {alone:.1f} s alone, {shared:.1f} s shared by two: {alone / shared:.2f} times as fast"
            )


def make_source(folder: Path, frames: int, size: str) -> Path:
    """A moving pattern with grain, as H.264 in groups of a second."""
    source = folder / "source.mov"
    picture = f"testsrc2=s={size}:r=24,noise=alls=12:allf=t,format=yuv420p"
    tags = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    argv = [find_ffmpeg("").path, "-v", "error", "-f", "lavfi", "-i", picture, "-frames:v", str(frames)]
    subprocess.run([*argv, "-c:v", "libx264", "-preset", "veryfast", "-g", "24", *tags, str(source)], check=True)
    return source


def seconds(folder: Path, source: Path, preset: str, split: SplitWish, frames: int) -> float:
    """Of the encode itself, as the job's result says."""
    settings = Settings(work_folder=folder / "work", split_frames=frames // 2)
    destination = FolderDestination(folder / "out", lambda _progress: None)
    engine = MemoryEngine(make_workflow(open_tools(settings, destination)), slots=2)
    engine.start()
    try:
        request = EncodeRequest(preset=preset, source=find_source([str(source)]), split=split)
        job_id = engine.submit(request).job_id
        while (record := engine.job(job_id)) is None or record.stage not in FINAL_STAGES:
            time.sleep(0.1)
        result = from_json(RunResult, record.result)
        if result.status != "done":
            raise SystemExit(f"{preset}: {result.error}")
        return result.elapsed_s
    finally:
        engine.stop()


if __name__ == "__main__":
    main()
