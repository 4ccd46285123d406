from __future__ import annotations

import pickle
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.check.issue import Issue, Severity
from convert.model import Location, Outcome
from convert.report.tally import Counts, Marks, Tally

CODES = ["DSET-ID-DUPLICATE", "X-ONE", "X-TWO"]


def issue(code: str = "X-ONE", ordinal: int | None = 1, field: str | None = "受入日", **parts: object) -> Issue:
    at = Location("museum.csv", line=ordinal, row=ordinal, column=1, field=field)
    return Issue(code, at, ordinal=ordinal, **parts)  # type: ignore[arg-type]


def test_instances_and_records_are_counted_apart() -> None:
    tally = Tally()
    tally.add([issue(), issue(), issue("X-TWO")])
    tally.add([issue(ordinal=2)])
    tally.add([issue(ordinal=None)])
    one, two = tally.codes
    assert (one.code, one.instances, one.records) == ("X-ONE", 4, 2)
    assert (two.code, two.instances, two.records) == ("X-TWO", 1, 1)
    assert tally.instances() == tally.instances(Severity.WARNING) == 5
    assert tally.instances(Severity.ERROR) == 0
    assert tally.records() == tally.records(Severity.WARNING) == 2


def test_a_record_with_faults_found_at_two_times_is_one_record() -> None:
    tally = Tally(severities={"X-ONE": Severity.ERROR})
    tally.add([issue(ordinal=7)])
    tally.add([issue("DSET-ID-DUPLICATE", ordinal=7)])
    assert tally.instances(Severity.ERROR) == 2
    assert tally.records(Severity.ERROR) == 1


def test_fields_are_counted_by_source_field_else_target() -> None:
    tally = Tally()
    tally.add([issue(), issue(field=None, target="受入日_d"), issue(field=None)])
    assert dict(tally.codes[0].fields.items()) == {"受入日": 1, "受入日_d": 1, "": 1}


def test_records_are_counted_by_field() -> None:
    tally = Tally()
    tally.add([issue(), issue(), issue(field="作品名")])
    tally.add([issue(ordinal=2), issue(ordinal=None)])
    (code,) = tally.codes
    assert dict(code.fields.items()) == {"受入日": 4, "作品名": 1}
    assert dict(code.field_records.items()) == {"受入日": 2, "作品名": 1}


def test_effects_count_issues_and_records() -> None:
    tally = Tally()
    tally.add([issue("MAP-NO-VALUE"), issue("JPS-DATE"), issue("JPS-NUMBER")])
    tally.add(
        [issue("MAP-NO-VALUE", ordinal=2), issue("MAP-REQUIRED", ordinal=2), issue("SRC-EMPTY-ROW", ordinal=None)]
    )
    effects = {"refused": (1, 1), "broken": (0, 0), "dropped": (3, 2), "changed": (1, 1), "none": (1, 0)}
    assert tally.effects() == effects


def test_severities_are_resolved_and_the_original_remembered() -> None:
    tally = Tally(severities={"X-ONE": Severity.ERROR})
    given_back = tally.add([issue(), issue("DSET-ID-MEET"), issue("X-TWO", severity=Severity.NOTICE)])
    assert [found.severity for found in given_back] == [Severity.ERROR, Severity.ERROR, Severity.NOTICE]
    assert {(c.code, c.severity, c.original) for c in tally.codes} == {
        ("X-ONE", Severity.ERROR, Severity.WARNING),
        ("DSET-ID-MEET", Severity.ERROR, Severity.ERROR),
        ("X-TWO", Severity.NOTICE, Severity.NOTICE),
    }
    assert tally.worst is Severity.ERROR
    assert given_back[0].at == issue().at


def test_samples_are_the_first_ones_and_counts_go_on() -> None:
    tally = Tally(samples=2)
    for ordinal in range(1, 6):
        tally.add([issue(ordinal=ordinal)])
    assert [sample.ordinal for sample in tally.codes[0].samples] == [1, 2]
    assert tally.codes[0].instances == 5


def test_outcomes_sum_to_read() -> None:
    tally = Tally()
    for outcome in (Outcome.WRITTEN, Outcome.WRITTEN, Outcome.SKIPPED, Outcome.BROKEN):
        tally.count(outcome)
    counts = {"read": 4, "written": 2, "skipped": 1, "deleted": 0, "rejected": 0, "broken": 1}
    assert tally.counts == counts
    assert list(tally.counts) == list(counts)


