"""Small clips of every kind, made with a given ffmpeg and kept for the session.

Ask a `Clips` for a clip; the same wish gives the same file again, so never change one: `copied` first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from encode_media.media.capabilities import find_ffmpeg

TAGS = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
TO_YUV709 = "scale=in_range=full:out_range=limited:out_color_matrix=bt709"
TAG709 = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
TO_LINEAR = "zscale=min=gbr:tin=iec61966-2-1:pin=709:rin=full:m=gbr:t=linear:p=709:r=full"
STILL_ARGUMENTS = {
    "png": ("-c:v", "png", "-pix_fmt", "rgb24"),
    "jpg": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3"),
    "dpx": ("-c:v", "dpx", "-pix_fmt", "gbrp10be"),
    "tif": ("-c:v", "tiff", "-pix_fmt", "rgb24"),
    "exr": ("-c:v", "exr", "-format", "half", "-compression", "zip16"),
}


@dataclass(frozen=True)
class Clips:
    """A maker of clips: its ffmpeg and the folder it keeps them in."""

    ffmpeg: str
    folder: Path

    def movie(
        self,
        name: str = "clip.mov",
        *,
        frames: int = 24,
        rate: str = "24",
        size: str = "320x180",
        codec: Sequence[str] = ("libx264", "-preset", "ultrafast", "-g", "12"),
        pixel_format: str = "yuv420p",
        tags: bool = True,
        audio: str | None = None,
        filters: str = "",
        extra: Sequence[str] = (),
    ) -> Path:
        """A movie of the test pattern.

        `audio` is the length of a stereo tone in seconds, or `match`. `filters` go before the conversion to YUV,
        `extra` are further output options.
        """
        yuv = pixel_format.startswith(("yuv", "nv"))
        steps = (
            f"trim=end_frame={frames}",
            filters,
            TO_YUV709 if yuv and tags else "",
            f"format={pixel_format}",
            TAG709 if tags else "",
        )
        return self.made(
            name,
            "-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d=3600,format=gbrp", *_tone(audio, frames, rate),
            "-map", "0:v", *(_sound(name) if audio else ()),
            "-vf", ",".join(step for step in steps if step),
            "-c:v", *codec, *(TAGS if tags else ()), *extra,
        )  # fmt: skip

    def sequence(
        self,
        extension: str = "png",
        *,
        first: int = 1001,
        frames: int = 12,
        padding: int = 4,
        size: str = "320x180",
        name: str = "shot.",
        without: Sequence[int] = (),
        arguments: Sequence[str] | None = None,
    ) -> Path:
        """An image sequence; gives the printf pattern. `without` are frame numbers to leave out."""
        number = f"%0{padding}d" if padding else "%d"
        arguments = STILL_ARGUMENTS[extension] if arguments is None else arguments
        linear = f",format=gbrp,{TO_LINEAR},format=gbrpf32le" if extension == "exr" else ""
        pattern = self.made(
            f"{name}{number}.{extension}",
            "-f", "lavfi", "-i", f"testsrc2=s={size}:r=24:d=3600{linear}", "-frames:v", str(frames), *arguments,
            "-start_number", str(first), "-f", "image2", marker=f"without {tuple(without)}",
        )  # fmt: skip
        for frame in without:
            frame_of(pattern, frame).unlink(missing_ok=True)
        return pattern

    def still(self, extension: str = "png", *, size: str = "320x180", name: str = "still") -> Path:
        linear = f",format=gbrp,{TO_LINEAR},format=gbrpf32le" if extension == "exr" else ""
        return self.made(
            f"{name}.{extension}",
            "-f", "lavfi", "-i", f"testsrc2=s={size}:r=24{linear}", "-frames:v", "1",
            *STILL_ARGUMENTS[extension], "-update", "1", "-f", "image2",
        )  # fmt: skip

    def alpha_still(self, name: str = "alpha.png") -> Path:
        """Red, with an alpha that goes from 0 to 1 from left to right."""
        return self.made(
            name,
            "-f", "lavfi", "-i", "color=red:s=320x180,format=rgba,geq=r=255:g=0:b=0:a='255*X/W'", "-frames:v", "1",
            "-update", "1", "-f", "image2",
        )  # fmt: skip

    def variable_rate(self, name: str = "vfr.mp4", frames: int = 24) -> Path:
        """24 fps, but three of every ten frames are left out; the others stay at their times."""
        return self.movie(
            name, frames=frames, filters="select='not(between(mod(n,10),3,5))'", extra=("-fps_mode", "passthrough")
        )

    def rotated(self, degrees: int, name: str = "rotated.mp4") -> Path:
        """A phone clip: stored lying down, to be turned clockwise by `degrees` when shown."""
        upright = self.movie("upright.mp4")
        # Both options count counter-clockwise; the first one exists since 6.0, where the second one went.
        if find_ffmpeg(self.ffmpeg).major >= 6:
            return self.made(name, "-display_rotation:v:0", str(-degrees), "-i", str(upright), "-c", "copy")
        return self.made(name, "-i", str(upright), "-c", "copy", "-metadata:s:v:0", f"rotate={-degrees % 360}")

    def mirrored(self, name: str = "mirrored.mp4") -> Path:
        """Stored left-right reversed, as a selfie camera may; needs ffmpeg 6 or later."""
        return self.made(name, "-display_hflip:v:0", "-i", str(self.movie("upright.mp4")), "-c", "copy")

    def interlaced(self, name: str = "interlaced.mov") -> Path:
        """Top field first, 25 frames a second from 50 moments."""
        return self.movie(
            name,
            rate="50",
            frames=48,
            filters="tinterlace=interleave_top",
            codec=("prores_ks", "-profile:v", "0", "-flags", "+ildct+ilme", "-field_order", "tt"),
            pixel_format="yuv422p10le",
            extra=("-r", "25"),
        )

    def anamorphic(self, name: str = "anamorphic.mov") -> Path:
        """Pixels twice as wide as high."""
        return self.movie(name, size="160x180", extra=("-aspect", "160:90"))

    def full_range(self, name: str = "full.mov") -> Path:
        return self.movie(name, pixel_format="yuvj420p", tags=False, extra=("-color_range", "pc"))

    def made(self, name: str, *arguments: str, marker: str = "") -> Path:
        """The file ffmpeg makes with these arguments; made on the first wish only."""
        digest = hashlib.sha256("\0".join((name, marker, *arguments)).encode()).hexdigest()[:16]
        folder = self.folder / digest
        if not folder.exists():
            partial = self.folder / f"{digest}.{os.getpid()}"
            partial.mkdir(parents=True)
            argv = [self.ffmpeg, "-nostdin", "-v", "error", "-y", *arguments, str(partial / name)]
            done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, f"{done.stderr}\n{argv}"
            partial.rename(folder)
        return folder / name


def frame_of(pattern: Path, number: int) -> Path:
    return pattern.with_name(pattern.name % number)


def copied(clip: Path, folder: Path) -> Path:
    """A copy that may be changed: of a file, or of all frames of a pattern; gives the new path or pattern."""
    folder.mkdir(parents=True, exist_ok=True)
    files = clip.parent.iterdir() if "%" in clip.name else [clip]
    for file in files:
        shutil.copy2(file, folder / file.name)
    return folder / clip.name


def truncated(path: Path, part: float = 0.5) -> Path:
    """Cuts a file, as a copy that was broken off."""
    os.truncate(path, int(path.stat().st_size * part))
    return path


def emptied(path: Path) -> Path:
    """A file of no bytes, as a full disk or a crashed renderer leaves it."""
    os.truncate(path, 0)
    return path


def flipped(path: Path, position: float, count: int = 64) -> Path:
    """Inverts some bytes in the middle of a file."""
    data = bytearray(path.read_bytes())
    start = int(len(data) * position)
    data[start : start + count] = bytes(byte ^ 0xFF for byte in data[start : start + count])
    path.write_bytes(data)
    return path


def holed(path: Path, position: float, part: float = 0.1) -> Path:
    """Fills a part of a file with zeros, as a lost block of a network copy does."""
    data = bytearray(path.read_bytes())
    start, length = int(len(data) * position), int(len(data) * part)
    data[start : start + length] = bytes(length)
    path.write_bytes(data)
    return path


def _tone(length: str | None, frames: int, rate: str) -> tuple[str, ...]:
    if length is None:
        return ()
    numerator, _, denominator = rate.partition("/")
    seconds = f"{frames * int(denominator or 1) / int(numerator):.6f}" if length == "match" else length
    return ("-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds}")


def _sound(name: str) -> tuple[str, ...]:
    codec = {".mov": "pcm_s16le", ".webm": "libopus"}.get(Path(name).suffix, "aac")
    return ("-map", "1:a", "-ac", "2", "-c:a", codec)
