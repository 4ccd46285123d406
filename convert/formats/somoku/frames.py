"""Where one record ends and the next begins, in a stream of bytes; and how reading goes on after a damaged one.

A record is only believed when all its arithmetic adds up. Where it does not, the next place at which a record does is
looked for: where this one says it ends, after each end mark, and wherever something looks like a label. What lies
between is the damaged record, or several; nothing after it is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from convert.formats.somoku.parts import Damage, Description, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.structure import Codec

BLOCK = 1 << 20


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Read at most ``size`` bytes; none at the end."""
        ...


class Broken:
    """Bytes that are no record: their place in the file, what is wrong, and the bytes themselves."""

    __slots__ = ("at", "damage", "data")

    def __init__(self, at: int, data: bytes, damage: Damage) -> None:
        self.at, self.data, self.damage = at, data, damage


@dataclass(slots=True, order=True)
class _Guess:
    """A place of the stream at which a record may start. ``sure``: an end mark stands before it."""

    at: int
    sure: bool = field(compare=False)
    unfit: bool = field(default=False, compare=False)


class _Window:
    """The bytes of a stream from a place on. ``end``: the byte of the stream at which it is taken for ended."""

    def __init__(self, stream: Readable, start: int = 0, end: int | None = None) -> None:
        self._stream, self._stop = stream, end
        self.data, self.base = b"", start  # the window, and the place of its first byte in the stream
        self.done = False

    def need(self, at: int, count: int) -> None:
        """Have ``count`` bytes from ``at`` of the window, or all there are."""
        while not self.done and len(self.data) - at < count:
            size = max(BLOCK, count)
            if self._stop is not None:
                size = min(size, self._stop - self.base - len(self.data))
            block = self._stream.read(size) if size > 0 else b""
            self.done = not block
            self.data += block

    def drop(self, at: int) -> int:
        """Forget what stands before ``at``; the place of the same byte afterwards."""
        if at < BLOCK:
            return at
        self.base += at
        self.data = self.data[at:]
        return 0


