"""The two hot loops of a target, written out once per mapping: filling ``common`` and filling the items.

The text below only unrolls what ``common.steps`` and the item table say; a step it does not know is called.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from convert.formats.japansearch import common as commons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convert.check.issue import Finding


def common_function(steps: Sequence[tuple[str, commons.Step]]) -> Callable[[str, Any, list[Finding]], dict[str, Any]]:
    """A function (served id, values, findings) → ``common``."""
    names: dict[str, Any] = {"ABSENT": commons.ABSENT, "more": _more}
    lines = ["def run(served, values, findings):", "    get = values.get", "    common = {'id': served}"]
    for number, (key, step) in enumerate(steps):
        names[f"step{number}"] = step
        lines += [f"    {line}" for line in _step(key, step, number, names)]
    return _made([*lines, "    return common"], names)


def _step(key: str, step: commons.Step, number: int, names: dict[str, Any]) -> list[str]:
    place = f"common[{key!r}]"
    arguments: tuple[Any, ...] = step.args if isinstance(step, partial) else ()
    names[f"given{number}"] = arguments[0] if len(arguments) == 1 else arguments[2] if len(arguments) > 2 else None
    match getattr(step, "func", None):
        case commons._given:
            return [f"{place} = given{number}"]
        case commons._given_list:
            return [f"{place} = given{number}.copy()"]
        case commons._one_array:
            return [f"v = get({arguments[0][0]!r})", f"if v is not None: {place} = v.copy()"]
        case commons._one:
            given = [] if arguments[2] is commons.ABSENT else ["else:", f"    {place} = given{number}"]
            return [
                f"v = get({arguments[1]!r})",
                "if v is not None:",
                f"    {place} = v[0]",
                f"    if len(v) > 1: more({key!r}, {arguments[1]!r}, v, findings)",
                *given,
            ]
        case commons._code if len(arguments[1]) == 1:
            names[f"known{number}"] = arguments[3]
            return [
                f"v = get({arguments[1][0]!r})",
                f"if v is not None and len(v) == 1 and v[0] in known{number}: {place} = v[0]",
                "else:",
                *_called(place, number),
            ]
    return ["if True:", *_called(place, number)]


def _called(place: str, number: int) -> list[str]:
    return [f"    x = step{number}(values, findings)", f"    if x is not ABSENT: {place} = x"]


def _more(key: str, feed: str, found: Sequence[Any], findings: list[Finding]) -> None:
    findings += [commons.single(key, feed, index, found[index]) for index in range(1, len(found))]


def fill_function(items: Sequence[tuple[str, str, bool]]) -> Callable[[dict[str, Any], Any], None]:
    """A function (document, values) that adds the items; ``items`` are (target, key, false when empty)."""
    lines = ["def run(document, values):", "    get = values.get"]
    for name, key, empty in items:
        lines.append(f"    v = get({name!r})")
        lines.append(f"    if v is not None: document[{key!r}] = v[0] if len(v) == 1 else v")
        if empty:
            lines.append(f"    else: document[{key!r}] = False")
    return _made(lines, {})


def _made(lines: list[str], names: dict[str, Any]) -> Callable[..., Any]:
    exec("\n".join(lines), names)  # noqa: S102 - our own text; names enter by repr only
    function: Callable[..., Any] = names["run"]
    return function
