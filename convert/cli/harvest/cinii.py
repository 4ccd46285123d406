"""``mokuroku harvest cinii``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convert.check.issue import Severity
from convert.cli.common import BROKEN, echo, fail, lang_option, pairs, print_json, tell_findings, told
from convert.cli.harvest.common import Progress, harvest_options, tell
from convert.errors import UsageError
from convert.harvest.cinii.query import (
    FORMATS,
    PARAMETERS,
    SECRET,
    SERVICES,
    check_ncid,
    check_parameters,
    endpoint,
    secret,
)
from convert.harvest.web import Manners, Web
from convert.store.base import need, open_store
from convert.store.place import parse_place

if TYPE_CHECKING:
    from convert.cli.common import F
    from convert.harvest.cinii.keeping import HoldingsOutcome
    from convert.harvest.cinii.run import Request
    from convert.store.place import Place

LARGEST = 32 * 2**20
"""Bytes of an answer."""


@click.group("cinii")
def command() -> None:
    """CiNii から所蔵などを収集します。/ Harvest from CiNii."""


def _parameters(function: F) -> F:
    for parameter in reversed(PARAMETERS.values()):
        values = "|".join(parameter.values)
        option = click.option(
            *dict.fromkeys((f"--{parameter.name.replace('_', '-')}", f"--{parameter.name}")), parameter.name,
            metavar=values or "TEXT", help=f"{parameter.ja} / {parameter.en}.",
        )  # fmt: skip
        function = option(function)
    return function


@command.command("holdings", context_settings={"default_map": {"rate": 1.0}})
@click.argument("source_file", required=False, metavar="[INPUT]")
@click.option("--ncid", "ncids", multiple=True, metavar="NCID", help="この NCID（くり返し可）/ this NCID, repeatable.")
@click.option("--from-field", "field_path", metavar="PATH", help="INPUT のこの列・項目の NCID / NCIDs in this field.")
@click.option("--input-format", "format_name", metavar="NAME", help="INPUT の形式 / format of INPUT.")
@click.option("-r", "--read", "read", multiple=True, metavar="KEY=VALUE", help="読み方の設定 / reader option.")
@click.option(
    "--service", type=click.Choice(list(SERVICES)), default="books", show_default=True,
    help="CiNii Books か CiNii Research か / which CiNii.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="json", show_default=True, help="応答の形式 / of answers."
)
@_parameters
@click.option(
    "--max-age", type=click.FloatRange(min=0), default=30, show_default=True, metavar="DAYS",
    help="ストアの答えを使い続ける日数。0 は無期限 / days for which a stored answer is good; 0: for ever.",
)  # fmt: skip
@click.option("--refresh", is_flag=True, help="ストアにあるものも取り直す / ask anew for what is stored, too.")
@harvest_options
@lang_option
@told
def holdings(
    source_file: str | None,
    ncids: tuple[str, ...],
    field_path: str | None,
    format_name: str | None,
    read: tuple[str, ...],
    service: str,
    form: str,
    max_age: float,
    refresh: bool,
    store_name: str | None,
    source: str | None,
    base_url: str | None,
    rate: float,
    timeout: float,
    retries: int,
    dry_run: bool,
    fail_on: str,
    as_json: bool,
    quiet: bool,
    lang: str,
    **parameters: str | None,
) -> None:
    """NCID ごとに所蔵館を尋ね、ストアに保存します。保存してあるものは尋ねません。

    Ask CiNii which libraries hold the books with these NCIDs and keep the answers in a store; what is stored is not
    asked for again. The application id is taken from the environment's CINII_APPID. Exit codes: 0 fine; 1 something
    at --fail-on (an NCID that could not be had is an error); 2 wrong usage; 3 stopped before its end.
    """
    given = check_parameters({name: value for name, value in parameters.items() if value is not None})
    address, appid = endpoint(service, base_url), secret()
    _check_usage(ncids, field_path, source_file, store_name)
    need("sqlalchemy", "SQLAlchemy", "harvest")
    need("httpx", "httpx", "harvest")
    from convert.harvest.cinii.run import Request  # noqa: PLC0415 - needs SQLAlchemy, which is slow to import

    place = _place(store_name or "")
    request = Request(address, source or "cinii", form, given, max_age or None, refresh)
    wanted, outcome = _wanted(request, ncids, source_file, field_path, format_name, pairs(read, "--read"))
    if not appid and base_url is None and not quiet:
        ja = f"アプリケーションIDが環境変数 {SECRET} にありません。CiNii は ID を求めています。"
        echo(f"{SECRET} is not set; CiNii asks for an application id." if lang == "en" else ja, err=True)
    if dry_run:
        _print_requests(request, place, wanted, appid, as_json=as_json)
        if not quiet:
            tell_findings(outcome.issues, lang)
        return
    manners = Manners(rate=rate, timeout=timeout, whole=max(600.0, timeout * 10), retries=retries, most=LARGEST)
    outcome = _harvest(request, place, manners, wanted, appid, outcome, lang)
    if not as_json and not quiet:
        echo(_summary(outcome, lang))
    raise SystemExit(tell(outcome, lang, as_json=as_json, quiet=quiet, fail_on=fail_on))


@command.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--store", "store_name", required=True, metavar="PATH|URL", help="保存先のストア / store.")
@click.option("--source", default="cinii", show_default=True, metavar="NAME", help="提供元の名前 / name of the source.")
@click.option(
    "--fail-on", type=click.Choice([level.word for level in Severity]), default="error", show_default=True,
    help="この重さ以上で終了コード 1 / exit 1 at or above this severity.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="結果を JSON で / the summary as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="結果を出さない / print no summary.")
@lang_option
@told
def import_saved(
    files: tuple[str, ...], store_name: str, source: str, fail_on: str, as_json: bool, quiet: bool, lang: str
) -> None:
    """保存してある CiNii の応答（所蔵、書誌の RDF）をストアに入れます。何も尋ねません。

    Put saved answers of CiNii (holdings as JSON, RSS or Atom; records of books as RDF) into a store. Nothing is asked.
    """
    need("sqlalchemy", "SQLAlchemy", "store")
    from convert.harvest.cinii.saved import keep_saved  # noqa: PLC0415 - likewise

    with open_store(_place(store_name), create=True) as store:
        outcome = keep_saved(store, source, map(Path, files))
    if not as_json and not quiet:
        echo(_imported(outcome, lang))
    raise SystemExit(tell(outcome, lang, as_json=as_json, quiet=quiet, fail_on=fail_on))


def _imported(outcome: HoldingsOutcome, lang: str) -> str:
    kept = outcome.wanted - outcome.gaps
    if lang == "en":
        return f"{outcome.wanted:,} files: {kept:,} put into the store ({outcome.holdings:,} holdings)"
    return f"ファイル {outcome.wanted:,}：ストアに入れたもの {kept:,}（所蔵 {outcome.holdings:,} 館）"


def _check_usage(
    ncids: tuple[str, ...], field_path: str | None, source_file: str | None, store_name: str | None
) -> None:
    if not ncids and field_path is None:
        en = "name NCIDs with --ncid, or a file and its field: --from-field NCID INPUT"
        raise UsageError(en, "--ncid で NCID を、または --from-field 列名 INPUT でファイルを指定してください。")
    if (field_path is None) != (source_file is None):
        en = "--from-field and INPUT belong together: --from-field NCID books.csv"
        raise UsageError(en, "--from-field と INPUT は一緒に使います（例：--from-field NCID books.csv）。")
    if store_name is None:
        raise UsageError("--store is missing: where to keep the records", "--store に保存先を指定してください。")


def _place(name: str) -> Place:
    place, chosen = parse_place(name)
    if str(chosen):
        en, ja = f"--store {place.shown}: takes no selection", f"--store {place.shown}：? 以降は書けません。"
        raise UsageError(en, ja)
    return place


def _wanted(
    request: Request,
    ncids: tuple[str, ...],
    source_file: str | None,
    field_path: str | None,
    format_name: str | None,
    read: dict[str, str],
) -> tuple[list[str], HoldingsOutcome]:
    """The NCIDs to ask for, each once, and an outcome that knows what was odd about them."""
    from convert.harvest.cinii.keeping import HoldingsOutcome  # noqa: PLC0415
    from convert.harvest.cinii.numbers import from_input, judged, named  # noqa: PLC0415

    outcome = HoldingsOutcome(request.source)
    found: list[str | None] = list(judged(named([check_ncid(ncid) for ncid in ncids]), outcome.add))
    if source_file is not None and field_path is not None:
        found += from_input(source_file, field_path, format_name=format_name, read=read, tell=outcome.add)
    outcome.skipped = found.count(None)
    return list(dict.fromkeys(ncid for ncid in found if ncid is not None)), outcome


def _harvest(
    request: Request,
    place: Place,
    manners: Manners,
    wanted: list[str],
    appid: str | None,
    outcome: HoldingsOutcome,
    lang: str,
) -> HoldingsOutcome:
    from convert.harvest.cinii.run import Harvest  # noqa: PLC0415 - likewise

    progress = Progress(lang)
    try:
        with open_store(place, create=True) as store, Web(manners) as web:
            return Harvest(store, web, request, wanted, appid=appid, outcome=outcome, progress=progress).run()
    except KeyboardInterrupt:
        progress.clear()
        fail(
            "中断しました。取得したものは保存してあります。同じコマンドで続きから収集します。",
            "Interrupted. What was fetched is stored; the same command goes on from here.",
            lang, BROKEN,
        )  # fmt: skip
    finally:
        progress.clear()


def _summary(outcome: HoldingsOutcome, lang: str) -> str:
    asked = outcome.counts.total
    if lang == "en":
        return (
            f"{outcome.wanted:,} NCIDs: {asked:,} fetched ({outcome.holdings:,} holdings, {outcome.none:,} held by no "
            f"library), {outcome.fresh:,} in the store already, {outcome.skipped:,} values that are no NCID"
        )
    return (
        f"NCID {outcome.wanted:,} 件：取得 {asked:,}（所蔵 {outcome.holdings:,} 館、所蔵なし {outcome.none:,} 件）、"
        f"ストアにあり {outcome.fresh:,}、NCID でない値 {outcome.skipped:,}"
    )


def _print_requests(request: Request, place: Place, wanted: list[str], appid: str | None, *, as_json: bool) -> None:
    from convert.harvest.cinii.client import CiniiClient  # noqa: PLC0415
    from convert.harvest.cinii.run import unasked  # noqa: PLC0415

    if place.is_file and not Path(place.text).exists():
        found = unasked(None, request, wanted)
    else:
        with open_store(place) as store:
            found = unasked(store, request, wanted)
    client = CiniiClient(request.address, _nowhere(), request.form, dict(request.parameters), appid)
    shown = [client.shown(ncid) for ncid in found]
    if as_json:
        print_json({"requests": shown})
        return
    for line in shown:
        echo(f"GET {line}")


def _nowhere() -> Any:
    """A connection that is never opened."""
    return Web()
