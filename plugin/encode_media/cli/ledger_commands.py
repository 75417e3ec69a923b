"""`encode-media ledger`: how something published came to be, and why another looks different."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from encode_media.app import open_catalog, open_gateway
from encode_media.cli.output import as_json, explained, print_json
from encode_media.ftrack.ledger_words import (
    differences,
    making_differences,
    making_lines,
    output_differences,
    output_line,
)
from encode_media.ftrack.ledgers import LedgerEntry, ledgers_of
from encode_media.presets.catalog import Catalog
from encode_media.settings import read_settings


@click.command()
@click.argument("published_id", metavar="VERSION|COMPONENT")
@click.option("--compare", "other_id", metavar="VERSION|COMPONENT", help="Say in what this one differs from it.")
@as_json
@explained
def ledger(*, published_id: str, other_id: str | None, json_output: bool) -> None:
    """How a version's components, or one component, were made; with --compare, why another looks different.

    Example: encode-media ledger 1f0c… --compare 77ab…
    """
    settings = read_settings()
    with open_gateway(settings) as gateway:
        entries = ledgers_of(gateway, published_id)
        others = ledgers_of(gateway, other_id) if other_id else ()
    if other_id:
        _compare(entries, others, json_output=json_output)
    elif json_output:
        print_json([_document(entry) for entry in entries])
    else:
        catalog = open_catalog(settings)
        for made in _by_job(entries):
            _show(made, catalog)


def _by_job(entries: Iterable[LedgerEntry]) -> list[list[LedgerEntry]]:
    jobs: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        jobs.setdefault(str(entry.marks.get("job")), []).append(entry)
    return list(jobs.values())


def _show(made: list[LedgerEntry], catalog: Catalog) -> None:
    """What a job left, and how it made that."""
    width = max(len(entry.component.name) for entry in made)
    click.echo(made[0].version.label)
    for entry in made:
        click.echo(f"  {entry.component.name:{width}}  {output_line(entry.marks)}".rstrip())
    usual = catalog.for_project(made[0].version.project_name).usual_options(made[0].preset)
    for line in making_lines(made[0].marks, usual):
        click.echo(f"    {line}")


def _compare(entries: tuple[LedgerEntry, ...], others: tuple[LedgerEntry, ...], *, json_output: bool) -> None:
    pairs = _pairs(entries, others)
    if json_output:
        print_json(
            [
                {
                    "one": _document(one),
                    "other": _document(other),
                    "differences": differences(one.marks, other.marks),
                }
                for one, other in pairs
            ]
        )
        return
    jobs: dict[tuple[Any, Any], list[tuple[LedgerEntry, LedgerEntry]]] = {}
    for pair in pairs:
        jobs.setdefault((pair[0].marks.get("job"), pair[1].marks.get("job")), []).append(pair)
    for made in jobs.values():
        _show_differences(made)


def _show_differences(made: list[tuple[LedgerEntry, LedgerEntry]]) -> None:
    """Between two jobs, and in what they left."""
    one, other = made[0]
    click.echo(f"{one.version.label}  ->  {other.version.label}")
    for sentence in making_differences(one.marks, other.marks) or ["made alike"]:
        click.echo(f"  {sentence}")
    for before, after in made:
        names = dict.fromkeys((before.component.name, after.component.name))
        for sentence in output_differences(before.marks, after.marks):
            click.echo(f"  {' -> '.join(names)}: {sentence}")


def _pairs(
    entries: tuple[LedgerEntry, ...], others: tuple[LedgerEntry, ...]
) -> list[tuple[LedgerEntry, LedgerEntry]]:
    """Components of the same name; where each side is a single one, those two whatever their names."""
    if len(entries) == len(others) == 1:
        return [(entries[0], others[0])]
    by_name = {entry.component.name: entry for entry in others}
    pairs = [(entry, by_name[entry.component.name]) for entry in entries if entry.component.name in by_name]
    return pairs or [(entries[0], others[0])]


def _document(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "component": entry.component.id,
        "name": entry.component.name,
        "version": entry.version.label,
        "ledger": {key: value for key, value in entry.marks.items() if key not in {"recipe", "seal"}},
    }
