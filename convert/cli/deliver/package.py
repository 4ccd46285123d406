"""``mokuroku deliver package``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from convert.cli.common import BROKEN, echo, fail, findings_json, lang_option, pairs, print_json, told
from convert.cli.deliver.common import (
    fail_on_option,
    json_option,
    log_option,
    put_down,
    quiet_option,
    reached,
    records_text,
    runs_of,
    size_text,
    tell,
)
from convert.deliver.building import Built, Request, build
from convert.deliver.cutting import KINDS
from convert.deliver.manifest import kind_of
from convert.deliver.names import MAX_SERIAL, PackageName, day_of, suffix_of
from convert.deliver.splitting import Split
from convert.errors import OptionError
from convert.formats.base import Option

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZE = Option("--split-size", kind="size", ja="ファイルの大きさの上限", en="largest file")


def _split(size: str | None, count: int | None, into: Literal["members", "packages"]) -> Split:
    limit = None if size is None else _SIZE.parse(size)
    if limit == 0:
        raise OptionError(_SIZE.name, size, "expects more than 0", "0 より大きい大きさを書いてください")
    return Split(limit, count, into)


@click.command("package")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--library", required=True, metavar="CODE", help="図書館コード（4 桁）/ library code, four digits.")
@click.option("-o", "--output", "folder", required=True, metavar="DIR", help="出力先のフォルダ / folder to write to.")
@click.option("--date", "day", metavar="YYYY-MM-DD", help="名前の日付。省略時は今日 / date in the name; else today.")
@click.option(
    "--serial",
    type=click.IntRange(1, MAX_SERIAL),
    metavar="N",
    help="その日の連番。省略時は DIR にあるものの次 / serial of the date; else the next one in DIR.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(sorted(KINDS)),
    help="ファイルの形式。省略時は中身で判断（XML なら dcndl）/ format; else by content: XML is dcndl.",
)
@click.option(
    "--member-suffix",
    "suffix",
    metavar=".EXT",
    help="中のファイルの拡張子。省略時は .dat、DC-NDL は .rdf（推定）/ suffix of files in the package.",
)
@click.option(
    "--split-size", "size", metavar="SIZE", help="50MB のように、この大きさまでに分ける / split below this size."
)
@click.option(
    "--split-count", "count", type=click.IntRange(min=1), metavar="N", help="N 件までに分ける / at most N records each."
)
@click.option(
    "--split-into",
    "into",
    type=click.Choice(["members", "packages"]),
    default="members",
    show_default=True,
    help="分けた先：一つのパッケージの中のファイルか、別々のパッケージ / files in one package, or packages.",
)
@click.option(
    "-r", "--read", "read", multiple=True, metavar="KEY=VALUE", help="レコードの分け方の設定 / how records are cut."
)
@click.option("--strict", is_flag=True, help="警告があれば作らない / write nothing when there are warnings.")
@click.option("--dry-run", is_flag=True, help="何ができるかだけを示す / only say what would be written.")
@log_option
@fail_on_option
@json_option
@quiet_option
@lang_option
@told
def command(
    files: tuple[str, ...],
    library: str,
    folder: str,
    day: str | None,
    serial: int | None,
    format_name: str | None,
    suffix: str | None,
    size: str | None,
    count: int | None,
    into: Literal["members", "packages"],
    read: tuple[str, ...],
    strict: bool,
    dry_run: bool,
    log: str | None,
    fail_on: str,
    as_json: bool,
    quiet: bool,
    lang: str,
) -> None:
    """FILE を国立国会図書館への提出用パッケージ（updtXXXX_YYYYMMDD_NN.zip）にします。

    Pack FILE for delivery to the National Diet Library's union catalogue over SFTP. Nothing is ever overwritten.
    Exit codes: 0 packed, nothing found at --fail-on; 1 packed, something found; 2 wrong usage; 3 not packed.
    """
    built = build(
        Request(
            files, library, folder,
            day=None if day is None else day_of(day), serial=serial,
            format=format_name, suffix=None if suffix is None else suffix_of(suffix),
            split=_split(size, count, into), read=pairs(read, "--read"), strict=strict, dry_run=dry_run,
        )
    )  # fmt: skip
    if built.written:
        for place, package in zip(built.paths, built.packages, strict=True):
            about = {**package["package"], "records": package.get("records")}
            put_down(log, place, kind_of(package), about, sources=runs_of(package, "sources"))
    code = BROKEN if built.refused else int(reached(built.issues, fail_on))
    if as_json:
        print_json(_json(built, code, dry_run=dry_run))
        raise SystemExit(code)
    tell(built.issues, lang, quiet=quiet)
    if built.refused:
        fail("パッケージは作っていません。", "No package was made.", lang, BROKEN)
    if not quiet:
        _print(built, lang, dry_run=dry_run)
    raise SystemExit(code)


def _json(built: Built, code: int, *, dry_run: bool) -> dict[str, Any]:
    return {
        "written": built.written,
        "dry_run": dry_run,
        "folder": str(built.folder),
        "packages": [] if built.refused else [dict(package) for package in built.packages],
        "issues": findings_json(list(built.issues)),
        "exit_code": code,
    }


def _print(built: Built, lang: str, *, dry_run: bool) -> None:
    if dry_run:
        echo("Would be written:" if lang == "en" else "次のものができます（まだ書いていません）：")
    for place, package in zip(built.paths, built.packages, strict=True):
        about = package["package"]
        if "sha256" in about:
            echo(f"{place}  {size_text(about['bytes'], lang)}")
            echo(f"  SHA-256 {about['sha256']}")
        else:
            echo(str(place))
        for member in package["members"]:
            echo(f"  {_member(member, lang)}")
        name = PackageName.parse(about["name"])
        note = place.with_name(name.manifest) if name is not None else place
        echo(f"  manifest (not for delivery): {note}" if lang == "en" else f"  マニフェスト（提出しません）：{note}")


def _member(member: Mapping[str, Any], lang: str) -> str:
    facts = [records_text(member.get("records"), lang), size_text(member["bytes"], lang)]
    return "  ".join([member["name"], *facts, f"← {member['source']}"])
