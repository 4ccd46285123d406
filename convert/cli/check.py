"""``mokuroku check``."""

from __future__ import annotations

import click

from convert.cli.common import Progress, finish, pairs, report_options, told
from convert.errors import UsageError
from convert.run.checking import check


@click.command("check")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--format", "format_name", required=True, metavar="NAME", help="形式（mokuroku formats）/ format of INPUT."
)
@click.option(
    "--published",
    metavar="DATABASE",
    help="公開されているデータベース（--store に収集したもの）と比べる / compare with what is published.",
)
@click.option(
    "--store", metavar="PATH|URL", help="--published のストア。なければ japansearch.db / store of --published."
)
@report_options
@told
def command(
    inputs: tuple[str, ...],
    format_name: str,
    published: str | None,
    store: str | None,
    read: tuple[str, ...],
    profile: str,
    reports: tuple[str, ...],
    fail_on: str,
    against: str | None,
    limit: int | None,
    samples: int,
    as_json: bool,
    quiet: bool,
    lang: str,
) -> None:
    """すでにある INPUT が形式の決まりに合うかを調べます。

    Check INPUT that is in a source or target format already. Exit codes as for convert.
    """
    if store is not None and published is None:
        raise UsageError("--store goes with --published", "--store は --published と一緒に使います。")
    progress = Progress(lang)
    try:
        report = check(
            list(inputs),
            format_name,
            read=pairs(read, "--read"),
            reports=reports,
            profile=profile,
            fail_on=fail_on,
            against=against,
            published=published,
            store=store,
            limit=limit,
            samples=samples,
            lang=lang,
            progress=progress,
        )
    finally:
        progress.clear()
    finish(report, lang=lang, as_json=as_json, quiet=quiet, to_stderr=False)
