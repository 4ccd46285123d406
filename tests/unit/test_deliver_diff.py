"""Full and differential loads: what changed and nothing else, deletions told, refused when it looks wrong."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from convert.check.issue import Severity
from convert.cli.deliver import group
from convert.deliver.differing import Differed, DiffRequest, diff
from convert.deliver.loading import FullRequest, Loaded, full
from convert.deliver.sorting import Sorter
from convert.errors import RunError, UsageError
from convert.formats.somoku.frames import Broken, Frames
from convert.formats.somoku.load import load_layout
from convert.formats.somoku.structure import Codec
from convert.messages.catalogue import catalogue
from tests.deliver_data import LAYOUT, MAKERS, Book, dcndl, jsonl, oai, somoku, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMES = sorted(MAKERS)
READ = {"somoku": {"layout": LAYOUT}}
NOW = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)
MANY = [Book(f"B{n:04d}", f"架空の本 {n}", f"{1950 + n % 70}.1") for n in range(100)]


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., Differed]:
    """Compare two files of the test's folder into ``out``."""

    def run(new: str = "new", old: str = "old", **options: Any) -> Differed:
        return diff(DiffRequest([tmp_path / new], [tmp_path / old], tmp_path / "out", **options), now=NOW)

    return run


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Loaded]:
    """Put files of the test's folder together into ``out``."""

    def run(*files: str, **options: Any) -> Loaded:
        return full(FullRequest([tmp_path / file for file in files], tmp_path / "out", **options), now=NOW)

    return run


def codes(found: Differed | Loaded) -> list[str]:
    return [issue.code for issue in found.issues if issue.code not in ("PKG-CUT-UNCONFIRMED", "DLV-RUN-NONE")]


def numbers(found: Differed) -> tuple[int, ...]:
    return tuple(found.counts[name] for name in ("added", "changed", "deleted", "unchanged"))


# ── What changed ─────────────────────────────────────────────────────────────────────────────────


