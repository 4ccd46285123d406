from __future__ import annotations

import pytest

from convert.check.issue import Issue, Severity
from convert.model import Location, Outcome
from convert.report import Report, Tally
from convert.report.layout import clip, table, width, wrap
from convert.report.text import listing, summary


def issue(ordinal: int = 1, code: str = "DSET-ID-DUPLICATE", **parts: object) -> Issue:
    at = Location("museum.csv", line=ordinal + 1, row=ordinal + 1, column=1, field="資料ID")
    known = {"record_id": f"m-{ordinal}", "value": "m-1", "slots": {"id": "m-1", "first": "museum.csv:2"}}
    return Issue(code, at, ordinal=ordinal, **(known | parts))  # type: ignore[arg-type]


def report(*issues: Issue, **parts: object) -> Report:
    tally = Tally()
    for found in issues:
        tally.add([found])
        tally.count(Outcome.WRITTEN)
    return Report(tally, **parts)  # type: ignore[arg-type]


def first(found: Report, lang: str = "ja") -> str:
    return summary(found, lang).splitlines()[0]


@pytest.mark.parametrize(
    ("found", "ja"),
    [
        (report(), "問題は見つかりませんでした"),
        (report(issue(), issue()), "提出前に直すところがあります：エラー 2 件（1 レコード）"),
        (
            report(issue(severity=Severity.NOTICE)),
            "エラーはありません。次の点を確認してください：お知らせ 1 件（1 レコード）",
        ),
        (report(issue(), fail_on=Severity.FATAL), "提出前に直すところがあります：エラー 1 件（1 レコード）"),
        (report(complete=False, incomplete_reason="--limit 10"), "途中までの結果です（--limit 10）"),
        (report(issue(severity=Severity.FATAL)), "処理を続けられませんでした：中止 1 件（1 レコード）"),
    ],
)
def test_the_verdict_comes_first(found: Report, ja: str) -> None:
    assert first(found) == ja


def test_the_verdict_in_english() -> None:
    assert first(report(issue()), "en") == "Something to correct before submitting. error: 1 in 1 record"
    assert first(report(), "en") == "No problems found"


def test_the_counts_line_shows_the_invariant() -> None:
    line = "読み込み 2 = 出力 2 + 対象外 0 + 削除 0 + 受付不可 0 + 読み取り不可 0"
    assert summary(report(issue(1), issue(2))).splitlines()[1] == line


def test_effects_are_summed_and_said_of_each_code() -> None:
    found = report(issue(1, "MAP-NO-VALUE"), issue(2, "MAP-NO-VALUE"), issue(3, "JPS-NUMBER"))
    lines = summary(found).splitlines()
    assert lines[2] == "結果：値がなくなる 2 件（2 レコード）、値が変わる 1 件（1 レコード）"
    assert "警告  MAP-NO-VALUE  2 件（2 レコード）  値がなくなる" in lines
    assert (
        summary(found, "en").splitlines()[2] == "Effects: value dropped: 2 in 2 records, value changed: 1 in 1 record"
    )
    assert "結果" not in summary(report())


def test_where_a_run_stopped() -> None:
    inputs = [{"name": "a.csv", "records": 10}, {"name": "b.csv", "records": 3}, {"name": "c.csv", "records": 0}]
    cut = {"complete": False, "incomplete_reason": "limit"}
    said = [summary(report(*issues, **cut, inputs=given), "en", width=200).splitlines()[1] for issues, given in (
        ((issue(),), inputs), ((issue(4),), []), ((issue(), issue(7, severity=Severity.FATAL)), inputs), ((), []),
    )]  # fmt: skip
    places = ["b.csv, record 3", "museum.csv:5 A5 資料ID", "museum.csv:8 A8 資料ID", "-"]
    assert said == [f"Stopped at {place} (complete: false)" for place in places]


def test_a_check_writes_nothing() -> None:
    text = summary(report(command="check"))
    assert "受付可 0" in text
    assert "出力" not in text


