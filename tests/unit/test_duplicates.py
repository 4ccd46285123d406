from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convert.check import duplicates
from convert.check.duplicates import IdSpool, find
from convert.model import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.check.issue import Issue


def noted(record_id: str, ordinal: int, source: str, line: int | None, row: int | None) -> Record:
    record = Record([], source, ordinal, line, row)
    record.id = record_id
    return record


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def identity(record_id: str) -> str:
    return "db-" + record_id.replace("-", "_")


def spool(ids: list[str], folder: Path, *, source: str = "museum.csv") -> IdSpool:
    made = IdSpool(folder, field="資料ID", column=1)
    for ordinal, record_id in enumerate(ids, start=1):
        made.add(noted(record_id, ordinal, source, ordinal + 1, ordinal + 1), identity(record_id))
    made.close()
    return made


def found(ids: list[str], folder: Path) -> list[Issue]:
    made = spool(ids, folder)
    try:
        return list(find([(made.path, 0, 0)]))
    finally:
        made.discard()


def test_nothing_shared_is_no_issue(folder: Path) -> None:
    assert found(["a", "b", "c"], folder) == []
    assert found([], folder) == []
    assert list(find([])) == []


def test_a_repeated_id_points_at_the_later_and_names_the_first(folder: Path) -> None:
    (issue,) = found(["a", "b", "a"], folder)
    assert (issue.code, issue.record_id, issue.ordinal, issue.value) == ("DSET-ID-DUPLICATE", "a", 3, "a")
    assert str(issue.at) == "museum.csv:4 A4 資料ID"
    assert issue.slots["first"] == "museum.csv:2 A2 資料ID"
    assert issue.slots["id"] == "a"


def test_two_ids_that_meet_at_the_receiver(folder: Path) -> None:
    (issue,) = found(["a-1", "b", "a_1"], folder)
    assert (issue.code, issue.record_id, issue.slots["id"]) == ("DSET-ID-MEET", "a_1", "a-1")
    assert issue.slots["identity"] == "db-a_1"


def test_each_later_record_has_one_issue_in_the_order_of_the_data(folder: Path) -> None:
    issues = found(["z", "a-1", "a_1", "a-1", "a_1", "z"], folder)
    assert [(i.ordinal, i.code.removeprefix("DSET-ID-"), i.slots["first"][:12]) for i in issues] == [
        (3, "MEET", "museum.csv:3"),
        (4, "DUPLICATE", "museum.csv:3"),
        (5, "DUPLICATE", "museum.csv:4"),
        (6, "DUPLICATE", "museum.csv:2"),
    ]


def test_shards_count_on(folder: Path) -> None:
    parts = [pickle.loads(pickle.dumps(spool(ids, folder))) for ids in (["a", "b"], [], ["c", "a"])]  # noqa: S301
    issues = list(find([(part.path, records, records) for part, records in zip(parts, (0, 2, 2), strict=True)]))
    for part in parts:
        part.discard()
    (issue,) = issues
    assert (issue.ordinal, issue.at.row, issue.at.line) == (4, 5, 3)
    assert issue.slots["first"] == "museum.csv:2 A2 資料ID"


def test_several_sources_keep_their_names_and_fields(folder: Path) -> None:
    made = IdSpool(folder)
    made.field = "ID"
    made.add(noted("a", 1, "one.jsonl", 1, None), "a")
    made.field, made.column = "番号", 2
    made.add(noted("a", 2, "two.csv", 2, 2), "a")
    (issue,) = find([(made.close(), 0, 0)])
    made.discard()
    assert str(issue.at) == "two.csv:2 B2 番号"
    assert issue.slots["first"] == "one.jsonl:1 ID"


def test_the_ids_of_a_sheet_are_told_with_it(folder: Path) -> None:
    made = IdSpool(folder, field="番号", column=1, sheet="台帳")
    for ordinal in (1, 2):
        made.add(noted("a", ordinal, "museum.xlsx", None, ordinal + 1), "a")
    (issue,) = find([(made.close(), 0, 0)])
    made.discard()
    assert str(issue.at) == "museum.xlsx 台帳!A3 番号"
    assert issue.slots["first"] == "museum.xlsx 台帳!A2 番号"
    assert issue.at.to_dict()["sheet"] == "台帳"


def test_the_results_can_be_left_half_read(folder: Path) -> None:
    made = spool(["a"] * 10, folder)
    issues = find([(made.path, 0, 0)])
    assert next(issues).ordinal == 2
    issues.close()  # type: ignore[attr-defined]
    assert len(list(find([(made.path, 0, 0)]))) == 9
    made.discard()
    made.discard()


def test_an_unfinished_spool_can_be_discarded(folder: Path) -> None:
    made = IdSpool(folder)
    made.add(noted("a", 1, "museum.csv", None, None), "a")
    made.discard()
    assert not made.path.exists()


def test_pickling_does_not_lose_what_was_added(folder: Path) -> None:
    made = IdSpool(folder)
    made.add(noted("a", 1, "museum.csv", 2, None), "a")
    copy = pickle.loads(pickle.dumps(made))  # noqa: S301
    copy.add(noted("a", 2, "museum.csv", 3, None), "a")
    assert [issue.ordinal for issue in find([(copy.close(), 0, 0)])] == [2]
    copy.discard()


texts = st.text(st.sampled_from(["a", "-", "_", "'", "\x00", "あ", "\ud800", "\udc00", "😀"]), max_size=2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(texts, max_size=12), min_size=1, max_size=3), st.integers(1, 4))
def test_the_same_as_a_dictionary(folder: Path, parts: list[list[str]], buffer: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "BUFFER", buffer)
        spools, offsets, before = [], [], 0
        for ids in parts:
            spools.append(spool(ids, folder))
            offsets.append(before)
            before += len(ids)
        issues = list(find([(s.path, n, n) for s, n in zip(spools, offsets, strict=True)]))
    for made in spools:
        made.discard()
    assert [(i.code, i.ordinal, i.record_id, i.slots["id"]) for i in issues] == expected(
        [record_id for ids in parts for record_id in ids]
    )


def expected(ids: list[str]) -> list[tuple[str, int, str, str]]:
    known, heads, rows = set(), {}, []
    for ordinal, record_id in enumerate(ids, start=1):
        head = heads.setdefault(identity(record_id), record_id)
        if record_id in known:
            rows.append(("DSET-ID-DUPLICATE", ordinal, record_id, record_id))
        elif head != record_id:
            rows.append(("DSET-ID-MEET", ordinal, record_id, head))
        known.add(record_id)
    return rows


ROOT = Path(duplicates.__file__).parents[2]
MEASURE = """
import resource
from convert.check.duplicates import IdSpool, find
from convert.model import Record
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
spool = IdSpool()
for n in range(200_000):
    record = Record([], "museum.csv", n + 1, n + 2, n + 2)
    record.id = f"museum-{n % 150_000:08d}"
    spool.add(record, f"db-museum_{n % 150_000:08d}")
count = sum(1 for _ in find([(spool.close(), 0, 0)]))
spool.discard()
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in kB on Linux only")
def test_memory_stays_flat() -> None:
    run = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, cwd=ROOT)
    count, kilobytes = map(int, run.stdout.split())
    assert count == 50_000
    assert kilobytes < 20_000


def test_ids_that_only_rise_need_no_sorting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = spool(["a", "b"], folder), spool(["c"], folder)
    monkeypatch.setattr(duplicates, "_connect", None)
    assert list(find([(one.path, 0, 0), (two.path, 2, 2)])) == []
    one.discard()
    two.discard()
