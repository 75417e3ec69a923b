"""What a failed ffmpeg meant: exit code and log to one of our errors. No effects.

ffmpeg 9 ends with the low byte of its error number, older ones always with 1, and both say what
happened only in words. So the words decide, in the order below: a full disk causes a dozen follow-up
lines, and the first line that names a cause is worth more than the last.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from encode_media.errors import EncodeMediaError, failure
from encode_media.process.guard import CANNOT_START, NOTICE

KILLED_IN_A_SHELL = 128 + 9
"""What a shell script around ffmpeg reports for SIGKILL."""

_PREFIX = re.compile(r"^(?:\[[^\]]*\] ?)+")
"""`[mov,mp4 @ 0x55d] [error] …`: which part of ffmpeg speaks."""


_MARK = "\0"
"""Stands for the source's name in a line: a file may be called `No space left on device.mov`."""


@dataclass(frozen=True, slots=True)
class Evidence:
    lines: tuple[str, ...]
    """What ffmpeg said, with every spelling of the source's name replaced by the mark."""
    source: str
    """The path a person knows it by."""
    folder: str
    """Where it was written to."""

    def words(self, line: str) -> str:
        """A line for people: without the part of ffmpeg that speaks, the source named again."""
        return _PREFIX.sub("", line).strip().replace(_MARK, self.source)


def evidence_of(stderr: Sequence[str], sources: Sequence[str], source: str, folder: str) -> Evidence:
    names = sorted({name for name in (*sources, source) if name}, key=len, reverse=True)
    # A name that ends in a slash is the folder of the frame list; whatever lies in it is the source.
    pattern = "|".join(re.escape(name) + (r"[^:\s]*" if name.endswith("/") else "") for name in names)
    spelling = re.compile(pattern) if pattern else None
    lines = (line.replace(_MARK, "") for line in stderr if line.strip())
    marked = tuple(spelling.sub(_MARK, line) if spelling else line for line in lines)
    return Evidence(
        lines=marked,
        source=source or next(iter(sources), "") or "the source",
        folder=folder or "the work folder",
    )


Rule = Callable[[Evidence], EncodeMediaError | None]


def classify(
    exit_code: int,
    stderr: Sequence[str],
    *,
    cancelled: bool = False,
    sources: Sequence[str] = (),
    source: str = "",
    folder: str = "",
) -> EncodeMediaError:
    """The error a failed run stands for.

    Args:
        exit_code: negative for a signal.
        stderr: ffmpeg's own lines, in order.
        cancelled: we stopped it; ffmpeg's codes and files look like success or failure alike then.
        sources: the names of the input as they are in the argument list.
        source: the path to name to a person.
        folder: where it was written to.
    """
    if cancelled:
        return failure("cancelled")
    evidence = evidence_of(stderr, sources, source, folder)
    for rule in (_not_started(exit_code), *_RULES, _ended_by_signal(exit_code)):
        error = rule(evidence)
        if error is not None:
            return error
    return failure("ffmpeg.failed", problem=_last_words(evidence, exit_code), exit_code=exit_code)


def lost_writes(stderr: Sequence[str], *, folder: str = "") -> EncodeMediaError | None:
    """What a run that claims success failed to write: ffmpeg 5.1 ends with 0 when only the last write fails."""
    return _disk_full(evidence_of(stderr, (), "", folder))


def _first(lines: Iterable[str], pattern: re.Pattern[str]) -> re.Match[str] | None:
    return next((match for line in lines if (match := pattern.search(line))), None)


def _says(code: str, words: str, *, detail: str = "problem") -> Rule:
    """A rule: any line with these words means this code, the line itself being the explanation."""
    pattern = re.compile(words, re.IGNORECASE)

    def rule(evidence: Evidence) -> EncodeMediaError | None:
        match = _first(evidence.lines, pattern)
        if match is None:
            return None
        named = next((group for group in match.groups() if group), None)
        return failure(code, **{detail: named or evidence.words(match.string), "path": evidence.source})

    return rule


def _not_started(exit_code: int) -> Rule:
    pattern = re.compile(rf"^{re.escape(NOTICE)} (.*): ([^:]*)$")

    def rule(evidence: Evidence) -> EncodeMediaError | None:
        match = _first(evidence.lines, pattern) if exit_code == CANNOT_START else None
        return failure("ffmpeg.missing", path=f"{match[1]} ({match[2]})") if match else None

    return rule


