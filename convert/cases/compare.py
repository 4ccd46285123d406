"""What a run gave against what its case expects."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from convert.cases.case import Case
    from convert.cases.running import Ran

PLACES = ("file", "line", "column", "cell", "field", "path", "byte")
SHOWN = ("code", "severity", "record", "file", "line", "cell", "path", "byte", "field", "target", "value", "suggestion")
LINES = 40
"""Lines of a difference between two texts that are shown."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected. ``lines``: a difference of texts (``-`` expected, ``+`` found)."""

    kind: Literal["output", "no-output", "issue-missing", "issue-unexpected", "counts", "exit"]
    name: str
    lines: tuple[str, ...] = ()


def flat(issue: Mapping[str, Any]) -> dict[str, Any]:
    """An issue of a report with its place beside the rest; the rule without its file."""
    source = issue["source"]
    found = {**issue, **{name: source.get(name) for name in PLACES}}
    return found if found["rule"] is None else found | {"rule": found["rule"].rpartition(":")[2]}


def missing_and_unexpected(
    actual: Iterable[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[dict[str, Any]]]:
    """Issues that were described and not reported, and those that were reported and not described."""
    left = [flat(issue) for issue in actual]
    missing = []
    for wanted in sorted(expected, key=len, reverse=True):
        found = next((one for one in left if all(one.get(key) == value for key, value in wanted.items())), None)
        if found is None:
            missing.append(wanted)
        else:
            left.remove(found)
    return missing, left


def described(issue: Mapping[str, Any]) -> dict[str, Any]:
    """What a case says of an issue: what is known, without its words."""
    return {name: issue[name] for name in SHOWN if issue.get(name) is not None}


def compare(case: Case, ran: Ran) -> list[Difference]:
    """Everything that is not as the case has it."""
    found = [*_outputs(case.expected, ran.outputs)]
    missing, unexpected = missing_and_unexpected(ran.issues, case.issues)
    found += [Difference("issue-missing", json.dumps(dict(one), ensure_ascii=False)) for one in missing]
    found += [
        Difference("issue-unexpected", json.dumps(described(one), ensure_ascii=False), (one["message"]["ja"],))
        for one in unexpected
    ]
    if case.counts is not None and case.counts != ran.counts:
        lines = [
            f"{name}: {case.counts[name]} → {ran.counts[name]}"
            for name in case.counts
            if case.counts[name] != ran.counts[name]
        ]
        found.append(Difference("counts", "counts", tuple(lines)))
    if case.exit is not None and case.exit != ran.exit:
        found.append(Difference("exit", f"{case.exit} → {ran.exit}"))
    return found


def _outputs(expected: Mapping[str, bytes], actual: Mapping[str, bytes]) -> Iterable[Difference]:
    for name in sorted({*expected, *actual}):
        if name not in actual:
            yield Difference("no-output", name)
        elif expected.get(name) != actual[name]:
            yield Difference("output", name, tuple(_lines(expected.get(name, b""), actual[name])))


def _lines(expected: bytes, actual: bytes) -> list[str]:
    """The lines in which two files differ; where they are no text, what there is to say."""
    try:
        old, new = expected.decode("utf-8").splitlines(), actual.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        at = next((at for at, (a, b) in enumerate(zip(expected, actual, strict=False)) if a != b), None)
        at = min(len(expected), len(actual)) if at is None else at
        return [f"- {len(expected)} bytes", f"+ {len(actual)} bytes", f"  @{at}"]
    if old == new:
        return ["- (line ends, or a BOM)"]
    lines = [line.rstrip("\n") for line in difflib.unified_diff(old, new, lineterm="", n=1)][2:]
    more = len(lines) - LINES
    return [*lines[:LINES], f"… {more}"] if more > 0 else lines
