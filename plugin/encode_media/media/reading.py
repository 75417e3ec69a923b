"""From a source to `Media`. Runs in the probe's child process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from encode_media.errors import EncodeMediaError, failure
from encode_media.media.contents import Contents, read_contents
from encode_media.media.exr_picture import ExrPicture, read_exr_picture
from encode_media.media.findings import find, log_findings, movie_findings, picture_findings
from encode_media.media.formats import LOG_TRANSFER
from encode_media.media.frame_check import FrameFacts, check_frame
from encode_media.media.limits import require_size, require_span
from encode_media.media.sequence import frames_below_zero, frames_on_disk
from encode_media.media.sequence_findings import below_zero_findings, outside_findings, sequence_findings
from encode_media.media.thoroughness import check_frames, movie_damage, sampling_finding
from encode_media.model.media import Finding, Media, Severity, SourceCheck, SourceKind, SourceRef, VideoStream
from encode_media.timebase import FrameSpan, describe_rate

Picture = TypeVar("Picture", VideoStream, "VideoStream | None")


def read_media(
    source: SourceRef,
    *,
    default_rate: Fraction,
    count_frames: bool,
    check: SourceCheck = SourceCheck.HEADERS,
) -> Media:
    """The source as a value.

    Raises:
        SourceMissing: nothing is there, or it can't be read.
        UnsupportedFormat: it is not media, or damaged, or not decodable.
    """
    rate = source.frame_rate or default_rate
    if source.is_sequence:
        return _read_sequence(source, rate, check)
    facts = check_frame(source.path)
    _require_readable({source.path: facts})
    if facts.size:
        require_size(source.path, *facts.size)
    if not facts.size_bytes and facts.problem:
        raise failure("source.corrupt", path=source.path, problem=facts.problem)
    contents, exr = read_picture(source.path, rate, count_frames=count_frames)
    if contents.is_still and facts.problem:
        raise failure("source.corrupt", path=source.path, problem=facts.problem)
    video, findings = _at_wanted_rate(source, contents)
    video = _as_tagged(video, facts)
    if video:
        findings += picture_findings(video)
    return Media(
        source=source,
        kind=SourceKind.STILL if contents.is_still else SourceKind.MOVIE,
        container=contents.container,
        size_bytes=contents.size_bytes,
        video=video,
        audio=contents.audio,
        layers=exr.layers if exr else (),
        later_layers=exr.later_layers if exr else (),
        main_layer=exr.main_layer if exr else "",
        timecode=contents.timecode,
        sound_start_s=contents.sound_start_s,
        fingerprint=_fingerprint({source.path: facts}),
        findings=(
            *findings,
            *movie_findings(replace(contents, video=video)),
            *(movie_damage(source.path) if check is SourceCheck.FULL else ()),
            *(exr.findings if exr else ()),
            *log_findings(facts.is_log, video),
        ),
    )


def read_picture(path: str, rate: Fraction, *, count_frames: bool = True) -> tuple[Contents, ExrPicture | None]:
    """The contents of a file; for OpenEXR with what its own header adds."""
    exr = read_exr_picture(path)
    if exr and exr.video:
        # Named layers only: ffmpeg needs to be told which one, so there is nothing to decode yet.
        size = os.path.getsize(path)
        return Contents(
            container="image2", is_still=True, size_bytes=size, video=exr.at_rate(rate), picture_streams=1
        ), exr
    contents = read_contents(path, default_rate=rate, count_frames=count_frames)
    if exr and contents.video:
        video = replace(contents.video, colour=exr.colour, chromaticities=exr.chromaticities)
        contents = replace(contents, video=video)
    return contents, exr


def _as_tagged(video: Picture, facts: FrameFacts) -> Picture:
    """With the curve of film scans, which the decoder has no name for."""
    if video is None or not facts.is_log:
        return video
    return replace(video, colour=replace(video.colour, transfer=LOG_TRANSFER))


def _at_wanted_rate(source: SourceRef, contents: Contents) -> tuple[VideoStream | None, list[Finding]]:
    """The picture at the rate somebody asked for: the same frames, shown faster or slower."""
    video, rate = contents.video, source.frame_rate
    if video is None or rate is None or contents.is_still or rate == video.frame_rate:
        return video, []
    duration = video.frames / rate if video.frames else None
    was, now = describe_rate(video.frame_rate), describe_rate(rate)
    note = find("rate.overridden", Severity.WARNING, f"The file says {was} fps; {now} fps was asked for.")
    return replace(video, frame_rate=rate, own_rate=video.frame_rate, duration_s=duration, variable_rate=False), [
        note
    ]


def _read_sequence(source: SourceRef, rate: Fraction, check: SourceCheck) -> Media:
    on_disk, below_zero = frames_on_disk(source), frames_below_zero(source)
    wanted = {n: path for n, path in on_disk.items() if source.span is None or n in source.span}
    if not wanted:
        raise failure("source.missing", path=source.path)
    span = source.span or FrameSpan(first=min(wanted), last=max(wanted))
    require_span(source.path, len(span))
    facts = check_frames(wanted, check)
    _require_readable({wanted[number]: fact for number, fact in facts.items()})
    number, contents, exr = _first_readable(wanted, facts, rate)
    if contents.video is None:
        raise failure("source.no_video", path=source.path)
    checked = sequence_findings(span, facts, facts[number])
    outside = tuple(n for n in on_disk if n not in span)
    still = len(span) == 1
    video = replace(
        _as_tagged(contents.video, facts[number]),
        frame_rate=rate,
        frames=len(span) - len(checked.missing),
        duration_s=len(span) / rate,
    )
    return Media(
        source=source,
        kind=SourceKind.STILL if still else SourceKind.SEQUENCE,
        container="image2",
        size_bytes=sum(fact.size_bytes for fact in facts.values()),
        video=video,
        span=span,
        missing=checked.missing,
        layers=exr.layers if exr else (),
        later_layers=exr.later_layers if exr else (),
        main_layer=exr.main_layer if exr else "",
        timecode=contents.timecode,
        fingerprint=_fingerprint({wanted[n]: fact for n, fact in facts.items()}),
        findings=(
            *checked.findings,
            *sampling_finding(len(wanted), check),
            *outside_findings(outside),
            *below_zero_findings(below_zero),
            *picture_findings(video),
            *(exr.findings if exr else ()),
            *log_findings(facts[number].is_log, video),
            *(() if source.frame_rate or still else _rate_assumed(rate)),
        ),
    )


def _require_readable(files: Mapping[str, FrameFacts]) -> None:
    """Rights are mended by an administrator, not by rendering a frame again or holding the one before it."""
    denied = next((path for path, facts in files.items() if facts.denied), None)
    if denied is not None:
        raise failure("source.unreadable", path=denied)


def _first_readable(
    wanted: Mapping[int, str], facts: dict[int, FrameFacts], rate: Fraction
) -> tuple[int, Contents, ExrPicture | None]:
    """The first frame that looks whole and can be decoded; those before it that can't get their problem noted.

    Raises:
        UnsupportedFormat: none can; the error is that of the last one tried.
    """
    problem: EncodeMediaError | None = None
    for number, path in wanted.items():
        if facts[number].problem:
            continue
        try:
            contents, exr = read_picture(path, rate)
        except EncodeMediaError as error:
            if error.code not in ("source.corrupt", "source.not_media"):
                raise
            problem = error
            facts[number] = replace(facts[number], problem="it can't be decoded")
            continue
        return number, contents, exr
    if problem:
        raise problem
    first = next(iter(wanted))
    raise failure("source.corrupt", path=wanted[first], problem=f"no frame is usable: {facts[first].problem}")


def _rate_assumed(rate: Fraction) -> Sequence[Finding]:
    text = f"An image sequence has no frame rate; {describe_rate(rate)} fps is used."
    return (find("rate.assumed", Severity.INFO, text),)


def _fingerprint(files: Mapping[str, FrameFacts]) -> str:
    """Of names, sizes and modification times: cheap, and different when the content is."""
    digest = hashlib.sha256()
    for path, facts in sorted(files.items()):
        digest.update(os.fsencode(path) + f"|{facts.size_bytes}|{facts.mtime_ns}\n".encode())
    return digest.hexdigest()[:32]
