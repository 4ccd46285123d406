"""The summary for people, in Japanese or English.

The verdict comes first, then the counts, then one paragraph per code, worst first: what is wrong, where, what
was found, what to do. Then values that lookup tables lack, and the files written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.messages.catalogue import catalogue, visible
from convert.report.layout import clip, table, width, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convert.report.report import Report
    from convert.report.tally import CodeTally, Counts

WIDTH = 100
PLACES = 3
VALUE_WIDTH = 44
MISSES = 10
PUBLISHED = 30
"""Labels and items whose differences are listed."""
LISTED = 5
"""New and fixed findings that are named, each."""

_COLOURS = {Severity.FATAL: "1;31", Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTICE: "36"}


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed words of one language."""

    severities: dict[Severity, str]
    outcomes: dict[str, str]
    effects: dict[str, str]
    effect: str
    reasons: dict[str, str]
    clean: str
    fine: str
    fail: str
    fatal: str
    incomplete: str
    stopped: str
    record: str
    colon: str
    brackets: str
    separator: str
    level: str
    instances: str
    among: str
    more: str
    quote: str
    hint: str
    suggestion: str
    missing: str
    missing_more: str
    missing_times: str
    outputs: str
    output: str
    no_output: str
    accepted: str
    compared: str
    compared_fields: str
    published: str
    published_field: str
    published_same: str
    compared_issues: str
    compared_profiles: str
    compared_new: str
    compared_fixed: str
    compared_more: str
    compared_codes: str


_JA = Words(
    severities={level: level.said("ja") for level in reversed(Severity)},
    outcomes={
        "read": "読み込み",
        "written": "出力",
        "checked": "受付可",
        "skipped": "対象外",
        "deleted": "削除",
        "rejected": "受付不可",
        "broken": "読み取り不可",
    },
    effects={
        "refused": "出力しない",
        "broken": "読めない",
        "dropped": "値がなくなる",
        "changed": "値が変わる",
        "none": "影響なし",
    },
    effect="結果：",
    reasons={
        "fatal": "ファイルのはじめが読めません",
        "limit": "--limit で指定した件数まで",
        "only": "--only で指定したレコードだけ",
        "interrupted": "中断しました",
        "broken": "実行中にエラーが起きました",
    },
    clean="問題は見つかりませんでした",
    fine="エラーはありません。次の点を確認してください",
    fail="提出前に直すところがあります",
    fatal="処理を続けられませんでした",
    incomplete="途中までの結果です",
    stopped="止まったところ：{place}（complete: false）",
    record="{name} の {n} レコード目",
    colon="：",
    brackets="（{text}）",
    separator="、",
    level="{word} {number}",
    instances="{n} 件",
    among="（{records} レコード）",
    more="ほか {n} 件",
    quote="「{value}」",
    hint="ヒント：",
    suggestion="→ {value} ではありませんか",
    missing="置きかえ表 {name} にない値（{n} 件、{distinct} 種類）",
    missing_more="ほか {n} 件",
    missing_times="{n} 件",
    outputs="出力ファイル",
    output="{n} レコード",
    no_output="出力ファイルはありません",
    accepted="（プロファイルで認めた指摘）",
    compared="前回との比較：追加 {added}、変更 {changed}、削除 {deleted}、同じ {unchanged}"
    "（ID だけ変わったとみられる {renumbered}）",
    compared_fields="変わった項目：{fields}",
    published="公開されている {database} との比較（{harvested} に収集）：公開 {published}、送る予定 {sent}。"
    "公開だけ {missing}、まだ公開されていない {extra}、変わる {changed}、同じ {unchanged}"
    "（ID だけ変わったとみられる {moved}）",
    published_field="変わる {changed}、加わる {added}、なくなる {gone}、同じ {same}",
    published_same="ほかの {n} 項目は同じです",
    compared_profiles="前回とはプロファイルが違います（{before} → {now}）。点検する項目が違うため、"
    "下の「直った」「新しい」には、調べたかどうかの違いも含まれます。",
    compared_issues="指摘：新しい {new}、直った {fixed}、前回と同じ {same}",
    compared_new="新しい指摘",
    compared_fixed="直った指摘",
    compared_more="ほか {n} 件",
    compared_codes="件数の変わった指摘（前回 → 今回）：{codes}",
)

