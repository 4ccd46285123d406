"""``mokuroku convert``."""

from __future__ import annotations

import sys

import click

from convert.cli.common import Progress, finish, job_count, pairs, report_options, told
from convert.cli.reuse import remind
from convert.errors import UsageError
from convert.run.job import Job


@click.command("convert")
@click.argument("mapping")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    help="出力。- は標準出力。省くと確認だけ / output; - is stdout; without it only checked.",
)
@click.option("-w", "--write", "write", multiple=True, metavar="KEY=VALUE", help="書き方の設定 / writer option.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="対応表の変数 / variable of the mapping.")
@click.option("--jobs", default="1", metavar="N|auto", show_default=True, help="並列の数 / processes.")
@click.option("--only", metavar="ID", help="この ID だけ / only the record with this id.")
@report_options
@told
def command(
    mapping: str,
    inputs: tuple[str, ...],
    output: str | None,
    write: tuple[str, ...],
    variables: tuple[str, ...],
    jobs: str,
    only: str | None,
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
    """対応表 MAPPING で INPUT を変換し、提出先が拒む・変える・失う値を知らせます。

    Convert INPUT by MAPPING (a shipped name or a YAML file) and report what the receiver would refuse, change
    or lose. INPUT may be - for standard input. Exit codes: 0 nothing found at --fail-on, 1 something, 2 usage
    or mapping error (nothing written), 3 broken or incomplete.
    """
    if output == "-" and sys.stdout is None:
        raise UsageError("standard output is closed", "標準出力が閉じられています。")
    job = Job(
        mapping,
        profile=profile,
        read=pairs(read, "--read"),
        write=pairs(write, "--write"),
        variables=pairs(variables, "--var"),
        fail_on=fail_on,
        against=against,
        jobs=job_count(jobs),
        limit=limit,
        only=only,
        samples=samples,
        lang=lang,
    )
    progress = Progress(lang)
    try:
        report = job.run(list(inputs), output, reports, progress=progress)
    finally:
        progress.clear()
    if not quiet:
        remind(inputs, lang)
    finish(report, lang=lang, as_json=as_json, quiet=quiet, to_stderr=output == "-")
