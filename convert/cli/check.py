"""``mokuroku check``."""

from __future__ import annotations

import click

from convert.cli.common import Progress, finish, pairs, report_options, told
from convert.run.checking import check


@click.command("check")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--format", "format_name", required=True, metavar="NAME", help="形式（mokuroku formats）/ format of INPUT."
)
@report_options
@told
def command(
    inputs: tuple[str, ...],
    format_name: str,
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
            limit=limit,
            samples=samples,
            lang=lang,
            progress=progress,
        )
    finally:
        progress.clear()
    finish(report, lang=lang, as_json=as_json, quiet=quiet, to_stderr=False)
