"""Running a program with an ordinary account's rights, whoever runs the tests."""

from __future__ import annotations

import os
import shutil

import pytest

_BEYOND_RIGHTS = "-dac_override,-dac_read_search"
"""What lets an administrator of Linux read and write whatever the rights of a file say."""


def ordinary_rights() -> list[str]:
    """Words before a program's own: it may read and write only what files allow. Skips where that can't be had."""
    if os.name == "nt":
        pytest.skip("rights are taken away with chmod")
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not here")
    return [setpriv, f"--bounding-set={_BEYOND_RIGHTS}", f"--inh-caps={_BEYOND_RIGHTS}"]
