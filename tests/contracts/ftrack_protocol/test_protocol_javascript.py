"""The unmodified JavaScript client against the sandbox, in Node; the cases are in js/cases.mjs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.sandbox import RunningSandbox

JS = Path(__file__).parent / "js"
NAMES = re.findall(r'^  "(\d.*)": async', (JS / "cases.mjs").read_text(encoding="utf-8"), re.MULTILINE)


def node_modules() -> Path:
    """The installed packages; kept in the user's cache, anew for each lock file."""
    lock = (JS / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "encode-media-tests"
    folder = cache / f"js-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "node_modules").is_dir():
        making = cache / f"{folder.name}.{os.getpid()}"
        making.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(JS / name, making)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=making, capture_output=True, text=True, timeout=150, check=False)
        if done.returncode:
            shutil.rmtree(making)
            pytest.skip(f"npm can't install the JavaScript client here: {done.stderr.strip()[-300:]}")
        try:
            making.rename(folder)
        except OSError:  # another run was faster
            shutil.rmtree(making)
    return folder


@pytest.fixture(scope="module")
def outcomes(box: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What went wrong with each case; nothing if all is well."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node and npm are not installed")
    folder = tmp_path_factory.mktemp("js")
    for script in JS.glob("*.mjs"):
        shutil.copy(script, folder)
    shutil.copy(JS / "package.json", folder)
    (folder / "node_modules").symlink_to(node_modules() / "node_modules", target_is_directory=True)
    command = ["node", "cases.mjs", box.url, box.address.api_user, box.address.api_key]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=150, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"name"')]
    assert len(lines) == len(NAMES), done.stdout[-2000:] + done.stderr[-2000:]
    return {one["name"]: one["problem"] for one in map(json.loads, lines)}


@pytest.mark.parametrize("name", NAMES)
def test_the_javascript_client(outcomes: dict[str, str], name: str) -> None:
    """The section is in the case's name."""
    assert outcomes[name] == ""
