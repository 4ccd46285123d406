"""The grammar of mapping tables as data: every key, what it takes, and what it means in both languages.

The parser refuses what is not here, ``schemas/mapping.schema.json`` is generated from here, and a guard test
fails when a keyword is here and not in the parser and the interpreter. Shapes (``kind``) are named in
``convert/mapping/schema.py``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: its name, the shape of its value and its meaning."""

    name: str
    kind: str
    ja: str
    en: str
    required: bool = False


DOCUMENT = (
    Key("mapping", "version", "対応表の版（いまは 1）", "version of the grammar, 1", required=True),
    Key("id", "text", "対応表の名前（例 museum/csv-to-japansearch）", "name of the mapping", required=True),
    Key("title", "text", "題名（人が読むため）", "title, for people"),
    Key("extends", "text", "もとにする対応表", "mapping this one changes"),
    Key("uses", "texts", "lookups・defs・vars を借りる対応表", "mappings whose lookups, defs and vars are used"),
    Key("source", "format", "入力の形式と読み方", "source format and reader options"),
    Key("target", "format", "出力の形式と書き方", "target format and writer options"),
    Key("namespaces", "names", "XML の名前空間", "XML namespaces by prefix"),
    Key("vars", "names", "変数（$名前 で使う）", "variables, used as $NAME"),
    Key("lookups", "lookups", "置きかえ表", "lookup tables"),
    Key("defs", "defs", "名前を付けた処理の並び", "named lists of steps"),
    Key("enrich", "enrich", "ストアから補うもの（所蔵など）", "what is added from a local store (holdings …)"),
    Key("record", "record", "ID と、除く・削除する条件", "the record's id, what to skip and delete"),
    Key("fields", "fields", "出力項目 → 規則", "target name → rule or rules"),
    Key("passthrough", "passthrough", "使わなかった列をそのまま出す", "write every column not yet used"),
    Key("checks", "texts", "追加の検査", "further checks by name"),
)
RECORD = (
    Key("id", "rule", "レコードの ID", "the record's id", required=True),
    Key("skip", "when", "この条件なら出力しない", "leave the record out when this holds"),
    Key("delete", "when", "この条件なら削除とする", "count the record as deleted when this holds"),
)
RULE_SOURCES = (
    Key("from", "path", "列やパスから", "values at a path"),
    Key("const", "text", "いつも同じ値", "a constant"),
    Key("template", "text", "ひな形 …{列}…{$変数}", "text with {PATH} and {$VAR}"),
    Key("first_of", "rules", "最初に値がある規則", "the first rule that gives a value"),
    Key("join", "join", "つないで一つの値に", "join values into one"),
    Key("each", "path", "要素ごとに object を作る", "one object for every node"),
    Key("object", "object", "名前 → 規則", "member name → rule"),
    Key("zip", "zip", "値と読みを順に組にする", "pair values and readings by occurrence"),
)
RULE_PARTS = (
    Key("do", "steps", "処理を順に", "steps, in order"),
    Key("split", "text", "区切り文字で分ける", "split each value at this text"),
    Key("when", "when", "この条件のときだけ", "only when this holds"),
    Key("default", "text", "値がないとき", "when nothing is left"),
    Key("yomi", "rule", "読み", "the reading of each value"),
    Key("lang", "text", "言語", "language of the values"),
    Key("type", "text", "値の型", "type of the values"),
    Key("label", "texts", "共通項目ラベル", "common label or labels"),
    Key("required", "boolean", "必須", "the record is rejected without a value"),
    Key("max", "count", "値の数の上限", "keep at most so many values"),
    Key("note", "text", "覚え書き", "a note for people"),
)
JOIN = (
    Key("of", "rules", "つなぐ規則", "rules whose values are joined", required=True),
    Key("with", "text", "間に入れる文字", "text between them", required=True),
)
ZIP = (
    Key("value", "path", "値のパス", "path of the values", required=True),
    Key("yomi", "path", "読みのパス", "path of the readings", required=True),
)
LOOKUP = (
    Key("file", "text", "表のファイル（CSV）", "the table as a CSV file"),
    Key("key", "text", "引く列", "column to look up in"),
    Key("value", "text", "得る列", "column to take"),
    Key("values", "names", "表をここに書く", "the table, inline"),
    Key("missing", "missing", "表にない値の扱い", "what to do with a value the table does not have"),
)
MISSING = ("error", "warn", "keep", "drop")
PASSTHROUGH = (
    Key("all", "text", "型", "type of the fields", required=True),
    Key("except", "texts", "出さない列", "columns to leave out"),
)
TEST_WORDS = ("present", "absent")
TEST_KEYS = (
    Key("matches", "text", "正規表現に合う", "matches a regular expression (RE2)"),
    Key("equals", "text", "この値に等しい", "equals this text"),
    Key("not", "test", "そうでない", "the test does not hold"),
)
WHEN_KEYS = (
    Key("all", "whens", "すべて成り立つ", "all hold"),
    Key("any", "whens", "どれか成り立つ", "any holds"),
    Key("not", "when", "成り立たない", "does not hold"),
)
