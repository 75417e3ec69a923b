"""Files below a root folder: put there whole, never outside it, and removed again."""

from __future__ import annotations

import filecmp
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path

from encode_media.errors import failure
from encode_media.jobs.job_folder import storage_failure

log = logging.getLogger(__name__)


def place(source: Path, target: Path, root: Path | None) -> None:
    """Puts a file at `target`: linked where the file system can, else copied; never half there.

    Raises:
        NotPermitted: the folder can't be written, or a link on the way leads out of `root`.
        OutOfSpace: no space for the copy.
        EncodeFailed: the storage failed, or kept something else than it was given.
    """
    if root is not None:
        require_below(root, target)
    if target.exists() and (not source.exists() or target.samefile(source)):
        return  # An earlier try put it there. Renaming one link of a file onto another does nothing (POSIX).
    partial = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        try:
            os.link(source, partial)
        except OSError:
            # Another disk, or a file system without hard links.
            shutil.copyfile(source, partial)
            _require_same_size(source, partial)
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise storage_failure(error, target.parent) from error


def require_below(root: Path, target: Path) -> None:
    """Links followed and `..` resolved, the target must lie below the root.

    Raises:
        NotPermitted: `output.outside_roots`.
    """
    real = Path(os.path.realpath(target.parent), target.name)
    if target.name in ("", ".", "..") or not real.is_relative_to(os.path.realpath(root)):
        raise failure("output.outside_roots", path=target)


def _require_same_size(source: Path, copy: Path) -> None:
    expected, found = source.stat().st_size, copy.stat().st_size
    if expected != found:
        copy.unlink(missing_ok=True)
        raise failure("storage.failed", problem=f"of {expected} bytes it kept {found}: {copy.parent}")


def is_same_file(one: Path, other: Path) -> bool:
    """Whether both hold the same bytes; False where either is gone."""
    try:
        return one.samefile(other) or filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def discard_from_folder(root: Path | None, identifier: str) -> None:
    """Removes a file we once kept below the root, and folders that it leaves empty.

    Anything outside the root is left alone, whatever its row says.
    """
    path = Path(identifier)
    if root is None or "%" in path.name or ".." in path.parts or root not in path.parents:
        return
    if not Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(root)):
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        # What replaces it is published; a file that can't be removed must not undo that.
        log.warning("%s was replaced but could not be removed: %s", path, error.strerror)
        return
    _remove_empty(path.parent, root)


def discard_tree(folder: Path, root: Path) -> None:
    """Removes a folder of our own below the root, and those above it that are left empty."""
    shutil.rmtree(folder, ignore_errors=True)
    _remove_empty(folder.parent, root)


def _remove_empty(folder: Path, root: Path) -> None:
    """Removes a folder and those above it up to the root, as long as they are empty."""
    while folder != root and root in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return  # Something is in it, or it is gone already.
        folder = folder.parent
