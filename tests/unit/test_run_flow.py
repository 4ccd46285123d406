"""One record's way, through the library's ``convert``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert import Outcome
from convert.errors import MappingError, UnknownName, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    Load = Callable[[str], Any]

HEAD = "mapping: 1\nid: test\nsource: {format: csv}\ntarget: {format: jsonl}\nrecord: {id: ID}\n"


def test_results_hold_record_outcome_document_and_issues(load: Load) -> None:
    mapping = load(HEAD + "fields: {名称: {from: 名称, required: true}, 高さ: {from: 高さ, do: decimal}}\n")
    reader = convert.read("ID,名称,高さ\nK-1,皿,3\nK-2,,4\nK-3,壺,約5\nK-4,鉢\n".encode(), "csv")
    first, second, third, fourth = convert.convert(reader, mapping)
    assert (first.outcome, first.document, list(first.issues)) == (
        Outcome.WRITTEN, {"id": "K-1", "名称": ["皿"], "高さ": ["3"]}, [],
    )  # fmt: skip
    assert (second.outcome, second.document, [issue.code for issue in second.issues]) == (
        Outcome.REJECTED,
        None,
        ["MAP-REQUIRED"],
    )
    assert (third.outcome, third.document) == (Outcome.WRITTEN, {"id": "K-3", "名称": ["壺"]})
    [issue] = third.issues
    assert (issue.code, issue.record_id, issue.ordinal, issue.value, issue.at.cell) == (
        "MAP-NO-VALUE",
        "K-3",
        3,
        "約5",
        "C4",
    )
    assert (fourth.outcome, fourth.record.body, [issue.code for issue in fourth.issues]) == (
        Outcome.BROKEN, None, ["SRC-CSV-FIELDS"],
    )  # fmt: skip


def test_a_source_without_the_paths_is_refused_at_once(load: Load) -> None:
    mapping = load(HEAD + "fields: {名称: 名前}\n")
    with pytest.raises(MappingError):
        convert.convert(convert.read("ID,名称\n".encode(), "csv"), mapping)


def test_mappings_by_name_and_path(write: Callable[[str, str], Any]) -> None:
    path = write("mapping.yaml", HEAD + "fields: {名称: 名称}\n")
    for name in (path, str(path)):
        [result] = convert.convert(convert.read("ID,名称\nK-1,皿\n".encode(), "csv"), name)
        assert result.outcome is Outcome.WRITTEN
    with pytest.raises(UnknownName):
        convert.convert(convert.read(b"ID\n", "csv"), "no/such-mapping")


def test_a_mapping_by_its_path_without_suffix(write: Callable[[str, str], Any]) -> None:
    path = write("mapping.yaml", HEAD + "fields: {名称: 名称}\n")
    assert convert.load_mapping(path.with_suffix("")).id == "test"


def test_passthrough_record_by_record(load: Load) -> None:
    mapping = load(HEAD + "fields: {名称: 名称}\npassthrough: {all: s}\n")
    [result] = convert.convert(convert.read("ID,備考,名称\nK-1,良,皿\n".encode(), "csv"), mapping)
    assert result.document == {"id": "K-1", "名称": ["皿"], "備考_s": ["良"]}


def test_reader_options_are_named_and_typed() -> None:
    assert [
        record.body for record in convert.read("ID;x\n1;2\n".encode("utf-16"), "csv", delimiter=";", max_record=100)
    ] == [["1", "2"]]
    with pytest.raises(UsageError):
        convert.read(b"", "csv", delimter=";")
    with pytest.raises(UsageError):
        convert.read(b"", "csv", delimiter="ab")
    with pytest.raises(UnknownName):
        convert.read(b"", "cvs")


def test_an_empty_source_gives_no_results(load: Load) -> None:
    reader = convert.read(b"", "csv")
    assert [issue.code for issue in reader.head_issues] == ["SRC-EMPTY"]
    assert list(convert.convert(reader, load(HEAD + "fields: {名称: 名称}\n"))) == []
