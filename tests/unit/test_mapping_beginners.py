"""What beginners write into mapping tables, and what they are told: in their language, at the place to be mended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from convert.cli import cli
from convert.mapping.nodes import parse_yaml
from convert.messages import catalogue

if TYPE_CHECKING:
    from pathlib import Path

BAD = {
    "a tab": ("a:\n▼\tb: c\n", "タブ"),
    "a full-width colon": ("fields:\n  a: b\n  作者_s▼：作者\n", "「：」が全角"),
    "a full-width colon in braces": ("skip: {▼公開可否：非公開}\n", "「：」が全角"),
    "full-width braces": ("a: ▼｛from: b｝\n", "「｛」が全角"),
    "no blank after the colon": ("fields:\n  a: b\n  ▼作者_s:作者\n", "コロンの後に空白"),
    "an open brace": ("fields:\n  a: ▼{from: b\n  c: d\n", "閉じていません"),
    "a sign of comments": ("fields:\n  a: ▼{from: #3, do: safe}\n  c: d\n", "注記"),
    "an open quote": ('a: ▼"b\nc: d\n', "引用符が閉じられていません"),
    "a wrong indent": ("fields:\n  a: b\n ▼c: d\n", "字下げが上の行とそろっていない"),
    "a value with a colon": ("a: b▼: c\n", "「:」の位置"),
    "a value with an at sign": ("a: ▼@b\n", "「@」で始まる値"),
    "nothing": ("▼", "何も書かれていません"),
}


@pytest.mark.parametrize("name", BAD)
def test_broken_yaml_is_told_in_japanese_where_it_is_to_be_mended(name: str) -> None:
    marked, words = BAD[name]
    before, _, _ = marked.partition("▼")
    _, issues = parse_yaml(marked.replace("▼", "").encode(), "my.yaml")
    issue = issues[0]
    place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert (issue.code, issue.at.line, issue.at.column) == ("MAP-YAML", *place)
    message = catalogue().message(issue, "ja")
    assert words in message
    assert not re.search(r"[a-z]{4}", message)
    assert not re.search(r"[ぁ-ん]", catalogue().message(issue, "en"))


def test_other_encodings_are_told_in_both_languages() -> None:
    _, (issue,) = parse_yaml("名称: 名称\n".encode("cp932"), "my.yaml")
    assert "UTF-8 ではありません" in catalogue().message(issue, "ja")
    assert "not UTF-8" in catalogue().message(issue, "en")


def test_a_quoted_name_with_a_full_width_colon_is_a_name() -> None:
    assert parse_yaml('fields: {"寸法：高さ":, "a：b": c}'.encode(), "my.yaml")[1] == []


MAPPING = """\
mapping: 1
id: my
source: {format: csv}
target: {format: japansearch, database: databases/example-museum.yaml}
record: {id: 資料番号}
fields:
  資料名_s: {from: 資料名, do: safe, label: title, required: yes}
"""


def _checked(folder: Path, mapping: str, data: bytes, *more: str) -> str:
    (folder / "my.yaml").write_text(mapping, encoding="utf-8")
    (folder / "a.csv").write_bytes(data)
    result = CliRunner().invoke(cli, ["mapping", "check", str(folder / "my.yaml"), str(folder / "a.csv"), *more])
    return result.output


def test_mistakes_are_told_before_advice_and_in_japanese(tmp_path: Path) -> None:
    told = _checked(tmp_path, MAPPING, "資料番号,資料名\n1,皿\n".encode()).splitlines()
    assert "エラー MAP-SHAPE" in told[0]
    assert "true か false" in told[0]
    assert any("お知らせ JPS-RECOMMENDED" in line for line in told[1:])


HEADS = {
    "semicolons": ("資料番号;資料名\n1;皿\n".encode(), "delimiter=';'"),
    "tabs": ("資料番号\t資料名\n1\t皿\n".encode(), "format: tsv"),
    "a note to Excel": ("sep=,\n資料番号,資料名\n1,皿\n".encode(), "header_row=2"),
    "JIS": ("資料番号,資料名\n1,皿\n".encode("iso2022_jp"), "encoding=iso2022_jp"),
    "HTML": (b"<html><table>\n", "HTML"),
}


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", HEADS)
def test_files_cut_or_decoded_in_another_way_are_recognised(name: str, lang: str, tmp_path: Path) -> None:
    data, words = HEADS[name]
    told = _checked(tmp_path, MAPPING.replace("yes", "true"), data, "--lang", lang)
    assert "MAP-PATH-UNKNOWN" in told
    assert words in told


def test_a_proposed_heading_is_shown_with_its_blanks_and_breaks(tmp_path: Path) -> None:
    mapping = MAPPING.replace("yes", "true")
    assert "もしかして: 「資料名　」\n" in _checked(tmp_path, mapping, "資料番号,資料名　\n1,皿\n".encode())
    assert "もしかして: 資料␊名\n" in _checked(tmp_path, mapping, '資料番号,"資料\n名"\n1,皿\n'.encode())


def test_a_missing_database_definition_is_told_in_japanese(tmp_path: Path) -> None:
    mapping = MAPPING.replace("databases/example-museum.yaml", "nowhere.yaml")
    assert "（見つかりません）" in _checked(tmp_path, mapping, "資料番号,資料名\n1,皿\n".encode())