_DISK_FULL = re.compile(
    r"No space left on device|Disk quota exceeded|File too large|There is not enough space on the disk"
)
_DENIED = re.compile(r"Permission denied|Operation not permitted|Read-only file system|Access is denied")
_ABSENT = re.compile(r"^(?P<path>.*): (?:No such file or directory|Is a directory|Not a directory)\.?$")
_INPUT = re.compile(
    r"Error opening input|Could find no file|Could not open file :|could not seek to position", re.IGNORECASE
)
_OUTPUT = re.compile(
    r"Error opening output|Could not open file for writing|Error writing|Could not write header", re.IGNORECASE
)
_FILTER = re.compile(r"^\[Parsed_(?!loudnorm|ebur128|astats)")
_HEIF = (".heic", ".heif", ".hif", ".avif")
_REPEATS = re.compile(r"Last message repeated")
_OPENING = re.compile(r"Error (?:while opening encoder|applying encoder options|setting option)")
_ENCODER_SPEAKS = re.compile(
    r"^\[(?!(?:vost|aost|enc|out|vf|af|fc)\b)[\w-]+(?: encoder)? @ |^(?:Svt|x26[45]) ?\[error\]"
)
"""`[libopus @ 0x55d] …`, `Svt[error]: …`."""
_ECHO = re.compile(
    r"^(?:Failed to inject frame|Error while (?:filtering|processing)|Error sending frames"
    r"|Error opening output files|Task finished|Terminating)"
)
"""What ffmpeg 5.1 and 9 add behind every failure; the words at its end are those of the real one."""


def _disk_full(evidence: Evidence) -> EncodeMediaError | None:
    return failure("disk.full", path=evidence.folder) if _first(evidence.lines, _DISK_FULL) else None


def _denied(evidence: Evidence) -> EncodeMediaError | None:
    """Reading and writing fail with the same words; the line, or its neighbours, tell which file it was."""
    match = _first(evidence.lines, _DENIED)
    if match is None:
        return None
    line = match.string
    if _OUTPUT.search(line) and _MARK not in line:
        return failure("output.not_permitted", path=_path_in(evidence.words(line)))
    if _INPUT.search(line) or _MARK in line:
        return failure("source.unreadable", path=evidence.source)
    if _FILTER.search(line):
        return failure("ffmpeg.parameters", problem=evidence.words(line))
    return failure("output.not_permitted", path=_path_in(evidence.words(line)))


def _path_in(line: str) -> str:
    """The path in `Error opening output X: words` or `X: words`."""
    words = re.sub(r"^(?:Error opening output(?: file)?|Could not open file for writing ?:?) ?", "", line)
    return words.rpartition(": ")[0] or words


def _filter_refused(evidence: Evidence) -> EncodeMediaError | None:
    """A filter that complains was told something impossible, or names a LUT, font or image that isn't there.

    That is the preset's mistake, not the source's; but for those that measure, filters say nothing else.
    """
    for line in evidence.lines:
        if _FILTER.search(line) and not _REPEATS.search(line):
            return failure("ffmpeg.parameters", problem=evidence.words(line))
    return None


def _encoder_refused(evidence: Evidence) -> EncodeMediaError | None:
    """The encoder's own line says more than ffmpeg's `Error while opening encoder`."""
    last = next((index for index, line in enumerate(evidence.lines) if _OPENING.search(line)), None)
    if last is None:
        return None
    own = next((line for line in evidence.lines[: last + 1] if _ENCODER_SPEAKS.search(line)), evidence.lines[last])
    return failure("ffmpeg.parameters", problem=evidence.words(own))


def _absent(evidence: Evidence) -> EncodeMediaError | None:
    """Input and output fail with the same words; 5.1 says nothing but the path."""
    if _first(evidence.lines, re.compile(r"Could find no file|Could not open file :")):
        return failure("source.missing", path=evidence.source)
    for line in evidence.lines:
        plain = _PREFIX.sub("", line).strip()
        match = _ABSENT.match(plain)
        if match is None or _ECHO.search(plain):
            continue
        if _OUTPUT.search(plain):
            return failure("output.folder_missing", path=_path_in(evidence.words(plain)))
        if _INPUT.search(plain) or _MARK in plain:
            return failure("source.missing", path=evidence.source)
        return failure("output.folder_missing", path=match["path"])
    return None


def _newer_than_this(evidence: Evidence) -> EncodeMediaError | None:
    """HEIC, which the probe could read: ffmpeg before 7 looks for a movie in it."""
    looked_for_a_movie = _first(evidence.lines, re.compile("moov atom not found"))
    if not looked_for_a_movie or not evidence.source.lower().endswith(_HEIF):
        return None
    problem = "the ffmpeg in use is too old for HEIF pictures, version 7 and later read them"
    return failure("source.unsupported", path=evidence.source, problem=problem)


