"""Inputs that hold several sources: zip archives, folders, patterns of file names.

A member of an archive is read where it is, nothing is unpacked to disk; its name is ``archive.zip/member.csv``, which
is also how one member is named as input. What is left out of a folder or archive is said in a notice.
"""

from __future__ import annotations

import glob
import importlib
import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from convert.check.issue import Issue, Severity
from convert.errors import SourceFault, UsageError, reason_in_japanese
from convert.model import Location
from convert.packing import HEAD, SUFFIXES, Stretch, Unpacked, foreign_archive, is_document, packing_of
from convert.registry import formats
from convert.source import Source
from convert.store.base import need
from convert.store.place import is_store

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Sequence

    from convert.formats.base import Format

MAX_MEMBERS = 10_000
"""Files in one archive."""
MAX_DIRECTORY = 16 * 2**20
"""Bytes that the list of an archive's members may take."""
FREE = 100 * 2**20
RATIO = 200
"""An archive whose members come to more than ``FREE`` bytes and ``RATIO`` times its own size is refused."""

_METHODS = {0: "stored", 8: "deflate", 12: "bzip2"}
_LEFT_OUT = 5  # names that a notice shows
_MANIFEST = ".manifest.json"
_CLUTTER = ("thumbs.db", "desktop.ini", "__macosx")
_ARCHIVES = (*SUFFIXES, ".zip", ".7z", ".rar", ".lzh", ".tar", ".tgz", ".cab", ".z")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]|^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)")
_HEADER = 30  # bytes before a member's name
_SLASH = re.compile(r"[/\\]")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")


# ── Sources ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member's bytes are in its archive, and what they must become."""

    name: str
    offset: int
    stored: int
    size: int
    crc: int
    kind: str


class Member(Source):
    """A member of a zip archive. ``digest`` and ``stored_size`` are those of the archive."""

    opaque = True

    def __init__(self, archive: Source, place: Place, name: str) -> None:
        self._archive, self._place = archive, place
        super().__init__(name, path=archive.path)

    def _measure(self) -> tuple[bool, int | None]:
        return self._archive.seekable, self._archive.stored_size

    def _packing(self) -> str:
        return "zip"

    @property
    def key(self) -> str:
        """The archive and the member."""
        return f"{self._archive.key}/{self._place.name}"

    @property
    def picklable(self) -> bool:
        """As the archive."""
        return self._archive.picklable

    def __reduce__(self) -> tuple[Any, ...]:
        return Member, (self._archive, self._place, self.name)

    def open(self) -> BinaryIO:
        """Open the member's bytes, unpacked. Raises :class:`SourceFault` when they are not where they should be."""
        place, stream = self._place, self._archive.open_stored()
        header = b""
        if 0 <= place.offset < (self._archive.stored_size or 0):
            stream.seek(place.offset)
            header = stream.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(b"PK\x03\x04"):
            stream.close()
            raise SourceFault(Issue("SRC-PACKED-BROKEN", Location(self.name), slots={"bytes": 0}))
        stream.seek(place.offset + _HEADER + sum(struct.unpack("<HH", header[26:])))
        stretch: Any = Stretch(stream, place.stored)
        unpacked: Any = Unpacked(stretch, place.kind, self.name, crc=place.crc, size=place.size)
        return unpacked  # type: ignore[no-any-return]

    def digest(self) -> str:
        """SHA-256 in hex of the archive."""
        return _digest(self._archive)


@lru_cache(maxsize=8)
def _digest(archive: Source) -> str:
    return archive.digest()


class Refused(Source):
    """Something that cannot be read: opening it raises the fault that says why."""

    opaque = True

    def __init__(self, archive: Source, issue: Issue) -> None:
        self._archive, self._issue = archive, issue
        super().__init__(issue.at.source, path=archive.path)

    def _measure(self) -> tuple[bool, int | None]:
        return self._archive.seekable, self._archive.stored_size

    def _packing(self) -> str:
        return "zip"

    @property
    def picklable(self) -> bool:
        """As the archive."""
        return self._archive.picklable

    def __reduce__(self) -> tuple[Any, ...]:
        return Refused, (self._archive, self._issue)

    def open(self) -> BinaryIO:
        """Raise the fault."""
        raise SourceFault(self._issue)

    def digest(self) -> str:
        """SHA-256 in hex of the archive."""
        return _digest(self._archive)


