"""Finished outputs for publishing tests: real files of a few bytes, with the facts a check would have found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from encode_media.model.media import Media, SourceKind, SourceRef
from encode_media.model.plan import EncodePlan, Expected, PlannedOutput
from encode_media.model.preset import OutputKind, PublishSpec
from encode_media.model.request import EncodeRequest, PublishTarget
from encode_media.model.result import OutputResult

RATE = Fraction(24000, 1001)


def movie(
    folder: Path, name: str, content: bytes, *, role: str = "reviewable", width: int = 1280, path: str = ""
) -> OutputResult:
    file = folder / f"{name}.mp4"
    file.write_bytes(content)
    planned = _planned(name, OutputKind.VIDEO, file.name, role, "h264")
    planned = replace(planned, publish=replace(planned.publish, path=path))
    return replace(_result(planned, file, len(content), frames=72, rate=RATE, duration_s=3.0), width=width)


def still(folder: Path, name: str, content: bytes, *, role: str = "thumbnail") -> OutputResult:
    path = folder / f"{name}.jpg"
    path.write_bytes(content)
    planned = _planned(name, OutputKind.STILL, path.name, role, "mjpeg")
    return _result(planned, path, len(content), frames=1, rate=None, duration_s=0.0)


def sequence(folder: Path, name: str, frames: range, *, location: str = "auto") -> OutputResult:
    (folder / name).mkdir(exist_ok=True)
    size = 0
    for frame in frames:
        content = f"{name} {frame}".encode()
        (folder / name / f"{name}.{frame:04d}.png").write_bytes(content)
        size += len(content)
    planned = PlannedOutput(
        name=name,
        kind=OutputKind.IMAGE_SEQUENCE,
        container="png",
        file=f"{name}/{name}.%04d.png",
        first_frame=frames[0],
        expected=_expected("png"),
        publish=PublishSpec(role="deliverable", location=location),
    )
    return _result(planned, folder / planned.file, size, frames=len(frames), rate=RATE, duration_s=1.0)


def plan_of(*outputs: OutputResult, fingerprint: str = "print-1") -> EncodePlan:
    source = SourceRef(path="/nowhere/source.mov")
    media = Media(source=source, kind=SourceKind.MOVIE, container="mov", size_bytes=1, fingerprint=fingerprint)
    return EncodePlan(
        media=media, preset="review", commands=(), outputs=tuple(output.planned for output in outputs)
    )


def request_for(
    version_id: str, *, preset: str = "review", location: str = "auto", **target: str
) -> EncodeRequest:
    return EncodeRequest(
        preset=preset,
        target=PublishTarget(version_id=version_id, version_label="sh010 / x v1", location=location, **target),
    )


def _planned(name: str, kind: OutputKind, file: str, role: str, codec: str) -> PlannedOutput:
    publish = PublishSpec(role=role)  # type: ignore[arg-type]
    return PlannedOutput(
        name=name,
        kind=kind,
        container=file.rpartition(".")[2],
        file=file,
        expected=_expected(codec),
        publish=publish,
    )


def _expected(codec: str) -> Expected:
    return Expected(codec=codec, pixel_format="yuv420p", width=1280, height=720)


def _result(
    planned: PlannedOutput, path: Path, size: int, *, frames: int, rate: Fraction | None, duration_s: float
) -> OutputResult:
    return OutputResult(
        planned=planned,
        path=str(path),
        codec=planned.expected.codec,
        width=1280,
        height=720,
        frames=frames,
        frame_rate=rate,
        duration_s=duration_s,
        size_bytes=size,
        checks=(),
    )
