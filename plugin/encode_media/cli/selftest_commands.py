"""`encode-media selftest`: proof on this machine, with its ffmpeg, of what the documents promise."""

from __future__ import annotations

import sys

import click

from encode_media.app import open_catalog
from encode_media.cli.output import as_json, explained, print_json
from encode_media.errors import OutputWrong
from encode_media.media.capabilities import find_ffmpeg
from encode_media.model.codec import to_json
from encode_media.selftest import ColourError, measure_colour, measure_others
from encode_media.settings import read_settings


@click.group()
def selftest() -> None:
    """Prove what is promised, on this machine."""


@selftest.command("colour")
@click.option("--preset", "presets", multiple=True, metavar="NAME", help="Only this preset; may be repeated.")
@click.option("--others", is_flag=True, help="Also measure arguments of other tools, for comparison.")
@as_json
@explained
def colour(presets: tuple[str, ...], others: bool, json_output: bool) -> None:
    """Sixteen flat patches through the presets: the worst error of each, in 8-bit code values.

    Ends with 6 where one is beyond its limit.

    Example: encode-media selftest colour --preset review --preset prores_422_hq
    """
    settings = read_settings()
    ffmpeg = find_ffmpeg(settings.ffmpeg).path
    measured: list[ColourError] = []
    for each in measure_colour(ffmpeg, open_catalog(settings), presets):
        measured.append(each)
        if not json_output:
            click.echo(f"{'ok ' if each.passed else 'BAD'} {each.error:6.2f}  {each.source:<26} {each.target}")
    compared = list(measure_others(ffmpeg)) if others else []
    if json_output:
        print_json([to_json(each) for each in (*measured, *compared)])
    else:
        for each in compared:
            click.echo(f"    {each.error:6.2f}  {each.source:<26} {each.target}")
    if not all(each.passed for each in measured):
        sys.exit(OutputWrong.exit_code)
