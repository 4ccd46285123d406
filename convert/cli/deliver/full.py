"""``mokuroku deliver full``."""

from __future__ import annotations

import click

from convert.cli.common import BROKEN, Progress, echo, fail, findings_json, lang_option, pairs, print_json, told
from convert.cli.deliver.common import (
    fail_on_option,
    force_option,
    format_option,
    id_option,
    json_option,
    log_option,
    output_option,
    put_down,
    quiet_option,
    reached,
    read_option,
    records_text,
    runs_of,
    size_text,
    tell,
)
from convert.deliver.loading import FullRequest, full


@click.command("full")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@output_option
@format_option
@id_option
@read_option
@force_option
@log_option
@fail_on_option
@json_option
@quiet_option
@lang_option
@told
def command(
    files: tuple[str, ...],
    output: str,
    format_name: str | None,
    fields: tuple[str, ...],
    read: tuple[str, ...],
    force: bool,
    log: str | None,
    fail_on: str,
    as_json: bool,
    quiet: bool,
    lang: str,
) -> None:
    """FILE を調べて一つにまとめ、全件データにします。

    Look at FILE from end to end and put them together as a full load. Exit codes: 0 written, nothing found at
    --fail-on; 1 written, something found; 2 wrong usage; 3 not written.
    """
    progress = Progress(lang)
    found = full(FullRequest(files, output, format_name, pairs(read, "--read"), fields, force), progress=progress)
    progress.clear()
    if found.manifest is not None:
        put_down(log, found.output, "full", found.manifest["outputs"][0], sources=runs_of(found.manifest, "inputs"))
    code = BROKEN if found.manifest is None else int(reached(found.issues, fail_on))
    entry = dict(found.manifest["outputs"][0]) if found.manifest else None
    if as_json:
        issues = findings_json(list(found.issues))
        print_json({
            "written": entry is not None, "output": entry, "format": found.form.name, "counts": dict(found.counts),
            "issues": issues, "exit_code": code,
        })  # fmt: skip
        raise SystemExit(code)
    tell(found.issues, lang, quiet=quiet)
    if entry is None:
        fail("全件データは作っていません。", "No full load was made.", lang, BROKEN)
    if not quiet:
        echo(f"{found.output}  {records_text(entry['records'], lang)}  {size_text(entry['bytes'], lang)}")
        echo(f"  SHA-256 {entry['sha256']}")
    raise SystemExit(code)
