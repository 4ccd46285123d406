"""The generated function: readable, safe against any text of a mapping, and memory-less between records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convert import read
from convert.mapping.compile import MEMO_LENGTH, MEMO_SIZE
from convert.mapping.load import inspect_mapping, make_target
from convert.mapping.plan import Plan
from convert.model import Mapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Load = Callable[[str], Any]

HEAD = "mapping: 1\nid: test\nsource: {format: csv}\ntarget: {format: jsonl}\nrecord: {id: ID}\n"
JPS = HEAD.replace("{format: jsonl}", "{format: japansearch, database: databases/example-museum.yaml}")


def plan_of(mapping: Any, data: bytes) -> tuple[Plan, list[Any]]:
    reader = read(data, mapping.source)
    return Plan(mapping, reader, make_target(mapping)), list(reader)


def values(plan: Plan, records: list[Any]) -> list[Any]:
    found = []
    for record in records:
        mapped, _ = plan.run(record)
        assert isinstance(mapped, Mapped)
        found.append(mapped.values)
    return found


def test_the_code_names_every_rule_and_its_place(load: Load) -> None:
    mapping = load(HEAD + "fields:\n  名称: 名称\n  作者: {from: 作者, split: ;}\n  館: {const: 架空館}\n")
    plan, _ = plan_of(mapping, "ID,名称,作者\n".encode())
    for target, line in (("名称", 7), ("作者", 8), ("館", 9)):
        assert any(
            target in row and row.strip().startswith("#") and f":{line}" in row for row in plan.code.splitlines()
        )


def test_one_value_rules_are_inlined(load: Load) -> None:
    mapping = load(HEAD + "fields:\n  名称: {from: 名称, do: nfkc}\n  作者: {from: 作者, yomi: 名称}\n")
    plan, _ = plan_of(mapping, "ID,名称,作者\n".encode())
    assert "名称" in plan.compiled.single
    assert "作者" not in plan.compiled.single


def test_what_is_remembered_is_not_shared_between_records(load: Load) -> None:
    """A target or check that changes a record's values must not change the next record's."""
    mapping = load(
        JPS
        + "fields:\n  名称_s: {from: 名称, do: nfkc, label: title}\n  館_s: {const: 架空館, do: nfkc}\n  高さ_n: 高さ\n"
    )
    plan, records = plan_of(mapping, "ID,名称,高さ\n1,皿,3\n2,皿,3\n3,皿,3\n".encode())
    for record in records:
        mapped, _ = plan.run(record)
        assert isinstance(mapped, Mapped)
        assert mapped.values == {"名称_s": ["皿"], "館_s": ["架空館"], "高さ_n": [3]}
        for found in mapped.values.values():
            found.append("changed")


def test_a_false_or_zero_that_was_remembered_is_still_a_value(load: Load) -> None:
    mapping = load(JPS + "fields:\n  名称_s: {from: 名称, label: title}\n  展示_b: 展示\n  高さ_n: 高さ\n")
    plan, records = plan_of(mapping, "ID,名称,展示,高さ\n1,皿,false,0\n2,皿,false,0\n3,皿,,\n".encode())
    assert values(plan, records) == [
        {"名称_s": ["皿"], "展示_b": [False], "高さ_n": [0]},
        {"名称_s": ["皿"], "展示_b": [False], "高さ_n": [0]},
        {"名称_s": ["皿"]},
    ]


def test_more_values_than_are_remembered(load: Load) -> None:
    rows = [
        f"{number},{word}" for number in range(MEMO_SIZE + 50) for word in (f"Ａ{number}", "Ｂ" * (MEMO_LENGTH + 1))
    ]
    mapping = load(HEAD + "fields: {名称: {from: 名称, do: nfkc}}\n")
    plan, records = plan_of(mapping, ("ID,名称\n" + "\n".join(rows) + "\n").encode())
    for record, (found,) in zip(records, ([v["名称"]] for v in values(plan, records)), strict=True):
        assert found == [record.body[1].replace("Ａ", "A").replace("Ｂ", "B")]


NASTY = [
    '"""',
    "'''",
    "a'b\"c",
    "\\",
    "\\n",
    "{0}",
    "# x",
    "名前\nimport os",
    "a\rb",
    "a\u2028b",
    "a\u0085b",
    "a\x0cb",
    "%s",
    "{x!r}",
    "𠮟る",
    "__import__('os')",
]


@pytest.mark.parametrize("word", NASTY)
def test_no_text_of_a_mapping_becomes_code(word: str, tmp_path: Path) -> None:
    document = {
        "mapping": "1", "id": word, "source": {"format": "csv"}, "target": {"format": "jsonl"}, "vars": {"v": word},
        "lookups": {word: {"values": {word: word}}}, "record": {"id": "ID"},
        "fields": {
            word: {"from": word, "do": [{"lookup": word}]},
            word + "2": {"const": word},
            word + "3": {"template": word.replace("{", "{{").replace("}", "}}") + "{$v}{#1}"},
            word + "4": {"from": word, "split": word},
            word + "5": {"from": "#1", "default": word, "when": {word: word}},
        },
    }  # fmt: skip
    path = tmp_path / "mapping.yaml"
    path.write_text(yaml.safe_dump(document, default_style='"', allow_unicode=True, width=10_000), "utf-8")
    mapping = inspect_mapping(path).mapping
    assert mapping is not None
    header = word.replace('"', '""')
    plan, [record] = plan_of(mapping, f'ID,"{header}"\nK-1,"{header}"\n'.encode())
    fast, slow = plan.run(record)[0], plan.interpreted(record)[0]
    assert isinstance(fast, Mapped)
    assert isinstance(slow, Mapped)
    assert fast.values == slow.values
    assert fast.values[word + "2"] == [word]
    assert fast.values[word + "3"] == [word + word + "K-1"]


@given(
    st.text(min_size=1, max_size=12).filter(
        lambda text: "\0" not in text and text.strip() == text and text.isprintable()
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_printable_target_name(load: Load, name: str) -> None:
    mapping = load(HEAD + f"fields: {{{json.dumps(name, ensure_ascii=False)}: ID}}\n")
    plan, records = plan_of(mapping, b"ID\nK-1\n")
    assert values(plan, records) == [{name: ["K-1"]}]


def test_a_nul_in_a_target_name(load: Load) -> None:
    mapping = load(HEAD + 'fields: {"a\\0b": ID}\n')
    plan, records = plan_of(mapping, b"ID\nK-1\n")
    assert values(plan, records) == [{"a\0b": ["K-1"]}]
