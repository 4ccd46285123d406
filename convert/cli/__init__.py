"""The command line: a thin coat over the library. One file per command."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convert.cli import catalogues, check, convert, inspect, mapping
from convert.report.report import tool

if TYPE_CHECKING:
    from types import FrameType


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(tool()["version"] or "(checkout)", "-V", "--version", prog_name="mokuroku")
def cli() -> None:
    """目録（mokuroku）：メタデータを変換し、提出先が何を受け取り何を失うかを知らせます。

    Convert and check metadata for Japan's national aggregators.
    """


cli.add_command(convert.command)
cli.add_command(check.command)
cli.add_command(inspect.command)
cli.add_command(mapping.group)
cli.add_command(catalogues.codes)
cli.add_command(catalogues.formats)
cli.add_command(catalogues.mappings)


def main() -> None:
    """Run the command; SIGTERM ends a run as Ctrl-C does, so that nothing half-written is left."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    if sys.stdin is None:  # closed by the caller: as if it were empty
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open to the end of the process
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    cli(prog_name="mokuroku")
