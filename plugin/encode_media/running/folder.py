"""The job folder: the frame list ffmpeg reads, the places it writes to, and clearing both away.

The folder is private to one attempt of one job, so outputs are written under their final names; they
leave it only after they were verified. What an earlier, interrupted run left in it is removed first.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from encode_media.errors import EncodeMediaError, failure
from encode_media.media.absence import why_absent
from encode_media.model.plan import EncodePlan, FrameLink, LaidFile, PlannedOutput
from encode_media.model.preset import OutputKind
from encode_media.planning.ocio_bake import baked_text
from encode_media.resources import resource


def place_of(folder: Path, name: str) -> Path:
    """The path of a plan's relative name below the folder; a plan must not point anywhere else.

    Raises:
        EncodeMediaError: `internal`, the name leaves the folder.
    """
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or not parts.parts or ":" in parts.parts[0]:
        raise failure("internal", problem=f"the plan names a file outside its folder: {name}")
    return folder.joinpath(*parts.parts)


def files_of(folder: Path, output: PlannedOutput) -> tuple[Path, ...]:
    """The files of an output that exist now, in the order of their names."""
    place = place_of(folder, output.file)
    if output.kind is not OutputKind.IMAGE_SEQUENCE:
        return (place,) if place.is_file() else ()
    # Each output sequence has a folder of its own or a stem of its own: everything that fits the pattern is its.
    stem, suffix = place.name.partition("%")[0], place.suffix
    return tuple(sorted(f for f in _files_in(place.parent) if f.name.startswith(stem) and f.suffix == suffix))


def _files_in(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (Path(entry.path) for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False))


def written_bytes(folder: Path, outputs: Iterable[PlannedOutput]) -> int:
    """The size of all outputs so far; files may vanish while looking (faststart renames)."""
    total = 0
    for output in outputs:
        for file in files_of(folder, output):
            try:
                total += file.stat().st_size
            except FileNotFoundError:
                continue
    return total


def prepare(folder: Path, plan: EncodePlan) -> None:
    """Makes the folder and those of the outputs, and removes what an interrupted run left there.

    Raises:
        NotPermitted: the operating system refuses to write there.
        OutOfSpace: the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        clear(folder, plan)
        for output in plan.outputs:
            place_of(folder, output.file).parent.mkdir(parents=True, exist_ok=True)
        for name in plan.scratch:
            place_of(folder, name).mkdir(parents=True, exist_ok=True)
        lay_files(folder, plan.files)
    except OSError as error:
        raise _translated(error, folder) from error


def lay_links(folder: Path, links: Iterable[FrameLink], black: Path | None) -> None:
    """Lays the complete, gap-free frame list; `black` is shown where a link has no source.

    Raises:
        SourceMissing: a frame of the list is not there (any more).
        NotPermitted, OutOfSpace: the list can't be written.
    """
    for link in links:
        place = place_of(folder, link.name)
        source = black if link.source is None else Path(link.source)
        if source is None:
            raise failure("internal", problem=f"the plan shows black for {link.name} but makes no black frame")
        # ffmpeg ends quietly at a frame it can't open, so each is looked for here.
        if not source.is_file():
            raise why_absent(str(source))
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _link(source, place)
        except OSError as error:
            raise _translated(error, place) from error


def lay_files(folder: Path, files: Iterable[LaidFile]) -> None:
    """Lays what the commands read besides the source.

    Raises:
        InvalidParameters: a file the preset names is gone, or a colour transform can't be baked.
        OSError: the folder can't be written.
    """
    for file in files:
        place = place_of(folder, file.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.text is not None:
            # No line end: drawtext would draw a second, empty line.
            place.write_text(file.text, encoding="utf-8", newline="")
            continue
        if file.bake is not None:
            place.write_text(baked_text(file.bake), encoding="ascii", newline="")
            continue
        source = resource(*PurePosixPath(file.resource).parts) if file.resource else Path(file.path or "")
        # A missing font is no error to ffmpeg: it takes another one.
        if not source.is_file():
            raise failure("preset.file_missing", path=str(source))
        _link(source, place)


def _link(source: Path, place: Path) -> None:
    """A symbolic link; on Windows, where those need a privilege, a hard link, and a copy across volumes."""
    place.unlink(missing_ok=True)
    if os.name != "nt":
        place.symlink_to(source)
        return
    try:
        place.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, place)


def clear(folder: Path, plan: EncodePlan) -> None:
    """Removes everything the plan makes, and each folder that is empty then; other files stay."""
    clear_frames(folder, plan)
    for output in plan.outputs:
        for file in files_of(folder, output):
            file.unlink(missing_ok=True)
        _remove_empty(place_of(folder, output.file).parent, folder)


def clear_frames(folder: Path, plan: EncodePlan) -> None:
    """Removes the frame list, the laid files and scratch folders, which are of no use once ffmpeg has ended."""
    names = [link.name for link in plan.links] + [file.name for file in plan.files]
    if plan.black_frame:
        names.append(black_frame_name(plan))
    places = [place_of(folder, name) for name in names]
    for place in places:
        place.unlink(missing_ok=True)
    for parent in {place.parent for place in places}:
        _remove_empty(parent, folder)
    for name in plan.scratch:
        shutil.rmtree(place_of(folder, name), ignore_errors=True)


def black_frame_name(plan: EncodePlan) -> str:
    """Where the black frame is written: the output file is the last argument."""
    return plan.black_frame[-1]


def _remove_empty(place: Path, folder: Path) -> None:
    while place != folder and folder in place.parents and place.is_dir() and not any(place.iterdir()):
        place.rmdir()
        place = place.parent


def remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _translated(error: OSError, place: Path) -> EncodeMediaError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return failure("disk.full", path=str(place))
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return failure("output.not_permitted", path=str(place))
    return failure("storage.failed", problem=f"{place}: {error.strerror}")
