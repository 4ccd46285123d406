"""A layout as the text of a layout file: a draft, with what is not known said in comments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.draft.yaml import comment, flow, scalar
from convert.formats.somoku.kit.compose import control_text, decoded, repeated
from convert.formats.somoku.kit.words import words
from convert.messages.catalogue import visible
from convert.report.layout import clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.kit.compose import Composed
    from convert.formats.somoku.kit.guess import Guess
    from convert.formats.somoku.model import Element, LabelItem, Number, Slot

_SAMPLES = 3
_CODES = 6
_WIDE = 60


@dataclass(frozen=True, slots=True)
class Drafted:
    """The text of a layout file, and how much of it is open: elements without a name, items without a meaning."""

    text: str
    elements: int
    unnamed: int
    items: int


def draft(found: Guess, made: Composed, file: str, lang: str) -> Drafted:
    """The layout file."""
    writer = _Writer(found, made, file, lang)
    text = "\n".join(writer.lines()) + "\n"
    elements = made.layout.elements.values()
    unnamed = sum(element.mark == "unknown" for element in elements)
    items = sum(item.mark == "unknown" for item in made.layout.label.items)
    return Drafted(text, len(elements), unnamed, items)


def _hex(data: bytes) -> str:
    return f"'{data.hex(' ').upper()}'"


def _number(number: Number) -> Any:
    """A number as layout files write it."""
    told: dict[str, Any] = {"width": _Raw(str(number.width))}
    if number.coding == "binary":
        told["coding"] = "binary"
    if number.pad != "0":
        told["pad"] = number.pad
    return _Raw(str(number.width)) if len(told) == 1 else told


def _flow(value: Any) -> str:
    """As :func:`flow`, but numbers and hex as they are."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(member)}" for key, member in value.items()) + "}"
    if isinstance(value, _Raw):
        return value.text
    return flow(value)


@dataclass(frozen=True, slots=True)
class _Raw:
    """A text that stands in the file as it is."""

    text: str


