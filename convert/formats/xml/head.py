"""The head of an XML file: its encoding by BOM, statement or declaration; and its bytes as UTF-8 (XML 1.0 §4.3.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convert.check.issue import Issue
from convert.model import Location
from convert.source import CHUNK, Encoding, Opened, encoding_problem, find_encoding, marking_decoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from convert.source import Source

_HEAD = 1024
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_MEANT = {  # what Japanese files mean by these names (WHATWG Encoding Standard); the codecs are wider, never narrower
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms_kanji": "cp932",
    "windows-31j": "cp932", "cswindows31j": "cp932", "x-euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp_ext",
}  # fmt: skip
_WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


def open_xml(source: Source, stated: str | None) -> tuple[Opened, list[Issue]]:
    """Open a source and settle its encoding: a BOM, else as stated, else as declared, else UTF-8.

    Issues that are fatal say that nothing can be read.
    """
    stream = source.open()
    head = _read(stream, _HEAD)
    given, issues = _given(head, stated, source.name)
    encoding = find_encoding(
        head[:4], given if given is not None and not encoding_problem(given) else None, source.name
    )
    if stated is None and encoding.issues:  # the declaration, not the user, contradicts the BOM
        slots = {"encoding": encoding.name}
        issues.append(Issue("SRC-XML-ENCODING-DECLARED", Location(source.name, line=1), value=given, slots=slots))
        encoding = Encoding(encoding.name, encoding.bom)
    issues += encoding.issues
    start = head[encoding.bom :]
    text = start.decode(encoding.name, "replace").lstrip("\ufeff \t\r\n")
    if not text.startswith("<") and not (len(head) == _HEAD and not text):
        code = "SRC-XML-NOT" if text else "SRC-XML-EMPTY"
        issues.append(Issue(code, Location(source.name, line=1), value=text[:60] or None))
    return Opened(stream, encoding, start), issues


def _read(stream: BinaryIO, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data


def _given(head: bytes, stated: str | None, source: str) -> tuple[str | None, list[Issue]]:
    """The encoding as stated or declared, and what is to be said about the declaration."""
    if stated is not None:
        return stated, []
    if head[:2] in (b"<\0", b"\0<"):  # UTF-16 without a BOM (XML 1.0 appendix F)
        return ("utf-16-le" if head[:1] == b"<" else "utf-16-be"), []
    found = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    if found is None:
        return None, []
    declared = found[1].decode("ascii")
    name = _MEANT.get(declared.lower(), declared)
    at = Location(source, line=1)
    if encoding_problem(name):
        return None, [Issue("SRC-XML-ENCODING-UNKNOWN", at, value=declared)]
    if name.lower().replace("_", "-") in _WIDE:  # the declaration was read byte by byte, so it cannot be right
        return None, [Issue("SRC-XML-ENCODING-DECLARED", at, value=declared, slots={"encoding": "utf-8"})]
    return name, []


def utf8(opened: Opened, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes ``start`` to ``end`` of a source as UTF-8, the BOM left out; ``start`` needs a seekable source.

    Bytes that cannot be decoded become lone surrogates, which no XML parser takes.
    """
    raw = _raw(opened, start, end)
    if opened.encoding.name in ("utf-8", "ascii"):
        return raw
    return _transcoded(raw, opened.encoding.name)


def _raw(opened: Opened, start: int, end: int | None) -> Iterator[bytes]:
    stream, done = opened.stream, start
    if start:
        stream.seek(start)
    else:
        done = opened.encoding.bom + len(opened.head)
        head = opened.head if end is None else opened.head[: max(0, end - opened.encoding.bom)]
        if head:
            yield head
    while end is None or done < end:
        data = stream.read(CHUNK if end is None else min(CHUNK, end - done))
        if not data:
            return
        done += len(data)
        yield data


def _transcoded(raw: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = marking_decoder(encoding)
    for data in raw:
        yield decoder.decode(data).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", True).encode("utf-8", "surrogatepass")
