"""`encode-media triggers`: whether the rules are right, and what they mean for a version."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from encode_media.app import open_catalog, open_client_catalog_gateway
from encode_media.cli.output import Answer, as_json, console, explained, print_json
from encode_media.errors import InvalidParameters
from encode_media.ftrack.trigger_file import load_rules, read_rules, rules_path
from encode_media.ftrack.trigger_trial import trial_document, trial_lines, try_rules
from encode_media.model.codec import to_json
from encode_media.settings import read_settings


@click.group()
def triggers() -> None:
    """Check and try the rules of encodes that start by themselves."""


@triggers.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@as_json
@explained
def check_triggers(file: Path | None, json_output: bool) -> None:
    """Every problem in a triggers.yaml, with its place; the one in use when no file is named.

    Example: encode-media triggers check studio/triggers.yaml
    """
    settings = read_settings()
    path = rules_path(file or settings.triggers_file)
    rules, problems = read_rules(path, open_catalog(settings))
    if json_output:
        print_json([to_json(problem) for problem in problems])
    else:
        for problem in problems:
            click.echo(str(problem))
    if problems or rules is None:
        sys.exit(InvalidParameters.exit_code)
    count = len(rules.rules)
    words = {0: "no rules: nothing is encoded by itself", 1: "1 rule"}.get(count, f"{count} rules")
    console().print(f"{path} is fine: {words}.", markup=False)


@triggers.command("test")
@click.option("--version", "version_id", required=True, help="Id of an asset version.")
@click.option("--file", type=click.Path(path_type=Path), help="Other rules than those in use.")
@as_json
@explained
def try_triggers(version_id: str, file: Path | None, json_output: bool) -> None:
    """What the rules mean for a version, rule by rule; nothing is encoded.

    Example: encode-media triggers test --version 1f0c… --file studio/triggers.yaml
    """
    settings = read_settings()
    rules = load_rules(file or settings.triggers_file, open_catalog(settings))
    with open_client_catalog_gateway(settings) as desk:
        trial = try_rules(desk.gateway, desk.client, desk.catalog, rules, version_id)
    Answer(trial_document(trial), trial_lines(trial, rules)).show(json_output=json_output)
