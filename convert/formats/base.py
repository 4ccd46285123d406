"""The seam every format stands on: Format, Reader, Selector, Target, Writer, and declared options.

A format is a folder in ``convert/formats`` (or a plug-in's package) whose ``__init__`` defines ``FORMATS``, a
tuple of :class:`Format`. That module must be cheap to import: readers and targets are named as
``"module:Class"`` and loaded when used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol, TypeVar, runtime_checkable

from convert.errors import OptionError, UnknownName

if TYPE_CHECKING:
    from pathlib import Path

    from convert.check.dataset.columns import Column
    from convert.check.issue import Finding, Issue
    from convert.draft.model import Drafted, Request
    from convert.model import Changed, Location, Mapped, Record, Value
    from convert.source import Source

Options = Mapping[str, Any]
Coercer = Callable[[str], "Value | Changed"]
F = TypeVar("F", bound=Callable[..., Any])


def inlined(expression: str) -> Callable[[F], F]:
    """Give a coercer an expression over ``{x}`` for what is mostly true, ``{f}`` the function itself for the rest.

    Generated plans use the expression in place of the call; it must give just what the function gives.
    """

    def mark(function: F) -> F:
        function.__inline__ = expression  # type: ignore[attr-defined]
        return function

    return mark


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a format, typed. ``kind``: text, integer, boolean, size (``900MB``), choice, file or any.

    ``file`` names a file, in a mapping from the mapping's folder, or something shipped. ``any`` takes a nested YAML
    value as it is (a definition inline). ``check`` says what is wrong with a value, or None.
    """

    name: str
    kind: str = "text"
    default: Any = None
    choices: tuple[str, ...] = ()
    ja: str = ""
    en: str = ""
    check: Callable[[Any], str | None] | None = None

    def parse(self, value: Any) -> Any:
        """The typed value; raises :class:`OptionError` saying what would be right."""
        parsed = value if self.kind == "any" else _PARSERS[self.kind](self, value)
        problem = self.check(parsed) if self.check else None
        if problem:
            raise OptionError(self.name, str(value), problem, f"この設定に書くのは「{self.ja}」です")
        return parsed


MAX_DIGITS = 15
"""Digits of a number that an option takes."""


def _text(option: Option, value: Any) -> str:
    if not isinstance(value, str):
        raise OptionError(option.name, str(value), "expects one text", "文字を一つ書いてください")
    return value


def _integer(option: Option, value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise OptionError(option.name, text, "expects a whole number", "整数を書いてください")
    return int(text)


def _boolean(option: Option, value: Any) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    word = str(value).lower()
    if word not in words:
        raise OptionError(option.name, str(value), "expects true or false", "true か false を書いてください")
    return words[word]


def _choice(option: Option, value: Any) -> str:
    if value not in option.choices:
        known = ", ".join(option.choices)
        raise OptionError(option.name, str(value), f"expects one of {known}", f"{known} のどれかを書いてください")
    return str(value)


_SIZES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _size(option: Option, value: Any) -> int:
    text = str(value).strip()
    digits = text.rstrip("KMGIBkmgib")
    unit = text[len(digits) :].strip().upper()
    digits = digits.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS) or unit not in _SIZES:
        raise OptionError(option.name, text, "expects a size such as 900MB", "900MB のような大きさを書いてください")
    return int(digits) * _SIZES[unit]


_PARSERS: dict[str, Callable[[Option, Any], Any]] = {
    "text": _text,
    "file": _text,
    "integer": _integer,
    "boolean": _boolean,
    "choice": _choice,
    "size": _size,
}


