"""Builds Encode Media; metadata is in pyproject.toml.

`presets/` and `resource/` lie at the top level for people, and are copied into the package for a wheel.
`python setup.py build_plugin` makes the zip that is dropped into ftrack Connect.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import ClassVar

from setuptools import Command, setup
from setuptools.command.build_py import build_py
from setuptools.errors import ExecError, OptionError

ROOT = Path(__file__).resolve().parent
CARRIED = ("presets", "resource")
PLUGIN_NAME = "ftrack-encode-media"

CONNECT_VERSION = re.compile(r"\d+\.\d+(\.\d+)?((rc|a|b)\d+)?")
"""All that Connect recognises in a plugin's name; anything else is ignored by it without a word."""
COMPILED = (".so", ".pyd", ".dylib")
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip knows: the same files give the same zip."""


class BuildWithData(build_py):
    """Copies the data folders to where `encode_media.resources` looks for them in an installed package."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "encode_media" / "_data"
        for name in CARRIED:
            shutil.copytree(ROOT / name, target / name, dirs_exist_ok=True)


class BuildPlugin(Command):
    """Makes `dist/ftrack-encode-media-<version>.zip` for Connect's plugin manager."""

    description = "make the zip for ftrack Connect"
    user_options: ClassVar = [
        ("no-deps", None, "leave out the libraries of others: Connect then needs a service elsewhere"),
        ("per-platform", None, "name the platform in the zip, for libraries with compiled parts"),
        ("dist-dir=", "d", "where the zip goes (dist)"),
    ]
    boolean_options: ClassVar = ["no-deps", "per-platform"]

    def initialize_options(self) -> None:
        self.no_deps = False
        self.per_platform = False
        self.dist_dir: str | None = None

    def finalize_options(self) -> None:
        self.version = self.distribution.get_version()
        if not CONNECT_VERSION.fullmatch(self.version):
            raise OptionError(
                f"Connect does not recognise the version {self.version}; it has to be X.Y.Z or X.Y.ZrcN"
            )
        self.target = Path(self.dist_dir or ROOT / "dist")

    def run(self) -> None:
        stage = ROOT / "build" / f"{PLUGIN_NAME}-{self.version}"
        shutil.rmtree(stage, ignore_errors=True)
        self._copy_files(stage)
        self._build_package(stage / "dependencies")
        if not self.no_deps:
            self._install_libraries(stage / "dependencies")
        name = f"{stage.name}{self._platform_part(stage)}.zip"
        self.target.mkdir(parents=True, exist_ok=True)
        write_zip(stage, self.target / name)
        print(f"made {self.target / name}")

    def _copy_files(self, stage: Path) -> None:
        # Connect loads every Python file below `hook/`, so exactly one goes there.
        (stage / "hook").mkdir(parents=True)
        shutil.copy2(ROOT / "hooks" / "encode_media_hook.py", stage / "hook")
        for name in CARRIED:
            shutil.copytree(ROOT / name, stage / name)
        shutil.copy2(ROOT / "LICENSE", stage)
        (stage / "__version__.py").write_text(f"__version__ = '{self.version}'\n", encoding="utf-8")

    def _build_package(self, target: Path) -> None:
        package = self.reinitialize_command("build_py", build_lib=str(target))
        package.ensure_finalized()
        package.run()
        # In a bundle the folders beside `dependencies/` count, where people see and change them.
        shutil.rmtree(target / "encode_media" / "_data")

    def _install_libraries(self, target: Path) -> None:
        wanted = sorted(self.distribution.install_requires)
        argv = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target), *wanted]
        if subprocess.run(argv, check=False).returncode:
            raise ExecError("the libraries could not be installed; --no-deps makes a zip without them")

    def _platform_part(self, stage: Path) -> str:
        compiled = any(path.suffix in COMPILED for path in stage.rglob("*"))
        name = {"win32": "windows", "darwin": "mac"}.get(sys.platform, "linux")
        if compiled and not self.per_platform:
            print(f"The zip has parts compiled for {name}; --per-platform puts that into its name.")
        return f"-{name}" if compiled and self.per_platform else ""


def write_zip(folder: Path, file: Path) -> None:
    """The folder's files at the root of the zip, as Connect unpacks them."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes())


setup(cmdclass={"build_py": BuildWithData, "build_plugin": BuildPlugin})
