"""Plans: outcomes, and the way back from a value to the user's cell."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert import Finding, Mapped, Outcome, read
from convert.errors import MappingError
from convert.mapping.load import make_target
from convert.mapping.plan import Plan, passed_rules
from convert.messages.catalogue import catalogue
from convert.model import ORIGIN_STEP

if TYPE_CHECKING:
    from collections.abc import Callable

    Load = Callable[[str], Any]

HEAD = "mapping: 1\nid: test\nsource: {format: csv}\ntarget: {format: jsonl}\n"
JSON_HEAD = HEAD.replace("csv", "jsonl", 1) + "record: {id: id}\n"


def plan_of(mapping: Any, data: bytes) -> tuple[Plan, list[Any]]:
    reader = read(data, mapping.source)
    return Plan(mapping, reader, make_target(mapping)), list(reader)


def test_outcomes(load: Load) -> None:
    mapping = load(HEAD + "record: {id: ID, skip: {公開: 非}, delete: {廃棄: present}}\nfields: {名称: 名称}\n")
    plan, records = plan_of(mapping, "ID,名称,公開,廃棄\nK-1,a,,\n,b,非,\n,c,,x\nK-4,d,非,x\nK-5,e,,x\n".encode())
    found = [plan.run(record)[0] for record in records]
    assert [item if isinstance(item, Outcome) else item.id for item in found] == [
        "K-1", Outcome.SKIPPED, Outcome.REJECTED, Outcome.SKIPPED, Outcome.DELETED,
    ]  # fmt: skip
    assert [record.id for record in records] == ["K-1", None, None, None, "K-5"]


def test_nothing_of_one_record_is_left_in_the_next(load: Load) -> None:
    mapping = load(HEAD + "record: {id: ID}\nfields: {高さ: {from: 高さ, do: decimal}, 番号: $id}\n")
    plan, records = plan_of(mapping, "ID,高さ\nK-1,約3\nK-2,4\n,約5\nK-4,6\n".encode())
    told = []
    for record in records:
        mapped, context = plan.run(record)
        told.append(
            (mapped.values["番号"] if isinstance(mapped, Mapped) else None, [note.code for note in context.notes])
        )
    assert told == [(["K-1"], ["MAP-NO-VALUE"]), (["K-2"], []), (None, ["MAP-ID", "MAP-NO-VALUE"]), (["K-4"], [])]


def test_a_result_stays_as_it_is_when_the_next_record_is_read(load: Load) -> None:
    mapping = load(
        HEAD + "record: {id: ID}\nlookups: {t: {values: {a: b}, missing: drop}}\n"
        "fields: {x: {from: 名称, do: [{lookup: t}]}}\n"
    )
    results = list(convert.convert(read("ID,名称\nK-1,a\nK-2,z\nK-3,a\n".encode(), "csv"), mapping))
    assert [list(result.misses) for result in results] == [[], [("t", "z")], []]
    assert [list(result.issues) for result in results] == [[], [], []]


@pytest.mark.parametrize(
    ("text", "index", "cell"),
    [
        ("{from: 作者, split: ;}", 2, "C2"),
        ("[名称, 作者]", 1, "C2"),
        ("[{const: x}, 作者]", 1, "C2"),
        ('{template: "{$id}:{作者}"}', 0, "C2"),
        ("{first_of: [空, 作者]}", 0, "D2"),
        ("{join: {of: [作者, 名称], with: x}}", 0, "C2"),
        ("{from: 作者, split: ;, do: [nfkc, unique]}", 1, "C2"),
        ("{zip: {value: 作者, yomi: 名称}}", 0, "C2"),
        ("{object: {a: 作者}}", 0, "C2"),
    ],
)
def test_from_a_value_to_its_cell(text: str, index: int, cell: str, load: Load) -> None:
    mapping = load(HEAD + f"record: {{id: ID}}\nfields:\n  x: {text}\n")
    plan, [record] = plan_of(mapping, "ID,名称,作者,空\nK-1,皿,甲;乙;丙,\n".encode())
    mapped, _ = plan.run(record)
    assert isinstance(mapped, Mapped)
    issue = plan.finding(Finding("X", "x", index), mapped, record)
    assert (issue.at.cell, issue.at.line, issue.ordinal, issue.record_id, issue.target) == (cell, 2, 1, "K-1", "x")
    assert issue.rule is not None
    assert issue.rule.endswith("mapping.yaml:7")


def test_a_finding_without_a_target_is_about_the_id(load: Load) -> None:
    mapping = load(HEAD + "record: {id: 番号}\nfields: {x: 名称}\n")
    plan, [record] = plan_of(mapping, "名称,番号\n皿,K-1\n".encode())
    mapped, _ = plan.run(record)
    assert isinstance(mapped, Mapped)
    assert plan.finding(Finding("X"), mapped, record).at.cell == "B2"
    assert plan.id_location(record).cell == "B2"


def test_origins_pack_rule_and_occurrence(load: Load) -> None:
    mapping = load(JSON_HEAD + 'fields:\n  x: ["a[]", {from: "b[]", do: decimal}]\n')
    plan, [record] = plan_of(mapping, b'{"id": "K", "a": ["", "p", null, "q"], "b": ["x", "1"]}\n')
    mapped, context = plan.run(record)
    assert isinstance(mapped, Mapped)
    assert mapped.values == {"x": ["p", "q", "1"]}
    first, second = (rule.number * ORIGIN_STEP for rule in mapping.rules)
    assert [plan.origin(mapped, "x", index, record)[1] for index in range(3)] == [
        packed % ORIGIN_STEP for packed in mapped.origins["x"]
    ]
    assert [packed // ORIGIN_STEP * ORIGIN_STEP for packed in mapped.origins["x"]] == [first, first, second]
    assert [plan.issue(note, record).at.path for note in context.notes] == ["b[0]"]


@pytest.mark.parametrize(("target", "index", "path"), [("x", 0, "a[1]"), ("x", 1, "a[3]"), ("y", 0, "c.d[1]")])
def test_places_in_json(target: str, index: int, path: str, load: Load) -> None:
    mapping = load(JSON_HEAD + 'fields:\n  x: "a[]"\n  y: "c.d[]"\n')
    plan, [record] = plan_of(mapping, b'{"id": "K", "a": ["", "p", null, "q"], "c": {"d": ["", "r"]}}\n')
    mapped, _ = plan.run(record)
    assert isinstance(mapped, Mapped)
    found = plan.finding(Finding("X", target, index), mapped, record)
    value = {"a[1]": "p", "a[3]": "q", "c.d[1]": "r"}[path]
    assert value in mapped.values[target]
    assert found.at.path == path


def test_all_missing_paths_at_once(load: Load) -> None:
    mapping = load(
        HEAD + "record: {id: ID}\nfields: {x: {from: 一, when: {二: a}}, y: {first_of: [三, 四]}, z: '#9'}\n"
    )
    with pytest.raises(MappingError) as caught:
        plan_of(mapping, b"ID\n")
    assert [issue.value for issue in caught.value.findings] == ["一", "二", "三", "四", "#9"]
    found = {issue.value: issue.code for issue in caught.value.findings}
    assert found.pop("#9") == "MAP-PATH-HERE"  # there is a reason to tell
    assert set(found.values()) == {"MAP-PATH-UNKNOWN"}


def test_a_header_that_stands_twice_is_told_as_that(load: Load) -> None:
    mapping = load(HEAD + "record: {id: ID}\nfields: {x: 名}\n")
    with pytest.raises(MappingError) as caught:
        plan_of(mapping, "ID,名,名\n".encode())
    [issue] = caught.value.findings
    assert (issue.code, issue.suggestion) == ("MAP-PATH-HERE", "#2")
    assert "#2 か #3" in catalogue().message(issue, "ja")
    assert "#2 or #3" in catalogue().message(issue, "en")


def test_a_doubled_header_is_named_by_its_number(load: Load) -> None:
    mapping = load(HEAD + "record: {id: ID}\nfields: {x: 備考}\n")
    with pytest.raises(MappingError) as caught:
        plan_of(mapping, "ID,備考,備考\n".encode())
    [found] = caught.value.findings
    assert (found.value, found.suggestion) == ("備考", "#2")


def test_passed_columns_are_those_no_rule_reads(load: Load) -> None:
    mapping = load(
        HEAD + "record: {id: ID, skip: {公開: 非}}\npassthrough: {all: s, except: [内部]}\n"
        "fields:\n  x: {from: 一, yomi: 二}\n  y: {first_of: [{join: {of: [三], with: a}}]}\n"
        "  z: {const: a, when: {四: a}}\n"
    )
    reader = read("ID,一,二,三,四,公開,内部,五, ,#1\n".encode(), "csv")
    found = passed_rules(mapping, reader, 100)
    assert [(rule.number, rule.target) for rule in found] == [(100, "五_s"), (101, "列9_s"), (102, "#1_s")]


def test_a_column_of_a_nested_condition_is_used(load: Load) -> None:
    mapping = load(
        HEAD + "record: {id: ID}\npassthrough: {all: s}\nfields: {x: {first_of: [{from: 一, when: {二: a}}, 三]}}\n"
    )
    assert passed_rules(mapping, read("ID,一,二,三\n".encode(), "csv"), 100) == []


def test_mappings_are_picklable_and_plans_made_anew_give_the_same(load: Load) -> None:
    mapping = load(
        HEAD + "record: {id: ID}\nfields: {x: {from: 名称, do: [nfkc, {lookup: t}]}}\nlookups: {t: {values: {a: b}}}\n"
    )
    again = pickle.loads(pickle.dumps(mapping))  # noqa: S301
    assert again == mapping
    data = "ID,名称\nK-1,ａ\nK-2,z\n".encode()
    first = [(result.outcome, result.document, result.issues) for result in convert.convert(read(data, "csv"), mapping)]
    second = [(result.outcome, result.document, result.issues) for result in convert.convert(read(data, "csv"), again)]
    assert first == second
