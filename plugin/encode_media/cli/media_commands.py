"""`encode`, `plan` and `probe`: the engine without ftrack."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from encode_media.app import encode_here, plan_here, probe_here
from encode_media.cli.output import (
    EXIT_CANCELLED,
    ProgressBar,
    as_json,
    console,
    explained,
    option_values,
    print_json,
    show_error,
    stopped_by_signals,
)
from encode_media.errors import EncodeMediaError
from encode_media.model.codec import to_json
from encode_media.model.media import Media, Severity, SourceCheck
from encode_media.model.plan import EncodePlan, Expected
from encode_media.model.result import OutputResult, PublishedOutput, RunResult
from encode_media.settings import read_settings
from encode_media.timebase import counted, describe_rate, format_rate, frames_text, seconds_text, size_text

_source = click.argument("source", nargs=-1, required=True)
_preset = click.option("--preset", "-p", required=True, help="Preset name, see `presets list`.")
_set = click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="An option of the preset.")
_sequence = click.option("--sequence", is_flag=True, help="SOURCE is one frame of a sequence.")


@click.command()
@_source
@_preset
@click.option("--out", type=click.Path(path_type=Path), default=Path(), help="Folder for the results.")
@_set
@_sequence
@as_json
@explained
def encode(
    *, source: tuple[str, ...], preset: str, out: Path, pairs: tuple[str, ...], sequence: bool, json_output: bool
) -> None:
    """Encode SOURCE into a folder.

    SOURCE is a file, a folder, or a sequence: 'f.%04d.exr', 'f.####.exr', 'f.1001-1100.exr'.

    Example: encode-media encode plate.mov --preset review --out review/
    """
    options = option_values(pairs)
    with stopped_by_signals() as stop, ProgressBar(Path(source[0]).name) as bar:
        result = encode_here(
            read_settings(),
            source,
            sequence=sequence,
            preset=preset,
            options=options,
            folder=out.absolute(),
            on_progress=bar.show,
            stop=stop,
        )
    if json_output:
        print_json(_result_document(result))
    else:
        _print_result(result)
    if result.error is not None:
        error = EncodeMediaError.from_dict(result.error)
        show_error(error)
        sys.exit(error.exit_code)
    if result.status == "cancelled":
        sys.exit(EXIT_CANCELLED)


def _result_document(result: RunResult) -> dict[str, Any]:
    """The JSON contract of `encode --json`."""
    published = {item.name: item for item in result.published}
    error = result.error
    return {
        "status": result.status,
        "source": result.source,
        "outputs": [_output_document(output, published.get(output.name)) for output in result.outputs],
        "commands": [list(argv) for argv in result.commands],
        "findings": [to_json(finding) for finding in result.findings],
        "notes": list(result.notes),
        "elapsed_s": round(result.elapsed_s, 3),
        "error": None
        if error is None
        else {key: error.get(key) for key in ("code", "message", "hint", "retryable")},
    }


def _output_document(output: OutputResult, published: PublishedOutput | None) -> dict[str, Any]:
    document = {
        "name": output.name,
        "path": published.location if published else output.path,
        "kind": output.kind.value,
        "codec": output.codec,
        "width": output.width,
        "height": output.height,
        "frames": output.frames,
        "frame_rate": format_rate(output.frame_rate) if output.frame_rate else None,
        "duration_s": output.duration_s,
        "size_bytes": output.size_bytes,
        "copied": list(output.planned.copied),
        "checks": [to_json(check) for check in output.checks],
    }
    if output.planned.first_frame is not None:
        document["first_frame"] = output.planned.first_frame
    return document


def _print_result(result: RunResult) -> None:
    for finding in result.findings:
        if finding.severity is not Severity.INFO:
            console().print(f"{finding.severity.value}: {finding.message}", markup=False)
    for item in result.published:
        size = size_text(item.size_bytes)
        picture = f"{item.width}x{item.height}, {counted(item.frames)}, " if item.width else ""
        click.echo(f"{item.location}  {picture}{size}")


@click.command()
@_source
@_preset
@_set
@_sequence
@as_json
@explained
def plan(source: tuple[str, ...], preset: str, pairs: tuple[str, ...], sequence: bool, json_output: bool) -> None:
    """What `encode` would do: sources, exact arguments, expected results. Runs nothing.

    Example: encode-media plan 'sh010.%04d.exr' --preset review
    """
    made = plan_here(read_settings(), source, sequence=sequence, preset=preset, options=option_values(pairs))
    if json_output:
        print_json(to_json(made))
    else:
        _print_plan(made)


def _print_plan(made: EncodePlan) -> None:
    _print_media(made.media)
    click.echo("\nWhat will be done")
    for note in made.notes:
        click.echo(f"  {note}")
    for command in made.commands:
        click.echo(f"\n{command.purpose}\n  ffmpeg {' '.join(_quoted(word) for word in command.argv)}")
        for fill in command.fills:
            click.echo(f"  where {fill.token} is the {fill.value} value measured before")
    click.echo("\nWhat must come out")
    for output in made.outputs:
        click.echo(f"  {output.name}: {', '.join(_expected_words(output.expected))}")
    click.echo(f"\nEstimate: {seconds_text(made.estimated_s)}, {size_text(made.estimated_bytes)}")


def _expected_words(want: Expected) -> Iterator[str]:
    if want.codec:
        yield f"{want.codec} {want.width}x{want.height} {want.pixel_format}"
    if want.frames is not None:
        rate = f" at {describe_rate(want.frame_rate)}" if want.frame_rate else ""
        yield f"{counted(want.frames)}{rate}"
    if want.audio_codec:
        yield f"{want.audio_codec}, {want.audio_channels} channels, {want.audio_sample_rate} Hz"
    if want.audio_samples is not None and not want.codec:
        yield f"{want.audio_samples} samples"


def _quoted(word: str) -> str:
    return word if word.replace("_", "").replace("-", "").isalnum() else repr(word)


@click.command()
@_source
@_sequence
@click.option(
    "--check",
    type=click.Choice([check.value for check in SourceCheck]),
    help="How closely to look: a few headers, all headers (the default), or every picture.",
)
@as_json
@explained
def probe(source: tuple[str, ...], sequence: bool, check: str | None, json_output: bool) -> None:
    """What SOURCE is, and what was noticed about it.

    Example: encode-media probe plates/sh010/ --check full
    """
    wanted = SourceCheck(check) if check else None
    media = probe_here(read_settings(), source, sequence=sequence, check=wanted)
    if json_output:
        print_json(to_json(media))
    else:
        _print_media(media)


def _print_media(media: Media) -> None:
    click.echo(f"{media.source.path}\n  {media.kind.value}, {media.container}, {size_text(media.size_bytes)}")
    video = media.video
    if video:
        width, height = video.upright_size
        frames = media.frame_count
        click.echo(
            f"  picture: {video.codec} {video.pixel_format}, {width}x{height}"
            + (f", {counted(frames)}" if frames else "")
            + f" at {describe_rate(video.frame_rate)}"
        )
    if media.span:
        click.echo(f"  frames {media.span.first}-{media.span.last}")
    if media.missing:
        click.echo(f"  missing: {frames_text(media.missing)}")
    for audio in media.audio:
        click.echo(f"  sound: {audio.codec}, {audio.channels} channels, {audio.sample_rate} Hz")
    if media.timecode:
        click.echo(f"  timecode {media.timecode}")
    for finding in media.findings:
        click.echo(f"  {finding.severity.value}: {finding.message} [{finding.code}]")
