"""Fill ``common`` of a record: labels, ``common.`` rules, readings and what the database definition gives.

One small function per key is made when the target is made; a record only runs them (japansearch.md §1.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Finding
from convert.formats.base import Member
from convert.formats.japansearch import checks
from convert.formats.japansearch.coerce import point
from convert.formats.japansearch.layout import READINGS
from convert.formats.japansearch.model import CommonKey, model
from convert.model import Text

if TYPE_CHECKING:
    from convert.formats.japansearch.definition import Definition
    from convert.formats.japansearch.layout import Layout

Values = Mapping[str, list[Any]]
Step = Callable[[Values, list[Finding]], Any]
ABSENT: Final = object()
"""What a step answers when its key is left out."""


def steps(layout: Layout, definition: Definition) -> tuple[tuple[str, Step], ...]:
    """One step per key that anything can fill, in the order of ``common``. ``id`` is the target's own."""
    found: list[tuple[str, Step]] = []
    for key in model().common.values():
        feeds = layout.feeds.get(key.name, ())
        given = definition.inherited.get(key.name, ABSENT)
        if key.name == "titleYomi" and layout.readings:
            found.append((key.name, partial(_title_yomi, feeds, layout.feeds.get("title", ()))))
        elif key.name != "id" and (feeds or given is not ABSENT):
            found.append((key.name, _step(key, feeds, given, definition.aliases)))
    return tuple(found)


def _step(key: CommonKey, feeds: tuple[str, ...], given: Any, aliases: Mapping[str, str]) -> Step:
    if not feeds:
        return partial(_given_list, given) if key.many else partial(_given, given)
    if key.many:
        return partial(_one_array if len(feeds) == 1 else _array, feeds)
    if key.type == "object":
        return partial(_coordinates, feeds)
    if key.type == "code":
        return partial(_code, key.name, feeds, given, model().codes_of(key.name, "item"))
    if key.name == "provider":
        return partial(_provider, feeds, given, aliases)
    return partial(_one, key.name, feeds[0], given) if len(feeds) == 1 else partial(_single, key.name, feeds, given)


def members(layout: Layout, definition: Definition) -> Iterator[Member]:
    """The same keys as :func:`steps`, as a blueprint has them; ``id`` and readings are not among them."""
    for key in model().common.values():
        feeds = layout.feeds.get(key.name, ())
        given = definition.inherited.get(key.name)
        if key.name != "id" and (feeds or given is not None):
            yield _blueprint(key, feeds, given, definition.aliases)


def _blueprint(key: CommonKey, feeds: tuple[str, ...], given: Any, aliases: Mapping[str, str]) -> Member:
    if not feeds:
        return Member(key.name, given=given)
    if key.many:
        return Member(key.name, feeds, "all")
    if key.type == "object":
        return Member(key.name, feeds, "one", make=_point_of)
    if key.type == "code":
        return Member(key.name, feeds, "one", given, known=model().codes_of(key.name, "item"))
    if key.name == "provider":
        alias = (lambda name: aliases.get(name, name)) if aliases else None
        return Member(key.name, feeds, "one", aliases.get(given, given), make=alias)
    return Member(key.name, feeds, "one", given)


def _given(given: Any, values: Values, findings: list[Finding]) -> Any:
    return given


def _given_list(given: list[str], values: Values, findings: list[Finding]) -> Any:
    return given.copy()


def _one(key: str, feed: str, given: Any, values: Values, findings: list[Finding]) -> Any:
    """As ``_single``, for the usual one feeding item."""
    found = values.get(feed)
    if found is None:
        return given
    if len(found) > 1:
        findings += [single(key, feed, index, found[index]) for index in range(1, len(found))]
    return found[0]


def _single(key: str, feeds: tuple[str, ...], given: Any, values: Values, findings: list[Finding]) -> Any:
    """The first value; a string key never holds an array, so the others are said to be lost."""
    kept = ABSENT
    for feed in feeds:
        found = values.get(feed)
        if found is None:
            continue
        start = 1 if kept is ABSENT else 0
        if start:
            kept = found[0]
        if len(found) > start:
            findings += [single(key, feed, index, found[index]) for index in range(start, len(found))]
    return given if kept is ABSENT else kept


