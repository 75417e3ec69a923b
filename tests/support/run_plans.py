"""Small plans made by hand, so that running can be tested without planning."""

from __future__ import annotations

import shutil
import sys
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg

from encode_media.model.media import ColourTags, Media, SourceKind, SourceRef
from encode_media.model.plan import Command, EncodePlan, Expected, FrameLink, PlannedOutput
from encode_media.model.preset import OutputKind, PublishSpec

SUPPORT = Path(__file__).resolve().parent
REPORT = (
    "-nostdin", "-hide_banner", "-v", "error", "-progress", "pipe:1", "-nostats", "-stats_period", "0.1", "-y",
)  # fmt: skip
HD = ColourTags(range="tv", matrix="bt709", primaries="bt709", transfer="bt709")
TAG = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"

TAGS = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv")


def ffmpegs() -> dict[str, str]:
    """The programs to test with: the bundled one, and the system's where there is one."""
    system = shutil.which("ffmpeg")
    return {"bundled": imageio_ffmpeg.get_ffmpeg_exe(), **({"system": system} if system else {})}


def movie(path: str = "/media/source.mov") -> Media:
    return Media(source=SourceRef(path=path), kind=SourceKind.MOVIE, container="mov", size_bytes=1)


def h264(frames: int = 24, **changes: object) -> Expected:
    """What `encode_movie` makes."""
    values: dict[str, object] = {
        "codec": "h264", "profile": "High", "pixel_format": "yuv420p", "width": 320, "height": 180,
        "frames": frames, "frame_rate": Fraction(24), "duration_s": Fraction(frames, 24), "colour": HD,
        "faststart": True,
    }  # fmt: skip
    return Expected(**{**values, **changes})  # type: ignore[arg-type]


def output(file: str, expected: Expected, *, first_frame: int | None = None) -> PlannedOutput:
    path = Path(file)
    return PlannedOutput(
        name=path.stem.partition(".")[0],
        kind=OutputKind.IMAGE_SEQUENCE if "%" in file else OutputKind.VIDEO,
        container=path.suffix[1:],
        file=file,
        first_frame=first_frame,
        expected=expected,
        publish=PublishSpec(),
    )


def plan(
    *commands: tuple[str, ...],
    outputs: tuple[PlannedOutput, ...] = (),
    frames: int | None = 24,
    media: Media | None = None,
    links: tuple[FrameLink, ...] = (),
    black_frame: tuple[str, ...] = (),
    estimated_bytes: int = 0,
) -> EncodePlan:
    return EncodePlan(
        media=media or movie(),
        preset="test",
        commands=tuple(Command(argv=argv, purpose="test", frames=frames) for argv in commands),
        outputs=outputs,
        links=links,
        black_frame=black_frame,
        estimated_bytes=estimated_bytes,
    )


def encode_movie(file: str = "review.mp4", frames: int = 24, *more: str) -> tuple[str, ...]:
    """Arguments for a small, right movie of a moving test picture."""
    source = ("-f", "lavfi", "-i", f"testsrc2=s=320x180:r=24,format=yuv420p,{TAG}", "-frames:v", str(frames))
    encoder = ("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-movflags", "+faststart")
    return (*REPORT, *source, *encoder, *TAGS, *more, file)


def movie_plan(frames: int = 24, file: str = "review.mp4") -> EncodePlan:
    return plan(encode_movie(file, frames), outputs=(output(file, h264(frames)),), frames=frames)


def slow_plan() -> EncodePlan:
    """An encode at the speed of the film, ten minutes of it: it never ends within a test."""
    argv = (*REPORT, "-re", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=24:d=600", "-c:v", "libx264",
            "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-tune", "zerolatency", "review.mp4")  # fmt: skip
    return plan(argv, outputs=(output("review.mp4", h264(14400)),), frames=14400)


def awkward_plan(name: str, *words: str, frames: int | None = 1000) -> EncodePlan:
    """A plan whose ffmpeg is one of the awkward programs; run it with `PYTHON` as ffmpeg."""
    argv = (str(SUPPORT / f"awkward_{name}.py"), *words)
    return plan(argv, outputs=(output("review.mp4", h264()),), frames=frames)


PYTHON = sys.executable
