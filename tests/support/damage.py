"""Files of every kind, damaged at random from a seed: cut, bits flipped, blocks zeroed, repeated or exchanged."""

from __future__ import annotations

import random
from collections.abc import Callable

from support.clips import Clips

_HEAD = 2048
"""Headers matter most: half of the damage goes there."""


def _flip(data: bytearray, chance: random.Random) -> None:
    reach = min(len(data), _HEAD) if chance.random() < 0.5 else len(data)
    for _ in range(chance.choice((1, 8, 64, 512))):
        data[chance.randrange(reach)] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def _zero(data: bytearray, chance: random.Random) -> None:
    start, length = chance.randrange(len(data)), chance.choice((4, 64, 4096))
    length = min(length, len(data) - start)
    data[start : start + length] = bytes(length)


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    data[start:start] = data[start : start + chance.choice((1, 16, 1024))]


def _extreme(data: bytearray, chance: random.Random) -> None:
    """A length, a size or an offset becomes as large as it can be said."""
    start = chance.randrange(min(len(data), _HEAD))
    data[start : start + 4] = chance.choice(
        (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", bytes(4))
    )


_WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _flip, _cut, _zero, _repeat, _extreme)


def damaged(data: bytes, seed: str) -> bytes:
    """The same damage for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    broken = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if broken:
            chance.choice(_WAYS)(broken, chance)
    return bytes(broken)


def originals(clips: Clips) -> dict[str, bytes]:
    """One small, sound file of each kind, by its name."""
    small = {"size": "96x64", "frames": 4}
    movies = {
        "h264.mov": ("libx264", "-preset", "ultrafast"), "h264.mp4": ("libx264", "-preset", "ultrafast"),
        "h264.mkv": ("libx264", "-preset", "ultrafast"), "h264.ts": ("libx264", "-preset", "ultrafast"),
        "mpeg2.mxf": ("mpeg2video",), "mpeg4.avi": ("mpeg4",), "vp9.webm": ("libvpx-vp9", "-cpu-used", "8"),
        "prores.mov": ("prores_ks",), "dv.gif": ("gif",),
    }  # fmt: skip
    formats = {"prores.mov": "yuv422p10le", "dv.gif": "rgb8"}
    files = [
        clips.movie(name, codec=codec, pixel_format=formats.get(name, "yuv420p"), **small)  # type: ignore[arg-type]
        for name, codec in movies.items()
    ]
    files += [clips.still(extension, size="96x64") for extension in ("png", "jpg", "tif", "dpx", "exr")]
    files.append(clips.made("tone.wav", "-f", "lavfi", "-i", "sine=d=0.2"))
    return {file.name: file.read_bytes() for file in files}
