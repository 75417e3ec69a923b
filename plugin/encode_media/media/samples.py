"""Source media for the sandbox's seeded project: made once, quickly, and never left half done."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from encode_media.errors import failure
from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.scene import Look, graph
from encode_media.settings import child_environment

_COMP = Look(
    sky_top=(24, 34, 78), sky_low=(232, 150, 110), dark_tile=(40, 38, 60), light_tile=(205, 190, 180),
    ball=(235, 70, 40), small_ball=(60, 170, 220),
)  # fmt: skip
_BEAUTY = Look(
    sky_top=(8, 40, 52), sky_low=(150, 205, 190), dark_tile=(28, 52, 50), light_tile=(196, 208, 180),
    ball=(240, 180, 50), small_ball=(200, 80, 150),
)  # fmt: skip
_ANIM = Look(
    sky_top=(70, 74, 84), sky_low=(196, 200, 206), dark_tile=(110, 114, 122), light_tile=(170, 174, 180),
    ball=(120, 190, 90), small_ball=(240, 150, 60),
)  # fmt: skip
_CONCEPT = Look(
    sky_top=(54, 20, 70), sky_low=(250, 170, 150), dark_tile=(60, 30, 60), light_tile=(230, 170, 150),
    ball=(90, 110, 230), small_ball=(250, 220, 120),
)  # fmt: skip

_RATE = "24000/1001"
_MISSING = (1010, 1011, 1012)
"""The gap in the animation, so that the demo can show what is done about gaps."""
_NOTES = "sh030: notes from the morning review\n- the ball should leave the frame earlier\n- warmer sky, please\n"
_CHIME = "0.25*sin(2*PI*{pitch}*t*(1+0.5*floor(mod(t*2,2))))*exp(-3*mod(t*2,1))"
_TO_YUV = (
    "scale=in_range=full:out_range=limited:out_color_matrix=bt709:flags=lanczos+accurate_rnd+full_chroma_int,"
    "format=yuv422p10le,setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
)
_TO_LINEAR = "zscale=min=gbr:tin=iec61966-2-1:pin=709:rin=full:m=gbr:t=linear:p=709:r=full,format=gbrpf32le"
_TIME_LIMIT_S = 120


def make_samples(folder: Path, ffmpeg: str) -> None:
    """The sources of the demo project below `folder`; what is there already stays.

    Each one appears under its name only when it is complete.

    Raises:
        EncodeFailed: ffmpeg is not there or can't make them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = find_ffmpeg(ffmpeg)
    label = _labelled if program.has_filter("drawtext=text=a") else _unlabelled
    makers: dict[str, Callable[[Path], None]] = {
        "sh010_beauty": lambda to: _make_beauty(program.path, to),
        "sh010_comp_v001.mov": lambda to: _make_comp(program.path, to, label("sh010 comp v001")),
        "sh020_anim": lambda to: _make_anim(program.path, to, label("sh020 anim v001")),
        "sh020_concept.png": lambda to: _make_concept(program.path, to),
        "sh030_notes.mov": _make_notes,
    }
    wanted = [name for name in makers if not (folder / name).exists()]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: _make_whole(folder / name, makers[name]), wanted))


def _make_whole(final: Path, make: Callable[[Path], None]) -> None:
    """Makes it under a hidden name, then renames it; leftovers of an interrupted attempt are removed first."""
    partial = final.with_name(f".{final.stem}.partial{final.suffix}")
    if partial.is_dir():
        shutil.rmtree(partial)
    partial.unlink(missing_ok=True)
    make(partial)
    os.replace(partial, final)


def _make_comp(ffmpeg: str, path: Path, label: str) -> None:
    sound = "|".join(_CHIME.format(pitch=pitch) for pitch in (220, 330))
    picture = f"{graph(_COMP, _RATE)};[scene]trim=end_frame=72,{label}{_TO_YUV}[v]"
    _run(ffmpeg, (
        "-filter_complex", f"{picture};aevalsrc='{sound}':s=48000:d=3.003[a]",
        "-map", "[v]", "-map", "[a]", "-r", _RATE,
        "-c:v", "prores_ks", "-profile:v", "2", "-vendor", "apl0", "-q:v", "6", "-c:a", "pcm_s16le",
        "-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
        "-timecode", "01:00:00:00", "-f", "mov", str(path),
    ))  # fmt: skip


def _make_beauty(ffmpeg: str, path: Path) -> None:
    path.mkdir()
    _run(ffmpeg, (
        "-filter_complex", f"{graph(_BEAUTY, '24')};[scene]{_TO_LINEAR}[v]",
        "-map", "[v]", "-frames:v", "48", "-c:v", "exr", "-format", "half", "-compression", "zip16",
        "-start_number", "1001", "-f", "image2", _pattern(path, "sh010_beauty.%04d.exr"),
    ))  # fmt: skip


def _make_anim(ffmpeg: str, path: Path, label: str) -> None:
    path.mkdir()
    _run(ffmpeg, (
        "-filter_complex", f"{graph(_ANIM, '24')};[scene]{label}format=rgb24[v]",
        "-map", "[v]", "-frames:v", "24", "-c:v", "png", "-pred", "sub", "-compression_level", "1",
        "-start_number", "1001", "-f", "image2", _pattern(path, "sh020_anim.%04d.png"),
    ))  # fmt: skip
    for frame in _MISSING:
        (path / f"sh020_anim.{frame:04d}.png").unlink()


def _make_concept(ffmpeg: str, path: Path) -> None:
    _run(ffmpeg, (
        "-filter_complex", f"{graph(_CONCEPT, '24')};[scene]trim=start_frame=9,format=rgb24[v]",
        "-map", "[v]", "-frames:v", "1", "-c:v", "png", "-pred", "sub", "-update", "1", "-f", "image2", str(path),
    ))  # fmt: skip


def _make_notes(path: Path) -> None:
    path.write_text(_NOTES, encoding="utf-8")


def _pattern(folder: Path, name: str) -> str:
    return os.path.join(str(folder).replace("%", "%%"), name)


def _labelled(text: str) -> str:
    style = "fontsize=26:fontcolor=white@0.85:box=1:boxcolor=black@0.35:boxborderw=10:y=h-58"
    return (
        f"drawtext=text='{text}':x=36:{style},drawtext=text='%{{frame_num}}':start_number=1001:x=w-tw-36:{style},"
    )


def _unlabelled(_text: str) -> str:
    """For an ffmpeg without fonts."""
    return ""


def _run(ffmpeg: str, arguments: Sequence[str]) -> None:
    argv = [ffmpeg, "-nostdin", "-hide_banner", "-v", "error", "-y", *arguments]
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            timeout=_TIME_LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
            env=child_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise failure("ffmpeg.stalled", seconds=_TIME_LIMIT_S) from error
    if done.returncode:
        raise failure("ffmpeg.failed", problem=done.stderr.decode(errors="replace").strip()[:400])