# ── What an input stands for ─────────────────────────────────────────────────────────────────────


def sources(what: Any, kind: Format | None = None) -> list[Source]:
    """The sources that one input stands for, in order: a file, the members of an archive, a folder's files …

    ``kind``: the format they will be read in; by its suffixes the files of folders and archives are chosen.
    Raises :class:`UsageError` when there is nothing to read.
    """
    if isinstance(what, Source):
        return [what] if what.opaque else _opened(what, kind)
    if is_store(what):
        shared: list[Source] = _stored().shared_out(str(what))
        return shared
    if not isinstance(what, (str, Path)) or what == "-":
        return _opened(Source.of(what), kind)
    if not str(what):
        raise UsageError("the name of an input is empty", "入力の名前が空です。")
    path = Path(what)
    try:
        if path.is_dir():
            return _folder(path, kind)
        if path.exists():
            return _opened(Source.of(path, name=str(what)), kind)
    except (OSError, ValueError) as error:
        ja = f"{what}：読めません（{reason_in_japanese(error)}）。"
        raise UsageError(f"{what}: cannot be read ({error})", ja) from error
    inside = _inside(path, kind)
    if inside is not None:
        return [inside]
    if glob.has_magic(str(what)):
        return _matching(str(what), kind)
    return [Source.of(what)]


def one_source(what: Any, kind: Format | None = None) -> Source:
    """The one source that an input stands for. Raises :class:`UsageError` when it stands for several."""
    found = [_stored().whole(str(what))] if is_store(what) else sources(what, kind)
    if len(found) > 1:
        names = ", ".join(source.name for source in found[:_LEFT_OUT])
        names += " …" if found[_LEFT_OUT:] else ""
        raise UsageError(
            f"{what}: holds {len(found)} files; name one of them ({names})",
            f"{what} には {len(found)} 個のファイルがあります。どれか一つを指定してください（{names}）。",
        )
    return found[0]


def _stored() -> Any:
    """Stores as sources: they need SQLAlchemy, which other inputs do without."""
    need("sqlalchemy", "SQLAlchemy", "store")
    return importlib.import_module("convert.store.source")


def _opened(source: Source, kind: Format | None) -> list[Source]:
    """The source, or the members of the archive that it is."""
    if not source.seekable:
        return [source]
    with source.open_stored() as stream:
        head = stream.read(HEAD)
    foreign = foreign_archive(head)
    if foreign:
        return [_refused(source, "SRC-ARCHIVE", source.name, {"kind": foreign})]
    if packing_of(head) != "zip" or is_document(head):
        return [source]
    return _members(source, kind)


def _folder(path: Path, kind: Format | None) -> list[Source]:
    shown = sorted(item for item in path.iterdir() if not _is_clutter(item.name))
    chosen = [item for item in shown if item.is_file() and _belongs(item.name, kind, (*SUFFIXES, ".zip"))]
    left = [item.name + ("/" if item.is_dir() else "") for item in shown if item not in chosen]
    return _several(str(path), chosen, left, kind)


def _matching(pattern: str, kind: Format | None) -> list[Source]:
    found = sorted(Path(name) for name in glob.glob(pattern, recursive=True))  # noqa: PTH207 - patterns may be absolute
    files = [path for path in found if path.is_file()]
    chosen = [path for path in files if not path.name.endswith(_MANIFEST)]
    left = [path.name for path in files if path not in chosen]
    return _several(pattern, chosen, left, kind)


def _several(name: str, chosen: Sequence[Path], left: list[str], kind: Format | None) -> list[Source]:
    if not chosen:
        wanted = " ".join(kind.suffixes) if kind else ""
        found = f"{', '.join(left[:_LEFT_OUT])}{' …' if left[_LEFT_OUT:] else ''}"
        raise _nothing(f"{name}: no file to read", f"{name}：読めるファイルがありません", wanted, found)
    made = [source for path in chosen for source in _opened(Source.of(path), kind)]
    _tell_left_out(made, name, left)
    return made


