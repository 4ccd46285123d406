"""Which columns could be the id and the title of a record, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convert.inspect.headings import Role, is_reading, role_of, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.inspect.column import Column

MOST: Final = 5
"""Candidates that are named."""
_ID_KINDS: Final = ("code", "integer", "isbn", "ncid", "uuid", "isil", "doi", "issn", "jan")
_WORD_KINDS: Final = ("text", "kana", "latin", "code")
_LONG_ID: Final = 60
_LONG_TITLE: Final = 120


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may be it. The best has most ``points``; ``reasons`` are words of ``words.toml``."""

    path: str
    points: int
    reasons: tuple[str, ...]


def id_candidates(columns: Sequence[Column], records: int, *, flat: bool) -> tuple[Candidate, ...]:
    """Columns that tell records apart, the best first: every record has one value, and no value stands twice."""
    judged = [(_id(column, records, flat=flat), column) for column in columns if column.records]
    return _ranked([(candidate, column) for candidate, column in judged if candidate is not None])


def _id(column: Column, records: int, *, flat: bool) -> Candidate | None:
    role = role_of(column.heading, flat=flat)
    named = role is not None and role.name in ("id", "isbn")
    points, reasons = _heading_points(role, ("id", "isbn"), flat=flat, path=column.path)
    single = column.most <= 1
    if column.unique is not False and single and column.records > 1:
        points += 40
        reasons.append("unique" if column.unique else "unique-so-far")
    elif column.repeated * 50 <= column.values and single and named:
        points += 25
        reasons.append("nearly-unique")
    elif not named:
        return None
    if not single:
        points -= 40
        reasons.append("several")
    if column.records == records:
        points += 15
        reasons.append("every-record")
    elif column.records * 100 >= records * 98:
        points += 5
        reasons.append("some-missing")
    else:
        points -= 20
        reasons.append("some-missing")
    if column.share(*_ID_KINDS) >= 0.9:
        points += 15
        reasons.append("code")
    if column.number == 1:
        points += 5
        reasons.append("first")
    lengths = column.lengths or (0, 0, 0)
    if lengths[2] > _LONG_ID or column.share("url", "html", "text", "kana", "decimal", "coordinates") > 0.5:
        points -= 30
    if role is not None and role.name.split("_")[0] in ("title", "description", "image", "iiif", "link", "updated"):
        points -= 25
    return Candidate(column.path, points, tuple(reasons)) if points > 0 else None


def _heading_points(role: Role | None, names: tuple[str, ...], *, flat: bool, path: str) -> tuple[int, list[str]]:
    if role is None or role.name not in names:
        return 0, []
    depth = 0 if flat else len(steps(path)) - 1
    weight = max(0, (50 if role.exact else 30) - 8 * depth)
    return (weight if role.name == names[0] else weight - 10), ["heading"]


def title_candidates(columns: Sequence[Column], *, flat: bool) -> tuple[Candidate, ...]:
    """Columns that name the thing: by heading, or words of a fitting length that differ from record to record."""
    judged = [(_title(column, flat=flat), column) for column in columns if column.records]
    return _ranked([(candidate, column) for candidate, column in judged if candidate is not None])


def _title(column: Column, *, flat: bool) -> Candidate | None:
    role = role_of(column.heading, flat=flat)
    if (role is not None and role.name != "title") or is_reading(column.heading):
        return None
    points, reasons = _heading_points(role, ("title",), flat=flat, path=column.path)
    words = column.share(*_WORD_KINDS)
    differ = column.distinct / column.values if not column.distinct_more else 1.0
    lengths = column.lengths or (0, 0, 0)
    if words < 0.5 or (lengths[1] < 2 and not reasons):
        return None
    if column.share("text") < 0.3 and not reasons:
        return None
    if differ >= 0.5:
        points += 15
        reasons.append("differs")
    elif not reasons:
        return None
    if column.fill >= 0.95:
        points += 15
        reasons.append("mostly-filled")
    elif column.fill < 0.5:
        points -= 15
    if lengths[1] > _LONG_TITLE or column.share("html") > 0.1:
        points -= 30
    if column.most > 1:
        points -= 10
    return Candidate(column.path, points, tuple(reasons)) if points > 0 else None


def _ranked(found: list[tuple[Candidate, Column]]) -> tuple[Candidate, ...]:
    """The best first; where points are even, the fuller and then the earlier column."""
    order = sorted(found, key=lambda item: (-item[0].points, -item[1].records))
    return tuple(candidate for candidate, _ in order[:MOST])
