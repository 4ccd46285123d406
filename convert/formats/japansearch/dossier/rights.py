"""Rights and access of the files, and the three search groups by their sums (japansearch.md §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convert.formats.japansearch.dossier.model import CodeCount, Codes
from convert.formats.japansearch.model import model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convert.formats.japansearch.dossier.counting import Origins

GROUPS: Final[Mapping[str, str]] = {"com": "commercial", "noncom": "noncommercial", "edu": "education"}
"""Search group → the use whose ○ it counts. △ never counts."""
RIGHTS: Final = "contentsRightsType"


def codes_of(key: str, origins: Origins) -> Codes:
    """Every code that items may have, in the model's order, then what else the files hold."""
    counted = origins.values()
    known = [code.name for code in model().codes[key].values() if code.level == "item"]
    strange = [code for code in counted if code not in known]
    counts = [CodeCount(code, *counted.get(code, (0, 0, 0))) for code in known]
    counts += [CodeCount(code, *counted[code], known=False) for code in strange]
    return Codes(tuple(counts), origins.none, origins.other)


def group_codes(group: str) -> tuple[str, ...]:
    """The codes that a search group counts.

    >>> group_codes("com")
    ('cc0', 'pdm', 'ccby', 'ccbysa')
    """
    codes = model().codes[RIGHTS].values()
    return tuple(code.name for code in codes if code.level == "item" and code.uses[GROUPS[group]] == "yes")


def group_counts(rights: Codes) -> dict[str, int]:
    """Records that each search group finds."""
    records = {count.code: count.records for count in rights.counts}
    return {group: sum(records[code] for code in group_codes(group)) for group in GROUPS}
