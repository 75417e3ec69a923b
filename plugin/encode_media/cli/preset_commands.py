"""`encode-media presets`: what there is, what it says, and whether it is right."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from encode_media.app import open_catalog, probe_here
from encode_media.cli.output import as_json, console, explained, option_values, print_json
from encode_media.errors import InvalidParameters
from encode_media.media.capabilities import find_ffmpeg
from encode_media.model.codec import to_json
from encode_media.presets.catalog import Catalog
from encode_media.presets.explain import explain
from encode_media.presets.lint import typical_source
from encode_media.settings import read_settings


@click.group()
def presets() -> None:
    """List, show and check presets."""


_project = click.option("--project", default="", help="As this ftrack project sees them.")


def _catalog(project: str) -> Catalog:
    return open_catalog(read_settings()).for_project(project)


@presets.command("list")
@_project
@as_json
@explained
def list_presets(project: str, json_output: bool) -> None:
    """All presets: the studio's, the project's and the built-in ones.

    Example: encode-media presets list
    """
    catalog = _catalog(project)
    found = [catalog.get(name) for name in catalog.names()]
    if json_output:
        print_json([{"name": p.name, "label": p.label, "description": p.description} for p in found])
        return
    for preset in found:
        click.echo(f"{preset.name:<18} {preset.label}: {preset.description}")


@presets.command("show")
@click.argument("name")
@click.option("--source", help="Resolved for this source; without it for a typical movie.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="An option of the preset.")
@_project
@as_json
@explained
def show_preset(name: str, source: str | None, pairs: tuple[str, ...], project: str, json_output: bool) -> None:
    """One preset as it is resolved: every value, and which file or option it comes from.

    Example: encode-media presets show review --set max_height=1080
    """
    catalog = _catalog(project)
    file = catalog.get(name)
    media = probe_here(read_settings(), [source], sequence=False) if source else typical_source(file)
    given = option_values(pairs)
    shown = explain(file, catalog.resolve(name, media, given), given)
    if json_output:
        print_json(
            {
                "name": file.name,
                "label": file.label,
                "description": file.description,
                "file": str(file.path),
                "options": {key: to_json(option) for key, option in file.options.items()},
                "values": [to_json(value) for value in shown],
            }
        )
        return
    click.echo(f"{file.label} ({file.name})\n{file.description}\n{file.path}\n")
    for key, option in file.options.items():
        click.echo(f"  {key:<16} {option.label}; default {_shown(option.default)}{_allowed(option)}")
    click.echo()
    width = max(len(value.key) for value in shown)
    for value in shown:
        click.echo(f"  {value.key:<{width}}  {_shown(value.value)}  ({value.origin})")


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.12g}"
    return "none" if value is None else str(value)


def _allowed(option: Any) -> str:
    if option.choices:
        return f"; one of {', '.join(_shown(choice) for choice in option.choices)}"
    if option.minimum is not None or option.maximum is not None:
        return f"; {_shown(option.minimum)} to {_shown(option.maximum)}"
    return ""


@presets.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@as_json
@explained
def check_presets(files: tuple[Path, ...], json_output: bool) -> None:
    """Every problem in preset files, with its place; all presets when no file is named.

    Example: encode-media presets check studio/dailies.yaml
    """
    settings = read_settings()
    problems = open_catalog(settings).check(files or None, can_encode=find_ffmpeg(settings.ffmpeg).can_encode)
    if json_output:
        print_json([to_json(problem) for problem in problems])
    else:
        for problem in problems:
            click.echo(str(problem))
    if problems:
        sys.exit(InvalidParameters.exit_code)
    console().print("Presets are fine.")
