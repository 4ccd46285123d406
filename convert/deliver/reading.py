"""Read a package back: what is in it, and where it departs from the rules and from its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.containers import Refused, archive_members
from convert.deliver.cutting import KINDS
from convert.deliver.manifest import load_manifest
from convert.deliver.names import MANIFEST, ZIP, MemberName, PackageName, has_digits, has_prefecture
from convert.deliver.zipping import Measure, blocks_of
from convert.errors import SourceFault, UsageError
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.packing import HEAD, packing_of
from convert.resources import shown
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SUFFIXES = {kind.suffix for kind in KINDS.values() if kind.suffix_known}


@dataclass(frozen=True, slots=True)
class PackageMember:
    """A file in a package. ``records``, ``first`` and ``last`` are those of the manifest, where it tells of it."""

    name: str
    size: int
    sha256: str
    records: int | None = None
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was read. ``name`` is None when it is not called as a package is; ``members`` are those that could
    be read, in its order.
    """

    path: Path
    name: PackageName | None
    size: int
    sha256: str
    members: tuple[PackageMember, ...]
    manifest: Mapping[str, Any] | None
    issues: tuple[Issue, ...]

    @property
    def conforms(self) -> bool:
        """Whether nothing at error was found."""
        return all(catalogue().severity(issue) < Severity.ERROR for issue in self.issues)


def read_package(path: str | Path) -> Package:
    """Read a package to its end. Raises :class:`UsageError` when there is no such file."""
    path = Path(path)
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder; name a package", f"{path} はフォルダです。パッケージを指定してください。"
        )
    source = Source.of(path, name=shown(path))
    if not source.seekable:
        raise UsageError(f"{path} is no regular file", f"{path} は通常のファイルではありません。")
    name = PackageName.parse(path.name)
    issues = list(_of_name(path, name, source.name))
    members, faults = _members(source)
    issues += faults
    readable = not any(catalogue().severity(issue) is Severity.FATAL for issue in faults)
    if readable:
        issues += _of_members(members, name, source.name)
    sha256 = source.digest()
    manifest, told = _manifest(path, source.name)
    issues += told
    if manifest is not None:
        issues += _against(manifest, sha256, members, source.name, readable=readable)
        members = [_with_records(member, manifest) for member in members]
    return Package(path, name, source.stored_size or 0, sha256, tuple(members), manifest, tuple(issues))


def _members(source: Source) -> tuple[list[PackageMember], list[Issue]]:
    """The members as far as they can be read, and the fault that stopped it."""
    with source.open_stored() as stream:
        head = stream.read(HEAD)
    if packing_of(head) != "zip":
        return [], [Issue("PKG-NOT-ZIP", Location(source.name))]
    found: list[PackageMember] = []
    try:
        for member in archive_members(source):
            short = member.name.removeprefix(f"{source.name}/")
            if short.endswith("/") and not isinstance(member, Refused):
                found.append(PackageMember(short, 0, Measure().sha256))
                continue
            measure = Measure()
            with member.open() as stream:
                for data in blocks_of(stream):
                    measure.add(data)
            found.append(PackageMember(short, measure.size, measure.sha256))
    except SourceFault as fault:
        return found, [_fatal(fault.issue)]
    return found, []


def _fatal(issue: Issue) -> Issue:
    return Issue(issue.code, issue.at, Severity.FATAL, value=issue.value, slots=issue.slots)


# ── Names ────────────────────────────────────────────────────────────────────────────────────────


def _of_name(path: Path, name: PackageName | None, shown_as: str) -> Iterator[Issue]:
    at = Location(shown_as)
    if name is None:
        yield Issue("PKG-NAME", at, value=path.name)
        return
    if name.date is None:
        yield Issue("PKG-NAME-DATE", at, value=name.day)
    if not has_digits(name.library):
        yield Issue("PKG-LIBRARY-DIGITS", at, value=name.library)
    elif not has_prefecture(name.library):
        yield Issue("PKG-LIBRARY-PREFECTURE", at, value=name.library)


def _of_members(members: Sequence[PackageMember], name: PackageName | None, archive: str) -> Iterator[Issue]:
    if not members:
        yield Issue("PKG-NO-MEMBER", Location(archive))
        return
    seen: set[str] = set()
    numbers: list[int | None] = []
    others: dict[str, None] = {}
    for member in members:
        at = Location(f"{archive}/{member.name}")
        if member.name in seen:
            yield Issue("PKG-MEMBER-TWICE", at, value=member.name)
        seen.add(member.name)
        if "/" in member.name or "\\" in member.name:
            yield Issue("PKG-MEMBER-PATH", at, value=member.name)
            continue
        if not member.size:
            yield Issue("PKG-MEMBER-EMPTY", at, value=member.name)
        parsed = MemberName.parse(member.name)
        if parsed is None:
            yield Issue("PKG-MEMBER-NAME", at, value=member.name)
            continue
        if name is not None and parsed.package != name:
            yield Issue("PKG-MEMBER-OTHER", at, value=member.name, slots={"wanted": name.stem})
        if parsed.suffix not in _SUFFIXES:
            others.setdefault(parsed.suffix)
        numbers.append(parsed.number)
    for suffix in others:
        yield Issue("PKG-SUFFIX", Location(archive), value=suffix)
    wanted = [None] if len(numbers) == 1 else list(range(1, len(numbers) + 1))
    if len(numbers) == len(members) and sorted(numbers, key=lambda number: number or 0) != wanted:
        found = ["—" if number is None else f"{number:02d}" for number in numbers]
        yield Issue("PKG-MEMBER-SERIAL", Location(archive), slots={"count": len(numbers), "found": found})


# ── The manifest ─────────────────────────────────────────────────────────────────────────────────


def _manifest(path: Path, archive: str) -> tuple[dict[str, Any] | None, list[Issue]]:
    place = path.with_name(path.name.removesuffix(ZIP) + MANIFEST)
    try:
        return load_manifest(place), []
    except ValueError:
        return None, [Issue("PKG-MANIFEST-UNREADABLE", Location(archive), value=shown(place))]


def _against(
    manifest: Mapping[str, Any], sha256: str, members: Sequence[PackageMember], archive: str, *, readable: bool
) -> Iterator[Issue]:
    at = Location(archive)
    if manifest["package"]["sha256"] != sha256:
        yield Issue("PKG-MANIFEST-DIFFERS", at, value=manifest["package"].get("name"))
    if not readable:
        return
    told = {str(entry["name"]): entry["sha256"] for entry in manifest["members"]}
    found = {member.name: member.sha256 for member in members}
    for name in dict.fromkeys([*told, *found]):
        if told.get(name) != found.get(name):
            yield Issue("PKG-MANIFEST-MEMBER", Location(f"{archive}/{name}"), value=name)


def _with_records(member: PackageMember, manifest: Mapping[str, Any]) -> PackageMember:
    for entry in manifest["members"]:
        if (entry["name"], entry["sha256"]) == (member.name, member.sha256):
            told = (entry.get("records"), entry.get("first"), entry.get("last"))
            return PackageMember(member.name, member.size, member.sha256, *told)
    return member
