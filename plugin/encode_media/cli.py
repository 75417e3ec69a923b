"""The command line."""

from __future__ import annotations

import click

from encode_media.version import __version__


@click.group()
@click.version_option(__version__)
def main() -> None:
    """Encode media for ftrack: verified, colour-exact, never lost and never twice."""
