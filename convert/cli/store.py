"""``mokuroku store``: what is in a local store."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from convert.cli.common import echo, lang_option, print_json, told
from convert.cli.reuse import remind
from convert.errors import UsageError
from convert.store.base import need, open_store
from convert.store.place import SCHEME, parse_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.store.reading import Stored

_STORE = "[store:]PATH[?source=NAME&set=…]"
_json = click.option("--json", "as_json", is_flag=True, help="結果を JSON で / as JSON.")


@click.group("store")
def group() -> None:
    """収集したレコードのストアを見る・取り出す。/ Look into a local store of harvested records."""


@group.command("list")
@click.argument("store", metavar=_STORE)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="件数の上限 / at most N.")
@_json
@lang_option
@told
def list_records(store: str, limit: int, as_json: bool, lang: str) -> None:
    """レコードを 1 行ずつ示します。/ One line per record: row, source, prefix, datestamp, status, identifier, sets."""
    need("sqlalchemy", "SQLAlchemy", "store")
    from convert.store.reading import extent, stored  # noqa: PLC0415 - SQLAlchemy is slow to import

    place, chosen = parse_place(store)
    with open_store(place) as opened, opened.reading() as connection:
        total = extent(connection, chosen).records
        shown = 0
        for record in stored(connection, chosen, payloads=False):
            if shown >= limit:
                break
            shown += 1
            echo(json.dumps(_told(record), ensure_ascii=False) if as_json else _line(record))
    if total > shown and not as_json:
        left = total - shown
        echo(f"… {left:,} more (--limit)" if lang == "en" else f"… ほか {left:,} 件（--limit）", err=True)


def _line(record: Stored) -> str:
    status = "deleted" if record.deleted else "-"
    sets = " ".join(record.sets) or "-"
    parts = (record.row, record.source, record.prefix, record.datestamp or "-", status, record.identifier, sets)
    return "\t".join(map(str, parts))


def _told(record: Stored) -> dict[str, Any]:
    from convert.store.reading import moment  # noqa: PLC0415

    return {
        "row": record.row, "source": record.source, "prefix": record.prefix, "identifier": record.identifier,
        "datestamp": record.datestamp, "sets": list(record.sets), "deleted": record.deleted, "media": record.media,
        "bytes": record.size, "sha256": record.hash.hex(), "first_seen": moment(record.first_seen),
        "changed": moment(record.changed), "last_seen": moment(record.last_seen),
    }  # fmt: skip


@group.command("show")
@click.argument("store", metavar=_STORE)
@click.argument("identifier")
@_json
@lang_option
@told
def show(store: str, identifier: str, as_json: bool, lang: str) -> None:
    """識別子 IDENTIFIER のレコードを、中身も含めて示します。/ A record with its payload."""
    need("sqlalchemy", "SQLAlchemy", "store")
    from convert.store.payload import DamageError  # noqa: PLC0415
    from convert.store.reading import named  # noqa: PLC0415

    place, chosen = parse_place(store)
    with open_store(place) as opened, opened.reading() as connection:
        found = named(connection, identifier, chosen.source)
    if not found:
        ja = f"{place.shown} に識別子「{identifier}」のレコードはありません。"
        raise UsageError(f"{place.shown}: no record has the identifier '{identifier}'", ja)
    told_all = []
    for record in found:
        try:
            text = (record.payload() or b"").decode("utf-8", "replace")
        except DamageError:
            text = ""
            ja = "このレコードの中身は壊れていて、取り出せません。"
            echo("the payload is damaged and cannot be unpacked" if lang == "en" else ja, err=True)
        told_all.append(_told(record) | {"payload": text or None})
        if not as_json:
            for name, value in _told(record).items():
                echo(f"{name}: {' '.join(value) if isinstance(value, list) else value}")
            echo(f"\n{text}\n" if text else "")
    if as_json:
        print_json(told_all)


@group.command("export")
@click.argument("store", metavar=_STORE)
@click.option("-o", "--output", required=True, metavar="OUT", help="出力。- は標準出力 / output; - is stdout.")
@lang_option
@told
def export(store: str, output: str, lang: str) -> None:
    """レコードを一つのファイルに書き出します（XML は OAI-PMH の応答の形、JSON は JSON Lines）。

    Write records to one file: XML as an answer of OAI-PMH, JSON as JSON Lines. It is what convert reads from store:….
    """
    need("sqlalchemy", "SQLAlchemy", "store")
    from convert.store.source import whole  # noqa: PLC0415

    source = whole(store if store.startswith(SCHEME) else SCHEME + store)
    if source.path is not None and output != "-" and Path(output).exists() and Path(output).samefile(source.path):
        raise UsageError(f"{output}: is the store itself", f"{output}：ストア自身です。別の名前にしてください。")
    with source.open() as stream, _output(output) as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    remind([store if store.startswith(SCHEME) else SCHEME + store], lang)
    if output != "-":
        count = source.records
        echo(f"{count:,} records written to {output}" if lang == "en" else f"{output} に {count:,} 件を書きました。")


@contextlib.contextmanager
def _output(name: str) -> Iterator[BinaryIO]:
    """A file that appears by rename, or standard output. A pipe or device is written into as it is."""
    if name == "-":
        yield sys.stdout.buffer
        return
    place = Path(name)
    if place.exists() and not place.is_file():
        with place.open("wb") as stream:
            yield stream
        return
    part = place.with_name(place.name + ".part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


@group.command("stats")
@click.argument("store", metavar="[store:]PATH")
@_json
@lang_option
@told
def stats(store: str, as_json: bool, lang: str) -> None:
    """提供元ごとの件数・大きさ・収集の状態を示します。/ Records, sizes and harvests of every source."""
    need("sqlalchemy", "SQLAlchemy", "store")
    from convert.store.reading import statistics  # noqa: PLC0415

    place, _ = parse_place(store)
    with open_store(place) as opened:
        with opened.reading() as connection:
            found = statistics(connection)
        size = opened.stored_bytes
    if as_json:
        print_json({"store": place.shown, "bytes": size, "sources": found})
        return
    for source in found:
        _print_source(source, lang)
    echo(f"{place.shown}: {size:,} bytes" if lang == "en" else f"{place.shown}：{size:,} バイト")


def _print_source(source: dict[str, Any], lang: str) -> None:
    english = lang == "en"
    echo(f"{source['source']}  {source['kind']}  {source['address'] or ''}".rstrip())
    for kind in source["records"]:
        gone = f"{kind['deleted']:,} deleted" if english else f"うち削除 {kind['deleted']:,}"
        count = f"{kind['records']:,} records" if english else f"{kind['records']:,} 件"
        span = f"{kind['first_datestamp'] or '-'} … {kind['last_datestamp'] or '-'}"
        echo(f"  {kind['prefix']}: {count} ({gone})  {span}")
    for harvest in source["harvests"]:
        ended = harvest["finished"] or ("not finished" if english else "未完了")
        echo(f"  {'harvest' if english else '収集'} {harvest['name']}: {harvest['started']} … {ended}")
    requests, images = source["requests"], source["images"]
    echo(f"  {requests:,} requests, {images:,} images" if english else f"  要求 {requests:,} 回、画像 {images:,} 点")


@group.command("vacuum")
@click.argument("store", metavar="[store:]PATH")
@click.option(
    "--log-days", type=click.IntRange(min=0), metavar="N", help="N 日より前の要求の記録を消す / drop older requests."
)
@lang_option
@told
def vacuum(store: str, log_days: int | None, lang: str) -> None:
    """消えたレコードの場所を空けます。/ Give back the room of what is gone."""
    need("sqlalchemy", "SQLAlchemy", "store")
    from convert.store.base import now  # noqa: PLC0415
    from convert.store.tables import fetches  # noqa: PLC0415

    place, _ = parse_place(store)
    with open_store(place) as opened:
        before = opened.stored_bytes
        if log_days is not None:
            with opened.writing() as connection:
                connection.execute(fetches.delete().where(fetches.c.at < now() - log_days * 86400))
        opened.vacuum()
        after = opened.stored_bytes
    echo(f"{before:,} -> {after:,} bytes" if lang == "en" else f"{before:,} → {after:,} バイト")
