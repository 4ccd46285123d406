"""Day numbers of a workbook as calendar days (ECMA-376 Part 1 §18.17.4), in both date systems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

LAST_DAY = 2_958_465
"""9999-12-31 in the 1900 system."""
OFFSET_1904 = 1462
_LEAP_BUG = 60  # 1900-02-29, a day that never was
_BASE = date(1899, 12, 30)
MICROS = 1_000_000
DAY_MICROS = 86_400 * MICROS

ERAS = (
    (date(2019, 5, 1), "R", "令和"),
    (date(1989, 1, 8), "H", "平成"),
    (date(1926, 12, 25), "S", "昭和"),
    (date(1912, 7, 30), "T", "大正"),
    (date(1868, 1, 25), "M", "明治"),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day number taken apart. ``serial`` is the whole day in the 1900 system, ``micros`` the time of day.

    ``day`` may be 0 (1900-01-00, a time without a day) and 29 in February 1900, as the program shows them.
    """

    serial: int
    micros: int
    year: int
    month: int
    day: int

    @property
    def weekday(self) -> int:
        """0 is Sunday, as the program counts them."""
        return (self.serial - 1) % 7

    @property
    def unreal(self) -> bool:
        """Whether no calendar has this day."""
        return self.serial in (0, _LEAP_BUG)

    @property
    def era(self) -> tuple[str, str, int] | None:
        """Letter, name and year of the era (元号); None for a day no calendar has."""
        if self.unreal:
            return None
        real = date(self.year, self.month, self.day)
        for start, letter, name in ERAS:
            if real >= start:
                return letter, name, real.year - start.year + 1
        return None


def moment(value: float, *, is_1904: bool = False, step: int = MICROS) -> Moment | None:
    """The day and time of a number, rounded to ``step`` microseconds; None when it is no day of the program's.

    >>> moment(60), moment(61).day, moment(0, is_1904=True).year
    (Moment(serial=60, micros=0, year=1900, month=2, day=29), 1, 1904)
    """
    if not -1 < value < LAST_DAY + 2:
        return None
    whole = int(value // 1)
    micros = round((value - whole) * DAY_MICROS / step) * step
    if micros >= DAY_MICROS:
        whole, micros = whole + 1, micros - DAY_MICROS
    if whole < 0:
        return None
    serial = whole + OFFSET_1904 if is_1904 else whole
    if serial > LAST_DAY:
        return None
    if serial == 0:
        return Moment(0, micros, 1900, 1, 0)
    if serial == _LEAP_BUG:
        return Moment(serial, micros, 1900, 2, 29)
    real = _BASE + timedelta(days=serial + (serial < _LEAP_BUG))
    return Moment(serial, micros, real.year, real.month, real.day)
