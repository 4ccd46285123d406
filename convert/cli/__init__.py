"""The command line: a thin coat over the library. One file per command."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convert.cli.lazy import LazyGroup
from convert.cli.usage import language, told_in
from convert.resources import __version__

if TYPE_CHECKING:
    from types import FrameType


_LANG = "mokuroku.lang"
_COMMANDS = {
    "convert": "convert:command",
    "check": "check:command",
    "inspect": "inspect:command",
    "mapping": "mapping:group",
    "deliver": "deliver:group",
    "somoku": "somoku:group",
    "harvest": "harvest:group",
    "serve": "serve:group",
    "store": "store:group",
    "codes": "catalogues:codes",
    "formats": "catalogues:formats",
    "mappings": "catalogues:mappings",
}
"""Where each command is; only the one that is called is imported."""


class _Commands(LazyGroup):
    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        lang = language(args)
        with told_in(lang):
            context = super().make_context(info_name, args, parent, **extra)
        context.meta[_LANG] = lang
        return context

    def invoke(self, ctx: click.Context) -> Any:
        with told_in(ctx.meta[_LANG]):
            return super().invoke(ctx)


@click.group(
    cls=_Commands, places=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, "-V", "--version", prog_name="mokuroku")
def cli() -> None:
    """目録（mokuroku）：メタデータを変換し、提出先が何を受け取り何を失うかを知らせます。

    Convert and check metadata for Japan's national aggregators.
    """


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
