"""Which columns hold ids: what their headers say, and what stands in the first rows."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SAMPLE = 200
"""Rows looked at before any is given out."""
ENOUGH = 4
"""Values that a column needs in the sample to count as one of ids without a header that says so."""

_ID_HEADER = re.compile(r"番号|記号|コード|識別子|(?<![a-z])(?:id|no\.?|isbn|issn|jan|ean|gtin|code|number)(?![a-z])")
_ISBN_HEADER = re.compile(r"(?<![a-z])(?:isbn|jan|ean|gtin)(?![a-z])|図書番号")
_DATE_HEADER = re.compile(r"日(?!本)|年|月|時|期|(?<![a-z])(?:date|day|year|time|modified|updated|created)(?![a-z])")
_CODE = re.compile(r"(?=[A-Za-z.-]*[0-9])[0-9A-Za-z]+(?:[-./ ][0-9A-Za-z]+)*")
_DATE_LIKE = re.compile(
    r"(?:1[0-9]|20)[0-9]{2}(?:[-./][0-9]{1,2}){0,2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}|[MTSHR][0-9]{1,2}[./-].*"
)
_ARTICLE = ("978", "979", "977", "45", "49", "192")


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says: ids of any kind, ISBN or JAN, days."""

    id: bool = False
    isbn: bool = False
    date: bool = False


def read_header(text: str) -> Header:
    """Read a header.

    >>> read_header("請求記号").id, read_header("ＩＳＢＮ").isbn, read_header("登録番号発行日").id
    (True, True, False)
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    dated = _DATE_HEADER.search(folded) is not None
    isbn = _ISBN_HEADER.search(folded) is not None
    return Header(not dated and (isbn or _ID_HEADER.search(folded) is not None), isbn, dated)


@dataclass(frozen=True, slots=True)
class Evidence:
    """``ids``: columns (from 0) in which a day is no day but an id that was mistaken for one."""

    headers: Sequence[Header] = ()
    ids: frozenset[int] = field(default_factory=frozenset)

    def header(self, index: int) -> Header:
        """What is known of a column's header."""
        return self.headers[index] if index < len(self.headers) else Header()


NO_EVIDENCE = Evidence()


def gather(headers: Sequence[str], rows: Iterable[tuple[Sequence[str], Iterable[int]]]) -> Evidence:
    """Weigh the first rows: their cells, and the columns in which they have days.

    Days are mistaken ids where the header speaks of ids and most cells are no days; or, when the header does not speak
    of days either, where most cells are codes and few are days. A year alone is no code.
    """
    read = [read_header(header) for header in headers]
    filled, days, codes = ([0] * len(headers) for _ in range(3))
    for cells, dated in rows:
        known = set(dated)
        for index, cell in enumerate(cells):
            text = cell.strip()
            if not text:
                continue
            filled[index] += 1
            if index in known:
                days[index] += 1
            elif len(text) <= 40 and _CODE.fullmatch(text) and not _DATE_LIKE.fullmatch(text):
                codes[index] += 1
    ids = {
        index
        for index, header in enumerate(read)
        if not header.date and _holds_ids(header, filled[index], days[index], codes[index])
    }
    return Evidence(tuple(read), frozenset(ids))


def _holds_ids(header: Header, filled: int, days: int, codes: int) -> bool:
    if header.id:
        return 2 * days <= filled
    return codes >= ENOUGH and 2 * codes > filled and 4 * days <= filled


def is_article_number(digits: str) -> bool:
    """Whether 13 digits are an ISBN, or an ISSN or Japanese JAN whose check digit is right (GS1 GenSpecs §7.9)."""
    if len(digits) != 13 or not digits.startswith(_ARTICLE):
        return False
    if digits.startswith(("978", "979")):
        return True
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return total % 10 == 0


def isbn10_of(digits: str) -> str | None:
    """The ISBN-10 that nine or ten digits are, a lost leading zero put back; None when they are none.

    >>> isbn10_of("4003101014"), isbn10_of("306406152"), isbn10_of("4003101015")
    ('4003101014', '0306406152', None)
    """
    if len(digits) not in (9, 10):
        return None
    number = digits.zfill(10)
    total = sum(int(digit) * weight for digit, weight in zip(number, range(10, 0, -1), strict=True))
    return number if total % 11 == 0 else None
