"""Names of delivery packages and of the files in them.

Known, from NDL's page on SFTP (ゆにかねっと データ提供について): the package ``updtXXXX_YYYYMMDD_NN.zip`` of library
code, date and serial of that date; one file in it ``updtXXXX_YYYYMMDD_NN.dat``; several files take a further serial,
counted per package: ``updtXXXX_YYYYMMDD_NN_MM.dat``.

Inferred: that a library code has four digits (so in every code seen) of which the first two are a prefecture of
JIS X 0401; that update files are named like sample and full data; which suffix files of DC-NDL(RDF) take.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from convert.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_SERIAL = 99
"""Packages of one date, and files in one package: the serial has two digits."""
ZIP = ".zip"
MANIFEST = ".manifest.json"
"""What follows a package's name, without its ``.zip``, in the name of its manifest."""

_PACKAGE = re.compile(r"updt([0-9A-Za-z]{4})_([0-9]{8})_([0-9]{2})")
_MEMBER = re.compile(r"updt([0-9A-Za-z]{4})_([0-9]{8})_([0-9]{2})(?:_([0-9]{2}))?(\.[0-9A-Za-z]{1,10})")
_LIBRARY = re.compile(r"[0-9A-Za-z]{4}")
_DIGITS = re.compile(r"[0-9]{4}")
_SUFFIX = re.compile(r"\.[0-9A-Za-z]{1,10}")
_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_PREFECTURES = range(1, 48)


@dataclass(frozen=True, slots=True, order=True)
class PackageName:
    """The parts of a package's name. ``day`` is the date as eight digits: a name may hold one that no calendar has.

    >>> PackageName("9911", "20260105", 2).file
    'updt9911_20260105_02.zip'
    """

    library: str
    day: str
    serial: int

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return f"updt{self.library}_{self.day}_{self.serial:02d}"

    @property
    def file(self) -> str:
        """The name of the package."""
        return self.stem + ZIP

    @property
    def manifest(self) -> str:
        """The name of the manifest beside it, which is never delivered."""
        return self.stem + MANIFEST

    @property
    def date(self) -> date | None:
        """The date; None when the calendar has no such day.

        >>> PackageName("9911", "20260230", 1).date is None
        True
        """
        try:
            return date(int(self.day[:4]), int(self.day[4:6]), int(self.day[6:]))
        except ValueError:
            return None

    def members(self, count: int, suffix: str) -> list[MemberName]:
        """The names of ``count`` files: a single one has no serial of its own."""
        if count == 1:
            return [MemberName(self, None, suffix)]
        return [MemberName(self, number, suffix) for number in range(1, count + 1)]

    @classmethod
    def parse(cls, name: str) -> PackageName | None:
        """The parts of a package's file name; None when it is no such name.

        >>> PackageName.parse("updt0001_20240105_01.zip")
        PackageName(library='0001', day='20240105', serial=1)
        >>> PackageName.parse("updt0001_20240105_1.zip") is None
        True
        """
        return cls._parsed(name.removesuffix(ZIP)) if name.endswith(ZIP) else None

    @classmethod
    def _parsed(cls, stem: str) -> PackageName | None:
        found = _PACKAGE.fullmatch(stem)
        return cls(found[1], found[2], int(found[3])) if found is not None else None


@dataclass(frozen=True, slots=True, order=True)
class MemberName:
    """The parts of the name of a file in a package. ``number`` is None for the only file."""

    package: PackageName
    number: int | None
    suffix: str

    @property
    def file(self) -> str:
        """The name.

        >>> MemberName(PackageName("9911", "20260105", 2), 1, ".dat").file
        'updt9911_20260105_02_01.dat'
        """
        return self.package.stem + (f"_{self.number:02d}" if self.number is not None else "") + self.suffix

    @classmethod
    def parse(cls, name: str) -> MemberName | None:
        """The parts of a file's name; None when it is no such name.

        >>> MemberName.parse("updt0001_20240105_01_02.dat").number
        2
        """
        found = _MEMBER.fullmatch(name)
        if found is None:
            return None
        number = int(found[4]) if found[4] is not None else None
        return cls(PackageName(found[1], found[2], int(found[3])), number, found[5])


