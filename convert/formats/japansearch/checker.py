"""Check records that already are in the linkage format (``mokuroku check --format japansearch``).

Numbers arrive as the text they were written as, so a number and a text of digits cannot be told apart: where
a number belongs, its notation is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from convert.check.issue import Finding
from convert.errors import near
from convert.formats.japansearch import checks, coerce
from convert.formats.japansearch.model import CommonKey, model
from convert.model import Changed, Location, Record

if TYPE_CHECKING:
    from pathlib import Path

    from convert.formats.base import Options

_SERVED_ID = re.compile(r"([A-Za-z0-9_]+)-(.+)", re.DOTALL)
_SERVED_KEY = re.compile(r".+-([a-z])", re.DOTALL)
_SUFFIX_KEY = re.compile(r".+_([shudbnl])", re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]+")
_NOT_ITEMS = frozenset(("id", "common", "rdfindex"))
_CODE_KEYS = ("contentsRightsType", "contentsAccess", "contentsType")


class JapanSearchChecker:
    """Checks one record at a time; takes no options."""

    def __init__(self, options: Options, *, base: Path | None) -> None:
        self._common = model().common

    def check(self, record: Record) -> tuple[str | None, str | None, list[Finding]]:
        """The record's id, twice, and the findings; a finding's target is a key or ``common.KEY``."""
        body: Mapping[str, Any] = record.body
        served = body.get("id")
        name = served if isinstance(served, str) and served else None
        findings = list(_id(name))
        common = body.get("common")
        if isinstance(common, Mapping):
            findings += self._keys(common)
            findings += _same(name, common)
            findings += _meaning(name, common)
        else:
            findings.append(Finding("JPS-COMMON-MISSING", "common"))
        findings += _items(body, _database(name))
        return name, name, findings

    def locate(self, record: Record, finding: Finding) -> Location:
        """The record's line with the path of the value."""
        path = finding.target
        if path is not None and finding.index:
            path = f"{path}[{finding.index}]"
        return Location(record.source, line=record.line, path=path)

    def _keys(self, common: Mapping[str, Any]) -> Iterator[Finding]:
        for name, value in common.items():
            key = self._common.get(name)
            if key is None:
                yield Finding(
                    "JPS-COMMON-UNKNOWN", f"common.{name}", slots={"key": name}, suggestion=near(name, self._common)
                )
            else:
                yield from _key(key, value)


def _database(name: str | None) -> str:
    return (name or "").partition("-")[0]


# ── common ───────────────────────────────────────────────────────────────────────────────────────


def _id(name: str | None) -> Iterator[Finding]:
    if name is None:
        yield Finding("JPS-REQUIRED", "id", slots={"name": "ID", "key": "id"})
        return
    parts = _SERVED_ID.fullmatch(name)
    if parts is None:
        yield Finding("JPS-ID-FORM", "id", value=name)
        return
    part = checks.item_part(parts[2])
    if part != parts[2]:
        yield Finding("JPS-ID-HYPHEN", "id", value=name, slots={"served": f"{parts[1]}-{part}"})
    strange = checks.check_item_part(part, name, "id")
    if strange is not None:
        yield strange


def _same(name: str | None, common: Mapping[str, Any]) -> Iterator[Finding]:
    if name is None:
        return
    if common.get("id") != name:
        yield Finding("JPS-COMMON-ID", "common.id", value=_shown(common.get("id")), slots={"id": name}, suggestion=name)
    database = _database(name)
    if common.get("database", database) != database:
        found = _shown(common["database"])
        yield Finding("JPS-COMMON-DATABASE", "common.database", value=found, slots={"database": database})


def _meaning(name: str | None, common: Mapping[str, Any]) -> Iterator[Finding]:
    """The same checks a mapped record gets, on the keys whose values have the right kind."""
    source_id = name.partition("-")[2] if name else None
    title = common.get("title")
    found = [checks.check_title(title, source_id, "common.title")] if _is_text(title) or not title else []
    for key in _CODE_KEYS:
        value = common.get(key)
        if isinstance(value, str) and value:
            found.append(checks.check_code(key, value, f"common.{key}"))
    if isinstance(common.get("contentsUrl"), list):
        found.append(checks.check_contents(common, "common.contentsAccess"))
    for finding in found:
        if finding is not None:
            yield finding


