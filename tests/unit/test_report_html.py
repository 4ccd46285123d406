"""The HTML report as a document; what it does in a browser stands in tests/e2e/test_report_page.py."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from convert.check.issue import Issue, Severity
from convert.model import Location, Outcome
from convert.registry import reporter_named
from convert.report import Report, Tally
from convert.report.page import charts
from convert.report.page.view import WORDS, shares
from convert.report.rows import Reread, text_of
from convert.report.tally import CodeTally
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CSV = 'ID,題名,受入日\r\nm-1,染付皿,不明\r\nm-2,"二\r\n行",いつか\r\n\r\nm-3,余る,x,y\r\nm-4,  ,\r\n'
NAME = "museum.csv"


def found(row: int, column: int = 3, **parts: Any) -> Issue:
    line = row + (row > 3)  # m-2 takes two lines
    at = Location(NAME, line=line, row=row, column=column, field=["ID", "題名", "受入日"][min(column, 3) - 1])
    known = {"record_id": f"m-{row - 1}", "ordinal": row - 1, "value": "不明", "slots": {"transform": "w3cdtf"}}
    return Issue(parts.pop("code", "MAP-NO-VALUE"), at, **(known | parts))


def made(issues: Sequence[Issue], **parts: Any) -> Report:
    tally = Tally()
    for issue in issues:
        tally.add([issue])
        tally.count(Outcome.WRITTEN)
    return Report(tally, **parts)


def written(report: Report, path: Path, lang: str = "ja") -> Any:
    reporter_named("html")(path, lang=lang).close(report)
    return html.fromstring(path.read_text(encoding="utf-8"))


def text(node: Any) -> str:
    return re.sub(r"\s+", " ", node.text_content()).strip()


def sources() -> list[Reread]:
    return [Reread(Source.of(CSV.encode(), name=NAME), "csv", {"encoding": "utf-8"})]


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


def test_nothing_but_its_own_style_and_script_is_allowed(tmp_path: Path) -> None:
    page = written(made([found(2)]), tmp_path / "r.html")
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    for tag in ("style", "script"):
        (node,) = page.xpath(f"//{tag}")
        digest = base64.b64encode(hashlib.sha256(node.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.xpath("//@src | //link | //@style | //iframe | //form") == []
    assert all(link.startswith("#") for link in page.xpath("//@href"))


def test_ids_are_unique_and_links_lead_somewhere(tmp_path: Path) -> None:
    issues = [found(2), found(3, severity=Severity.ERROR), found(3, code="JPS-NUMBER")]
    page = written(made(issues, statistics=STATISTICS), tmp_path / "r.html")
    ids = page.xpath("//@id")
    assert len(set(ids)) == len(ids)
    assert {link[1:] for link in page.xpath("//a/@href")} <= set(ids)
    assert set(page.xpath("//section/@aria-labelledby")) <= set(ids)


@pytest.mark.parametrize(
    ("issues", "parts", "ja", "en"),
    [
        ([], {}, "はい。問題は見つかりませんでした。", "Yes. No problems were found."),
        ([found(2)], {}, "はい。その前に", "Yes, once you have"),
        ([found(2, code="MAP-REQUIRED")], {}, "まだです。", "Not yet."),
        ([found(2, code="MAP-REQUIRED")], {"fail_on": Severity.FATAL}, "まだです。", "Not yet."),
        ([found(2)], {"fail_on": Severity.WARNING}, "まだです。", "Not yet."),
        ([found(2)], {"complete": False, "incomplete_reason": "limit"}, "まだ分かりません", "Unknown yet"),
        ([found(2, severity=Severity.FATAL)], {}, "いいえ。", "No. The run"),
    ],
)
def test_the_answer(tmp_path: Path, issues: list[Issue], parts: dict[str, Any], ja: str, en: str) -> None:
    for lang, said in (("ja", ja), ("en", en)):
        page = written(made(issues, **parts), tmp_path / f"{lang}.html", lang)
        first = text(page.xpath("//main/section")[0])
        assert said in first
        assert ("complete: false" in first) == (en in ("Unknown yet", "No. The run"))


def test_what_must_be_corrected_comes_before_what_to_look_over(tmp_path: Path) -> None:
    page = written(made([found(2), found(2, code="MAP-REQUIRED")]), tmp_path / "r.html")
    heads = [text(node) for node in page.xpath("//main/section[1]/h2")]
    assert heads == ["直すところ", "確認するところ"]
    assert page.xpath("//main/section[1]//a/@href") == ["#c-MAP-REQUIRED-error", "#c-MAP-NO-VALUE-warning"]


# ── Findings ─────────────────────────────────────────────────────────────────────────────────────


def test_a_sample_shows_its_row_and_the_cell(tmp_path: Path) -> None:
    issues = [found(2), found(3, value="いつか"), found(5, 4, code="SRC-CSV-FIELDS"), found(6, 2, code="MAP-REQUIRED")]
    page = written(made(issues, sources=sources()), tmp_path / "r.html")
    rows = {text(node) for node in page.xpath("//div[@class='row']/ul")}
    assert rows == {
        "ID m-1題名 染付皿受入日 不明",
        "ID m-2題名 二 ↵ 行受入日 いつか",
        "ID m-3題名 余る受入日 x y",
        "ID m-4題名 空白だけ",
    }
    bad = [text(node) for node in page.xpath("//li[@class='bad']")]
    assert bad == ["題名 空白だけ", "y", "受入日 不明", "受入日 いつか"]


def test_a_sample_of_text_shows_its_line(tmp_path: Path) -> None:
    source = Source.of(b'{"id": "1"}\n{"id": "2", "day": "<someday>"}\n', name="a.jsonl")
    at = Location("a.jsonl", line=2, path="day")
    issue = Issue("JPS-DATE", at, ordinal=2, value="<someday>")
    page = written(made([issue], sources=[Reread(source, "jsonl", {})]), tmp_path / "r.html")
    (line,) = page.xpath("//div[@class='row']/p")
    assert text(line) == '{"id": "2", "day": "<someday>"}'
    assert text(line.xpath(".//mark")[0]) == "<someday>"


def test_lines_that_cannot_be_read_are_left_out() -> None:
    data = b"good\n" + "台帳".encode("cp932") + b"\n" + b"x" * 3_000_000 + b"\nlast"
    reread = Reread(Source.of(data, name="a"), "jsonl", {})
    lines = text_of(reread, [1, 2, 3, 4, 9], 100)
    assert {number: len(line) for number, line in lines.items()} == {1: 4, 3: 1 << 20, 4: 4}
    assert text_of(reread, [4], 3) == {}
    assert text_of(Reread(Source("-", stream=None, once=True), "jsonl", {}), [1], 9) == {}


@pytest.mark.parametrize(
    ("code", "slots", "said"),
    [
        ("JPS-NUMBER", {}, "0"),
        ("JPS-DATE", {}, "null"),
        ("MAP-NO-VALUE", {}, "なし"),
        ("JPS-HTML", {"stored": "<b>"}, "<b>"),
        ("JPS-ID-CHARACTERS", {}, "変わります"),
        ("MAP-REQUIRED", {}, "レコードごと出力しません"),
        ("SRC-CSV-QUOTE", {}, "レコードを読めません"),
        ("JPS-URL", {}, "そのまま"),
    ],
)
def test_what_the_receiver_would_store(tmp_path: Path, code: str, slots: dict[str, str], said: str) -> None:
    page = written(made([found(2, code=code, slots=slots)]), tmp_path / "r.html")
    facts = page.xpath("//dl[@class='became']")[0]
    pairs = dict(zip(map(text, facts.xpath("dt")), map(text, facts.xpath("dd")), strict=True))
    assert pairs["提出先に残る値"] == said


def test_a_code_tells_hint_effect_basis_reference_and_fields(tmp_path: Path) -> None:
    page = written(made([found(2), found(3), found(3, 2)]), tmp_path / "r.html", "en")
    (code,) = page.xpath("//details")[:1]
    facts = code.xpath("dl")[0]
    pairs = dict(zip(map(text, facts.xpath("dt")), map(text, facts.xpath("dd")), strict=True))
    assert pairs["Hint"].startswith("Correct the value")
    assert pairs["Effect"].startswith("The value is not in the output")
    assert pairs["Field"] == "受入日 2 (records: 2)題名 1 (records: 1)"
    assert set(pairs) == {"Hint", "Effect", "Basis", "Reference", "Field"}


def test_counts_by_code_and_field(tmp_path: Path) -> None:
    tally = Tally()
    tally.add([found(2), found(2), found(2, 2)])
    tally.add([found(3)])
    page = written(Report(tally), tmp_path / "r.html")
    rows = [[text(cell) for cell in row] for row in page.xpath("//table[@id='matrix']/tbody/tr")]
    assert rows == [["MAP-NO-VALUE", "受入日", "3", "2"], ["MAP-NO-VALUE", "題名", "1", "1"]]


def test_samples_are_fewer_when_codes_are_many() -> None:
    def codes(count: int, samples: int) -> list[CodeTally]:
        kept = [Issue("X", Location("a"))] * samples
        return [CodeTally(f"X-{n}", Severity.ERROR, Severity.ERROR, samples=kept) for n in range(count)]

    assert shares(codes(1, 1000)) == 20
    assert shares(codes(100, 20)) == 6
    assert shares(codes(300, 20)) == 2
    assert shares(codes(500, 20)) == 1
    assert shares([]) == 20


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    page = written(made([found(n % 5 + 2, ordinal=n) for n in range(1, 51)]), tmp_path / "r.html", "en")
    assert len(page.xpath("//ol[@class='samples']/li")) == 20
    said = text(page.get_element_by_id("limits"))
    assert "Shown here: 20; left out: 30." in said
    assert "The first 20 of 50." in text(page)


# ── Lookup misses, statistics, charts ────────────────────────────────────────────────────────────


def test_lookup_misses_are_lines_for_the_table(tmp_path: Path) -> None:
    report = made([])
    odd = ("=1+1", "見え\u200bない", "\ud800", "長" * 300, "\u202ex")
    for value in ("要問合せ", "要問合せ", "a,b", 'x"y', "－", "<b>", *odd):
        report.tally.miss("rights", value)
    page = written(report, tmp_path / "r.html")
    (area,) = page.xpath("//textarea")
    assert set(area.text.lstrip("\n").splitlines()) == {"要問合せ,", '"a,b",', '"x""y",', "－,", "<b>,"}
    assert "コピーする行に入れていません" in text(page.get_element_by_id("misses"))
    assert "rights（11 件、10 種類）" in text(page.get_element_by_id("misses"))


def test_many_misses_are_cut_and_it_is_said(tmp_path: Path) -> None:
    report = made([])
    for number in range(2_500):
        report.tally.miss("rights", f"区分{number}")
    page = written(report, tmp_path / "r.html", "en")
    assert len(page.xpath("//textarea")[0].text.split()) == 2_000
    assert "The others, ×500" in text(page.get_element_by_id("misses"))


STATISTICS = {
    "records": 200,
    "source": [{"field": "題名", "filled": 199, "distinct": 150, "longest": 20}],
    "target": [{"field": "解説_h", "filled": 0, "distinct": None, "longest": 0}],
    "rights": [{"code": "ccby", "records": 90}, {"code": "incr_edu", "records": 10}, {"code": "cc-by", "records": 5}],
    "dates": {"1890": 7, "1910": 3},
}


def test_statistics_are_shown_where_there_are_any(tmp_path: Path) -> None:
    page = written(made([]), tmp_path / "a.html")
    assert page.xpath("//section[@id='coverage' or @id='rights' or @id='dates']") == []
    page = written(made([], statistics=STATISTICS), tmp_path / "b.html", "en")
    cover = [[text(cell) for cell in row] for row in page.xpath("//section[@id='coverage']//tbody/tr")]
    assert cover == [["題名", "199 >99%", "150", "20", ""], ["解説_h", "0 0%", "–", "0", ""]]
    rights = [[text(cell) for cell in row] for row in page.xpath("//section[@id='rights']//tbody/tr")]
    assert rights[0] == ["ccby CC BY", "90", "○allowed", "○allowed", "○allowed", ""]
    assert rights[1][2:5] == ["○allowed", "△on conditions", "×ask for permission"]
    assert rights[2][2:5] == ["?unknown"] * 3
    assert [row[:2] for row in rights[3:]] == [["Education", "100"], ["Non-commercial", "90"], ["Commercial", "90"]]
    bars = page.xpath("//section[@id='dates']//*[local-name()='rect']/*[local-name()='title']")
    assert [bar.text for bar in bars] == ["1890: 7", "1900: 0", "1910: 3"]


def test_empty_statistics_are_no_chart(tmp_path: Path) -> None:
    nothing = {"records": 0, "source": [], "target": [], "rights": [], "dates": {}}
    page = written(made([], statistics=nothing), tmp_path / "a.html")
    assert page.xpath("//section[@id='coverage' or @id='rights' or @id='dates']") == []
    zero = nothing | {
        "source": [{"field": "a", "filled": 0, "distinct": 0, "longest": 0}],
        "dates": {"-50": 1, "990": 1},
    }
    assert written(made([], statistics=zero), tmp_path / "b.html").xpath("//section[@id='dates']")


def test_bars_keep_to_their_track() -> None:
    drawn = charts.bar([("a", 1), ("b", 999), ("c", 0)], 1000)
    widths = [float(width) for width in re.findall(r'class="[ab]".*? width="([\d.]+)"', drawn)]
    assert widths[0] >= 0.4
    assert sum(widths) <= 100
    assert 'class="c"' not in drawn
    assert charts.bar([("a", 0)], 0).count("rect") == 1
    assert "Infinity" not in charts.columns([], "x")


def test_every_word_is_used_and_in_both_languages() -> None:
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))["words"]
    assert all(set(entry) == {"ja", "en"} and all(entry.values()) for entry in words.values())
    slots = [{lang: set(re.findall(r"{(\w+)}", entry[lang])) for lang in entry} for entry in words.values()]
    assert all(found["ja"] == found["en"] for found in slots)
    room = WORDS.parents[1]
    code = "".join(path.read_text(encoding="utf-8") for path in room.rglob("*.py"))
    stems = ("answer_", "coverage_", "mark_", "say_", "severity_", "means_", "basis_", "x_", "p_")
    named = set(re.findall(r"""["'](\w+)["']""", code))
    assert [name for name in words if name not in named and not name.startswith(stems)] == []