class _Writer:
    """Writes one draft."""

    def __init__(self, found: Guess, made: Composed, file: str, lang: str) -> None:
        self.found, self.made, self.layout, self._file = found, made, made.layout, file
        self._say = words(lang)

    def lines(self) -> Iterator[str]:
        """The lines of the file."""
        yield from self._head()
        yield "layout: 1"
        yield f"id: {scalar(self.layout.id)}"
        yield f"name: {{ja: {scalar(words('ja')('draft-name', file=comment(self._file)))}}}"
        yield "confirmed_by: ~"
        yield "confirmed_on: ~"
        yield "source: ~"
        yield ""
        yield "mark: unknown"
        yield ""
        yield from self._structure()
        yield from self._label()
        yield from self._fields()
        yield from self._elements()

    def _head(self) -> Iterator[str]:
        say, trial = self._say, self.found.trial
        yield f"# {say('draft-head', file=comment(visible(self._file)))}"
        yield f"# {say('draft-not-official')}"
        if trial is not None:
            yield f"# {say('draft-trial', read=trial.read, of=trial.of, same=trial.identical)}"
        for key in ("draft-how-1", "draft-how-2", "draft-how-3", "draft-how-4"):
            yield f"# {say(key)}"

    def _open(self, label: str, **slots: Any) -> str:
        return f"  # {self._say('draft-open')}{self._say(label, **slots)}"

    # ── Structure ────────────────────────────────────────────────────────────────────────────────

    def _structure(self) -> Iterator[str]:
        record, framing = self.layout.record, self.found.framing
        told: dict[str, Any] = {"ends": record.ends}
        if record.terminator:
            told["terminator"] = _Raw(_hex(record.terminator))
        if record.ends == "fixed":
            told["size"] = _Raw(str(record.size))
        if record.filler:
            told["filler"] = _Raw(_hex(record.filler))
        if record.newline != "none":
            told["newline"] = record.newline
        if record.skip:
            told["skip"] = _Raw(_hex(record.skip))
        told["longest"] = _Raw(str(record.longest))
        count = len(framing.spans) if framing is not None else 0
        yield f"record: {_flow(told)}{self._open('draft-record', count=count)}"
        charsets = self.layout.charsets
        sets: dict[str, Any] = {"control": charsets.control, "data": charsets.data}
        if charsets.modes:
            sets["modes"] = {mode: name for mode, name in charsets.modes.items()}  # noqa: C416 - a copy to be written
        yield f"charsets: {_flow(sets)}{self._open('draft-charsets')}"
        yield ""

    def _label(self) -> Iterator[str]:
        label = self.layout.label
        if not label.length:
            return
        yield "label:"
        yield f"  length: {label.length}"
        yield "  items:"
        for item in label.items:
            yield f"    - {_flow(self._item(item))}{self._seen(item)}"
        yield ""

    @staticmethod
    def _item(item: LabelItem) -> dict[str, Any]:
        told: dict[str, Any] = {"name": item.name, "at": _Raw(str(item.at)), "length": _Raw(str(item.length))}
        if item.role is not None:
            told["role"] = item.role
        if item.number is not None and (item.number.coding == "binary" or item.number.pad != "0"):
            told["number"] = "binary" if item.number.coding == "binary" else {"pad": item.number.pad}
        if item.adds:
            told["adds"] = _Raw(str(item.adds))
        if item.given is not None:
            told["given"] = _Raw(_quoted(item.given))
        told["mark"] = item.mark
        return told

    def _seen(self, item: LabelItem) -> str:
        """What stands in an item, and how often it does."""
        if item.role is not None:
            number = next((each for each in self.found.numbers if each.at == item.at), None)
            return "" if number is None else self._open("draft-number", good=number.good, of=number.of)
        records = self.found.records
        counts = Counter(record[item.at : item.end] for record in records)
        shown = [
            f"「{control_text(self.found, value)}」 {count}" if item.length <= _CODES else _readable(self.found, value)
            for value, count in counts.most_common(_CODES)
        ]
        more = " …" if len(counts) > _CODES else ""
        label = "draft-codes" if 1 < len(counts) <= _CODES else "draft-values"
        return self._open(label, values=comment(", ".join(shown)) + more)

    def _fields(self) -> Iterator[str]:
        layout = self.layout
        if layout.directory is not None:
            rule = layout.directory
            told: dict[str, Any] = {
                "tag": _Raw(str(rule.tag)),
                "length": _number(rule.length),
                "start": _number(rule.start),
            }
            if rule.order != ("tag", "length", "start"):
                told["order"] = list(rule.order)
            if rule.ends:
                told["ends"] = _Raw(_hex(rule.ends))
            if rule.origin != "data":
                told["origin"] = rule.origin
            yield f"directory: {_flow(told)}{self._sure()}"
        yield from self._rule()
        if layout.subfields is not None:
            yield self._subfields()
        if layout.tags:
            yield "tags:"
            for tag, rule_of in layout.tags.items():
                yield from self._tag(tag, rule_of.plain, rule_of.charset, rule_of.size, rule_of.slots)
        yield ""

    def _sure(self) -> str:
        cutting = self.found.cutting
        return "" if cutting is None else self._open("draft-fields", good=len(cutting.cut), of=cutting.of)

    def _rule(self) -> Iterator[str]:
        rule = self.layout.fields
        if rule.by == "positions":
            yield f"fields:{self._open('draft-positions')}"
            yield "  by: positions"
            yield "  slots:"
            yield from (f"    - {_flow(_slot(slot))}" for slot in rule.slots)
            return
        told: dict[str, Any] = {"by": rule.by}
        if rule.by == "tags":
            told["tag"] = _Raw(str(rule.tag))
            if rule.length is not None:
                told["length"] = _number(rule.length)
            if rule.whole:
                told["whole"] = True
        if rule.ends:
            told["ends"] = _Raw(_hex(rule.ends))
        if rule.between:
            told["between"] = True
        if rule.indicators:
            told["indicators"] = _Raw(str(rule.indicators))
        yield f"fields: {_flow(told)}{self._sure() if rule.by == 'tags' else ''}"

    def _subfields(self) -> str:
        rule, known = self.layout.subfields, self.found.heads
        assert rule is not None  # noqa: S101 - asked by the caller
        told: dict[str, Any] = {}
        if rule.begins:
            told["begins"] = _Raw(_hex(rule.begins))
        told["id"] = _Raw(str(rule.id))
        if rule.length is not None:
            told["length"] = _number(rule.length)
        if rule.mode:
            told["mode"] = _Raw(str(rule.mode))
        there = {"id": rule.id > 0, "length": rule.length is not None, "mode": rule.mode > 0}
        order = [name for name in rule.order if there[name]]
        if order and order != [name for name in ("id", "length", "mode") if there[name]]:
            told["order"] = order
        good, tried = (known.good, known.tried) if known is not None else (0, 0)
        return f"subfields: {_flow(told)}{self._open('draft-subfields', good=good, of=tried)}"

    def _tag(self, tag: str, plain: bool, charset: str | None, size: int, slots: tuple[Slot, ...]) -> Iterator[str]:
        told: dict[str, Any] = {}
        if plain:
            told["plain"] = True
        if charset:
            told["charset"] = charset
        if not slots:
            yield f"  {scalar(tag)}: {_flow(told)}"
            return
        yield f"  {scalar(tag)}:{self._open('draft-stretch')}"
        yield from (f"    {key}: {_flow(value)}" for key, value in told.items())
        if size:
            yield f"    size: {size}"
        yield "    slots:"
        yield from (f"      - {_flow(_slot(slot))}" for slot in slots)

    # ── Elements ─────────────────────────────────────────────────────────────────────────────────

    def _elements(self) -> Iterator[str]:
        say = self._say
        if self.made.names_of is not None:
            yield f"# {say('draft-names', layout=self.made.names_of)}"
        yield f"# {say('draft-elements')}"
        yield "elements:"
        for name, element in self.layout.elements.items():
            yield f"  {scalar(name)}: {_flow(_element(element))}  # {self._samples(element)}"
        yield from self._copies()

    def _copies(self) -> Iterator[str]:
        """How fields that repeat could be written as one group, for who knows that they are copies."""
        for tag in repeated(self.found):
            names = [(name, each.place.sub) for name, each in self.layout.elements.items() if each.place.tags == (tag,)]
            members = ", ".join(f"{name}: ${sub}" for name, sub in names)
            yield ""
            yield f"# {self._say('draft-copies', tag=tag)}"
            yield f'#   所蔵: {{at: "{tag}", members: {{{members}}}}}'
            yield f"# {self._say('draft-copies-end')}"
            yield "# holdings: {element: 所蔵, copies: together}"

    def _samples(self, element: Element) -> str:
        """How often the value stands in the file, and what it looks like."""
        say, texts = self._say, self.made.texts[element.name]
        known = self._shown(element)
        values = list(dict.fromkeys(visible(value) for value in known if value.strip()))[:_SAMPLES]
        often = say("draft-often", records=texts.records, count=texts.count)
        shown = clip(" | ".join(values), _WIDE)
        return comment(
            f"{'' if element.mark == 'inferred' else say('draft-open')}{often}{'　' if shown else ''}{shown}"
        )

    def _shown(self, element: Element) -> list[str]:
        texts = self.made.texts[element.name]
        rule = self.layout.tags.get(texts.tag)
        slots = rule.slots if rule is not None else ()
        slot = next((slot for slot in slots if slot.name == element.place.sub), None)
        if slot is None:
            return decoded(self.found, texts)
        from convert.formats.somoku.charsets import charset  # noqa: PLC0415 - only for slots within fields

        kind = charset(slot.charset or self.layout.charsets.data)
        return [kind.decode(value[slot.at : slot.at + slot.length]).strip("　 ") for value in texts.values[:50]]


def _readable(found: Guess, value: bytes) -> str:
    """Bytes of the label as text, as hex where they are none."""
    text = control_text(found, value)
    return value.hex(" ").upper() if "." in text and 0x2E not in value else text


def _slot(slot: Slot) -> dict[str, Any]:
    told: dict[str, Any] = {"name": slot.name, "at": _Raw(str(slot.at)), "length": _Raw(str(slot.length))}
    if slot.pad != " ":
        told["pad"] = _Raw(_quoted(slot.pad))
    if slot.charset:
        told["charset"] = slot.charset
    return told


def _element(element: Element) -> dict[str, Any]:
    told: dict[str, Any] = {"at": _Raw(_quoted(str(element.place)))}
    if element.en:
        told["en"] = element.en
    if element.key:
        told |= {"key": True, "required": True, "repeat": _Raw("false")}
    if element.kind:
        told["kind"] = element.kind
    if element.mark == "inferred":
        told["mark"] = element.mark
    return told


def _quoted(text: str) -> str:
    if text.isascii() and not text.isprintable():
        return flow(text)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
