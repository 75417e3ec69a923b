"""Tiny OpenEXR files written by hand, for kinds that ffmpeg's encoder can't write."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_MAGIC = b"v/1\x01"
_HALF = 1


@dataclass(frozen=True, kw_only=True)
class Part:
    """An uncompressed scan-line part of half-float channels, each of one value all over."""

    channels: Mapping[str, float] = field(default_factory=lambda: {"R": 0.5, "G": 0.25, "B": 0.125})
    name: str = ""
    size: tuple[int, int] = (16, 8)
    compression: int = 0
    chromaticities: Sequence[float] | None = None
    kind: str = "scanlineimage"
    sampling: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def write_exr(path: Path, *parts: Part, flags: int = 0) -> Path:
    """Writes the parts; more than one makes a multi-part file. `flags` are further bits of the version field."""
    multipart = len(parts) > 1
    version = 2 | (0x1000 if multipart else 0) | flags
    data = _MAGIC + struct.pack("<I", version) + b"".join(_header(part, multipart=multipart) for part in parts)
    data += b"\0" if multipart else b""
    position = len(data) + 8 * sum(part.size[1] for part in parts)
    table, body = b"", b""
    for number, part in enumerate(parts):
        for row in range(part.size[1]):
            table += struct.pack("<Q", position + len(body))
            pixels = b"".join(
                struct.pack("<e", part.channels[name]) * part.size[0] for name in sorted(part.channels)
            )
            body += (
                (struct.pack("<i", number) if multipart else b"") + struct.pack("<ii", row, len(pixels)) + pixels
            )
    path.write_bytes(data + table + body)
    return path


def _header(part: Part, *, multipart: bool) -> bytes:
    width, height = part.size
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    attributes = [
        ("channels", "chlist", b"".join(_channel(name, part) for name in sorted(part.channels)) + b"\0"),
        ("compression", "compression", bytes([part.compression])),
        ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window),
        ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
        ("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1.0)),
    ]
    if part.chromaticities:
        attributes.append(("chromaticities", "chromaticities", struct.pack("<8f", *part.chromaticities)))
    if multipart or part.kind != "scanlineimage":
        attributes.append(("type", "string", part.kind.encode()))
    if multipart:
        attributes += [
            ("name", "string", part.name.encode()),
            ("chunkCount", "int", struct.pack("<i", height)),
        ]
    return b"".join(
        name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value
        for name, kind, value in attributes
    ) + b"\0"  # fmt: skip


def _channel(name: str, part: Part) -> bytes:
    return name.encode() + b"\0" + struct.pack("<iI2i", _HALF, 0, *part.sampling.get(name, (1, 1)))
