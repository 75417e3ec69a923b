"""Tiny review media for page tests: each frame is one flat grey, so that a picture tells its own number."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import ftrack_api
import imageio_ffmpeg

GREY_STEP = 8
"""Frame n is drawn with luma 16 + 8 n: neighbours stay apart after any decoder's rounding."""
FRAMES = 24


def make_movie(path: Path, *, rate: str = "24000/1001", size: str = "160x90", frames: int = FRAMES) -> Path:
    source = f"color=black:s={size}:r={rate},format=yuv420p,geq=lum='16+{GREY_STEP}*N':cb=128:cr=128"
    run_ffmpeg(
        "-f",
        "lavfi",
        "-i",
        source,
        "-frames:v",
        str(frames),
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        "12",
        "-qp",
        "4",
        "-colorspace",
        "bt709",
        "-movflags",
        "+faststart",
        str(path),
    )
    return path


def make_picture(path: Path, *, colour: str = "steelblue", size: str = "320x180") -> Path:
    run_ffmpeg("-f", "lavfi", "-i", f"color={colour}:s={size}", "-frames:v", "1", str(path))
    return path


def run_ffmpeg(*arguments: str) -> None:
    binary = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([binary, "-v", "error", "-y", *arguments], check=True, stdin=subprocess.DEVNULL, timeout=60)


def publish_review(
    session: ftrack_api.Session, version_id: str, name: str, path: Path, meta: dict[str, Any]
) -> str:
    """Uploads a file as review media of a version, the way publishers do."""
    version = session.get("AssetVersion", version_id)
    server = session.query('Location where name is "ftrack.server"').one()
    component = version.create_component(str(path), {"name": name}, location=server)
    session.commit()
    component["metadata"]["ftr_meta"] = json.dumps(meta)
    session.commit()
    return str(component["id"])
