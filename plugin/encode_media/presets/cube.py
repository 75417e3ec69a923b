"""Whether a `.cube` file is a 3D LUT that can be applied; ffmpeg only says that it is not (Adobe Cube LUT 1.0)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

MAX_BYTES = 64_000_000
"""129 points a side, more than anybody ships, with the longest usual numbers."""
SIZES = range(2, 257)
_SIZE = re.compile(r"\ALUT_3D_SIZE\s+(\d{1,4})\s*\Z")


@lru_cache(maxsize=32)
def cube_problem(path: Path, _modified: int, size: int) -> str:
    """What is wrong with it, empty if nothing is. Raises: OSError."""
    if size > MAX_BYTES:
        return f"is larger than {MAX_BYTES // 1_000_000} MB"
    lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    sizes = [int(match[1]) for line in lines if (match := _SIZE.match(line))]
    if len(sizes) != 1 or sizes[0] not in SIZES:
        return "is no 3D LUT"
    points = [line for line in lines if line and (line[0].isdigit() or line[0] in "+-.")]
    if len(points) != sizes[0] ** 3:
        return f"has {len(points)} points instead of {sizes[0] ** 3}"
    return "" if all(_is_point(point) for point in points) else "has points that are no three numbers"


def _is_point(line: str) -> bool:
    parts = line.split()
    try:
        return len([float(part) for part in parts]) == 3  # noqa: PLR2004 - red, green, blue
    except ValueError:
        return False
