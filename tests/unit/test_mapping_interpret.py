"""Random mappings over random rows: the compiled function says and gives just what the plain interpreter does."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from convert import convert, read
from convert.mapping.load import inspect_mapping, make_target
from convert.mapping.plan import Plan
from convert.model import Mapped, Outcome, Record

if TYPE_CHECKING:
    from pathlib import Path

    from convert.mapping.bind import Context

COLUMNS = ["A", "B", "C"]
CELLS = st.sampled_from(
    [
        "",
        " ",
        "　",
        "a",
        "b",
        " a ",
        "a;b",
        "a;;b",
        ";",
        "a;x;a",
        "12",
        "１２",
        "約30",
        "2001-02-03",
        "昭和50年頃",
        "true",
        "はい",
        "<b>x</b>",
        "https://museum.example.jp/1",
        "www.example.jp",
        "35.1,138.2",
        "CC BY",
        "かな;カナ",
        "4-257-76907-6",
        "BA51293931",
        "BA51293930",
        "髙",
        "カナ  かな",
        "C0103",
        "行\n行",
        "x" * 70,
    ]
)
TABLES = {
    "drop": {"values": {"a": "甲", "b": "乙"}, "missing": "drop"},
    "keep": {"values": {"a": "甲", "b": "乙"}, "missing": "keep"},
    "warn": {"values": {"a": "甲", "b": "乙"}, "missing": "warn"},
    "error": {"values": {"a": "甲", "12": "乙"}, "missing": "error"},
    "default": {"values": {"a": "甲", "x": ""}, "missing": {"default": "他"}},
}

CHECKS = st.sampled_from(
    [
        {"ncid": {}},
        {"ncid": {"refuse": "true"}},
        {"ccode": {"assigned": "true"}},
        {"check_charset": "jisx0208"},
        {"check_charset": {"charset": "jisx0208", "refuse": "true"}},
        "check_gaiji",
        "check_reading",
        {"check_reading": {"refuse": "true"}},
    ]
)
VALUE_STEPS = (
    st.sampled_from(["nfkc", "trim", "decimal", "isbn13", "katakana", "w3cdtf", "plain"])
    | CHECKS
    | st.sampled_from(sorted(TABLES)).map(lambda name: {"lookup": name})
)
STEPS = VALUE_STEPS | st.sampled_from(["unique", "first", {"split": ";"}])
PATHS = st.sampled_from([*COLUMNS, "#2"])
TESTS = st.sampled_from(["present", "absent", "a", ["a", "12"], {"matches": "^a"}]) | st.sampled_from(
    ["present", "absent", "a"]
).map(lambda test: {"not": test})
CONDITIONS = st.recursive(
    st.dictionaries(PATHS, TESTS, min_size=1, max_size=2),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"all": parts})
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=3,
)


def parts(steps: Any) -> Any:
    return st.fixed_dictionaries(
        {},
        optional={
            "do": st.lists(steps, min_size=1, max_size=3),
            "split": st.just(";"),
            "when": CONDITIONS,
            "default": st.sampled_from(["なし", "12"]),
            "required": st.just("true"),
            "max": st.sampled_from(["1", "2"]),
        },
    )


SIMPLE = st.one_of(
    st.builds(lambda path, more: {"from": path} | more, PATHS, parts(STEPS)),
    st.builds(lambda text, more: {"const": text} | more, st.sampled_from(["a", "12", "約30", "髙"]), parts(STEPS)),
    st.builds(
        lambda text, more: {"template": text} | more,
        st.sampled_from(["{A}-{B}", "x{C}", "{$id}/{A}", "{$v}{B}", "{$blank}{A}", "plain"]),
        parts(STEPS),
    ),
)
YOMI = st.builds(
    lambda path, yomi, more: {"from": path, "yomi": yomi} | more,
    PATHS,
    st.fixed_dictionaries({"from": PATHS}, optional={"split": st.just(";"), "do": st.just(["katakana"])}),
    parts(VALUE_STEPS),
)
RULES = st.one_of(
    SIMPLE,
    YOMI,
    st.builds(
        lambda value, yomi, more: {"zip": {"value": value, "yomi": yomi}} | more, PATHS, PATHS, parts(VALUE_STEPS)
    ),
    st.builds(lambda rules, more: {"first_of": rules} | more, st.lists(SIMPLE, min_size=1, max_size=3), parts(STEPS)),
    st.builds(
        lambda rules, more: {"join": {"of": rules, "with": "+"}} | more,
        st.lists(SIMPLE, min_size=1, max_size=2),
        parts(STEPS),
    ),
)
FIELDS = st.lists(
    st.tuples(st.sampled_from(["s", "d", "b", "n", "h", "u", "l"]), st.lists(RULES, min_size=1, max_size=2)),
    min_size=1,
    max_size=5,
)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6)
DATABASE = {
    "id": "kakuu_db",
    "name": {"ja": "架空", "en": "Example", "yomi": "カクウ"},
    "description": {"ja": "試験"},
    "category": ["book"],
    "contentsRightsType": "incr",
    "contentsAccess": "internet",
    "metadataRights": {"ja": "CC0"},
    "apiType": "ok",
    "permission": {"level": "PUBLIC", "publicationLevel": "PUBLIC", "ownerOrg": "kakuu"},
}


def document(fields: list[tuple[str, list[Any]]], target: str) -> dict[str, Any]:
    named = {}
    for number, (letter, rules) in enumerate(fields):
        label = {"label": "title"} if number == 0 and letter == "s" else {}
        named[f"項目{number}_{letter}"] = [rule | label for rule in rules]
    if target == "japansearch":
        named = {name: [_without_reading(rule) for rule in rules] for name, rules in named.items()}
        named["題_s"] = [{"from": "ID", "label": "title"}]
    return {
        "mapping": "1",
        "id": "random",
        "source": {"format": "csv"},
        "target": {"format": target} | ({"database": DATABASE} if target == "japansearch" else {}),
        "vars": {"v": "変数", "blank": " "},
        "lookups": TABLES,
        "record": {"id": "ID"},
        "fields": named,
    }


def _without_reading(rule: dict[str, Any]) -> dict[str, Any]:
    """Only titles have readings there."""
    if "zip" in rule:
        rule = {"from": rule["zip"]["value"]} | {key: part for key, part in rule.items() if key != "zip"}
    return {key: part for key, part in rule.items() if key != "yomi"}


def table(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(["ID", *COLUMNS])
    writer.writerows([f"K{number}", *row] for number, row in enumerate(rows))
    return out.getvalue().encode()


def told(plan: Plan, record: Record, answer: tuple[Outcome | Mapped, Context]) -> Any:
    mapped, context = answer
    notes = Counter(
        (note.code, note.rule.number, note.occurrence, note.value, repr(note.slots), note.suggestion)
        for note in context.notes
    )
    if not isinstance(mapped, Mapped):
        return mapped, notes, Counter(context.misses)
    places: dict[str, list[Any]] = {}
    for target, values in mapped.values.items():
        found = [plan.origin(mapped, target, index, record) for index in range(len(values))]
        places[target] = [(rule.number if rule else None, occurrence) for rule, occurrence in found]
    return mapped.id, repr(list(mapped.values.items())), places, notes, Counter(context.misses)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(FIELDS, ROWS, st.sampled_from(["jsonl", "japansearch"]))
def test_compiled_is_interpreted(
    tmp_path: Path, fields: list[tuple[str, list[Any]]], rows: list[tuple[str, ...]], target: str
) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(json.dumps(document(fields, target), ensure_ascii=False), "utf-8")
    loaded = inspect_mapping(path)
    assume(loaded.mapping is not None)
    mapping = loaded.mapping
    assert mapping is not None
    reader = read(table(rows), "csv")
    plan = Plan(mapping, reader, make_target(mapping))
    for record in itertools.chain(reader, reader):  # the second time through what the plan remembers
        fast = told(plan, record, plan.run(record))
        assert fast == told(plan, record, plan.interpreted(record))
        assert fast == told(plan, record, plan.run(record))
        compare_short_way(plan, record)


MEMBERS = {"n": {"from": "x", "do": ["nfkc", "trim"]}, "m": {"join": {"of": ["x", "y"], "with": " "}}}
RULES = st.sampled_from(
    [
        {"each": "a[]", "object": MEMBERS, "when": {"x": "present"}},
        {"each": "a[]", "object": {"up": "^x", "c": {"const": "k", "when": {"y": "present"}}}, "max": 1},
        {"each": "a[]", "object": {"t": {"template": "{x}-{y}"}, "f": {"first_of": ["y", "x"], "required": True}}},
        {"object": MEMBERS | {"s": {"from": "y", "split": ";", "type": "T"}}, "required": True},
        {"from": "a[].x", "yomi": {"from": "a[].y", "do": "katakana"}, "type": "T", "lang": "ja"},
        {"from": "x", "yomi": "y", "default": "なし"},
        {"from": "x", "split": ";", "do": ["decimal"], "yomi": {"from": "y", "split": ";"}},
        {"from": "a[].x", "split": ";", "do": ["trim", "unique"], "default": "なし"},
        {"from": "a[].x", "do": [{"split": "・"}, "nfkc"], "required": True, "max": 2},
        {"first_of": [{"from": "x", "type": "A"}, {"from": "a[].y", "type": "B", "do": "decimal"}]},
        {"join": {"of": ["x", {"from": "a[].y", "do": "trim"}], "with": "/"}, "do": "nfkc", "default": "-"},
        {"const": "k", "when": {"a[].x": "present"}, "type": "T"},
    ]
)
WORD = st.one_of(st.none(), st.integers(0, 9), st.sampled_from(["", " ", "ａ", "か", "1;２", "・", "x;;y", "12"]))
BODY = st.fixed_dictionaries(
    {}, optional={"x": WORD, "y": WORD, "a": st.lists(st.dictionaries(st.sampled_from("xy"), WORD), max_size=3)}
)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(RULES, min_size=1, max_size=3), st.lists(BODY, min_size=1, max_size=3))
def test_objects_readings_and_types_compiled_are_those_interpreted(
    tmp_path: Path, rules: list[dict[str, Any]], bodies: list[dict[str, Any]]
) -> None:
    path = tmp_path / "objects.yaml"
    head = {"mapping": "1", "id": "t", "source": {"format": "jsonl"}, "target": {"format": "jsonl"}}
    path.write_text(json.dumps(head | {"record": {"id": "id"}, "fields": {"f": rules}}, ensure_ascii=False), "utf-8")
    mapping = inspect_mapping(path).mapping
    assert mapping is not None
    lines = (json.dumps(body | {"id": f"K{number}"}, ensure_ascii=False) for number, body in enumerate(bodies))
    reader = read("\n".join(lines).encode(), "jsonl")
    plan = Plan(mapping, reader, make_target(mapping))
    for record in itertools.chain(reader, reader):
        assert told(plan, record, plan.run(record)) == told(plan, record, plan.interpreted(record))


def compare_short_way(plan: Plan, record: Record) -> None:
    """The short way gives the same document, and gives one just where nothing is to be said."""
    if plan.quick is None:
        return
    mapped, context = plan.run(record)
    silent = isinstance(mapped, Mapped) and not context.notes and not context.misses
    document, findings = plan.target.assemble(mapped) if isinstance(mapped, Mapped) else (None, [])
    expected = repr(document) if silent and not findings else "None"
    assert repr(plan.quick.document(record)) == expected


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(FIELDS)
def test_random_mappings_are_mostly_good(tmp_path: Path, fields: list[tuple[str, list[Any]]]) -> None:
    """What the other test leaves out are only steps that cannot stand with readings."""
    path = tmp_path / "mapping.yaml"
    path.write_text(json.dumps(document(fields, "jsonl"), ensure_ascii=False), "utf-8")
    loaded = inspect_mapping(path)
    assert loaded.mapping is not None or {issue.code for issue in loaded.issues} - {"MAP-UNUSED"} == {"MAP-YOMI-STEPS"}


# ── Rules inside rules whose values know more than their text ────────────────────────────────────

HEAD = "mapping: 1\nid: test\nsource: {format: csv}\ntarget: {format: TARGET}\nrecord: {id: ID}\nfields:\n"
OBJECT = "{object: {lat: 緯, lon: 経}}"
READING = "{from: 名称, yomi: ヨミ}"
LANGUAGE = "{from: 名称, lang: ja}"
INSIDE = {
    "steps on objects": f"x: {{first_of: [{OBJECT}], do: nfkc}}",
    "objects split": f"x: {{first_of: [{OBJECT}], split: a}}",
    "objects looked up": f"x: {{first_of: [{OBJECT}], do: [{{lookup: t}}]}}\nlookups: {{t: {{values: {{a: b}}}}}}",
    "each object once": f"x: {{first_of: [{OBJECT}], do: unique}}",
    "steps on values with readings": f"x: {{first_of: [{READING}], do: nfkc}}",
    "values with readings split": f"x: {{first_of: [{READING}], split: a}}",
    "a language twice": f"x: {{first_of: [{LANGUAGE}], lang: en}}",
    "a point of two columns": f"名称_s: {{from: 名称, label: title}}\n  common.coordinates: {{first_of: [{OBJECT}]}}",
    "an object where text stands": f"名称_s: {{from: 名称, label: title}}\n  備考_s: {{first_of: [{OBJECT}]}}",
    "a title with its reading": f"名称_s: {{first_of: [{READING}], label: title}}",
    "a language without a place": f"名称_s: {{from: 名称, label: title}}\n  備考_s: {{first_of: [{LANGUAGE}]}}",
}


@pytest.mark.parametrize("text", INSIDE.values(), ids=INSIDE.keys())
def test_what_knows_more_than_its_text_inside_another_rule(text: str, tmp_path: Path) -> None:
    """Either a finding, or every record is written, and with nothing but JSON in it."""
    path = tmp_path / "mapping.yaml"
    target = "japansearch, database: databases/example-museum.yaml" if "_s:" in text else "jsonl"
    path.write_text(f"{HEAD.replace('TARGET', target)}  {text}\n", "utf-8")
    mapping = inspect_mapping(path).mapping
    if mapping is None:
        return
    reader = read("ID,名称,ヨミ,緯,経\nK1,皿,さら,35,138\n".encode(), "csv")
    made = make_target(mapping)
    for result in convert(reader, mapping):
        assert result.outcome is Outcome.WRITTEN
        line = made.encode(result.document).decode()
        assert "Text(" not in line
        assert "{'" not in line
        items = json.loads(line)
        assert all(isinstance(item, str) for name, item in items.items() if name.endswith("_s"))
        described = [item for item in items.get("x", ()) if isinstance(item, dict) and "value" in item]
        assert all(isinstance(item["value"], str) for item in described)