class Frames:
    """The records of a stream, in order: descriptions, and what is broken between them."""

    def __init__(self, codec: Codec, stream: Readable, *, start: int = 0, end: int | None = None) -> None:
        self.codec, self.rule = codec, codec.layout.record
        self._window = _Window(stream, start, end)
        self._roles = codec.layout.label.role("record_length"), codec.layout.label.role("data_length")
        self._newlines = _NEWLINES[self.rule.newline]
        self._key = _key_tag(codec)
        self._ahead: list[_Guess] = []
        self._looked = 0

    def __iter__(self) -> Iterator[Description | Broken]:
        window, at, longest = self._window, 0, self.rule.longest
        while True:
            at = self._past_padding(window.drop(at))
            window.need(at, longest + 2)
            if at >= len(window.data):
                return
            try:
                stop = self._end(at)
                description = self._sound(at, stop)
            except Damage as damage:
                for broken in self._broken(at, damage):
                    yield broken
                    at = broken.at + len(broken.data) - window.base
                continue
            description.at = window.base + at
            yield description
            at = self._past_newline(stop)

    @property
    def place(self) -> int:
        """Bytes of the stream that were looked at so far."""
        return self._window.base + len(self._window.data)

    def first_sound(self) -> int | None:
        """The first place after the start of the window at which a sound record starts; None: there is none near."""
        window = self._window
        window.need(0, 2 * self.rule.longest + 2)
        limit = min(len(window.data), self.rule.longest + 2)
        for guess in self._look(1, limit):
            place = guess.at - window.base
            if guess.sure and place < len(window.data) and self._fits(place):
                return guess.at
        return None

    def sound(self) -> bool:
        """Whether a sound record stands at the start of the window."""
        self._window.need(0, self.rule.longest + 2)
        return bool(self._window.data) and self._fits(0)

    # ── Where a record ends ──────────────────────────────────────────────────────────────────────

    def _end(self, at: int) -> int:
        """The byte after the record at ``at``. Raises :class:`Damage`."""
        data, rule, label = self._window.data, self.rule, self.codec.label
        if rule.ends == "terminator":
            found = data.find(rule.terminator, at, at + rule.longest)
            if found < 0:
                raise Damage("SMK-TRUNCATED" if len(data) - at <= rule.longest else "SMK-UNENDED", len(data) - at)
            return found + len(rule.terminator)
        if rule.ends == "fixed":
            length = rule.size
        else:
            head = data[at : at + label.length]
            if len(head) < label.length:
                raise Damage("SMK-TRUNCATED", len(head))
            length = self._stated(head)
            if not label.length < length <= rule.longest:
                item = next(item for item in self._roles if item is not None)
                raise Damage("SMK-LENGTH-RANGE", item.at, stated=length, most=rule.longest)
        if at + length > len(data):
            raise Damage("SMK-TRUNCATED", len(data) - at, stated=length, found=len(data) - at)
        return at + length

    def _stated(self, head: bytes) -> int:
        """The whole length that a label gives."""
        label, (whole, data) = self.codec.label, self._roles
        if whole is not None:
            return label.number(head, whole)
        assert data is not None  # noqa: S101 - the layout was checked
        base = label.rule.role("base_address")
        before = label.length if base is None else label.number(head, base)
        return before + label.number(head, data) + len(self.rule.terminator)

    def _past_newline(self, at: int) -> int:
        if not self._newlines:
            return at
        self._window.need(at, 2)
        for mark in self._newlines:
            if self._window.data.startswith(mark, at):
                return at + len(mark)
        return at

    def _check_newline(self, at: int, stop: int) -> None:
        """A line end that the layout asks for stands after the record, but for the last one."""
        if self.rule.newline in ("lf", "crlf"):
            self._window.need(stop, 2)
            data = self._window.data
            if stop < len(data) and not data.startswith(self._newlines, stop):
                raise Damage("SMK-NEWLINE", stop - at, found=shown(data[stop : stop + 2]))

    def _past_padding(self, at: int) -> int:
        """Past bytes between records that mean nothing."""
        skip, window = self.rule.skip, self._window
        if not skip:
            return at
        while True:
            window.need(at, 1)
            data, end = window.data, len(window.data)
            while at < end and data[at] in skip:
                at += 1
            if at < end or window.done:
                return at

    # ── After damage ─────────────────────────────────────────────────────────────────────────────

    def _fits(self, at: int) -> bool:
        """Whether a whole, sound record stands at ``at``, or nothing more."""
        window = self._window
        at = self._past_padding(at)
        window.need(at, self.rule.longest + 2)
        if at >= len(window.data):
            return True
        try:
            self._sound(at, self._end(at))
        except Damage:
            return False
        return True

    def _sound(self, at: int, stop: int) -> Description:
        """The record at ``at``. Raises :class:`Damage`, also where two run into one another: the key, which stands
        once, stands twice.
        """
        description = self.codec.read(self._window.data[at:stop])
        self._check_newline(at, stop)
        if self._key is not None:
            keys = [item.at for item in description.fields if item.tag == self._key]
            if len(keys) > 1:
                raise Damage("SMK-TWO-RECORDS", keys[1], tag=self._key)
        return description

    def _broken(self, at: int, damage: Damage) -> Iterator[Broken]:
        """What stands from ``at`` to the next sound record, piece by piece: each one broken record."""
        window, first = self._window, damage
        while True:
            window.need(at, 2 * self.rule.longest + 2)
            stop, sound = self._next(at)
            yield Broken(window.base + at, window.data[at:stop], first)
            at = stop
            if sound or at >= len(window.data):
                return
            try:
                self._sound(at, self._end(at))
                return
            except Damage as following:
                first = following

    def _next(self, at: int) -> tuple[int, bool]:
        """Where to go on after the damaged record at ``at``, and whether a sound record stands there."""
        window = self._window
        limit = min(len(window.data), at + self.rule.longest + 2)
        for guess in self._guesses(at, limit):
            place = guess.at - window.base
            if not guess.unfit and self._fits(place):
                return place, True
            guess.unfit = True
            if guess.sure and self._likely(place):
                return place, False
        return limit, False

    def _likely(self, at: int) -> bool:
        """Whether a record, if a damaged one, starts here: most of a label does, or the field with the key."""
        label, data = self.codec.label, self._window.data
        if label.length:
            return label.likely(data[at : at + label.length])
        return self._key is None or data.startswith(self.codec.tags.bytes(self._key), at)

    def _guesses(self, at: int, limit: int) -> list[_Guess]:
        """Places at which the next record may start, in order; each is looked for and tried only once."""
        base = self._window.base
        self._ahead = [guess for guess in self._ahead if guess.at > base + at]
        start = max(at + 1, self._looked - base)
        if start < limit:
            self._ahead += self._look(start, limit)
            self._looked = base + limit
        try:
            own = self._past_newline(self._end(at))
        except Damage:
            return self._ahead
        if own > limit or any(guess.at == base + own for guess in self._ahead):
            return self._ahead
        return sorted([*self._ahead, _Guess(base + own, self.rule.ends == "fixed")])

    def _look(self, start: int, limit: int) -> list[_Guess]:
        """After end marks, after line ends, at what looks like a label or like the field with the key."""
        data, rule, label, base = self._window.data, self.rule, self.codec.label, self._window.base
        found: dict[int, bool] = {}
        end = rule.terminator
        if end:
            for place in _all(data, end, start - len(end), limit - len(end)):
                found[self._past_newline(place + len(end))] = True
        for mark in self._newlines:
            for place in _all(data, mark, start - len(mark), limit - len(mark)):
                found.setdefault(place + len(mark), False)
        if label.length and label.telling:
            for place in label.candidates(data, start, min(len(data), limit + label.length)):
                found.setdefault(place, False)
        elif self._key is not None:
            for place in _all(data, self.codec.tags.bytes(self._key), start, limit):
                found.setdefault(place, False)
        elif not end:
            for place in range(start, limit):
                found.setdefault(place, False)
        return sorted(_Guess(base + place, sure) for place, sure in found.items() if start <= place)


def _all(data: bytes, mark: bytes, start: int, limit: int) -> Iterator[int]:
    """Every place of ``mark`` that begins in ``start`` to ``limit``."""
    place = data.find(mark, max(0, start), limit + len(mark))
    while place >= 0:
        yield place
        place = data.find(mark, place + 1, limit + len(mark))


_NEWLINES = {"none": (), "lf": (b"\n",), "crlf": (b"\r\n",), "optional": (b"\r\n", b"\n")}


def _key_tag(codec: Codec) -> str | None:
    """The tag of the element that stands once in every record."""
    key = codec.layout.key
    if codec.label.rule.role("record_length") is not None or codec.layout.record.ends == "fixed":
        return None
    if key is None or key.repeat or not key.place.tags or codec.layout.fields.by == "positions":
        return None
    return key.place.tags[0]
