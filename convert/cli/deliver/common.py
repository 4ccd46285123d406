"""What the commands of ``deliver`` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from convert.check.issue import Issue, Severity
from convert.cli.common import F, tell_findings
from convert.deliver.forms import forms
from convert.deliver.log.file import NAME, record
from convert.messages.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

output_option = click.option("-o", "--output", required=True, metavar="OUT", help="出力するファイル / file to write.")
format_option = click.option(
    "--format", "format_name", type=click.Choice(sorted(forms())), help="形式。省略時は中身で判断 / format."
)
id_option = click.option(
    "--field", "fields", multiple=True, metavar="NAME=PATH", help="id の項目名（id=…）/ where the id stands."
)
read_option = click.option(
    "-r", "--read", "read", multiple=True, metavar="KEY=VALUE", help="読み方の設定 / reader option."
)
force_option = click.option("--force", is_flag=True, help="誤りがあっても書く / write in spite of errors.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="何も表示しない / print nothing.")
json_option = click.option("--json", "as_json", is_flag=True, help="結果を JSON で / the result as JSON.")


def fail_on_option(function: F) -> F:
    """``--fail-on``."""
    option = click.option(
        "--fail-on",
        type=click.Choice([level.word for level in Severity]),
        default="error",
        show_default=True,
        help="この重さ以上で終了コード 1 / exit 1 at or above this severity.",
    )
    return option(function)


def turnover_options(function: F) -> F:
    """What is compared of records, and how many may be gone or changed."""
    percent = click.IntRange(0, 100)
    for option in (
        click.option(
            "--max-changed", type=percent, default=50, show_default=True, metavar="PERCENT",
            help="これより多く変わったらやめる / refuse when more changed.",
        ),
        click.option(
            "--max-deleted", type=percent, default=10, show_default=True, metavar="PERCENT",
            help="これより多く消えたらやめる / refuse when more are gone.",
        ),
        click.option(
            "--ignore-dates", is_flag=True, help="レコード自体の日付は比べない / leave out dates of records."
        ),
    ):  # fmt: skip
        function = option(function)
    return function


def worst(issues: Sequence[Issue]) -> Severity | None:
    """The worst severity among issues."""
    return max((catalogue().severity(issue) for issue in issues), default=None)


def reached(issues: Sequence[Issue], level: str) -> bool:
    """Whether an issue is at or above a level."""
    found = worst(issues)
    return found is not None and found >= Severity.of(level)


def tell(issues: Sequence[Issue], lang: str, *, quiet: bool = False) -> None:
    """Print issues to stderr."""
    if not quiet:
        tell_findings(list(issues), lang)


def size_text(size: int, lang: str) -> str:
    """A number of bytes for people.

    >>> size_text(1234567, "ja"), size_text(1, "en")
    ('1,234,567 バイト', '1 byte')
    """
    if lang == "en":
        return f"{size:,} byte{'' if size == 1 else 's'}"
    return f"{size:,} バイト"


def records_text(records: int | None, lang: str) -> str:
    """A number of records for people; None: nobody knows."""
    if records is None:
        return "records not counted" if lang == "en" else "件数は不明"
    if lang == "en":
        return f"{records:,} record{'' if records == 1 else 's'}"
    return f"{records:,} 件"


def log_option(function: F) -> F:
    """``--log``."""
    option = click.option(
        "--log",
        metavar="FILE",
        help=f"提出の記録。省略時は、横の {NAME}（あれば）/ delivery log, else the one beside the output.",
    )
    return option(function)


def put_down(log: str | None, output: Path, kind: str | None, entry: Mapping[str, Any], **facts: Any) -> None:
    """Put down in the delivery log that a file was made, where a log was named or stands beside it.

    ``entry``: the file as its manifest has it (name, bytes, sha256, records).
    """
    place = output.parent / NAME
    if log is None and not place.is_file():
        return
    own = {"kind": kind, "sha256": entry.get("sha256"), "size": entry.get("bytes"), "records": entry.get("records")}
    record(log or place, "made", output.name, **own, **facts)


def runs_of(manifest: Mapping[str, Any], key: str) -> list[dict[str, Any]] | None:
    """The files that something was made from, with the mapping and the reports of the runs that wrote them."""
    found = []
    for source in manifest.get(key, ()):
        run = source.get("run") or {}
        told = {name: run[name] for name in ("mapping", "reports", "finished") if run.get(name)}
        found.append({"name": source.get("name"), "sha256": source.get("sha256"), **told})
    return found or None