def single(key: str, target: str, index: int, value: Any) -> Finding:
    """A further value of a key that holds one."""
    return Finding("JPS-SINGLE", target, index, None if value is None else str(value), {"key": key})


def _provider(
    feeds: tuple[str, ...], given: Any, aliases: Mapping[str, str], values: Values, findings: list[Finding]
) -> Any:
    """The holder: a name the receiver knows as an organization becomes its id (§7)."""
    name = _single("provider", feeds, given, values, findings)
    return aliases.get(name, name)


def _code(
    key: str, feeds: tuple[str, ...], given: Any, known: frozenset[str], values: Values, findings: list[Finding]
) -> Any:
    value = _single(key, feeds, ABSENT, values, findings)
    if value in known:
        return value
    if value is ABSENT:
        return given
    finding = checks.check_code(key, value, *_first(feeds, values))
    if finding is not None:
        findings.append(finding)
    return value


def _first(feeds: tuple[str, ...], values: Values) -> tuple[str, int]:
    return next((feed for feed in feeds if feed in values), feeds[0] if feeds else ""), 0


def _one_array(feeds: tuple[str, ...], values: Values, findings: list[Finding]) -> Any:
    found = values.get(feeds[0])
    return ABSENT if found is None else found.copy()


def _array(feeds: tuple[str, ...], values: Values, findings: list[Finding]) -> Any:
    """The values of every feeding item, in field order; values are neither split nor made unique."""
    found = [value for feed in feeds for value in values.get(feed, ())]
    return found or ABSENT


def _coordinates(feeds: tuple[str, ...], values: Values, findings: list[Finding]) -> Any:
    """The first readable point. What was no point in a text has been said by its coercer."""
    kept: Any = ABSENT
    for feed in feeds:
        for index, value in enumerate(values.get(feed, ())):
            found = point(_point_text(value))
            if found is None:
                if isinstance(value, dict):
                    findings.append(Finding("JPS-COORDINATES", feed, index, _point_text(value)))
            elif kept is ABSENT:
                kept = found
            else:
                findings.append(single("coordinates", feed, index, _point_text(value)))
    return kept


def _point_of(value: Any) -> Any:
    return point(value if value.__class__ is str else _point_text(value))


def _point_text(value: Any) -> str:
    """``lat,lon`` of a text or of an object ``{lat, lon}`` whose members are texts or lists of one text."""
    if not isinstance(value, dict):
        return str(value)
    return ",".join(_member(value.get(name)) for name in ("lat", "lon"))


def _member(value: Any) -> str:
    if isinstance(value, list):
        return str(value[0]) if len(value) == 1 else ""
    return "" if value is None else str(value)


def _title_yomi(feeds: tuple[str, ...], titles: tuple[str, ...], values: Values, findings: list[Finding]) -> Any:
    """The reading of the title that is kept, where no item of its own gives one."""
    kept = _single("titleYomi", feeds, ABSENT, values, findings)
    first = _first(titles, values)
    for target, index, yomi in values.get(READINGS, ()):
        if kept is ABSENT and (target, index) == first:
            kept = yomi
        else:
            findings.append(single("titleYomi", target, index, yomi))
    return kept


def unwrap(readings: tuple[str, ...], values: Values) -> Values:
    """The values without their readings; these are under ``READINGS`` as (target, index, reading)."""
    plain = dict(values)
    found = []
    for target in readings:
        members = values.get(target)
        if members is None:
            continue
        plain[target] = [member.value if isinstance(member, Text) else member for member in members]
        for index, member in enumerate(members):
            if isinstance(member, Text) and member.yomi:
                found.append((target, index, member.yomi))
    plain[READINGS] = found
    return plain


def flatten(values: Values, common: Mapping[str, Any]) -> Values:
    """The values as a flat file takes them: a point as text, the reading that was kept as a value."""
    plain = dict(values)
    if READINGS in plain:
        kept = any(yomi == common.get("titleYomi") for _, _, yomi in plain.pop(READINGS))
        if kept:
            plain[READINGS] = [common["titleYomi"]]
    points = plain.get("common.coordinates")
    if points is not None:
        plain["common.coordinates"] = [_point_text(value) for value in points]
    return plain
