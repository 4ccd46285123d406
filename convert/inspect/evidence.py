"""The evidence of a source's bytes: byte order mark, encodings that fit, line ends, delimiters, quotes.

All is judged on the first :data:`LOOKED_AT` bytes; :attr:`Evidence.whole` says whether that is the whole source.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.source import Source

LOOKED_AT: Final = 4 * 2**20
"""Bytes that are looked at."""
_SAMPLE: Final = 256 * 1024  # characters of the text that delimiters are looked for in
_ROWS: Final = 300
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CANDIDATES: Final = ("utf-8", "cp932", "euc_jp", "iso2022_jp")
_ISO2022: Final = re.compile(rb"\x1b(?:\$[@B]|\([BJI])")
DELIMITERS: Final = (",", "\t", ";", "|")
_MAGIC: Final = (
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"SQLite format 3", "sqlite"),
)
_COMMON: Final = re.compile("[\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff、。「」・（）！？～　０-９Ａ-Ｚａ-ｚ]")
_ODD: Final = re.compile(
    "[\uff61-\uff9f\ue000-\uf8ff\x80-\x9f\ufffd\u0370-\u04ff]|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]"
)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one encoding decodes what was looked at.

    ``errors`` counts what cannot be decoded, ``line`` is the line of the first; ``japanese`` and ``odd`` are the
    shares (0 to 1) of its non-ASCII characters that are usual in Japanese text, and that hardly ever are.
    """

    encoding: str
    errors: int
    line: int | None
    japanese: float
    odd: float

    @property
    def fits(self) -> bool:
        """Everything looked at can be decoded."""
        return self.errors == 0


@dataclass(frozen=True, slots=True)
class Delimited:
    """How well one delimiter cuts the text: rows with the usual number of cells, of the rows looked at."""

    delimiter: str
    cells: int
    rows: int
    of: int


@dataclass(frozen=True, slots=True)
class Quotes:
    """How cells are quoted: cells in quotes, cells in all, doubled quotes, backslashes before a quote."""

    quoted: int
    cells: int
    doubled: int
    escaped: int

    @property
    def habit(self) -> str:
        """All, none or some of the cells are quoted."""
        return "none" if not self.quoted else "all" if self.quoted >= self.cells * 0.98 else "some"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the bytes show. ``encoding`` is the one the evidence speaks for, ``certain`` False where it is a guess.

    ``magic``: the bytes are no text but a zip, gzip, pdf … file. ``shape``: table, json-lines, json, xml or text.
    ``ends``: how often CRLF, LF and CR end a line. ``root``: the name of the outermost XML element; ``names``: of the
    elements that begin in the head of the file, without their prefixes.
    ``namespaces``: those declared near the head, in XML that is packed as text too.
    """

    size: int | None
    looked_at: int
    whole: bool
    bom: str | None
    magic: str | None
    encoding: str | None
    certain: bool
    fits: tuple[Fit, ...]
    ends: tuple[tuple[str, int], ...]
    last_line_open: bool
    nul: int
    shape: str
    root: str | None
    namespaces: tuple[str, ...]
    delimiters: tuple[Delimited, ...]
    quotes: Quotes | None
    ascii: bool
    names: frozenset[str] = frozenset()

    @property
    def delimiter(self) -> str | None:
        """The delimiter that the evidence speaks for."""
        return self.delimiters[0].delimiter if self.delimiters else None


def look(source: Source) -> Evidence:
    """Read the head of a source, which must be one that can be opened again."""
    with source.open() as stream:
        data = stream.read(LOOKED_AT + 1)
    whole = len(data) <= LOOKED_AT
    data = data[:LOOKED_AT]
    bom = next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), None)
    magic = None if bom else next((name for sign, name in _MAGIC if data.startswith(sign)), None)
    fits = () if magic else _fits(data, bom, whole=whole)
    encoding, certain = _best(data, bom[1] if bom else None, fits)
    text = _decoded(data, encoding, bom) if encoding else ""
    shape, root = _shape(text)
    delimiters = _delimiters(text, whole=whole) if shape in ("table", "text") else ()
    return Evidence(
        size=source.size,
        looked_at=len(data),
        whole=whole,
        bom=bom[1] if bom else None,
        magic=magic,
        encoding=encoding,
        certain=certain,
        fits=fits,
        ends=_ends(text),
        last_line_open=bool(text) and whole and text[-1] not in "\r\n",
        nul=text.count("\0"),
        shape="table" if delimiters else shape if shape != "table" else "text",
        root=root,
        namespaces=_namespaces(text) if shape == "xml" else (),
        delimiters=delimiters,
        quotes=_quotes(text, delimiters[0].delimiter) if delimiters else None,
        ascii=data.isascii(),
        names=frozenset(_ELEMENT.findall(text, 0, _NAMES_IN)) if shape == "xml" else frozenset(),
    )


# ── Encodings ────────────────────────────────────────────────────────────────────────────────────


def _fits(data: bytes, bom: tuple[bytes, str] | None, *, whole: bool) -> tuple[Fit, ...]:
    """Every candidate with how it fits, the best first."""
    if bom:
        return (_fit(data[len(bom[0]) :], bom[1], whole=whole),)
    names = list(_CANDIDATES)
    if _halves(data):
        names = [_halves(data) or ""]
    elif data.isascii() and not _ISO2022.search(data):
        names = ["utf-8"]
    fits = [_fit(data, name, whole=whole) for name in names]
    return tuple(sorted(fits, key=_rank))


def _rank(fit: Fit) -> tuple[float, ...]:
    """UTF-8 that decodes is UTF-8: other encodings hardly ever do by chance. Else by errors, then by what it gives."""
    return (fit.errors * 100 + fit.odd * 1000 - fit.japanese * 10, 0 if fit.encoding == "utf-8" else 1)


def _halves(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte is NUL, always the same one."""
    head = data[:65536]
    first, second = head[0::2].count(0), head[1::2].count(0)
    if not first + second or max(first, second) * 5 < len(head) // 2 or min(first, second) * 5 > max(first, second):
        return None
    return "utf-16-be" if first > second else "utf-16-le"


