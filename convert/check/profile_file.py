"""Read a profile's file. Every fault is found, each with its line and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from convert.check.dataset.base import is_dataset_check
from convert.check.dataset.columns import ROLES
from convert.check.issue import Issue, Severity
from convert.check.profiles import Profile, Waiver, load_profile, shipped
from convert.errors import near
from convert.mapping.nodes import Items, Node, Scalar, Table, parse_yaml
from convert.messages.catalogue import catalogue
from convert.registry import along_checks, dataset_checks, load, plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from convert.check.dataset.base import DatasetCheck, Threshold

LEVELS: Final = (Severity.NOTICE, Severity.WARNING, Severity.ERROR)
OFF: Final = "off"
ALL: Final = "all"
KEYS: Final = ("profile", "title", "extends", "checks", "severities", "thresholds", "required", "roles", "accepted")
ACCEPTED: Final = ("code", "record", "field", "reason", "until")


@dataclass(slots=True)
class _Reading:
    """What was read so far, and what is wrong."""

    today: date
    name: str
    issues: list[Issue] = field(default_factory=list)
    parts: dict[str, Any] = field(default_factory=dict)
    told: list[Issue] = field(default_factory=list)

    def fault(self, code: str, node: Node, value: str | None = None, near_to: str | None = None, **slots: Any) -> None:
        self.issues.append(Issue(code, node.at, value=value, slots=slots, suggestion=near_to))


def parse(data: bytes, name: str, today: date) -> tuple[Profile, list[Issue]]:
    """The profile in ``data``, and every fault of it; with faults the profile is none to use."""
    if not data.strip():
        return Profile(name, today=today), []
    node, issues = parse_yaml(data, name)
    reading = _Reading(today, name, [_of_profile(issue) for issue in issues])
    if reading.issues:
        node = None  # what follows from them is not told
    if isinstance(node, Table):
        _read(node, reading)
    elif node is not None:
        reading.fault("PRF-SHAPE", node, ja="項目と値の表", en="a table of keys and values")
    reading.issues.sort(key=lambda issue: (issue.at.line or 0, issue.at.column or 0))
    issues_told = tuple(reading.told)
    return Profile(name, **reading.parts, issues=issues_told, today=today), reading.issues


def _of_profile(issue: Issue) -> Issue:
    """What the reader of YAML says, said of a profile."""
    words = {"MAP-YAML-ALIAS": "& *", "MAP-YAML-TAG": issue.value, "MAP-KEY-DOUBLE": issue.value}
    reason = issue.slots.get("reason") or words.get(issue.code) or ""
    reason_ja = issue.slots.get("reason_ja", reason)
    return Issue("PRF-YAML", issue.at, value=issue.value, slots={"reason": reason, "reason_ja": reason_ja})


def _read(table: Table, reading: _Reading) -> None:
    readers: dict[str, Callable[[Node, _Reading], None]] = {
        "profile": _version, "title": _title, "checks": _checks, "severities": _severities, "thresholds": _thresholds,
        "required": _required, "roles": _roles, "accepted": _accepted,
    }  # fmt: skip
    base = table.get("extends")
    if base is not None:
        _extends(base, reading)
    for key, node in table:
        if key.text not in KEYS:
            _unknown(key, KEYS, reading)
        elif key.text != "extends":
            readers[key.text](node, reading)


def _unknown(key: Scalar, known: Iterable[str], reading: _Reading) -> None:
    reading.fault("PRF-KEY", key, key.text, near(key.text, known), known=list(known))


def _version(node: Node, reading: _Reading) -> None:
    if not isinstance(node, Scalar) or node.text != "1":
        reading.fault("PRF-SHAPE", node, ja="1", en="1")


def _text(node: Node, reading: _Reading) -> str | None:
    if isinstance(node, Scalar) and node.text.strip() and not node.is_null:
        return node.text
    reading.fault("PRF-SHAPE", node, ja="文字", en="text")
    return None


def _title(node: Node, reading: _Reading) -> None:
    _text(node, reading)


def _extends(node: Node, reading: _Reading) -> None:
    name = _text(node, reading)
    if name is None:
        return
    if name not in shipped():
        reading.fault("PRF-NAME", node, name, near(name, shipped()), known=list(shipped()))
        return
    base = load_profile(name, reading.today)
    for part in ("severities", "off", "checks", "silent", "along", "thresholds", "required", "roles"):
        reading.parts[part] = getattr(base, part)


# ── Checks, severities, thresholds ───────────────────────────────────────────────────────────────


def _checks(node: Node, reading: _Reading) -> None:
    own, along = list(dataset_checks()), along_checks()
    known = [*own, *along, *sorted(plugins("checks"))]
    if isinstance(node, Scalar) and node.text in (ALL, "none"):
        reading.parts["checks"] = tuple(own) if node.text == ALL else ()
        reading.parts["along"] = ()
        reading.parts["silent"] = node.text == "none"
        return
    if not isinstance(node, Items):
        reading.fault("PRF-SHAPE", node, ja="all、none、または点検の名前の並び", en="all, none or a list of checks")
        return
    names: set[str] = set()
    for item in node.items:
        text = item.text if isinstance(item, Scalar) else ""
        if text == ALL:
            names.update(own)
        elif text in known:
            names.add(text)
        else:
            reading.fault("PRF-NAME", item, text, near(text, known), known=known)
    reading.parts["checks"] = tuple(name for name in known if name in names and name not in along)
    reading.parts["along"] = tuple(name for name in along if name in names)
    reading.parts["silent"] = False


def _severities(node: Node, reading: _Reading) -> None:
    severities: dict[str, Severity] = dict(reading.parts.get("severities", {}))
    off = set(reading.parts.get("off", ()))
    words = {level.word: level for level in LEVELS}
    for key, value in _entries(node, reading):
        if not _code(key, reading):
            continue
        word = value.text if isinstance(value, Scalar) else ""
        entry = catalogue().entry(key.text)
        if entry.severity is Severity.FATAL:
            reading.fault("PRF-FIXED", key, key.text)
        elif word not in words and word != OFF:
            known = [*words, OFF]
            reading.fault("PRF-NAME", value, word, near(word, known), known=known)
        elif word == OFF and entry.effect in ("refused", "broken", "dropped"):
            reading.fault("PRF-LOSES", value, key.text)
        elif word == OFF:
            off.add(key.text)
            severities.pop(key.text, None)
        else:
            off.discard(key.text)
            severities[key.text] = words[word]
    reading.parts |= {"severities": severities, "off": frozenset(off)}


def _entries(node: Node, reading: _Reading) -> Iterable[tuple[Scalar, Node]]:
    if isinstance(node, Table):
        return node
    reading.fault("PRF-SHAPE", node, ja="項目と値の表", en="a table of keys and values")
    return ()


def _code(node: Node, reading: _Reading) -> bool:
    if isinstance(node, Scalar) and node.text in catalogue():
        return True
    text = node.text if isinstance(node, Scalar) else ""
    known = [entry.code for entry in catalogue().codes()]
    reading.fault("PRF-CODE", node, text, near(text, known))
    return False


def _thresholds(node: Node, reading: _Reading) -> None:
    found = {name: dict(values) for name, values in reading.parts.get("thresholds", {}).items()}
    known = with_thresholds()
    if any(key.text not in known for key, _ in _entries(node, reading)):
        known = with_thresholds(others=True)
    for key, table in _entries(node, reading):
        if key.text not in known:
            _unknown(key, known, reading)
            continue
        for name, value in _entries(table, reading):
            threshold = known[key.text].get(name.text)
            if threshold is None:
                _unknown(name, known[key.text], reading)
                continue
            number = _number(value, threshold, reading)
            if number is not None:
                found.setdefault(key.text, {})[name.text] = number
    reading.parts["thresholds"] = found


def with_thresholds(*, others: bool = False) -> dict[str, Mapping[str, Threshold]]:
    """The checks of a delivery that have numbers a profile may change. ``others``: those of plug-ins, too."""
    checks: dict[str, type[DatasetCheck]] = dataset_checks()
    if others:
        theirs = {name: load(point) for name, point in sorted(plugins("checks").items()) if name not in checks}
        checks = checks | {name: check for name, check in theirs.items() if is_dataset_check(check)}
    return {name: numbers for name, check in checks.items() if (numbers := check.numbers(name))}


def _number(node: Node, threshold: Threshold, reading: _Reading) -> float | None:
    text = node.text.strip() if isinstance(node, Scalar) else ""
    percent = text.endswith("%")
    plain = text.removesuffix("%").replace("_", "")
    digits = plain.replace(".", "", 1)
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        number = float(plain) / (100 if percent else 1)
        if threshold.least <= number <= threshold.most and (not percent or threshold.share):
            return number
    reading.fault("PRF-NUMBER", node, text or None, least=_shown(threshold.least), most=_shown(threshold.most))
    return None


def _shown(number: float) -> str:
    return f"{number:g}" if number != int(number) else str(int(number))


# ── Fields ───────────────────────────────────────────────────────────────────────────────────────


def _required(node: Node, reading: _Reading) -> None:
    names = _names(node, reading)
    reading.parts["required"] = (*reading.parts.get("required", ()), *names)


def _names(node: Node, reading: _Reading) -> tuple[str, ...]:
    items = node.items if isinstance(node, Items) else (node,)
    return tuple(name for item in items if (name := _text(item, reading)) is not None)


def _roles(node: Node, reading: _Reading) -> None:
    roles = dict(reading.parts.get("roles", {}))
    for key, value in _entries(node, reading):
        if key.text not in ROLES:
            _unknown(key, ROLES, reading)
        else:
            roles[key.text] = _names(value, reading)
    reading.parts["roles"] = roles


# ── Accepted issues ──────────────────────────────────────────────────────────────────────────────


def _accepted(node: Node, reading: _Reading) -> None:
    if not isinstance(node, Items):
        reading.fault("PRF-SHAPE", node, ja="並び", en="a list")
        return
    waivers = []
    for item in node.items:
        waiver = _waiver(item, reading)
        if waiver is None:
            continue
        if waiver.until < reading.today:
            slots = {"until": waiver.until.isoformat(), "reason": waiver.reason, "code": waiver.code}
            reading.told.append(Issue("DSET-WAIVER-EXPIRED", waiver.at, value=waiver.code, slots=slots))
        else:
            waivers.append(waiver)
    reading.parts["waivers"] = tuple(waivers)


def _waiver(node: Node, reading: _Reading) -> Waiver | None:
    before = len(reading.issues)
    if not isinstance(node, Table):
        reading.fault("PRF-SHAPE", node, ja="項目と値の表", en="a table of keys and values")
        return None
    for key, _ in node:
        if key.text not in ACCEPTED:
            _unknown(key, ACCEPTED, reading)
    for needed in ("code", "reason", "until"):
        if node.get(needed) is None:
            reading.fault("PRF-MISSING", node, needed)
    if node.get("record") is None and node.get("field") is None:
        reading.fault("PRF-MISSING", node, "record / field")
    code, until = node.get("code"), node.get("until")
    if code is not None and _code(code, reading) and catalogue().entry(code.text).severity is Severity.FATAL:  # type: ignore[union-attr]
        reading.fault("PRF-FIXED", code, code.text)  # type: ignore[union-attr]
    texts = {key: _text(part, reading) for key in ("record", "field", "reason") if (part := node.get(key)) is not None}
    day = None if until is None else _day(until, reading)
    if len(reading.issues) > before or day is None or not isinstance(code, Scalar):
        return None
    return Waiver(code.text, texts["reason"] or "", day, node.at, texts.get("record"), texts.get("field"))


def _day(node: Node, reading: _Reading) -> date | None:
    text = node.text if isinstance(node, Scalar) else ""
    try:
        if len(text) == len("2027-03-31"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    reading.fault("PRF-DAY", node, text)
    return None
