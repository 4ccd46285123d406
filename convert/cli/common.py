"""What the commands share: options, the way errors are told, exit codes, progress."""

from __future__ import annotations

import errno
import functools
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn, TextIO, TypeVar

import click

from convert.check.issue import Issue, Severity
from convert.cli.usage import LANG
from convert.errors import (
    FindingsError,
    MokurokuError,
    OptionError,
    RunError,
    SourceFault,
    UnknownName,
    UsageError,
    reason_in_japanese,
)
from convert.messages.catalogue import catalogue, visible
from convert.report.report import Report, issue_dict
from convert.run.job import Interrupted

USAGE, BROKEN = 2, 3
F = TypeVar("F", bound=Callable[..., Any])


def lang_option(function: F) -> F:
    """``--lang``."""
    option = click.option(
        "--lang",
        type=click.Choice(["ja", "en"]),
        default="ja",
        envvar=LANG,
        show_default=True,
        help="言語 / language of what is printed.",
    )
    return option(function)


def report_options(function: F) -> F:
    """Options of every command that reads records and reports."""
    options = [
        click.option("-r", "--read", "read", multiple=True, metavar="KEY=VALUE", help="読み方の設定 / reader option."),
        click.option("--profile", default="draft", show_default=True, help="draft, submission, or a YAML file."),
        click.option(
            "--report",
            "reports",
            multiple=True,
            metavar="FILE",
            help="報告（.html .xlsx .csv .txt .json .jsonl .xml .sarif、くり返し可）/ report file, repeatable.",
        ),
        click.option(
            "--fail-on",
            type=click.Choice([level.word for level in Severity]),
            default="error",
            show_default=True,
            help="この重さ以上で終了コード 1 / exit 1 at or above this severity.",
        ),
        click.option(
            "--against",
            metavar="FILE",
            help="前回の出力かそのマニフェストと比べる / compare with an earlier output, or its manifest.",
        ),
        click.option("--limit", type=click.IntRange(min=1), help="最初の N 件だけ / stop after N records."),
        click.option(
            "--samples", type=click.IntRange(min=1), default=20, show_default=True, help="samples kept per code."
        ),
        click.option("--json", "as_json", is_flag=True, help="要約を JSON で / print the report as JSON."),
        click.option("-q", "--quiet", is_flag=True, help="要約を出さない / print no summary."),
    ]
    for option in reversed(options):
        function = option(function)
    return lang_option(function)


def pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    """``KEY=VALUE`` options as a dict."""
    found = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise click.BadParameter(f"'{text}' is not KEY=VALUE", param_hint=option)
        found[key] = value
    return found


def told(function: F) -> F:
    """Tell errors as a person can use them, with the exit code: 2 usage or mapping, 3 a broken run."""

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        lang = options.get("lang", "ja")
        try:
            return function(*arguments, **options)
        except FindingsError as error:
            tell_findings(error.findings, lang)
            ja, en = error.needs
            fail(
                f"{ja}に直すところがあるため、何も書いていません。",
                f"The {en} needs correction; nothing was written.",
                lang,
                USAGE,
            )
        except SourceFault as fault:
            tell_findings([fault.issue], lang)
            fail("入力を読めません。", "The input cannot be read.", lang, BROKEN)
        except UsageError as error:
            fail(_in_japanese(error), str(error), lang, USAGE)
        except Interrupted as stop:
            if not options.get("quiet"):
                echo(stop.report.summary(lang), err=True)
            fail(
                "中断しました。書きかけの出力は残していません。",
                "Interrupted; no half-written output is left.",
                lang,
                BROKEN,
            )
        except KeyboardInterrupt:
            fail("中断しました。", "Interrupted.", lang, BROKEN)
        except RunError as error:
            _drain()
            text = "処理を続けられませんでした。書きかけの出力は残していません"
            en = f"The run broke; no half-written output is left: {error}"
            fail(f"{text}：{error.ja or error}", en, lang, BROKEN)
        except MokurokuError as error:
            fail(str(error), str(error), lang, BROKEN)
        except OSError as error:
            ja = f"読み書きができませんでした：{reason_in_japanese(error)}"
            fail(ja, f"Reading or writing failed: {error.strerror or error}", lang, BROKEN)

    return run  # type: ignore[return-value]


