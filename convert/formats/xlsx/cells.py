"""Cells into text, and what a spreadsheet may have done to them, noted beside."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from convert.formats.xlsx.evidence import NO_EVIDENCE, Evidence, is_article_number, isbn10_of
from convert.formats.xlsx.numfmt import NumberFormat, compile_format
from convert.formats.xlsx.strings import SCIENTIFIC

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from convert.formats.xlsx.strings import Strings

MEMO = 20_000
"""Numbers of one style whose text is kept."""
_SHORT = 8  # digits; a longer number may be an id, and hardly comes twice
_SIMPLE = re.compile(r"-?(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{0,2}[1-9])?|[1-9][0-9]{0,7}")
"""Numbers that General shows as they stand in the file."""
_GENERAL = compile_format("General")


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said of a cell: ``index`` is its column from 0."""

    index: int
    code: str
    value: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    suggestion: str | None = None


class _Memos(dict[str, dict[str, str]]):
    """Style number → number → text."""

    def __missing__(self, style: str) -> dict[str, str]:
        found: dict[str, str] = {}
        if len(self) < 1000:
            self[style] = found
        return found


class _Places(dict[int, _Memos]):
    """Column from 0 → the texts of numbers that are known there."""

    def __init__(self, apart: Container[int]) -> None:
        self._apart = apart
        self._shared = _Memos()

    def __missing__(self, index: int) -> _Memos:
        self[index] = _Memos() if index in self._apart else self._shared
        return self[index]


class Cells:
    """The cells of one sheet. ``dates``: iso or shown. ``evidence``: which columns hold ids.

    With ``watch`` every date is noted as ``date`` (for :mod:`evidence`).
    """

    def __init__(
        self,
        strings: Strings,
        styles: tuple[NumberFormat, ...],
        *,
        is_1904: bool,
        dates: str,
        evidence: Evidence = NO_EVIDENCE,
        watch: bool = False,
    ) -> None:
        self.strings = strings
        self.count = strings.count
        self.memos = _Places(evidence.ids)
        self._styles = styles
        self._is_1904 = is_1904
        self._iso = dates == "iso"
        self._evidence = evidence
        self._watch = watch
        self._notes: list[Note] = []

    def take(self) -> Sequence[Note]:
        """The notes since they were taken last."""
        if not self._notes:
            return ()
        notes, self._notes = self._notes, []
        return notes

    def _note(self, index: int, code: str, value: str | None, suggestion: str | None = None, **slots: Any) -> None:
        self._notes.append(Note(index, code, value, slots, suggestion))

    # ── The kinds of cells (ECMA-376 Part 1 §18.18.11) ───────────────────────────────────────────

    def shared_text(self, index: int, value: str) -> str:
        """The shared string of that number."""
        number = int(value) if value.isascii() and value.strip().isdigit() and len(value) < 12 else -1
        if not 0 <= number < self.count:
            if value:
                self._note(index, "SRC-XLSX-CELL", value)
            return ""
        text = self.strings[number]
        if number in self.strings.scientific:
            self._note(index, "SRC-XLSX-SCIENTIFIC-TEXT", text)
        return text

    def other(self, index: int, kind: str, formula: str | None, value: str, inline: str) -> str:
        """A cell that is neither a shared string nor a number. ``formula``: its text, None where there is none."""
        if kind == "inlineStr":
            return self.text(index, inline)
        if formula is not None and not value and kind != "str":
            self._note(index, "SRC-XLSX-FORMULA", f"={formula}" if formula else None)
            return ""
        if kind == "str":
            return self.text(index, value)
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE", "true": "TRUE", "false": "FALSE"}.get(value, value)
        if kind == "e":
            self._note(index, "SRC-XLSX-ERROR", value)
            return ""
        if kind == "d":
            return value.removesuffix("T00:00:00").replace("T", " ")
        return self.text(index, value or inline)

    def text(self, index: int, text: str) -> str:
        """A text of the cell's own."""
        if "+" in text and SCIENTIFIC.fullmatch(text.strip()):
            self._note(index, "SRC-XLSX-SCIENTIFIC-TEXT", text)
        return text

    # ── Numbers ──────────────────────────────────────────────────────────────────────────────────

    def number(self, index: int, style: str, value: str, memo: dict[str, str]) -> str:
        """A number as its format shows it, but never without its digits. ``memo`` takes what may be used again."""
        place = int(style) if style else 0
        form = self._styles[place] if place < len(self._styles) else _GENERAL
        if form.is_date:
            return self._date(index, form, value, memo)
        if form.is_general and _SIMPLE.fullmatch(value):
            return _remember(memo, value, value)
        shown = form.show(value)
        if shown is None:
            self._note(index, "SRC-XLSX-CELL", value)
            return ""
        if len(value) > _SHORT:
            digits = _digits(value)
            if digits is not None and len(digits) > _SHORT:
                return self._long(index, form, digits, shown)
        if form.is_scientific and (digits := _digits(value)) is not None and len(digits) > 5:
            return self._long(index, form, digits, shown)
        return _remember(memo, value, shown)

    def _long(self, index: int, form: NumberFormat, digits: str, shown: str) -> str:
        """A whole number of many digits: an id, unless its format says otherwise."""
        if not form.is_plain:
            return shown
        header = self._evidence.header(index)
        isbn = isbn10_of(digits) if header.isbn or (header.id and len(digits) == 10) else None
        if isbn is not None or (header.isbn and len(digits) in (10, 13)) or is_article_number(digits):
            suggestion = isbn if isbn is not None and isbn != digits else None
            self._note(index, "SRC-XLSX-ID-NUMBER", digits, suggestion)
        elif form.is_scientific or (form.is_general and len(digits) > 11):
            scientific = compile_format("0.00000E+00" if form.is_general else form.code).show(digits) or shown
            self._note(index, "SRC-XLSX-SCIENTIFIC", digits, shown=scientific)
        return digits if form.is_general or form.is_scientific else shown

    def _date(self, index: int, form: NumberFormat, value: str, memo: dict[str, str]) -> str:
        text = form.iso(value, is_1904=self._is_1904) if self._iso else None
        text = text or form.show(value, is_1904=self._is_1904)
        if text is None:
            text = _GENERAL.show(value)
            self._note(index, "SRC-XLSX-CELL" if text is None else "SRC-XLSX-DATE", text or value)
            return text or ""
        if self._watch:
            self._note(index, "date", text)
        elif form.is_day and value.partition(".")[0] == "60" and not self._is_1904:
            self._note(index, "SRC-XLSX-DATE", text)
        elif index in self._evidence.ids:
            self._note(index, "SRC-XLSX-DATE-ID", form.show(value, is_1904=self._is_1904))
        else:
            _remember(memo, value, text)
        return text


def _remember(memo: dict[str, str], value: str, text: str) -> str:
    if len(memo) < MEMO:
        memo[value] = text
    return text


_WHOLE = re.compile("[0-9]{1,30}")


def _digits(value: str) -> str | None:
    """The digits of a whole number above 0; None when it is none."""
    if _WHOLE.fullmatch(value):
        return value.lstrip("0") or None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not 0 < number < 10**21 or number != number.to_integral_value():
        return None
    return f"{number:.0f}"
