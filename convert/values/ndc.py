"""NDC, the Nippon Decimal Classification: three digits, and more after a point. Leading zeros count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from convert.values._common import folded

_FORM: Final = re.compile(
    r"(?:NDC ?(?:\(?(8|9|10)\)?)?(?: ?版)?[ :]*)?([0-9]{3}(?:\.[0-9]+)?|[0-9]{1,2})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Ndc:
    """A class number and the edition of the table it is from, empty where it is not said."""

    number: str
    edition: str = ""

    @property
    def short(self) -> bool:
        """Whether it is a main class or division only (9, 91)."""
        return len(self.number) < 3


def parse(value: str) -> Ndc | None:
    """One class number, or None: several, a call number, a number whose zeros or point a spreadsheet has lost.

    >>> parse("NDC9:547.4833"), parse("9136"), parse("７.64")
    (Ndc(number='547.4833', edition='9'), None, None)
    """
    match = _FORM.fullmatch(folded(value))
    return Ndc(match[2], match[1] or "") if match else None