def _in_japanese(error: UsageError) -> str:
    if isinstance(error, UnknownName):
        return error.ja or str(error)
    if isinstance(error, OptionError):
        shown = error.option if error.value is None else f"{error.option}={error.value}"
        return f"設定「{shown}」は使えません：{error.ja}"
    return f"実行できません：{error.ja or error}"


def fail(ja: str, en: str, lang: str, code: int) -> NoReturn:
    """Print why to stderr and end."""
    echo(en if lang == "en" else ja, err=True)
    raise SystemExit(code)


def echo(text: str = "", *, nl: bool = True, err: bool = False) -> None:
    """Print. When nobody reads on (``| head``) the rest goes nowhere: the exit code still tells how it went.

    Raises OSError when standard output cannot be written; a fault of standard error has nowhere to be told.
    """
    try:
        click.echo(text, nl=nl, err=err)
    except OSError as error:
        silence(sys.stderr if err else sys.stdout)
        if not err and error.errno != errno.EPIPE:
            raise


def _drain() -> None:
    """Print what standard output still holds, where that is possible."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:  # what made the run break, and is about to be told
        silence(sys.stdout)


def silence(stream: TextIO) -> None:
    """Let what the stream still holds go nowhere, or Python would fail once more when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def tell_findings(findings: tuple[Issue, ...] | list[Issue], lang: str, *, err: bool = True) -> None:
    """Findings of a mapping, one line each, the worst first; a hint once, after the last finding it belongs to."""
    words = catalogue()
    findings = sorted(findings, key=words.severity, reverse=True)
    hints = [words.hint(issue, lang) for issue in findings]
    last = {hint: number for number, hint in enumerate(hints)}
    for number, (issue, hint) in enumerate(zip(findings, hints, strict=True)):
        at = issue.at
        place = (
            str(at) if at.sheet else ":".join(str(part) for part in (at.source, at.line, at.column) if part is not None)
        )
        echo(f"{place}: {words.severity(issue).said(lang)} {issue.code} {words.message(issue, lang)}", err=err)
        if issue.suggestion:
            echo(f"    {'did you mean' if lang == 'en' else 'もしかして'}: {_bounded(issue.suggestion, lang)}", err=err)
        if hint and last[hint] == number:
            echo(f"    {hint}", err=err)


def _bounded(text: str, lang: str) -> str:
    """A proposal as one line; in quotes where blanks at its ends would not be seen."""
    shown = visible(text)
    if shown == shown.strip():
        return shown
    return f"“{shown}”" if lang == "en" else f"「{shown}」"


def print_json(value: Any, *, err: bool = False) -> None:
    """JSON for scripts."""
    echo(json.dumps(value, ensure_ascii=False, indent=2), err=err)


def findings_json(findings: list[Issue]) -> list[dict[str, Any]]:
    """Findings in the JSON form of issues."""
    return [issue_dict(issue) for issue in findings]


def finish(report: Report, *, lang: str, as_json: bool, quiet: bool, to_stderr: bool) -> NoReturn:
    """Print the summary and end with the report's exit code."""
    if as_json:
        echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2), err=to_stderr)
    elif not quiet:
        echo(report.summary(lang), err=to_stderr)
    raise SystemExit(report.exit_code)


def job_count(text: str) -> int:
    """``--jobs N|auto``."""
    if text == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise click.BadParameter(f"'{text}' is neither a number nor auto", param_hint="--jobs")


class Progress:
    """A line on stderr that counts records, on a terminal and from the third second on."""

    def __init__(self, lang: str) -> None:
        self._word = "records" if lang == "en" else "件"
        self._start = time.monotonic()
        self._shown = 0.0
        self._on = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, records: int) -> None:
        """So many records were read."""
        if not self._on:
            return
        now = time.monotonic()
        if now - self._start < 2 or now - self._shown < 0.5:
            return
        self._shown = now
        rate = records / (now - self._start)
        echo(f"\r{records:,} {self._word} ({rate:,.0f}/s) ", nl=False, err=True)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            echo("\r" + " " * 40 + "\r", nl=False, err=True)
