"""Presets and resources, found from a checkout, a Connect bundle, a wheel and an editable install alike."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def _root() -> Path:
    """The folder that holds `presets/` and `resource/`."""
    here = Path(__file__).resolve().parent
    # A wheel carries them inside the package (setup.py copies them there); a checkout and a Connect
    # bundle have them two levels up, beside `plugin/` or `dependencies/`.
    for candidate in (here / "_data", here.parent.parent):
        if (candidate / "presets").is_dir() and (candidate / "resource").is_dir():
            return candidate
    raise FileNotFoundError(f"the presets and resources of Encode Media are missing beside {here}")


def builtin_presets() -> Path:
    """The folder of the presets that come with Encode Media."""
    return _root() / "presets"


def resource(*parts: str) -> Path:
    """A file below `resource/`."""
    return _root().joinpath("resource", *parts)
