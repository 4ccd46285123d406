"""``mokuroku harvest oai``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from convert.cli.common import BROKEN, echo, fail, lang_option, print_json, told
from convert.cli.harvest.common import Progress, harvest_options, place_of, tell
from convert.errors import RunError, UsageError
from convert.harvest.oai.client import OaiClient, OaiFault
from convert.harvest.oai.plan import Request, planned
from convert.harvest.web import Manners, Web, WebFault, check_address, joined, without_secrets
from convert.store.base import need, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from convert.store.place import Place

ASK = ("identify", "formats", "sets")


@click.command("oai")
@click.argument("url")
@click.option("--prefix", metavar="NAME", help="形式（metadataPrefix）/ metadataPrefix, for example dcndl.")
@click.option("--set", "set_spec", metavar="SET", help="この集合だけ（setSpec）/ only this set.")
@click.option("--from", "since", metavar="DATE", help="この日時から（UTC、含む）/ from, inclusive, UTC.")
@click.option("--until", metavar="DATE", help="この日時まで（UTC、含む）/ until, inclusive, UTC.")
@click.option("--ask", type=click.Choice(ASK), help="収集せず、サーバーに尋ねて示す / only ask and print.")
@click.option("--full", is_flag=True, help="差分ではなくすべてを取り直す / everything, not only what is new.")
@click.option(
    "--missing-deleted",
    is_flag=True,
    help="すべてを取り直し、なくなったものを削除にする / delete what is gone.",
)
@click.option("--restart", is_flag=True, help="途中で止まった収集を続けず、初めから / forget an unfinished harvest.")
@click.option(
    "--overlap", type=click.IntRange(min=0), default=1, show_default=True, metavar="DAYS",
    help="前回と重ねて尋ねる日数 / days asked for once more.",
)  # fmt: skip
@click.option("--window", type=click.IntRange(min=1), metavar="DAYS", help="この日数ずつ尋ねる / ask for so many days.")
@harvest_options
@lang_option
@told
def command(
    url: str,
    prefix: str | None,
    set_spec: str | None,
    since: str | None,
    until: str | None,
    ask: str | None,
    full: bool,
    missing_deleted: bool,
    restart: bool,
    overlap: int,
    window: int | None,
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
) -> None:
    """OAI-PMH のリポジトリ URL からレコードを収集します。2 回目からは差分だけを尋ねます。

    Harvest an OAI-PMH repository into a store; after the first time only what is new. A harvest that was broken off
    goes on where it stopped. Exit codes: 0 fine; 1 something at --fail-on (a gap is an error); 2 wrong usage, or the
    server refuses; 3 stopped before its end.
    """
    address = check_address(base_url or url)
    manners = Manners(rate=rate, timeout=timeout, whole=max(600.0, timeout * 10), retries=retries)
    if ask is not None:
        _ask(address, ask, manners, lang, as_json=as_json, dry_run=dry_run)
        return
    request = _request(
        address, prefix, source,
        set=set_spec, since=since, until=until, full=full or missing_deleted, restart=restart,
        overlap=timedelta(days=overlap), span=window, missing_deleted=missing_deleted,
    )  # fmt: skip
    if store_name is None:
        raise UsageError("--store is missing: where to keep the records", "--store に保存先を指定してください。")
    place = place_of(store_name)
    if dry_run:
        _print_requests(request, place, as_json=as_json)
        return
    _harvest(request, place, manners, lang, fail_on=fail_on, as_json=as_json, quiet=quiet)


def _request(address: str, prefix: str | None, source: str | None, **more: Any) -> Request:
    if not prefix:
        raise UsageError(
            "--prefix is missing; --ask formats prints those of the server",
            "--prefix に形式を指定してください。サーバーにある形式は --ask formats で分かります。",
        )
    if not source:
        raise UsageError("--source is missing: a name for this repository", "--source に提供元の名前を付けてください。")
    return Request(address, source, prefix, **more)


def _harvest(
    request: Request, place: Place, manners: Manners, lang: str, *, fail_on: str, as_json: bool, quiet: bool
) -> None:
    need("sqlalchemy", "SQLAlchemy", "harvest")
    need("httpx", "httpx", "harvest")
    from convert.harvest.oai.run import Harvest  # noqa: PLC0415 - needs SQLAlchemy, which is slow to import

    progress = Progress(lang)
    try:
        with open_store(place, create=True) as store, Web(manners) as web:
            outcome = Harvest(store, web, request, progress=progress).run()
    except KeyboardInterrupt:
        progress.clear()
        fail(
            "中断しました。取得したものは保存してあります。同じコマンドで続きから収集します。",
            "Interrupted. What was fetched is stored; the same command goes on from here.",
            lang, BROKEN,
        )  # fmt: skip
    finally:
        progress.clear()
    raise SystemExit(tell(outcome, lang, as_json=as_json, quiet=quiet, fail_on=fail_on))


def _print_requests(request: Request, place: Place, *, as_json: bool) -> None:
    if place.is_file and not _path(place).exists():
        found = planned(request, None)
    else:
        with open_store(place) as store:
            found = planned(request, store)
    shown = [without_secrets(joined(request.address, arguments)) for arguments in found]
    if as_json:
        print_json({"requests": shown})
        return
    for line in shown:
        echo(f"GET {line}")


def _path(place: Place) -> Path:
    from pathlib import Path  # noqa: PLC0415

    return Path(place.text)


def _ask(address: str, what: str, manners: Manners, lang: str, *, as_json: bool, dry_run: bool) -> None:
    verb = {"identify": "Identify", "formats": "ListMetadataFormats", "sets": "ListSets"}[what]
    if dry_run:
        echo(f"GET {without_secrets(joined(address, {'verb': verb}))}")
        return
    try:
        with Web(manners) as web:
            client = OaiClient(address, web)
            found: list[dict[str, Any]]
            if what == "identify":
                found = [client.identify().to_dict()]
            else:
                found = client.formats() if what == "formats" else list(client.sets())
    except (OaiFault, WebFault) as fault:
        raise RunError(str(fault), f"サーバーの答えを得られません（{fault}）") from fault
    if as_json:
        print_json(found[0] if what == "identify" else found)
    elif what == "identify":
        for name, value in found[0].items():
            echo(f"{name}: {' '.join(value) if isinstance(value, list) else value}")
    else:
        for item in found:
            echo("\t".join(item.values()))
