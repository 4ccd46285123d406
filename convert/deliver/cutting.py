"""The seam by which files are cut into records: what a format must offer so that its files can be split and counted.

Without a cutter a file goes into a package as it is, nothing of its format being known.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Protocol, cast

from convert.errors import OptionError, UnknownName, UsageError
from convert.formats.base import Option, Options, parse_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convert.check.issue import Issue


@dataclass(frozen=True, slots=True)
class Cut:
    """One whole record: its bytes as they stand in the file, and its id where that can be told.

    ``key``: what the receiver knows it by, where that is not the id (the identifier of OAI-PMH). ``line`` (1-based) or
    ``byte`` (from 0) is where it starts. ``deleted``: it says that a record is gone. ``fault``: it is damaged, or there
    is nothing but damage; such a cut is no part of any file that is made. ``at``: the first byte of ``data`` in the
    file, for a lenient cutter. ``body`` gives the record as the format's reader has it, where the cutter can tell.
    """

    data: bytes
    id: str | None = None
    key: str | None = None
    line: int | None = None
    byte: int | None = None
    deleted: bool = False
    fault: Issue | None = None
    at: int = 0
    body: Callable[[], Any] | None = None


class Cutter(Protocol):
    """Cuts one stream into whole records, once, in the order of the file.

    ``head`` and ``tail`` are what stands before the first and behind the last record of every file that is made
    of some of them (empty where records simply follow each other); both are known once the cutter is made.
    ``head``, any run of records and ``tail`` together are a complete file. Where the stream cannot be cut, making
    or iterating the cutter raises :class:`SourceFault`; no record is lost in silence. A ``lenient`` cutter gives a cut
    with a ``fault`` for every damaged record instead, and goes on where that can be done. ``layouts`` are the layout
    tables records are cut by, as run manifests name them: ``name``, ``sha256``, ``confirmed``, ``source``. ``frame``:
    records of files with equal frames may stand in one file.
    """

    options: ClassVar[tuple[Option, ...]]
    head: bytes
    tail: bytes
    layouts: Sequence[Mapping[str, Any]]
    frame: object

    def __init__(self, stream: BinaryIO, name: str, options: Options, *, lenient: bool = False) -> None:
        """Read as far as the first record. ``name`` is what issues call the stream."""
        ...

    def __iter__(self) -> Iterator[Cut]: ...

    def leaving_out(self, names: Sequence[str]) -> Callable[[Cut], bytes]:
        """What gives the content of a record without some of its elements, for comparing, in any form that is always
        the same. Raises :class:`PathError` for a name that no record of the file can have.
        """
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that can be delivered.

    ``suffix``: what its files are called in a package; ``suffix_known`` False: inferred. ``cutter`` is the place of
    its :class:`Cutter`, ``needs`` the options without which it cannot cut.
    """

    name: str
    ja: str
    en: str
    suffix: str
    suffix_known: bool
    cutter: str | None = None
    needs: tuple[str, ...] = ()

    def load(self) -> type[Cutter] | None:
        """The cutter's class, where there is one."""
        if self.cutter is None:
            return None
        module, _, name = self.cutter.partition(":")
        return cast("type[Cutter]", getattr(importlib.import_module(module), name))


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "somoku",
            "総合目録共通フォーマット",
            "NDL union catalogue common format",
            ".dat",
            True,
            "convert.deliver.somoku:SomokuCutter",
            ("layout",),
        ),
        Kind("dcndl", "DC-NDL(RDF)", "DC-NDL(RDF)", ".rdf", False, "convert.deliver.dcndl:DcndlCutter"),
    )
}
"""What can be delivered over SFTP (known); the cutter of a kind is named here."""


def kind_named(name: str) -> Kind:
    """The kind with this name. Raises :class:`UnknownName`."""
    if name not in KINDS:
        raise UnknownName("format", name, sorted(KINDS))
    return KINDS[name]


def kind_of(head: bytes) -> Kind:
    """The kind that a file's first bytes show: XML is DC-NDL(RDF), everything else the common format."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
    return KINDS["dcndl" if start.startswith(b"<") or wide else "somoku"]


class Knife:
    """A kind's cutter with its options, ready to be put to streams."""

    def __init__(self, made: type[Cutter], options: Options) -> None:
        self._made, self._options = made, options

    def open(self, stream: BinaryIO, name: str, *, lenient: bool = False) -> Cutter:
        """The cutter of one stream. Raises :class:`SourceFault` when it cannot be cut."""
        return self._made(stream, name, self._options, lenient=lenient)


def knife(kind: Kind, given: Mapping[str, Any], *, wanted: bool) -> Knife | None:
    """The cutter of a kind; None when there is none or it lacks an option it needs, which is no fault unless records
    are ``wanted``. Raises :class:`UsageError`.
    """
    made = kind.load()
    if made is None:
        if given:
            raise UnknownName("option", next(iter(given)), [])
        if wanted:
            raise UsageError(
                f"files of the {kind.en} cannot be cut into records, and so not be split",
                f"{kind.ja}のファイルはレコードに分けられないため、分割できません。",
            )
        return None
    options = parse_options(made.options, given)
    missing = [name for name in kind.needs if options.get(name) is None]
    if not missing:
        return Knife(made, options)
    if wanted:
        raise OptionError(
            missing[0], None, f"is needed to cut files of {kind.en} into records (-r {missing[0]}=…)",
            f"{kind.ja}をレコードに分けるために必要です（-r {missing[0]}=…）",
        )  # fmt: skip
    return None
