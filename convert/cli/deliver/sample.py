"""``mokuroku deliver sample``."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import click

from convert.cli.common import BROKEN, Progress, echo, fail, findings_json, lang_option, pairs, print_json, told
from convert.cli.deliver.common import (
    fail_on_option,
    format_option,
    json_option,
    log_option,
    output_option,
    put_down,
    quiet_option,
    reached,
    read_option,
    runs_of,
    size_text,
    tell,
)
from convert.deliver.sampling import Sampled, SampleRequest, oldest, sample
from convert.deliver.strata import DIMENSIONS, value_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.deliver.sampling import Stratum


@click.command("sample")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-n",
    "--records",
    "size",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    metavar="N",
    help="件数 / how many records.",
)
@output_option
@format_option
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="同じ値なら同じサンプルになる / the same seed gives the same sample.",
)
@click.option(
    "--by",
    metavar="NAME,...",
    help=f"何ごとに層を分けるか。省略時はすべて / what the strata are: {','.join(DIMENSIONS)}.",
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=PATH",
    help="date・material・title・reading・marc.TRC などの項目名 / where to find it.",
)
@read_option
@log_option
@fail_on_option
@json_option
@quiet_option
@lang_option
@told
def command(
    files: tuple[str, ...],
    size: int,
    output: str,
    format_name: str | None,
    seed: int,
    by: str | None,
    fields: tuple[str, ...],
    read: tuple[str, ...],
    log: str | None,
    fail_on: str,
    as_json: bool,
    quiet: bool,
    lang: str,
) -> None:
    """FILE から、年代・資料種別・元のMARC などに偏りのないサンプルを取り出します。

    Take a sample of FILE that spans decades, kinds of material, source MARCs and more, as a file of the same format.
    Exit codes: 0 written, nothing found at --fail-on; 1 written, something found; 2 wrong usage; 3 not written.
    """
    names = None if by is None else [name.strip() for name in by.split(",") if name.strip()]
    progress = Progress(lang)
    found = sample(
        SampleRequest(
            files, output, size=size, format=format_name, seed=seed, by=names, read=pairs(read, "--read"), fields=fields
        ),
        progress=progress,
    )
    progress.clear()
    if found.manifest is not None:
        put_down(log, found.output, "sample", found.manifest["outputs"][0], sources=runs_of(found.manifest, "inputs"))
    code = int(reached(found.issues, fail_on)) if found.written else BROKEN
    if as_json:
        print_json(_json(found, code))
        raise SystemExit(code)
    tell(found.issues, lang, quiet=quiet)
    if not found.written:
        fail("サンプルは作っていません。", "No sample was made.", lang, BROKEN)
    if not quiet:
        _print(found, lang)
    raise SystemExit(code)


def _json(found: Sampled, code: int) -> dict[str, Any]:
    return {
        "written": found.written,
        "output": dict(found.manifest["outputs"][0]) if found.manifest else None,
        "format": found.form.name,
        "seed": found.seed,
        "counts": {
            "records": found.records,
            "damaged": found.damaged,
            "deleted": found.deleted,
            "sample": found.sample,
        },
        "strata": [stratum.to_dict() for stratum in found.strata],
        "empty": {name: list(values) for name, values in found.empty.items()},
        "issues": findings_json(list(found.issues)),
        "exit_code": code,
    }


def _print(found: Sampled, lang: str) -> None:
    english = lang == "en"
    size = size_text(found.manifest["outputs"][0]["bytes"] if found.manifest else 0, lang)
    echo(
        f"{found.output}  {found.sample:,} of {found.records:,} records  {size}  seed {found.seed}"
        if english
        else f"{found.output}  {found.records:,} 件から {found.sample:,} 件  {size}  シード {found.seed}"
    )
    names = [value_name(one.by, one.value, lang) for one in found.strata]
    width = max(map(_width, (*names, *(DIMENSIONS[one.by][english] for one in found.strata))))
    for name in dict.fromkeys(stratum.by for stratum in found.strata):
        own = [stratum for stratum in found.strata if stratum.by == name]
        echo()
        _table(DIMENSIONS[name][english], own, width, english)
        _empty(found, name, lang)


def _table(title: str, strata: Sequence[Stratum], width: int, english: bool) -> None:
    lang = "en" if english else "ja"
    names = [value_name(one.by, one.value, lang) for one in strata]
    head = ("file", "sample") if english else ("全体", "サンプル")
    echo(f"{_padded(title, width)}  {_left(head[0], 12)}  {_left(head[1], 9)}")
    for name, one in zip(names, strata, strict=True):
        echo(f"  {_padded(name, width - 2)}  {one.records:>12,}  {one.sample:>9,}")


def _empty(found: Sampled, name: str, lang: str) -> None:
    """What the file has no record of."""
    english = lang == "en"
    first = oldest(found.strata) if name == "decade" else None
    if first is not None:
        text = f"no record before {first}" if english else f"{first} 年より前のレコードはありません"
        echo(f"  ({text})" if english else f"  （{text}）")
    missing = found.empty.get(name)
    if missing:
        names = _spans(missing, lang) if name == "decade" else [value_name(name, value, lang) for value in missing]
        echo(f"  (no record: {', '.join(names)})" if english else f"  （レコードがない層：{'、'.join(names)}）")


def _spans(decades: Sequence[str], lang: str) -> list[str]:
    """Decades, those that follow each other as a span."""
    spans: list[list[int]] = []
    for year in map(int, decades):
        if spans and spans[-1][1] == year - 10:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    ends = [[value_name("decade", str(year), lang) for year in dict.fromkeys(span)] for span in spans]
    return [("–" if lang == "en" else "〜").join(names) for names in ends]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _left(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text
