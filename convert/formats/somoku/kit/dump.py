"""Records as bytes and what they mean, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.formats.somoku.charsets import charset
from convert.formats.somoku.frames import Frames
from convert.formats.somoku.kit.dissect import Dissector
from convert.formats.somoku.kit.words import words
from convert.formats.somoku.parts import shown
from convert.formats.somoku.structure import Codec
from convert.messages.catalogue import catalogue, visible
from convert.model import Location
from convert.report.layout import pad, width, wrap
from convert.report.report import issue_dict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from convert.formats.somoku.kit.dissect import Dissection, FieldPiece, ItemPiece, Name, ValuePiece
    from convert.formats.somoku.model import Layout
    from convert.formats.somoku.parts import Damage

ROW = 12
"""Bytes on one line."""
MOST = 4096
"""Bytes of one piece that are shown as text: a damaged record may be the whole of a file."""
_TEXT = 58
_SIDE = 10 + 3 * ROW + 1 + ROW + 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: the first ``limit``, or the ``record``-th, or the one with the byte ``at`` of the file."""

    record: int | None = None
    at: int | None = None
    limit: int = 10


@dataclass(slots=True)
class Chosen:
    """A record that is to be shown, with its number from 1."""

    ordinal: int
    pieces: Dissection


class Records:
    """The wanted records of a stream, in pieces. ``seen`` and ``reached``: how far it was read; ``more``: whether
    anything follows what was shown; ``read``: whether the stream has any byte.
    """

    def __init__(self, layout: Layout, stream: BinaryIO, wanted: Wanted) -> None:
        codec = Codec(layout)
        self._frames, self._dissect = Frames(codec, stream), Dissector(codec)
        self._wanted = wanted
        self.seen = self.reached = 0
        self.more = False

    @property
    def read(self) -> bool:
        """Whether there was anything to read."""
        return self._frames.place > 0

    def __iter__(self) -> Iterator[Chosen]:
        wanted, single = self._wanted, self._wanted.record is not None or self._wanted.at is not None
        for ordinal, found in enumerate(self._frames, start=1):
            if not single and ordinal > wanted.limit:
                self.more = True
                return
            stop = found.at + len(found.data)
            self.seen, self.reached = ordinal, stop
            if wanted.record is not None and ordinal != wanted.record:
                continue
            if wanted.at is not None and stop <= wanted.at:
                continue
            yield Chosen(ordinal, self._dissect.of(found))
            if single:
                return


# ── Text ─────────────────────────────────────────────────────────────────────────────────────────


