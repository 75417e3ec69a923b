"""`encode-media presets`: what there is, what it says, and whether it is right."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from encode_media.app import open_catalog
from encode_media.cli.output import as_json, console, explained, print_json
from encode_media.errors import InvalidParameters
from encode_media.model.codec import to_json
from encode_media.settings import read_settings


@click.group()
def presets() -> None:
    """List, show and check presets."""


@presets.command("list")
@as_json
@explained
def list_presets(json_output: bool) -> None:
    """All presets, built-in and the studio's.

    Example: encode-media presets list
    """
    catalog = open_catalog(read_settings())
    found = [catalog.get(name) for name in catalog.names()]
    if json_output:
        print_json([{"name": p.name, "label": p.label, "description": p.description} for p in found])
        return
    for preset in found:
        click.echo(f"{preset.name:<18} {preset.label}: {preset.description}")


@presets.command("show")
@click.argument("name")
@as_json
@explained
def show_preset(name: str, json_output: bool) -> None:
    """One preset: its options and outputs.

    Example: encode-media presets show review
    """
    preset = open_catalog(read_settings()).get(name)
    if json_output:
        print_json(
            {
                "name": preset.name,
                "label": preset.label,
                "description": preset.description,
                "file": str(preset.path),
                "options": {key: to_json(option) for key, option in preset.options.items()},
            }
        )
        return
    click.echo(f"{preset.label} ({preset.name})\n{preset.description}\n{preset.path}\n")
    for key, option in preset.options.items():
        click.echo(f"  {key:<16} {option.label}; default {_shown(option.default)}{_allowed(option)}")


def _shown(value: Any) -> str:
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
    problems = open_catalog(read_settings()).check(files or None)
    if json_output:
        print_json([to_json(problem) for problem in problems])
    else:
        for problem in problems:
            click.echo(str(problem))
    if problems:
        sys.exit(InvalidParameters.exit_code)
    console().print("Presets are fine.")
