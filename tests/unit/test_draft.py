from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import convert
from convert.draft.new import MOST_COLUMNS, new
from convert.draft.yaml import comment, flow, scalar
from convert.errors import PathError, UnknownName, UsageError
from convert.inspect.profile import profile
from convert.mapping.load import inspect_mapping
from convert.mapping.nodes import Scalar, parse_yaml, plain
from convert.messages.catalogue import catalogue
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[str, str | bytes], Path]

ROOT = Path(__file__).parents[2]
MUSEUM = ROOT / "examples" / "museum.csv"


class Drafted:
    """A mapping drafted from a table that is given as text."""

    def __init__(self, folder: Path, content: str | bytes, name: str = "in.csv", **options: Any) -> None:
        self.input = folder / name
        self.input.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.folder = folder
        self.made = new(profile(Source.of(self.input)), "japansearch", **options)
        self.text = self.made.text
        self.path = folder / "drafted.yaml"
        self.path.write_text(self.text, "utf-8")
        node, issues = parse_yaml(self.text.encode(), "drafted.yaml")
        assert node is not None, self.text
        assert not issues
        self.tree: dict[str, Any] = plain(node)

    @property
    def fields(self) -> dict[str, Any]:
        return self.tree["fields"]  # type: ignore[no-any-return]

    @property
    def todo(self) -> str:
        head = self.text.partition("mapping: 1")[0]
        return " ".join(line.lstrip("# ") for line in head.splitlines())

    def why(self, target: str) -> str:
        """The comment above a field."""
        before = self.text.split(f"  {target}: ")[0].splitlines()
        lines: list[str] = []
        while before and before[-1].lstrip().startswith("#"):
            lines.insert(0, before.pop().strip(" #"))
        return "".join(lines)

    def run(self) -> tuple[convert.Report, list[dict[str, Any]]]:
        loaded = inspect_mapping(self.path)
        bad = [issue for issue in loaded.issues if catalogue().severity(issue) >= convert.Severity.ERROR]
        assert not bad, (bad, self.text)
        out = self.folder / "out.jsonl"
        report = convert.Job(self.path).run(self.input, out)
        return report, [json.loads(line) for line in out.read_text("utf-8").split("\n") if line] if out.exists() else []


@pytest.fixture
def drafted(tmp_path: Path) -> Callable[..., Drafted]:
    return lambda content, name="in.csv", **options: Drafted(tmp_path, content, name, **options)


# ── YAML ─────────────────────────────────────────────────────────────────────────────────────────


@given(st.text())
def test_any_text_comes_back_from_yaml(text: str) -> None:
    if re.search("[\ud800-\udfff]", text):
        return
    node, issues = parse_yaml(f"a: {scalar(text)}\nb: {flow([text, {text: text}])}\n".encode(), "x")
    assert node is not None
    assert not issues
    assert plain(node) == {"a": text, "b": [text, {text: text}]}


@given(st.text())
def test_a_key_comes_back_too(text: str) -> None:
    node, _ = parse_yaml(f"{scalar(text)}: v\n".encode("utf-8", "replace"), "x")
    assert node is not None
    assert not isinstance(node, Scalar)


@pytest.mark.parametrize("text", ["yes", "No", "null", "~", "0120", "1.5", "2026-03-31", "TRUE", "0x1F", "1e5"])
def test_what_other_readers_take_for_something_else_is_quoted(text: str) -> None:
    assert yaml.safe_load(scalar(text)) == text


@given(st.text())
def test_a_comment_is_one_line(text: str) -> None:
    assert len(comment(text).splitlines()) <= 1


# ── The museum of the examples ───────────────────────────────────────────────────────────────────