class DumpText:
    """Records as lines for a terminal."""

    def __init__(self, layout: Layout, lang: str, at: int | None = None) -> None:
        self.layout, self._lang, self._at = layout, lang, at
        self._say = words(lang)
        ebcdic = layout.charsets.control.startswith("ebcdic")
        self._signs = _signs(layout.charsets.control if ebcdic else "ascii")

    def head(self, file: str) -> Iterator[str]:
        """What the file is read with, and how sure that is."""
        say, layout = self._say, self.layout
        state = say("marked", mark=say("confirmed" if layout.confirmed else "unconfirmed"))
        title = (layout.en if self._lang == "en" else layout.ja) or layout.id
        yield f"{visible(file)}  {say('layout')} {layout.id}{state} {title}"
        if not layout.confirmed:
            yield say("unconfirmed-long")
        yield say("places")

    def record(self, chosen: Chosen) -> Iterator[str]:
        """One record."""
        say, found = self._say, chosen.pieces
        label = "record" if found.sound else "record-broken"
        yield ""
        yield f"── {say(label, ordinal=chosen.ordinal, at=found.at, length=len(found.data))}"
        self._faults = self._by_byte(found)
        if found.items:
            yield f" {say('label')}"
        for item in found.items:
            yield from self._rows(found, item.at, len(item.data), self._item(item))
        marks = sorted(found.marks, key=lambda mark: mark.at)
        first = min((piece.at for piece in found.fields), default=len(found.data))
        if found.entries:
            yield f" {say('directory')}"
        for entry in found.entries:
            length = say("no-number") if entry.length is None else str(entry.length)
            start = say("no-number") if entry.start is None else str(entry.start)
            text = say("entry", tag=visible(entry.tag), length=length, start=start)
            yield from self._rows(found, entry.at, len(entry.data), text)
        for mark in [mark for mark in marks if mark.at < first]:
            yield from self._mark(found, mark.at, len(mark.data), mark.kind)
        after = [mark for mark in marks if mark.at >= first]
        if found.fields:
            yield f" {say('data')}"
        for piece in sorted(found.fields, key=lambda piece: (piece.at, piece.part or 0)):
            while after and after[0].at < piece.at:
                mark = after.pop(0)
                yield from self._mark(found, mark.at, len(mark.data), mark.kind)
            yield from self._field(found, piece)
        for mark in after:
            yield from self._mark(found, mark.at, len(mark.data), mark.kind)
        for texts in self._faults.values():  # at the very end of the record, or where no row stands
            for told in texts:
                yield from wrap(told, 100, first=" " * 10 + "▲ ", rest=" " * 12)
        self._faults = {}

    def _by_byte(self, found: Dissection) -> dict[int, list[str]]:
        """What is to be said below each byte."""
        said: dict[int, list[str]] = {}
        for damage in found.damages:
            said.setdefault(damage.at, []).append(self._fault(found, damage))
        if self._at is not None:
            said.setdefault(self._at - found.at, []).append(self._say("asked", at=self._at))
        return said

    def _fault(self, found: Dissection, damage: Damage) -> str:
        issue = issue_of(found, damage, "")
        return f"{found.at + damage.at}: {damage.code} {catalogue().message(issue, self._lang)}"

    def _named(self, name: Name | None, fallback: str = "") -> str:
        if name is None:
            return fallback
        return f"{name.path}{self._say('marked', mark=self._say(name.element.mark))}"

    def _item(self, item: ItemPiece) -> str:
        say = self._say
        code = item.text if item.item.number is not None else item.text.rstrip() or item.text
        status = item.item.statuses.get(item.text)
        meaning = item.item.values.get(item.text, "") or (say(f"status-{status}") if status else "")
        told = f"{visible(code)}{say('meaning', text=meaning) if meaning else ''}"
        mark = say("marked", mark=say(item.item.mark))
        return f"{item.item.name}{mark} {told}"

    def _field(self, found: Dissection, piece: FieldPiece) -> Iterator[str]:
        say = self._say
        if self.layout.fields.by != "positions":
            tag = visible(piece.tag)
            head = say("field", tag=tag) if not piece.part else say("part", tag=tag, part=piece.part + 1)
            parts = [head, say("bytes", length=piece.length)]
            if piece.group is not None:
                parts.append(self._named(piece.group))
            yield f"   {'  '.join(parts)}"
        if piece.lead:
            yield from self._rows(found, piece.at, piece.lead, say("indicators"))
        for value in piece.values:
            yield from self._rows(found, value.at, value.size, self._value(value, piece))
            for flaw in value.flaws:
                at = found.at + value.at + value.head + flaw.at
                yield f"{' ' * _SIDE}{say('flaw', at=at, shown=flaw.shown)}"
        reached = piece.at + piece.length - piece.end - piece.rest
        if piece.rest:
            yield from self._rows(found, reached, piece.rest, say("rest-field"))
        if piece.end:
            yield from self._rows(found, piece.at + piece.length - piece.end, piece.end, say("end-field"))

    def _value(self, value: ValuePiece, piece: FieldPiece) -> str:
        say = self._say
        sub = f"${visible(value.sub)} " if value.sub else ""
        name = self._named(value.name, visible(piece.tag) if self.layout.fields.by == "positions" else "")
        how = [say("mode", mode=value.mode)] if value.mode else []
        text = visible(value.text) if value.text else say("empty")
        told = f"{sub}{name + ' ' if name else ''}({', '.join([*how, value.charset])})"
        return f"{told} {text}" if width(told) + width(text) < _TEXT else f"{told}\n{text}"

    def _mark(self, found: Dissection, at: int, length: int, kind: str) -> Iterator[str]:
        label = {"directory": "end-directory", "record": "end-record"}.get(kind, kind)
        yield from self._rows(found, at, length, self._say(label))

    def _rows(self, found: Dissection, at: int, length: int, text: str) -> Iterator[str]:
        """Bytes with what they mean beside them, and what is wrong with them below."""
        texts = [line for part in text.split("\n") for line in wrap(part, _TEXT)]
        most = min(length, MOST)
        rows = list(range(at, at + most, ROW))
        same = 0
        for number in range(max(len(rows), len(texts))):
            beside = texts[number] if number < len(texts) else ""
            if number >= len(rows):
                yield " " * _SIDE + beside
                continue
            start = rows[number]
            data = found.data[start : min(start + ROW, at + most)]
            if self._repeats(found, start, at, data) and not beside and number + 1 < len(rows):
                same += 1
                continue
            if same:
                yield f"{'':>9} {self._say('same-rows', count=same)}"
                same = 0
            signs = "".join(self._signs[byte] for byte in data)
            line = f"{found.at + start:>9} {shown(data):<{3 * ROW - 1}}  {pad(signs, ROW)}"
            yield f"{pad(line, _SIDE)}{beside}".rstrip()
            for byte in sorted(place for place in self._faults if start <= place < start + len(data)):
                for told in self._faults.pop(byte):
                    yield from wrap(told, 100, first=" " * (10 + 3 * (byte - start)) + "▲ ", rest=" " * 12)
        if length > most:
            yield " " * _SIDE + self._say("cut", length=length - most)

    def _repeats(self, found: Dissection, start: int, first: int, data: bytes) -> bool:
        """Whether a row is the one before it once more, with nothing to say about it."""
        before = found.data[start - ROW : start] if start - ROW >= first else b""
        return data == before and not any(start <= place < start + ROW for place in self._faults)


