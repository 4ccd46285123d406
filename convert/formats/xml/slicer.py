"""Cut a stream of UTF-8 into record elements, each a slice of its own.

A slice goes from a start tag to the end tag that belongs to it; comments, CDATA sections and instructions are
skipped, elements of the same name may stand inside. Nothing is parsed here: whether a slice is well-formed is found
out by whoever parses it, so that one broken record harms no other. Where an end tag is missing the record is given up
and the search goes on at the next start tag of a record.

Only as much is held as the longest record needs, at most ``limit`` bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from convert.formats.xml.names import XML_NAMESPACE, Open

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MAX_AROUND = 256
"""Elements that may stand around a record."""
MAX_WARNED = 20
"""Faults outside records that are told with one record."""
SHOWN = 120
"""Bytes of a faulty place that are shown."""

_NAME = re.compile(rb"<([^\s<>/=\"'!?&]+)")
_TAG = re.compile(rb"<([^\s<>/=\"'!?&]+)((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>")
_END = re.compile(rb"</([^\s<>/=\"'!?&]+)\s*>")
_ATTRIBUTE = re.compile(rb"([^\s=\"'<>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_DOCTYPE = re.compile(rb"<!DOCTYPE((?:[^\[<>\"']++|\"[^\"]*+\"|'[^']*+')*+)([\[>])")
_OPENERS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
_LESS, _GREATER = b"<>"
_ROOT_SCOPE = {"xml": XML_NAMESPACE}


@dataclass(slots=True)
class Slice:
    """One record element: its bytes, where it starts, the namespaces in force around it, what stands around it.

    ``fault`` says why it is no whole element. ``warned`` are faults outside records, told with the one that follows.
    ``starts`` are the places of its start tags, once somebody asked.
    """

    data: bytes
    name: str
    line: int
    column: int
    scope: Mapping[str, str]
    around: tuple[Open, ...]
    fault: Fault | None = None
    warned: tuple[Fault, ...] = ()
    starts: list[int] | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the structure of the file: the issue's code, place, value and slots."""

    code: str
    line: int
    column: int
    value: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)


def attributes(tag: bytes) -> dict[str, str]:
    """The attributes of a start tag as they are written, entities untouched."""
    return {
        name.decode("utf-8", "replace"): (one or two).decode("utf-8", "replace")
        for name, one, two in _ATTRIBUTE.findall(tag)
    }


def inner_scope(scope: Mapping[str, str], tag: bytes) -> Mapping[str, str]:
    """The namespaces in force inside a start tag; the default namespace has the prefix ``""``."""
    if b"xmlns" not in tag:
        return scope
    found = dict(scope)
    for name, uri in attributes(tag).items():
        if name == "xmlns":
            found[""] = uri
        elif name.startswith("xmlns:"):
            found[name[6:]] = uri
    return found


