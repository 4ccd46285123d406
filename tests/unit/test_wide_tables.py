"""Tables with very many columns: the work grows with their number, and no faster. Work is counted, not timed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert.cli import mapping as mapping_commands
from convert.mapping.load import inspect_mapping
from convert.run.job import passed_for
from convert.run.shards import Settings, make_converter, open_reader
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from convert.check.issue import Issue

    Write = Callable[[str, str | bytes], Path]

PACKAGE = str(Path(convert.__file__).parent)


class Steps:
    """Counts the lines that run inside the package: work, whatever the machine. Too many end the test."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self._most = most

    def __call__(self, frame: FrameType, event: str, arg: object) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            self.count += 1
            assert self.count <= self._most, "the work grows faster than the number of columns"
        return self


def lines_run(action: Callable[[], object], *, most: int) -> int:
    steps, before = Steps(most), sys.gettrace()
    sys.settrace(steps)
    try:
        action()
    finally:
        sys.settrace(before)
    return steps.count


class Watched(tuple[str, ...]):
    """Columns that count how often they are gone through."""

    passes = 0

    def __iter__(self) -> Iterator[str]:
        Watched.passes += 1
        return super().__iter__()

    def __contains__(self, value: object) -> bool:
        Watched.passes += 1
        return super().__contains__(value)

    def count(self, value: object) -> int:
        Watched.passes += 1
        return super().count(value)

    def index(self, value: object, *limits: Any) -> int:
        Watched.passes += 1
        return super().index(value, *limits)


WIDE = """
mapping: 1
id: wide
source: {format: csv}
target: {format: jsonl}
record: {id: 列0}
fields: {a: 列1, b: "#3", c: [列4, 列5]}
passthrough: {all: s, except: [列6, "#9"]}
"""


@pytest.mark.parametrize("same", [False, True], ids=["other headers", "one header"])
def test_twenty_thousand_columns_that_pass_through_are_no_quadratic_work(
    write: Write, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    mapping = inspect_mapping(write("wide.yaml", WIDE)).mapping
    assert mapping is not None
    columns = 20_000
    headers = [f"列{number}" if number < 10 or not same else "同じ" for number in range(columns)]
    path = write("wide.csv", ",".join(headers) + "\n")

    def opened(*given: Any) -> Any:
        reader = open_reader(*given)
        reader.columns = Watched(reader.columns or ())
        return reader

    monkeypatch.setattr(mapping_commands, "open_reader", opened)
    monkeypatch.setattr(Watched, "passes", 0)
    found: list[Issue] = []
    lines_run(lambda: found.extend(mapping_commands._bound(mapping, str(path))), most=150 * columns)
    codes = {issue.code for issue in found}
    assert codes == ({"SRC-HEADER-DOUBLE", "MAP-PASSTHROUGH-MEET"} if same else set())
    assert 0 < Watched.passes < 20
    reader = open_reader(mapping, Source.of(path))
    monkeypatch.setattr(Watched, "passes", 0)
    reader.columns = Watched(reader.columns or ())
    lines_run(lambda: [reader.selector(f"#{number}") for number in range(1, columns + 1)], most=50 * columns)
    assert Watched.passes < 20


def test_all_columns_that_lack_are_told_at_once(write: Write) -> None:
    mapping = inspect_mapping(write("wide.yaml", WIDE)).mapping
    assert mapping is not None
    found = mapping_commands._bound(mapping, str(write("wide.csv", "列0,列1,列4,列5\n")))
    assert [(issue.code, issue.value) for issue in found] == [
        ("MAP-PATH-UNKNOWN", "列6"),
        ("MAP-PATH-UNKNOWN", "#9"),
    ]
    found = mapping_commands._bound(mapping, str(write("wide.csv", "列0,列1\n")))
    assert [issue.value for issue in found] == ["#3", "列4", "列5", "列6", "#9"]


def test_a_plan_of_many_columns_is_no_quadratic_work(write: Write) -> None:
    mapping = inspect_mapping(write("wide.yaml", WIDE)).mapping
    assert mapping is not None
    columns = 3_000
    reader = open_reader(mapping, Source.of(write("wide.csv", ",".join(f"列{n}" for n in range(columns)) + "\n")))
    lines_run(lambda: make_converter(passed_for(Settings(mapping), [reader], ["x"]), reader, "x"), most=700 * columns)