def _ended_by_signal(exit_code: int) -> Rule:
    """A process that was killed leaves no words."""

    def rule(evidence: Evidence) -> EncodeMediaError | None:
        if exit_code in (-signal.SIGTERM, -9, KILLED_IN_A_SHELL):
            return failure("ffmpeg.killed")
        if any("received signal" in line for line in evidence.lines):
            return failure("ffmpeg.killed")
        if exit_code < 0:
            return failure(
                "ffmpeg.failed", problem=f"it crashed ({_signal_name(-exit_code)})", exit_code=exit_code
            )
        return None

    return rule


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_words(evidence: Evidence, exit_code: int) -> str:
    for line in evidence.lines:
        if re.search(r"error|invalid|fail|unable|cannot|could not", line, re.IGNORECASE):
            return evidence.words(line)
    return evidence.words(evidence.lines[-1]) if evidence.lines else f"exit code {exit_code}, and it said nothing"


_RULES: tuple[Rule, ...] = (
    _disk_full,
    # --- hardware; before the rights, as a missing driver is "Operation not permitted" ---
    _says("ffmpeg.hardware", r"Cannot load (?:libcuda|nvcuda)|libamfrt\S* failed to open|MFX session"),
    _says("ffmpeg.hardware", r"No VA display found|Failed to initialise VAAPI connection|No device available for"),
    _says("ffmpeg.hardware", r"No capable devices found|OpenEncodeSessionEx failed|No NVENC capable devices"),
    _says("ffmpeg.hardware", r"cannot create compression session|Device creation failed|hardware frames"),
    # Static builds load a driver's libraries when they are wanted; "No such file" says it, too.
    _says("ffmpeg.hardware", r"^implib-gen: \S+ failed to load library"),
    _denied,
    _says("ffmpeg.memory", r"Cannot allocate memory|Out of memory"),
    _says("storage.failed", r"Stale file handle|Input/output error"),
    _filter_refused,
    _absent,
    # --- what this ffmpeg has not got ---
    _says("ffmpeg.encoder_missing", r"Unknown encoder '([^']*)'", detail="encoder"),
    _says("ffmpeg.filter_missing", r"No such filter: '([^']*)'", detail="filter"),
    _says("ffmpeg.parameters", r"Unrecognized option '|Option '?[^ ]+'? not found|Error applying option"),
    _says("ffmpeg.parameters", r"Error parsing (?:a filter description|filterchain|the filterchain)"),
    # --- what does not fit together ---
    _says("source.no_video", r"Stream map '.*' matches no streams"),
    _says("ffmpeg.parameters", r"not divisible by 2|must be an integer multiple of the specified chroma"),
    _says("ffmpeg.parameters", r"video parameters incompatible with DNxHD"),
    _says("ffmpeg.parameters", r"invalid preset '|profile doesn't support|Unknown pixel format requested"),
    _says("ffmpeg.parameters", r"are supported for WebM|codec not currently supported in container"),
    _says("ffmpeg.parameters", r"Unable to (?:choose an|find a suitable) output format|Could not write header"),
    _encoder_refused,
    _says("ffmpeg.parameters", r"Impossible to convert between the formats|Error (?:re)?initializing filters?"),
    # --- what the source is ---
    _says("source.not_media", r"not on whitelist"),
    _newer_than_this,
    _says("source.corrupt", r"moov atom not found|partial file|Invalid NAL unit size|chunk too big"),
    _says("source.corrupt", r"Invalid PNG signature|Wrong magic number|Decoding error:|decode error rate"),
    _says("source.corrupt", r"Error while decoding stream|Cannot determine format of input stream"),
    _says("source.corrupt", r"Picture size \S+ is invalid|Nothing was written into output"),
    _says("source.not_media", r"Invalid data found when processing input|could not find codec parameters"),
    _says("source.not_media", r"Error opening input"),
    # --- what follows on another line, alone ---
    _says("ffmpeg.encoder_missing", r"Encoder not found", detail="encoder"),
    _says("ffmpeg.parameters", r"Error splitting the argument list"),
    _says("source.no_video", r"does not contain any stream"),
    _says("source.corrupt", r"Error splitting the input"),
    _says("storage.failed", r"Error writing trailer"),
)  # fmt: skip
"""In this order; the first that recognises a line decides."""
