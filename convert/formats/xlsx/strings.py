"""The strings of a workbook: shared ones by number, and how rich text and its readings are told apart.

Readings that Excel keeps for sorting (``rPh``) are no part of the text.
"""

from __future__ import annotations

import html
import re
import tempfile
from array import array
from typing import IO, TYPE_CHECKING
from xml.parsers import expat

from convert.formats.xlsx.package import Package, Refused
from convert.formats.xlsx.xml import Parser

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = 24 * 2**20
"""Bytes of strings kept in memory; more of them wait in a file."""
OVERHEAD = 70
"""Bytes that Python needs for a string beside its characters."""
PAGE = 128
"""Strings read from the file at a time."""
MANY = 100_000
"""Strings like 9.78E+12 that are remembered."""

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
SCIENTIFIC = re.compile(r"[+-]?[1-9](?:\.[0-9]{1,14})?[Ee]\+(?:0[5-9]|[1-9][0-9])")
"""A number as a spreadsheet abbreviates it: its digits are gone."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 does not allow (§2.2)."""
_BAD_BYTES = bytes(code for code in range(0x20) if code not in b"\t\n\r")


def is_clean(data: bytes) -> bool:
    """Whether UTF-8 holds nothing that XML does not allow; quicker than ``CONTROL``."""
    if b"\xef\xbf" in data and (b"\xef\xbf\xbe" in data or b"\xef\xbf\xbf" in data):
        return False
    return len(data.translate(None, _BAD_BYTES)) == len(data)


_PLAIN = re.compile(
    r'<si><t(?: xml:space="preserve")?>([^<]*)</t>'
    r'(?:<rPh [^>]*><t(?: xml:space="preserve")?>[^<]*</t></rPh>)*(?:<phoneticPr [^>]*/>)?</si>'
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


def decoded(text: str) -> str:
    """The text of raw XML without markup."""
    return unescape(_entities(text) if "&" in text else text)


_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")


def is_plain(text: str) -> bool:
    """Whether every ``&`` of raw XML starts an entity that XML knows, of a character that XML allows."""
    if "&#" not in text:
        return text.count("&") == sum(text.count(entity) for entity, _ in _NAMED)
    if "&" in _ENTITY.sub("", text):
        return False
    made = "".join(_character(match) for match in _ENTITY.finditer(text) if not match[1])
    return not CONTROL.search(made) and "\ufffd" not in made


def _entities(text: str) -> str:
    if "&#" not in text:
        for entity, character in _NAMED:
            text = text.replace(entity, character)
        return text
    return _ENTITY.sub(lambda match: html.unescape(match[0]) if match[1] else _character(match), text)


_NAMED = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


def _character(match: re.Match[str]) -> str:
    code = int(match[2]) if match[2] else int(match[3], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def is_utf8(head: bytes) -> bool:
    """Whether a part that starts so is in UTF-8 (XML 1.0 §4.3.3)."""
    declared = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    return not head.startswith((b"\xff\xfe", b"\xfe\xff")) and (declared is None or declared[1].lower() == b"utf-8")


_NUMERIC = re.compile("&#([0-9]{3,7});")
_NAMED_ENTITY = re.compile("&[^#]")


def without_references(text: str) -> str:
    """Raw XML with the characters that its numeric references name, but for markup.

    openpyxl's write-only mode writes Japanese so; expat resolves references three times as fast as a dict does.
    """
    masked, named = text.replace("<", _LESS), 0
    if _NAMED_ENTITY.search(text):
        named = text.count("&") - text.count("&#")
        masked = masked.replace("&amp;", "&amp;amp;").replace("&lt;", "&amp;lt;").replace("&gt;", "&amp;gt;")
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 2**18
    parser.CharacterDataHandler = found.append
    try:
        parser.Parse(f"<a>{masked}</a>", True)
    except expat.ExpatError:
        return text  # what is wrong is found by whoever reads it
    made = "".join(found)
    if "<" in made or made.count("&") != named or made.count(_LESS) != text.count("<"):
        return _NUMERIC.sub(_unless_markup, text)  # a reference names markup
    return made.replace(_LESS, "<")


_LESS = "\x7f"


def _unless_markup(match: re.Match[str]) -> str:
    code = int(match[1])
    usable = 160 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return chr(code) if usable else match[0]


class Strings:
    """The shared strings by number, in ``pages`` of ``PAGE``; ``scientific`` holds the numbers of those like 9.78E+12.

    Beyond ``memory`` bytes they are kept in a temporary file, and ``pages`` are those read last.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._tail: list[str] = []
        self._file: IO[bytes] | None = None
        self._starts = array("Q")
        self._held = 0
        self.pages: dict[int, list[str]] = {}
        self.scientific: set[int] = set()
        self.count = 0

    def add(self, texts: list[str]) -> None:
        """Take the next strings."""
        joined = "\n".join(texts)
        if "E+" in joined or "e+" in joined:
            for number, text in enumerate(texts, start=self.count):
                if len(self.scientific) < MANY and SCIENTIFIC.fullmatch(text.strip()):
                    self.scientific.add(number)
        self.count += len(texts)
        tail = self._tail
        tail += texts
        whole = len(tail) - len(tail) % PAGE
        for start in range(0, whole, PAGE):
            self._keep(tail[start : start + PAGE])
        del tail[:whole]

    def finish(self) -> None:
        """No more strings come."""
        if self._tail:
            self._keep(self._tail)
        if self._file is not None:
            self._starts.append(self._file.tell())

    def _keep(self, page: list[str]) -> None:
        if self._file is not None:
            self._write(page)
            return
        self.pages[len(self.pages)] = page
        self._held += sum(map(len, page)) * 2 + OVERHEAD * len(page)
        if self._held > self._memory:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
            for held in self.pages.values():
                self._write(held)
            self.pages.clear()
            self._held = 0

    def _write(self, page: list[str]) -> None:
        if self._file is not None:
            self._starts.append(self._file.tell())
            self._file.write("\0".join(page).encode("utf-8", "surrogatepass"))

    def __getitem__(self, number: int) -> str:
        """The string of a number from 0 to ``count`` - 1."""
        page = self.pages.get(number // PAGE)
        return (self._load(number // PAGE) if page is None else page)[number % PAGE]

    def _load(self, page: int) -> list[str]:
        if self._file is None:
            raise IndexError(page)
        start, end = self._starts[page], self._starts[page + 1]
        self._file.seek(start)
        texts = self._file.read(end - start).decode("utf-8", "surrogatepass").split("\0")
        self.pages[page] = texts
        self._held += end - start + OVERHEAD * PAGE
        while self._held > self._memory and len(self.pages) > 1:
            old = next(iter(self.pages))
            del self.pages[old]
            self._held -= self._starts[old + 1] - self._starts[old] + OVERHEAD * PAGE
        return texts

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
    if b"\r" in data or not is_clean(data):
        return None
    if "&#" in text:
        text = without_references(text)
    found = _PLAIN.findall(text)
    texts = [first for first, _ in found]
    if any(other for _, other in found):
        return None
    if "&" in text:
        if not is_plain(text):
            return None
        return [decoded(one) if "&" in one or "_x" in one else one for one in texts]
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
