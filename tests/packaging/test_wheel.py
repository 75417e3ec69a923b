"""The built package works, not only the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("encode_media-*.whl")
    target = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def _python(site: Path, *words: str) -> str:
    """Runs Python in another folder with only the unpacked wheel as Encode Media."""
    code = f"import sys; sys.path.insert(0, {str(site)!r}); " + words[0]
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, *words[1:]], check=True, capture_output=True, text=True, cwd=site.parent
    )
    return done.stdout


def test_a_wheel_carries_its_presets_and_resources(unpacked_wheel):
    found = _python(
        unpacked_wheel,
        "from encode_media import resources as r; print(r.builtin_presets()); print(r.resource('sandbox_page'))",
    ).split()

    assert all(path.startswith(str(unpacked_wheel)) for path in found)
    assert (Path(found[0]) / "review.yaml").is_file()
    assert (Path(found[1]) / "index.html").is_file()


def test_the_command_line_of_a_wheel_lists_the_presets(unpacked_wheel):
    listed = _python(
        unpacked_wheel,
        "from encode_media.cli import main; sys.argv[0] = 'encode-media'; main()",
        "presets",
        "list",
    )

    for name in ("review", "prores_422_hq", "webm_vp9", "png_sequence"):
        assert name in listed


def test_the_wheel_holds_nothing_but_the_package(unpacked_wheel):
    tops = {path.name for path in unpacked_wheel.iterdir() if not path.name.endswith(".dist-info")}

    assert {"encode_media"} == tops
