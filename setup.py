"""Builds Encode Media; metadata is in pyproject.toml.

`presets/` and `resource/` lie at the top level for people, and are copied into the package for a wheel.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
CARRIED = ("presets", "resource")


class BuildWithData(build_py):
    """Copies the data folders to where `encode_media.resources` looks for them in an installed package."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "encode_media" / "_data"
        for name in CARRIED:
            shutil.copytree(ROOT / name, target / name, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithData})
