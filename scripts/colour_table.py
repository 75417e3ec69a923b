"""Prints the colour table of docs/quality.md: sixteen flat patches through the presets, and as other tools do it.

python scripts/colour_table.py [FFMPEG]        # the same figures as `encode-media selftest colour --others`
"""

from __future__ import annotations

import sys

from encode_media.media.capabilities import find_ffmpeg
from encode_media.presets.catalog import Catalog
from encode_media.selftest import measure_colour, measure_others

PRESETS = ("review", "poster", "png_sequence", "hevc_10bit", "prores_422_hq", "dnxhr_hqx", "webm_vp9")


def main() -> None:
    ffmpeg = find_ffmpeg(sys.argv[1] if len(sys.argv) > 1 else "").path
    print(f"| source | {' | '.join(PRESETS)} |")
    print("|---" * (len(PRESETS) + 1) + "|")
    rows: dict[str, dict[str, float]] = {}
    for each in measure_colour(ffmpeg, Catalog(), PRESETS):
        rows.setdefault(each.source, {})[each.target] = each.error
    for source, errors in rows.items():
        print(f"| {source} | {' | '.join(f'{errors[preset]:.2f}' for preset in PRESETS)} |")
    for each in measure_others(ffmpeg):
        print(f"| `{each.target}` | {each.error:.2f} |")


if __name__ == "__main__":
    main()
