"""``mokuroku harvest japansearch``: one command for each kind of records."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convert.cli.common import BROKEN, F, echo, fail, lang_option, print_json, silence, told
from convert.cli.harvest.common import Progress, harvest_options, tell
from convert.errors import UsageError
from convert.harvest.japansearch.kinds import BASE, KINDS, MOST, REACH, SCROLLED, Kind
from convert.harvest.japansearch.plan import SOURCE, Request, planned
from convert.harvest.japansearch.query import PARAMETERS, Query, query_from, query_of
from convert.harvest.web import Manners, Web, without_secrets
from convert.store.base import need, open_store
from convert.store.place import Place, parse_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.harvest.japansearch.lines import Lines
    from convert.harvest.outcome import Outcome
    from convert.store.base import Store


@click.group("japansearch")
def group() -> None:
    """ジャパンサーチの簡易Web API から収集します。

    Harvest Japan Search: items, galleries, databases, organizations, theme searches (csearch).
    """


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the command line says beside the request."""

    store: str | None
    lines: str | None
    manners: Manners
    lang: str
    fail_on: str
    as_json: bool
    quiet: bool


def _search_options(function: F) -> F:
    options = [
        click.option("-k", "--keyword", multiple=True, metavar="WORD", help="この語を含む（くり返すと AND）/ AND."),
        click.option("--any", "any_of", multiple=True, metavar="WORD", help="どれかの語を含む（OR）/ OR."),
        click.option("--not", "without", multiple=True, metavar="WORD", help="この語を含まない（NOT）/ NOT."),
        click.option(
            "--url", metavar="URL", help="検索結果の画面か API の URL の条件で / the search that this address shows."
        ),
        click.option(
            "--from", "start", type=int, metavar="N", help="検索結果のこの位置（0 から）から / start of a window."
        ),
        click.option(
            "--size", type=int, default=MOST, show_default=True, metavar="N",
            help=f"1 回に求める件数。{MOST} まで / records per request.",
        ),
        click.option("--limit", type=int, metavar="N", help="全部でこの件数まで / records in all."),
        click.option("--json-lines", is_flag=True, help="レコードを JSON Lines で出す / write the records as lines."),
        click.option(
            "-o", "--output", metavar="FILE", help="--json-lines の出力。なければ標準出力 / output of --json-lines."
        ),
        click.option("--restart", is_flag=True, help="途中で止まった収集を続けず、初めから / begin anew."),
        click.option("--missing-deleted", is_flag=True, help="なくなったものを削除にする / delete what is gone."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def _filter_options(function: F) -> F:
    for parameter in reversed(PARAMETERS.values()):
        told_as = f"{parameter.ja}（{parameter.name}）/ {parameter.en}."
        function = click.option(
            *parameter.options, _argument(parameter.name), multiple=parameter.many, metavar=parameter.metavar,
            help=told_as,
        )(function)  # fmt: skip
    function = click.option("--theme", metavar="ID", help="このテーマ別検索の中から / items of a theme search.")(
        function
    )
    return click.option(
        "--if-updated", is_flag=True, help="データベースが更新されたときだけ / only when it was updated."
    )(function)


def _argument(name: str) -> str:
    return "p_" + name.replace("-", "_")


def _add(kind: Kind) -> None:
    def command(**given: Any) -> None:
        _run(kind, given)

    more = [f"{REACH:,} 件を超えると、全件取得（scroll）で {SCROLLED} 件ずつ取得します。"] if kind.filters else []
    also = [f"Beyond {REACH:,} by scroll."] if kind.filters else []
    japanese, english = "".join([f"{kind.ja}を収集します。", *more]), " ".join([f"Harvest {kind.en}.", *also])
    command.__doc__ = f"{japanese}\n\n    {english}"
    decorated: Any = harvest_options(lang_option(command))
    decorated = _search_options(_filter_options(decorated) if kind.filters else decorated)
    group.command(kind.name)(told(decorated))


for _kind in KINDS.values():
    _add(_kind)


# ── Running ──────────────────────────────────────────────────────────────────────────────────────


def _run(kind: Kind, given: dict[str, Any]) -> None:
    lines = given["output"] or ("-" if given["json_lines"] else None)
    if given["store_name"] is None and lines is None:
        raise UsageError(
            "--store is missing: where to keep the records (or --json-lines to print them)",
            "--store に保存先を指定してください（保存せず出すだけなら --json-lines）。",
        )
    request = Request(
        _query(kind, given), given["base_url"] or BASE, given["source"] or SOURCE, start=given["start"],
        size=given["size"], limit=given["limit"], restart=given["restart"],
        missing_deleted=given["missing_deleted"], if_updated=given.get("if_updated", False),
    )  # fmt: skip
    if given["store_name"] is None and (request.missing_deleted or request.if_updated):
        en = "--missing-deleted and --if-updated need --store"
        raise UsageError(en, "--missing-deleted と --if-updated には --store が要ります。")
    manners = Manners(
        rate=given["rate"], timeout=given["timeout"], whole=max(600.0, given["timeout"] * 10), retries=given["retries"]
    )
    wanted = _Wanted(
        given["store_name"], lines, manners, given["lang"], given["fail_on"], given["as_json"], given["quiet"]
    )
    if given["dry_run"]:
        _print_requests(request, wanted)
        return
    raise SystemExit(_harvest(request, wanted))


def _query(kind: Kind, given: dict[str, Any]) -> Query:
    filters = [
        (name, value)
        for name in PARAMETERS
        for value in _several(given.get(_argument(name)))
    ]  # fmt: skip
    words = (given["keyword"], given["any_of"], given["without"])
    if given["url"] is not None:
        if any(words) or filters or given.get("theme"):
            en = "--url says what to search for: leave the other conditions out"
            raise UsageError(en, "--url が検索の条件です。ほかの条件と一緒には使えません。")
        return query_from(given["url"], kind.name)
    return query_of(
        kind.name, keywords=words[0], any_of=words[1], without=words[2], filters=filters, theme=given.get("theme")
    )


def _several(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _place(name: str) -> Place:
    place, chosen = parse_place(name)
    if str(chosen):
        raise UsageError(f"--store {name}: takes no selection", f"--store {name}：? 以降は書けません。")
    return place


def _harvest(request: Request, wanted: _Wanted) -> int:
    need("sqlalchemy", "SQLAlchemy", "harvest")
    need("httpx", "httpx", "harvest")
    progress = Progress(wanted.lang)
    outcome = None
    try:
        with _opened(wanted) as store, _lines(wanted) as lines, Web(wanted.manners) as web:
            outcome = _run_harvest(request, wanted, store, lines, web, progress)
    except BrokenPipeError:  # nobody reads on
        progress.clear()
        silence(sys.stdout)
        return 0
    except OSError:
        if wanted.lines == "-":
            silence(sys.stdout)  # what it still holds can go nowhere either
        raise
    except KeyboardInterrupt:
        progress.clear()
        kept = wanted.store is not None
        fail(
            "中断しました。" + ("取得したものは保存してあります。同じコマンドで続きから収集します。" if kept else ""),
            "Interrupted." + (" What was fetched is stored; the same command goes on from here." if kept else ""),
            wanted.lang, BROKEN,
        )  # fmt: skip
    finally:
        progress.clear()
    return tell(
        outcome, wanted.lang, as_json=wanted.as_json, quiet=wanted.quiet, fail_on=wanted.fail_on,
        err=wanted.lines == "-", kept=wanted.store is not None,
    )  # fmt: skip


def _run_harvest(
    request: Request, wanted: _Wanted, store: Store, lines: Lines | None, web: Web, progress: Progress
) -> Outcome:
    from convert.harvest.japansearch.lines import of_harvest  # noqa: PLC0415 - needs SQLAlchemy, slow to import
    from convert.harvest.japansearch.run import Harvest  # noqa: PLC0415

    streams = wanted.store is None and lines is not None
    harvest = Harvest(
        store, web, request, progress=progress, sink=lines.records if streams and lines else None, slim=streams
    )
    outcome = harvest.run()
    if lines is not None and outcome.complete:
        if not streams:
            kind, databases = request.query.kind.name, request.query.databases if request.whole else ()
            lines.write(of_harvest(store, request.source, kind, harvest.started, databases or ()))
        lines.keep()
    return outcome


@contextlib.contextmanager
def _opened(wanted: _Wanted) -> Iterator[Store]:
    """The store, or one that lasts as long as the harvest and only knows what was seen."""
    if wanted.store is not None:
        with open_store(_place(wanted.store), create=True) as store:
            yield store
        return
    with (
        tempfile.TemporaryDirectory(prefix="mokuroku-") as folder,
        open_store(Place(str(Path(folder) / "seen.db")), create=True) as store,
    ):
        yield store


@contextlib.contextmanager
def _lines(wanted: _Wanted) -> Iterator[Lines | None]:
    from convert.harvest.japansearch.lines import Lines  # noqa: PLC0415

    if wanted.lines is None:
        yield None
        return
    with Lines(wanted.lines) as lines:
        yield lines


def _print_requests(request: Request, wanted: _Wanted) -> None:
    kept = None
    place = None if wanted.store is None else _place(wanted.store)
    if place is not None and (not place.is_file or Path(place.text).exists()):
        kept = _kept(request, place)
    shown = [without_secrets(address) for address in planned(request, kept)]
    if wanted.as_json:
        print_json({"requests": shown})
        return
    for line in shown:
        echo(f"GET {line}")


def _kept(request: Request, place: Place) -> Any:
    from convert.errors import UnknownName  # noqa: PLC0415
    from convert.harvest.state import load  # noqa: PLC0415 - needs SQLAlchemy
    from convert.store.reading import known_source  # noqa: PLC0415

    with open_store(place) as store, store.reading() as connection:
        try:
            return load(connection, known_source(connection, request.source), request.name)
        except UnknownName:
            return None
