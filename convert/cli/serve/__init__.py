"""``mokuroku serve``: what is served over the network. One file per command."""

from __future__ import annotations

import click

from convert.cli.lazy import LazyGroup

COMMANDS = {
    "demo-jpro": "serve.demo_jpro:command",
    "oai": "serve.oai:command",
}
"""Where each command is; a new one is a file of its own and a line here."""


@click.group("serve", cls=LazyGroup, places=COMMANDS)
def group() -> None:
    """ストアのデータをネットワークに提供します。/ Serve what is in a store over the network."""