class Slicer:
    """Iterate slices and faults. After the end ``clean`` tells whether the stream ended where it began: outside any
    record, inside the same elements.

    ``around``, ``line``: for a stream that begins inside a file. ``nests`` False: a record never stands in a record,
    so that a start tag of the same name means that an end tag is missing. ``names`` counts the elements that were
    passed, as ``/root/list``; ``root`` is the start tag of the first element.
    """

    def __init__(
        self,
        chunks: Iterator[bytes],
        wanted: Callable[[Sequence[Open], str, Mapping[str, str]], bool],
        *,
        limit: int,
        line: int = 1,
        around: Sequence[Open] = (),
        nests: bool = True,
        whole: bool = True,
    ) -> None:
        self._chunks, self._wanted, self._limit, self._nests = chunks, wanted, limit, nests
        self._buffer, self._at, self._mark, self._over = b"", 0, 0, False
        self._line, self._column = line, 1
        self._stack: list[Open] = list(around)
        self._start = tuple(around)
        self._whole = whole
        self._roots = 1 if around else 0
        self._lost = False  # after a broken record, until something fits again
        self._awaited = b""  # what ends a long comment or instruction
        self._told = False  # text outside the root was told of
        self._warned: list[Fault] = []
        self._last: _Like | None = None
        self.clean = True
        self.names: dict[str, int] = {}
        self.root = b""
        self.doctype: bytes | None = None

    # ── The buffer ───────────────────────────────────────────────────────────────────────────────

    def _more(self) -> bool:
        """Read as much again as is held; False at the end of the stream."""
        if self._over:
            return False
        drop = self._whole_until(self._at)
        self._place(drop)
        kept = self._buffer[drop:]
        pieces, size = [kept], 0
        while size <= len(kept):
            data = next(self._chunks, None)
            if data is None:
                self._over = True
                break
            pieces.append(data)
            size += len(data)
        self._buffer, self._at, self._mark = b"".join(pieces), self._at - drop, 0
        return size > 0

    def _whole_until(self, at: int) -> int:
        """A place not behind ``at`` that cuts neither a character nor a CRLF."""
        buffer = self._buffer
        while at > self._mark and (at == len(buffer) or buffer[at] & 0xC0 == 0x80):
            at -= 1
        return at - 1 if at > self._mark and buffer[at - 1] == 0x0D else at

    def _place(self, at: int) -> tuple[int, int]:
        """Line and column of a place not before the last one asked for."""
        buffer, mark = self._buffer, self._mark
        if at > mark:
            if buffer.find(b"\r", mark, at) < 0:
                breaks, last = buffer.count(b"\n", mark, at), buffer.rfind(b"\n", mark, at)
            else:
                part = buffer[mark:at]
                breaks = part.count(b"\n") + part.count(b"\r") - part.count(b"\r\n")
                last = max(buffer.rfind(b"\n", mark, at), buffer.rfind(b"\r", mark, at))
            if breaks:
                self._line += breaks
                self._column = 1
                mark = last + 1
            self._column += len(buffer[mark:at].decode("utf-8", "replace"))
            self._mark = at
        return self._line, self._column

    def _fault(self, code: str, at: int, **slots: Any) -> Fault:
        line, column = self._place(at)
        shown = self._buffer[at : at + SHOWN].split(b"\n")[0].decode("utf-8", "replace").strip()
        return Fault(code, line, column, shown or None, slots)

    # ── What comes next ──────────────────────────────────────────────────────────────────────────

    def __iter__(self) -> Iterator[Slice | Fault]:
        while self._to_markup():
            found = self._again() or self._markup()
            if isinstance(found, Slice):
                yield found
            elif found is not None and found.code == "SRC-XML-DTD":
                yield found
                return
            elif found is not None and len(self._warned) < MAX_WARNED:
                self._warned.append(found)
        if self._warned and not self._whole:
            self.clean = False  # it is told with a record that stands behind this stream
        yield from [fault for fault in self.take_warned() if fault.code == "SRC-XML-OUTSIDE"]
        ended = self._ended()
        if ended is not None:
            yield ended

    def expect(self, around: Sequence[Open]) -> None:
        """Say inside which elements the stream must end to be ``clean``."""
        self._start = tuple(around)

    def take_warned(self) -> tuple[Fault, ...]:
        """What is to be told with the next record."""
        found, self._warned = tuple(self._warned), []
        return found

    def _ended(self) -> Fault | None:
        if not self._whole:
            self.clean = self.clean and tuple(self._stack) == self._start and not self._awaited
            return None
        if self._awaited:
            line, column = self._place(len(self._buffer))
            return Fault("SRC-XML-TRUNCATED", line, column, None, {"open": self._awaited.decode()})
        if self._stack and self.clean and not self._lost:
            line, column = self._place(len(self._buffer))
            return Fault("SRC-XML-TRUNCATED", line, column, None, {"open": f"</{self._stack[-1].name}>"})
        return None

    def _to_markup(self) -> bool:
        """Go to the next ``<``; False at the end."""
        while True:
            reached = self._skip_awaited() if self._awaited else self._skip_text()
            if reached:
                return True
            if self._over:
                return False
            self._more()

    def _skip_text(self) -> bool:
        found = self._buffer.find(b"<", self._at)
        end = found if found >= 0 else self._held_back()
        if not self._stack and not self._told and self._buffer[self._at : end].strip(b" \t\r\n"):
            self._stray(end)
        self._at = end
        return found >= 0

    def _held_back(self) -> int:
        """The end of what is held, but for a few bytes that may be a part of something."""
        return len(self._buffer) if self._over else max(self._at, len(self._buffer) - 4)

    def _stray(self, end: int) -> None:
        """Text outside the root element: told once."""
        text = self._buffer[self._at : end]
        at = self._at + len(text) - len(text.lstrip(b" \t\r\n"))
        self._told = True
        if not self._lost:
            self._warned.append(self._fault("SRC-XML-OUTSIDE", at))

    def _skip_awaited(self) -> bool:
        """Go behind the end of a comment or instruction; never to a ``<``."""
        found = self._buffer.find(self._awaited, self._at)
        if found < 0:
            self._at = self._held_back()
            return False
        self._at = found + len(self._awaited)
        self._awaited = b""
        return self._skip_text()

    def _markup(self) -> Slice | Fault | None:
        """Pass what begins with the ``<`` reached."""
        self._need(10)
        buffer, at = self._buffer, self._at
        for opener, closer in _OPENERS.items():
            if buffer.startswith(opener, at):
                self._at, self._awaited = at + len(opener), closer
                return None
        if buffer.startswith(b"<!DOCTYPE", at):
            return self._document_type()
        if buffer.startswith(b"</", at):
            return self._end_tag()
        return self._start_tag()

    def _need(self, count: int) -> None:
        while len(self._buffer) - self._at < count and self._more():
            pass

    def _document_type(self) -> Fault | None:
        while (found := _DOCTYPE.match(self._buffer, self._at)) is None:
            if len(self._buffer) - self._at > SHOWN * 100 or not self._more():
                return self._odd()
        if found[2] == b"[":
            return self._fault("SRC-XML-DTD", self._at)
        self.doctype = found[1]
        fault = self._fault("SRC-XML-DOCTYPE", self._at)
        self._at = found.end()
        return fault

    def _odd(self) -> Fault | None:
        """A ``<`` that begins nothing."""
        fault = None if self._lost else self._fault("SRC-XML-OUTSIDE", self._at)
        self._lost = True
        self._at += 1
        return fault

    def _end_tag(self) -> Fault | None:
        found = self._match(_END)
        if found is None:
            return self._odd()
        name = found[1].decode("utf-8", "replace")
        fault = None
        if self._stack and self._stack[-1].name == name:
            self._stack.pop()
            self._lost = False
        elif any(element.name == name for element in self._stack):
            if not self._lost:
                fault = self._fault("SRC-XML-OUTSIDE", self._at, wanted=f"</{self._stack[-1].name}>")
            while self._stack.pop().name != name:
                pass
        elif not self._lost:
            fault = self._fault("SRC-XML-OUTSIDE", self._at)
        self._at = found.end()
        return fault

    def _match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """The tag at the place reached, read on until it is whole; None when it is no tag."""
        while True:
            found = pattern.match(self._buffer, self._at)
            if found is not None:
                return found
            if self._buffer.find(b"<", self._at + 1) >= 0 or len(self._buffer) - self._at > self._limit:
                return None
            if not self._more():
                return None

    def _start_tag(self) -> Slice | Fault | None:
        found = self._match(_TAG)
        named = found or _NAME.match(self._buffer, self._at)
        if named is None:
            return self._odd()
        name = named[1].decode("utf-8", "replace")
        outer = self._stack[-1].scope if self._stack else _ROOT_SCOPE
        scope = inner_scope(outer, found[2]) if found is not None else outer
        if self._wanted(self._stack, name, scope):
            return self._record(named, name, outer)
        if found is None:
            return self._odd()
        return self._enter(found, name, scope)

    def _enter(self, found: re.Match[bytes], name: str, scope: Mapping[str, str]) -> Fault | None:
        """Pass the start tag of an element that is no record."""
        fault = self._new_root(found[0])
        way = "/" + "/".join([*(element.name for element in self._stack[:8]), name])
        if way in self.names or len(self.names) < 1000:
            self.names[way] = self.names.get(way, 0) + 1
        if not found[2].endswith(b"/"):
            if len(self._stack) >= MAX_AROUND:
                self._at = found.end()
                return self._odd()
            self._stack.append(Open(name, scope))
        self._at = found.end()
        return fault

    def _new_root(self, tag: bytes) -> Fault | None:
        if self._stack:
            return None
        self._told = False
        self._roots += 1
        if self._roots == 1:
            self.root = tag
            return None
        return self._fault("SRC-XML-ROOTS", self._at) if self._roots == 2 and not self._lost else None

    # ── Records ──────────────────────────────────────────────────────────────────────────────────

    def _again(self) -> Slice | None:
        """The record at the place reached, where its start tag is that of the last one and it stands where that stood;
        None when there is more to it.
        """
        last = self._last
        if last is None or not self._buffer.startswith(last.tag, self._at) or last.around != self._stack:
            return None
        end = self._plain_end(last.raw, self._at + len(last.tag))
        return self._taken(end, last.name, last.scope) if end is not None else None

    def _taken(self, end: int, name: str, scope: Mapping[str, str]) -> Slice:
        """The record from the place reached to ``end``; the search goes on behind it."""
        made = self._slice(self._at, end, name, scope)
        self._at, self._lost = end, False
        return made

    def _record(self, start: re.Match[bytes], name: str, scope: Mapping[str, str]) -> Slice | Fault | None:
        if not self._stack:
            self._told = False
            self._roots = max(self._roots, 1)
            self.root = self.root or start[0]
        raw = start[1]
        length = start.end() - start.start()
        single = start.re is _TAG and start[2].endswith(b"/")
        while True:
            at = self._at
            end = at + length if single else self._end_of(raw, at + length)
            if isinstance(end, int):
                if self._stack and start.re is _TAG and not single:
                    self._last = _Like(start[0], raw, name, scope, self._stack.copy())
                return self._taken(end, name, scope)
            if len(self._buffer) - at > self._limit:
                return self._given_up(at, name, scope, end, "SRC-TOO-LONG")
            if end.sure:
                return self._given_up(at, name, scope, end, "SRC-XML-MALFORMED")
            if not self._more():
                if not self._whole:
                    self.clean = False
                    self._at = len(self._buffer)
                    return None
                moved = self._at - at  # what is held was moved to the front
                resume = None if end.resume is None else end.resume + moved
                return self._given_up(self._at, name, scope, _NoEnd(resume), "SRC-XML-TRUNCATED")

    def _slice(self, at: int, end: int, name: str, scope: Mapping[str, str]) -> Slice:
        line, column = self._place(at)
        data = self._buffer[at:end]
        fault = Fault("SRC-TOO-LONG", line, column, None, {"limit": self._limit}) if end - at > self._limit else None
        if fault is not None:
            data = data[:SHOWN]
        return Slice(data, name, line, column, scope, tuple(self._stack), fault, self.take_warned())

    def _given_up(self, at: int, name: str, scope: Mapping[str, str], end: _NoEnd, code: str) -> Slice:
        """A record without an end; the search goes on behind its start tag."""
        line, column = self._place(at)
        slots: dict[str, Any] = {"open": f"</{name}>"}
        if code == "SRC-TOO-LONG":
            slots = {"limit": self._limit}
        value = self._buffer[at : at + SHOWN].split(b"\n")[0].decode("utf-8", "replace")
        fault = Fault(code, line, column, value, slots)
        made = Slice(
            self._buffer[at:][:SHOWN], name, line, column, scope, tuple(self._stack), fault, self.take_warned()
        )
        if code == "SRC-XML-TRUNCATED" and end.resume is None:
            self._at, self.clean = len(self._buffer), False
            self._stack.clear()
        else:
            self._at = at + 1 + len(name.encode()) if end.resume is None else end.resume
        self._lost = True
        return made

    def _end_of(self, name: bytes, after: int) -> int | _NoEnd:
        """Where the element that was opened before ``after`` ends."""
        end = self._plain_end(name, after)
        if end is not None:
            return end
        parent = self._stack[-1].name.encode() if self._stack else name
        return self._careful_end(name, parent, after)

    def _plain_end(self, name: bytes, after: int) -> int | None:
        """Where it ends, when nothing of the same name stands inside, and no comment or the like."""
        buffer = self._buffer
        search = _tagged(name).search
        found = search(buffer, after)
        while found is not None:
            at, end = found.span()
            if buffer.startswith(b"</", at - 2):
                plain = (  # one byte is found much faster than two of which the first is frequent
                    buffer[end - 1] == _GREATER
                    and (buffer.find(b"!", after, at) < 0 or buffer.find(b"<!", after, at) < 0)
                    and (buffer.find(b"?", after, at) < 0 or buffer.find(b"<?", after, at) < 0)
                )
                return end if plain else None
            if buffer[at - 1] == _LESS:
                return None
            found = search(buffer, end)  # a slash in a text
        return None

    def _careful_end(self, name: bytes, parent: bytes, after: int) -> int | _NoEnd:
        """Count start and end tags of the record's name, and its parent's, past comments and the like."""
        buffer, tokens = self._buffer, _tokens(name, parent)
        depth, outer, resume = 1, 0, None
        token = tokens.search(buffer, after)
        while token is not None:
            text, at = token[0], token.end()
            if text in _OPENERS:
                closer = _OPENERS[text]
                end = buffer.find(closer, at)
                if end < 0:
                    return _NoEnd(resume or token.end())
                at = end + len(closer)
            elif text.startswith(b"</"):
                if token["ended"] == name:
                    depth -= 1
                else:
                    outer -= 1
                if depth == 0:
                    return at
                if outer < 0:
                    return _NoEnd(resume or token.start(), sure=True)
            elif not self._opens(token):
                pass
            elif token["begun"] == name:
                resume = resume or token.start()
                depth += 1
                if not self._nests or depth > MAX_AROUND:
                    return _NoEnd(resume, sure=True)
            else:
                outer += 1
            token = tokens.search(buffer, at)
        return _NoEnd(resume)

    def _opens(self, token: re.Match[bytes]) -> bool:
        """Whether a start tag is not an empty element."""
        tag = _TAG.match(self._buffer, token.start())
        return tag is None or not tag[2].endswith(b"/")


@dataclass(frozen=True, slots=True)
class _NoEnd:
    """No end was found: where to go on, and whether more of the stream could not change that."""

    resume: int | None
    sure: bool = False


@dataclass(frozen=True, slots=True)
class _Like:
    """The last record as the next one mostly is: its start tag, and the elements it stood in."""

    tag: bytes
    raw: bytes
    name: str
    scope: Mapping[str, str]
    around: list[Open]


@lru_cache(64)
def _tagged(name: bytes) -> re.Pattern[bytes]:
    """Finds a name as it stands in a start or end tag: one look through the record for all of these is much cheaper
    than one for each. The name comes first, for it is rarer than what stands before it.
    """
    word = re.escape(name)
    return re.compile(word + rb"(?<=[</]" + word + rb")[ \t\r\n/>]")


@lru_cache(64)
def _tokens(name: bytes, parent: bytes) -> re.Pattern[bytes]:
    names = b"|".join({re.escape(name): None, re.escape(parent): None})
    return re.compile(rb"<!--|<!\[CDATA\[|<\?|</(?P<ended>" + names + rb")\s*>|<(?P<begun>" + names + rb")(?=[\s/>])")
