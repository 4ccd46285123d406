"""``mokuroku deliver load``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convert.cli.common import BROKEN, Progress, echo, fail, findings_json, lang_option, pairs, print_json, told
from convert.cli.deliver.common import (
    fail_on_option,
    id_option,
    json_option,
    log_option,
    quiet_option,
    reached,
    read_option,
    tell,
    turnover_options,
)
from convert.deliver.log.file import NAME, record
from convert.errors import UsageError
from convert.store.base import need, open_store
from convert.store.place import parse_place

if TYPE_CHECKING:
    from convert.deliver.snapshots.loading import Loaded

_WORDS = {
    "added": ("新規", "added"),
    "changed": ("変更", "changed"),
    "deleted": ("削除", "deleted"),
    "unchanged": ("変わらず", "unchanged"),
    "renumbered": ("番号が変わったもの", "renumbered"),
    "revived": ("新規のうち、削除されていたもの", "of the added, deleted before"),
}
_SELDOM = ("renumbered", "revived")


@click.command("load")
@click.argument("files", nargs=-1, required=True, metavar="OUTPUT...")
@click.option("--as", "name", required=True, metavar="NAME", help="提出データの名前 / name of the delivery.")
@click.option(
    "--format", "format_name", type=click.Choice(["dcndl"]), default="dcndl", show_default=True, help="形式 / format."
)
@click.option(
    "--store",
    "store_name",
    required=True,
    metavar="PATH|URL",
    help="ストア：SQLite のファイルか postgresql://… / store, made where there is none.",
)
@click.option(
    "--domain", metavar="DOMAIN", help="識別子 oai:DOMAIN:番号 のドメイン名 / domain of identifiers oai:DOMAIN:NUMBER."
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="[NAME=]PATH",
    help="集合（setSpec）にする項目（くり返し可）/ field whose values become sets, repeatable.",
)
@click.option("--crosswalk", metavar="MAPPING", help="oai_dc への対応表 / mapping to oai_dc, in place of ours.")
@id_option
@turnover_options
@click.option(
    "--keep-days",
    type=click.IntRange(1, 3650),
    default=14,
    show_default=True,
    metavar="DAYS",
    help="古いスナップショットを残す日数（収集の途中のため）/ days that old snapshots stay for harvests under way.",
)
@read_option
@click.option("--dry-run", is_flag=True, help="比べるだけで、入れない / only compare.")
@click.option("--force", is_flag=True, help="誤りがあっても入れる / load in spite of errors.")
@log_option
@fail_on_option
@json_option
@quiet_option
@lang_option
@told
def command(
    files: tuple[str, ...],
    name: str,
    format_name: str,
    store_name: str,
    domain: str | None,
    sets: tuple[str, ...],
    crosswalk: str | None,
    fields: tuple[str, ...],
    ignore_dates: bool,
    max_deleted: int,
    max_changed: int,
    keep_days: int,
    read: tuple[str, ...],
    dry_run: bool,
    force: bool,
    log: str | None,
    fail_on: str,
    as_json: bool,
    quiet: bool,
    lang: str,
) -> None:
    """変換した OUTPUT を、OAI-PMH で提供するスナップショットとしてストアに入れます。

    Load OUTPUT into a store as the next snapshot of a delivery, for mokuroku serve oai: what changed since the last one
    gets a new datestamp, what is gone stays as deleted. Exit codes: 0 loaded or nothing changed; 1 loaded, something
    found at --fail-on; 2 wrong usage, or another run is loading it; 3 not loaded.
    """
    need("sqlalchemy", "SQLAlchemy", "store")
    from convert.deliver.snapshots.loading import LoadRequest, load  # noqa: PLC0415 - SQLAlchemy is slow to import

    place, chosen = parse_place(store_name)
    if str(chosen):
        raise UsageError(f"--store {store_name}: takes no selection", f"--store {store_name}：? 以降は書けません。")
    more: dict[str, Any] = {} if crosswalk is None else {"crosswalk": crosswalk}
    request = LoadRequest(
        files, name, format_name,
        read=pairs(read, "--read"), fields=fields, domain=domain, sets=sets, ignore_dates=ignore_dates,
        most_deleted=max_deleted, most_changed=max_changed, keep=keep_days, force=force, dry_run=dry_run, **more,
    )  # fmt: skip
    progress = Progress(lang)
    with open_store(place, create=True) as store:
        found = load(store, request, progress=progress)
    progress.clear()
    _put_down(log, Path(files[0]).parent / NAME, place.shown, found)
    code = BROKEN if found.refused else int(reached(found.issues, fail_on))
    if as_json:
        print_json(_json(found, code))
        raise SystemExit(code)
    tell(found.issues, lang, quiet=quiet)
    if not quiet:
        _print(found, lang)
    if found.refused and not dry_run:
        stays = found.former is not None
        ja = "スナップショットは作っていません。" + ("前のものがそのまま使われます。" if stays else "")
        fail(ja, "No snapshot was made" + ("; the one before stays in use." if stays else "."), lang, BROKEN)
    raise SystemExit(code)


def _put_down(log: str | None, beside: Path, store: str, found: Loaded) -> None:
    """Put down in the delivery log that a new snapshot is there to be harvested."""
    if found.snapshot is None or (log is None and not beside.is_file()):
        return
    counts = {name: number for name, number in found.counts.items() if number}
    name = f"{found.name} {found.snapshot}"
    record(log or beside, "load", name, records=found.records, store=store, snapshot=found.snapshot, counts=counts)


def _json(found: Loaded, code: int) -> dict[str, Any]:
    from convert.store.reading import moment  # noqa: PLC0415

    return {
        "delivery": found.name,
        "snapshot": found.snapshot,
        "datestamp": None if found.datestamp is None else moment(found.datestamp),
        "against": found.former,
        "records": found.records,
        "counts": dict(found.counts),
        "pruned": found.pruned,
        "issues": findings_json(list(found.issues)),
        "exit_code": code,
    }


def _print(found: Loaded, lang: str) -> None:
    from convert.store.reading import moment  # noqa: PLC0415

    english = lang == "en"
    if found.refused and not any(found.counts.values()):
        return  # it was not read
    for name, words in _WORDS.items():
        if name not in _SELDOM or found.counts[name]:
            echo(f"{words[1]}: {found.counts[name]:,}" if english else f"{words[0]}：{found.counts[name]:,} 件")
    if found.snapshot is not None and found.datestamp is not None:
        number, records, when = found.snapshot, found.records, moment(found.datestamp)
        ja = f"{found.name}：スナップショット {number}、{records:,} 件、日時 {when}"
        echo(f"{found.name}: snapshot {number}, {records:,} records, datestamp {when}" if english else ja)
