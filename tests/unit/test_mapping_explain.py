"""A mapping in words, and one record value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from convert import read
from convert.mapping.explain import _WORDS, Explainer
from convert.mapping.load import load_mapping, make_target, shipped
from convert.mapping.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    Load = Callable[[str], Any]

HEAD = "mapping: 1\nid: test\ntitle: 試し\nsource: {format: jsonl}\ntarget: {format: jsonl}\n"
MAPPING = (
    HEAD
    + """vars: {館: 架空館}
lookups: {分類: {values: {絵: 絵画}, missing: warn}}
record: {id: id, skip: {公開: [非, 否]}, delete: {廃棄: present}}
fields:
  名称: {from: title, do: [nfkc, trim], default: 無題, required: true, label: [title, titleEn]}
  分類: {from: "kinds[]", do: [{lookup: 分類}], max: 3}
  館: {const: 固定}
  URL: {template: "{$館}/{$id}"}
  別名: {first_of: [a, {from: b, split: ";"}]}
  寸法: {join: {of: [h, w], with: " × "}}
  作者:
    each: creators
    when: {role: {not: {matches: "^彫"}}, all: [{name: present}, {any: [{x: absent}, {not: {y: z}}]}]}
    object: {名: name, 館: ^museum}
  組: {zip: {value: v, yomi: r}}
  位置: {object: {緯度: lat}}
  読み: {from: title, yomi: {from: kana, do: katakana}}
"""
)
RECORD = (
    '{"id": "K-1", "title": " ＡＢＣ ", "kinds": ["絵", "像"], "h": "3", "b": "甲;乙", "kana": "えーびーしー",'
    ' "creators": [{"name": "架空太郎", "role": "画"}, {"name": "架空次郎", "role": "彫師"}]}\n'
)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_plan_says_every_target_path_and_word(lang: str, load: Load) -> None:
    text = "\n".join(Explainer(load(MAPPING), lang).plan())
    words = [
        "名称",
        "title",
        "nfkc",
        "無題",
        "lookup(分類)",
        "固定",
        "{$館}/{$id}",
        " × ",
        "creators",
        "^museum",
        "^彫",
    ]
    words += ["lat", "kana", "katakana", "非", "廃棄", "titleEn", "試し", "jsonl"]
    assert [word for word in words if word not in text] == []
    assert "mapping.yaml:11" in text


def test_both_languages_have_the_same_words() -> None:
    assert _WORDS["ja"].keys() == _WORDS["en"].keys()
    for key, text in _WORDS["ja"].items():
        assert text.count("{}") == _WORDS["en"][key].count("{}"), key


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_record_is_followed_from_its_place_through_every_stage(lang: str, load: Load) -> None:
    mapping = load(MAPPING)
    reader = read(RECORD.encode(), "jsonl")
    plan = Plan(mapping, reader, make_target(mapping))
    [record] = reader
    text = "\n".join(Explainer(mapping, lang).record(plan, record))
    for rule in mapping.rules:
        assert f"{rule.target}    [{rule.place}]" in text
    for stage in (
        "source: ' ＡＢＣ '",
        "nfkc: ' ABC '",
        "trim: 'ABC'",
        "lookup(分類): '絵画'",
        "split ';': '甲', '乙'",
    ):
        assert stage in text, stage
    assert "エービーシー" in text
    assert "<bytes>:1" in text
    assert "{'名': ['架空太郎']}" in text
    assert "{'名': ['架空次郎']}" not in text


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ('{"id": "K-1", "公開": "非"}', "skipped"),
        ('{"id": "K-1", "廃棄": "済"}', "deleted"),
        ('{"title": "a"}', "rejected"),
    ],
)
def test_a_record_that_is_not_mapped_says_so(body: str, outcome: str, load: Load) -> None:
    mapping = load(MAPPING)
    reader = read((body + "\n").encode(), "jsonl")
    plan = Plan(mapping, reader, make_target(mapping))
    [record] = reader
    assert outcome in "\n".join(Explainer(mapping, "ja").record(plan, record))


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_mappings_can_be_explained(name: str) -> None:
    mapping = load_mapping(name)
    for lang in ("ja", "en"):
        text = "\n".join(Explainer(mapping, lang).plan())
        assert all(rule.target in text for rule in mapping.rules)


def test_a_reading_is_shown_beside_its_value(load: Load) -> None:
    mapping = load(
        "mapping: 1\nid: test\nsource: {format: csv}\ntarget: {format: jsonl}\nrecord: {id: ID}\n"
        "fields: {名: {from: 名, split: ;, yomi: {from: ヨミ, split: ;}}}\n"
    )
    reader = read("ID,名,ヨミ\nK-1,甲;乙,コウ;オツ\n".encode(), "csv")
    plan = Plan(mapping, reader, make_target(mapping))
    [record] = reader
    assert "  yomi: '甲' yomi='コウ', '乙' yomi='オツ'" in list(Explainer(mapping, "ja").record(plan, record))
