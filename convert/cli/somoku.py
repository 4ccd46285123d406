"""``mokuroku somoku``: from an unreadable .dat to a confirmed layout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convert.check.issue import Severity
from convert.cli.common import (
    BROKEN,
    USAGE,
    echo,
    fail,
    findings_json,
    lang_option,
    pairs,
    print_json,
    tell_findings,
    told,
)
from convert.containers import one_source
from convert.errors import OptionError, UnknownName
from convert.formats.somoku import DEFAULT
from convert.formats.somoku.kit.compose import compose
from convert.formats.somoku.kit.draft import draft
from convert.formats.somoku.kit.dump import DumpText, Records, Wanted, record_dict
from convert.formats.somoku.kit.explain import Explained, document
from convert.formats.somoku.kit.guess import attempt, guess
from convert.formats.somoku.kit.roundtrip import tried
from convert.formats.somoku.kit.sample import take
from convert.formats.somoku.kit.sheet import diff, list_lines, listed, sheet, show_lines
from convert.formats.somoku.kit.words import words
from convert.formats.somoku.load import find_layout, inspect_layout, layouts, load_layout
from convert.messages.catalogue import catalogue, visible
from convert.registry import format_named
from convert.report.draft import Draft
from convert.report.layout import table

if TYPE_CHECKING:
    from convert.formats.somoku.kit.guess import Guess
    from convert.formats.somoku.model import Layout
    from convert.source import Source

SHOWN = 10
"""Records that a dump shows where nothing is asked for."""
_json = click.option("--json", "as_json", is_flag=True, help="JSON で / as JSON.")
_read = click.option(
    "-r", "--read", "read", multiple=True, metavar="layout=NAME", help="レイアウト / the layout, shipped or a file."
)


@click.group("somoku")
def group() -> None:
    """総合目録共通フォーマットなどの .dat を調べ、レイアウトを作る。/ Look into .dat files, make layouts."""


@group.group("layout")
def layout_group() -> None:
    """レイアウトを作る・点検する・見る。/ Draft, check and show layouts."""


def _layout(read: tuple[str, ...]) -> Layout:
    given = pairs(read, "--read")
    wrong = next((name for name in given if name != "layout"), None)
    if wrong is not None:
        raise OptionError(wrong, given[wrong], "write layout=NAME", "書けるのは layout=名前 だけです")
    return load_layout(given.get("layout", DEFAULT))


def _source(name: str) -> Source:
    """The one file; an archive with several is told by its members."""
    return one_source(name, format_named("somoku"))


# ── dump ─────────────────────────────────────────────────────────────────────────────────────────


@group.command("dump")
@click.argument("file", metavar="FILE")
@click.option("--record", "number", type=click.IntRange(min=1), metavar="N", help="N 件目だけ / the Nth record only.")
@click.option(
    "--at",
    type=click.IntRange(min=0),
    metavar="BYTE",
    help="このバイト（0 から）を含むレコードだけ / the record with this byte, counted from 0.",
)
@click.option("--limit", type=click.IntRange(min=1), help=f"最初の N 件（省略時 {SHOWN}）/ the first N records.")
@_read
@_json
@lang_option
@told
def dump(
    file: str, number: int | None, at: int | None, limit: int | None, read: tuple[str, ...], as_json: bool, lang: str
) -> None:
    """レコードのバイトと、その意味を並べて示します。壊れたレコードも、読めるところまで示します。

    Show the bytes of records beside what they mean. Damaged records are shown as far as they can be read, with the
    fault at its byte. Exit code 1 when a record shown is damaged.
    """
    layout = _layout(read)
    source = _source(file)
    say = words(lang)
    wanted = Wanted(number, at, limit or SHOWN)
    text = DumpText(layout, lang, at)
    if not as_json:
        for line in text.head(source.name):
            echo(line)
    with source.open() as stream:
        records = Records(layout, stream, wanted)
        dicts: list[dict[str, Any]] = []
        shown = damaged = 0
        for chosen in records:
            shown += 1
            damaged += not chosen.pieces.sound
            if as_json:
                dicts.append(record_dict(chosen, source.name))
                continue
            for line in text.record(chosen):
                echo(line)
    if as_json:
        about = {"id": layout.id, "confirmed": layout.confirmed, "sha256": layout.sha256}
        print_json({"source": source.name, "layout": about, "complete": not records.more, "records": dicts})
    if not shown:
        _nothing(records, wanted, lang)
    if not as_json:
        echo()
        if records.more:
            echo(say("more", shown=shown))
        if damaged == shown:
            echo(say("all-broken", count=shown, file=visible(file)))
    raise SystemExit(1 if damaged else 0)


def _nothing(records: Records, wanted: Wanted, lang: str) -> None:
    ja, en = words("ja"), words("en")
    slots: dict[str, Any] = {}
    label = "none" if records.read else "empty-file"
    if wanted.record is not None:
        label, slots = "no-record", {"number": wanted.record, "found": records.seen}
    elif wanted.at is not None:
        label, slots = "no-byte", {"at": wanted.at, "found": max(0, records.reached - 1)}
    fail(ja(label, **slots), en(label, **slots), lang, USAGE if slots else BROKEN)


# ── explain, layout new ──────────────────────────────────────────────────────────────────────────


def _looked(source: Source, read: tuple[str, ...]) -> Guess:
    """What the head of a file says, and how the known layouts read it."""
    others = [load_layout(text.partition("=")[2]) for text in read if _is_layout(text)]
    with source.open() as stream:
        sample = take(stream)
    found = guess(sample, source.size)
    if sample.data:
        known = [*others, *(load_layout(name) for name in layouts())]
        found.known = [attempt(layout, sample.data) for layout in known]
    return found


def _is_layout(text: str) -> bool:
    for name, value in pairs((text,), "--read").items():
        if name != "layout":
            raise OptionError(name, value, "write layout=NAME", "書けるのは layout=名前 だけです")
    return True


@group.command("explain")
@click.argument("file", metavar="FILE")
@click.option(
    "-r",
    "--read",
    "read",
    multiple=True,
    metavar="layout=NAME",
    help="これでも読んでみるレイアウト（くり返し可）/ a layout to try too, repeatable.",
)
@_json
@lang_option
@told
def explain(file: str, read: tuple[str, ...], as_json: bool, lang: str) -> None:
    """バイトだけから、どんな構造のファイルかを調べます：レコードの終わり、ラベル、ディレクトリ、サブフィールド、文字コード。

    Say what structure the bytes suggest, without any layout: where records end, label, directory, subfields,
    character sets, each with its numbers. Looks at the first 4 MB. Exit code 1 when no structure was found.
    """
    source = _source(file)
    found = _looked(source, read)
    made = compose(found, "draft")
    if as_json:
        print_json(document(found, made, source.name))
    else:
        for line in Explained(found, made, source.name, lang).lines():
            echo(line)
    raise SystemExit(0 if made is not None else 1)


@layout_group.command("new")
@click.option("--from", "file", required=True, metavar="FILE", help="もとになる .dat / the file to draft from.")
@click.option(
    "-o", "--output", "out", metavar="FILE", help="書き出すレイアウト。省略時は画面に / the layout; else printed."
)
@lang_option
@told
def new_layout(file: str, out: str | None, lang: str) -> None:
    """.dat のバイトから、それを読めるレイアウトの下書きを作ります。分からない所には「未確認」と書きます。

    Draft a layout that reads FILE; what the bytes do not tell is marked as not confirmed.
    """
    say = words(lang)
    source = _source(file)
    target = Draft(Path(out)) if out is not None else None  # before anything is read: can it be written at all?
    try:
        found = _looked_briefly(source)
        made = compose(found, Path(out).stem if out else "draft")
        if made is None:
            label = "draft-none" if found.sample.data else "empty-file"
            ja, en = (words(each)(label, file=visible(source.name)) for each in ("ja", "en"))
            fail(ja, en, lang, 1)
        drafted = draft(found, made, Path(source.name).name, lang)
        if target is None:
            echo(drafted.text, nl=False)
            return
        target.write(drafted.text.encode("utf-8"))
        target.keep()
    finally:
        if target is not None:
            target.discard()
    slots = {"elements": drafted.elements, "unnamed": drafted.unnamed, "items": drafted.items}
    echo(say("draft-written", out=visible(out or ""), **slots), err=True)
    if source.seekable:
        whole = tried(load_layout(out or ""), source)
        echo(say("draft-whole", read=whole.read, of=whole.of, same=whole.identical), err=True)
    echo(say("draft-next", file=visible(source.name), out=visible(out or "")), err=True)


def _looked_briefly(source: Source) -> Guess:
    with source.open() as stream:
        return guess(take(stream), source.size)


# ── layout check, list, show, diff ───────────────────────────────────────────────────────────────


@layout_group.command("check")
@click.argument("layout", metavar="FILE")
@_json
@lang_option
@told
def check(layout: str, as_json: bool, lang: str) -> None:
    """レイアウトの誤りをすべて、行と桁で挙げます。

    List everything wrong with a layout, by line and column. Exit code 2 when it cannot be used.
    """
    path = find_layout(layout)
    if path is None:
        raise UnknownName("layout", layout, sorted(layouts()))
    issues = inspect_layout(path).issues
    worst = max((catalogue().severity(issue) for issue in issues), default=Severity.NOTICE)
    if as_json:
        print_json(findings_json(issues))
    else:
        tell_findings(issues, lang, err=False)
        if not issues:
            echo(words(lang)("nothing-found"))
    raise SystemExit(USAGE if worst >= Severity.ERROR else 0)


@layout_group.command("list")
@_json
@lang_option
@told
def list_layouts(as_json: bool, lang: str) -> None:
    """付属のレイアウトと、確認済みかどうか。/ The layouts that come with mokuroku, confirmed or not."""
    if as_json:
        print_json(listed())
        return
    for line in list_lines(lang):
        echo(line)


@layout_group.command("show")
@click.argument("layout", metavar="NAME")
@_json
@lang_option
@told
def show(layout: str, as_json: bool, lang: str) -> None:
    """レイアウトを表で示します：構造、レコード管理部、要素とその場所。NAME は付属の名前かファイル。

    Show a layout as tables: structure, record label, elements with their places. NAME: a shipped one or a file.
    """
    found = load_layout(layout)
    if as_json:
        print_json(sheet(found))
        return
    for line in show_lines(found, lang):
        echo(line)


@layout_group.command("diff")
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@_json
@lang_option
@told
def diff_layouts(one: str, other: str, as_json: bool, lang: str) -> None:
    """2つのレイアウトの違い。/ What two layouts say differently. Exit code 1 when they differ."""
    first, second = load_layout(one), load_layout(other)
    rows = diff(first, second)
    say = words(lang)
    if as_json:
        print_json([{"key": key, first.id: a or None, second.id: b or None} for key, a, b in rows])
    elif not rows:
        echo(say("same"))
    else:
        filled = [[key, a or say("nothing"), b or say("nothing")] for key, a, b in rows]
        for line in table([["", first.id, second.id], *filled]):
            echo(line)
    raise SystemExit(1 if rows else 0)
