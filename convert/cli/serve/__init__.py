"""``mokuroku serve``: servers. One file per kind."""

from __future__ import annotations

import click

from convert.cli.lazy import LazyGroup

COMMANDS = {
    "demo-jpro": "serve.demo_jpro:command",
}
"""Where each command is; a new one is a file of its own and a line here."""


@click.group("serve", cls=LazyGroup, places=COMMANDS)
def group() -> None:
    """サーバーを動かします。/ Run a server."""
