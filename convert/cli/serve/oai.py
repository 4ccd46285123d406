"""``mokuroku serve oai``."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from convert.cli.common import echo, lang_option, told
from convert.errors import OptionError, UsageError
from convert.store.base import need, open_store
from convert.store.place import parse_place

if TYPE_CHECKING:
    from convert.serve.provider import Settings
    from convert.store.base import Store

PATH = "/oai"
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>.]+(\.[^\s@<>.]+)+")
_SHIPPED_SCHEMA = "dcndl-2.2.xsd"


@click.command("oai")
@click.option("--name", required=True, metavar="NAME", help="提出データの名前（deliver load の --as）/ the delivery.")
@click.option("--store", "store_name", required=True, metavar="PATH|URL", help="ストア / store.")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="待ち受ける所 / address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, metavar="PORT", help="port.")
@click.option(
    "--base-url", metavar="URL", help="外から見た URL（https://…/oai）/ address as harvesters know it, in the answers."
)
@click.option("--title", metavar="TEXT", help="リポジトリ名。省略時は NAME / repositoryName; else NAME.")
@click.option("--email", "emails", multiple=True, metavar="ADDRESS", help="管理者のメール（くり返し可）/ adminEmail.")
@click.option(
    "--granularity",
    type=click.Choice(["seconds", "days"]),
    default="seconds",
    show_default=True,
    help="日時の細かさ / granularity of datestamps.",
)
@click.option(
    "--page-size",
    type=click.IntRange(1, 5000),
    default=200,
    show_default=True,
    metavar="N",
    help="1 回に返すレコードの数（ListIdentifiers はその 5 倍）/ records in an answer, headers five times as many.",
)
@click.option(
    "--token-hours",
    type=click.IntRange(1, 24 * 90),
    default=72,
    show_default=True,
    metavar="HOURS",
    help="resumptionToken の有効時間 / how long a token is good.",
)
@click.option("--schema", metavar="URL", help="DC-NDL のスキーマの URL / address of the schema of DC-NDL(RDF).")
@click.option("--no-gzip", is_flag=True, help="圧縮しない / do not compress.")
@click.option("--threads", type=click.IntRange(1, 15), default=4, show_default=True, metavar="N", help="threads.")
@click.option(
    "--trusted-proxy", metavar="ADDRESS", help="X-Forwarded-For を信じる相手 / proxy whose X-Forwarded-For counts."
)
@click.option("--access-log", metavar="FILE", help="アクセスログ。- は標準出力 / access log; - is stdout.")
@click.option("-q", "--quiet", is_flag=True, help="何も表示しない / print nothing.")
@lang_option
@told
def command(
    name: str,
    store_name: str,
    host: str,
    port: int,
    base_url: str | None,
    title: str | None,
    emails: tuple[str, ...],
    granularity: str,
    page_size: int,
    token_hours: int,
    schema: str | None,
    no_gzip: bool,
    threads: int,
    trusted_proxy: str | None,
    access_log: str | None,
    quiet: bool,
    lang: str,
) -> None:
    """提出データ NAME を OAI-PMH 2.0 で提供します（http://ADDRESS:PORT/oai）。

    Serve the delivery NAME over OAI-PMH 2.0 at /oai; /health and /metrics tell how it goes. A snapshot that is loaded
    meanwhile is served two seconds later. Stop with Ctrl-C or SIGTERM. Exit codes: 0 stopped; 2 wrong usage; 3 the
    store failed.
    """
    need("sqlalchemy", "SQLAlchemy", "serve")
    need("waitress", "waitress", "serve")
    from convert.serve.provider import Provider, Settings  # noqa: PLC0415 - SQLAlchemy is slow to import
    from convert.serve.running import Listen, port_of, run, server  # noqa: PLC0415
    from convert.serve.running import access_log as opened_log  # noqa: PLC0415
    from convert.serve.web import Application  # noqa: PLC0415

    place, chosen = parse_place(store_name)
    if str(chosen):
        raise UsageError(f"--store {store_name}: takes no selection", f"--store {store_name}：? 以降は書けません。")
    address = _address(base_url) if base_url is not None else None
    for one in emails:
        _check_email(one)
    with open_store(place, read_only=True) as store, opened_log(access_log) as log:
        _check_there(store, name)
        late = _Late()
        made = server(late, Listen(host, port, threads, trusted_proxy))
        base = address or f"http://{f'[{host}]' if ':' in host else host}:{port_of(made)}{PATH}"
        settings = Settings(
            base, title or name, emails or (_email(base),), days=granularity == "days", page=page_size,
            headers=page_size * 5, lifetime=token_hours * 3600, compression=not no_gzip,
            schema=schema or f"{base}/{_SHIPPED_SCHEMA}",
        )  # fmt: skip
        late.application = Application(store, Provider(name, settings), path=PATH, log=log)
        if not quiet:
            _print(settings, lang, given=bool(emails))
        run(made)


class _Late:
    """An application that is there once the port is known, which the answers name."""

    application: object = None

    def __call__(self, environ, start):  # type: ignore[no-untyped-def]  # as PEP 3333 has it
        return self.application(environ, start)  # type: ignore[operator]


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
    except ValueError:
        good = False
    if not good or any(char.isspace() or not char.isprintable() for char in text):
        en = "expects an address http://… or https://…"
        raise OptionError("--base-url", text, en, "https://… の URL を書いてください")
    return text


def _check_email(text: str) -> None:
    if not _EMAIL.fullmatch(text):
        raise OptionError("--email", text, "expects an address of e-mail", "メールアドレスを書いてください")


def _email(base: str) -> str:
    """An address to write to where none was given."""
    host = urlsplit(base).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return f"postmaster@{host}" if "." in host else "postmaster@mokuroku.invalid"
    return "postmaster@mokuroku.invalid"


def _check_there(store: Store, name: str) -> None:
    from sqlalchemy import select  # noqa: PLC0415

    from convert.deliver.snapshots import tables  # noqa: PLC0415
    from convert.deliver.snapshots.writing import known, last_of  # noqa: PLC0415

    tables.check(store)
    with store.reading() as connection:
        found = known(connection, name)
        if found is not None and last_of(connection, found.id) is not None:
            return
        names = connection.execute(select(tables.deliveries.c.name).order_by(tables.deliveries.c.name)).scalars().all()
    there = ", ".join(names) or "-"
    raise UsageError(
        f"'{name}': there is no such delivery in {store.place.shown} (there are: {there}); "
        "mokuroku deliver load makes one",
        f"「{name}」という提出データは {store.place.shown} にありません（あるもの：{there}）。"
        "mokuroku deliver load で入れてください。",
    )


def _print(settings: Settings, lang: str, *, given: bool) -> None:
    url = f"{settings.base_url}?verb=Identify"
    echo(f"Serving {url} (Ctrl-C to stop)" if lang == "en" else f"{url} で提供しています（Ctrl-C で終わります）")
    if not given:
        ja = f"管理者のメールは {settings.emails[0]} と答えます。--email で指定してください。"
        en = f"The answers name {settings.emails[0]} as adminEmail; state your own with --email."
        echo(en if lang == "en" else ja, err=True)
