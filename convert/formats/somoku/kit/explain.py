"""What was found in an unknown file, in words: a verdict, the evidence in numbers, and what is left open."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from convert.draft.yaml import comment
from convert.formats.somoku.charsets import describe
from convert.formats.somoku.kit.compose import control_text, decoded, kinds_of, repeated
from convert.formats.somoku.kit.words import words
from convert.inspect.view import percent
from convert.inspect.view import size as bytes_size
from convert.inspect.words import Words
from convert.messages.catalogue import visible
from convert.report.layout import clip, table, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.kit.compose import Composed
    from convert.formats.somoku.kit.framing import Framing
    from convert.formats.somoku.kit.guess import Guess, NumberFound, Texts, Trial
    from convert.formats.somoku.model import LabelItem, Number

_WIDE = 110
_TAGS = 60  # tags that the text shows; the JSON has all
_SAMPLES = 3
_CONTROLS = {0x00: "NUL", 0x09: "TAB", 0x0A: "LF", 0x0D: "CR", 0x1A: "SUB", 0x1B: "ESC",
             0x1C: "FS", 0x1D: "GS", 0x1E: "RS", 0x1F: "US"}  # fmt: skip
_LOOKS = (
    (re.compile(rb"\s*(?:\xef\xbb\xbf)?<[?!A-Za-z]"), "looks-xml"),
    (re.compile(rb"\s*(?:\xef\xbb\xbf)?(?:\{\s*\"|\[\s*[\[{\"])"), "looks-json"),
    (re.compile(rb"%PDF"), "looks-pdf"),
)


class Explained:
    """The words for one file. ``made``: the layout that it comes to, if there is one."""

    def __init__(self, found: Guess, made: Composed | None, file: str, lang: str) -> None:
        self.found, self.made, self._file, self._lang = found, made, file, lang
        self._say = words(lang)
        self._kind = Words(lang).kind

    def lines(self) -> Iterator[str]:
        """The whole report."""
        say = self._say
        yield self._head()
        if not self.found.sample.data:
            yield say("empty-file")
            return
        yield ""
        yield say("h-verdict")
        yield from self._wrapped(self.verdict())
        yield ""
        yield say("h-bytes")
        yield from self._wrapped(self.statistics())
        if self.made is not None:
            yield from self._label()
        if self.found.texts:
            yield from self._tags()
        yield ""
        yield say("h-known")
        yield from table([self._trial(trial) for trial in self.found.known], indent="  ")
        left = list(self.open())
        if left:
            yield ""
            yield say("h-open")
            yield from self._wrapped(left)
        yield ""
        yield from wrap(say(self._next(), file=visible(self._file)), _WIDE)

    def _head(self) -> str:
        found = self.found
        looked = bytes_size(len(found.sample.data))
        label = "looked-whole" if found.sample.whole else "looked-head"
        return f"{visible(self._file)}  {self._say(label, size=looked)}"

    def _wrapped(self, texts: list[str] | Iterator[str]) -> Iterator[str]:
        for text in texts:
            yield from wrap(text, _WIDE, first=f"  {self._say('bullet')}", rest="    ")

    def _next(self) -> str:
        return "next-new" if self.made is not None else "next-none"

    # ── Verdict ──────────────────────────────────────────────────────────────────────────────────

    def verdict(self) -> list[str]:
        """What the structure seems to be, each with the numbers that speak for it."""
        found, say = self.found, self._say
        looks = next((label for sign, label in _LOOKS if sign.match(found.sample.data)), None)
        if looks is not None and found.cutting is None:
            return [say(looks, file=visible(self._file))]
        if found.framing is None:
            lines = found.counts[0x0A]
            return [say("v-text", lines=lines, file=visible(self._file)) if self._is_text() else say("v-nothing")]
        told = [self._ends(found.framing)]
        if found.columns is not None:
            told.append(say("v-table", columns=found.columns, file=visible(self._file)))
        elif found.cutting is None and not found.slots:
            told.append(say("v-no-fields", file=visible(self._file)))
        told += self._cut()
        told += self._letters()
        if found.trial is not None:
            trial = found.trial
            told.append(say("v-trial", read=trial.read, of=trial.of, same=trial.identical))
        return told

    def _is_text(self) -> bool:
        """Whether lines stand in the file, and no control bytes but those of lines."""
        counts = self.found.counts
        return counts[0x0A] > 2 and not any(counts[byte] for byte in range(0x20) if byte not in b"\t\n\r\x1b\x0c")

    def _ends(self, framing: Framing) -> str:
        say, lengths = self._say, framing.lengths
        count = len(framing.spans)
        parts = []
        if framing.ends == "length" and framing.stated is not None:
            stated = framing.stated
            adds = say("v-adds", adds=f"{stated.adds:+d}") if stated.adds else ""
            first, last = stated.at, stated.at + stated.width - 1
            how = say("v-binary" if stated.binary else "v-blank" if stated.blank else "v-digits", width=stated.width)
            parts.append(say("v-length", first=first, last=last, how=how, count=count, adds=adds))
        elif framing.ends == "terminator":
            parts.append(say("v-terminator", mark=_hex(framing.terminator), count=count))
        else:
            parts.append(say("v-fixed", size=lengths[-1], count=count))
        if lengths[0] != lengths[-1]:
            parts.append(say("v-lengths", low=lengths[0], middle=lengths[len(lengths) // 2], high=lengths[-1]))
        tail = self.found.cutting.tail if self.found.cutting is not None else 0
        if tail and framing.ends == "length":
            parts.append(say("v-tail", mark=_hex(self.found.records[0][-tail:])))
        if framing.newline != "none":
            parts.append(say("v-newline", name={"crlf": "CR LF", "lf": "LF"}.get(framing.newline, say("v-some"))))
        if framing.skip:
            parts.append(say("v-skip", bytes=_hex(framing.skip)))
        data = self.found.sample
        if framing.reached < len(data.data) * 0.98:
            parts.append(say("v-reached", reached=framing.reached, size=len(data.data)))
        return "".join(parts) if self._lang == "ja" else " ".join(parts)

    def _cut(self) -> list[str]:
        found, say = self.found, self._say
        if found.slots:
            return [say("v-slots", count=len(found.slots))]
        cutting = found.cutting
        if cutting is None:
            return []
        fields = sum(map(len, cutting.cut.values()))
        told = [say("v-label", length=cutting.label) if cutting.label else say("v-no-label")]
        if cutting.directory is not None:
            rule = cutting.directory
            widths = {"tag": str(rule.tag), "length": self._number(rule.length), "start": self._number(rule.start)}
            order = say.listed([say(f"v-part-{name}", width=widths[name]) for name in rule.order])
            told.append(
                say("v-directory", entry=rule.entry, order=order, origin=say(f"v-origin-{rule.origin}"),
                    ends=say("v-ends", mark=_hex(rule.ends)) if rule.ends else "",
                    good=len(cutting.cut), of=cutting.of, fields=fields)
            )  # fmt: skip
        elif cutting.fields.length is not None:
            how = self._number(cutting.fields.length)
            whole = say("v-whole" if cutting.fields.whole else "v-not-whole")
            told.append(
                say("v-tags", tag=cutting.fields.tag, how=how, whole=whole, good=len(cutting.cut), of=cutting.of,
                    fields=fields)
            )  # fmt: skip
        else:
            mark = _hex(cutting.fields.ends)
            label = "v-between" if cutting.fields.between else "v-marks"
            told.append(
                say(label, tag=cutting.fields.tag, mark=mark, good=len(cutting.cut), of=cutting.of, fields=fields)
            )
        if cutting.fields.ends and (cutting.directory is not None or cutting.fields.length is not None):
            told.append(say("v-field-ends", mark=_hex(cutting.fields.ends), fields=fields))
        return [*told, *self._subfields()]

    def _subfields(self) -> list[str]:
        known, say = self.found.heads, self._say
        if known is None or known.rule is None:
            return [say("v-no-subfields")]
        rule = known.rule
        told = []
        if known.indicators:
            told.append(say("v-indicators", count=known.indicators))
        if not rule.id:
            told.append(say("v-numbered", mark=_hex(rule.begins), good=known.good, of=known.tried))
        else:
            there = {"id": str(rule.id), "length": self._number(rule.length) if rule.length else "",
                     "mode": str(rule.mode) if rule.mode else ""}  # fmt: skip
            parts = [say(f"v-part-{name}", width=there[name]) for name in rule.order if there[name]]
            begins = say("v-begins", mark=_hex(rule.begins)) if rule.begins else say("v-no-begins")
            label = "v-subfields" if len(parts) > 1 else "v-subfields-plain"
            told.append(say(label, begins=begins, order=say.listed(parts), good=known.good, of=known.tried))
        plain = sorted(tag for tag in known.plain if tag not in self.found.stretched)
        if plain:
            told.append(say("v-plain", tags=_some(plain)))
        for tag, (size, slots) in self.found.stretched.items():
            width = size or slots[-1].at + slots[-1].length
            told.append(say("v-stretched", tag=tag, size=width, count=len(slots)))
        return told

    def _number(self, number: Number) -> str:
        label = "v-binary" if number.coding == "binary" else "v-blank" if number.pad == " " else "v-digits"
        return self._say(label, width=number.width)

    def _letters(self) -> list[str]:
        found, say = self.found, self._say
        told = []
        if found.cutting is not None or found.control == "ebcdic":
            told.append(say(f"v-control-{found.control}"))
        for mode, fit in found.modes.items():
            name = self._set(fit.name)
            told.append(say("v-mode", mode=mode, name=name, read=fit.read, of=fit.of, kana=fit.kana, kanji=fit.kanji))
        if found.data is not None and not found.modes:
            fit = found.data
            name = self._set(fit.name)
            told.append(say("v-data", name=name, read=fit.read, of=fit.of, kana=fit.kana, kanji=fit.kanji))
            others = [f"{each.name} {each.read:,}/{each.of:,}" for each in found.fits[1:4]]
            if others:
                told.append(say("v-others", others=say.listed(others)))
        for tag, name in found.own.items():
            told.append(say("v-own", tag=tag, name=self._set(name)))
        return told

    def _set(self, name: str) -> str:
        ja, en = describe(name)
        return f"{name}（{ja}）" if self._lang == "ja" else f"{name} ({en})"

    # ── Bytes, label, tags ───────────────────────────────────────────────────────────────────────

    def statistics(self) -> list[str]:
        """How often control bytes stand in the file, and what kinds of bytes there are."""
        found, say = self.found, self._say
        data, counts = found.sample.data, found.counts
        total = max(1, len(data))
        controls = [
            f"{byte:02X}{f' ({_CONTROLS[byte]})' if byte in _CONTROLS else ''} {counts[byte]:,}"
            for byte in sorted(byte for byte in counts if byte < 0x20 or byte in (0x7F, 0xFF))
        ]
        told = [say("s-controls", list=say.listed(controls[:14]) if controls else say("nothing"))]
        crlf = data.count(b"\r\n")
        if crlf or counts[0x0A] or counts[0x0D]:
            told.append(say("s-newlines", crlf=crlf, lf=counts[0x0A] - crlf, cr=counts[0x0D] - crlf))
        high = sum(count for byte, count in counts.items() if byte >= 0x80)
        digits = sum(counts[byte] for byte in range(0x30, 0x3A))
        theirs = sum(counts[byte] for byte in range(0xF0, 0xFA))
        told.append(
            say("s-kinds", high=_percent(high / total), digits=_percent(digits / total),
                theirs=_percent(theirs / total),
                blank=_percent(counts[0x20] / total), theirs_blank=_percent(counts[0x40] / total))
        )  # fmt: skip
        escapes = [(name, data.count(mark)) for name, mark in (("ESC $ B", b"\x1b$B"), ("ESC $ @", b"\x1b$@"),
                   ("ESC ( B", b"\x1b(B"), ("ESC ( J", b"\x1b(J"), ("ESC ( I", b"\x1b(I"))]  # fmt: skip
        shown = [f"{name} {count:,}" for name, count in escapes if count]
        if shown:
            told.append(say("s-escapes", list=say.listed(shown)))
        for other in found.others[:2]:
            told.append(say("s-other", how=self._ends_short(other)))
        return told

    def _ends_short(self, framing: Framing) -> str:
        say = self._say
        if framing.ends == "terminator":
            return say("o-terminator", mark=_hex(framing.terminator), count=len(framing.spans))
        if framing.ends == "fixed":
            return say("o-fixed", size=framing.lengths[-1], count=len(framing.spans))
        at = framing.stated.at if framing.stated is not None else 0
        return say("o-length", at=at, count=len(framing.spans), reached=framing.reached)

    def _label(self) -> Iterator[str]:
        assert self.made is not None  # noqa: S101 - asked by the caller
        items = self.made.layout.label.items
        if not items:
            return
        yield ""
        yield self._say("label-of", length=self.made.layout.label.length)
        yield from table([self._item(item) for item in items], indent="  ", limit=_WIDE)

    def _item(self, item: LabelItem) -> list[str]:
        say = self._say
        place = f"{item.at}–{item.end - 1}" if item.length > 1 else str(item.at)
        known = next((each for each in self.found.numbers if each.at == item.at), None)
        if known is not None:
            adds = say("v-adds", adds=f"{known.adds:+d}") if known.adds else ""
            return [place, say(f"role-{known.role}"), say("i-number", good=known.good, of=known.of) + adds]
        values = self.values(item)
        shown = [f"「{text}」 {count:,}" if self._lang == "ja" else f"'{text}' {count:,}" for text, count in values[:6]]
        if len(values) == 1:
            return [place, say("i-const"), shown[0]]
        return [
            place,
            say("i-codes" if len(values) <= 6 else "i-varies"),
            say.listed(shown) + (" …" * (len(values) > 6)),
        ]

    def values(self, item: LabelItem) -> list[tuple[str, int]]:
        """What stands in an item of the label, the most frequent first."""
        counts = Counter(record[item.at : item.end] for record in self.found.records)
        return [(control_text(self.found, value), count) for value, count in counts.most_common(50)]

    def _tags(self) -> Iterator[str]:
        say, found = self._say, self.found
        of = len(found.cutting.cut) if found.cutting is not None else len(found.records)
        yield ""
        yield say("h-tags", count=len(found.texts), of=of)
        texts = self.sorted_texts()
        rows = [[say("t-place"), say("t-records"), say("t-count"), say("t-kind"), say("t-samples")]]
        for each in texts[:_TAGS]:
            rows.append([_place(each), f"{each.records:,}", f"{each.count:,}", self._kinds(each), self._samples(each)])
        yield from table(rows, indent="  ", limit=_WIDE)
        if len(texts) > _TAGS:
            yield f"  {say('t-more', count=len(texts) - _TAGS)}"

    def sorted_texts(self) -> list[Texts]:
        """Tags and subfields in order; columns as they stand."""
        texts = list(self.found.texts.values())
        return texts if self.found.slots else sorted(texts, key=lambda each: (each.tag, each.sub))

    def _kinds(self, texts: Texts) -> str:
        counts = kinds_of(decoded(self.found, texts))
        if not counts:
            return ""
        name, count = counts.most_common(1)[0]
        word = self._kind(name) or name
        return word if count == sum(counts.values()) else f"{word} {percent(count / sum(counts.values()))}"

    def _samples(self, texts: Texts) -> str:
        values = dict.fromkeys(visible(comment(value)).strip() for value in decoded(self.found, texts))
        return clip(" | ".join(value for value in list(values)[: _SAMPLES + 1] if value), 52)

    # ── Known layouts, what is left open ─────────────────────────────────────────────────────────

    def _trial(self, trial: Trial) -> list[str]:
        say = self._say
        state = say("confirmed" if trial.confirmed else "unconfirmed")
        read = say("k-read", read=trial.read, of=trial.of)
        if not trial.read:
            return [trial.layout, state, read, "", ""]
        flawed = say("k-flawed", count=trial.flawed) if trial.flawed else ""
        return [trial.layout, state, read, say("k-named", named=trial.named, values=trial.values), flawed]

    def open(self) -> list[str]:
        """What the bytes cannot tell, or do not tell yet."""
        say, found, made = self._say, self.found, self.made
        told = []
        readers = [trial for trial in found.known if trial.read and trial.read == trial.of]
        if len(readers) > 1:
            told.append(say("l-several", layouts=say.listed([trial.layout for trial in readers])))
        if found.cutting is not None and len(found.cutting.cut) < found.cutting.of:
            first = next(place for place in range(found.cutting.of) if place not in found.cutting.cut)
            at = found.framing.spans[first][0] if found.framing is not None else 0
            told.append(say("l-damaged", count=found.cutting.of - len(found.cutting.cut), at=at))
        if made is not None:
            items = [item for item in made.layout.label.items if item.mark == "unknown"]
            if items:
                places = say.listed([str(item.at) for item in items[:12]])
                told.append(say("l-items", count=len(items), places=places))
            status = [item for item in items if _may_be_status(self.values(item))]
            for item in status:
                told.append(say("l-status", at=item.at, values=say.listed([text for text, _ in self.values(item)])))
            for tag in repeated(found):
                told.append(say("l-repeated", tag=tag))
            key = made.layout.key
            told.append(say("l-key", place=str(key.place)) if key is not None else say("l-no-key"))
            told.append(say("l-names", count=sum(each.mark == "unknown" for each in made.layout.elements.values())))
        names = {fit.name for fit in found.modes.values()} | ({found.data.name} if found.data is not None else set())
        if "ascii" in names and made is not None:
            told.append(say("l-ascii"))
        if "cp932" in names:
            told.append(say("l-cp932"))
        if found.unsure:
            told.append(say("l-unsure", mark=_hex(found.unsure)))
        if found.slots:
            told.append(say("l-slots"))
        if not found.sample.whole:
            told.append(say("l-head"))
        return told


def _may_be_status(values: list[tuple[str, int]]) -> bool:
    """Whether the values of an item look like new, changed, deleted."""
    texts = {text.strip().lower() for text, _ in values}
    return 1 < len(texts) <= 5 and bool(texts & {"n", "add", "new", "i", "0", "00", "1", "01"}) and bool(
        texts & {"d", "del", "c", "u", "mod", "2", "3", "9", "99", "02", "03"}
    )  # fmt: skip


def _place(texts: Texts) -> str:
    return f"{texts.tag}${texts.sub}" if texts.sub else texts.tag


def _hex(data: bytes) -> str:
    return data.hex(" ").upper()


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%"


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────


def document(found: Guess, made: Composed | None, file: str) -> dict[str, Any]:
    """The findings for programs; texts in both languages."""
    told = {lang: Explained(found, made, file, lang) for lang in ("ja", "en")}
    framing, cutting, known = found.framing, found.cutting, found.heads
    return {
        "source": file,
        "size": found.size,
        "looked_at": len(found.sample.data),
        "whole": found.sample.whole,
        "verdict": {lang: each.verdict() if found.sample.data else [] for lang, each in told.items()},
        "open": {lang: each.open() for lang, each in told.items()},
        "bytes": {f"{byte:02X}": count for byte, count in sorted(found.counts.items())},
        "records": _framing_dict(framing) if framing is not None else None,
        "label": {
            "length": cutting.label,
            "numbers": [_number_dict(number) for number in found.numbers],
        }
        if cutting is not None
        else None,
        "fields": {
            "by": made.layout.fields.by if made is not None else None,
            "good": len(cutting.cut),
            "of": cutting.of,
            "fields": sum(map(len, cutting.cut.values())),
            "tag": cutting.fields.tag,
            "ends": _hex(cutting.fields.ends),
            "order": list(cutting.directory.order) if cutting.directory is not None else None,
        }
        if cutting is not None
        else None,
        "subfields": {
            "begins": _hex(known.rule.begins),
            "id": known.rule.id,
            "length": known.rule.length.width if known.rule.length is not None else None,
            "mode": known.rule.mode,
            "order": list(known.rule.order),
            "indicators": known.indicators,
            "good": known.good,
            "of": known.tried,
        }
        if known is not None and known.rule is not None
        else None,
        "charsets": {
            "control": found.control,
            "data": found.data.name if found.data is not None else None,
            "modes": {mode: fit.name for mode, fit in found.modes.items()},
            "evidence": [
                {"name": fit.name, "read": fit.read, "of": fit.of, "likely": round(fit.likely, 3)} for fit in found.fits
            ],
        },
        "tags": [
            {
                "tag": texts.tag,
                "sub": texts.sub or None,
                "records": texts.records,
                "values": texts.count,
                "kinds": dict(kinds_of(decoded(found, texts)).most_common(3)),
                "samples": list(dict.fromkeys(decoded(found, texts)))[:5],
            }
            for texts in told["ja"].sorted_texts()
        ],
        "slots": [{"at": slot.at, "length": slot.length, "charset": slot.charset} for slot in found.slots],
        "layouts": [_trial_dict(trial) for trial in found.known],
        "draft": _trial_dict(found.trial) if found.trial is not None else None,
    }


def _framing_dict(framing: Framing) -> dict[str, Any]:
    lengths, stated = framing.lengths, framing.stated
    return {
        "ends": framing.ends,
        "count": len(framing.spans),
        "reached": framing.reached,
        "terminator": _hex(framing.terminator),
        "newline": framing.newline,
        "skip": _hex(framing.skip),
        "shortest": lengths[0],
        "longest": lengths[-1],
        "length": {
            "at": stated.at,
            "width": stated.width,
            "coding": "binary" if stated.binary else "digits",
            "pad": " " if stated.blank else "0",
            "adds": stated.adds,
        }
        if stated is not None
        else None,
    }


def _number_dict(number: NumberFound) -> dict[str, Any]:
    return {
        "role": number.role,
        "at": number.at,
        "width": number.width,
        "coding": "binary" if number.binary else "digits",
        "adds": number.adds,
        "good": number.good,
        "of": number.of,
    }


def _trial_dict(trial: Trial) -> dict[str, Any]:
    return {
        "layout": trial.layout,
        "confirmed": trial.confirmed,
        "read": trial.read,
        "of": trial.of,
        "identical": trial.identical,
        "values": trial.values,
        "named": trial.named,
        "flawed": trial.flawed,
    }
