"""``mokuroku deliver fileset``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from convert.cli.common import BROKEN, Progress, echo, fail, findings_json, lang_option, pairs, print_json, told
from convert.cli.deliver.common import (
    fail_on_option,
    force_option,
    id_option,
    json_option,
    quiet_option,
    reached,
    read_option,
    records_text,
    size_text,
    tell,
)
from convert.deliver.fileset.making import INDEX, SUFFIXES, Made, Request, publish
from convert.deliver.fileset.parts import ENDS
from convert.errors import OptionError
from convert.formats.base import Option
from convert.resources import shown

if TYPE_CHECKING:
    from convert.deliver.fileset.parts import Packing

_SIZE = Option("--max-size", kind="size", ja="ファイルの大きさの上限", en="largest file")


@click.command("fileset")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", "folder", required=True, metavar="DIR", help="公開するフォルダ / folder to publish.")
@click.option("--name", metavar="NAME", help="ファイル名の初め（英数字）。省略時は FILE の名前 / how file names begin.")
@click.option("--title", metavar="TEXT", help="一覧のページの題 / title of the index page.")
@click.option("--base-url", "base", metavar="URL", help="DIR が見える URL / URL at which DIR is seen.")
@click.option("--format", "format_name", type=click.Choice(sorted(SUFFIXES)), help="形式。省略時は中身で判断 / format.")
@click.option(
    "--compress", "packing", type=click.Choice(sorted(ENDS)), default="zip", show_default=True,
    help="圧縮（一度だけ）/ compression, once.",
)  # fmt: skip
@click.option(
    "--max-size", "size", default="1GB", show_default=True, metavar="SIZE",
    help="圧縮する前の大きさを、これ未満にする / every file is smaller than this before compression.",
)  # fmt: skip
@id_option
@read_option
@click.option("--log", metavar="FILE", help="提出の記録。省略時は FILE の横の deliveries.jsonl / delivery log.")
@click.option(
    "--max-deleted", type=click.IntRange(0, 100), default=10, show_default=True, metavar="PERCENT",
    help="前回よりこれを超えて減ったら書かない / refuse when more records are gone.",
)  # fmt: skip
@force_option
@fail_on_option
@json_option
@quiet_option
@lang_option
@told
def command(
    files: tuple[str, ...],
    folder: str,
    name: str | None,
    title: str | None,
    base: str | None,
    format_name: str | None,
    packing: Packing,
    size: str,
    fields: tuple[str, ...],
    read: tuple[str, ...],
    log: str | None,
    max_deleted: int,
    force: bool,
    fail_on: str,
    as_json: bool,
    quiet: bool,
    lang: str,
) -> None:
    """FILE を、ジャパンサーチが HTTP で取得するファイル一式（1 GB 未満、圧縮は一度）と一覧のページにします。

    Make the set of files that Japan Search fetches over HTTP, with an index page. Exit codes: 0 written, nothing found
    at --fail-on; 1 written, something found; 2 wrong usage; 3 not written.
    """
    limit = _SIZE.parse(size)
    if limit < 1:
        raise OptionError(_SIZE.name, size, "expects more than 0", "0 より大きい大きさを書いてください")
    progress = Progress(lang)
    made = publish(
        Request(
            files, folder, name=name, title=title, format=format_name, packing=packing, limit=limit, base=base, log=log,
            read=pairs(read, "--read"), fields=fields, most_gone=max_deleted, force=force,
        ),
        progress=progress,
    )  # fmt: skip
    progress.clear()
    code = BROKEN if made.index is None else int(reached(made.issues, fail_on))
    if as_json:
        print_json(_json(made, code))
        raise SystemExit(code)
    tell(made.issues, lang, quiet=quiet)
    if made.index is None:
        fail(
            "ファイル一式は書いていません（前のものはそのままです）。",
            "No file set was written; what stood there stays.",
            lang,
            BROKEN,
        )
    if not quiet:
        _print(made, lang)
    raise SystemExit(code)


def _json(made: Made, code: int) -> dict[str, Any]:
    return {
        "written": made.index is not None,
        "folder": shown(made.folder),
        "format": made.form.name,
        "counts": dict(made.counts),
        "index": None if made.index is None else dict(made.index),
        "log": shown(made.log),
        "issues": findings_json(list(made.issues)),
        "exit_code": code,
    }


def _print(made: Made, lang: str) -> None:
    index = made.index or {}
    for part in index["files"]:
        echo(f"{made.folder / part['name']}  {records_text(part['records'], lang)}  {size_text(part['bytes'], lang)}")
        if "url" in part:
            echo(f"  {part['url']}")
        echo(f"  SHA-256 {part['sha256']}")
    place = made.folder / INDEX
    echo(f"index: {place}" if lang == "en" else f"一覧のページ：{place}")
