"""``mokuroku serve demo-jpro``."""

from __future__ import annotations

import contextlib
import sys

import click

from convert.cli.common import echo, lang_option, told
from convert.errors import UsageError


@click.command("demo-jpro")
@click.option(
    "--port", type=click.IntRange(min=0, max=65535), default=8765, show_default=True,
    help="ポート番号。0 は空いているもの / port; 0: a free one.",
)  # fmt: skip
@click.option(
    "--records", type=click.IntRange(min=1, max=10_000), default=450, show_default=True, metavar="N",
    help="書籍の件数（雑誌はその 10 分の 1）/ books; a tenth as many magazines.",
)  # fmt: skip
@click.option(
    "--budget", type=click.IntRange(min=0), metavar="N",
    help="この数の要求の後は 429 を返す / answer 429 after so many requests.",
)  # fmt: skip
@click.option(
    "--payload", type=click.Choice(["product", "message", "old", "none", "oai"]), default="product", show_default=True,
    help="metadata の中身の形 / what stands in metadata.",
)  # fmt: skip
@lang_option
@told
def command(port: int, records: int, budget: int | None, payload: str, lang: str) -> None:
    """JPRO Web API の決まりを守る試験用サーバーを、このコンピューターの中だけで動かします。出版情報はすべて架空です。

    A server on this machine only that keeps the contract of JPRO's web API, to try harvesting; every record is made
    up. Ends with Ctrl-C.
    """
    from convert.harvest.jpro.demo import Demo, entries, make_server  # noqa: PLC0415 - lxml is slow to import

    demo = Demo([*entries(records), *entries(-(-records // 10), "magazines")], most=budget, payload=payload)
    try:
        server = make_server(demo, port)
    except OSError as error:
        ja = f"ポート {port} を使えません（ほかのプログラムが使っているかもしれません）。--port で変えられます。"
        raise UsageError(f"port {port} cannot be used ({error.strerror}); choose another with --port", ja) from error
    address = f"http://127.0.0.1:{server.server_address[1]}"
    echo(f"{address} (synthetic records; Ctrl-C ends)" if lang == "en" else f"{address}（架空のデータ。Ctrl-C で終了）")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt), server:
        server.serve_forever(poll_interval=0.1)
