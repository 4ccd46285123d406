"""Dates, prices and readings."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.onix.checking.view import Found, View

# ── Dates ────────────────────────────────────────────────────────────────────────────────────────

_DIGITS = {
    "00": 8, "01": 6, "02": 6, "03": 5, "04": 5, "05": 4, "06": 16, "07": 12, "08": 12, "09": 10, "10": 10, "11": 8,
}  # fmt: skip
"""Digits of each date format of list 55; 12 and 32 are free text, 20 to 25 are not of our calendar."""
_OF_LENGTH = {8: "00", 6: "01", 4: "05"}
_MOMENT = re.compile(r"([0-9]{8})T([0-9]{4}(?:[0-9]{2})?)(?:Z|[+-][0-9]{4})?")
_DASHED = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2})日?|月)?")
_OLD_DATES = (
    "PublicationDate", "AnnouncementDate", "TradeAnnouncementDate", "OutOfPrintDate", "OnSaleDate", "ExpectedShipDate",
    "PriceEffectiveFrom", "PriceEffectiveUntil", "SentDate", "YearFirstPublished", "CopyrightYear",
)  # fmt: skip
_FREE = frozenset(("12", "32", "20", "21", "25"))


def dates(view: View) -> Iterator[Found]:
    """Dates that are none, or not of the format they say they have."""
    for element in view.all("Date"):
        code = (element.get("dateformat") or view.text(element.getparent(), "DateFormat") or "").strip()
        yield from _date(view, element, code)
    for element in view.all("SentDateTime"):
        if not _is_moment(view.value(element)):
            yield view.found("ONX-DATE", element, format="YYYYMMDDThhmm")
    for name in _OLD_DATES:
        for element in view.all(name):
            yield from _old_date(view, element)


def _date(view: View, element: Any, code: str) -> Iterator[Found]:
    value = view.value(element)
    if not value or code in _FREE:
        return
    if code in ("13", "14"):
        if not _is_moment(value):
            yield view.found("ONX-DATE", element, format="YYYYMMDDThhmm")
        return
    if not (value.isascii() and value.isdigit()):
        if code in ("", "00") and _is_moment(value):
            yield view.found("ONX-DATE-FORMAT", element, format=code or "00", suggestion='dateformat="13"')
            return
        yield view.found("ONX-DATE", element, format=_format(code), suggestion=_joined(value))
        return
    length = _DIGITS.get(code or "00")
    if length is None:
        return
    if len(value) != length:
        right = _OF_LENGTH.get(len(value))
        fitting = f'dateformat="{right}"' if right and _is_day(value) else None
        yield view.found(
            "ONX-DATE-FORMAT" if fitting else "ONX-DATE", element, format=_format(code), suggestion=fitting
        )
    elif code in ("", "00", "01", "05") and not _is_day(value):
        yield view.found("ONX-DATE", element, format=_format(code))


def _old_date(view: View, element: Any) -> Iterator[Found]:
    """A date of 2.1: a year, a month or a day; the time behind it is not judged."""
    value = view.value(element)
    if not value:
        return
    digits = value[:8]
    if not (digits.isascii() and digits.isdigit() and len(digits) in (4, 6, 8) and _is_day(digits)):
        yield view.found("ONX-DATE", element, format="YYYYMMDD", suggestion=_joined(value))


def _format(code: str) -> str:
    return {"": "YYYYMMDD", "00": "YYYYMMDD", "01": "YYYYMM", "05": "YYYY"}.get(code, code)


def _joined(value: str) -> str | None:
    """The eight or six digits of a date with dashes.

    >>> _joined("2024-5-1"), _joined("2024年5月"), _joined("不明")
    ('20240501', '202405', None)
    """
    found = _DASHED.fullmatch(value)
    if found is None:
        return None
    digits = found[1] + found[2].zfill(2) + (found[3].zfill(2) if found[3] else "")
    return digits if _is_day(digits) else None


def _is_day(digits: str) -> bool:
    """Whether four, six or eight digits are a year, a month or a day."""
    padded = (digits + "0101")[:8] if len(digits) in (4, 6) else digits
    try:
        date(int(padded[:4]), int(padded[4:6]), int(padded[6:8]))
    except ValueError:
        return False
    return len(digits) in (4, 6, 8)


def _is_moment(value: str) -> bool:
    """Whether a text is a day, or a day with a time (``20250110T0900``)."""
    found = _MOMENT.fullmatch(value)
    if found is None:
        return value.isascii() and value.isdigit() and len(value) == 8 and _is_day(value)
    hour, minute, second = found[2][:2], found[2][2:4], found[2][4:] or "00"
    return _is_day(found[1]) and int(hour) < 24 and int(minute) < 60 and int(second) < 61


# ── Prices ───────────────────────────────────────────────────────────────────────────────────────

_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_WHOLE = frozenset(("JPY", "KRW"))
"""Currencies without smaller units that are common here (ISO 4217)."""


def prices(view: View, currency: str) -> Iterator[Found]:
    """Amounts and currencies. ``currency``: the default of the message's header."""
    for price in (*view.all("Price"), *view.all("ComparisonProductPrice")):
        amount = view.child(price, "PriceAmount")
        if amount is None:
            continue
        named = view.text(price, "CurrencyCode")
        if not named and not currency:
            yield view.found("ONX-CURRENCY", price)
        yield from _amount(view, amount, named or currency)


def _amount(view: View, element: Any, currency: str) -> Iterator[Found]:
    value = view.value(element)
    if not value or "," in value:  # a comma is told by the reader
        return
    if not _AMOUNT.fullmatch(value):
        yield view.found("ONX-PRICE", element)
    elif not float(value):
        yield view.found("ONX-PRICE-ZERO", element)
    elif currency in _WHOLE and value.partition(".")[2].strip("0"):
        yield view.found("ONX-PRICE-WHOLE", element, currency=currency)


# ── Readings ─────────────────────────────────────────────────────────────────────────────────────

_JAPANESE = re.compile("[\u3041-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff々〆]")
_KANJI = re.compile("[\u3400-\u4dbf\u4e00-\u9fff々〆]")
_TITLES = ("TitleText", "TitleWithoutPrefix", "Subtitle")
_PERSONS = ("PersonName", "PersonNameInverted", "CorporateName", "KeyNames")


def readings(view: View) -> Iterator[Found]:
    """Readings (``collationkey``): empty, the heading itself, or given for a part only."""
    for _, element in view.elements:
        reading = element.get("collationkey")
        if reading is None:
            continue
        heading = view.value(element)
        if not reading.strip():
            yield view.at_attribute("ONX-READING-EMPTY", element, "collationkey")
        elif _KANJI.search(heading) and "".join(reading.split()) == "".join(heading.split()):
            yield view.at_attribute("ONX-READING-SAME", element, "collationkey")
    for title in view.all("TitleElement"):
        yield from _half(view, [child for child in title if view.name(child) in _TITLES])
    named = [child for one in view.all("Contributor") for child in one if view.name(child) in _PERSONS]
    yield from _half(view, named)


def _half(view: View, elements: list[Any]) -> Iterator[Found]:
    """Japanese headings of one group of which some have a reading and some do not."""
    if not any((element.get("collationkey") or "").strip() for element in elements):
        return
    for element in elements:
        if element.get("collationkey") is None and _JAPANESE.search(view.value(element)):
            yield view.found("ONX-READING-HALF", element, element=view.name(element))
