"""Everything the environment may say, read in one place and checked at once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from encode_media.errors import failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Configuration of one process. Build it with `read_settings`; tests build it directly."""

    server: str = ""
    api_user: str = ""
    api_key: str = field(default="", repr=False)
    """Never printed, logged or sent anywhere but to the server."""
    ffmpeg: str = ""
    """A program to use instead of looking on PATH and in imageio-ffmpeg."""
    database: str = ""
    """`sqlite:///…` or `postgresql://…`."""
    work_folder: Path = Path(tempfile.gettempdir()) / "encode-media"
    """Job folders and kept failures; may be emptied when no job runs."""
    preset_folders: tuple[Path, ...] = ()
    """Studio folders, first wins; the built-in presets come last."""
    location_plugins: tuple[Path, ...] = ()
    """ftrack plug-in folders our sessions load: a studio's locations need theirs to find a path."""
    triggers_file: Path | None = None
    source_roots: tuple[Path, ...] = ()
    """Sources must lie below one of these; empty allows all."""
    output_root: Path | None = None
    """Where deliverables that don't go to the server are kept."""
    icon_url: str = ""
    slots: int = 1
    """Encodes at a time on this machine."""
    stall_limit_s: float = 120.0
    time_limit_s: float = 6 * 3600.0
    default_preset: str = "review"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `ENCODE_MEDIA_*` and `FTRACK_*` (docs/settings.md lists them all).

    Raises:
        InvalidParameters: a variable has a value that can't be used.
    """
    env = os.environ if environ is None else environ
    data = Path(env.get("ENCODE_MEDIA_DATA") or platformdirs.user_data_dir("encode-media", appauthor=False))
    return Settings(
        server=env.get("FTRACK_SERVER", "").rstrip("/"),
        api_user=env.get("FTRACK_API_USER", ""),
        api_key=env.get("FTRACK_API_KEY", ""),
        ffmpeg=env.get("ENCODE_MEDIA_FFMPEG", ""),
        database=env.get("ENCODE_MEDIA_DB") or f"sqlite:///{(data / 'jobs.sqlite').as_posix()}",
        work_folder=_path(env, "ENCODE_MEDIA_WORK") or data / "work",
        preset_folders=_paths(env, "ENCODE_MEDIA_PRESETS"),
        location_plugins=_paths(env, "ENCODE_MEDIA_LOCATION_PLUGINS"),
        triggers_file=_path(env, "ENCODE_MEDIA_TRIGGERS"),
        source_roots=_paths(env, "ENCODE_MEDIA_SOURCE_ROOTS"),
        output_root=_path(env, "ENCODE_MEDIA_OUTPUT_ROOT"),
        icon_url=env.get("ENCODE_MEDIA_ICON_URL", ""),
        slots=int(_number(env, "ENCODE_MEDIA_SLOTS", 1, minimum=1)),
        stall_limit_s=_number(env, "ENCODE_MEDIA_STALL_LIMIT", 120, minimum=1),
        time_limit_s=_number(env, "ENCODE_MEDIA_TIME_LIMIT", 6 * 3600, minimum=1),
        default_preset=env.get("ENCODE_MEDIA_DEFAULT_PRESET") or "review",
    )


def child_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a program we start: nothing of ours or ftrack's (credentials), the system's libraries.

    A frozen application (PyInstaller, cx_Freeze) points the library path into itself and keeps the
    original under `*_ORIG`; a system ffmpeg must not load the application's libraries.
    """
    env = os.environ if environ is None else environ
    child = {
        name: value
        for name, value in env.items()
        # FFREPORT makes ffmpeg write a report file wherever the variable says.
        if not name.upper().startswith(("FTRACK_", "ENCODE_MEDIA_")) and name != "FFREPORT"
    }
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        original = child.pop(f"{name}_ORIG", None)
        if original is not None:
            child[name] = original
        if not child.get(name):
            child.pop(name, None)
    return child


def _paths(env: Mapping[str, str], name: str) -> tuple[Path, ...]:
    return tuple(Path(part) for part in env.get(name, "").split(os.pathsep) if part)


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if env.get(name) else None


def _number(env: Mapping[str, str], name: str, default: float, *, minimum: float) -> float:
    text = env.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = minimum - 1
    if value < minimum:
        raise failure(
            "options.invalid",
            option=name,
            problem=f"{text!r} can't be used",
            allowed=f"a number from {minimum:g}",
        )
    return value
