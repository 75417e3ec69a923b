"""The ffmpeg in use, and what it can really do: proved by doing it, never read off a list."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache

from encode_media.errors import failure
from encode_media.settings import child_environment

_TRIAL_S = 10
"""Seconds for one trial; a driver that hangs counts as absent."""
_TRIAL_SOURCE = "color=black:s=640x360:r=24"
"""Above the least size of hardware encoders, legal for all software ones but DNxHD."""
_TRIAL_ARGUMENTS = {
    "dnxhd": ("-profile:v", "dnxhr_sq", "-pix_fmt", "yuv422p"),
    "prores_ks": ("-pix_fmt", "yuv422p10le"),
    "gif": ("-pix_fmt", "pal8"),
    "png": ("-pix_fmt", "rgb24"),
    "mjpeg": ("-pix_fmt", "yuvj420p"),
    "exr": ("-pix_fmt", "gbrpf32le"),
}
_AUDIO_ENCODERS = frozenset({"aac", "aac_at", "libfdk_aac", "libopus", "libmp3lame", "flac", "ac3", "alac"})
_VERSION = re.compile(r"^ffmpeg version (\S+)", re.MULTILINE)
_LIBAVUTIL = re.compile(r"^libavutil\s+(\d+)\.", re.MULTILINE)
_LIBAVUTIL_OFFSET = 52
"""libavutil 56 came with ffmpeg 4, 57 with 5, …; for builds whose version is a date or a hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ffmpeg:
    """An ffmpeg program that runs."""

    path: str
    version: str
    """As it calls itself: `9.0.2`, `5.1.9-0+deb12u1`."""
    major: int

    def can_encode(self, encoder: str) -> bool:
        """Whether the encoder makes a frame here; the answer is kept as long as the program stays the same."""
        return self.can_run(_encode_trial(encoder))

    def has_filter(self, graph: str) -> bool:
        """Whether a filter, e.g. `zscale` or `drawtext=text=a`, works on a picture here."""
        trial = ("-f", "lavfi", "-i", _TRIAL_SOURCE, "-frames:v", "1", "-vf", graph, "-f", "null", "-")
        return self.can_run(trial)

    def knows_filter(self, name: str) -> bool:
        """Whether a filter was built in."""
        # ffmpeg answers with exit code 0 either way.
        return "Unknown filter" not in _help_text(*_identity(self.path), f"filter={name}")

    def can_run(self, arguments: tuple[str, ...]) -> bool:
        """Whether a short run succeeds; the answer is kept as long as the program stays the same."""
        return _runs(*_identity(self.path), arguments)


def find_ffmpeg(configured: str = "") -> Ffmpeg:
    """The configured program; else the one on PATH; else the one that comes with imageio-ffmpeg.

    Raises:
        EncodeFailed: none is there, or the configured one does not run.
    """
    if configured:
        path = shutil.which(configured)
        if path is None:
            raise failure("ffmpeg.missing", path=configured)
        return _examined(path)
    path = shutil.which("ffmpeg") or _bundled()
    if path is None:
        raise failure("ffmpeg.missing", path="ffmpeg")
    return _examined(path)


def _bundled() -> str | None:
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return None


def _examined(path: str) -> Ffmpeg:
    text = _version_text(*_identity(path))
    match = _VERSION.search(text)
    if not match:
        raise failure("ffmpeg.missing", path=f"{path} (it does not answer like ffmpeg)")
    version = match[1]
    digits = re.match(r"n?(\d+)\.", version)
    library = _LIBAVUTIL.search(text)
    major = int(digits[1]) if digits else int(library[1]) - _LIBAVUTIL_OFFSET if library else 0
    return Ffmpeg(path=path, version=version.removeprefix("n"), major=major)


def _identity(path: str) -> tuple[str, int, int]:
    """Changes when the program is replaced, so that answers kept about it are asked again."""
    status = os.stat(path)
    return path, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=32)
def _version_text(path: str, _size: int, _mtime: int) -> str:
    try:
        done = subprocess.run(
            [path, "-nostdin", "-version"],
            capture_output=True, timeout=_TRIAL_S, check=False, stdin=subprocess.DEVNULL, env=child_environment(),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise failure("ffmpeg.missing", path=f"{path} (it does not run)") from error
    return done.stdout.decode(errors="replace")


@lru_cache(maxsize=64)
def _help_text(path: str, _size: int, _mtime: int, topic: str) -> str:
    done = subprocess.run(
        [path, "-nostdin", "-hide_banner", "-h", topic],
        capture_output=True, timeout=_TRIAL_S, check=False, stdin=subprocess.DEVNULL, env=child_environment(),
    )  # fmt: skip
    return (done.stdout + done.stderr).decode(errors="replace")


def _encode_trial(encoder: str) -> tuple[str, ...]:
    sound = encoder in _AUDIO_ENCODERS or encoder.startswith("pcm_")
    return ("-f", "lavfi", *(_sound_trial(encoder) if sound else _picture_trial(encoder)), "-f", "null", "-")


def _sound_trial(encoder: str) -> tuple[str, ...]:
    return ("-i", "anullsrc=r=48000:cl=stereo", "-t", "0.1", "-c:a", encoder)


def _picture_trial(encoder: str) -> tuple[str, ...]:
    pixels = _TRIAL_ARGUMENTS.get(encoder, ("-pix_fmt", "yuv420p"))
    return ("-i", _TRIAL_SOURCE, "-frames:v", "1", "-c:v", encoder, *pixels)


@lru_cache(maxsize=256)
def _runs(path: str, _size: int, _mtime: int, arguments: tuple[str, ...]) -> bool:
    try:
        done = subprocess.run(
            [path, "-nostdin", "-hide_banner", "-v", "error", *arguments],
            capture_output=True, timeout=_TRIAL_S, check=False, stdin=subprocess.DEVNULL,
            env=child_environment(),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
