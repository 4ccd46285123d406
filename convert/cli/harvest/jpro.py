"""``mokuroku harvest jpro``."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convert.cli.common import BROKEN, USAGE, echo, fail, lang_option, print_json, tell_findings, told
from convert.cli.harvest.common import Progress, clock_of, harvest_options, place_of, tell
from convert.errors import OptionError, RunError, UsageError, reason_in_japanese
from convert.harvest.jpro.contract import BUDGET, HOST, KINDS, PAGE, SCOPES, SPAN, Endpoint, make_request
from convert.harvest.web import Manners, WebFault, joined, without_secrets
from convert.store.base import need, open_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convert.harvest.jpro.budget import Budget
    from convert.harvest.jpro.harvest import JproHarvest
    from convert.harvest.oai.plan import Request
    from convert.harvest.outcome import Outcome
    from convert.store.place import Place

ASK = ("sets", "identifiers")


@click.command("jpro")
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    required=True,
    help="契約の範囲：既刊／既刊＋近刊 / published, or forthcoming too.",
)
@click.option("--from", "since", metavar="DATE", help="更新日の始まり（YYYY-MM-DD、必須）/ updated from, inclusive.")
@click.option("--until", metavar="DATE", help="更新日の終わり（YYYY-MM-DD。省くと今日）/ until, inclusive; else today.")
@click.option(
    "--set", "publishers", multiple=True, metavar="N", help="出版社 1 社だけ（JPRO付番コード）/ one publisher."
)
@click.option("--id", "ids", multiple=True, metavar="CODE", help="この ISBN・雑誌 JAN だけ（くり返し可）/ only these.")
@click.option("--images", is_flag=True, help="書影などの画像も、1 度だけ取得する / covers and other images, once.")
@click.option(
    "--images-to", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="画像を置くフォルダ（PostgreSQL では必須）/ folder for images.",
)  # fmt: skip
@click.option(
    "--ask", type=click.Choice(ASK), help="保存せず、出版社かコードの一覧を示す / only print publishers or codes."
)
@click.option("--full", is_flag=True, help="差分ではなくすべてを取り直す / everything, not only what is new.")
@click.option("--restart", is_flag=True, help="途中で止まった収集を続けず、初めから / forget an unfinished harvest.")
@click.option(
    "--overlap", type=click.IntRange(min=0), default=1, show_default=True, metavar="DAYS",
    help="前回と重ねて尋ねる日数 / days asked for once more.",
)  # fmt: skip
@click.option(
    "--window", type=int, default=SPAN, show_default=True, metavar="DAYS",
    help="この日数ずつ尋ねる（365 まで）/ ask for so many days at a time.",
)  # fmt: skip
@click.option(
    "--budget", "most", type=click.IntRange(min=1), default=BUDGET, show_default=True, metavar="N",
    help="1 日（日本時間）の要求の上限 / requests of a day (Japan).",
)  # fmt: skip
@harvest_options
@lang_option
@told
def command(kind: str, scope: str, base_url: str | None, store_name: str | None, lang: str, **more: Any) -> None:
    """JPRO の Web API から書籍（books）・定期誌（magazines）の出版情報を収集します。

    Harvest JPRO's web API into a store, within its contract: windows of a year at most, so many requests a day,
    images once. What was broken off, and what did not fit into a day, goes on with the same command. Exit codes: 0
    fine; 1 something at --fail-on (a gap is an error); 2 wrong usage, or JPRO refuses; 3 stopped before its end.
    """
    _check_rate(more)
    endpoint = Endpoint(kind, scope, base_url or HOST)
    request = _request(endpoint, more)
    if store_name is None:
        raise UsageError(
            "--store is missing: where to keep the records, and to count the requests of the day",
            "--store に保存先を指定してください。1 日の要求の数もそこで数えます。",
        )
    place = place_of(store_name)
    if more["images"] and not place.is_file and more["folder"] is None:
        raise UsageError(
            "--images-to is missing: a PostgreSQL store needs a folder for images",
            "PostgreSQL のストアでは、画像を置くフォルダを --images-to に指定してください。",
        )
    need("sqlalchemy", "SQLAlchemy", "harvest")
    if more["dry_run"]:
        _dry_run(endpoint, request, place, more, lang)
        return
    need("httpx", "httpx", "harvest")
    timeout = more["timeout"]
    manners = Manners(rate=more["rate"], timeout=timeout, whole=max(600.0, timeout * 10), retries=more["retries"])
    if more["ask"] is not None:
        _ask(endpoint, request, place, manners, more)
        return
    _harvest(endpoint, request, place, manners, more, lang)


def _check_rate(more: dict[str, Any]) -> None:
    if len(more["publishers"]) > 1:
        en = "takes one publisher at a time; run once for each"
        raise OptionError("set", ",".join(more["publishers"]), en, "1 回に 1 社です。出版社ごとに実行してください")
    if more["folder"] is not None and not more["images"]:
        raise OptionError("images-to", str(more["folder"]), "belongs to --images", "--images と一緒に使います")


def _request(endpoint: Endpoint, more: dict[str, Any]) -> Request:
    if more["ask"] == "sets":
        if more["since"] or more["until"] or more["publishers"] or more["ids"]:
            en = "sets stands alone, without from, until, set and id"
            raise OptionError("ask", None, en, "sets は --from、--until、--set、--id なしで使います")
        return make_request(endpoint, now=time.time(), since="1970-01-01", source=more["source"])
    if more["ask"] is not None and more["ids"]:
        raise OptionError("ask", more["ask"], "not together with --id", "--id と一緒には使えません")
    return make_request(
        endpoint,
        now=time.time(),
        source=more["source"],
        since=more["since"],
        until=more["until"],
        publisher=next(iter(more["publishers"]), None),
        ids=more["ids"],
        full=more["full"],
        restart=more["restart"],
        overlap=more["overlap"],
        window=more["window"],
    )


# ── Only looking ─────────────────────────────────────────────────────────────────────────────────


def _dry_run(endpoint: Endpoint, request: Request, place: Place, more: dict[str, Any], lang: str) -> None:
    from convert.harvest.jpro.budget import Budget  # noqa: PLC0415 - SQLAlchemy is slow to import
    from convert.harvest.jpro.harvest import plan  # noqa: PLC0415

    left = more["most"]
    if more["ask"] == "sets":
        found = [{"verb": "ListSets"}]
    elif place.is_file and not Path(place.text).exists():
        found = plan(request, None, time.time())
    else:
        with open_store(place) as store:
            found = plan(request, store, time.time())
            left = Budget(store, endpoint.address, more["most"]).left
    if more["ask"] == "identifiers":
        found = [arguments | {"verb": "ListIdentifiers"} for arguments in found]
    shown = [without_secrets(joined(endpoint.address, arguments)) for arguments in found]
    if more["as_json"]:
        print_json({"requests": shown, "left": left})
        return
    for line in shown:
        echo(f"GET {line}")
    count = len(shown)
    ja = f"少なくとも {count:,} 回（ページが続けばその分、画像も）。今日の残り {left:,} 回。"
    en = f"{count:,} requests at least, more for further pages and images; {left:,} are left of today."
    echo(en if lang == "en" else ja, err=True)


def _ask(endpoint: Endpoint, request: Request, place: Place, manners: Manners, more: dict[str, Any]) -> None:
    from convert.harvest.jpro.budget import Budget  # noqa: PLC0415
    from convert.harvest.jpro.harvest import codes, connect, publishers  # noqa: PLC0415
    from convert.harvest.oai.client import OaiFault  # noqa: PLC0415

    try:
        with open_store(place, create=True) as store:
            budget = Budget(store, endpoint.address, more["most"])
            with connect(budget, manners) as web:
                if more["ask"] == "sets":
                    found: list[Any] = publishers(endpoint, web)
                else:
                    found = codes(endpoint, web, request, time.time())
    except (OaiFault, WebFault) as fault:
        raise RunError(str(fault), f"JPRO の答えを得られません（{fault.ja}：{fault.address}）") from fault
    if more["as_json"]:
        print_json(found)
        return
    for item in found:
        echo(item if isinstance(item, str) else "\t".join(item.values()))


# ── Harvesting ───────────────────────────────────────────────────────────────────────────────────


class BudgetProgress(Progress):
    """A line on stderr, with what is left of the day; the time left is that of the days that are still to be asked for.

    Where the server says how long the list is, a budget that will not do is told at once.
    """

    def __init__(self, lang: str, budget: Budget, harvest: JproHarvest) -> None:
        super().__init__(lang)
        self._lang, self._budget, self._harvest = lang, budget, harvest
        self._days: float | None = None
        self._images: float | None = None
        self._told = False

    def __call__(self, outcome: Outcome, size: int | None) -> None:
        """So far a harvest has come."""
        if size is not None and not self._told:
            self._told = True
            left = size - self._harvest.state["now"]["received"]
            page = self._harvest.state.get("fullest") or PAGE
            tell_budget(self._harvest, self._budget, -(-left // page), self._lang)
        super().__call__(outcome, size)

    def _line(self, total: int, size: int | None, requests: int, rate: float) -> str:
        left, images = self._budget.left, self._harvest.fetching
        clock = self._left(self._part())
        if images is not None:
            done, wanted = images.stored, self._harvest.wanted
            head = f"{done:,} / {wanted:,} images" if self._english else f"画像 {done:,} / {wanted:,} 点"
        else:
            head = f"{total:,} records, {rate:,.0f}/s" if self._english else f"{total:,} 件、{rate:,.0f} 件/秒"
        if self._english:
            return f"{head}, {requests:,} requests, {left:,} left of today" + (f", {clock} left" if clock else "")
        return f"{head}、要求 {requests:,} 回、今日の残り {left:,} 回" + (f"、あと {clock}" if clock else "")

    def _part(self) -> float:
        """How much of the work is done, 0 to 1."""
        images, wanted = self._harvest.fetching, self._harvest.wanted
        if images is not None:
            return images.stored / wanted if wanted else 0.0
        days = days_left(self._harvest.state)
        self._days = self._days or days
        return 1 - days / self._days if self._days else 0.0

    def _left(self, part: float) -> str:
        if self._harvest.fetching is not None and self._images is None:
            self._images = self._start = time.monotonic()
        passed = time.monotonic() - self._start
        return clock_of(passed / part * (1 - part)) if part > 0 else ""


def days_left(state: Mapping[str, Any]) -> float:
    """The days that are still to be asked for."""
    spans = [
        (date.fromisoformat(task["until"][:10]) - date.fromisoformat(task["from"][:10])).days + 1
        for task in state.get("tasks", ())
        if task.get("from") and task.get("until")
    ]
    if not spans:
        return 0.0
    now = state["now"]
    part = min(1.0, now["received"] / now["size"]) if now["size"] else 0.0
    return sum(spans) - spans[-1] * part


def tell_budget(harvest: JproHarvest, budget: Budget, needed: int, lang: str) -> None:
    """Tell when more requests are needed than are left."""
    tell_findings(list(budget.short_of(needed, harvest.request.source)), lang)


def _harvest(
    endpoint: Endpoint, request: Request, place: Place, manners: Manners, more: dict[str, Any], lang: str
) -> None:
    from convert.harvest.jpro.budget import Budget  # noqa: PLC0415
    from convert.harvest.jpro.harvest import JproHarvest, connect  # noqa: PLC0415

    progress: Progress | None = None
    try:
        with open_store(place, create=True) as store:
            budget = Budget(store, endpoint.address, more["most"])
            with connect(budget, manners) as web:
                harvest = JproHarvest(store, web, endpoint, request, images=more["images"], folder=more["folder"])
                progress = BudgetProgress(lang, budget, harvest)
                harvest.tell_progress(progress)
                _beforehand(harvest, budget, lang, quiet=more["quiet"] or more["as_json"])
                outcome = harvest.run()
            extra = {"budget": budget.to_dict(), "images": harvest.images}
    except KeyboardInterrupt:
        if progress is not None:
            progress.clear()
        fail(
            "中断しました。取得したものは保存してあります。同じコマンドで続きから収集します。",
            "Interrupted. What was fetched is stored; the same command goes on from here.",
            lang, BROKEN,
        )  # fmt: skip
    except (RunError, OSError) as error:
        if progress is not None:
            progress.clear()
        why = (error.ja or str(error)) if isinstance(error, RunError) else reason_in_japanese(error)
        fail(
            f"止まりました：{why}。取得したものは保存してあります。直したら、同じコマンドで続きから収集します。",
            f"Stopped: {error}. What was fetched is stored; once mended, the same command goes on from here.",
            lang, BROKEN,
        )  # fmt: skip
    finally:
        if progress is not None:
            progress.clear()
    raise SystemExit(_tell(outcome, lang, extra, more))


def _beforehand(harvest: JproHarvest, budget: Budget, lang: str, *, quiet: bool) -> None:
    """What is left of the day, and whether that will not do."""
    from convert.harvest.jpro.harvest import expected  # noqa: PLC0415

    told = budget.to_dict()
    needed = expected(harvest.request, harvest.store, time.time()) + harvest.pending_images()
    if not quiet:
        day, left, most, records = told["day"], told["left"], told["most"], told["records"]
        ja = f"{day}（日本時間）の要求の残り {left:,} / {most:,} 回（出版情報なら {records:,} 件まで）"
        en = f"{left:,} of {most:,} requests are left of {day} (Japan), enough for {records:,} records at most"
        echo(en if lang == "en" else ja, err=True)
    tell_budget(harvest, budget, needed, lang)


def _tell(outcome: Outcome, lang: str, extra: dict[str, Any], more: dict[str, Any]) -> int:
    code = tell(outcome, lang, as_json=more["as_json"], quiet=more["quiet"], fail_on=more["fail_on"], extra=extra)
    if not more["as_json"] and not more["quiet"]:
        told = extra["budget"]
        images = extra["images"]
        if lang == "en":
            echo(f"{images:,} images; {told['used']:,} requests on {told['day']} (Japan), {told['left']:,} left")
        else:
            echo(f"画像 {images:,} 点。{told['day']}（日本時間）の要求 {told['used']:,} 回、残り {told['left']:,} 回")
    return USAGE if outcome.stopped is not None and outcome.stopped.kind == "forbidden" else code
