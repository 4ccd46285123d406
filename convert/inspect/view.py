"""What text and HTML both show of a profile: words, shares, samples, places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convert.draft.yaml import flow
from convert.inspect.damage import NAMES, repaired
from convert.messages.catalogue import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.inspect.candidates import Candidate
    from convert.inspect.column import Column, Damage
    from convert.inspect.evidence import Delimited, Fit
    from convert.inspect.profile import Profile
    from convert.inspect.words import Words

LEAST_SHARE = 0.01
"""Kinds of fewer values than this share are left out of the summary."""
KINDS = 4
_MB = 2**20
_HIDDEN = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff\u3099\u309a]")
"""Characters that most fonts show as nothing, or join to the one before."""
_UNSHOWN = ("date", "image", "day")


def percent(share: float) -> str:
    """A share as a whole number of percent; never 0 or 100 unless it is.

    >>> percent(0.9995), percent(1.0), percent(0.001)
    ('99%', '100%', '1%')
    """
    number = round(share * 100)
    if number == 100 and share < 1:
        number = 99
    return f"{1 if number == 0 and share > 0 else number}%"


def size(count: int) -> str:
    """Bytes for people."""
    return f"{count / _MB:.1f} MB" if count >= _MB else f"{count / 1024:.1f} KB" if count >= 1024 else f"{count} B"


def one_line(text: str) -> str:
    """A value on one line, its control characters shown."""
    return visible(text.replace("\r\n", "⏎").replace("\n", "⏎").replace("\r", "⏎"))


@dataclass(frozen=True, slots=True)
class View:
    """One profile in the words of one language."""

    profile: Profile
    say: Words

    def head(self) -> str:
        """The file, its records, what was not read."""
        say, found = self.say, self.profile
        text = f"{visible(found.source)}  {say('records', readable=found.records)}"
        more = [say("broken", broken=found.broken)] if found.broken else []
        return say.listed([text, *more])

    def facts(self) -> Iterator[tuple[str, str]]:
        """Name and text of each fact about the bytes."""
        say, evidence = self.say, self.profile.evidence
        yield (
            say("format"),
            f"{self.profile.format}（{say(self.profile.reason)}）"
            if say.lang == "ja"
            else (f"{self.profile.format} ({say(self.profile.reason)})"),
        )
        if evidence.magic:
            yield say("encoding"), say.shape(evidence.magic)
            return
        yield say("encoding"), say.listed(list(self._encodings()))
        if evidence.ends:
            ends = [f"{name} {count:,}" for name, count in evidence.ends]
            if len(ends) > 1 and self.profile.flat:
                ends.append(say("in-cells"))
            yield say("ends"), say.listed([*ends, say("open")] if evidence.last_line_open else ends)
        if self.profile.flat and evidence.delimiters:
            yield say("delimiter"), say.listed([self._delimiter(item) for item in evidence.delimiters])
        if self.profile.flat and evidence.quotes is not None:
            yield say("quotes"), say.listed(list(self._quotes()))

    def _encodings(self) -> Iterator[str]:
        say, evidence = self.say, self.profile.evidence
        yield say("bom", bom=evidence.bom) if evidence.bom else say("no-bom")
        if evidence.ascii and len(evidence.fits) == 1 and not evidence.bom:
            yield say("ascii")
            return
        good = [fit for fit in evidence.fits if fit.fits] or list(evidence.fits[:1])
        for fit in good:
            yield self._fit(fit)
        bad = [fit.encoding for fit in evidence.fits if fit not in good]
        if bad:
            yield say("others-fail", names=say.listed(bad))

    def _fit(self, fit: Fit) -> str:
        say, evidence = self.say, self.profile.evidence
        if fit.fits:
            label = "fits" if evidence.whole else "fits-head"
            return say(label, encoding=fit.encoding, size=size(evidence.looked_at))
        return say("fails", encoding=fit.encoding, line=fit.line or 1)

    def _delimiter(self, item: Delimited) -> str:
        mark = "「{}」" if self.say.lang == "ja" else "“{}”"
        name = self.say("tab") if item.delimiter == "\t" else mark.format(item.delimiter)
        return self.say("delimiter-fit", name=name, rows=item.rows, of=item.of, cells=item.cells)

    def _quotes(self) -> Iterator[str]:
        quotes = self.profile.evidence.quotes
        if quotes is None:
            return
        yield self.say(f"quotes-{quotes.habit}")
        if quotes.doubled:
            yield self.say("quotes-doubled")
        if quotes.escaped:
            yield self.say("quotes-escaped")

    def warnings(self) -> Iterator[str]:
        """What must be known before the figures are believed."""
        say, found = self.say, self.profile
        if not found.complete:
            yield say("limit", seen=found.records + found.broken)
        if row := found.source_block.get("header_row"):
            yield from self._above(row)
        for option in found.options:
            if option.name == "encoding" and not option.stated:
                yield say("assumed", encoding=option.value)
                if not option.certain:
                    yield say("doubtful")
        if found.evidence.nul and not found.evidence.magic:
            yield say("nul", count=found.evidence.nul)
        if not found.walked:
            yield say("no-walk")
        if found.unlisted:
            yield say("unlisted", n=found.unlisted, shown=len(found.columns))
        if not found.records and not found.fatal:
            yield say("no-records")

    def _above(self, row: str) -> Iterator[str]:
        """What stands above headers that were found below a title."""
        option = next(option for option in self.profile.options if option.name == "header_row")
        if option.stated:
            return
        rows = int(self.profile.source_block.get("header_rows", "1"))
        label = "header-row" if rows == 1 else "header-rows"
        above = [
            f"「{one_line(text)}」" if self.say.lang == "ja" else f"“{one_line(text)}”" for text in self.profile.above
        ]
        yield self.say(label, row=row, last=int(row) + rows - 1)
        if above:
            yield self.say("above", texts=self.say.listed(above))

    # ── Columns ──────────────────────────────────────────────────────────────────────────────────

    def fill(self, column: Column) -> str:
        """The fill rate."""
        return percent(column.fill) if column.records else self.say("empty")

    def distinct(self, column: Column) -> str:
        """The number of different values."""
        return self.say("more-than", n=column.distinct) if column.distinct_more else f"{column.distinct:,}"

    def lengths(self, column: Column) -> str:
        """Shortest, median and longest."""
        if column.lengths is None:
            return ""
        low, middle, high = column.lengths
        return f"{low:,}" if low == high else f"{low:,}–{middle:,}–{high:,}"

    def kinds(self, column: Column) -> str:
        """The kinds of its values with their shares, and what is special about the column."""
        say = self.say
        parts = []
        if column.records > 1 and column.unique:
            parts.append(say("unique"))
        if column.constant:
            parts.append(say("constant"))
        if column.most > 1:
            parts.append(say("most", n=column.most))
        shown = [(name, count / column.judged) for name, count in column.kinds if name not in _UNSHOWN]
        for name, share in [item for item in shown if item[1] >= LEAST_SHARE][:KINDS]:
            word = say.kind(name)
            if word:
                parts.append(word if share > 0.995 else f"{word} {percent(share)}")
        return say.listed(parts)

    def samples(self, column: Column) -> list[str]:
        """Samples, each on one line."""
        return [one_line(sample) for sample in column.samples]

    # ── Damage, candidates, source ───────────────────────────────────────────────────────────────

    def damages(self) -> Iterator[tuple[Column, Damage]]:
        """Every sign of damage with its column, the worst sign first."""
        found = [(column, damage) for column in self.profile.columns for damage in column.damages]
        return iter(sorted(found, key=lambda item: NAMES.index(item[1].sign)))

    def damage_head(self, column: Column, damage: Damage) -> str:
        """The column, the sign and how often."""
        say = self.say
        colon = "：" if say.lang == "ja" else ": "
        return f"{visible(column.path)}{colon}{say.damage(damage.sign)} {say('times', n=damage.count)}"

    def damage_value(self, damage: Damage) -> str:
        """The first value, and what it may have been."""
        text = _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", one_line(damage.value))
        if damage.sign == "blanks":
            text = f"「{text}」" if self.say.lang == "ja" else f"“{text}”"
        better = repaired(damage.value) if damage.sign == "mojibake" else None
        return f"{text}  {self.say('maybe', value=one_line(better))}" if better else text

    def places(self, damage: Damage) -> str:
        """Where the first ones stand."""
        return self.say.listed([visible(str(place)) for place in damage.places])

    def candidate(self, candidate: Candidate) -> str:
        """A candidate with its reasons."""
        return f"{visible(candidate.path)}  {self.say.listed([self.say.reason(name) for name in candidate.reasons])}"

    def repeats(self, candidate: Candidate) -> str | None:
        """The values of an id candidate that stand twice."""
        column = self.profile.column(candidate.path)
        if column is None or not column.repeats:
            return None
        shown = [f"{one_line(repeat.value)} ({visible(str(repeat.place))})" for repeat in column.repeats]
        return self.say("repeats", values=self.say.listed(shown))

    def source_block(self) -> str:
        """The ``source:`` line of a mapping."""
        return f"source: {flow(self.profile.source_block)}"