LABELS = {
    "資料番号_s": "id",
    "資料名_s": "title",
    "資料名ヨミ_s": "titleYomi",
    "資料名英語_s": "titleEn",
    "作者_s": "contributor",
    "制作年代_s": "temporal",
    "制作地_s": "location",
    "解説_h": "description",
    "画像URL_u": ["thumbnailUrl", "contentsUrl"],
    "IIIFマニフェストURL_u": "iiifUrl",
    "緯度経度_l": "coordinates",
    "所蔵館_s": "provider",
    "更新日_d": "lastUpdatedDate",
}


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_museum_of_the_examples(drafted: Callable[..., Drafted], lang: str) -> None:
    made = drafted(MUSEUM.read_bytes(), "museum.csv", lang=lang)
    labels = {name: rule["label"] for name, rule in made.fields.items() if isinstance(rule, dict) and "label" in rule}
    assert labels == LABELS
    assert made.tree["record"] == {"id": {"from": "資料番号", "do": "trim"}, "skip": {"公開可否": "非公開"}}
    assert made.fields["資料名_s"]["required"] == "true"
    assert made.fields["作者_s"] == {"from": "作者", "split": ";", "do": ["safe", "unique"], "label": "contributor"}
    assert made.fields["受入日_d"]["do"] == ["nfkc", "w3cdtf"]
    assert made.fields["高さcm_n"] == {"from": "高さcm", "do": "decimal"}
    assert made.fields["員数_s"] == "員数"
    assert made.fields["常設展示_b"]["do"] == [{"lookup": "flag"}]
    assert made.tree["lookups"]["flag"]["values"] == {"True": "true", "○": "true", "有": "true", "無": "false"}
    assert made.tree["lookups"]["rights"]["missing"] == "error"
    assert made.tree["lookups"]["rights"]["values"]["著作権あり"] == "incr"
    assert "# 要問合せ:" in made.text
    assert "K0112" in made.todo
    assert "要問合せ" in made.todo
    report, documents = made.run()
    codes = {code.code for code in report.tally.codes}
    assert report.counts["written"] == len(documents) == 219
    assert report.counts["skipped"] == 11
    assert not codes & {"MAP-LOOKUP-MISS", "JPS-RIGHTS", "JPS-BOOLEAN", "JPS-NUMBER"}
    first = documents[0]
    assert first["common"]["title"] == "仮名浦染付皿"
    assert first["common"]["contentsRightsType"] == "cc0"
    assert first["common"]["contentsAccess"] == "internet"


def test_nothing_is_lost_but_what_is_held_back(drafted: Callable[..., Drafted]) -> None:
    made = drafted(MUSEUM.read_bytes(), "museum.csv")
    header = MUSEUM.read_text("utf-8").partition("\n")[0].split(",")
    used = {rule if isinstance(rule, str) else rule.get("from") for rule in made.fields.values()}
    assert set(header) - used == {"公開可否", "内部メモ"}
    assert "# 内部メモ_s: 内部メモ" in made.text
    assert "内部メモ" in made.todo
    _, documents = made.run()
    assert "内部メモ" not in json.dumps(documents, ensure_ascii=False)
    kept = {document["受入日_s"] for document in documents if "受入日_d" not in document}
    assert "昭和50年頃" in kept


# ── The reference data ───────────────────────────────────────────────────────────────────────────


def test_the_synthetic_museum_gives_its_expected_common(drafted: Callable[..., Drafted], shared: Path) -> None:
    folder = shared / "japansearch" / "synthetic"
    made = drafted((folder / "museum.csv").read_bytes())
    wanted = [json.loads(line) for line in (folder / "expected_records.jsonl").read_text("utf-8").splitlines()]
    definition = json.loads((folder / "definition.json").read_text("utf-8"))
    types = {label["label"]["ja"]: label["type"] for label in definition["fieldLabels"]}
    assert {name: letter for name, letter in types.items() if f"{name}_{letter}" not in made.fields} == {}
    _, documents = made.run()
    by_definition = {"id", "category", "ownerOrg", "database", "apiType", "access", "contentsType"}
    for found, expected in zip(documents, wanted, strict=True):
        for key, value in expected["common"].items():
            inherited = key in ("provider", "contentsRightsType", "contentsAccess") and key not in found["common"]
            if key in by_definition or inherited or found["common"].get(key) in ("my_organization", None):
                continue
            assert found["common"][key] == (value if value != "kakuken_museum" else "架空県立博物館"), key