# ── What a person gives ──────────────────────────────────────────────────────────────────────────


def library_code(text: str) -> str:
    """A library code that can stand in a name: four ASCII letters or digits. Raises :class:`UsageError`."""
    if not _LIBRARY.fullmatch(text):
        raise UsageError(
            f"the library code '{text}' cannot stand in the name updtXXXX_YYYYMMDD_NN.zip; "
            "write four ASCII digits, such as 9911",
            f"図書館コード「{text}」はファイル名 updtXXXX_YYYYMMDD_NN.zip に入れられません。"
            "半角数字 4 桁（例 9911）で書いてください。",
        )
    return text


def has_digits(library: str) -> bool:
    """Whether a code is four digits, as every code seen is (inferred)."""
    return _DIGITS.fullmatch(library) is not None


def has_prefecture(library: str) -> bool:
    """Whether a code begins with a prefecture of JIS X 0401, 01 to 47, as every code seen does (inferred).

    >>> has_prefecture("1311"), has_prefecture("9911")
    (True, False)
    """
    return library[:2].isdigit() and int(library[:2]) in _PREFECTURES


def day_of(text: str) -> date:
    """The day written as ``2026-01-05`` or ``20260105``. Raises :class:`UsageError`."""
    found = _DATE.fullmatch(text)
    try:
        if found is not None:
            return date(*map(int, found.groups()))
    except ValueError:
        pass
    raise UsageError(
        f"'{text}' is no date; write it as 2026-01-05",
        f"「{text}」は日付ではありません。2026-01-05 のように書いてください。",
    )


def suffix_of(text: str) -> str:
    """A suffix for files in a package, with its dot. Raises :class:`UsageError`.

    >>> suffix_of("rdf")
    '.rdf'
    """
    suffix = text if text.startswith(".") else f".{text}"
    if not _SUFFIX.fullmatch(suffix):
        raise UsageError(
            f"'{text}' is no suffix; write it as .rdf",
            f"「{text}」は拡張子として使えません。.rdf のように書いてください。",
        )
    return suffix


# ── Serials ──────────────────────────────────────────────────────────────────────────────────────


def taken(folder: Path, library: str, day: str) -> set[int]:
    """The serials of one date that packages or manifests in a folder have; upper and lower case are the same there.

    A manifest counts alone: the package may have been delivered and removed.
    """
    if not folder.is_dir():
        return set()
    names = (path.name.lower() for path in folder.iterdir())
    stems = (name.removesuffix(end) for name in names for end in (ZIP, MANIFEST) if name.endswith(end))
    found = (PackageName._parsed(stem) for stem in stems)
    return {name.serial for name in found if name and (name.library, name.day) == (library.lower(), day)}


def next_serials(used: Iterable[int], count: int, *, first: int | None = None) -> list[int]:
    """The next ``count`` serials: above the highest used, or from ``first`` on. Raises :class:`UsageError`.

    >>> next_serials({1, 3}, 2)
    [4, 5]
    """
    used = set(used)
    start = first if first is not None else max(used, default=0) + 1
    wanted = list(range(start, start + count))
    if wanted[-1] > MAX_SERIAL:
        raise UsageError(
            f"serial {wanted[-1]} is needed, but names have two digits: at most {MAX_SERIAL} packages a date; "
            "use another date, another folder or larger pieces",
            f"連番 {wanted[-1]} が必要ですが、ファイル名の連番は 2 桁（1 日 {MAX_SERIAL} 個まで）です。"
            "日付か出力先を変えるか、分割を大きくしてください。",
        )
    clash = sorted(used & set(wanted))
    if clash:
        raise UsageError(
            f"serial {clash[0]:02d} is taken by a package or manifest in the folder, which is never overwritten; "
            "choose another or leave --serial out",
            f"連番 {clash[0]:02d} のパッケージかマニフェストが出力先にあります。上書きはしません。"
            "別の番号にするか、--serial を省いてください。",
        )
    return wanted
