"""``mokuroku mapping``: new, check, explain."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convert.check.issue import Issue, Severity
from convert.cli.cases import command as test
from convert.cli.common import (
    USAGE,
    F,
    Progress,
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
from convert.draft.new import new
from convert.errors import MappingError, PathError
from convert.inspect.profile import profile
from convert.mapping.bind import Binding
from convert.mapping.explain import Explainer
from convert.mapping.load import Overrides, inspect_mapping, load_mapping, make_target
from convert.messages.catalogue import catalogue
from convert.registry import format_named
from convert.report.draft import Draft
from convert.run.job import passed_for
from convert.run.shards import Settings, make_converter, open_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convert.formats.base import Reader
    from convert.mapping.model import Mapping
    from convert.model import Record
    from convert.run.flow import Converter


@click.group("mapping")
def group() -> None:
    """対応表を作る・調べる・説明する。/ Draft, check and explain mapping tables."""


def _options(function: F) -> F:
    for option in (
        click.option("-r", "--read", "read", multiple=True, metavar="KEY=VALUE", help="読み方の設定 / reader option."),
        click.option(
            "-w", "--write", "write", multiple=True, metavar="KEY=VALUE", help="書き方の設定 / writer option."
        ),
        click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="変数 / variable."),
    ):
        function = option(function)
    return lang_option(function)


def _overrides(read: tuple[str, ...], write: tuple[str, ...], variables: tuple[str, ...]) -> Overrides:
    return Overrides(pairs(read, "--read"), pairs(write, "--write"), pairs(variables, "--var"))


@group.command("check")
@click.argument("mapping")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("--json", "as_json", is_flag=True, help="JSON で / as JSON.")
@_options
@told
def check(
    mapping: str,
    inputs: tuple[str, ...],
    as_json: bool,
    read: tuple[str, ...],
    write: tuple[str, ...],
    variables: tuple[str, ...],
    lang: str,
) -> None:
    """対応表の誤りをすべて挙げます。INPUT を付けると列名も照らし合わせます。

    List everything wrong with MAPPING. With INPUT its paths are compared with the file's columns too.
    Exit code 2 when the mapping cannot run.
    """
    loaded = inspect_mapping(mapping, overrides=_overrides(read, write, variables))
    issues = list(loaded.issues)
    if loaded.mapping is not None:
        for name in inputs:
            issues += _bound(loaded.mapping, name)
    worst = max((catalogue().severity(issue) for issue in issues), default=Severity.NOTICE)
    if as_json:
        print_json(findings_json(issues))
    else:
        tell_findings(issues, lang, err=False)
        if not issues:
            echo("問題は見つかりませんでした。" if lang == "ja" else "Nothing found.")
    raise SystemExit(USAGE if worst >= Severity.ERROR else 0)


def _bound(mapping: Mapping, name: str) -> list[Issue]:
    """What is wrong between a mapping and one input."""
    reader = open_reader(mapping, one_source(name, format_named(mapping.source)))
    if any(catalogue().severity(issue) is Severity.FATAL for issue in reader.head_issues):
        return list(reader.head_issues)
    found = [*reader.head_issues, *Binding(mapping, reader).issues]
    try:  # the columns that pass through are bound by their numbers; nothing is compiled
        passed_for(Settings(mapping), [reader], [name])
    except MappingError as error:
        found += error.findings
    return found


def _converter(mapping: Mapping, reader: Reader, name: str) -> Converter:
    settings = passed_for(Settings(mapping), [reader], [name])
    return make_converter(settings, reader, name, make_target(mapping, settings.all_passed))


@group.command("explain")
@click.argument("mapping")
@click.argument("source", required=False, metavar="[INPUT]")
@click.option("--record", "number", type=click.IntRange(min=1), metavar="N", help="N 件目のレコード / the Nth record.")
@click.option("--only", "record_id", metavar="ID", help="この ID のレコード / the record with this id.")
@click.option("--code", is_flag=True, help="生成された関数 / the generated function (needs INPUT).")
@_options
@told
def explain(
    mapping: str,
    source: str | None,
    number: int | None,
    record_id: str | None,
    code: bool,
    read: tuple[str, ...],
    write: tuple[str, ...],
    variables: tuple[str, ...],
    lang: str,
) -> None:
    """対応表を言葉で説明します。--record N INPUT で 1 件を元のセルから出力まで追います。

    Say what MAPPING does; with --record N INPUT follow one record from its source cells to the target.
    """
    loaded = load_mapping(mapping, overrides=_overrides(read, write, variables))
    explainer = Explainer(loaded, lang)
    if number is None and record_id is None and not code:
        for line in explainer.plan():
            echo(line)
        return
    if source is None:
        fail("INPUT を指定してください。", "Name an INPUT.", lang, USAGE)
    reader = open_reader(loaded, one_source(source, format_named(loaded.source)))
    if any(catalogue().severity(issue) is Severity.FATAL for issue in reader.head_issues):
        tell_findings(reader.head_issues, lang)
        raise SystemExit(3)
    converter = _converter(loaded, reader, source)
    if code:
        echo(converter.plan.code, nl=False)
        return
    record = _find(reader, converter, number, record_id)
    if record is None:
        fail("そのレコードはありません。", "There is no such record.", lang, USAGE)
    if record.body is not None:
        for line in explainer.record(converter.plan, record):
            echo(line)
    _result(explainer, converter, record, lang)


def _find(reader: Reader, converter: Converter, number: int | None, record_id: str | None) -> Record | None:
    for record in reader:
        if number is not None and record.ordinal == number:
            return record
        if record_id is not None and converter.convert(record).record.id == record_id:
            return record
    return None


def _result(explainer: Explainer, converter: Converter, record: Record, lang: str) -> None:
    result = converter.convert(record)
    echo(f"\n{explainer.words['outcome']}: {result.outcome.value}")
    if result.issues:
        echo(f"{explainer.words['issues']}:")
        tell_findings(list(result.issues), lang, err=False)
    if result.document is not None:
        text = converter.target.encode(result.document).decode("utf-8")
        echo(f"{explainer.words['document']}:")
        try:
            echo(json.dumps(json.loads(text), ensure_ascii=False, indent=2))
        except ValueError:
            echo(text)


@group.command("new")
@click.option("--from", "source", required=True, metavar="FILE", help="もとになるファイル / the file to map.")
@click.option("--to", "target", required=True, metavar="NAME", help="提出先の形式 / the target format.")
@click.option(
    "-o", "--output", "out", metavar="FILE", help="書き出す対応表。省略時は画面に / the mapping; else printed."
)
@click.option("--format", "format_name", metavar="NAME", help="もとの形式 / format of FILE.")
@click.option("-r", "--read", "read", multiple=True, metavar="KEY=VALUE", help="読み方の設定 / reader option.")
@click.option("--id", "id_path", metavar="COLUMN", help="ID の列 / the id's column.")
@click.option("--title", "title_path", metavar="COLUMN", help="タイトルの列 / the title's column.")
@click.option("--limit", type=click.IntRange(min=1), help="最初の N 件だけを見る / look at N records only.")
@lang_option
@told
def new_mapping(
    source: str,
    target: str,
    out: str | None,
    format_name: str | None,
    read: tuple[str, ...],
    id_path: str | None,
    title_path: str | None,
    limit: int | None,
    lang: str,
) -> None:
    """ファイルの見出しと値から、対応表の下書きを作ります。理由は注記に書かれます。

    Draft a mapping from the headings and values of FILE; each rule has its reason as a comment.
    """
    format_named(target).load_drafter()  # before anything is read
    progress = Progress(lang)
    kind = format_named(format_name) if format_name else None
    found = profile(one_source(source, kind), format_name, pairs(read, "--read"), limit=limit, pulse=progress)
    progress.clear()
    try:
        draft = new(found, target, lang=lang, id_path=id_path, title_path=title_path, out=out, ask=_asking())
    except PathError as error:
        meant = f" → {error.suggestion}" if error.suggestion else ""
        fail(
            f"「{error.path}」という列はありません。{meant}", f"There is no column '{error.path}'.{meant}", lang, USAGE
        )
    if out is None:
        echo(draft.text, nl=False)
        return
    file = Draft(Path(out))
    file.write(draft.text.encode("utf-8"))
    file.keep()
    ja = f"{out} に対応表の下書きを書きました（{draft.fields} 項目、はじめに決めること {draft.todo} 件）。"
    en = f"Drafted {out} ({draft.fields} items, {draft.todo} to decide first)."
    echo(en if lang == "en" else ja, err=True)


def _asking() -> Callable[[str, Sequence[str]], str | None] | None:
    """Ask on the terminal; None where nobody is there to answer."""
    if sys.stdin is None or sys.stderr is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str, paths: Sequence[str]) -> str | None:
        for number, path in enumerate(paths, start=1):
            echo(f"  {number}  {path}", err=True)
        answer = click.prompt(question, type=click.IntRange(1, len(paths)), default=1, err=True)
        return paths[answer - 1]

    return ask


group.add_command(test)