def test_a_real_list_of_libraries(drafted: Callable[..., Drafted], shared: Path) -> None:
    made = drafted((shared / "cinii" / "library" / "all_20200824.csv").read_bytes())
    assert made.tree["record"] == {"id": {"from": "FA番号", "do": "trim"}}
    assert made.fields["館名_s"]["label"] == "title"
    assert made.fields["住所_s"]["label"] == "location"
    assert all(name.endswith("_s") for name in made.fields)
    assert made.fields["都道府県名_s"] == "都道府県名"
    report, documents = made.run()
    assert report.exit_code == 0
    assert len(documents) == report.counts["read"] == 1781
    assert documents[0]["都道府県名_s"] == "13"


def test_records_of_a_book_trade_feed(drafted: Callable[..., Drafted], shared: Path) -> None:
    books = [
        book
        for file in sorted((shared / "onix" / "openbd").glob("get-*.json"))
        for book in json.loads(file.read_text("utf-8"))
        if book
    ]
    made = drafted("".join(json.dumps(book, ensure_ascii=False) + "\n" for book in books), "in.jsonl")
    assert made.tree["record"]["id"]["from"] == "onix.RecordReference"
    assert made.fields["summary_title_s"]["label"] == "title"
    report, documents = made.run()
    assert report.counts["written"] == len(books)
    assert all(document["common"]["title"] for document in documents)


# ── Id and title ─────────────────────────────────────────────────────────────────────────────────


def test_no_unique_column_is_said_at_the_top(drafted: Callable[..., Drafted]) -> None:
    made = drafted("分野,色\n絵画,赤\n絵画,青\n工芸,赤\n工芸,赤\n")
    assert "重複のない列がありません" in made.todo
    assert "絵画 A3" in made.todo
    made.run()


def test_without_words_the_id_stands_in_for_the_title(drafted: Callable[..., Drafted]) -> None:
    made = drafted("id,n\nA1,1\nA2,2\n", lang="en")
    assert made.fields["common.title"]["from"] == "id"
    assert "No column could be the title" in made.todo
    report, _ = made.run()
    assert report.counts["written"] == 2


def test_id_and_title_as_told(drafted: Callable[..., Drafted]) -> None:
    made = drafted("a,b,c\n1,甲,x\n2,乙,y\n", id_path="c", title_path="#2")
    assert made.tree["record"]["id"]["from"] == "c"
    assert made.fields["b_s"]["label"] == "title"
    with pytest.raises(PathError):
        drafted("a,b\n1,2\n", id_path="z")


def test_it_is_asked_only_where_it_is_not_plain(drafted: Callable[..., Drafted]) -> None:
    asked: list[list[str]] = []

    def ask(question: str, paths: Any) -> str:
        asked.append(list(paths))
        return "色"

    made = drafted("分野,色\n絵画,赤\n絵画,青\n工芸,緑\n工芸,黒\n", ask=ask, title_path="分野")
    assert asked
    assert "色" in asked[0]
    assert made.tree["record"]["id"]["from"] == "色"
    asked.clear()
    drafted("資料番号,資料名\n1,皿\n2,鉢\n", ask=ask)
    assert not asked


def test_a_header_alone_is_enough(drafted: Callable[..., Drafted]) -> None:
    made = drafted("備考,資料番号,更新日,画像URL\n")
    assert made.tree["record"]["id"]["from"] == "資料番号"
    assert made.fields["画像URL_u"]["label"] == ["thumbnailUrl", "contentsUrl"]
    made.run()


def test_nothing_to_draft_from(write: Write) -> None:
    with pytest.raises(UsageError):
        new(profile(Source.of(write("a.csv", ""))), "japansearch")
    with pytest.raises(UnknownName):
        new(profile(Source.of(write("b.csv", "a\n1\n"))), "jsonl")


# ── Types, values, codes ─────────────────────────────────────────────────────────────────────────


def rows(header: str, *values: str) -> str:
    lines = "".join(f"A{number},名前{number},{value}\n" for number, value in enumerate(values, start=1))
    return f"資料番号,資料名,{header}\n{lines}"


