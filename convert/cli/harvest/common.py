"""What the commands of ``harvest`` share: options, progress, the summary."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from convert.check.issue import Severity
from convert.cli.common import F, echo, print_json, tell_findings
from convert.errors import UsageError
from convert.harvest.web import local_time
from convert.store.place import parse_place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convert.harvest.outcome import Outcome
    from convert.store.place import Place


def harvest_options(function: F) -> F:
    """Options of every command that harvests."""
    options = [
        click.option(
            "--store", "store_name", metavar="PATH|URL", help="保存先：SQLite のファイルか postgresql://… / store."
        ),
        click.option("--source", metavar="NAME", help="提供元の名前（ストアの中の区別）/ name of the source."),
        click.option("--base-url", metavar="URL", help="別のアドレスへ要求する（試験用など）/ ask another address."),
        click.option(
            "--rate", type=click.FloatRange(min=0), default=2.0, show_default=True, metavar="N",
            help="1 秒あたりの要求の上限。0 は制限なし / requests per second; 0: no limit.",
        ),
        click.option(
            "--timeout", type=click.FloatRange(min=1), default=60.0, show_default=True, metavar="S",
            help="応答を待つ秒数 / seconds to wait for an answer.",
        ),
        click.option(
            "--retries", type=click.IntRange(min=0, max=20), default=4, show_default=True, metavar="N",
            help="一時的な失敗のときにやり直す回数 / further tries after passing faults.",
        ),
        click.option("--dry-run", is_flag=True, help="送る要求を示すだけ / only print the requests."),
        click.option(
            "--fail-on", type=click.Choice([level.word for level in Severity]), default="error", show_default=True,
            help="この重さ以上で終了コード 1 / exit 1 at or above this severity.",
        ),
        click.option("--json", "as_json", is_flag=True, help="結果を JSON で / the summary as JSON."),
        click.option("-q", "--quiet", is_flag=True, help="結果を出さない / print no summary."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def place_of(name: str) -> Place:
    """The store that ``--store`` names. Raises :class:`UsageError` when records are selected."""
    place, chosen = parse_place(name)
    if str(chosen):
        raise UsageError(f"--store {name}: takes no selection", f"--store {name}：? 以降は書けません。")
    return place


BAR = 20
"""Signs of the bar."""


class Progress:
    """A line on stderr, on a terminal: records, requests, rate, time left."""

    def __init__(self, lang: str) -> None:
        self._english = lang == "en"
        self._start = time.monotonic()
        self._shown = 0.0
        self._width = 0
        self._first: int | None = None
        self._on = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, outcome: Outcome, size: int | None) -> None:
        """So far a harvest has come; ``size``: records of the list, where the server said so."""
        now = time.monotonic()
        if not self._on or now - self._shown < 0.5:
            return
        self._shown = now
        total = outcome.counts.total
        self._first = total if self._first is None else self._first
        rate = (total - self._first) / max(now - self._start, 0.1)
        line = self._line(total, size, outcome.requests, rate)
        echo("\r" + line.ljust(self._width), nl=False, err=True)
        self._width = max(self._width, len(line))

    def _line(self, total: int, size: int | None, requests: int, rate: float) -> str:
        of = f" / {size:,}" if size and size >= total else ""
        bar = drawn(total, size) if of else ""
        left = clock_of((size - total) / rate) if size and size > total and rate else ""
        if self._english:
            return f"{bar}{total:,}{of} records, {requests:,} requests, {rate:,.0f}/s" + (
                f", {left} left" if left else ""
            )
        return f"{bar}{total:,}{of} 件、要求 {requests:,} 回、{rate:,.0f} 件/秒" + (f"、残り {left}" if left else "")

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            echo("\r" + " " * self._width * 2 + "\r", nl=False, err=True)


def drawn(total: int, size: int | None) -> str:
    """A bar of how much is done.

    >>> drawn(5, 10)
    '[##########----------] 50% '
    """
    share = min(1.0, total / size) if size else 0.0
    done = int(share * BAR)
    return f"[{'#' * done}{'-' * (BAR - done)}] {share:.0%} "


def clock_of(seconds: float) -> str:
    """Seconds as people write them."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def tell(
    outcome: Outcome,
    lang: str,
    *,
    as_json: bool,
    quiet: bool,
    fail_on: str,
    extra: Mapping[str, Any] | None = None,
    err: bool = False,
    kept: bool = True,
) -> int:
    """Print the summary; the exit code. ``extra`` goes into the JSON; ``err``: to stderr; ``kept``: there is a store
    that holds what was fetched.
    """
    code = outcome.exit_code(fail_on)
    if as_json:
        told = {"exit_code": code, "stopped": str(outcome.stopped or "") or None}
        print_json(outcome.to_dict() | told | dict(extra or {}), err=err)
        return code
    if not quiet:
        tell_findings(outcome.issues, lang)
        _more(outcome, lang)
        for line in summary(outcome, lang):
            echo(line, err=err)
    if outcome.stopped is not None:
        echo(_stopped(outcome, lang, kept=kept), err=True)
    return code


def _more(outcome: Outcome, lang: str) -> None:
    shown: dict[str, int] = {}
    for issue in outcome.issues:
        shown[issue.code] = shown.get(issue.code, 0) + 1
    for code, count in outcome.instances.items():
        if count > shown.get(code, 0):
            left = count - shown.get(code, 0)
            echo(f"{code}: {left:,} more" if lang == "en" else f"{code}：ほか {left:,} 件", err=True)


def summary(outcome: Outcome, lang: str) -> list[str]:
    """The counts, for people."""
    counts: Any = outcome.counts
    if lang == "en":
        return [
            f"{outcome.source}: {counts.new:,} new, {counts.changed:,} changed, {counts.deleted:,} deleted, "
            f"{counts.unchanged:,} unchanged; {outcome.gaps:,} gaps",
            f"{outcome.requests:,} requests, {outcome.received:,} bytes, {outcome.seconds:,.1f} s",
        ]
    return [
        f"{outcome.source}：新規 {counts.new:,}、変更 {counts.changed:,}、削除 {counts.deleted:,}、"
        f"変更なし {counts.unchanged:,}。取得できなかったもの {outcome.gaps:,}",
        f"要求 {outcome.requests:,} 回、{outcome.received:,} バイト、{outcome.seconds:,.1f} 秒",
    ]


def _stopped(outcome: Outcome, lang: str, *, kept: bool = True) -> str:
    fault = outcome.stopped
    again = getattr(fault, "again", None)
    if not kept:
        return _stopped_unkept(fault, again, lang)
    if lang == "en":
        when = f" not before {local_time(again)}" if again else ""
        return f"Stopped: {fault}. What was fetched is stored; the same command goes on from here{when}."
    when = f"（{local_time(again)} 以降に）" if again else ""
    why = f"{fault.ja}（{fault.address}）" if fault is not None else ""
    return f"止まりました：{why}。取得したものは保存してあります。同じコマンド{when}で続きから収集します。"


def _stopped_unkept(fault: Any, again: int | None, lang: str) -> str:
    if lang == "en":
        when = f" (not before {local_time(again)})" if again else ""
        return f"Stopped: {fault}. Without --store nothing is kept, and the next run{when} begins anew."
    when = f"（{local_time(again)} 以降に）" if again else ""
    why = f"{fault.ja}（{fault.address}）"
    return f"止まりました：{why}。--store がないので何も残っていません。次{when}は初めからです。"
