"""The strings of a workbook: shared ones by number, and how rich text and its readings are told apart.

Readings that Excel keeps for sorting (``rPh``) are no part of the text.
"""

from __future__ import annotations

import re
import tempfile
from array import array
from typing import IO, TYPE_CHECKING

from convert.formats.xlsx.package import Package, Refused
from convert.formats.xlsx.xml import BETWEEN, Parser, is_clean, is_literal, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MEMORY = 24 * 2**20
"""Bytes of strings kept in memory; more of them wait in a file."""
OVERHEAD = 70
"""Bytes that Python needs for a string beside its characters."""
PAGE, AHEAD = 16, 8
"""Strings read from the file at a time, and pages of them when they are read through."""
SHORT, MANY_AGAIN = 100, 20_000
"""Characters of a string, and strings, that are remembered when they come again."""
MANY = 100_000
"""Strings like 9.78E+12 that are remembered."""

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
SCIENTIFIC = re.compile(r"[+-]?[1-9](?:\.[0-9]{1,14})?[Ee]\+(?:0[5-9]|[1-9][0-9])")
"""A number as a spreadsheet abbreviates it: its digits are gone."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 does not allow (§2.2)."""


def needs_care(text: str) -> bool:
    """Whether there may be escapes or numbers like 9.78E+12 in it."""
    return ("_" in text and "_x" in text) or ("+" in text and ("E+" in text or "e+" in text))