@pytest.mark.parametrize(
    ("header", "values", "field", "rule"),
    [
        ("受入日", ["2026-03-31", "2026/4/1"], "受入日_d", "受入日"),
        ("受入日", ["昭和48年6月19日", "2026-04-01"], "受入日_d", {"from": "受入日", "do": ["nfkc", "w3cdtf"]}),
        ("制作年", ["1999", "2000"], "制作年_s", {"from": "制作年", "do": "safe", "label": "temporal"}),
        ("重さ", ["1999", "12.5"], "重さ_n", {"from": "重さ", "do": "decimal"}),
        ("分類コード", ["12", "34"], "分類コード_s", "分類コード"),
        ("棚", ["007", "012"], "棚_s", "棚"),
        ("備考", ["a", "<p>b</p>"], "備考_h", "備考"),
        ("参考", ["https://a.example/1", "https://a.example/2"], "参考_u", "参考"),
        ("等級", ["A", "N"], "等級_s", "等級"),
        ("指定", ["○", "×"], "指定_b", {"from": "指定", "do": [{"lookup": "flag"}]}),
        ("公開", ["true", "false"], "公開_s", "公開"),
        ("分類", ["甲|乙", "丙"], "分類_s", {"from": "分類", "split": "|", "do": "unique"}),
        ("分類", ["甲；乙;丁", "丙"], "分類_s", {"from": "分類", "do": [{"split": "；"}, {"split": ";"}, "unique"]}),
        ("備考", ["甲　", "乙"], "備考_s", {"from": "備考", "do": "safe"}),
    ],
)
def test_types_follow_the_values(
    drafted: Callable[..., Drafted], header: str, values: list[str], field: str, rule: Any
) -> None:
    made = drafted(rows(header, *values))
    if header != "公開":  # a column of what may be published decides about the record
        assert made.fields[field] == rule
        assert made.why(field)
    made.run()


def test_rows_that_are_not_for_the_public_are_left_out(drafted: Callable[..., Drafted]) -> None:
    made = drafted(rows("公開可否", "公開", "非公開", "不可"))
    assert made.tree["record"]["skip"] == {"公開可否": ["非公開", "不可"]}
    report, _ = made.run()
    assert (report.counts["written"], report.counts["skipped"]) == (1, 2)


def test_known_rights_point_to_the_shipped_table(drafted: Callable[..., Drafted]) -> None:
    made = drafted(rows("ライセンス", "CC BY", "ＣＣ０"))
    assert made.tree["lookups"]["rights"] == {
        "file": "lookups/rights-ja.csv",
        "key": "label",
        "value": "code",
        "missing": "error",
    }
    _, documents = made.run()
    assert [document["common"]["contentsRightsType"] for document in documents] == ["ccby", "cc0"]


def test_licence_addresses_point_to_their_table(drafted: Callable[..., Drafted]) -> None:
    made = drafted(
        rows("rights", "http://creativecommons.org/licenses/by/4.0/", "http://creativecommons.org/licenses/by/4.0/")
    )
    assert made.tree["lookups"]["rights"]["file"] == "lookups/rights-url.csv"
    _, documents = made.run()
    assert documents[0]["common"]["contentsRightsType"] == "ccby"


def test_rights_in_words_of_ones_own_stay_words(drafted: Callable[..., Drafted]) -> None:
    made = drafted(rows("利用条件", "要相談", "館長の許可"))
    assert "lookups" not in made.tree
    assert made.fields["利用条件_s"] == "利用条件"
    made.run()


def test_latitude_and_longitude_become_a_point(drafted: Callable[..., Drafted]) -> None:
    made = drafted(rows("緯度,経度", "35.36,138.73", "35.5,138.9"))
    _, documents = made.run()
    assert documents[0]["common"]["coordinates"] == {"lat": 35.36, "lon": 138.73}
    assert documents[0]["緯度_n"] == 35.36


