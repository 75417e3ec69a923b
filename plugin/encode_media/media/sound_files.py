"""The sound files a preset names, read before planning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from encode_media.errors import failure
from encode_media.media.probe import probe
from encode_media.media.roots import require_inside
from encode_media.model.media import Media, SourceRef


def read_sound_files(paths: Sequence[str], roots: Sequence[Path] = ()) -> dict[str, Media]:
    """What is in each file, by the path as it was given.

    Args:
        paths: absolute.
        roots: the folders sources may lie in; empty allows all.

    Raises:
        InvalidParameters: a path that is not absolute.
        SourceMissing: a file that isn't there, can't be read, or lies outside the roots.
        UnsupportedFormat: one that is no media.
    """
    return {path: _read(path, roots) for path in paths}


def _read(path: str, roots: Sequence[Path]) -> Media:
    if not Path(path).is_absolute():
        words = f"{path} is no absolute path"
        raise failure("options.invalid", option="audio_file", problem=words, allowed="the path of a sound file")
    source = SourceRef(path=path)
    if roots:
        require_inside(source, roots)
    return probe(source, count_frames=False)
