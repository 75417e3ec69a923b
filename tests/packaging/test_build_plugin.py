"""`python setup.py build_plugin` makes what Connect's plugin manager takes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from encode_media.version import __version__

ROOT = Path(__file__).parents[2]
CONNECT_NAME = re.compile(
    r"^(?P<name>.+?)-(?P<version>\d+\.\d+(\.\d+)?((rc|a|b)\d+)?)(-(?P<platform>windows|mac|linux))?\.zip$"
)
"""The rule of Connect's plugin manager, written down from its documentation."""


def copy_checkout(folder: Path, version: str = __version__) -> None:
    """The build writes beside `setup.py`, so it works on a copy."""
    for name in ("plugin", "presets", "resource", "hooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy2(ROOT / name, folder / name)
    file = folder / "plugin" / "encode_media" / "version.py"
    file.write_text(file.read_text().replace(__version__, version))


def build(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "setup.py", "-q", "build_plugin", "--no-deps", *options],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    copy_checkout(folder)
    done = build(folder)
    assert done.returncode == 0, done.stderr
    (made,) = (folder / "dist").iterdir()
    return made


@pytest.fixture(scope="module")
def installed(bundle: Path) -> Path:
    """Unpacked the way Connect does: into a folder named after the zip."""
    folder = bundle.parent / bundle.stem
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


def test_connect_recognises_the_name(bundle: Path) -> None:
    match = CONNECT_NAME.match(bundle.name)

    assert match
    assert (match["name"], match["version"], match["platform"]) == ("ftrack-encode-media", __version__, None)


def test_the_files_are_at_the_root_of_the_zip(bundle: Path) -> None:
    names = zipfile.ZipFile(bundle).namelist()

    tops = {name.split("/")[0] for name in names}
    assert tops == {"hook", "dependencies", "presets", "resource", "__version__.py", "LICENSE"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_hook_holds_exactly_one_file(installed: Path) -> None:
    assert [path.name for path in (installed / "hook").iterdir()] == ["encode_media_hook.py"]


def test_the_version_is_the_same_everywhere(installed: Path) -> None:
    assert (installed / "__version__.py").read_text() == f"__version__ = '{__version__}'\n"
    assert __version__ in (installed / "dependencies" / "encode_media" / "version.py").read_text()


def files_below(root: Path, name: str) -> set[Path]:
    return {path.relative_to(root) for path in (root / name).rglob("*") if path.is_file()}


def test_every_preset_and_resource_is_there_once(installed: Path) -> None:
    for name in ("presets", "resource"):
        expected = {path.relative_to(ROOT) for path in (ROOT / name).rglob("*") if path.is_file()}
        expected = {path for path in expected if "__pycache__" not in path.parts}
        assert {
            path.relative_to(installed) for path in (installed / name).rglob("*") if path.is_file()
        } == expected
    assert not (installed / "dependencies" / "encode_media" / "_data").exists()


def test_the_package_in_the_bundle_uses_the_bundle_s_presets(installed: Path) -> None:
    code = "from encode_media.resources import builtin_presets; print(builtin_presets())"
    environ = {**os.environ, "PYTHONPATH": str(installed / "dependencies")}

    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=installed, capture_output=True, text=True, check=True
    )

    assert Path(done.stdout.strip()) == installed / "presets"


def test_the_same_files_give_the_same_zip(bundle: Path, tmp_path: Path) -> None:
    done = build(bundle.parent.parent, "--dist-dir", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert (tmp_path / bundle.name).read_bytes() == bundle.read_bytes()


@pytest.mark.parametrize("version", ["1.0.0.dev1", "1.0.0.post1", "1.0.0+g12"])
def test_a_version_connect_would_ignore_is_refused(tmp_path: Path, version: str) -> None:
    copy_checkout(tmp_path, version)

    done = build(tmp_path)

    assert done.returncode != 0
    assert "Connect does not recognise the version" in done.stderr
    assert not (tmp_path / "dist").exists()


def test_a_release_candidate_is_made(tmp_path: Path) -> None:
    copy_checkout(tmp_path, "1.0.0rc1")

    done = build(tmp_path)

    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["ftrack-encode-media-1.0.0rc1.zip"]