def test_a_code_shows_message_three_places_and_hint_once() -> None:
    text = summary(report(*(issue(n) for n in range(1, 13))))
    lines = text.splitlines()
    assert "エラー  DSET-ID-DUPLICATE  12 件（12 レコード）  影響なし" in lines
    assert "      museum.csv:2 A2 資料ID  m-1  「m-1」" in lines
    assert "      ほか 9 件" in lines
    assert text.count("ヒント：") == 1
    assert "museum.csv:5 " not in text


def test_what_differs_between_findings_of_a_code_is_said_of_each() -> None:
    told = [
        issue(number, "ONX-BLOCK", value=None, slots={"code": "03", "element": name})
        for number, name in ((1, "A"), (2, "B"), (3, "A"))
    ]
    lines = summary(report(*told), "ja").splitlines()
    [one], [two] = ([n for n, line in enumerate(lines) if f"必要な {name} が" in line] for name in "AB")
    assert two - one == 3
    assert "m-1" in lines[one + 1]
    assert "m-3" in lines[one + 2]
    assert "m-2" in lines[two + 1]


def test_worse_and_more_frequent_codes_come_first() -> None:
    text = summary(report(issue(1, "X-A"), issue(2, "X-B"), issue(3, "X-B"), issue(4, "DSET-ID-MEET")), "en")
    assert text.index("DSET-ID-MEET") < text.index("X-B") < text.index("X-A")


def test_suggestions_stand_beside_the_value() -> None:
    text = summary(report(issue(suggestion="1975-01-01")))
    assert "「m-1」 → 1975-01-01 ではありませんか" in text


def test_lookup_misses_show_the_most_frequent_ten() -> None:
    found = report()
    for number in range(12):
        for _ in range(number + 1):
            found.tally.miss("rights", f"区分{number}")
    lines = summary(found).splitlines()
    assert "置きかえ表 rights にない値（78 件、12 種類）" in lines
    assert "    「区分11」  12 件" in lines
    assert "    「区分9」   10 件" in lines
    assert "    ほか 3 件" in lines


def test_outputs_are_listed() -> None:
    found = report(outputs=[{"name": "items.jsonl", "records": 1234}, {"name": "items.labels.csv"}])
    text = summary(found)
    assert "出力ファイル\n    items.jsonl       1,234 レコード\n    items.labels.csv\n" in text
    assert "出力ファイルはありません" in summary(report())


def test_no_colour_unless_asked_and_the_same_text() -> None:
    found = report(issue())
    plain, coloured = summary(found), summary(found, color=True)
    assert "\x1b" not in plain
    assert coloured.replace("\x1b[31m", "").replace("\x1b[0m", "") == plain


def test_nothing_of_the_data_reaches_the_terminal_raw() -> None:
    at = Location("mu\x1b[2J.csv", field="列\n名")
    found = report(Issue("X-A", at, record_id="\x07", value="\x1b]0;x", suggestion="\x08", ordinal=1))
    found.tally.miss("t\x1b", "\x1b")
    text = summary(found, "en") + listing(found.issues)
    assert not set(text) & {"\x1b", "\x07", "\x08"}


def test_lines_keep_to_the_width() -> None:
    found = report(*(issue(n, value="長い値" * 40, suggestion="候補" * 40) for n in range(1, 5)))
    for lang in ("ja", "en"):
        assert max(map(width, summary(found, lang, width=60).splitlines())) <= 62


def test_a_listing_shows_every_issue_with_its_hint() -> None:
    text = listing([issue(1), issue(2)], "en")
    assert text.count("error  DSET-ID-DUPLICATE") == 2
    assert text.count("Hint: ") == 2
    assert listing([]) == ""


def test_wide_characters_line_up() -> None:
    rows = [("エラー", "1"), ("err", "22")]
    assert list(table(rows)) == ["エラー  1", "err     22"]
    assert list(table([])) == []
    assert width("が") == 2
    assert width("か\u3099") == 2


def test_clip_and_wrap() -> None:
    assert clip("abc", 3) == "abc"
    assert clip("日本語", 5) == "日本…"
    assert clip("日本語", 4) == "日…"
    assert list(wrap("日本語です。", 10)) == ["日本語です。"]
    assert list(wrap("one two three", 7, first="- ", rest="  ")) == ["- one", "  two", "  three"]
    assert list(wrap("", 5, first="x ")) == ["x"]
