"""``mokuroku harvest``: fetch records into a local store. One file per kind of server."""

from __future__ import annotations

import click

from convert.cli.lazy import LazyGroup

COMMANDS = {
    "jpro": "harvest.jpro:command",
    "cinii": "harvest.cinii:command",
    "japansearch": "harvest.japansearch:group",
    "oai": "harvest.oai:command",
}
"""Where each command is; a new one is a file of its own and a line here."""


@click.group("harvest", cls=LazyGroup, places=COMMANDS)
def group() -> None:
    """サーバーからレコードを収集して、手元のストアに保存します。/ Fetch records from servers into a local store."""
