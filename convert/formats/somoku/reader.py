"""Read files of 総合目録共通フォーマット, JAPAN/MARC and the like by a layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.errors import PathError
from convert.formats.base import Part, places_to_cut
from convert.formats.somoku.elements import Body, ByteRecord, ElementPath, MemberPath, member_of, member_texts, path_of
from convert.formats.somoku.frames import Broken, Frames
from convert.formats.somoku.load import load_layout
from convert.formats.somoku.parts import Damage, shown
from convert.formats.somoku.places import offset
from convert.formats.somoku.structure import Codec
from convert.formats.somoku.texts import Texts
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.formats.base import Options
    from convert.formats.somoku.model import Element, Layout
    from convert.formats.somoku.parts import Description
    from convert.model import Record
    from convert.source import Source

_FLAWS = {"illegal": "SMK-BYTES", "gaiji": "SMK-GAIJI"}
SHOWN = 32
"""Bytes of a damaged record that an issue shows."""


class SomokuReader:
    """Records of a file by the layout of the option ``layout``. Bodies are :class:`Body`; places are bytes of the file.

    Copies that stand apart (a record for each) are brought together: records one after another with the same key are
    one record here.
    """

    columns: tuple[str, ...] | None = None

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        self._source = source
        self._part = part or Part()
        self.layout: Layout = load_layout(options["layout"])
        self.codec = Codec(self.layout)
        self.texts = Texts(self.layout)
        self.encoding = "/".join(self.layout.charsets.names())
        self.clean_end = True
        self.rows = 0
        self.head_issues: list[Issue] = [] if self._part.start else list(unconfirmed(self.layout, source.name))
        if not self._part.start and source.seekable and _is_empty(source, self.layout):
            self.head_issues.append(Issue("SMK-EMPTY", Location(source.name)))

    @property
    def laid_out(self) -> dict[str, Any]:
        """The layout as the run manifest names it."""
        return told(self.layout)

    # ── Records ──────────────────────────────────────────────────────────────────────────────────

    def __iter__(self) -> Iterator[Record]:
        stream = self._source.open()
        try:
            if self._part.start:
                stream.seek(self._part.start)
            frames = Frames(self.codec, stream, start=self._part.start, end=self._part.end)
            apart = self.layout.holdings is not None and self.layout.holdings.copies == "apart"
            for ordinal, found in enumerate(together(frames, self) if apart else frames, start=1):
                yield self._broken(found, ordinal) if isinstance(found, Broken) else self._record(found, ordinal)
        finally:
            stream.close()

    def _record(self, found: Description | list[Description], ordinal: int) -> Record:
        descriptions = found if isinstance(found, list) else [found]
        issues = [issue for description in descriptions for issue in self._said(description, ordinal)]
        body = Body(descriptions, self.codec, self.texts)
        return ByteRecord(body, self._source.name, ordinal, descriptions[0].at, issues)

    def _said(self, description: Description, ordinal: int) -> Iterator[Issue]:
        for damage in description.odd:
            yield self._issue(damage, description.at, description.data, ordinal)
        if not self.texts.legible(description):
            yield from self._illegible(description, ordinal)

    def _illegible(self, description: Description, ordinal: int) -> Iterator[Issue]:
        """Bytes that no character set of the layout has, each at its place."""
        for field in description.fields:
            for number, sub in enumerate(field.subs):
                for flaw in self.texts.flaws(field.tag, sub):
                    path = f"{field.tag}${sub.id}" if sub.id else field.tag
                    at = description.at + offset(self.layout, field, number, description.data) + flaw.at
                    place = Location(self._source.name, byte=at, path=path)
                    slots = {"record": description.at, "bytes": flaw.shown, "mode": sub.mode}
                    slots["charset"] = self.texts.of(field.tag, sub.id, sub.mode).name
                    value = self.texts.text(field.tag, sub)
                    yield Issue(_FLAWS[flaw.kind], place, ordinal=ordinal, value=value, slots=slots)

    def _broken(self, broken: Broken, ordinal: int) -> Record:
        issue = self._issue(broken.damage, broken.at, broken.data, ordinal)
        return ByteRecord(None, self._source.name, ordinal, broken.at, [issue])

    def _issue(self, damage: Damage, at: int, data: bytes, ordinal: int) -> Issue:
        place = Location(self._source.name, byte=at + damage.at, path=damage.slots.get("tag"))
        slots = {"record": at, **damage.slots}
        return Issue(damage.code, place, ordinal=ordinal, value=self._excerpt(data), slots=slots)

    def _excerpt(self, data: bytes) -> str:
        """The head of a record, as hex and as far as it can be read."""
        head = data[:SHOWN]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in head)
        return f"{shown(head)}{' …' if len(data) > SHOWN else ''}  {text}"

    # ── Paths ────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def check_path(cls, path: str) -> None:
        """Raise :class:`PathError` for an empty path; which elements there are the layout says."""
        if not path.strip():
            raise PathError(path, "a path names an element of the layout", ja="レイアウトの要素名を書きます")

    def selector(self, path: str, *, inner: bool = False) -> ElementPath | MemberPath:
        """Follow ``path`` from the record or from a node. Raises :class:`PathError`."""
        return member_of(self.layout, path) if inner else path_of(self.layout, path)

    def walk(self, body: Body) -> Iterator[tuple[str, str]]:
        """Every text of a record with the path of its element, raw places for those that are none."""
        known: set[tuple[str, str | None]] = set()
        for element in self.layout.elements.values():
            path = path_of(self.layout, element.name)
            if not element.members:
                known |= {(tag, element.place.sub) for tag in element.place.tags}
                yield from ((element.name, text) for text in path.values(body))
                continue
            for member in element.members.values():
                tags = member.place.tags or element.place.tags
                known |= {(tag, member.place.sub) for tag in tags}
            for node in path.nodes(body):
                for member in element.members.values():
                    yield from ((f"{element.name}.{member.name}", text) for text in member_texts(node, member))
        yield from self._unnamed(body, known)

    def strings(self, body: Body) -> Iterator[str]:
        """Every text of a record, whatever its element."""
        for description in body.descriptions:
            for field in description.fields:
                yield from (self.texts.text(field.tag, sub) for sub in field.subs)

    def _unnamed(self, body: Body, known: set[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
        for description in body.descriptions:
            for field in description.fields:
                for sub in field.subs:
                    if (field.tag, sub.id) not in known and (field.tag, None) not in known:
                        yield f"{field.tag}${sub.id}" if sub.id else field.tag, self.texts.text(field.tag, sub)

    # ── Parts ────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def plan_parts(cls, source: Source, options: Options, count: int) -> Iterable[Part]:
        """Cut after end marks or at multiples of the length, where the record after the cut is sound."""
        layout = load_layout(options["layout"])
        rule, size = layout.record, source.size
        apart = layout.holdings is not None and layout.holdings.copies == "apart"
        loose = (rule.ends == "length" and not rule.terminator) or (rule.ends == "fixed" and rule.newline == "optional")
        if count < 2 or not source.seekable or size is None or apart or loose:
            return [Part()]
        return _cut(Codec(layout), source, size, count)


def _cut(codec: Codec, source: Source, size: int, count: int) -> Iterator[Part]:
    rule, last = codec.layout.record, 0
    stride = rule.size + {"lf": 1, "crlf": 2}.get(rule.newline, 0) if rule.ends == "fixed" else 0
    with source.open() as stream:
        for place in places_to_cut(size, count):
            if place <= last:
                continue
            if stride:
                place += -place % stride  # noqa: PLW2901
            stream.seek(place)
            frames = Frames(codec, stream, start=place)
            start = frames.first_sound() if not stride else place if frames.sound() else None
            if start is None or start >= size:
                break
            if start > last:
                yield Part(last, start)
                last = start
    yield Part(last, None)


def together(frames: Iterable[Description | Broken], reader: SomokuReader) -> Iterator[Broken | list[Description]]:
    """Descriptions one after another with the same key as one."""
    key = reader.layout.key
    path = path_of(reader.layout, key.name) if key is not None else None
    held: list[Description] = []
    name: Any = None
    for found in frames:
        if isinstance(found, Broken):
            if held:
                yield held
            held = []
            yield found
            continue
        values = path.values(Body([found], reader.codec, reader.texts)) if path is not None else []
        if held and values and values == name:
            held.append(found)
            continue
        if held:
            yield held
        held, name = [found], values
    if held:
        yield held


def told(layout: Layout) -> dict[str, Any]:
    """A layout as a run manifest names it."""
    return {"name": layout.id, "sha256": layout.sha256, "confirmed": layout.confirmed, "source": layout.source}


def _is_empty(source: Source, layout: Layout) -> bool:
    """Whether there is nothing in a file but what layouts skip."""
    with source.open() as stream:
        while data := stream.read(65_536):
            if data.strip(layout.record.skip):
                return False
    return True


def unconfirmed(layout: Layout, source: str) -> Iterator[Issue]:
    """What is to be said of a layout for which nobody stands."""
    if not layout.confirmed:
        yield Issue("SMK-LAYOUT-UNCONFIRMED", Location(source), value=layout.id, slots={"layout": layout.id})


def elements_of(layout: Layout) -> Iterator[tuple[str, Element]]:
    """Every element that holds texts, by its path."""
    for element in layout.elements.values():
        if not element.members:
            yield element.name, element
        for member in element.members.values():
            yield f"{element.name}.{member.name}", member