_EN = Words(
    severities={
        Severity.FATAL: "stopped",
        Severity.ERROR: "error",
        Severity.WARNING: "warning",
        Severity.NOTICE: "notice",
    },
    outcomes={
        "read": "read",
        "written": "written",
        "checked": "accepted",
        "skipped": "left out",
        "deleted": "deleted",
        "rejected": "rejected",
        "broken": "unreadable",
    },
    effects={
        "refused": "record refused",
        "broken": "record unreadable",
        "dropped": "value dropped",
        "changed": "value changed",
        "none": "no effect",
    },
    effect="Effects: ",
    reasons={
        "fatal": "the head of a file cannot be read",
        "limit": "as many records as --limit allows",
        "only": "the record named by --only",
        "interrupted": "interrupted",
        "broken": "an error while it ran",
    },
    clean="No problems found",
    fine="No errors; please look over",
    fail="Something to correct before submitting",
    fatal="The run could not go on",
    incomplete="Results of part of the run only",
    stopped="Stopped at {place} (complete: false)",
    record="{name}, record {n}",
    colon=". ",
    brackets=" ({text})",
    separator=", ",
    level="{word}: {number}",
    instances="{n}",
    among=" in {records} records",
    more="and {n} more",
    quote="“{value}”",
    hint="Hint: ",
    suggestion="→ {value}, perhaps?",
    missing="Values not in the lookup table {name} (×{n}, {distinct} different)",
    missing_more="others: ×{n}",
    missing_times="×{n}",
    outputs="Files written",
    output="records: {n}",
    no_output="No files were written",
    accepted=" (accepted by the profile)",
    compared="Against last time: added {added}, changed {changed}, deleted {deleted}, unchanged {unchanged}"
    " (only the id changed, it seems: {renumbered})",
    compared_fields="Fields that changed: {fields}",
    published="Against the published {database} (harvested {harvested}): published {published}, to be sent {sent};"
    " only published {missing}, not published yet {extra}, changed {changed}, unchanged {unchanged}"
    " (only the id changed, it seems: {moved})",
    published_field="changed {changed}, added {added}, gone {gone}, same {same}",
    published_same="the other {n} fields are the same",
    compared_profiles="The profile is another one than last time ({before} → {now}): other checks ran, "
    "so that 'new' and 'fixed' may mean no more than that.",
    compared_issues="Findings: {new} new, {fixed} fixed, {same} as last time",
    compared_new="New",
    compared_fixed="Fixed",
    compared_more="{n} more",
    compared_codes="Findings whose number changed (last time → now): {codes}",
)


def words(lang: str) -> Words:
    """The words of ``lang``: English for ``en``, else Japanese."""
    return _EN if lang == "en" else _JA


def summary(report: Report, lang: str = "ja", *, width: int = WIDTH, color: bool = False) -> str:
    """The whole summary; ends in a line end. ``width`` counts terminal columns."""
    view = _View(report, lang, width, color)
    return "\n".join(view.lines()) + "\n"


def judgement(report: Report) -> str:
    """Whether this can be submitted: ``pass``, ``look`` (there are lesser findings), ``fail``, ``part``, ``fatal``.

    An error has to be corrected whatever ``--fail-on`` says.
    """
    worst = report.tally.worst
    if worst is Severity.FATAL:
        return "fatal"
    if not report.complete:
        return "part"
    if worst is None:
        return "pass"
    return "fail" if worst >= min(report.fail_on, Severity.ERROR) else "look"


def stopped_at(report: Report, lang: str) -> str | None:
    """Where a run stopped: the place of the fatal finding, else how far the last input that was begun was read."""
    fatal = next((issue for issue in report.issues if catalogue().severity(issue) is Severity.FATAL), None)
    if fatal is not None:
        return str(fatal.at)
    begun = [entry for entry in report.inputs if entry.get("records")]
    if begun:
        return words(lang).record.format(name=begun[-1]["name"], n=f"{begun[-1]['records']:,}")
    last = report.issues[-1:]
    return str(last[0].at) if last else None


def listing(issues: Sequence[Issue], lang: str = "ja", *, width: int = WIDTH) -> str:
    """Issues one by one, as the findings of a mapping are shown: place, what is wrong, hint."""
    say, book = words(lang), catalogue()
    lines: list[str] = []
    for issue in issues:
        lines.append(f"{visible(str(issue.at))}  {say.severities[book.severity(issue)]}  {issue.code}")
        lines += wrap(book.message(issue, lang), width, first="    ", rest="    ")
        lines += _advice(issue, lang, width)
        if issue.suggestion is not None:
            lines.append("    " + say.suggestion.format(value=visible(issue.suggestion)))
    return "".join(f"{line}\n" for line in lines)


def field_name(entry: Mapping[str, Any], lang: str) -> str:
    """A label or item of a comparison for people: its name in words before its key."""
    said = entry.get(lang)
    return f"{said} {entry['field']}" if said else visible(str(entry["field"]))


def _numbers(entry: Mapping[str, Any]) -> dict[str, str]:
    return {name: f"{entry[name]:,}" for name in ("same", "changed", "added", "gone")}