def later(books: Sequence[Book]) -> list[Book]:
    """One added, two changed, three gone."""
    return [
        Book("A1", "新しい本"),
        *(replace(book, title="改めた本") if book.id in ("B0005", "B0050") else book for book in reversed(books[3:])),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_what_changed_is_written(name: str, write: Any, compare: Any, tmp_path: Path) -> None:
    write("old", MAKERS[name](MANY))
    write("new", MAKERS[name](later(MANY)))
    found = compare(format=name, read=READ.get(name, {}))
    assert numbers(found) == (1, 2, 3, 95)
    assert codes(found) == []
    made = (tmp_path / "out").read_bytes()
    wanted = [book for book in later(MANY) if book.id in ("A1", "B0005", "B0050")]
    if name == "somoku":
        assert made.startswith(somoku(wanted))
        rest = made[len(somoku(wanted)) :]
        gone = list(Frames(Codec(load_layout(LAYOUT)), io.BytesIO(rest)))
        assert [one.label[5:6] for one in gone if not isinstance(one, Broken)] == [b"D"] * 3
        assert all(f"B000{n}".encode() in rest for n in range(3))
    else:
        assert made.replace(b"\n  </rdf:RDF>", b"\n</rdf:RDF>") == MAKERS[name](wanted)
        listed = (tmp_path / "out.deleted.txt").read_text(encoding="utf-8").split()
        assert [one.rpartition("/")[2].partition("#")[0] for one in listed] == ["B0000", "B0001", "B0002"]
        assert found.counts["listed"] == 3


def test_deletions_of_oai(write: Any, compare: Any, tmp_path: Path) -> None:
    write("old", oai(MANY))
    write("new", oai(MANY[2:], gone=["B0001"]))
    found = compare()
    assert numbers(found) == (0, 0, 2, 98)
    made = etree.fromstring((tmp_path / "out").read_bytes())
    space = "{http://www.openarchives.org/OAI/2.0/}"
    headers = [header for header in made.iter(f"{space}header") if header.get("status") == "deleted"]
    assert sorted((one.findtext(f"{space}identifier"), one.findtext(f"{space}datestamp")) for one in headers) == [
        ("oai:opac.example.jp:B0000", "2026-03-01"),
        ("oai:opac.example.jp:B0001", "2026-01-05"),
    ]
    assert not (tmp_path / "out.deleted.txt").exists()
    compare(write={"datestamp": "2026-02-02"})
    assert b"<datestamp>2026-02-02</datestamp>" in (tmp_path / "out").read_bytes()


def test_what_was_gone_before_is_not_told_again(write: Any, compare: Any, tmp_path: Path) -> None:
    write("old", oai(MANY, gone=["X", "Y"]))
    write("new", oai([*MANY, Book("Y", "戻った本")], gone=["X", "Z"]))
    assert numbers(compare()) == (1, 0, 0, 100)
    assert b"deleted" not in (tmp_path / "out").read_bytes()


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_dates_of_records_can_be_left_out(name: str, write: Any, compare: Any) -> None:
    write("old", MAKERS[name](MANY))
    write("new", MAKERS[name]([replace(book, stamp="2026-02-01") for book in MANY]))
    assert codes(compare(format=name)) == ["DLV-DIFF-CHANGED"]
    assert codes(compare(format=name, ignore_dates=True)) == ["DLV-DIFF-SAME"]
    what = {"jsonl": "updated", "csv": "更新日"}[name]
    assert codes(compare(format=name, ignore=[what])) == ["DLV-DIFF-SAME"]


def test_datestamps_of_oai_can_be_left_out(write: Any, compare: Any) -> None:
    write("old", oai(MANY))
    write("new", oai([replace(book, stamp="2026-02-01") for book in MANY]))
    assert numbers(compare()) == (0, 100, 0, 0)
    assert numbers(compare(ignore_dates=True)) == (0, 0, 0, 100)
    assert numbers(compare(ignore=["dcterms:title"])) == (0, 100, 0, 0)


def test_elements_of_a_layout_can_be_left_out(write: Any, compare: Any) -> None:
    write("old", somoku(MANY))
    write("new", somoku([replace(book, date="2000") for book in MANY]))
    read = {"layout": LAYOUT}
    assert numbers(compare(format="somoku", read=read))[1] == 100 - sum(book.date == "2000" for book in MANY)
    assert numbers(compare(format="somoku", read=read, ignore=["出版年月"])) == (0, 0, 0, 100)
    assert numbers(compare(format="somoku", read=read, ignore_dates=True))[1] == 100
    for name in ("somoku", "csv"):
        write("old", MAKERS[name](MANY))
        write("new", MAKERS[name](MANY))
        with pytest.raises(UsageError, match="--ignore"):
            compare(format=name, read=READ.get(name, {}), ignore=["ない項目"])


def test_only_real_changes_count(write: Any, compare: Any) -> None:
    write("old", table(MANY).replace(b"\r\n", b"\n"))
    write("new", table(list(reversed(MANY))).rstrip())
    assert numbers(compare(format="csv")) == (0, 0, 0, 100)
    write("old", dcndl(MANY).replace(b"\n  <dcndl:BibAdmin", b"\r\n\r\n    <dcndl:BibAdmin"))
    write("new", dcndl(MANY))
    assert numbers(compare()) == (0, 0, 0, 100)


def test_nothing_changed_nothing_written(write: Any, compare: Any, tmp_path: Path) -> None:
    write("old", jsonl(MANY))
    write("new", jsonl(MANY))
    found = compare()
    assert codes(found) == ["DLV-DIFF-SAME"]
    assert not found.refused
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


def test_the_manifest_tells_all(write: Any, compare: Any, tmp_path: Path) -> None:
    old, new = write("old", jsonl(MANY)).read_bytes(), write("new", jsonl(later(MANY))).read_bytes()
    found = compare()
    told = json.loads((tmp_path / "out.manifest.json").read_bytes())
    assert told == found.manifest
    assert (told["delivery"], told["complete"], told["format"]) == ("diff", True, "jsonl")
    assert told["inputs"][0]["sha256"] == hashlib.sha256(new).hexdigest()
    about = told["difference"]
    assert about["against"][0]["sha256"] == hashlib.sha256(old).hexdigest()
    assert about["counts"] == {
        "added": 1, "changed": 2, "deleted": 3, "unchanged": 95, "renumbered": 0, "listed": 3,
    }  # fmt: skip
    assert about["deleted_list"] == "out.deleted.txt"
    assert told["outputs"][0]["sha256"] == hashlib.sha256((tmp_path / "out").read_bytes()).hexdigest()


def test_an_old_list_of_deletions_does_not_stay(write: Any, compare: Any, tmp_path: Path) -> None:
    write("old", jsonl(MANY))
    write("new", jsonl(MANY[1:]))
    compare()
    assert (tmp_path / "out.deleted.txt").exists()
    write("new", jsonl([*MANY, Book("X", "新しい本")]))
    assert numbers(compare()) == (1, 0, 0, 100)
    assert not (tmp_path / "out.deleted.txt").exists()


def test_several_files_on_both_sides(write: Any, tmp_path: Path) -> None:
    old = [*MANY, Book("Z", "旧い本")]
    for name, books in {"n1": MANY[:40], "n2": MANY[40:], "o1": old[:70], "o2": old[70:]}.items():
        write(name, dcndl(books))
    request = DiffRequest([tmp_path / "n1", tmp_path / "n2"], [tmp_path / "o1", tmp_path / "o2"], tmp_path / "out")
    assert numbers(diff(request)) == (0, 0, 1, 100)


# ── What looks wrong ─────────────────────────────────────────────────────────────────────────────


def test_many_gone(write: Any, compare: Any, tmp_path: Path) -> None:
    write("old", jsonl(MANY))
    write("new", jsonl(MANY[20:]))
    found = compare()
    assert codes(found) == ["DLV-DIFF-DELETED"]
    assert found.refused
    assert found.issues[-1].slots == {"count": 20, "before": 100, "percent": "20.0", "most": 10}
    assert not (tmp_path / "out").exists()
    assert compare(most_deleted=20).manifest is not None
    forced = compare(force=True)
    assert forced.manifest is not None
    assert codes(forced) == ["DLV-DIFF-DELETED"]


def test_a_few_may_go_whatever_their_share(write: Any, compare: Any) -> None:
    write("old", jsonl(MANY[:10]))
    write("new", jsonl(MANY[5:10]))
    assert codes(compare()) == []
    write("new", jsonl([Book("X", "別の本")]))
    assert codes(compare()) == ["DLV-DIFF-DELETED"]
    write("old", jsonl(MANY[:3]))
    assert codes(compare()) == ["DLV-DIFF-DELETED"]  # all of them


def test_many_changed(write: Any, compare: Any) -> None:
    write("old", dcndl(MANY))
    write("new", dcndl([replace(book, title=book.title + "改") for book in MANY]))
    assert codes(compare()) == ["DLV-DIFF-CHANGED"]
    assert compare(most_changed=100).manifest is not None


@pytest.mark.parametrize("name", NAMES)
def test_records_numbered_anew(name: str, write: Any, compare: Any) -> None:
    write("old", MAKERS[name](MANY))
    write("new", MAKERS[name]([*MANY[:92], *(replace(book, id=f"N{book.id}") for book in MANY[92:])]))
    found = compare(format=name, read=READ.get(name, {}))
    assert codes(found) == ["DLV-DIFF-RENUMBERED"]
    assert found.refused
    assert found.counts["renumbered"] == 8
    assert "→" in (found.issues[-1].value or "")


def test_one_renumbered_is_a_warning(write: Any, compare: Any) -> None:
    write("old", jsonl(MANY))
    write("new", jsonl([*MANY[:98], replace(MANY[98], id="N98")]))
    found = compare()
    assert codes(found) == ["DLV-DIFF-RENUMBERED"]
    assert found.issues[-1].severity is Severity.WARNING
    assert found.manifest is not None


def test_other_books_are_not_renumbered(write: Any, compare: Any) -> None:
    write("old", jsonl([Book(f"A{n}", "全集", f"{1900 + n}") for n in range(9)] + MANY))
    write("new", jsonl([Book(f"N{n}", "全集", f"{1950 + n}") for n in range(9)] + MANY))
    found = compare()
    assert (codes(found), found.counts["renumbered"]) == ([], 0)


def test_ids_that_stand_twice_or_nowhere(write: Any, compare: Any, tmp_path: Path) -> None:
    write("old", jsonl(MANY))
    write("new", jsonl([*MANY, replace(MANY[0], title="もう一つ")]))
    found = compare()
    assert codes(found) == ["DLV-ID-TWICE"]
    assert found.refused
    assert numbers(compare(force=True)) == (0, 2, 0, 99)
    write("new", jsonl(MANY) + b'{"title": [{"value": "x"}]}\n')
    found = compare(force=True)
    assert codes(found) == ["DLV-ID-NONE"]
    assert numbers(found) == (1, 0, 0, 100)
    assert (tmp_path / "out").read_bytes() == b'{"title": [{"value": "x"}]}\n'


def test_ids_by_name(write: Any, compare: Any) -> None:
    write("old", "No,名\r\n1,架空\r\n2,仮空\r\n")
    write("new", "No,名\r\n1,架空\r\n2,別\r\n")
    found = compare(format="csv")
    assert codes(found) == ["DLV-ID-NONE", "DLV-ID-NONE"]
    assert found.refused
    assert numbers(compare(format="csv", fields=["id=No"])) == (0, 1, 0, 1)


def test_damage_is_no_deletion(write: Any, compare: Any) -> None:
    write("old", jsonl(MANY))
    write("new", jsonl(MANY).replace(b'"B0007"', b'"B0007', 1))
    found = compare()
    assert codes(found) == ["SRC-JSON", "DLV-SKIPPED"]
    assert found.refused
    write("new", dcndl(MANY))
    write("old", dcndl(MANY).replace(b"</dcndl:BibResource>", b"", 1))
    found = compare()  # what was delivered before cannot be mended
    assert numbers(found) == (2, 0, 0, 98)
    assert {issue.severity for issue in found.issues} == {Severity.WARNING}
    assert found.issues[-1].at.source.endswith("old")
    write("old", dcndl([*MANY, MANY[0]]))
    assert [(issue.code, issue.severity) for issue in compare().issues] == [("DLV-ID-TWICE", Severity.WARNING)]


def test_another_head(write: Any, compare: Any) -> None:
    write("old", table(MANY))
    write("new", table(MANY).replace("書名ヨミ".encode(), "書名カナ".encode()))
    assert codes(compare(format="csv")) == ["DLV-DIFF-HEAD", "DLV-DIFF-SAME"]


def manifest(name: str, data: bytes, **parts: Any) -> str:
    entry = {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "records": 100}
    return json.dumps({"manifest": 1, "complete": True, "outputs": [entry], "counts": {"read": 100}} | parts)


def test_a_run_that_did_not_end_or_left_records_out(write: Any, compare: Any) -> None:
    write("old", jsonl(MANY))
    data = write("new", jsonl(MANY[1:])).read_bytes()
    write("new.manifest.json", manifest("new", data, complete=False))
    found = compare()
    assert codes(found) == ["PKG-RUN-INCOMPLETE"]
    assert found.refused
    write("new.manifest.json", manifest("new", data, counts={"rejected": 1, "broken": 0}))
    found = compare()
    assert codes(found) == ["PKG-RUN-REJECTED", "DLV-DIFF-REJECTED"]
    assert found.manifest is not None


def test_what_cannot_be_compared(write: Any, compare: Any, tmp_path: Path) -> None:
    write("old", jsonl(MANY))
    write("new", b"")
    found = compare(format="jsonl")
    assert codes(found) == ["DLV-DIFF-DELETED"]
    assert found.refused
    write("new", b"<a/>")
    found = compare(old="new", format="dcndl")
    assert codes(found) == ["PKG-CUT-NONE"]
    assert found.refused
    with pytest.raises(UsageError, match="one of the files"):
        diff(DiffRequest([tmp_path / "new"], [tmp_path / "old"], tmp_path / "old", format="jsonl"))


IDS = st.dictionaries(st.integers(0, 30), st.integers(0, 2), max_size=30)


@given(IDS, IDS, st.sampled_from(NAMES), st.randoms(use_true_random=False))
def test_old_with_the_difference_is_new(old: Any, new: Any, name: str, chance: Any) -> None:
    def books(of: dict[int, int]) -> list[Book]:
        made = [Book(f"{number}", f"架空の本 {number} 第{edition}版") for number, edition in of.items()]
        chance.shuffle(made)
        return [*made, Book("last", "いつもある本")]

    with tempfile.TemporaryDirectory() as folder:
        one, other = Path(folder) / "old", Path(folder) / "new"
        one.write_bytes(MAKERS[name](books(old)))
        other.write_bytes(MAKERS[name](books(new)))
        found = diff(
            DiffRequest([other], [one], Path(folder) / "out", format=name, read=READ.get(name, {}), force=True)
        )
    assert found.counts["added"] == len(new.keys() - old.keys())
    assert found.counts["deleted"] == len(old.keys() - new.keys())
    assert found.counts["changed"] == sum(1 for key in old.keys() & new.keys() if old[key] != new[key])
    assert found.counts["unchanged"] == 1 + sum(1 for key in old.keys() & new.keys() if old[key] == new[key])


# ── Sorting ──────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(), st.binary(max_size=2))), st.integers(1, 9))
def test_sorted_runs_are_one(items: Any, run: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sorter = Sorter(Path(folder), "x", run)
        for item in items:
            sorter.add(item)
        assert list(sorter) == sorted(items)
        assert list(sorter) == sorted(items)
        assert sorter.count == len(items)


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    sorter = Sorter(tmp_path / "gone", "x", 1)
    with pytest.raises(RunError, match="working file"):
        sorter.add(("a",))


# ── Full loads ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", NAMES)
def test_files_are_put_together(name: str, write: Any, load: Any, tmp_path: Path) -> None:
    whole = MAKERS[name](MANY)
    write("a", MAKERS[name](MANY[:30]).rstrip(b"\r\n") if name != "somoku" else MAKERS[name](MANY[:30]))
    write("b", MAKERS[name](MANY[30:]))
    found = load("a", "b", format=name, read=READ.get(name, {}))
    assert codes(found) == []
    made = (tmp_path / "out").read_bytes().replace(b"\r\n", b"\n")
    assert b"".join(made.split()) == b"".join(whole.split())
    assert found.counts == {"records": 100, "damaged": 0, "deleted": 0}
    told = json.loads((tmp_path / "out.manifest.json").read_bytes())
    assert told == found.manifest
    assert (told["delivery"], told["outputs"][0]["records"], len(told["inputs"])) == ("full", 100, 2)


def test_a_whole_file_stays_as_it_is(write: Any, load: Any, tmp_path: Path) -> None:
    for data in (dcndl(MANY), table(MANY), jsonl(MANY), oai(MANY)):
        write("in.csv", data)
        assert load("in.csv").manifest is not None
        assert (tmp_path / "out").read_bytes() == data


def test_deletions_are_left_out_of_a_full_load(write: Any, load: Any, tmp_path: Path) -> None:
    write("in", oai(MANY, gone=["X"]))
    found = load("in")
    assert codes(found) == ["DLV-FULL-DELETED"]
    assert b"deleted" not in (tmp_path / "out").read_bytes()


def test_a_full_load_needs_a_run_that_ended(write: Any, load: Any, tmp_path: Path) -> None:
    data = write("in", jsonl(MANY)).read_bytes()
    assert [issue.code for issue in load("in").issues] == ["DLV-RUN-NONE"]
    write("in.manifest.json", manifest("in", data))
    assert load("in").issues == ()
    (tmp_path / "out").unlink()
    for parts, wanted in (
        ({"complete": False}, "PKG-RUN-INCOMPLETE"),
        ({"outputs": [{"name": "in", "sha256": "0"}]}, "PKG-RUN-CHANGED"),
        ({"outputs": [{"name": "in", "sha256": hashlib.sha256(data).hexdigest(), "records": 99}]}, "DLV-FULL-COUNT"),
        ({"outputs": 3}, "PKG-RUN-UNREADABLE"),
    ):
        write("in.manifest.json", manifest("in", data, **parts))
        found = load("in")
        assert codes(found) == [wanted]
        assert catalogue().severity(found.issues[0]) is Severity.ERROR
        assert found.manifest is None
        assert not (tmp_path / "out").exists()


def test_a_full_load_without_damage_and_doubles(write: Any, load: Any, tmp_path: Path) -> None:
    write("in", jsonl([*MANY, MANY[0]]) + b"{\n")
    found = load("in")
    assert codes(found) == ["SRC-JSON", "DLV-SKIPPED", "DLV-ID-TWICE"]
    assert found.manifest is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    assert load("in", force=True).counts == {"records": 101, "damaged": 1, "deleted": 0}
    assert (tmp_path / "out").read_bytes() == jsonl([*MANY, MANY[0]])
    write("none", b"")
    assert codes(load("none", format="jsonl", force=True)) == ["DLV-NONE"]


# ── The commands ─────────────────────────────────────────────────────────────────────────────────


def run(*arguments: object) -> Any:
    return CliRunner().invoke(group, [str(argument) for argument in arguments])


def test_the_commands(write: Any, tmp_path: Path) -> None:
    old, new, out = write("old.jsonl", jsonl(MANY)), write("new.jsonl", jsonl(later(MANY))), tmp_path / "out"
    done = run("diff", new, "--against", old, "-o", out)
    assert done.exit_code == 0
    assert "新規：1 件\n変更：2 件\n削除：3 件\n変わらず：95 件" in done.output
    assert "消えた ID 3 件" in done.output
    told = json.loads(run("diff", new, "--against", old, "-o", out, "--json").stdout)
    assert (told["counts"]["changed"], told["exit_code"], told["deleted_list"]) == (2, 0, "out.deleted.txt")
    assert run("diff", old, "--against", old, "-o", tmp_path / "x", "--lang", "en").exit_code == 0
    done = run("full", old, "-o", out, "--lang", "en")
    assert (done.exit_code, "100 records" in done.output) == (0, True)
    told = json.loads(run("full", old, "-o", out, "--json").stdout)
    assert (told["counts"]["records"], told["exit_code"]) == (100, 0)
    few = write("few.jsonl", jsonl(MANY[50:]))
    done = run("diff", few, "--against", old, "-o", tmp_path / "no", "--lang", "en")
    assert done.exit_code == 3
    assert "deleted: 50" in done.output
    assert not (tmp_path / "no").exists()
    assert run("diff", few, "--against", old, "-o", tmp_path / "no", "--force").exit_code == 1
    assert run("full", write("bad.jsonl", b"{\n"), "-o", tmp_path / "bad").exit_code == 3
