"""``mokuroku deliver``: what is delivered, and how. One file per command."""

from __future__ import annotations

import click

from convert.cli.lazy import LazyGroup

COMMANDS = {
    "dossier": "deliver.dossier:command",
    "diff": "deliver.diff:command",
    "fileset": "deliver.fileset:command",
    "full": "deliver.full:command",
    "inspect": "deliver.inspect:command",
    "load": "deliver.load:command",
    "package": "deliver.package:command",
    "sample": "deliver.sample:command",
    "sftp": "deliver.sftp:command",
    "status": "deliver.status:command",
}
"""Where each command is; a new one is a file of its own and a line here."""


@click.group("deliver", cls=LazyGroup, places=COMMANDS)
def group() -> None:
    """提出するものを選ぶ・比べる・包む・調べる。/ Samples, loads, differences, packages, dossiers."""
