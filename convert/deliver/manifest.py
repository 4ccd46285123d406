"""The manifest of a package: what is in it, where that came from, and which of its names rest on what.

It stays beside the package and is never delivered.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from convert.report.report import issue_dict, tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from convert.check.issue import Issue
    from convert.deliver.cutting import Kind
    from convert.deliver.examine import Examined
    from convert.deliver.names import MemberName, PackageName
    from convert.deliver.splitting import Piece, Split

VERSION = 1
"""Version of the manifest. Keys may be added within a version, never renamed or removed."""
MAX_BYTES = 64 * 2**20

KNOWN = {
    "package-name": (
        "パッケージは ZIP で、名前は updtXXXX_YYYYMMDD_NN.zip（図書館コード、日付、その日の連番）",
        "a package is a ZIP archive named updtXXXX_YYYYMMDD_NN.zip: library code, date, serial of that date",
    ),
    "member-name": (
        "中のファイルは updtXXXX_YYYYMMDD_NN.dat。複数のときは、パッケージごとの連番が付く（…_NN_01.dat）",
        "the file in it is updtXXXX_YYYYMMDD_NN.dat; several have a serial counted per package (…_NN_01.dat)",
    ),
}
"""Rules of the receiver that names follow, in Japanese and English."""
INFERRED = {
    "library-code": (
        "図書館コードは数字 4 桁で、初めの 2 桁は都道府県（JIS X 0401）",
        "a library code has four digits, the first two being a prefecture (JIS X 0401)",
    ),
    "update-name": (
        "更新データも、サンプルデータ・全件データと同じ名前の付け方をする",
        "update files are named like sample and full data",
    ),
    "member-suffix": (
        "DC-NDL(RDF) のファイルの拡張子",
        "the suffix of files of DC-NDL(RDF)",
    ),
}
"""What names rest on that no source states."""


def rules(names: Sequence[str], of: Mapping[str, tuple[str, str]]) -> list[dict[str, str]]:
    """Rules as the manifest tells them."""
    return [{"rule": name, "ja": of[name][0], "en": of[name][1]} for name in names]


def inferred_rules(kind: Kind, suffix: str) -> list[str]:
    """The inferred rules that the names of a package rest on."""
    known = kind.suffix_known and suffix == kind.suffix
    return ["library-code", "update-name", *([] if known else ["member-suffix"])]


def member_entry(name: MemberName, piece: Piece, source: Examined) -> dict[str, Any]:
    """One member. ``records``, ``first`` and ``last`` are left out where they are not known."""
    entry: dict[str, Any] = {"name": name.file, "bytes": piece.size, "sha256": piece.sha256}
    told = {"records": piece.records, "first": piece.first, "last": piece.last}
    entry |= {key: value for key, value in told.items() if value is not None}
    return entry | {"source": source.name}


def source_entry(source: Examined) -> dict[str, Any]:
    """One of the files that were given, with the run that wrote it where that is known."""
    entry: dict[str, Any] = {"name": source.name, "bytes": source.size, "sha256": source.sha256}
    if source.run is not None:
        entry["run"] = dict(source.run.entry)
    return entry


def package_manifest(
    name: PackageName,
    members: Sequence[tuple[MemberName, Piece, Examined]],
    *,
    kind: Kind,
    split: Split,
    started: datetime,
    issues: Sequence[Issue],
) -> dict[str, Any]:
    """The manifest as JSON values, without what is known only of the finished package. Times are UTC, ISO 8601."""
    sources: dict[str, Examined] = {source.name: source for _, _, source in members}
    made: dict[str, Any] = {
        "package_manifest": VERSION,
        "tool": tool(),
        "started": started.isoformat(timespec="seconds"),
        "package": {"name": name.file, "library": name.library, "date": _dashed(name.day), "serial": name.serial},
        "format": kind.name,
    }
    if all(piece.records is not None for _, piece, _ in members):
        made["records"] = sum(piece.records or 0 for _, piece, _ in members)
    made["members"] = [member_entry(*member) for member in members]
    made["sources"] = [source_entry(source) for source in sources.values()]
    if split.asked:
        limits = {"bytes": split.size, "records": split.count}
        made["split"] = {key: limit for key, limit in limits.items() if limit is not None} | {"into": split.into}
    layouts = _different(layout for source in sources.values() for layout in source.layouts)
    if layouts:
        made["layouts"] = layouts
    made["known"] = rules(list(KNOWN), KNOWN)
    made["inferred"] = rules(inferred_rules(kind, members[0][0].suffix), INFERRED)
    made["issues"] = [issue_dict(issue) for issue in issues]
    return made


def _different(layouts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for layout in layouts:
        if layout not in found:
            found.append(dict(layout))
    return found


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def finished(made: dict[str, Any], size: int, sha256: str, at: datetime) -> bytes:
    """The manifest of a written package as a file; what is known only now is added to it."""
    before = {key: made.pop(key) for key in ("package_manifest", "tool", "started")}
    made["package"] |= {"bytes": size, "sha256": sha256}
    whole = {**before, "finished": at.isoformat(timespec="seconds"), **made}
    made.clear()
    made.update(whole)
    return json.dumps(made, ensure_ascii=False, indent=2).encode() + b"\n"


def load_manifest(path: Path) -> dict[str, Any] | None:
    """The manifest at ``path``; None when there is none. Raises :class:`ValueError` for what is no manifest."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("too large")
        told = json.loads(path.read_bytes())
        whole = isinstance(told["package"]["sha256"], str) and isinstance(told["package"]["bytes"], int)
        if not whole or not all(isinstance(member["sha256"], str) and member["name"] for member in told["members"]):
            raise ValueError("no manifest of a package")
    except FileNotFoundError:
        return None
    except (OSError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return dict(told)


def kind_of(manifest: Mapping[str, Any] | None) -> str | None:
    """Whether a package holds a sample, a full load or differences, by the runs that made its sources."""
    kinds = {(source.get("run") or {}).get("delivery") for source in (manifest or {}).get("sources", ())}
    return kinds.pop() if len(kinds) == 1 else None
