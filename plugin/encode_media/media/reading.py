"""From a source to `Media`. Runs in the probe's child process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from encode_media.errors import failure
from encode_media.media.contents import Contents, read_contents
from encode_media.media.findings import find, movie_findings, picture_findings
from encode_media.media.sequence import frames_on_disk
from encode_media.model.media import Finding, Media, Severity, SourceKind, SourceRef, VideoStream
from encode_media.timebase import FrameSpan, describe_rate, frames_text


def read_media(source: SourceRef, *, default_rate: Fraction, count_frames: bool) -> Media:
    """The source as a value.

    Raises:
        SourceMissing: nothing is there, or it can't be read.
        UnsupportedFormat: it is not media, or damaged, or not decodable.
    """
    if source.is_sequence:
        return _read_sequence(source, default_rate)
    contents = read_contents(
        source.path, default_rate=source.frame_rate or default_rate, count_frames=count_frames
    )
    video, findings = _at_wanted_rate(source, contents)
    if video:
        findings += picture_findings(video)
    return Media(
        source=source,
        kind=SourceKind.STILL if contents.is_still else SourceKind.MOVIE,
        container=contents.container,
        size_bytes=contents.size_bytes,
        video=video,
        audio=contents.audio,
        timecode=contents.timecode,
        fingerprint=fingerprint([source.path]),
        findings=(*findings, *movie_findings(replace(contents, video=video))),
    )


def _at_wanted_rate(source: SourceRef, contents: Contents) -> tuple[VideoStream | None, list[Finding]]:
    """The picture at the rate somebody asked for: the same frames, shown faster or slower."""
    video, rate = contents.video, source.frame_rate
    if video is None or rate is None or contents.is_still or rate == video.frame_rate:
        return video, []
    duration = video.frames / rate if video.frames else None
    note = find(
        "rate.overridden",
        Severity.WARNING,
        f"The file says {describe_rate(video.frame_rate)} fps; {describe_rate(rate)} fps was asked for.",
    )
    return replace(video, frame_rate=rate, duration_s=duration, variable_rate=False), [note]


def _read_sequence(source: SourceRef, default_rate: Fraction) -> Media:
    present = frames_on_disk(source)
    wanted = {n: path for n, path in present.items() if source.span is None or n in source.span}
    if not wanted:
        raise failure("source.missing", path=source.path)
    span = source.span or FrameSpan(first=min(wanted), last=max(wanted))
    gap = tuple(n for n in span.frames() if n not in wanted)
    rate = source.frame_rate or default_rate
    empty = tuple(n for n, path in wanted.items() if os.path.getsize(path) == 0)
    readable = [n for n in wanted if n not in empty]
    if not readable:
        raise failure("source.corrupt", path=source.path, problem="all its frames are empty")
    contents = read_contents(wanted[readable[0]], default_rate=rate)
    missing = tuple(sorted((*gap, *empty)))
    if contents.video is None:
        raise failure("source.no_video", path=source.path)
    frames = len(span) - len(missing)
    video = replace(contents.video, frame_rate=rate, frames=frames, duration_s=len(span) / rate)
    kind = SourceKind.STILL if len(span) == 1 else SourceKind.SEQUENCE
    findings = [*_gap_findings(gap, empty, len(span)), *picture_findings(video)]
    if source.frame_rate is None and kind is SourceKind.SEQUENCE:
        findings.append(
            find(
                "rate.assumed",
                Severity.INFO,
                f"An image sequence has no frame rate; {describe_rate(rate)} fps is used.",
            )
        )
    return Media(
        source=source,
        kind=kind,
        container="image2",
        size_bytes=sum(os.path.getsize(path) for path in wanted.values()),
        video=video,
        span=span,
        missing=missing,
        timecode=contents.timecode,
        fingerprint=fingerprint(wanted.values()),
        findings=tuple(findings),
    )


def _gap_findings(gap: tuple[int, ...], empty: tuple[int, ...], total: int) -> Iterable[Finding]:
    if gap:
        yield find(
            "sequence.gap", Severity.ERROR, f"{len(gap)} of {total} frames are missing: {frames_text(gap)}.", gap
        )
    if empty:
        yield find(
            "sequence.frame_empty",
            Severity.ERROR,
            f"{len(empty)} of {total} frames are empty files: {frames_text(empty)}.",
            empty,
        )


def fingerprint(paths: Iterable[str] | Mapping[str, str]) -> str:
    """Of names, sizes and modification times: cheap, and different when the content is."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        status = os.stat(path)
        digest.update(os.fsencode(path) + f"|{status.st_size}|{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]
