"""`encode-media ledger`: how something published came to be, and why another looks different."""

from __future__ import annotations

from typing import Any

import click

from encode_media.app import open_gateway
from encode_media.cli.output import as_json, explained, print_json
from encode_media.ftrack.ledger_words import differences, ledger_lines
from encode_media.ftrack.ledgers import LedgerEntry, ledgers_of
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
    with open_gateway(read_settings()) as gateway:
        entries = ledgers_of(gateway, published_id)
        others = ledgers_of(gateway, other_id) if other_id else ()
    if other_id:
        _compare(entries, others, json_output=json_output)
    elif json_output:
        print_json([_document(entry) for entry in entries])
    else:
        for entry in entries:
            click.echo(entry.label)
            for line in ledger_lines(entry.marks):
                click.echo(f"  {line}")


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
    for one, other in pairs:
        click.echo(f"{one.label}  ->  {other.label}")
        for sentence in differences(one.marks, other.marks) or ["made alike"]:
            click.echo(f"  {sentence}")


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
