"""Build packages: look at everything first, then write, look again, and let them appear all at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.deliver.cutting import Kind, kind_named, kind_of, knife
from convert.deliver.examine import Examined, examine, head_of
from convert.deliver.manifest import package_manifest
from convert.deliver.names import (
    MAX_SERIAL,
    PackageName,
    has_digits,
    has_prefecture,
    library_code,
    next_serials,
    taken,
)
from convert.deliver.splitting import Piece, Split
from convert.deliver.writing import Planned, write
from convert.errors import UsageError
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.run.output import check_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

JST = timezone(timedelta(hours=9), "JST")
"""Time in Japan, which has no summer time."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be packed, and how.

    ``day``: the date in the name; None: today in Japan. ``serial``: None for the next free one. ``format``: somoku or
    dcndl; None: as the files show. ``suffix``: of the files in the package; None: as the format has it. ``read``:
    options by which files are cut into records. ``strict``: warnings keep a package from being written too.
    """

    files: Sequence[str | Path]
    library: str
    folder: str | Path
    day: date | None = None
    serial: int | None = None
    format: str | None = None
    suffix: str | None = None
    split: Split = field(default_factory=Split)
    read: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a request. ``packages`` are the manifests, in order; ``refused``: nothing was written, because of
    an issue. After a dry run they are what would be written, without the packages' own sizes and hashes.
    """

    packages: tuple[Mapping[str, Any], ...]
    folder: Path
    issues: tuple[Issue, ...]
    written: bool
    refused: bool

    @property
    def paths(self) -> list[Path]:
        """The packages' places."""
        return [self.folder / package["package"]["name"] for package in self.packages]


def build(request: Request, *, now: datetime | None = None) -> Built:
    """Write the packages of a request into its folder, each with its manifest; nothing is ever overwritten.

    With an issue at error, or a warning when ``strict``, nothing is written. Raises :class:`UsageError` for what cannot
    be carried out, :class:`RunError` when writing fails; then nothing new is left in the folder.
    """
    now = now or datetime.now(UTC)
    folder = Path(request.folder)
    check_place(folder / "package.zip")
    today = now.astimezone(JST).date()
    day = request.day or today
    name = PackageName(library_code(request.library), day.isoformat().replace("-", ""), 0)
    next_serials(taken(folder, name.library, name.day), 1, first=request.serial)  # before gigabytes are read
    examined = _examined(request)
    kind = examined[0].kind
    suffix = request.suffix or kind.suffix
    issues = [*_named(name, day, today, kind, suffix), *_together(examined)]
    issues += [issue for source in examined for issue in source.issues]
    groups = _groups(examined, request.split)
    serials = next_serials(taken(folder, name.library, name.day), len(groups), first=request.serial)
    planned = [
        _planned(replace(name, serial=serial), group, suffix, kind, request.split, now, issues)
        for serial, group in zip(serials, groups, strict=True)
    ]
    refused = _worst(issues) >= (Severity.WARNING if request.strict else Severity.ERROR)
    written = not refused and not request.dry_run
    if written:
        write(folder, planned, day)
    return Built(tuple(one.manifest for one in planned), folder, tuple(issues), written, refused)


def _worst(issues: Sequence[Issue]) -> Severity:
    return max((catalogue().severity(issue) for issue in issues), default=Severity.NOTICE)


# ── What goes in ─────────────────────────────────────────────────────────────────────────────────


def _examined(request: Request) -> list[Examined]:
    paths = [Path(file) for file in request.files]
    if not paths:
        raise UsageError("no file to pack", "パッケージに入れるファイルがありません。")
    heads = [head_of(path) for path in paths]
    _no_path_twice(paths)
    kinds = [kind_named(request.format) if request.format else kind_of(head) for head in heads]
    other = next((number for number, kind in enumerate(kinds) if kind is not kinds[0]), None)
    if other is not None:
        raise UsageError(
            f"{paths[0]} looks like {kinds[0].en}, {paths[other]} like {kinds[other].en}; make a package for each "
            "format, or state --format",
            f"{paths[0]} は{kinds[0].ja}、{paths[other]} は{kinds[other].ja}のようです。"
            "形式ごとに別のパッケージにするか、--format を指定してください。",
        )
    cutter = knife(kinds[0], request.read, wanted=request.split.asked)
    return [examine(path, head, kinds[0], cutter, request.split) for path, head in zip(paths, heads, strict=True)]


def _no_path_twice(paths: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for path in paths:
        place = path.resolve()
        if place in seen:
            raise UsageError(
                f"{path} is named twice; every file goes in once",
                f"{path} が二度指定されています。一度だけ指定してください。",
            )
        seen.add(place)


def _named(name: PackageName, day: date, today: date, kind: Kind, suffix: str) -> Iterator[Issue]:
    """What is to be said of the names before there are any."""
    at = Location(f"updt{name.library}_{name.day}")
    if not has_digits(name.library):
        yield Issue("PKG-LIBRARY-DIGITS", at, value=name.library)
    elif not has_prefecture(name.library):
        yield Issue("PKG-LIBRARY-PREFECTURE", at, value=name.library)
    if day > today:
        yield Issue("PKG-DATE-FUTURE", at, value=day.isoformat(), slots={"today": today.isoformat()})
    if not (kind.suffix_known and suffix == kind.suffix):
        yield Issue("PKG-SUFFIX", at, value=suffix)


def _together(examined: Sequence[Examined]) -> Iterator[Issue]:
    """What is to be said of several files."""
    seen: dict[str, str] = {}
    for source in examined:
        if source.sha256 in seen:
            yield Issue("PKG-SOURCE-SAME", Location(source.name), value=seen[source.sha256])
        seen.setdefault(source.sha256, source.name)


Content = tuple[Piece, Examined]


def _groups(examined: Sequence[Examined], split: Split) -> list[list[Content]]:
    """The pieces that go into each package."""
    pieces = [(piece, source) for source in examined for piece in source.pieces]
    if split.into == "packages":
        return [[piece] for piece in pieces]
    if len(pieces) > MAX_SERIAL:
        raise UsageError(
            f"{len(pieces)} files for one package, but the serial has two digits: at most {MAX_SERIAL}; use larger "
            "pieces, --split-into packages, or several packages",
            f"一つのパッケージに {len(pieces)} ファイルになりますが、連番は 2 桁（{MAX_SERIAL} まで）です。"
            "分割を大きくするか、--split-into packages を使うか、パッケージを分けてください。",
        )
    return [pieces]


def _planned(
    name: PackageName,
    group: Sequence[Content],
    suffix: str,
    kind: Kind,
    split: Split,
    now: datetime,
    issues: Sequence[Issue],
) -> Planned:
    names = name.members(len(group), suffix)
    members = tuple((member, piece, source) for member, (piece, source) in zip(names, group, strict=True))
    made = package_manifest(name, members, kind=kind, split=split, started=now.astimezone(UTC), issues=issues)
    return Planned(name, members, made)