def test_a_label_of_one_value_is_given_once(drafted: Callable[..., Drafted]) -> None:
    made = drafted("ID,題名,タイトル,題名ヨミ,タイトルヨミ\n1,甲,乙,コウ,オツ\n2,丙,丁,ヘイ,テイ\n")
    labels = [rule.get("label") for rule in made.fields.values() if isinstance(rule, dict)]
    assert labels.count("title") == labels.count("titleYomi") == 1
    assert made.fields["題名ヨミ_s"]["label"] == "titleYomi"


# ── Odd headers, encodings, sizes ────────────────────────────────────────────────────────────────

ODD = [
    "$id",
    "a: b",
    "{x}",
    "-",
    "",
    "備考",
    "備考",
    "null",
    "資料\n番号",
    "  前後 ",
    "it's",
    "[x]",
    "a #b",
    "^up",
    "common.x",
    "　",
]


def test_odd_headers_come_through(drafted: Callable[..., Drafted]) -> None:
    header = ",".join(f'"{name}"' for name in ODD)
    lines = "\n".join(",".join(f"値{number}の{row}" for number in range(len(ODD))) for row in range(3))
    made = drafted(f"{header}\n{lines}\n")
    report, documents = made.run()
    assert report.counts["written"] == 3
    assert {f"値{number}の0" for number in range(len(ODD))} <= {
        value for value in documents[0].values() if isinstance(value, str)
    }


def test_the_encoding_is_stated_in_the_mapping(drafted: Callable[..., Drafted]) -> None:
    made = drafted(rows("所蔵", "架空館", "例示館").encode("cp932"))
    assert made.tree["source"] == {"format": "csv", "encoding": "cp932"}
    _, documents = made.run()
    assert documents[0]["common"]["provider"] == "架空館"


def test_columns_beyond_the_bound_pass_through(drafted: Callable[..., Drafted]) -> None:
    count = MOST_COLUMNS + 20
    header = ",".join(["資料番号", "資料名", *(f"列{number}" for number in range(count))])
    made = drafted(f"{header}\n{','.join(f'v{number}' for number in range(count + 2))}\n")
    assert made.tree["passthrough"] == {"all": "s"}
    _, documents = made.run()
    assert documents[0][f"列{count - 1}_s"] == f"v{count + 1}"


@given(
    st.lists(st.text(min_size=0, max_size=8), min_size=2, max_size=5),
    st.lists(st.text(max_size=12), min_size=4, max_size=10),
)
def test_whatever_the_table_the_draft_can_run(
    tmp_path_factory: pytest.TempPathFactory, header: list[str], cells: list[str]
) -> None:
    def quoted(text: str) -> str:
        text = re.sub("[\0\ud800-\udfff]", "", text)
        return '"' + text.replace('"', '""') + '"'

    lines = [",".join(map(quoted, header))]
    lines += [",".join(quoted(cells[(row + n) % len(cells)]) for n in range(len(header))) for row in range(3)]
    folder = tmp_path_factory.mktemp("t")
    try:
        made = Drafted(folder, "\n".join(lines) + "\n")
    except UsageError:
        return
    report, documents = made.run()
    counts = report.to_dict()["counts"]
    assert counts["read"] == sum(counts.values()) - counts["read"]
    assert counts["written"] == len(documents)


@pytest.mark.parametrize(("name", "lang"), [("mapping-new.md", "ja"), ("mapping-new.en.md", "en")])
def test_the_page_shows_the_draft_as_it_is_now(name: str, lang: str) -> None:
    page = (ROOT / "docs" / name).read_text("utf-8")
    made = new(profile(Source.of(MUSEUM, name="examples/museum.csv")), "japansearch", lang=lang)
    shown = page.rpartition("```console\n")[2].partition("\n```")[0].partition("\n")[2]
    assert shown == made.text.rstrip("\n")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_damage_that_no_step_mends_is_said(drafted: Callable[..., Drafted], lang: str) -> None:
    made = drafted(rows("備考", "9.78E+12", "縺薙ｓ縺ｫ縺｡縺ｯ", "染\ufffd皿"), lang=lang)
    why = made.why("備考_s")
    assert "9.78E+12" in why
    assert ("文字化け" if lang == "ja" else "mojibake") in why
    made.run()
