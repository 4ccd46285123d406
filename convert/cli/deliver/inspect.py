"""``mokuroku deliver inspect``."""

from __future__ import annotations

from typing import Any

import click

from convert.check.issue import Severity
from convert.cli.common import BROKEN, echo, findings_json, lang_option, print_json, told
from convert.cli.deliver.common import fail_on_option, json_option, reached, records_text, size_text, tell, worst
from convert.deliver.reading import Package, PackageMember, read_package
from convert.resources import shown


@click.command("inspect")
@click.argument("packages", nargs=-1, required=True, metavar="ZIP...")
@fail_on_option
@json_option
@lang_option
@told
def command(packages: tuple[str, ...], fail_on: str, as_json: bool, lang: str) -> None:
    """提出用パッケージの中身を示し、名前とマニフェストに合うかを調べます。

    Show what is in a package, and whether it keeps the rules and is what its manifest says. Exit codes: 0 nothing found
    at --fail-on, 1 something, 2 no such file, 3 a package cannot be read.
    """
    found = [read_package(package) for package in packages]
    issues = [issue for package in found for issue in package.issues]
    code = BROKEN if worst(issues) is Severity.FATAL else int(reached(issues, fail_on))
    if as_json:
        print_json({"packages": [_json(package) for package in found], "exit_code": code})
        raise SystemExit(code)
    for package in found:
        _print(package, lang)
        tell(package.issues, lang)
    raise SystemExit(code)


def _json(package: Package) -> dict[str, Any]:
    name = package.name
    parts = None if name is None else {"library": name.library, "date": name.day, "serial": name.serial}
    return {
        "name": package.path.name,
        "file": shown(package.path),
        "parts": parts,
        "bytes": package.size,
        "sha256": package.sha256,
        "conforms": package.conforms,
        "manifest": package.manifest is not None,
        "members": [_member_json(member) for member in package.members],
        "issues": findings_json(list(package.issues)),
    }


def _member_json(member: PackageMember) -> dict[str, Any]:
    told = {"records": member.records, "first": member.first, "last": member.last}
    known = {key: value for key, value in told.items() if value is not None}
    return {"name": member.name, "bytes": member.size, "sha256": member.sha256, **known}


def _print(package: Package, lang: str) -> None:
    echo(f"{shown(package.path)}  {size_text(package.size, lang)}  {_verdict(package, lang)}")
    echo(f"  SHA-256 {package.sha256}")
    for member in package.members:
        echo(f"  {member.name}  {records_text(member.records, lang)}  {size_text(member.size, lang)}")
        echo(f"    SHA-256 {member.sha256}")


def _verdict(package: Package, lang: str) -> str:
    if worst(package.issues) is Severity.FATAL:
        return "cannot be read" if lang == "en" else "読めません"
    if not package.conforms:
        return "does not conform" if lang == "en" else "規則に合わないところがあります"
    if package.manifest is None:
        return (
            "conforms (no manifest beside it)" if lang == "en" else "規則に合っています（マニフェストは横にありません）"
        )
    return "conforms, and is what its manifest says" if lang == "en" else "規則に合い、マニフェストと一致します"