def _nothing(en: str, ja: str, wanted: str, found: str) -> UsageError:
    """There is no file that ends as ``wanted``; ``found`` is what there is."""
    en += (f" ({wanted})" if wanted else "") + (f"; found: {found}" if found else "")
    ja += (f"（{wanted}）" if wanted else "") + "。" + (f"あるもの：{found}" if found else "")
    return UsageError(en, ja)


def _tell_left_out(made: list[Source], name: str, left: list[str]) -> None:
    if not left:
        return
    names = ", ".join(left[:_LEFT_OUT]) + (" …" if left[_LEFT_OUT:] else "")
    issue = Issue("SRC-LEFT-OUT", Location(name), value=names, slots={"count": len(left)})
    made[0].issues = (*made[0].issues, issue)


def _is_clutter(name: str) -> bool:
    return (name.startswith(".") and name.strip(".") != "") or name.lower() in _CLUTTER


def _belongs(name: str, kind: Format | None, packed: Sequence[str] = ()) -> bool:
    """Whether a file's name says that it is of the format, compressed or not."""
    low = name.lower()
    if low.endswith(_MANIFEST):
        return False
    suffixes = kind.suffixes if kind is not None else tuple(s for item in formats().values() for s in item.suffixes)
    if not suffixes:
        return True
    if low.endswith(".zip") and ".zip" in packed:
        return True
    suffix = next((suffix for suffix in packed if low.endswith(suffix)), "")
    return low.removesuffix(suffix).endswith(suffixes)


def _inside(path: Path, kind: Format | None) -> Source | None:
    """The member that a path such as ``archive.zip/member.csv`` names."""
    for archive in path.parents:
        if archive.is_file():
            name = path.relative_to(archive).as_posix()
            found = _opened(Source.of(archive), None)
            known = {source.name.removeprefix(f"{archive}/"): source for source in found}
            refused = [source for source in found if isinstance(source, Refused)]
            return known.get(name) or (refused[0] if refused else None)
    return None


# ── Zip archives ─────────────────────────────────────────────────────────────────────────────────


def _members(archive: Source, kind: Format | None) -> list[Source]:
    try:
        listed = _listed(archive)
    except SourceFault as fault:
        return [Refused(archive, fault.issue)]
    if listed is None:
        return [archive]
    for info, name in listed:
        problem = _problem(info, name, archive)
        if problem is not None:
            return [problem]
    chosen = [item for item in listed if _belongs(item[1], kind)] if len(listed) > 1 else listed
    left = [name for info, name in listed if (info, name) not in chosen]
    if not chosen:
        names, wanted = ", ".join(left[:_LEFT_OUT]), " ".join(kind.suffixes) if kind else ""
        ja = f"{archive.name}：中に読めるファイルがありません"
        raise _nothing(f"{archive.name}: no file to read in it", ja, wanted, names)
    made: list[Source] = [Member(archive, _place(info), f"{archive.name}/{name}") for info, name in chosen]
    _tell_left_out(made, archive.name, left)
    return made


def archive_members(archive: Source) -> list[Source]:
    """All that an archive lists, in its order and whatever it is called; the source's name is ``archive.zip/member``.

    A member that cannot be read is alone and says why when it is opened. Raises :class:`SourceFault` when the archive
    cannot be read.
    """
    listed = _listed(archive, everything=True) or []
    problems = (_problem(info, name, archive) for info, name in listed)
    problem = next((found for found in problems if found is not None), None)
    if problem is not None:
        return [problem]
    return [Member(archive, _place(info), f"{archive.name}/{name}") for info, name in listed]


def _place(info: zipfile.ZipInfo) -> Place:
    return Place(
        info.filename, info.header_offset, info.compress_size, info.file_size, info.CRC, _METHODS[info.compress_type]
    )


