"""What the API can be searched for: items, galleries, databases, organizations, theme searches (guide 3, 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BASE: Final = "https://jpsearch.go.jp/api"
"""Where the API is."""
CROSS: Final = "jps-cross"
"""The search over all items."""
DEFAULT_SIZE: Final = 20
"""Records of an answer when nothing is said (guide 4.2.1)."""
MOST: Final = 500
"""Records of one answer at most (guide 4.2.1)."""
REACH: Final = 2000
"""``from + size`` at most: beyond this number only a scroll leads (guide 4.2)."""
SCROLLED: Final = 200
"""Records of a page of a scroll (guide 4.2.2)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of records. ``path``: of the search; ``one``: of a single record, its id behind it.

    ``filters``: whether more than keywords narrows it down; ``scroll``: the path by which all of it can be had.
    """

    name: str
    path: str
    one: str
    ja: str
    en: str
    filters: bool = False
    scroll: str | None = None


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("items", f"item/search/{CROSS}", "item", "アイテム", "items", True, f"item/scroll/{CROSS}"),
        Kind("galleries", "curation/search", "curation", "ギャラリー", "galleries"),
        Kind("databases", "database/search", "database", "連携データベース", "databases"),
        Kind("organizations", "organization/search", "organization", "連携機関", "organizations"),
        Kind("csearch", "csearch/search", "csearch", "テーマ別検索", "theme searches"),
    )
}
"""By name, which is also the name of the command and the prefix in the store."""
