"""Cut files that a layout describes (総合目録共通フォーマット) between their records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from convert.check.issue import Issue
from convert.deliver.cutting import Cut
from convert.errors import SourceFault
from convert.formats.base import Option
from convert.formats.somoku.elements import Body, path_of
from convert.formats.somoku.frames import Broken, Frames
from convert.formats.somoku.load import load_layout
from convert.formats.somoku.reader import told
from convert.formats.somoku.structure import Codec
from convert.formats.somoku.texts import Texts
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convert.formats.base import Options
    from convert.formats.somoku.parts import Description


class SomokuCutter:
    """Whole records by a layout. Line ends and padding between records stay with the record before. Copies that stand
    apart (one record each) stay together: a cut never goes between two records with one key.
    """

    options = (
        Option(
            "layout",
            kind="file",
            ja="レイアウト：出荷時のものか、自館のレイアウト表のファイル",
            en="layout: a shipped one or the file of your own",
        ),
    )
    head = tail = b""

    def __init__(self, stream: BinaryIO, name: str, options: Options, *, lenient: bool = False) -> None:
        self._name, self._lenient = name, lenient
        layout = load_layout(options["layout"])
        self.frame: object = layout.sha256
        self.layouts: Sequence[Mapping[str, Any]] = (told(layout),)
        self._layout = layout
        self._codec, self._texts = Codec(layout), Texts(layout)
        self._stream = _Held(stream)
        key = layout.key
        self._key = path_of(layout, key.name) if key is not None else None
        self._status = layout.label.role("status")
        self._apart = layout.holdings is not None and layout.holdings.copies == "apart"

    def __iter__(self) -> Iterator[Cut]:
        started: Body | None = None
        known: str | None = None
        for found in Frames(self._codec, self._stream):
            if isinstance(found, Broken):
                if not self._lenient:
                    raise SourceFault(self._issue(found))
                if started is not None:
                    yield self._cut(self._stream.up_to(found.at), started, known)
                    started = known = None
                self._stream.up_to(found.at)
                data = self._stream.up_to(found.at + len(found.data))
                yield Cut(data, byte=found.at, fault=self._issue(found), at=found.at)
                continue
            body = Body([found], self._codec, self._texts)
            key = self._id(body)
            if started is None:
                if self._lenient:
                    self._stream.up_to(found.at)
            elif not (self._apart and key is not None and key == known):
                yield self._cut(self._stream.up_to(found.at), started, known)
            else:
                started = Body([*started.descriptions, found], self._codec, self._texts)
                continue
            known, started = key, body
        if started is not None:
            yield self._cut(self._stream.rest(), started, known)

    def leaving_out(self, names: Sequence[str]) -> Callable[[Cut], bytes]:
        """Without elements of the layout; numbers that are computed do not count either."""
        places = [path_of(self._layout, name).place for name in names]
        labels = {place.label for place in places}
        gone = {(tag, place.sub) for place in places for tag in place.tags}
        items = [item for item in self._layout.label.items if item.role in (None, "status") and item.name not in labels]

        def content(cut: Cut) -> bytes:
            found: list[object] = []
            for description in cut.body().descriptions if cut.body is not None else ():
                found.append([description.label[item.at : item.end] for item in items])
                found += (
                    (field.tag, field.indicators, sub)
                    for field in description.fields
                    for sub in field.subs
                    if (field.tag, sub.id) not in gone and (field.tag, None) not in gone
                )
            return repr(found).encode()

        return content

    def _cut(self, data: bytes, body: Body, key: str | None) -> Cut:
        first = body.descriptions[0]
        deleted = self._is_deleted(first)
        return Cut(data, key, byte=first.at, deleted=deleted, at=first.at, body=lambda: body)

    def _is_deleted(self, description: Description) -> bool:
        if self._status is None:
            return False
        return self._status.statuses.get(self._codec.label.text(description.label, self._status)) == "deleted"

    def _id(self, body: Body) -> str | None:
        if self._key is None:
            return None
        values = self._key.values(body)
        return str(values[0]) if values else None

    def _issue(self, broken: Broken) -> Issue:
        damage = broken.damage
        place = Location(self._name, byte=broken.at + damage.at, path=damage.slots.get("tag"))
        return Issue(damage.code, place, slots={"record": broken.at, **damage.slots})


class _Held:
    """A stream that keeps what was read until it is taken."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._held, self._base = stream, bytearray(), 0

    def read(self, size: int) -> bytes:
        """Read on."""
        block = self._stream.read(size)
        self._held += block
        return block

    def up_to(self, place: int) -> bytes:
        """What stands before ``place`` of the stream and was not taken yet."""
        count = place - self._base
        taken = bytes(self._held[:count])
        del self._held[:count]
        self._base = place
        return taken

    def rest(self) -> bytes:
        """All that was not taken yet."""
        return self.up_to(self._base + len(self._held))