def _advice(issue: Issue, lang: str, columns: int) -> Iterator[str]:
    hint = catalogue().hint(issue, lang)
    if hint:
        label = words(lang).hint
        yield from wrap(hint, columns, first=f"    {label}", rest=" " * (4 + width(label)))


class _View:
    def __init__(self, report: Report, lang: str, columns: int, color: bool) -> None:
        self._report = report
        self._lang = lang
        self._say = words(lang)
        self._columns = columns
        self._color = color

    def lines(self) -> Iterator[str]:
        yield from wrap(self._verdict(), self._columns, rest="  ")
        if judgement(self._report) in ("part", "fatal"):
            yield from wrap(self._stopped(), self._columns, rest="  ")
        yield from wrap(self._counts(), self._columns, rest="  ")
        yield from wrap(self._effects(), self._columns, rest="  ") if self._report.tally.codes else ()
        codes = self._report.tally.codes
        heads = self._heads(codes)
        for code, head in zip(codes, heads, strict=True):
            yield ""
            yield head
            yield from self._code(code)
        for name, counts in self._report.lookup_misses.items():
            yield ""
            yield from self._misses(name, counts)
        yield from self._comparison()
        yield from self._published()
        yield from self._outputs()

    def _comparison(self) -> Iterator[str]:
        compared = self._report.comparison
        if compared is None:
            return
        yield ""
        counts = {name: f"{number:,}" for name, number in compared.items() if isinstance(number, int)}
        yield from wrap(self._say.compared.format(**counts), self._columns, rest="  ")
        fields = [f"{visible(name)} {times:,}" for name, times in list(compared["fields"].items())[:MISSES]]
        if fields:
            text = self._say.compared_fields.format(fields=self._say.separator.join(fields))
            yield from wrap(text, self._columns, first="    ", rest="    ")
        yield from self._compared_issues(compared.get("issues"))

    def _compared_issues(self, issues: Mapping[str, Any] | None) -> Iterator[str]:
        say = self._say
        if issues is None:
            return
        if "profiles" in issues:
            text = say.compared_profiles.format(**issues["profiles"])
            yield from wrap(text, self._columns, first="    ", rest="    ")
        if issues["counts"] is not None:
            counts = {name: f"{number:,}" for name, number in issues["counts"].items()}
            yield from wrap(say.compared_issues.format(**counts), self._columns, first="    ", rest="      ")
        for name, title in (("new", say.compared_new), ("fixed", say.compared_fixed)):
            entries = (issues[name] or ())[:LISTED]
            for entry in entries:
                place = " ".join(visible(str(entry[key])) for key in ("record", "field") if entry[key] is not None)
                yield clip(f"      {title}  {place} {entry['code']}", self._columns)
            rest = (issues["counts"] or {}).get(name, 0) - sum(
                one["instances"] for one in (issues[name] or ())[:LISTED]
            )
            if rest:
                yield f"      {title}  {say.compared_more.format(n=f'{rest:,}')}"
        codes = list(issues["codes"].items())[:MISSES]
        if codes:
            shown = [f"{visible(code)} {found['before']:,} → {found['now']:,}" for code, found in codes]
            text = say.compared_codes.format(codes=say.separator.join(shown))
            yield from wrap(text, self._columns, first="    ", rest="      ")

    def _published(self) -> Iterator[str]:
        found = self._report.published
        if found is None:
            return
        yield ""
        counts = {
            name: f"{value:,}" if isinstance(value, int) else visible(str(value)) for name, value in found.items()
        }
        yield from wrap(self._say.published.format(**counts), self._columns, rest="  ")
        fields = [entry for entry in found["fields"] if entry["changed"] or entry["added"] or entry["gone"]]
        rows = [(self._field_name(entry), self._say.published_field.format(**_numbers(entry))) for entry in fields]
        yield from table(rows[:PUBLISHED], indent="    ")
        same = len(found["fields"]) - len(fields)
        if len(rows) > PUBLISHED:
            yield "    " + self._say.more.format(n=f"{len(rows) - PUBLISHED:,}")
        if same and fields:
            yield "    " + self._say.published_same.format(n=f"{same:,}")

    def _field_name(self, entry: Mapping[str, Any]) -> str:
        return field_name(entry, "en" if self._say is _EN else "ja")

    # ── Verdict and counts ──────────────────────────────────────────────────────────────────────

    def _verdict(self) -> str:
        say, report = self._say, self._report
        found = say.separator.join(self._level(level) for level in reversed(Severity) if self._instances(level))
        judgement = self._judgement()
        if not report.complete and report.incomplete_reason:
            reason = say.reasons.get(report.incomplete_reason, report.incomplete_reason)
            judgement += say.brackets.format(text=visible(reason))
        return say.colon.join([judgement, found] if found else [judgement])

    def _judgement(self) -> str:
        say = self._say
        texts = {"fatal": say.fatal, "part": say.incomplete, "pass": say.clean, "fail": say.fail, "look": say.fine}
        return texts[judgement(self._report)]

    def _instances(self, level: Severity) -> int:
        return self._report.tally.instances(level)

    def _level(self, level: Severity) -> str:
        number = self._number(self._instances(level), self._report.tally.records(level))
        return self._say.level.format(word=self._say.severities[level], number=number)

    def _number(self, instances: int, records: int) -> str:
        text = self._say.instances.format(n=f"{instances:,}")
        if records:
            text += self._say.among.format(records=f"{records:,}")
        return text.removesuffix("s") if records == 1 else text

    def _counts(self) -> str:
        say, counts = self._say, self._report.counts
        kept = "checked" if self._report.command == "check" else "written"
        names = ["read", kept, "skipped", "deleted", "rejected", "broken"]
        read, *rest = [f"{say.outcomes[name]} {counts[key]:,}" for name, key in zip(names, counts, strict=True)]
        return f"{read} = {' + '.join(rest)}"

    def _stopped(self) -> str:
        return self._say.stopped.format(place=visible(stopped_at(self._report, self._lang) or "-"))

    def _effects(self) -> str:
        say = self._say
        found = [
            say.level.format(word=say.effects[effect], number=self._number(times, records))
            for effect, (times, records) in self._report.tally.effects().items()
            if times
        ]
        return say.effect + say.separator.join(found)

    # ── Codes ───────────────────────────────────────────────────────────────────────────────────

    def _heads(self, codes: Sequence[CodeTally]) -> list[str]:
        say = self._say
        cells = [
            (
                say.severities[code.severity],
                code.code,
                self._number(code.instances, code.records),
                say.effects[code.effect] + (say.accepted if code.waived else ""),
            )
            for code in codes
        ]
        lines = table(cells)
        return [self._painted(line, code.severity) for line, code in zip(lines, codes, strict=True)]

    def _painted(self, line: str, severity: Severity) -> str:
        if not self._color:
            return line
        word = self._say.severities[severity]
        return f"\x1b[{_COLOURS[severity]}m{word}\x1b[0m{line[len(word) :]}"

    def _code(self, code: CodeTally) -> Iterator[str]:
        if not code.samples:
            return
        first = code.samples[0]
        shown = code.samples[:PLACES]
        for message, issues in self._alike(shown):
            yield from wrap(message, self._columns, first="    ", rest="    ")
            yield from table([self._place(issue) for issue in issues], indent="      ", limit=self._columns)
        if code.instances > len(shown):
            yield "      " + self._say.more.format(n=f"{code.instances - len(shown):,}")
        yield from _advice(first, self._lang, self._columns)

    def _alike(self, issues: Sequence[Issue]) -> Sequence[tuple[str, Sequence[Issue]]]:
        """Issues of one code by what is said of them; the value alone, which stands with each place, parts none."""
        found: dict[str, list[Issue]] = {}
        for issue in issues:
            said = catalogue().message(replace(issue, value=issues[0].value), self._lang)
            found.setdefault(said, []).append(issue)
        return [(catalogue().message(alike[0], self._lang), alike) for alike in found.values()]

    def _place(self, issue: Issue) -> tuple[str, str, str]:
        name = "" if issue.record_id is None else visible(issue.record_id)
        value = self._quoted(self._say.quote, issue.value) + " " + self._quoted(self._say.suggestion, issue.suggestion)
        return visible(str(issue.at)), name, value.strip()

    def _quoted(self, form: str, value: str | None) -> str:
        return "" if value is None else form.format(value=clip(visible(value), VALUE_WIDTH))

    # ── Lookup misses and outputs ───────────────────────────────────────────────────────────────

    def _misses(self, name: str, counts: Counts) -> Iterator[str]:
        say = self._say
        distinct = f"{len(counts):,}{'+' if counts.other else ''}"
        yield say.missing.format(name=visible(name), n=f"{counts.total:,}", distinct=distinct)
        top = counts.items()[:MISSES]
        rows = [(say.quote.format(value=visible(text)), say.missing_times.format(n=f"{n:,}")) for text, n in top]
        yield from table(rows, indent="    ")
        rest = counts.total - sum(times for _, times in top)
        if rest:
            yield "    " + say.missing_more.format(n=f"{rest:,}")

    def _outputs(self) -> Iterator[str]:
        say = self._say
        if self._report.command == "check":
            return
        yield ""
        if not self._report.outputs:
            yield say.no_output
            return
        yield say.outputs
        rows = [(visible(str(out["name"])), self._records(out.get("records"))) for out in self._report.outputs]
        yield from table(rows, indent="    ")

    def _records(self, records: int | None) -> str:
        return "" if records is None else self._say.output.format(n=f"{records:,}")