def _key(key: CommonKey, value: Any) -> Iterator[Finding]:
    """A value of the right kind; only a date that could not be read is null (japansearch.md §1.1, §3)."""
    target = f"common.{key.name}"
    if value in (None, "", []):
        date = key.type == "integer" and value is None
        if not date and key.name != "title":
            yield Finding("JPS-NULL", target, slots={"key": key.name})
        return
    if not _KINDS[key.type](value):
        yield Finding("JPS-TYPE", target, value=_shown(value), slots={"key": key.name, "wanted": _WANTED[key.type]})
        return
    if key.name in ("linkUrl", "iiifUrl", "providerUrl", "thumbnailUrl", "contentsUrl"):
        yield from _coerced(coerce.url, target, value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_moment(value: Any) -> bool:
    text = _as_text(value)
    return text is not None and (_INTEGER.fullmatch(text) is not None or coerce.moment(text) is not None)


def _is_point(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) != {"lat", "lon"}:
        return False
    return coerce.point(f"{value['lat']},{value['lon']}") is not None


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "string": _is_text,
    "code": _is_text,
    "array": _is_texts,
    "integer": _is_moment,
    "object": _is_point,
}
_WANTED = {
    "string": '"…"',
    "code": '"…"',
    "array": '["…"]',
    "integer": "1774882800000",
    "object": '{"lat": 35.68, "lon": 139.76}',
}

# ── Individual items ─────────────────────────────────────────────────────────────────────────────


def _items(body: Mapping[str, Any], database: str) -> Iterator[Finding]:
    styles = set()
    for key, value in body.items():
        if key in _NOT_ITEMS:
            continue
        style, letter = _letter(key, database)
        if letter is None:
            # Below the root of an XML source the tree is kept as objects: no type to check.
            if not isinstance(value, Mapping | list):
                yield Finding("JPS-KEY", key, slots={"key": key})
            continue
        styles.add(style)
        yield from _item(key, letter, value)
    if len(styles) > 1:
        yield Finding("JPS-KEY-STYLE", slots={"database": database})


def _letter(key: str, database: str) -> tuple[str, str | None]:
    served = _SERVED_KEY.fullmatch(key) if key.startswith(f"{database}-") else None
    if served is not None:
        return "served", served[1]
    suffix = _SUFFIX_KEY.fullmatch(key)
    return "suffix", suffix[1] if suffix is not None else None


def _item(key: str, letter: str, value: Any) -> Iterator[Finding]:
    for index, member in enumerate(value if isinstance(value, list) else [value]):
        fits = _ITEM_KINDS.get(letter)
        if fits is not None and not fits(member):
            yield Finding("JPS-ITEM-TYPE", key, index, _shown(member), {"letter": letter})
        elif letter in _ITEM_CHECKS:
            yield from _coerced(_ITEM_CHECKS[letter], key, member, index)


def _coerced(coercer: Callable[[str], Any], target: str, value: Any, start: int = 0) -> Iterator[Finding]:
    """What the coercer of a target would say of the values."""
    members: Iterable[Any] = value if isinstance(value, list) else [value]
    for index, member in enumerate(members, start=start):
        found = coercer(member)
        if isinstance(found, Changed):
            yield Finding(found.code, target, index, member, found.slots, found.suggestion)


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    return str(value) if isinstance(value, str | int | float) else None


def _is_number(value: Any) -> bool:
    text = _as_text(value)
    return text is not None and not isinstance(coerce.number(text), Changed)


_ITEM_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "s": lambda value: isinstance(value, str),
    "h": lambda value: isinstance(value, str),
    "u": lambda value: isinstance(value, str),
    "l": lambda value: isinstance(value, str),
    "b": lambda value: isinstance(value, bool),
    "n": _is_number,
    "d": lambda value: value is None or _is_moment(value),
}
_ITEM_CHECKS: Mapping[str, Callable[[str], Any]] = {"h": coerce.html, "u": coerce.url, "l": coerce.coordinates}


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
