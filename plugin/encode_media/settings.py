"""Everything the environment may say, read in one place and checked at once."""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import platformdirs

from encode_media.errors import failure

SOURCE_CHECKS = ("sample", "headers", "full")
"""The values of `model.media.SourceCheck`."""


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
    project_preset_folders: tuple[str, ...] = ()
    """With `{project}` where the project's name goes; behind the studio's, before the built-in presets."""
    schema_folder: Path | None = None
    """Where the ftrack client keeps what a server's entities look like; None leaves that to the client."""
    location_plugins: tuple[Path, ...] = ()
    """ftrack plug-in folders our sessions load: a studio's locations need theirs to find a path."""
    triggers_file: Path | None = None
    action_file: Path | None = None
    """Who is offered the action, its one-click presets, and what happens afterwards."""
    form_folders: tuple[Path, ...] = ()
    """A studio's own templates of forms and messages, before the built-in ones."""
    language: str = ""
    """The sub-folder of templates that comes first, such as `de`."""
    personal: bool = False
    """A runner of one person: it answers nobody else and starts nothing by itself."""
    source_roots: tuple[Path, ...] = ()
    """Sources must lie below one of these; empty allows all."""
    output_root: Path | None = None
    """Where deliverables that don't go to the server are kept."""
    thumbnail_cascade: tuple[str, ...] = ()
    """Which contexts around a version show its thumbnail as well: `task`, `parent` (the shot)."""
    path_maps: tuple[tuple[str, ...], ...] = ()
    """Each the same place in the spellings of several machines: `//server/share`, `/mnt/share`, `Z:\\`."""
    review_as_source: bool = False
    """Whether review media may be encoded where a version has nothing else."""
    ocio: str = ""
    """The studio's OpenColorIO configuration: a path or `ocio://…`."""
    icon_url: str = ""
    slots: int = 1
    """Encodes at a time on this machine."""
    network_slots: int = 4
    """Publishings at a time, beside the encodes."""
    capabilities: tuple[str, ...] = ()
    """What this machine offers beyond encoding, such as `gpu` or `mount:show1`; jobs that need it come here."""
    user_limit: int = 0
    """Jobs of one person at a time on all machines; 0 is no limit."""
    keep_days: float = 30.0
    """Ended jobs are forgotten after so many days; 0 keeps them."""
    source_check: str = "headers"
    """How closely sources are looked at before they are encoded: one of `SOURCE_CHECKS`."""
    split_frames: int = 1000
    """Encodes of at least twice as many frames are shared by workers that have nothing to do; 0 shares none."""
    shared_work: str = ""
    """A name for the work folder where it is one and the same on several machines, at the same path."""
    stall_limit_s: float = 120.0
    time_limit_s: float = 6 * 3600.0
    default_preset: str = "review"
    log_format: str = "text"
    """`text` for people, `json` for programs that collect logs."""
    metrics_port: int | None = None
    """Where Prometheus reads figures, on the loopback address alone; 0 picks a free port, None has none."""
    unserved_limit_s: float = 0.0
    """A listener without a hub for longer ends, so that its supervisor acts; 0 waits for ever."""
    notify_socket: str = ""
    """Where a supervisor (systemd) hears that we are ready and alive."""

    @property
    def workplace(self) -> str:
        """What workers offer that see the same work folder, and parts of one encode need."""
        if self.shared_work:
            return f"work:{self.shared_work}"
        name = f"{socket.gethostname()}|{self.work_folder.absolute()}"
        return f"work:{hashlib.sha256(name.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"

    @property
    def service_id(self) -> str:
        """The same for all processes that share a job database, different for any other.

        Where a database is named in two ways there are two ids: then less is tidied up, never too much.
        """
        scheme, _, rest = self.database.partition("://")
        place = socket.gethostname() if scheme == "sqlite" else ""
        without_password = rest.rpartition("@")[2]
        return hashlib.sha256(f"{scheme}|{place}|{without_password}".encode()).hexdigest()[:16]

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be read in a log."""
        password = urlsplit(self.database).password or ""
        return tuple(dict.fromkeys(secret for secret in (self.api_key, password, unquote(password)) if secret))


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
        project_preset_folders=tuple(str(path) for path in _paths(env, "ENCODE_MEDIA_PROJECT_PRESETS")),
        schema_folder=None if env.get("FTRACK_API_SCHEMA_CACHE_PATH") else data / "schema",
        location_plugins=_paths(env, "ENCODE_MEDIA_LOCATION_PLUGINS"),
        triggers_file=_path(env, "ENCODE_MEDIA_TRIGGERS"),
        action_file=_path(env, "ENCODE_MEDIA_ACTION"),
        form_folders=_paths(env, "ENCODE_MEDIA_FORMS"),
        language=_language(env),
        personal=_choice(env, "ENCODE_MEDIA_PERSONAL", ("0", "1")) == "1",
        source_roots=_paths(env, "ENCODE_MEDIA_SOURCE_ROOTS"),
        output_root=_path(env, "ENCODE_MEDIA_OUTPUT_ROOT"),
        thumbnail_cascade=_some_of(env, "ENCODE_MEDIA_THUMBNAIL_CASCADE", ("task", "parent")),
        path_maps=_path_maps(env, "ENCODE_MEDIA_PATH_MAP"),
        review_as_source=_choice(env, "ENCODE_MEDIA_REVIEW_AS_SOURCE", ("no", "yes")) == "yes",
        ocio=env.get("ENCODE_MEDIA_OCIO") or env.get("OCIO", ""),
        icon_url=env.get("ENCODE_MEDIA_ICON_URL", ""),
        slots=int(_number(env, "ENCODE_MEDIA_SLOTS", 1, minimum=1)),
        network_slots=int(_number(env, "ENCODE_MEDIA_NETWORK_SLOTS", 4, minimum=1)),
        capabilities=_words(env, "ENCODE_MEDIA_CAPABILITIES"),
        user_limit=int(_number(env, "ENCODE_MEDIA_USER_LIMIT", 0, minimum=0)),
        keep_days=_number(env, "ENCODE_MEDIA_KEEP_DAYS", 30, minimum=0),
        source_check=_source_check(env),
        split_frames=int(_number(env, "ENCODE_MEDIA_SPLIT_FRAMES", 1000, minimum=0)),
        shared_work=_name(env, "ENCODE_MEDIA_SHARED_WORK"),
        stall_limit_s=_number(env, "ENCODE_MEDIA_STALL_LIMIT", 120, minimum=1),
        time_limit_s=_number(env, "ENCODE_MEDIA_TIME_LIMIT", 6 * 3600, minimum=1),
        default_preset=env.get("ENCODE_MEDIA_DEFAULT_PRESET") or "review",
        log_format=_choice(env, "ENCODE_MEDIA_LOG", ("text", "json")),
        metrics_port=int(_number(env, "ENCODE_MEDIA_METRICS_PORT", 0, minimum=0))
        if env.get("ENCODE_MEDIA_METRICS_PORT")
        else None,
        unserved_limit_s=_number(env, "ENCODE_MEDIA_UNSERVED_LIMIT", 0, minimum=0),
        notify_socket=env.get("NOTIFY_SOCKET", ""),
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
        if not name.upper().startswith(("FTRACK_", "ENCODE_MEDIA_"))
        and name not in ("FFREPORT", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
    }
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        original = child.pop(f"{name}_ORIG", None)
        if original is not None:
            child[name] = original
        if not child.get(name):
            child.pop(name, None)
    return child


def _language(env: Mapping[str, str]) -> str:
    name = env.get("ENCODE_MEDIA_LANGUAGE", "")
    if name and not name.replace("-", "").replace("_", "").isalnum():
        raise failure(
            "options.invalid",
            option="ENCODE_MEDIA_LANGUAGE",
            problem=f"{name!r} can't be used",
            allowed="the name of a folder below the templates, such as de or pt_BR",
        )
    return name


def _source_check(env: Mapping[str, str]) -> str:
    text = env.get("ENCODE_MEDIA_CHECK") or "headers"
    if text not in SOURCE_CHECKS:
        allowed = ", ".join(SOURCE_CHECKS)
        problem = f"{text!r} can't be used"
        raise failure("options.invalid", option="ENCODE_MEDIA_CHECK", problem=problem, allowed=allowed)
    return text


def _name(env: Mapping[str, str], name: str) -> str:
    words = _words(env, name)
    if len(words) > 1:
        raise failure("options.invalid", option=name, problem="it has several words", allowed="one word")
    return words[0] if words else ""


def _paths(env: Mapping[str, str], name: str) -> tuple[Path, ...]:
    return tuple(Path(part) for part in env.get(name, "").split(os.pathsep) if part)


def _words(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(word for word in env.get(name, "").replace(",", " ").split())


def _some_of(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    words = _words(env, name)
    for word in words:
        if word not in allowed:
            raise failure(
                "options.invalid", option=name, problem=f"{word!r} can't be used", allowed=", ".join(allowed)
            )
    return words


def _path_maps(env: Mapping[str, str], name: str) -> tuple[tuple[str, ...], ...]:
    """`//server/share = /mnt/share = Z:/; …`: places by semicolons, their spellings by equals signs."""
    places = [place.split("=") for place in env.get(name, "").split(";") if place.strip()]
    maps = tuple(tuple(spelling.strip() for spelling in place if spelling.strip()) for place in places)
    for spellings in maps:
        if len(spellings) < 2:  # noqa: PLR2004 - one spelling alone maps to nothing
            raise failure(
                "options.invalid",
                option=name,
                problem=f"{'='.join(spellings)!r} names one place once",
                allowed="//server/share = /mnt/share = Z:\\ ; …",
            )
    return maps


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if env.get(name) else None


def _choice(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """The first is the default."""
    text = env.get(name) or allowed[0]
    if text not in allowed:
        raise failure(
            "options.invalid", option=name, problem=f"{text!r} can't be used", allowed=", ".join(allowed)
        )
    return text


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
