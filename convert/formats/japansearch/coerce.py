"""What Japan Search makes of a text, by the type letter of its item (japansearch.md §3).

Every coercer is a pure function from text to the value the receiver stores, or to
:class:`~convert.model.Changed` where the receiver would store something else than was meant.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from convert.check.issue import shortened
from convert.formats.base import inlined
from convert.model import Changed, Value
from convert.transforms.dates import plain_day, w3cdtf
from convert.transforms.html import clean, is_plain
from convert.transforms.numbers import decimal
from convert.transforms.urls import is_usual, problem
from convert.transforms.urls import url as tidied

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.formats.base import Coercer


def lines(value: str) -> str:
    """Line breaks as the receiver keeps them: LF."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value


@inlined("{x} if '\\r' not in {x} else {f}({x})")
def text(value: str) -> Value | Changed:
    """Type s: unchanged but for line breaks."""
    return lines(value) if "\r" in value else value


@inlined("{x} if '<' not in {x} and '\\r' not in {x} else {f}({x})")
def html(value: str) -> Value | Changed:
    """Type h: only the receiver's tags and the attribute ``style`` stay.

    >>> html("<b>絹本</b>着色")
    Changed(value='絹本着色', code='JPS-HTML', slots={'removed': 'b', 'stored': '絹本着色'}, suggestion=None, keep=True)
    """
    if "\r" in value:
        value = lines(value)
    if "<" not in value or is_plain(value):
        return value
    cleaned, removed = clean(value)
    if not removed:
        return value
    return Changed(cleaned, "JPS-HTML", {"removed": ", ".join(removed), "stored": shortened(cleaned)})


_URL_FAULTS = {
    "scheme": ("http:// か https:// で始まっていません", "no http:// or https:// at the start"),
    "no-host": ("サーバーの名前がありません", "no host name"),
    "control": ("見えない文字が入っています", "an invisible character"),
    "space": ("空白や改行が入っています", "a blank or line break"),
    "fullwidth": ("全角の文字が入っています", "full-width characters"),
}


@inlined("{x} if {f}.is_usual({x}) else {f}({x})")
def url(value: str) -> Value | Changed:
    """Type u: unchanged; what is plainly no web address is said (our own rule, the slides give none)."""
    fault = problem(value)
    if fault is None:
        return value
    ja, en = _URL_FAULTS.get(fault, (fault, fault))
    return Changed(value, "JPS-URL", {"problem": fault, "problem_ja": ja, "problem_en": en}, tidied(value))


url.is_usual = is_usual  # type: ignore[attr-defined]


# ── Booleans ─────────────────────────────────────────────────────────────────────────────────────

_TRUE = frozenset(("true", "TRUE", "1"))
_PLAIN_FALSE = frozenset(("false", "0"))
_YES = frozenset(("true", "yes", "y", "on", "1", "○", "〇", "◯", "有", "有り", "あり", "はい"))


def boolean(value: str) -> Value | Changed:
    """Type b: exactly ``true``, ``TRUE`` and ``1`` are true, every other text is false.

    >>> boolean("TRUE"), boolean("0")
    (True, False)
    >>> boolean("はい").suggestion
    'true'
    """
    if value in _TRUE:
        return True
    if value.lower() in _PLAIN_FALSE:
        return False
    word = unicodedata.normalize("NFKC", value).strip().lower()
    return Changed(False, "JPS-BOOLEAN", suggestion="true" if word in _YES else None)


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_INT64 = 2**63
_SAFE_DIGITS = 15
_INTEGER_CHARACTERS = 20


def number(value: str) -> Value | Changed:
    """Type n: a decimal number in ASCII digits, else 0.

    Which notations the receiver reads beyond plain decimals is inferred. A number that a float or a 64-bit
    integer cannot hold stays exact as :class:`~decimal.Decimal`.

    >>> number("12.50"), number("007"), number("約30").value
    (12.5, 7, 0)
    """
    found = _NUMBER.fullmatch(value)
    if found is None:
        return _no_number(value)
    if found.lastindex is None:
        return _whole(value)
    held = float(value)
    if found.lastindex == 1 and len(value) <= _SAFE_DIGITS:
        return held
    if held in (float("inf"), float("-inf")):
        return _no_number(value)
    exact = Decimal(value)
    return held if Decimal(repr(held)) == exact else exact


def _whole(value: str) -> Value:
    if len(value) > _INTEGER_CHARACTERS:
        return Decimal(value)
    held = int(value)
    return held if -_INT64 <= held < _INT64 else Decimal(held)


def _no_number(value: str) -> Changed:
    return Changed(0, "JPS-NUMBER", suggestion=decimal(value))


# ── Dates ────────────────────────────────────────────────────────────────────────────────────────

JST = timezone(timedelta(hours=9))
"""What a date without a zone is meant in (inferred). A fixed offset: no summer time, no local mean time."""