def parse_options(declared: Sequence[Option], given: Options) -> dict[str, Any]:
    """All declared options with their given or default values. Raises :class:`OptionError`."""
    known = {option.name: option for option in declared}
    for name in given:
        if name not in known:
            raise UnknownName("option", name, sorted(known))
    return {name: option.parse(given[name]) if name in given else option.default for name, option in known.items()}


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its names and options, and where its reader and target live.

    ``nodes``: the source has nodes below the record, so ``each`` makes sense.
    ``vague``: its suffixes are used for much else, so that ``inspect`` looks at the bytes first.
    ``columns``: a source's columns are known before its records are read, so ``passthrough`` makes sense.
    ``drafter``: the class that drafts mappings to this format (``mokuroku mapping new --to``), where it has one.
    ``published``: the class that compares what is sent with what the receiver has published (``check --published``).
    ``roles``: what plays title, reading, description … to the checks of a whole delivery
    (:data:`convert.check.dataset.columns.ROLES`): names of targets, or of members of what is read. ``covers``: codes of
    such checks of which the format's own checks speak already.
    ``along``: its checks can also run while its records are converted (``checks: [NAME]`` of a mapping).
    ``reread``: readers of what ``reader`` does not read, by the option that it is written with
    (``serialization=turtle``): two deliveries are compared with them.
    ``shape``: what ``check --format`` needs to say when it only reads ("table", "records" …).
    """

    name: str
    ja: str
    en: str
    suffixes: tuple[str, ...] = ()
    reader: str | None = None
    target: str | None = None
    checker: str | None = None
    drafter: str | None = None
    published: str | None = None
    read_options: tuple[Option, ...] = ()
    write_options: tuple[Option, ...] = ()
    nodes: bool = False
    columns: bool = False
    vague: bool = False
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    covers: frozenset[str] = frozenset()
    along: bool = False
    reread: Mapping[str, str] = field(default_factory=dict)

    @property
    def takes_namespaces(self) -> bool:
        """Whether the reader has the option ``namespaces``, to which those of the mapping are added."""
        return any(option.name == "namespaces" for option in self.read_options)

    def load_reader(self) -> type[Reader]:
        """The reader class; raises :class:`UnknownName` when the format is not a source.

        Readers need know nothing of compressed files: what these break with is told for them.
        """
        from convert.formats.guard import guard  # noqa: PLC0415 - needs the issues, which formats' tables do not

        return guard(self._load(self.reader, "source format"))

    def load_target(self) -> type[Target]:
        """The target class; raises :class:`UnknownName` when the format is not a target."""
        return self._load(self.target, "target format")  # type: ignore[no-any-return]

    def load_checker(self) -> type[Checker] | None:
        """The class that checks files already in this format, where the format has one."""
        return self._load(self.checker, "checked format") if self.checker else None

    def load_drafter(self) -> type[Drafter]:
        """The class that drafts mappings to this format; raises :class:`UnknownName` when it has none."""
        return self._load(self.drafter, "drafted format")  # type: ignore[no-any-return]

    def load_published(self) -> type[Any]:
        """The class that compares with what is published; raises :class:`UnknownName` when the format has none."""
        return self._load(self.published, "format of which --published knows")  # type: ignore[no-any-return]

    def _load(self, name: str | None, kind: str) -> Any:
        if name is None:
            raise UnknownName(kind, self.name, [])
        module, _, attribute = name.partition(":")
        return getattr(importlib.import_module(module), attribute)


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one source that can be read on its own: bytes ``start`` to ``end``.

    ``lines`` text lines stand before it, where its reader does not count them itself. The first part of a source
    starts at its head.
    """

    start: int = 0
    end: int | None = None
    lines: int = 0


