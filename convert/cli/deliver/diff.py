"""``mokuroku deliver diff``."""

from __future__ import annotations

from typing import Any

import click

from convert.cli.common import BROKEN, Progress, echo, fail, findings_json, lang_option, pairs, print_json, told
from convert.cli.deliver.common import (
    fail_on_option,
    force_option,
    format_option,
    id_option,
    json_option,
    log_option,
    output_option,
    put_down,
    quiet_option,
    reached,
    read_option,
    records_text,
    runs_of,
    size_text,
    tell,
    turnover_options,
)
from convert.deliver.differing import LIST, Differed, DiffRequest, diff

_WORDS = {
    "added": ("新規", "added"),
    "changed": ("変更", "changed"),
    "deleted": ("削除", "deleted"),
    "unchanged": ("変わらず", "unchanged"),
    "renumbered": ("番号が変わったもの", "renumbered"),
}


@click.command("diff")
@click.argument("files", nargs=-1, required=True, metavar="NEW...")
@click.option(
    "--against",
    multiple=True,
    required=True,
    metavar="OLD",
    help="前回のファイル（くり返し可）/ the file of the last delivery, repeatable.",
)
@output_option
@format_option
@id_option
@click.option("--ignore", multiple=True, metavar="PATH", help="比べない項目（くり返し可）/ leave this out, repeatable.")
@turnover_options
@read_option
@click.option("-w", "--write", "write", multiple=True, metavar="KEY=VALUE", help="書き方の設定 / writer option.")
@force_option
@log_option
@fail_on_option
@json_option
@quiet_option
@lang_option
@told
def command(
    files: tuple[str, ...],
    against: tuple[str, ...],
    output: str,
    format_name: str | None,
    fields: tuple[str, ...],
    ignore: tuple[str, ...],
    ignore_dates: bool,
    max_deleted: int,
    max_changed: int,
    read: tuple[str, ...],
    write: tuple[str, ...],
    force: bool,
    log: str | None,
    fail_on: str,
    as_json: bool,
    quiet: bool,
    lang: str,
) -> None:
    """NEW と前回の OLD を比べ、新規・変更・削除だけのファイル（差分データ）を作ります。

    Compare NEW with OLD and write what is new, changed or gone, in the same format. Exit codes: 0 written or nothing
    changed; 1 written, something found at --fail-on; 2 wrong usage; 3 not written.
    """
    progress = Progress(lang)
    found = diff(
        DiffRequest(
            files,
            against,
            output,
            format=format_name,
            read=pairs(read, "--read"),
            write=pairs(write, "--write"),
            fields=fields,
            ignore=ignore,
            ignore_dates=ignore_dates,
            most_deleted=max_deleted,
            most_changed=max_changed,
            force=force,
        ),
        progress=progress,
    )
    progress.clear()
    if found.manifest is not None:
        put_down(log, found.output, "diff", found.manifest["outputs"][0], sources=runs_of(found.manifest, "inputs"))
    code = BROKEN if found.refused else int(reached(found.issues, fail_on))
    if as_json:
        print_json(_json(found, code))
        raise SystemExit(code)
    tell(found.issues, lang, quiet=quiet)
    if not quiet:
        _print(found, lang)
    if found.refused:
        fail("差分データは作っていません。", "No differential load was made.", lang, BROKEN)
    raise SystemExit(code)


def _json(found: Differed, code: int) -> dict[str, Any]:
    return {
        "written": found.manifest is not None,
        "output": dict(found.manifest["outputs"][0]) if found.manifest else None,
        "deleted_list": found.manifest["difference"].get("deleted_list") if found.manifest else None,
        "format": found.form.name,
        "counts": dict(found.counts),
        "issues": findings_json(list(found.issues)),
        "exit_code": code,
    }


def _print(found: Differed, lang: str) -> None:
    english = lang == "en"
    for name, words in _WORDS.items():
        if name != "renumbered" or found.counts[name]:
            echo(f"{words[english]}: {found.counts[name]:,}" if english else f"{words[0]}：{found.counts[name]:,} 件")
    if found.manifest is None:
        return
    entry = found.manifest["outputs"][0]
    echo(f"{found.output}  {records_text(entry['records'], lang)}  {size_text(entry['bytes'], lang)}")
    echo(f"  SHA-256 {entry['sha256']}")
    if found.counts["listed"]:
        place = f"{found.output}{LIST}"
        number = found.counts["listed"]
        echo(f"{place}  {number:,} deleted ids" if english else f"{place}  消えた ID {number:,} 件")
