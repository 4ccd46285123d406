"""Rules that cannot give anything in a record, told by what the record holds at all.

A source may say of its paths what a record needs to hold for them (``needs`` of a selector) and of its bodies what they
hold (``present``). Nothing has to be looked up then for a rule all of whose values come from paths that find nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.mapping.model import Each, FirstOf, From, Join, ObjectOf, PathRef, PathTest, Rule, Template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convert.mapping.bind import Binding
    from convert.mapping.model import Ref, When

Needs = list[frozenset[str]] | None
"""One of these sets a record must hold for a rule to give anything; None: nobody knows."""


def needed(binding: Binding, rule: Rule) -> Needs:
    """What a record needs to hold for a rule of the record itself. None too for rules of
    which something may be said though they give nothing.
    """
    if rule.inner or rule.default is not None or rule.required or rule.yomi is not None:
        return None
    if rule.when is not None and not isinstance(rule.source, Each):
        found = _of_condition(binding, rule.when)
        if found is not None:
            return found
    match rule.source:
        case From(ref) | Each(ref, _):
            return _of_path(binding, ref)
        case Template(parts, _):
            paths = (_of_path(binding, part) for part in parts if not isinstance(part, str))
            return next((found for found in paths if found is not None), None)
        case FirstOf(rules) | Join(rules, _):
            return _any_of(needed(binding, inner) for inner in rules)
        case ObjectOf(members):
            return _any_of(needed(binding, inner) for _, inner in members)
    return None


def _any_of(parts: Iterable[Needs]) -> Needs:
    found: list[frozenset[str]] = []
    for part in parts:
        if part is None:
            return None
        found += part
    return list(dict.fromkeys(found))


def _of_condition(binding: Binding, when: When) -> Needs:
    """What a condition needs that asks for something at one path."""
    if not isinstance(when, PathTest) or when.test.negated or when.test.kind == "absent":
        return None
    return _of_path(binding, when.ref)


def _of_path(binding: Binding, ref: Ref) -> Needs:
    if not isinstance(ref, PathRef):
        return None
    found: Needs = getattr(binding.selector(ref, inner=False), "needs", None)
    return found