def _listed(archive: Source, *, everything: bool = False) -> list[tuple[zipfile.ZipInfo, str]] | None:
    """The files in an archive with their names, by name; None when it is the file of a program after all.

    With ``everything`` what an archive lists, as it lists it. Raises :class:`SourceFault` for a list that cannot be
    read or is too long.
    """
    import zipfile  # noqa: PLC0415 - slow to import, and most inputs are no archives

    try:
        with archive.open_stored() as stream:
            directory = _directory_size(stream)
            if directory > MAX_DIRECTORY:
                raise _fault(archive, "SRC-ZIP-MEMBERS", {"limit": MAX_MEMBERS})
            stream.seek(0)
            with zipfile.ZipFile(stream) as opened:
                infos = opened.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error, EOFError) as error:
        raise _fault(archive, "SRC-PACKED-BROKEN", {"bytes": 0}) from error
    if not everything and any(info.filename == "[Content_Types].xml" for info in infos):
        return None
    files = [(info, _name(info)) for info in infos]
    if not everything:
        files = [item for item in files if not item[0].filename.endswith("/")]
        files = [item for item in files if not any(map(_is_clutter, _SLASH.split(item[1])))]
    if len(files) > MAX_MEMBERS:
        raise _fault(archive, "SRC-ZIP-MEMBERS", {"limit": MAX_MEMBERS})
    total = sum(info.file_size for info, _ in files)
    if total > FREE and total > RATIO * (archive.stored_size or 1):
        ratio = total // (archive.stored_size or 1)
        raise _fault(archive, "SRC-PACKED-BOMB", {"ratio": ratio, "bytes": total})
    return files if everything else _unlike(sorted(files, key=lambda item: item[1]))


def _unlike(files: list[tuple[zipfile.ZipInfo, str]]) -> list[tuple[zipfile.ZipInfo, str]]:
    """No two files under one name."""
    seen: dict[str, int] = {}
    told = []
    for info, name in files:
        seen[name] = seen.get(name, 0) + 1
        told.append((info, name if seen[name] == 1 else f"{name}#{seen[name]}"))
    return told


def _directory_size(stream: BinaryIO) -> int:
    """Bytes of the list of members, as the end of an archive says (APPNOTE 4.3.14 and 4.3.16)."""
    size = stream.seek(0, 2)
    start = max(0, size - 0xFFFF - _END.size)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise ValueError("no end of the list of members")
    found: int = _END.unpack_from(tail, at)[5]
    if found != 0xFFFFFFFF:
        return found
    at64 = tail.rfind(b"PK\x06\x06", 0, at)
    if at64 < 0:
        raise ValueError("no 64-bit end of the list of members")
    found64: int = _END64.unpack_from(tail, at64)[8]
    return found64


def _name(info: zipfile.ZipInfo) -> str:
    """The name of a member; without the flag for UTF-8 it is UTF-8 or, as Windows writes it in Japan, cp932."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _problem(info: zipfile.ZipInfo, name: str, archive: Source) -> Source | None:
    """What keeps a member from being read, as a source that says so."""
    if _UNSAFE.search(name):
        return _refused(archive, "SRC-ZIP-NAME", archive.name, value=name)
    shown = f"{archive.name}/{name}"
    if info.flag_bits & 1:
        return _refused(archive, "SRC-ZIP-ENCRYPTED", shown)
    suffix = next((suffix for suffix in _ARCHIVES if name.lower().endswith(suffix)), None)
    if suffix is not None:
        return _refused(archive, "SRC-PACKED-NESTED", shown, {"kind": suffix.removeprefix("."), "bytes": 0})
    if info.compress_type not in _METHODS:
        return _refused(archive, "SRC-ZIP-METHOD", shown, {"method": info.compress_type})
    return None


def _refused(
    archive: Source, code: str, name: str, slots: dict[str, Any] | None = None, value: str | None = None
) -> Refused:
    return Refused(archive, Issue(code, Location(name), Severity.FATAL, value=value, slots=slots or {}))


def _fault(archive: Source, code: str, slots: dict[str, Any]) -> SourceFault:
    return SourceFault(Issue(code, Location(archive.name), slots=slots))