def test_an_empty_tally_has_no_worst() -> None:
    assert Tally().worst is None
    assert Tally().records() == 0


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_counts_beyond_the_limit_stay_exact(limit: int) -> None:
    texts = [f"値{n * n % 37}" for n in range(200)] + ["\ud800"]
    true = Counter(texts)
    counts = Counts(limit)
    for text in texts:
        counts.add(text)
    assert counts.total == len(texts)
    assert len(counts) == min(limit, len(true))
    assert all(true[text] == times for text, times in counts.items())


@given(st.lists(st.lists(st.sampled_from("あいうえおかきくけこ"), max_size=30), max_size=5), st.integers(1, 12))
def test_merged_counts_are_the_serial_ones(parts: list[list[str]], limit: int) -> None:
    serial, merged = Counts(limit), Counts(limit)
    for part in parts:
        own = Counts(limit)
        for text in part:
            own.add(text)
            serial.add(text)
        merged.merge(own)
    assert merged == serial


@given(st.sets(st.integers(0, 300)), st.sets(st.integers(0, 300)), st.integers(0, 50))
def test_marks(ours: set[int], theirs: set[int], records: int) -> None:
    left, right = Marks(), Marks()
    for ordinal in ours:
        left.add(ordinal)
    for ordinal in theirs:
        right.add(ordinal)
    left.merge(right, records=records)
    assert left.number() == sum(1 << n for n in ours | {n + records for n in theirs})
    left.add(400)
    assert left.number().bit_count() == len(ours | {n + records for n in theirs}) + 1


faults = st.tuples(
    st.sampled_from(CODES),
    st.sampled_from([None, *Severity]),
    st.sampled_from(["受入日", "作品名", None]),
    st.booleans(),
)
record = st.tuples(
    st.lists(faults, max_size=4),
    st.sampled_from(Outcome),
    st.lists(st.sampled_from(["CC BY", "不明", "？"]), max_size=2),
)


@given(st.lists(st.lists(record, max_size=5), max_size=4), st.integers(0, 3))
def test_parts_merge_into_the_serial_tally(parts: list[list[tuple[list, Outcome, list[str]]]], samples: int) -> None:
    severities = {"X-TWO": Severity.ERROR}
    serial = Tally(samples=samples, severities=severities)
    merged = Tally(samples=samples, severities=severities)
    before = 0
    for part in parts:
        own = Tally(samples=samples, severities=severities)
        for number, (found, outcome, misses) in enumerate(part, start=1):
            for tally, ordinal in ((own, number), (serial, before + number)):
                tally.add(
                    [
                        issue(code, ordinal if numbered else None, field, severity=severity)
                        if numbered
                        else Issue(code, Location("museum.csv", field=field), severity=severity)
                        for code, severity, field, numbered in found
                    ]
                )
                tally.count(outcome)
                for value in misses:
                    tally.miss("rights", value)
        # A part knows its lines from the start, its records and rows only from its own start.
        merged.merge(_lines(pickle.loads(pickle.dumps(own)), before), records=before, rows=before)  # noqa: S301
        before += len(part)
    assert merged == serial
    assert list(merged.issues()) == list(serial.issues())


def _lines(tally: Tally, lines: int) -> Tally:
    for code in tally.codes:
        code.samples[:] = [_line(sample, lines) for sample in code.samples]
    return tally


def _line(sample: Issue, lines: int) -> Issue:
    at = sample.at
    if at.line is None:
        return sample
    moved = Location(at.source, line=at.line + lines, column=at.column, row=at.row, field=at.field)
    return Issue(sample.code, moved, sample.severity, ordinal=sample.ordinal)


def test_samples_come_in_the_order_of_the_data() -> None:
    tally = Tally()
    tally.add([issue("X-TWO", ordinal=2)])
    tally.add([issue("X-ONE", ordinal=None), issue("X-ONE", ordinal=3)])
    assert [found.ordinal for found in tally.issues()] == [None, 2, 3]


def test_misses_are_counted_by_table() -> None:
    tally = Tally()
    for value in ("CC BY", "不明", "不明"):
        tally.miss("rights", value)
    tally.miss("access", "館内")
    assert list(tally.misses) == ["access", "rights"]
    assert tally.misses["rights"].items() == [("不明", 2), ("CC BY", 1)]