def _fit(data: bytes, encoding: str, *, whole: bool) -> Fit:
    errors, line = 0, None
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(data, whole)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = codecs.getincrementaldecoder(encoding)("replace").decode(data[: max(_SAMPLE, error.start)], whole)
        errors = max(1, text.count("\ufffd"))
    if encoding == "iso2022_jp" and not _ISO2022.search(data):
        errors = max(errors, 1)
    text = text[:_SAMPLE]
    wide = len(text) - len(text.encode("ascii", "ignore"))
    usual, odd = (len(_COMMON.findall(text)), len(_ODD.findall(text))) if wide else (0, 0)
    shares = [min(1.0, round(count / wide, 3)) if wide else 0.0 for count in (usual, odd)]
    return Fit(encoding, errors, line, *shares)


def _best(data: bytes, bom: str | None, fits: Sequence[Fit]) -> tuple[str | None, bool]:
    """The encoding to take and whether there is no doubt."""
    if bom:
        return bom, True
    if not fits:
        return None, True
    if data.isascii() and not _ISO2022.search(data) and not _halves(data):
        return "utf-8", True
    best = fits[0]
    if not best.fits and best.odd >= best.japanese:  # no text in any of them
        return "utf-8", False
    others = [fit for fit in fits[1:] if fit.fits]
    sure = best.fits and (best.encoding in ("utf-8", "iso2022_jp") or not others)
    return best.encoding, sure


def _decoded(data: bytes, encoding: str, bom: tuple[bytes, str] | None) -> str:
    start = len(bom[0]) if bom else 0
    return data[start:].decode(encoding, "replace")


# ── Lines and shape ──────────────────────────────────────────────────────────────────────────────


def _ends(text: str) -> tuple[tuple[str, int], ...]:
    pairs = text.count("\r\n")
    counts = {"CRLF": pairs, "LF": text.count("\n") - pairs, "CR": text.count("\r") - pairs}
    return tuple((name, count) for name, count in counts.items() if count)


_NAMESPACE: Final = re.compile("""xmlns(?::[^\\s=]{1,50})?\\s*=\\s*(?:["']|&quot;|&#34;)([^"'&<>]{1,200})""")
_ROOT: Final = re.compile(
    r"\s*(?:<\?xml[^>]{0,500}\?>|<!--.{0,20000}?-->|<!DOCTYPE[^>\[]{0,2000}(?:\[.{0,20000}?\])?\s*>|\s)*<([^\s/>!?]{1,200})",
    re.DOTALL,
)


_NAMES_IN: Final = 2**20  # characters
_ELEMENT: Final = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]{0,99})")


def _namespaces(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_NAMESPACE.findall(text[:65536])))


def _shape(text: str) -> tuple[str, str | None]:
    start = text[:65536].lstrip()
    if start.startswith("<"):
        root = _ROOT.match(start)
        return ("xml", root[1]) if root else ("text", None)
    if start.startswith("{"):
        first = start.partition("\n")[0].rstrip()
        second = start.partition("\n")[2].lstrip()[:1]
        return ("json-lines" if first.endswith("}") and second in ("", "{") else "json"), None
    if start.startswith("["):
        return "json", None
    return "table", None


# ── Delimiters ───────────────────────────────────────────────────────────────────────────────────


def _delimiters(text: str, *, whole: bool) -> tuple[Delimited, ...]:
    sample = text[:_SAMPLE]
    if not (whole and len(sample) == len(text)):
        sample = sample[: sample.rfind("\n") + 1] or sample
    found = [judged for mark in DELIMITERS if mark in sample and (judged := _judged(sample, mark))]
    return tuple(sorted(found, key=lambda item: (-round(item.rows / item.of, 1), -item.cells)))


def _judged(sample: str, delimiter: str) -> Delimited | None:
    """The usual number of cells, or None where the delimiter cuts no row."""
    sizes = Counter(len(row) for row in _rows(sample, delimiter) if row)
    if not sizes:
        return None
    cells, rows = max(sizes.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
    return Delimited(delimiter, cells, rows, sum(sizes.values())) if cells > 1 else None


def _rows(sample: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) == _ROWS:
                break
    except csv.Error:  # a quote left open, a cell beyond the limit: what was cut so far is evidence enough
        pass
    return rows


def _quotes(text: str, delimiter: str) -> Quotes:
    lines = text[:_SAMPLE].splitlines()[:_ROWS]
    cut = "\n".join(lines)
    mark = re.escape(delimiter)
    cells = len(re.findall(f"{mark}|\n", cut)) + 1
    quoted = len(re.findall(f'(?:^|{mark})"', cut, re.MULTILINE))
    doubled = len(re.findall('[^",\t;|\n]""(?!")|(?<!")""[^",\t;|\n]', cut))
    return Quotes(quoted, cells, doubled, cut.count('\\"'))