_PLAIN = re.compile(
    r'<si><t(?: xml:space="preserve")?>([^<]*)</t>(?:</si>|'
    r'(?:<rPh [^<>&]*><t(?: xml:space="preserve")?>[^<&]*</t></rPh>)*(?:<phoneticPr [^<>&]*/>)?</si>)'
    r"|<si><t */></si>|([\s\S])"
)
_FIRST = re.compile(rb"<si[ >/]")
_ROOT = re.compile(rb"<[A-Za-z][^>]*>")
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([^"']*)""")


def unescape(text: str) -> str:
    r"""A string of a part as its author saw it (ST_Xstring, ECMA-376 Part 1 §22.9.2.19).

    >>> unescape("a_x000D_b"), unescape("_x005F_x000D_")
    ('a\rb', '_x000D_')
    """
    if "_x" not in text:
        return text
    found = _ESCAPE.sub(lambda match: match[0] if match[1] == "0000" else chr(int(match[1], 16)), text)
    if any("\ud800" <= character <= "\udfff" for character in found):
        return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return found


def is_utf8(head: bytes) -> bool:
    """Whether a part that starts so is in UTF-8 (XML 1.0 §4.3.3)."""
    declared = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    return not head.startswith((b"\xff\xfe", b"\xfe\xff")) and (declared is None or declared[1].lower() == b"utf-8")


class Strings:
    """The shared strings by number, in ``pages`` of ``PAGE``; ``scientific`` holds the numbers of those like 9.78E+12.

    Beyond ``memory`` bytes they wait in a temporary file. ``pages`` are then those that are being read through, as
    rows bring their new strings in order; ``again`` has single strings from elsewhere, by the text of their number.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._tail: list[str] = []
        self._file: IO[bytes] | None = None
        self._starts = array("Q", [0])
        self._held = 0
        self._wanted = -1
        self.pages: dict[int, list[str]] = {}
        self.again: dict[str, str] = {}
        self.scientific: set[int] = set()
        self.count = 0

    def add(self, texts: list[str]) -> None:
        """Take the next strings."""
        joined = "\n".join(texts)
        if "+" in joined and ("E+" in joined or "e+" in joined):
            for number, text in enumerate(texts, start=self.count):
                if len(self.scientific) < MANY and SCIENTIFIC.fullmatch(text.strip()):
                    self.scientific.add(number)
        self.count += len(texts)
        self._held += 2 * len(joined) + OVERHEAD * len(texts)
        tail = self._tail
        tail += texts
        whole = len(tail) - len(tail) % PAGE
        self._keep([tail[start : start + PAGE] for start in range(0, whole, PAGE)])
        del tail[:whole]

    def finish(self) -> None:
        """No more strings come."""
        if self._tail:
            self._keep([self._tail])

    def _keep(self, pages: list[list[str]]) -> None:
        if self._file is not None:
            self._write(self._file, pages)
            return
        self.pages.update(enumerate(pages, start=len(self.pages)))
        if self._held > self._memory:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
            self._write(self._file, self.pages.values())
            self.pages.clear()

    def _write(self, file: IO[bytes], pages: Iterable[list[str]]) -> None:
        for page in pages:
            size = file.write(("\0".join(page) + "\0").encode("utf-8", "surrogatepass"))
            self._starts.append(self._starts[-1] + size)

    def __getitem__(self, number: int) -> str:
        """The string of a number from 0 to ``count`` - 1."""
        page = self.pages.get(number // PAGE)
        return self._fetch(number) if page is None else page[number % PAGE]

    def _fetch(self, number: int) -> str:
        """A string from the file. A page that is wanted twice in a row is being read through."""
        page, place = divmod(number, PAGE)
        if page != self._wanted:
            self._wanted = page
            text = self._read(page, page + 1)[place]
            if len(text) <= SHORT:
                if len(self.again) >= MANY_AGAIN:
                    self.again.clear()
                self.again[str(number)] = text
            return text
        if self._held > self._memory:
            self.pages.clear()
            self._held = 0
        end = min(page + AHEAD, len(self._starts) - 1)
        texts = self._read(page, end)
        for start in range(0, len(texts) - 1, PAGE):
            self.pages[page + start // PAGE] = texts[start : start + PAGE]
        self._held += self._starts[end] - self._starts[page] + OVERHEAD * len(texts)
        return texts[place]

    def _read(self, page: int, end: int) -> list[str]:
        """The strings of some pages, and an empty one."""
        if self._file is None:
            raise IndexError(page)
        start, end = self._starts[page], self._starts[end]
        self._file.seek(start)
        return self._file.read(end - start).decode("utf-8", "surrogatepass").split("\0")

    def close(self) -> None:
        """Remove the temporary file."""
        if self._file is not None:
            self._file.close()


def read_strings(package: Package, part: str | None, limit: int, strings: Strings | None = None) -> Strings:
    """Read the table of shared strings. ``limit``: characters of one string. Raises :class:`Refused`."""
    strings = strings or Strings()
    try:
        if part is not None:
            for texts in _batches(package, part, limit):
                strings.add(texts)
        strings.finish()
    except BaseException:
        strings.close()
        raise
    return strings


def _batches(package: Package, part: str, limit: int) -> Iterator[list[str]]:
    """Plain strings come fast, stretches with others by expat; what cannot be cut is read by expat to the end."""
    chunks = package.chunks(part)
    head, rest = _head(chunks)
    if rest is None:
        parser = Reading(part, limit)
        parser.feed(head)
        yield from parser.all(chunks)
        return
    Parser(part, lambda *_: None).feed(head)
    root = root_of(head)
    while True:
        end = rest.rfind(b"</si>") + 5
        texts: list[str] | None = []
        if end >= 5:
            texts = _plain(rest[:end]) or _exact(part, root, rest[:end], limit)
        if texts is None:
            break
        if texts:
            yield texts
            rest = rest[end:]
        if rest.lstrip().startswith((b"</sst", b"<si/")) or len(rest) > limit:
            break
        block = next(chunks, None)
        if block is None:
            break
        rest += block
    reader = Reading(part, limit)
    reader.feed(head)
    reader.feed(rest)
    yield from reader.all(chunks)


def _head(chunks: Iterator[bytes]) -> tuple[bytes, bytes | None]:
    """What stands before the first string, and what follows; None where only expat can read on."""
    data = b""
    for chunk in chunks:
        data += chunk
        found = _FIRST.search(data)
        if found:
            start = found.start()
            return (data[:start], data[start:]) if is_utf8(data) else (data, None)
        if len(data) > 2**20:
            break
    return data, None


def root_of(head: bytes) -> bytes:
    """The start tag of the root, which declares the namespaces; empty when it is too long to be used often."""
    found = _ROOT.search(head)
    return found[0] if found and len(found[0]) < 2**16 else b""


def _exact(part: str, root: bytes, data: bytes, limit: int) -> list[str] | None:
    """The strings of a stretch by expat; None when it is no whole stretch."""
    reading = Reading(part, limit)
    try:
        reading.feed(root)
        return [text for texts in reading.all(iter([data, b"</sst>"])) for text in texts]
    except Refused:
        return None


def _plain(data: bytes) -> list[str] | None:
    """The strings of raw XML when it holds plain ones only."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    found = _PLAIN.findall(text)
    if any(other for _, other in found) or ("<rPh" in text and not is_clean(data, text)):
        return None
    texts = [first for first, _ in found]
    if not is_literal(data, text):
        made = resolved(BETWEEN.join(texts))
        if made is None or len(made.split(BETWEEN)) != len(texts):
            return None
        texts = made.split(BETWEEN)
    return [unescape(one) for one in texts] if "_x" in text else texts


class Reading:
    """Strings by expat: rich text joined, readings and foreign elements left out."""

    def __init__(self, part: str, limit: int) -> None:
        self._part, self._limit = part, limit
        self._parser = Parser(part, self._start, self._end, self._text)
        self._found: list[str] = []
        self._pieces: list[str] = []
        self._size = 0
        self._depth = 0  # of elements that are no text
        self._inside = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth or name == "rPh" or " " in name:
            self._depth += 1
        elif name == "si":
            self._pieces.clear()
            self._size = 0
        elif name == "t":
            self._inside = True

    def _end(self, name: str) -> None:
        if self._depth:
            self._depth -= 1
        elif name == "t":
            self._inside = False
        elif name == "si":
            self._found.append(unescape("".join(self._pieces)))

    def _text(self, data: str) -> None:
        if self._inside and not self._depth:
            self._size += len(data)
            if self._size > self._limit:
                raise Refused("SRC-TOO-LONG", self._part, limit=self._limit)
            self._pieces.append(data)

    def feed(self, data: bytes) -> None:
        """Parse more."""
        self._parser.feed(data)

    def all(self, chunks: Iterator[bytes]) -> Iterator[list[str]]:
        """The strings of what was fed and what follows."""
        for chunk in chunks:
            if self._found:
                yield self._found
                self._found = []
            self._parser.feed(chunk)
        self._parser.feed(b"", last=True)
        yield self._found
