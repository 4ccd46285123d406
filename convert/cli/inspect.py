"""``mokuroku inspect``: what is in a file, before anything is mapped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from convert.cli.common import BROKEN, Progress, echo, lang_option, pairs, print_json, told
from convert.containers import sources
from convert.inspect.html import page
from convert.inspect.profile import profile
from convert.inspect.text import text
from convert.inspect.tojson import document
from convert.registry import format_named
from convert.report.draft import Draft

if TYPE_CHECKING:
    from convert.inspect.profile import Profile


@click.command("inspect")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--format", "format_name", metavar="NAME", help="形式。省略時は末尾と中身から / format; by suffix and content."
)
@click.option("-r", "--read", "read", multiple=True, metavar="KEY=VALUE", help="読み方の設定 / reader option.")
@click.option("--limit", type=click.IntRange(min=1), help="最初の N 件だけ / look at N records only.")
@click.option("--json", "as_json", is_flag=True, help="JSON で / as JSON.")
@click.option("--html", "html", metavar="FILE", help="HTML のファイルにも書く / also write an HTML file.")
@lang_option
@told
def command(
    inputs: tuple[str, ...],
    format_name: str | None,
    read: tuple[str, ...],
    limit: int | None,
    as_json: bool,
    html: str | None,
    lang: str,
) -> None:
    """入力ファイルを調べます：列と埋まり具合、値の形、文字コードと区切り、気になる値、ID の候補。

    Look at files: columns and fill rates, kinds of values, encoding and delimiter, signs of damage, id candidates.
    Exit code 3 when a file's records cannot be read at all.
    """
    options = pairs(read, "--read")
    draft = Draft(Path(html)) if html is not None else None
    found: list[Profile] = []
    try:
        kind = format_named(format_name) if format_name else None
        chosen = [source for name in inputs for source in sources(name, kind)]
        for source in chosen:
            progress = Progress(lang)
            found.append(profile(source, format_name, options, limit=limit, pulse=progress))
            progress.clear()
            if not as_json:
                echo(text(found[-1], lang), nl=source is not chosen[-1])
        if as_json:
            print_json(document(found))
        if draft is not None:
            draft.write(page(found, lang).encode("utf-8", "backslashreplace"))
            draft.keep()
    finally:
        if draft is not None:
            draft.discard()
    raise SystemExit(BROKEN if any(item.fatal for item in found) else 0)
