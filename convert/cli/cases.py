"""``mokuroku mapping test``: the cases that stand beside mappings."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convert.cases import FOLDER, accept, cases_of, compare, read_case, run_case
from convert.cli.common import USAGE, echo, fail, lang_option, print_json, tell_findings, told
from convert.errors import MappingError, MokurokuError, UsageError
from convert.mapping.load import SUFFIXES, load_mapping

if TYPE_CHECKING:
    from convert.cases import Case, Difference

WORDS = {
    "output": ("出力が違います：{name}（- 期待、+ 実際）", "the output differs: {name} (- expected, + found)"),
    "no-output": ("出力がありません：{name}", "no such output: {name}"),
    "issue-missing": ("出るはずの指摘が出ません：{name}", "not reported: {name}"),
    "issue-unexpected": ("思わぬ指摘が出ます：{name}", "reported, and not expected: {name}"),
    "counts": ("件数が違います（期待 → 実際）", "the counts differ (expected → found)"),
    "exit": ("終了コードが違います（期待 → 実際）：{name}", "the exit code differs (expected → found): {name}"),
}


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of one case. ``error``: it could not be run."""

    mapping: Path
    case: str
    differences: list[Difference]
    changed: list[Path]
    error: str | None = None

    @property
    def good(self) -> bool:
        """Whether all is as expected, or is now."""
        return not self.error and (not self.differences or bool(self.changed))


@click.command("test")
@click.argument("places", nargs=-1, required=True, metavar="MAPPING|FOLDER...")
@click.option("--only", metavar="NAME", help="この名前のケースだけ / only the case with this name.")
@click.option("--accept", "accepting", is_flag=True, help="今の結果を正しいものとする / take what comes out as right.")
@click.option("--new", "new", metavar="NAME", help="--from のファイルから新しいケースを作る / make a case of --from.")
@click.option("--from", "sources", multiple=True, metavar="FILE", help="新しいケースの入力 / input of the new case.")
@click.option("--json", "as_json", is_flag=True, help="JSON で / as JSON.")
@lang_option
@told
def command(
    places: tuple[str, ...],
    only: str | None,
    accepting: bool,
    new: str | None,
    sources: tuple[str, ...],
    as_json: bool,
    lang: str,
) -> None:
    """対応表の横に置いたケース（入力・期待する出力・期待する指摘）を確かめます。

    Run the cases in MAPPING.cases/ beside each mapping: a folder each, with input*, expected* and issues.jsonl. Exit
    codes: 0 all as expected, 1 something differs, 2 wrong use, a mapping that cannot run, or no case.
    """
    mappings = [mapping for place in places for mapping in _mappings(Path(place))]
    if bool(new) != bool(sources):
        raise UsageError("--new NAME and --from FILE go together", "--new NAME と --from FILE は一緒に指定します。")
    if new:
        if len(mappings) != 1:
            raise UsageError("--new takes one mapping", "--new のときは、対応表を一つだけ指定します。")
        _make(mappings[0], new, sources)
        only, accepting = new, True
    found = [
        _tested(mapping, folder, accepting=accepting, lang=lang)
        for mapping in mappings
        for folder in cases_of(mapping)
        if only in (None, folder.name)
    ]
    if as_json:
        print_json([_told(one) for one in found])
    else:
        for one in found:
            _show(one, lang)
    if not found:
        where = "、".join(str(mapping.with_suffix(FOLDER)) for mapping in mappings) or "、".join(places)
        ja = f"ケースがありません。{where} の中に、ケースごとのフォルダを作ってください（--new で作れます）。"
        fail(ja, f"No cases. Make a folder for each in {where} (--new makes one).", lang, USAGE)
    bad = sum(not one.good for one in found)
    if not as_json:
        _sum_up(len(found), bad, lang)
    raise SystemExit(USAGE if any(one.error for one in found) else 1 if bad else 0)


def _sum_up(cases: int, bad: int, lang: str) -> None:
    if lang == "en":
        echo(f"{bad} of {cases} cases differ." if bad else f"{cases} cases as expected.")
    elif bad:
        echo(f"{cases} 件のケースのうち {bad} 件が期待と違います。")
    else:
        echo(f"{cases} 件のケースは期待どおりです。")


def _mappings(place: Path) -> list[Path]:
    """The mapping at a path, or those below a folder that have cases."""
    if place.is_dir():
        folders = sorted(place.rglob(f"*{FOLDER}"))
        found = [folder.with_suffix(suffix) for folder in folders for suffix in SUFFIXES]
        return [path for path in found if path.is_file()]
    for path in (place, *(place.with_name(place.name + suffix) for suffix in SUFFIXES)):
        if path.is_file():
            return [path]
    raise UsageError(f"{place}: no such mapping or folder", f"{place}：対応表もフォルダもありません。")


def _make(mapping: Path, name: str, sources: tuple[str, ...]) -> None:
    folder = mapping.with_suffix(FOLDER) / name
    if Path(name).name != name or name.startswith("."):
        raise UsageError(f"'{name}' is no name of a folder", f"「{name}」はフォルダの名前になりません。")
    if folder.exists():
        raise UsageError(f"{folder} is there already", f"{folder} はもうあります。")
    for path in map(Path, sources):
        if not path.is_file():
            raise UsageError(f"{path}: no such file", f"{path}：ファイルがありません。")
    load_mapping(mapping)
    folder.mkdir(parents=True)
    for number, path in enumerate(map(Path, sources), start=1):
        part = f"-{number}" if len(sources) > 1 else ""
        shutil.copyfile(path, folder / f"input{part}{''.join(path.suffixes)}")


def _tested(mapping: Path, folder: Path, *, accepting: bool, lang: str) -> Tested:
    try:
        case: Case = read_case(folder, mapping)
        ran = run_case(case)
        differences = compare(case, ran)
        changed = accept(case, ran) if accepting and differences else []
        if changed:
            differences = [one for one in differences if one.kind in ("counts", "exit")]
            changed = [] if differences else changed
    except MappingError as error:
        tell_findings(error.findings, lang)
        return Tested(mapping, folder.name, [], [], "対応表が動きません" if lang == "ja" else "the mapping cannot run")
    except MokurokuError as error:
        return Tested(mapping, folder.name, [], [], str(getattr(error, "ja", error) if lang == "ja" else error))
    return Tested(mapping, folder.name, differences, changed)


def _show(one: Tested, lang: str) -> None:
    mark = "○" if one.good else "×"
    echo(f"{mark} {one.mapping.stem} / {one.case}")
    if one.error:
        echo(f"    {one.error}")
    for path in one.changed:
        echo(f"    {'written' if lang == 'en' else '書きました'}: {path}")
    for difference in one.differences if not one.good else ():
        ja, en = WORDS[difference.kind]
        echo("    " + (en if lang == "en" else ja).format(name=difference.name))
        for line in difference.lines:
            echo(f"      {line}")


def _told(one: Tested) -> dict[str, object]:
    return {
        "mapping": str(one.mapping),
        "case": one.case,
        "good": one.good,
        "differences": [asdict(difference) for difference in one.differences],
        "written": [str(path) for path in one.changed],
        "error": one.error,
    }
