"""Every way an encode can fail, as data: a code, a sentence a person understands, a hint.

Errors are raised with `failure("source.missing", path=...)`. The class says what a caller can do
differently; the code says exactly what happened and never changes once published.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def sentence(text: str) -> str:
    """The text with a full stop where it ends without one, as after a path."""
    return text if text.endswith((".", "!", "?", "…")) or not text else f"{text}."


class EncodeMediaError(Exception):
    """Something we can explain. `exit_code` is the command line's."""

    exit_code = 70

    def __init__(
        self,
        message: str,
        *,
        code: str = "internal",
        hint: str = "",
        retryable: bool = False,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.retryable = retryable
        self.details: dict[str, Any] = dict(details or {})

    @property
    def told(self) -> str:
        """The message and what to do, for a place where both follow one another."""
        return f"{sentence(self.message)} {self.hint}" if self.hint else self.message

    def to_dict(self) -> dict[str, Any]:
        """The form that is stored with a job; `from_dict` gives the error back."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "retryable": self.retryable,
            "details": {key: _plain(value) for key, value in self.details.items()},
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> EncodeMediaError:
        """The error a stored form stands for; codes of other versions become the base class."""
        entry = CATALOGUE.get(data["code"])
        kind = entry.kind if entry else EncodeMediaError
        return kind(
            data["message"],
            code=data["code"],
            hint=data.get("hint", ""),
            retryable=bool(data.get("retryable", False)),
            details=data.get("details"),
        )


class InvalidParameters(EncodeMediaError):
    """The request, an option or a preset asks for something that can't be done."""

    exit_code = 2


class SourceMissing(EncodeMediaError):
    """The source isn't there, or can't be read from here."""

    exit_code = 3


class UnsupportedFormat(EncodeMediaError):
    """The source is there, but it isn't media we can decode."""

    exit_code = 4


class EncodeFailed(EncodeMediaError):
    """ffmpeg is missing, stopped, hung or reported a failure."""

    exit_code = 5


class OutputWrong(EncodeMediaError):
    """ffmpeg said it was done, but what it wrote isn't what was asked for."""

    exit_code = 6


class ServerUnavailable(EncodeMediaError):
    """The ftrack server, its event hub or the job database can't be reached."""

    exit_code = 7


class NotPermitted(EncodeMediaError):
    """The person, the service or the file system doesn't allow it."""

    exit_code = 8


class OutOfSpace(EncodeMediaError):
    """The disk is full, or would be."""

    exit_code = 9


class Cancelled(EncodeMediaError):
    """Somebody stopped it. An outcome, not a fault."""

    exit_code = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One way to fail. `sentence` and `hint` are format strings over the details of the failure."""

    code: str
    kind: type[EncodeMediaError]
    sentence: str
    cause: str
    hint: str
    retryable: bool = False


def _entry(
    kind: type[EncodeMediaError], code: str, sentence: str, cause: str, hint: str, *, retryable: bool = False
) -> CatalogueEntry:
    return CatalogueEntry(code=code, kind=kind, sentence=sentence, cause=cause, hint=hint, retryable=retryable)


_ENTRIES = (
    # --- the request -----------------------------------------------------------------------------
    _entry(InvalidParameters, "options.invalid", "{option}: {problem}",
           "An option has a value that the preset does not allow.",
           "Allowed: {allowed}."),
    _entry(InvalidParameters, "options.unknown", "The preset {preset} has no option {option}.",
           "An option was given that this preset does not offer.",
           "Options of this preset: {allowed}."),
    _entry(InvalidParameters, "options.no_rate", "{preset} has no {option} to choose: {problem}.",
           "A bit rate or a file size was wanted of a format that can't be made to one.",
           "Options of this preset: {allowed}. For a given size take a preset of H.264, HEVC, VP9 or AV1."),
    _entry(InvalidParameters, "preset.unknown", "There is no preset called {preset}.",
           "The preset name is not found in any preset folder.",
           "Did you mean {nearest}? `encode-media presets list` shows them all."),
    _entry(InvalidParameters, "preset.invalid", "The preset {preset} can't be used: {problem}",
           "A preset file has a mistake.",
           "`encode-media presets check` lists every problem with its place in the file."),
    _entry(InvalidParameters, "preset.file_missing", "A file the preset needs was not found: {path}",
           "A LUT, a watermark or a font that the preset names is not there any more.",
           "Put the file back beside the preset, or choose another one."),
    _entry(InvalidParameters, "preset.file_unusable", "A file the preset needs can't be used: {problem}",
           "A LUT, a watermark or a font beside the preset is damaged or of another kind.",
           "Put a good file in its place, or choose another one."),
    _entry(InvalidParameters, "preset.unsuited", "The preset {preset} makes nothing from a {kind}.",
           "The preset is made for other kinds of source.",
           "It takes: {allowed}. Choose another preset."),
    _entry(InvalidParameters, "request.invalid", "The request can't be understood: {problem}",
           "A form, an event or a command carried something unexpected.",
           "Open the form again and choose the values there."),
    _entry(InvalidParameters, "selection.empty", "Nothing in the selection can be encoded: {problem}",
           "The selection holds no version with media.",
           "Select one or more versions, or a shot or task that has versions."),
    _entry(InvalidParameters, "selection.gone", "What was selected was not found.",
           "It was deleted meanwhile, or never existed; the account sees every project.",
           "Reload the page and select again."),
    _entry(InvalidParameters, "job.unknown", "There is no job {job_id}.",
           "The id is not in the job database.",
           "`encode-media jobs list` shows the jobs that are known here."),
    # --- the source ------------------------------------------------------------------------------
    _entry(SourceMissing, "source.missing", "The source was not found: {path}{where}",
           "The file or folder does not exist on this machine.",
           "Check the path, and that the storage is mounted on the machine that encodes. Another name there? "
           "Then set ENCODE_MEDIA_PATH_MAP."),
    _entry(SourceMissing, "source.unreadable", "The source can't be read: {path}",
           "The file exists but the operating system refused to open it.",
           "Check the file's permissions for the account the service runs as."),
    _entry(SourceMissing, "source.no_component", "The version {version} has no media to encode.",
           "The version has no component, or only review media and thumbnails.",
           "Publish a movie or an image sequence on the version first."),
    _entry(SourceMissing, "ledger.none", "Nothing on {entity} was published by Encode Media.",
           "Its components carry no encode ledger: they were made by hand, by ftrack, or by another tool.",
           "Name a version or component that Encode Media published."),
    _entry(SourceMissing, "ledger.no_source", "What {entity} was made from is not on the version any more.",
           "The source component was deleted, or the encode was made from a path that is no component.",
           "Choose a preset, and encode what is there now."),
    _entry(SourceMissing, "source.offline",
           "The media of {version} is not available here: it is in {location}{where}.",
           "No location that holds the component is accessible from the encoding machine.",
           "Transfer the component to a location this machine can read, or run the encode where it is."),
    _entry(SourceMissing, "source.outside_roots", "The source is outside the allowed folders: {path}",
           "Source roots are configured and the path does not lie below one of them.",
           "Ask whoever runs the service to add the folder to ENCODE_MEDIA_SOURCE_ROOTS."),
    _entry(SourceMissing, "source.frames_missing",
           "{count} of {total} frames are missing: {frames}",
           "An image sequence has gaps and the preset does not allow them.",
           "Render the missing frames, or choose hold or black for missing frames."),
    _entry(UnsupportedFormat, "source.not_media", "This is not a media file: {path}",
           "The content is not a movie or an image that can be decoded.",
           "Check that the right file was published."),
    _entry(UnsupportedFormat, "source.corrupt", "The media file is damaged: {path} ({problem})",
           "The file is cut short or its index is broken.",
           "Export or copy the file again."),
    _entry(UnsupportedFormat, "sound.none", "There is no sound in {path}.",
           "Sound was asked for, but the file that should give it has none.",
           "Choose another sound file, `silence`, or no sound."),
    _entry(InvalidParameters, "sound.no_clock", "The sound can't be lined up by time code: {problem}.",
           "Sound from a file was to be lined up by time code, and the file or the picture has none.",
           "Give a start time code, or line it up with the first picture and an offset."),
    _entry(InvalidParameters, "sound.elsewhere",
           "{path} lies beside other pictures: it begins {offset} s after the first one.",
           "By their time codes, the sound file and the pictures have nothing in common.",
           "Choose another sound file, give another start time code, or line it up with the first picture."),
    _entry(InvalidParameters, "sound.no_track", "There is no sound track {track} in {path}; it has {count}.",
           "A sound track was asked for by its number, counted from 1.",
           "Choose another track, or none to take the one that fits."),
    _entry(UnsupportedFormat, "source.no_video", "There is no picture in {path}.",
           "The file has sound or data only, and the preset makes pictures.",
           "Choose an audio preset, or publish a file with a picture."),
    _entry(UnsupportedFormat, "source.unsupported", "{path} can't be decoded: {problem}",
           "The format is recognised, but this kind of it can't be decoded.",
           "Write the media in one of the supported formats, see docs/formats.md."),
    _entry(InvalidParameters, "source.layer_missing", "The source has no layer {layer}.",
           "The layer to show was chosen by name, and OpenEXR layers differ from render to render.",
           "Choose one of: {allowed}; or none, for the picture itself."),
    _entry(InvalidParameters, "source.layer_later", "The layer {layer} is in a later part of the file.",
           "ffmpeg reads the first part of an OpenEXR file only; told to read another, it gives black pictures.",
           "Write the layer into the first part, or into files of its own; the first part has: {allowed}."),
    _entry(InvalidParameters, "ocio.missing", "OpenColorIO is not installed on this machine.",
           "The preset's colours go through OpenColorIO, which is an extra of Encode Media.",
           "Install it with `pip install opencolorio`, or choose the colour transform `none`."),
    _entry(InvalidParameters, "ocio.not_used", "Without OpenColorIO there is no {what}.",
           "Colour spaces, displays, views, looks and CDLs need a configuration of OpenColorIO.",
           "Choose one of: {allowed}; or leave them empty."),
    _entry(InvalidParameters, "ocio.cdl", "{cdl} is no CDL.",
           "Ten numbers are needed: slope, offset and power of red, green and blue, then saturation.",
           "For example, 1 1 1 0 0 0 1 1 1 1 changes nothing. Files can be named, too: grade.cc, show.ccc#sh010."),
    _entry(InvalidParameters, "ocio.cdl_file", "The CDL file {path} can't be used: {problem}",
           "It is not there, no ASC CDL, or has not exactly the correction that was meant.",
           "Name a .cc, .ccc or .cdl file, and one of several corrections by its id: show.ccc#sh010."),
    _entry(InvalidParameters, "ocio.no_config", "There is no studio configuration of OpenColorIO.",
           "The preset asks for the studio's configuration, and the settings name none.",
           "Set ENCODE_MEDIA_OCIO (or OCIO) to its path, or choose a built-in one, such as aces_cg."),
    _entry(InvalidParameters, "ocio.config", "OpenColorIO can't use {config}: {problem}",
           "The configuration is missing or damaged, or has no such transform.",
           "Check the configuration with `ociocheck`; the problem is in OpenColorIO's own words."),
    _entry(InvalidParameters, "ocio.unknown", "The configuration has no {what} {name}.",
           "Names of displays, views and colour spaces differ between configurations.",
           "{allowed}."),
    _entry(InvalidParameters, "ocio.display", "Files can't say that they are for {display}, seen as {view}.",
           "There is no tag for the primaries or the curve of this display, and players would show wrong colours.",
           "Choose an sRGB, Rec.709, Display P3, Rec.2020, PQ or HLG display."),
    _entry(InvalidParameters, "ocio.display_target", "{display} can't be the display for {target}.",
           "Images don't say which display their numbers are for, and PQ and HLG need 10 bits or more.",
           "Choose an sRGB or Rec.709 display, or a preset that makes movies of 10 bits, such as hevc_10bit."),
    _entry(InvalidParameters, "ocio.changed", "The configuration {config} has changed since the job was planned.",
           "The plan says which colours come out; another configuration would give others.",
           "Start the job again."),
    _entry(UnsupportedFormat, "source.too_large", "The picture is too large to decode: {size} ({path})",
           "The file claims more pixels than can be decoded in bounded memory.",
           "Write the picture with at most {limit} million pixels; if it is not that large, the file is damaged."),
    _entry(UnsupportedFormat, "source.timeout", "Reading {path} took longer than {seconds} s.",
           "The file is endless, hostile, or its storage does not answer.",
           "Check the file, and whether the storage answers.", retryable=True),
    # --- the encode ------------------------------------------------------------------------------
    _entry(EncodeFailed, "ffmpeg.missing", "ffmpeg was not found: {path}",
           "No ffmpeg is configured, on the PATH, or installed with the package.",
           "Install imageio-ffmpeg, or set ENCODE_MEDIA_FFMPEG to an ffmpeg program."),
    _entry(EncodeFailed, "ffmpeg.encoder_missing", "This ffmpeg can't encode {encoder}.",
           "The ffmpeg in use was built without the encoder.",
           "Use the bundled ffmpeg, or choose another preset. `encode-media doctor` shows what works."),
    _entry(EncodeFailed, "ffmpeg.filter_missing", "This ffmpeg has no filter {filter}.",
           "The ffmpeg in use was built without a library the plan needs: libzimg has zscale, for exact colour.",
           "Use the bundled ffmpeg (leave ENCODE_MEDIA_FFMPEG empty), or one built with --enable-libzimg."),
    _entry(EncodeFailed, "ffmpeg.hardware", "The hardware encoder can't be used: {problem}",
           "There is no such device, its driver is missing, or all its sessions are in use.",
           "Choose the encoder `software`; `encode-media doctor` shows which hardware works.", retryable=True),
    _entry(InvalidParameters, "ffmpeg.parameters", "ffmpeg refused the parameters: {problem}",
           "The combination of size, codec, profile and pixel format is not possible.",
           "Change the preset's parameters, see the log for ffmpeg's own words."),
    _entry(EncodeFailed, "ffmpeg.failed", "ffmpeg stopped with an error: {problem}",
           "ffmpeg failed in a way that is not in this list yet.",
           "The end of its log is attached to the job."),
    _entry(EncodeFailed, "ffmpeg.killed", "ffmpeg was killed by the system.",
           "The process got a kill signal; most often the machine ran out of memory.",
           "Try again, with fewer jobs at a time on this machine.", retryable=True),
    _entry(EncodeFailed, "ffmpeg.stalled", "ffmpeg made no progress for {seconds} s.",
           "The encoder hangs, or the storage does not answer.",
           "Try again; if it happens on the same source each time, check its storage.", retryable=True),
    _entry(EncodeFailed, "ffmpeg.too_long", "The encode was stopped after {seconds} s, far beyond its estimate.",
           "The time limit of the machine was reached.",
           "Raise ENCODE_MEDIA_TIME_LIMIT, or encode a shorter span."),
    _entry(EncodeFailed, "ffmpeg.memory", "ffmpeg ran out of memory.",
           "The picture is very large, or too much runs on this machine at once.",
           "Try again, with fewer jobs at a time on this machine.", retryable=True),
    _entry(EncodeFailed, "storage.failed", "The storage reported an error: {problem}",
           "A disk or a network storage failed while it was read or written.",
           "Try again; if it stays, check the storage.", retryable=True),
    _entry(EncodeFailed, "output.too_large", "{name} grew to {size}, past its limit of {limit}, and was stopped.",
           "The result is far larger than its estimate.",
           "Choose a smaller preset; if the size is right, raise the limit."),
    _entry(EncodeFailed, "output.folder_missing", "The folder for the result is gone: {path}",
           "The folder was removed or its disk was unmounted while the encode ran.",
           "Check the disk of the work folder and run the job again.", retryable=True),
    _entry(EncodeFailed, "job.crashed", "The encode stopped its worker {count} times and was given up.",
           "Each try ended the whole worker process.",
           "Check the machine's memory and the source; the log has the last lines of each try."),
    _entry(OutputWrong, "output.wrong", "{name} is not what was asked for: {problem}",
           "The encoded file failed a check.",
           "Nothing was published. The file is kept for a day for inspection."),
    _entry(OutOfSpace, "disk.full", "The disk is full: {path}",
           "Writing the result failed because no space was left.",
           "Free some space on that disk and run the job again.", retryable=True),
    _entry(OutOfSpace, "disk.too_small",
           "There is not enough space on {path}: {needed} needed, {free} free.",
           "The estimate of the result's size is larger than the free space.",
           "Free some space on that disk, or choose a smaller preset."),
    # --- the server and rights -------------------------------------------------------------------
    _entry(ServerUnavailable, "server.unreachable", "The ftrack server does not answer: {server}",
           "The network, the server or its address is wrong or down.",
           "Check FTRACK_SERVER and the network; work goes on by itself when it is back.", retryable=True),
    _entry(ServerUnavailable, "server.failed", "The ftrack server reported a failure: {problem}",
           "The server answered with an error.",
           "Try again; if it stays, the server's log tells more.", retryable=True),
    _entry(ServerUnavailable, "server.upload_failed", "{name} could not be uploaded: {problem}",
           "The connection broke while a file was sent.",
           "It is tried again by itself; the encode is not repeated.", retryable=True),
    _entry(ServerUnavailable, "job.stranded",
           "{count} jobs wait for a worker that is not there; {job_id}: {reason}.",
           "No worker runs, or none has the version or the capability the jobs need.",
           "Start a worker that fits (`encode-media jobs workers`), or cancel the jobs.", retryable=True),
    _entry(EncodeFailed, "server.encode_failed", "The ftrack server could not encode it: {problem}",
           "The preset lets the ftrack server encode, and its job failed or did not end.",
           "Choose a preset that Encode Media encodes itself: it takes more formats."),
    _entry(ServerUnavailable, "hub.unheard", "Nothing was heard from the event hub of {server} for {seconds} s.",
           "The event hub is down or cut off, and the service was told not to wait for ever.",
           "Its supervisor starts it again; check the network between service and server.", retryable=True),
    _entry(ServerUnavailable, "service.absent", "No Encode Media service answers.",
           "No listener is connected to the event hub, or the job database is not there.",
           "Start `encode-media serve`, or check ENCODE_MEDIA_DB.", retryable=True),
    _entry(ServerUnavailable, "service.not_running", "No service is at work on {host}.",
           "None runs there with this job database, or it hangs: it gave no sign for 45 s.",
           "Look at its log; start `encode-media serve` or `encode-media worker` again.", retryable=True),
    _entry(ServerUnavailable, "database.unavailable", "The job database can't be used: {problem}",
           "The database does not answer or the file can't be opened.",
           "Check ENCODE_MEDIA_DB and the database.", retryable=True),
    _entry(NotPermitted, "server.credentials", "The ftrack server refused the credentials of {user}.",
           "The API key or user name is wrong or expired.",
           "Check FTRACK_API_USER and FTRACK_API_KEY."),
    _entry(NotPermitted, "server.not_permitted", "{user} may not do this: {problem}",
           "The role of the person or of the API key does not allow it.",
           "Ask an administrator for the right, or ask somebody who has it."),
    _entry(NotPermitted, "server.not_visible", "{entity} was not found, or may not be seen by {user}.",
           "It was deleted, or it is in a private project the account has no access to.",
           "If the project is private, give the account access to it."),
    _entry(NotPermitted, "server.private",
           "What was selected is in a private project that Encode Media may not see (its account is {user}).",
           "The person who selected it sees it, the service's account doesn't.",
           "Give the account {user} a role in the project; ftrack has that in the project's settings."),
    _entry(NotPermitted, "action.restricted", "{user} may not use Encode Media here: {problem}.",
           "The studio's action.yaml offers the action to certain roles, groups, projects or entity types.",
           "Ask whoever runs Encode Media, or somebody who is offered it."),
    _entry(NotPermitted, "output.not_permitted", "The result can't be written: {path}",
           "The operating system refused to write there.",
           "Check the folder's permissions for the account the service runs as."),
    _entry(NotPermitted, "output.outside_roots", "The result would be outside the allowed folders: {path}",
           "Output roots are configured and the path does not lie below one of them.",
           "Choose a folder below ENCODE_MEDIA_OUTPUT_ROOT."),
    # --- outcomes --------------------------------------------------------------------------------
    _entry(Cancelled, "cancelled", "Cancelled{by}.",
           "Somebody stopped the job.",
           "Run it again when you want to."),
    _entry(EncodeMediaError, "internal", "Something went wrong inside Encode Media: {problem}",
           "A mistake in Encode Media itself.",
           "Please report it with the log of the job."),
)  # fmt: skip

CATALOGUE: Mapping[str, CatalogueEntry] = MappingProxyType({entry.code: entry for entry in _ENTRIES})
"""Every failure by its code; `docs/errors.md` is checked against it."""


def failure(code: str, /, **details: Any) -> EncodeMediaError:
    """The error with this code, its sentence and hint filled from `details`. Raise what it returns."""
    entry = CATALOGUE[code]
    words = _Words({key: _plain(value) for key, value in details.items()})
    return entry.kind(
        entry.sentence.format_map(words),
        code=code,
        hint=entry.hint.format_map(words),
        retryable=entry.retryable,
        details=details,
    )


class _Words(dict[str, Any]):
    """Leaves a gap readable rather than failing while failing."""

    def __missing__(self, key: str) -> str:
        return "" if key in {"by", "where"} else "?"


def _plain(value: Any) -> Any:
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
