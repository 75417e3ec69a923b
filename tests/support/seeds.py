"""Which seeds of the random faults are run."""

from __future__ import annotations

import os


def chosen_seeds(everyday: int) -> range:
    """From `ENCODE_MEDIA_FAULT_SEEDS`: `200` for so many, `100-120` for those; else so few as every day can bear.

    Read when a test module is loaded: the tests' own environment has no settings.
    """
    first, _, behind = os.environ.get("ENCODE_MEDIA_FAULT_SEEDS", str(everyday)).rpartition("-")
    return range(int(first or 0), int(behind))