def places_to_cut(size: int, count: int) -> list[int]:
    """Where ``size`` bytes are cut into ``count`` parts, each shorter than the one before: the last ones are read while
    nobody waits long for them, and workers end at about the same time.

    >>> places_to_cut(1000, 4)
    [400, 700, 900]
    """
    whole = count * (count + 1) // 2
    return [size * sum(range(count, count - number, -1)) // whole for number in range(1, count)]


class Selector(Protocol):
    """One path of a source, ready to be followed.

    ``index`` is the position in a row body, for sources whose bodies are rows; ``key`` the member of a dict body
    whose value is mostly a text: the compiled plan then reads ``body[index]`` or ``body.get(key)``. A selector
    may do without ``key``; with neither, ``values`` is called. ``many`` True (it may be missing) says that the path
    is written for many values; a template then repeats no single one.
    """

    path: str

    @property
    def index(self) -> int | None:
        """The cell of a row body."""
        ...

    def values(self, body: Any) -> list[Any]:
        """Every text at the path, in order, blanks included. A member that is not a str is no text (an object)."""
        ...

    def nodes(self, body: Any) -> list[Any]:
        """Every node at the path, for ``each``; bodies for :meth:`inner` selectors."""
        ...

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """Where the value stands. ``within``: the place of the node the path starts from, inside ``each``."""
        ...


@runtime_checkable
class Reader(Protocol):
    """Iterate the records of one source. Made with the source open at its head.

    Faults of the head (encoding, header row) are ``head_issues``; if one is fatal nothing is read. Broken
    records are yielded without a body; reading goes on. ``ordinal`` and ``row`` count from this part's start. So does
    ``line`` where a reader counts ``lines`` beside its ``rows`` (it may do without); else from ``Part.lines``.
    """

    head_issues: list[Issue]
    columns: tuple[str, ...] | None
    clean_end: bool
    rows: int

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None: ...

    @classmethod
    def check_path(cls, path: str) -> None:
        """Raise :class:`PathError` when no source of this format could have such a path."""
        ...

    @classmethod
    def plan_parts(cls, source: Source, options: Options, count: int) -> Iterable[Part]:
        """Up to ``count`` parts covering the source, in order; one part when it cannot be cut. They may come as they
        are found: the first ones run while the rest of the source is looked through.

        A part may turn out to start inside a record (a stray quote); then the part before it ends with
        ``clean_end`` False, and the run reads both again as one.
        """
        ...

    def selector(self, path: str, *, inner: bool = False) -> Selector:
        """Follow ``path`` from the record (``inner``: from a node). Raises :class:`PathError`."""
        ...

    def __iter__(self) -> Iterator[Record]: ...


@runtime_checkable
class Walker(Protocol):
    """What a reader offers ``inspect`` and the drafting of mappings. A reader may do without it."""

    def walk(self, body: Any) -> Iterator[tuple[str, str]]:
        """Every text of a record's body with its path, as a mapping would write it, in document order.

        Blanks are included; repeated nodes share a path (``creators[].name``).
        """
        ...


@runtime_checkable
class Headed(Protocol):
    """What a reader of tables offers ``inspect``, to find the headers below a title. A reader may do without it.

    Its format has the options ``header_row`` and ``header_rows``.
    """

    def head_rows(self, count: int) -> list[list[str]]:
        """The first ``count`` rows as they stand, empty ones too."""
        ...


@dataclass(frozen=True, slots=True)
class Delimited:
    """How the rows of a table stand in text: by RFC 4180, with another ``delimiter`` maybe.

    ``width``: cells of a row. Records begin below ``lines`` lines, which are ``rows`` rows. The line ends and quotes of
    the ``encoding`` can be found among the bytes.
    """

    encoding: str
    delimiter: str
    width: int
    lines: int
    rows: int


@runtime_checkable
class Delimiting(Protocol):
    """What a reader has whose rows can be cut among the bytes. A reader may do without it."""

    @property
    def delimited(self) -> Delimited | None:
        """How rows stand in the text; None where they cannot be cut."""
        ...


@runtime_checkable
class Namespaced(Protocol):
    """What a reader class has whose paths use prefixes. A reader may do without it."""

    @classmethod
    def check_names(cls, path: str, namespaces: Mapping[str, str]) -> None:
        """Raise :class:`PathError` for a prefix that is not in ``namespaces``."""
        ...


@runtime_checkable
class LaidOut(Protocol):
    """A reader or target that goes by a layout, which the run manifest names."""

    @property
    def laid_out(self) -> dict[str, Any]:
        """``name``, ``sha256``, ``confirmed`` and ``source`` of the layout."""
        ...


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class TargetRule:
    """What a target needs to know about one rule of a mapping: its name, labels and the reading it carries.

    ``where`` is its place in the mapping file; ``yomi`` is True when the rule gives readings;
    ``objects`` when it gives objects, and ``members`` are the names of theirs; ``lang`` and ``type`` as written.
    """

    name: str
    number: int
    where: Location
    labels: tuple[str, ...] = ()
    yomi: bool = False
    objects: bool = False
    required: bool = False
    lang: str | None = None
    type: str | None = None
    passthrough: bool = False
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetFault:
    """What a target says about one rule, or (``rule`` None) about the mapping or its own options."""

    code: str
    rule: int | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    suggestion: str | None = None


class Target(Protocol):
    """One target format, made for one mapping. Picklable work only: shards make their own from the same parts.

    ``base`` is the folder that relative file options are looked up from.
    """

    faults: list[TargetFault]

    def __init__(self, options: Options, rules: Sequence[TargetRule], *, base: Path | None) -> None:
        """Check names, labels and definition against the model; all findings go to ``faults``."""
        ...

    def coercer(self, rule: TargetRule) -> Coercer | None:
        """Turn text into the value the receiver stores, for one rule; None: text stays text.

        The coercer answers :class:`Changed` when it cannot keep the value as it is. It must be pure.
        """
        ...

    def identity(self, record_id: str) -> str:
        """The id under which the receiver will keep the record."""
        ...

    def assemble(self, mapped: Mapped) -> tuple[Any, list[Finding]]:
        """The document to write, and what the receiver would refuse, change or lose in it."""
        ...

    def encode(self, document: Any) -> bytes:
        """The document as bytes, ready to stand between others in the container."""
        ...

    def container(self) -> Container:
        """What stands around and between the documents of one file."""
        ...

    def companions(self) -> Iterable[Companion]:
        """Files that belong beside the output (a label definition …)."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a document, and how the values of its targets become it.

    ``take``: ``one`` value (several need a word, so the record goes the usual way), ``all`` as an array, ``plain``: one
    value alone or several as an array. ``given`` stands where there is no value; None: the member is left out.
    ``known``: any other value needs a word. ``make`` turns the value into what is written; None: it needs a word.
    ``members``: an object instead. ``identity``: the record's id as the receiver keeps it.
    """

    key: str
    targets: tuple[str, ...] = ()
    take: Literal["one", "all", "plain"] = "plain"
    given: Any = None
    known: frozenset[Any] | None = None
    make: Callable[[Any], Any] | None = None
    members: tuple[Member, ...] = ()
    identity: bool = False


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The document of a record about which a target has nothing to say, as :meth:`Target.assemble` would make it.

    ``clean`` looks at such a document (record id, id as the receiver keeps it, document): False sends the record the
    usual way, through :meth:`Target.assemble`, which knows what to say.
    """

    members: tuple[Member, ...]
    clean: Callable[[str, str, dict[str, Any]], bool]


@runtime_checkable
class Deleting(Protocol):
    """A target whose files can tell that a record is gone."""

    def deletion(self, record_id: str) -> bytes | None:
        """What tells it, ready to stand between documents; None where this mapping's files cannot."""
        ...


@runtime_checkable
class Columned(Protocol):
    """A target that can say where in its documents the values of its targets stand. A target may do without it."""

    def surveyed(self) -> Sequence[Column] | None:
        """What the checks of a whole delivery look at. None, or columns without ``way`` that only tell their roles: a
        record's mapped values have to do.
        """
        ...


@runtime_checkable
class Blueprinted(Protocol):
    """A target that can say beforehand how its documents are put together; plans then write them in one go."""

    def blueprint(self) -> Blueprint | None:
        """The blueprint; None when the mapping asks for more than one can say."""
        ...


@dataclass(frozen=True, slots=True)
class Container:
    """A file of documents: ``head``, then documents joined by ``between``, then ``tail``.

    ``limit``: no file of the output grows beyond so many bytes; None: one file whatever its size. ``most``: no file
    has more documents. ``pack(plain, packed)`` turns a finished file into what is delivered (a zip of several parts);
    ``limit`` counts before it.
    """

    head: bytes = b""
    between: bytes = b""
    tail: bytes = b""
    limit: int | None = None
    most: int | None = None
    pack: Callable[[BinaryIO, BinaryIO], None] | None = None


@dataclass(frozen=True, slots=True)
class Companion:
    """A small file beside the output: its name is the output's name plus ``suffix``."""

    suffix: str
    content: bytes


class Drafter(Protocol):
    """Drafts the part of a mapping that a target decides (``mokuroku mapping new --to``)."""

    def draft(self, request: Request) -> Drafted:
        """The target's options, the lookups, the record's id and the fields, each with its reason."""
        ...


class Checker(Protocol):
    """Checks records that already are in a format (``mokuroku check --format``)."""

    def __init__(self, options: Options, *, base: Path | None) -> None: ...

    def check(self, record: Record) -> tuple[str | None, str | None, list[Finding]]:
        """The record's id, its identity for the duplicate check, and the findings.

        A finding's ``target`` is a path in the record.
        """
        ...

    def locate(self, record: Record, finding: Finding) -> Location:
        """Where in the file a finding stands."""
        ...


@runtime_checkable
class Resuming(Protocol):
    """A checker that says something once for each file. A checker may do without it."""

    def resume(self) -> None:
        """Told that the records come from the middle of a file: what is said once was said by somebody else."""
        ...


@runtime_checkable
class Gatherer(Protocol):
    """A checker that has something to say of all records together, from all inputs. A checker may do without it."""

    def gather(self, folder: Path) -> None:
        """Keep in ``folder``, which goes when the run ends, what is needed; asked before the first record."""
        ...

    def together(self) -> Iterator[Issue]:
        """What is to be said, once all records were checked."""
        ...
