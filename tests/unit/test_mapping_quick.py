"""The short way from a row to its document: what it learns, and what it leaves to the usual way."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convert import read
from convert.formats.japansearch import coerce
from convert.mapping import quick
from convert.mapping.load import make_target
from convert.mapping.plan import Plan
from convert.registry import own_transforms

if TYPE_CHECKING:
    from collections.abc import Callable

    Load = Callable[[str], Any]

HEAD = (
    "mapping: 1\nid: test\nsource: {format: csv}\n"
    "target: {format: japansearch, database: databases/example-museum.yaml}\n"
)
FIELDS = (
    "record: {id: ID, skip: {公開: 否}}\nfields:\n"
    "  名称_s: {from: 名称, do: nfkc, label: title}\n"
    "  分野_s: {from: 分野, do: [nfkc, trim]}\n"
    "  作者_s: {from: 作者, split: ;, do: nfkc, label: contributor}\n"
)


def planned(mapping: Any, data: str) -> tuple[Plan, list[Any]]:
    reader = read(data.encode(), "csv")
    return Plan(mapping, reader, make_target(mapping)), list(reader)


def short(plan: Plan) -> quick.Quick:
    assert plan.quick is not None
    return plan.quick


def test_what_hardly_repeats_is_not_remembered(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "LEARN", 20)
    rows = [f"K{n},作品{n},{'絵画' if n % 2 else '書跡'},甲{n % 3};乙,公" for n in range(100)]
    plan, records = planned(load(HEAD + FIELDS), "ID,名称,分野,作者,公開\n" + "\n".join(rows) + "\n")
    documents = [short(plan).document(record) for record in records]
    assert [(d["名称_s"], d["分野_s"], d["作者_s"]) for d in documents] == [
        (f"作品{n}", "絵画" if n % 2 else "書跡", [f"甲{n % 3}", "乙"]) for n in range(100)
    ]
    code = short(plan).code
    assert "x2 = body[1]\n" in code
    assert "memo3[body[2]]" in code
    assert "memo4[body[3]]" in code


def test_what_is_remembered_is_not_shared_between_documents(load: Load) -> None:
    plan, records = planned(load(HEAD + FIELDS), "ID,名称,分野,作者,公開\n" + "1,皿,,甲;乙,\n" * 3)
    for record in records:
        document = short(plan).document(record)
        assert document["common"]["contributor"] == ["甲", "乙"]
        document["common"]["contributor"].append("changed")
        document["common"]["provider"] = "changed"


@pytest.mark.parametrize(
    "row", ["1,皿,,,否", ",皿,,,公", "a-b,皿,,,公", "1,,,,公", "1,1,,,公", "1,皿,　,;,公"], ids=str
)
def test_a_record_with_something_to_say_takes_the_usual_way(load: Load, row: str) -> None:
    plan, records = planned(load(HEAD + FIELDS), f"ID,名称,分野,作者,公開\n{row}\n2,鉢,,,公\n")
    first, second = (short(plan).document(record) for record in records)
    assert (first is None) == (row != "1,皿,　,;,公")
    assert second["名称_s"] == "鉢"


INLINE = {item.name: item.function for item in own_transforms().values() if hasattr(item.function, "__inline__")} | {
    name: thing for name, thing in vars(coerce).items() if hasattr(thing, "__inline__")
}


@pytest.mark.parametrize("name", sorted(INLINE))
@given(st.text(st.sampled_from("a<>p/ \u3000\t\r\nＡ①\u00a0\ud800"), max_size=8))
@example("a  b")
def test_inlined_expressions_give_what_their_functions_give(name: str, text: str) -> None:
    function = INLINE[name]
    value = eval(function.__inline__.format(x="x", f="f"), {"x": text, "f": function})  # noqa: S307
    assert value == function(text)


def test_transforms_and_coercers_that_declare_an_expression_are_found() -> None:
    assert set(itertools.chain(INLINE)) >= {"trim", "squeeze", "nfkc", "text", "html"}