def _signs(name: str) -> list[str]:
    """For every byte the character that stands for it: itself, or a dot."""
    decode = charset(name).decode
    texts = [decode(bytes((byte,))) for byte in range(256)]
    return [text if len(text) == 1 and " " <= text <= "~" else "." for text in texts]


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────


def issue_of(found: Dissection, damage: Damage, source: str, ordinal: int | None = None) -> Issue:
    """The issue of a fault of a record."""
    at = Location(source, byte=found.at + damage.at, path=damage.slots.get("tag"))
    return Issue(damage.code, at, ordinal=ordinal, slots={"record": found.at, **damage.slots})


def record_dict(chosen: Chosen, source: str) -> dict[str, Any]:
    """The JSON form of a record. Every ``at`` is a byte of the file, from 0."""
    found = chosen.pieces
    return {
        "record": chosen.ordinal,
        "at": found.at,
        "length": len(found.data),
        "sound": found.sound,
        "issues": [issue_dict(issue_of(found, damage, source, chosen.ordinal)) for damage in found.damages],
        "label": [
            {
                "name": item.item.name,
                "at": found.at + item.at,
                "hex": shown(item.data),
                "text": item.text,
                "role": item.item.role,
                "mark": item.item.mark,
            }
            for item in found.items
        ],
        "directory": [
            {
                "at": found.at + entry.at,
                "hex": shown(entry.data),
                "tag": entry.tag,
                "length": entry.length,
                "start": entry.start,
            }
            for entry in found.entries
        ],
        "fields": [_field_dict(found, piece) for piece in found.fields],
        "other": [
            {"at": found.at + mark.at, "kind": mark.kind, "hex": shown(mark.data[:MOST]), "length": len(mark.data)}
            for mark in sorted(found.marks, key=lambda mark: mark.at)
        ],
    }


def _field_dict(found: Dissection, piece: FieldPiece) -> dict[str, Any]:
    return {
        "tag": piece.tag,
        "at": found.at + piece.at,
        "length": piece.length,
        "stretch": piece.part,
        "group": piece.group.path if piece.group else None,
        "values": [_value_dict(found, value) for value in piece.values],
        "unread": piece.rest,
    }


def _value_dict(found: Dissection, value: ValuePiece) -> dict[str, Any]:
    start = value.at + value.head
    return {
        "sub": value.sub or None,
        "at": found.at + value.at,
        "head": value.head,
        "length": value.size - value.head,
        "mode": value.mode or None,
        "charset": value.charset,
        "hex": shown(found.data[start : value.at + value.size]),
        "text": value.text,
        "element": value.name.path if value.name else None,
        "mark": value.name.element.mark if value.name else None,
        "flaws": [{"at": found.at + start + flaw.at, "hex": flaw.shown, "kind": flaw.kind} for flaw in value.flaws],
    }
