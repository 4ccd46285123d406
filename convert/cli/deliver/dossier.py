"""``mokuroku deliver dossier``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convert.cli.common import Progress, echo, lang_option, pairs, print_json, told
from convert.cli.deliver.common import fail_on_option, json_option, quiet_option
from convert.errors import OptionError, UsageError
from convert.formats.japansearch.dossier.build import make_dossier
from convert.formats.japansearch.dossier.model import exit_code
from convert.formats.japansearch.dossier.text import text
from convert.formats.japansearch.dossier.tojson import document
from convert.report.draft import Draft

if TYPE_CHECKING:
    from convert.formats.japansearch.dossier.model import Dossier

SUFFIXES = (".html", ".xlsx", ".json", ".txt")


@click.command("dossier")
@click.argument("mapping", metavar="MAPPING")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="書き出す先（.html .xlsx .json .txt、くり返し可）/ file to write, repeatable.",
)
@click.option(
    "-r", "--read", "read", multiple=True, metavar="KEY=VALUE", help="FILE の読み方の設定 / reader option for FILE."
)
@click.option(
    "-w", "--write", "write", multiple=True, metavar="KEY=VALUE", help="対応表の target の設定 / target option."
)
@fail_on_option
@json_option
@quiet_option
@lang_option
@told
def command(
    mapping: str,
    files: tuple[str, ...],
    outputs: tuple[str, ...],
    read: tuple[str, ...],
    write: tuple[str, ...],
    fail_on: str,
    as_json: bool,
    quiet: bool,
    lang: str,
) -> None:
    """ジャパンサーチの登録画面で手元に置く「登録の手引き」を作ります。FILE はアップロードするファイルそのものです。

    Make what a person needs at hand on Japan Search's registration screens: database fields to copy, the label
    definition, rights and holders of the records in FILE, the rules for files. FILE is what will be uploaded. Exit
    codes: 0 nothing found at --fail-on, 1 something, 2 wrong usage, 3 a file could not be read to its end.
    """
    drafts = [_draft(name, files) for name in outputs]
    try:
        progress = Progress(lang)
        try:
            found = make_dossier(
                mapping, files, read=pairs(read, "--read"), write=pairs(write, "--write"), progress=progress
            )
        finally:
            progress.clear()
        for draft in drafts:
            draft.write(_content(found, draft.path, lang, fail_on))
        for draft in drafts:
            draft.keep()
    finally:
        for draft in drafts:
            draft.discard()
    if as_json:
        print_json(document(found, fail_on))
    elif not quiet:
        echo(text(found, lang, brief=bool(outputs)), nl=False)
        for draft in drafts:
            echo(f"→ {draft.path}")
    raise SystemExit(exit_code(found, fail_on))


def _draft(name: str, files: tuple[str, ...]) -> Draft:
    path = Path(name)
    if any(path.resolve() == Path(file).resolve() for file in files):
        raise UsageError(
            f"{name} is a file to be uploaded", f"{name} はアップロードするファイルです。別の名前にしてください。"
        )
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError("--output", name, f"expects a name that ends in {' '.join(SUFFIXES)}",
                          f"{' '.join(SUFFIXES)} のどれかで終わる名前にしてください")  # fmt: skip
    return Draft(path)


def _content(found: Dossier, path: Path, lang: str, fail_on: str) -> bytes:
    """The dossier as the file's suffix says."""
    suffix = path.suffix.lower()
    if suffix == ".html":
        from convert.formats.japansearch.dossier.html import document as html  # noqa: PLC0415 - only when asked for

        return html(found, lang).encode("utf-8", "backslashreplace")
    if suffix == ".xlsx":
        from convert.formats.japansearch.dossier.sheet import workbook  # noqa: PLC0415 - loads openpyxl

        return workbook(found, lang)
    if suffix == ".json":
        body = json.dumps(document(found, fail_on), ensure_ascii=False, indent=2)
        return f"{body}\n".encode("utf-8", "backslashreplace")
    return text(found, lang).encode("utf-8", "backslashreplace")