_DATE = re.compile(
    r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))?)?"
)
_PARTIAL = re.compile(r"([0-9]{4})(?:[-/]([0-9]{1,2}))?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH_DAY = _EPOCH.toordinal()
_DAY_MS = 86_400_000
_JST_MS = 9 * 3_600_000


def moment(value: str) -> datetime | None:
    """The moment a date text names, or None. The accepted forms are inferred: the receiver states none.

    ``YYYY-MM-DD`` or ``YYYY/M/D``, optionally a time ``HH:MM[:SS[.f]]`` after ``T`` or a blank, optionally a zone.
    """
    found = _DATE.fullmatch(value)
    if found is None:
        return None
    year, _, month, day, hour, minute, second, fraction, utc, sign, zone_hour, zone_minute = found.groups()
    try:
        return datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "").ljust(6, "0")[:6]),
            tzinfo=_zone(utc, sign, zone_hour, zone_minute),
        )
    except ValueError:
        return None


def _zone(utc: str | None, sign: str | None, hours: str | None, minutes: str | None) -> timezone:
    if utc:
        return UTC
    if sign is None or hours is None or minutes is None:
        return JST
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)


def start_of(value: str) -> datetime | None:
    """The first moment of a year or a year and month, or None when the text is neither."""
    found = _PARTIAL.fullmatch(value)
    return moment(f"{found[1]}-{found[2] or 1}-1") if found else None


def epoch_ms(when: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00:00Z, exact."""
    return (when - _EPOCH) // _MILLISECOND


def iso(when: datetime) -> str | None:
    """``YYYY-MM-DDTHH:MM:SS+09:00``; None when the moment has no such year in Japan's zone."""
    try:
        local = when.astimezone(JST)
    except OverflowError:
        return None
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


def date_coercer(form: str, partial: str) -> Coercer:
    """Type d. ``form``: epoch_ms or iso; ``partial``: null or start, for dates without month or day.

    A date that cannot be read becomes None, which is written as null.
    """
    write: Callable[[datetime], Value] = iso if form == "iso" else epoch_ms

    def date(value: str) -> Value | Changed:
        if form == "epoch_ms" and (day := plain_day(value)) is not None:
            return (day.toordinal() - _EPOCH_DAY) * _DAY_MS - _JST_MS
        when = moment(value)
        held = None if when is None else write(when)
        if held is not None:
            return held
        start = start_of(value)
        if start is None:
            return Changed(None, "JPS-DATE", suggestion=_full_day(value))
        slots = {"start": start.date().isoformat()}
        if partial == "start":
            return Changed(write(start), "JPS-DATE-START", slots)
        return Changed(None, "JPS-DATE-PARTIAL", slots)

    return date


def _full_day(value: str) -> str | None:
    read = w3cdtf(value)
    return read if read is not None and moment(read) is not None else None


# ── Coordinates ──────────────────────────────────────────────────────────────────────────────────

_DEGREES = r"\s*([+-]?[0-9]{1,3}(?:\.[0-9]+)?)\s*"
_POINT = re.compile(f"{_DEGREES},{_DEGREES}", re.ASCII)


def point(value: str) -> dict[str, float] | None:
    """``lat,lon`` in degrees as ``{"lat": …, "lon": …}``, or None.

    >>> point("35.3606, 138.7274")
    {'lat': 35.3606, 'lon': 138.7274}
    """
    degrees = _degrees(value)
    return {"lat": degrees[0], "lon": degrees[1]} if degrees is not None else None


_last: tuple[str, tuple[float, float] | None] = ("", None)


def _degrees(value: str) -> tuple[float, float] | None:
    """Latitude and longitude. Asked twice of every value, by its coercer and for ``common``: the last is kept."""
    global _last  # noqa: PLW0603 - one slot, swapped whole
    text, found = _last
    if text == value:
        return found
    parts = _POINT.fullmatch(value)
    degrees = None if parts is None else (float(parts[1]), float(parts[2]))
    if degrees is not None and not (-90 <= degrees[0] <= 90 and -180 <= degrees[1] <= 180):
        degrees = None
    _last = (value, degrees)
    return degrees


def coordinates(value: str) -> Value | Changed:
    """Type l: the text stays as it is; when it is no point, ``common.coordinates`` cannot be made of it."""
    if _degrees(value) is not None:
        return value
    return Changed(value, "JPS-COORDINATES", suggestion=_other_point(value))


def _other_point(value: str) -> str | None:
    """The same point with plain digits, or with its two numbers in the other order."""
    plain = unicodedata.normalize("NFKC", value).replace("、", ",").strip()
    if point(plain) is not None:
        return plain
    found = _POINT.fullmatch(plain)
    swapped = f"{found[2]},{found[1]}" if found else ""
    return swapped if point(swapped) is not None else None
