"""What comes next, by the receiver's procedure: a sample until it is clean, then everything, then differences.

Known, from NDL's page データ提供について (ゆにかねっと): a sample of about 1,000 records is corrected and sent again
until the check finds nothing; when data are replaced NDL deletes the old ones first, at a time agreed on; the full
load is checked and loaded; the first differences after it are checked; then differences are loaded regularly.
Inferred: that a full load or a difference in which something was found is corrected and sent again like a sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convert.deliver.log.entries import KINDS
from convert.deliver.names import PackageName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convert.deliver.log.entries import Entry


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, what to do in Japanese and English, the command that does it, whether it is inferred."""

    name: str
    ja: str
    en: str
    command: str | None = None
    inferred: bool = False


_ANSWER = "mokuroku deliver status --answer NAME=clean"
STEPS: Final = {
    step.name: step
    for step in (
        Step(
            "sample",
            "サンプルデータ（1,000 件程度）を作って送ります。",
            "Make a sample of about 1,000 records and send it.",
            "mokuroku deliver sample",
        ),
        Step(
            "sample-again",
            "指摘された点を直し、サンプルデータを作り直して送ります（問題がなくなるまで繰り返します）。",
            "Correct what was found, and make and send a sample again, until nothing is found.",
            "mokuroku deliver sample",
        ),
        Step(
            "wait-sample",
            "サンプルデータの検証の結果を待ちます。届いたら記録してください。",
            "Wait for the result of the check of the sample, and put it down.",
            _ANSWER,
        ),
        Step(
            "full",
            "サンプルデータに問題がなかったので、全件データを作って送ります。"
            "データの入替えのときは、先に、登録済みのデータを削除する日を担当と決めてください。",
            "The sample was found clean: make the full load and send it. Where data are replaced, first agree with NDL "
            "on the day on which the old ones are deleted.",
            "mokuroku deliver full",
        ),
        Step(
            "full-again",
            "指摘された点を直し、全件データを作り直して送ります。",
            "Correct what was found, and make and send the full load again.",
            "mokuroku deliver full",
            inferred=True,
        ),
        Step(
            "wait-full",
            "全件データの検証と登録を待ちます。結果が届いたら記録してください。",
            "Wait until the full load was checked and loaded, and put the result down.",
            _ANSWER.replace("clean", "loaded"),
        ),
        Step(
            "first-diff",
            "全件データが登録されたので、初回の差分更新データを作って送ります（初回は検証があります）。",
            "The full load is in: make the first differences and send them; the first ones are checked.",
            "mokuroku deliver diff",
        ),
        Step(
            "wait-diff",
            "初回の差分更新データの検証の結果を待ちます。届いたら記録してください。",
            "Wait for the result of the check of the first differences, and put it down.",
            _ANSWER,
        ),
        Step(
            "diff-again",
            "指摘された点を直し、差分更新データを作り直して送ります。",
            "Correct what was found, and make and send the differences again.",
            "mokuroku deliver diff",
            inferred=True,
        ),
        Step(
            "diff",
            "通常運用です。定期的に差分更新データを送ります。",
            "Routine: send differences regularly.",
            "mokuroku deliver diff",
        ),
    )
}
"""Every step by its name."""
_NONE, _FAULTS, _GOOD = "none", "faults", "good"
_NEXT = {
    ("sample", _NONE): "wait-sample",
    ("sample", _FAULTS): "sample-again",
    ("sample", _GOOD): "full",
    ("full", _NONE): "wait-full",
    ("full", _FAULTS): "full-again",
    ("full", _GOOD): "first-diff",
    ("diff", _NONE): "wait-diff",
    ("diff", _FAULTS): "diff-again",
    ("diff", _GOOD): "diff",
}


def _day(name: str) -> str:
    """What the packages of one load have in common: the date in their names."""
    parsed = PackageName.parse(name)
    return parsed.day if parsed is not None else name


def next_step(entries: Iterable[Entry]) -> Step:
    """What comes next, by the entries of one receiver, in order. Packages of no known kind do not count.

    Packages of one kind and date are one load: what is said of one of them is said of all.

    >>> next_step([]).name
    'sample'
    """
    loads: dict[str, tuple[str, str]] = {}
    last: tuple[str, str] | None = None
    answer = _NONE
    routine = False
    for entry in entries:
        if entry.event == "sent" and entry.kind in KINDS:
            load = loads[entry.name] = (entry.kind or "", _day(entry.name))
            if load != last:
                routine = load[0] == "diff" and (
                    routine or (last is not None and last[0] == "diff" and answer == _GOOD)
                )
                last, answer = load, _NONE
        elif entry.event == "answered" and loads.get(entry.name, ()) == last:
            answer = _FAULTS if entry.facts.get("answer") == "faults" else _GOOD
    if last is None:
        return STEPS["sample"]
    if routine and answer == _NONE:
        return STEPS["diff"]
    return STEPS[_NEXT[last[0], answer]]
