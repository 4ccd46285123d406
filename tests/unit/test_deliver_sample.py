"""Samples: whole records of any format, spread over strata, the same for the same seed, nothing lost in silence."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from convert.cli.deliver import group
from convert.deliver.drawing import MAX_VALUES, Drawn, Urn
from convert.deliver.forms import forms
from convert.deliver.sampling import Sampled, SampleRequest, oldest, sample
from convert.deliver.strata import DIMENSIONS, decade, has_gaiji
from convert.errors import RunError, UsageError
from convert.packing import foreign_archive, packing_of
from convert.registry import format_named, formats
from convert.source import Source
from tests.deliver_data import LAYOUT, MAKERS, SUFFIXES, Book, dcndl, jsonl, oai, shelf, somoku, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMES = sorted(MAKERS)
READ = {"somoku": {"layout": LAYOUT}}

MANY = [Book(f"{n}", "架空") for n in range(5)]


@pytest.fixture
def take(tmp_path: Path) -> Callable[..., Sampled]:
    """Sample files of the test's folder into ``out``."""

    def run(*files: str, output: str = "out", **options: Any) -> Sampled:
        return sample(SampleRequest([tmp_path / file for file in files], tmp_path / output, **options))

    return run


def codes(found: Sampled) -> list[str]:
    return [issue.code for issue in found.issues if not issue.code.startswith("PKG-CUT-UNCONFIRMED")]


def counts(found: Sampled, by: str) -> dict[str, tuple[int, int]]:
    return {one.value: (one.records, one.sample) for one in found.strata if one.by == by}


def ids(data: bytes, name: str) -> list[str]:
    """The ids of a file as its format's reader finds them."""
    kind = format_named(name)
    options = {option.name: option.default for option in kind.read_options} | READ.get(name, {})
    reader = kind.load_reader()(Source.of(data), options)
    path = {"dcndl": "adminUri", "csv": "書誌番号", "tsv": "書誌番号", "somoku": "管理番号"}.get(name, "id")
    selector = reader.selector(path)
    return [selector.values(record.body)[0].rpartition("/")[2] for record in reader if record.body is not None]


# ── What a sample is ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", NAMES)
def test_whole_records_in_their_order(name: str, write: Any, take: Any, tmp_path: Path) -> None:
    books = shelf()
    data = write(f"in{SUFFIXES[name]}", MAKERS[name](books)).read_bytes()
    found = take(f"in{SUFFIXES[name]}", size=60, format=name, read=READ.get(name, {}))
    made = (tmp_path / "out").read_bytes()
    chosen = ids(made, name)
    assert (len(chosen), found.sample, found.records) == (60, 60, len(books))
    assert chosen == sorted(set(chosen))
    wanted = MAKERS[name]([book for book in books if book.id in set(chosen)])
    assert made.replace(b"\n  </rdf:RDF>", b"\n</rdf:RDF>") == wanted
    assert codes(found) == []
    assert len(data) > len(made)


@pytest.mark.parametrize("name", NAMES)
def test_every_stratum_is_there_and_rare_ones_have_more(name: str, write: Any, take: Any) -> None:
    books = shelf()
    write("in", MAKERS[name](books))
    found = take("in", size=60, format=name, read=READ.get(name, {}))
    assert not [one for one in found.strata if not one.sample]
    dates = counts(found, "decade")
    assert {value: number for value, (number, _) in dates.items()} == Counter(decade(book.date) for book in books)
    assert dates["1930"][1] == 3  # of 3
    assert dates["2020"][1] < 60 * dates["2020"][0] / 400
    assert counts(found, "gaiji")["yes"] == (1, 1)
    assert counts(found, "readings")["no"][1] * 400 > 60 * counts(found, "readings")["no"][0]
    if name != "japansearch":
        marc = counts(found, "marc")
        assert {value: number for value, (number, _) in marc.items()} == {"TRC": 395, "NS": 5}
        assert marc["NS"][1] >= 2
    assert sum(number for number, _ in counts(found, "gaiji").values()) == 400


def test_the_same_seed_gives_the_same_sample(write: Any, take: Any, tmp_path: Path) -> None:
    write("in.rdf", dcndl(shelf()))
    made = []
    for seed in (1, 1, 2):
        take("in.rdf", size=40, seed=seed)
        made.append((tmp_path / "out").read_bytes())
    assert made[0] == made[1] != made[2]


def test_the_manifest_tells_all(write: Any, take: Any, tmp_path: Path) -> None:
    data = write("in.rdf", dcndl(shelf())).read_bytes()
    found = take("in.rdf", output="sample.rdf", size=40, seed=7)
    told = json.loads((tmp_path / "sample.rdf.manifest.json").read_bytes())
    made = (tmp_path / "sample.rdf").read_bytes()
    assert told == found.manifest
    assert (told["delivery"], told["complete"], told["format"], told["tool"]["name"]) == (
        "sample", True, "dcndl", "mokuroku",
    )  # fmt: skip
    assert told["inputs"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    output = told["outputs"][0]
    assert (output["sha256"], output["bytes"], output["records"]) == (hashlib.sha256(made).hexdigest(), len(made), 40)
    sampling = told["sampling"]
    assert (sampling["seed"], sampling["wanted"], sampling["by"]) == (7, 40, list(DIMENSIONS))
    assert sampling["counts"] == {"records": 400, "damaged": 0, "deleted": 0, "sample": 40}
    assert set(sampling["rule"]) == {"ja", "en"}
    marc = next(one for one in sampling["strata"] if one["value"] == "NS")
    assert {**marc, "sample": 0} == {"by": "marc", "value": "NS", "ja": "NS", "en": "NS", "records": 5, "sample": 0}
    assert marc["sample"] >= 1
    assert sampling["empty"]["marc"] == ["OPL", "KN", "TOHAN", "JAPAN", "US"]


def test_what_there_is_nothing_of(write: Any, take: Any) -> None:
    write("in.jsonl", jsonl([Book("1", "架空", "1951"), Book("2", "架空", "1984"), Book("3", "架空", "不明")]))
    found = take("in.jsonl", size=3)
    assert oldest(found.strata) == "1950"
    assert found.empty["decade"] == ["1960", "1970"]
    assert found.empty["gaiji"] == ["yes"]
    assert counts(found, "decade")["unread"] == (1, 1)


def test_some_strata_only(write: Any, take: Any) -> None:
    write("in.rdf", dcndl(shelf()))
    assert {one.by for one in take("in.rdf", by=("material", "gaiji")).strata} == {"material", "gaiji"}
    with pytest.raises(UsageError, match="--by colour"):
        take("in.rdf", by=("colour",))


def test_fields_can_be_named(write: Any, take: Any) -> None:
    write("in.csv", "No,名,年,種,番\r\n1,架空,1951,地図,\r\n2,架空,1999,図書,T1\r\n")
    found = take("in.csv", size=5)
    assert codes(found) == ["DLV-SAMPLE-ALL", *["DLV-SAMPLE-FIELD"] * 4]
    named = ["date=年", "material=種", "marc.XYZ=番", "reading=名"]
    found = take("in.csv", size=2, fields=named)
    assert codes(found) == []
    assert counts(found, "material") == {"図書": (1, 1), "地図": (1, 1)}
    assert counts(found, "marc") == {"XYZ": (1, 1), "none": (1, 1)}
    for wrong in ("date", "date=", "dates=年"):
        with pytest.raises(UsageError):
            take("in.csv", fields=[wrong])


def test_several_files_are_one(write: Any, take: Any, tmp_path: Path) -> None:
    books = shelf(100)
    write("a.csv", table(books[:50]).rstrip(b"\r\n"))
    write("b.csv", table(books[50:]))
    found = take("a.csv", "b.csv", size=100)
    assert ids((tmp_path / "out").read_bytes(), "csv") == [book.id for book in books]
    assert found.records == 100
    write("c.csv", table(books).replace("書名,".encode(), "題名,".encode()))
    with pytest.raises(UsageError, match="cannot stand in one file"):
        take("a.csv", "c.csv")
    with pytest.raises(UsageError, match="twice"):
        take("a.csv", "a.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv", "c.csv", "out", "out.manifest.json"]


def test_rows_of_blanks_are_the_readers_matter(write: Any, take: Any) -> None:
    last = table([Book("9", "架空")]).partition(b"\r\n")[2]
    data = write("in.csv", table(MANY) + b" ,,,,,,,\r\n,,,,,,,\r\n\r\n" + last).read_bytes()
    kind = format_named("csv")
    read = kind.load_reader()(Source.of(data), {option.name: option.default for option in kind.read_options})
    assert take("in.csv", size=50).records == sum(1 for record in read if record.body is not None) == 7


def test_a_record_of_which_the_reader_makes_nothing(write: Any, take: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convert.deliver.stream.Stream._understood", lambda *_: [])
    write("in.csv", table(MANY[:1]))
    assert codes(take("in.csv")) == ["DLV-UNREAD", "DLV-NONE"]


def test_very_many_files(write: Any, tmp_path: Path) -> None:
    files = [write(f"{book.id}.rdf", dcndl([book])) for book in shelf(1100)]
    found = sample(SampleRequest(files, tmp_path / "out", size=1100))
    assert (found.records, found.sample) == (1100, 1100)


def test_encodings_of_tables(write: Any, take: Any, tmp_path: Path) -> None:
    books = [Book(f"{n}", f"架空の表と裏 {n}") for n in range(20)]
    data = table(books, encoding="cp932")
    write("in.csv", data)
    found = take("in.csv", size=20, read={"encoding": "cp932"})
    assert (tmp_path / "out").read_bytes() == data
    assert counts(found, "gaiji") == {"no": (20, 20)}
    write("wide.csv", table(books, encoding="utf-16"))
    assert codes(take("wide.csv", output="wide")) == ["PKG-CUT-ENCODING"]
    assert not (tmp_path / "wide").exists()


def test_cells_with_line_ends_and_titles_above(write: Any, take: Any, tmp_path: Path) -> None:
    data = '蔵書一覧\r\n\r\n書誌番号,書名,出版年月,資料区分\r\n1,"上\r\n""下""",1999,図書\r\n,,,\r\n2,架空,1950,地図'
    write("in.csv", data)
    found = take("in.csv", size=9, read={"header_row": "3"}, by=("decade",))
    assert (tmp_path / "out").read_bytes().decode() == data.replace(",,,\r\n", "")
    assert found.records == 2


def test_old_line_ends(write: Any, take: Any, tmp_path: Path) -> None:
    data = write("in.csv", table(shelf(30)).replace(b"\r\n", b"\r")).read_bytes()
    assert take("in.csv", size=30).records == 30
    assert (tmp_path / "out").read_bytes() == data
    write("in.jsonl", jsonl(shelf(3)).replace(b"\n", b"\r", 1))
    assert take("in.jsonl", size=30).records == 3


def test_deletions_are_no_part_of_a_sample(write: Any, take: Any, tmp_path: Path) -> None:
    write("in.xml", oai(shelf(30), gone=["X1", "X2"]))
    found = take("in.xml", size=30)
    assert (found.records, found.deleted, found.damaged) == (30, 2, 0)
    assert b"deleted" not in (tmp_path / "out").read_bytes()


# ── What is wrong with files ─────────────────────────────────────────────────────────────────────


def test_all_of_a_small_file(write: Any, take: Any, tmp_path: Path) -> None:
    data = write("in.dat", somoku(shelf(20))).read_bytes()
    found = take("in.dat", size=1000, read=READ["somoku"])
    assert codes(found) == ["DLV-SAMPLE-ALL"]
    assert (tmp_path / "out").read_bytes() == data


def test_too_few_for_all_strata(write: Any, take: Any) -> None:
    write("in.rdf", dcndl(shelf()))
    found = take("in.rdf", size=3)
    assert codes(found) == ["DLV-SAMPLE-SMALL"]
    assert found.sample == 3


def test_free_text_is_no_stratum(write: Any, take: Any) -> None:
    write("in.jsonl", jsonl([Book(f"{n}", "架空", material=f"種別 {n}") for n in range(MAX_VALUES + 50)]))
    found = take("in.jsonl", size=10, by=("material",))
    assert codes(found) == ["DLV-SAMPLE-MANY", "DLV-SAMPLE-SMALL"]
    assert counts(found, "material")["other"][0] == 50


def damaged_xml() -> bytes:
    whole = dcndl(MANY)
    start = whole.index(b"<dcterms:title>", whole.index(b"bib/2"))
    return whole[:start] + b"<broken" + whole[start:]


DAMAGED = {
    "dcndl": (damaged_xml(), 4, ["SRC-XML-MALFORMED"]),
    "dcndl-tag": (oai(MANY).replace(b'#material"><dcterms', b'#material"<dcterms', 1), 4, ["SRC-XML-MALFORMED"]),
    "jsonl": (jsonl(MANY) + b'{"id": \n', 5, ["SRC-JSON"]),
    "csv": (table(MANY) + b'9,a"b"c,,,,,,\r\n8,x,,,,,,\r\n', 6, ["DLV-ROW"]),
    "tsv": (MAKERS["tsv"](MANY) + b"9\tx\r\n", 5, ["SRC-ROW-SHORT"]),
}


@pytest.mark.parametrize("name", sorted(DAMAGED))
def test_damaged_records_are_told_and_left_out(name: str, write: Any, take: Any, tmp_path: Path) -> None:
    data, good, told = DAMAGED[name]
    write("in", data)
    name = name.partition("-")[0]
    found = take("in", size=50, format=name)
    assert (found.records, found.sample) == (good, good)
    assert found.damaged >= 1
    assert codes(found)[: len(told)] == told or name == "tsv"
    assert "DLV-SKIPPED" in codes(found)
    assert len(ids((tmp_path / "out").read_bytes(), name)) == good


def test_damage_is_told_at_its_place(write: Any, take: Any) -> None:
    write("in.jsonl", jsonl([Book("1", "架空"), Book("2", "架空")]) + b"\n{x}\n" + jsonl([Book("3", "架空")]))
    issue = take("in.jsonl").issues[0]
    assert (issue.code, issue.at.line) == ("SRC-JSON", 4)
    books = somoku(shelf(3))
    write("in.dat", books[:-40] + b"X" * 40)
    assert take("in.dat", read=READ["somoku"]).issues[0].slots["record"] == len(somoku(shelf(2)))


def test_what_stands_between_records(write: Any, take: Any, tmp_path: Path) -> None:
    whole = dcndl([Book(f"{n}", "架空") for n in range(4)])
    admin, bib = b"</dcndl:BibAdminResource>", b"</dcndl:BibResource>"
    write("in.rdf", whole.replace(bib, bib + b"stray", 1))
    found = take("in.rdf", size=9)
    assert (found.records, codes(found)) == (4, ["DLV-BETWEEN", "DLV-SKIPPED", "DLV-SAMPLE-ALL"])
    assert b"stray" not in (tmp_path / "out").read_bytes()
    write("in.rdf", whole.replace(admin, admin + b"\xff", 1))
    found = take("in.rdf", size=9)
    assert (found.records, found.issues[0].code, found.issues[0].at.line) == (3, "DLV-BETWEEN", 3)
    data = write("in.rdf", whole.replace(admin, admin + "<!-- 注 -->".encode(), 1)).read_bytes()
    assert take("in.rdf", size=9).records == 4
    assert (tmp_path / "out").read_bytes() == data


def test_a_damaged_root_of_a_record(write: Any, take: Any) -> None:
    write("in.xml", oai(MANY).replace(b'rdf-syntax-ns#" ', b'rdf-syntax-ns#"< ', 1))
    found = take("in.xml", size=9)
    assert (found.records, found.damaged, found.issues[0].code) == (4, 1, "SRC-XML-MALFORMED")


def test_a_record_that_lost_its_beginning(write: Any, take: Any, tmp_path: Path) -> None:
    write("in.rdf", dcndl(MANY).replace(b"</dcndl:BibResource>", b"", 1))
    found = take("in.rdf", size=9)
    assert [issue.code for issue in found.issues[:2]] == ["SRC-XML-MALFORMED", "DLV-TORN"]
    assert ids((tmp_path / "out").read_bytes(), "dcndl") == ["2", "3", "4"]


def test_a_damaged_node_takes_its_record_with_it(write: Any, take: Any, tmp_path: Path) -> None:
    data = dcndl([Book(f"{n}", "架空") for n in range(4)])
    cut = data.replace(b"</dcndl:BibAdminResource>", b"", 2).replace(b"</dcndl:BibAdminResource>", b"</x>", 1)
    write("in.rdf", cut)
    found = take("in.rdf", size=50)
    assert found.damaged
    assert ids((tmp_path / "out").read_bytes(), "dcndl")[-1] == "3"


@pytest.mark.parametrize(
    ("name", "data", "wanted"),
    [
        ("in.rdf", b"<ONIXMessage><Product/></ONIXMessage>", "PKG-CUT-NONE"),
        ("in.rdf", dcndl([]), "PKG-CUT-NONE"),
        ("in.rdf", dcndl(shelf(3)).replace(b"xmlns:owl=", b"xmlns:owl"), "PKG-CUT-HEAD"),
        ("in.jsonl", b"[\n{}\n]\n", "DLV-ARRAY"),
        ("in.csv", b"", "DLV-NONE"),
        ("in.csv", "書誌番号,書名\r\n".encode(), "DLV-NONE"),
        ("in.dat", b"no record at all", "DLV-NONE"),
        ("in.jsonl", b'{"a"\n', "DLV-NONE"),
        ("in.jsonl", b'{"a": "' + b"x" * 300 + b'"}\n', "SRC-TOO-LONG"),
    ],
)
def test_no_sample(name: str, data: bytes, wanted: str, write: Any, take: Any, tmp_path: Path) -> None:
    write(name, data)
    read = {"max_record": "200"} if wanted == "SRC-TOO-LONG" else {}
    found = take(name, read=read)
    assert wanted in codes(found)
    assert not found.written
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_cannot_be_sampled(write: Any, take: Any, tmp_path: Path) -> None:
    for name in ("in.xlsx", "in.zip"):
        write(name, b"PK\x03\x04")
    write("in.bin", b"\x00\x01")
    write("in.csv", table(shelf(5)))
    for file, options, wanted in (
        ("in.xlsx", {}, "workbook"),
        ("in.zip", {}, "compressed"),
        ("in.bin", {}, "cannot be told"),
        ("in.csv", {"format": "xlsx"}, "cannot be cut"),
        ("in.csv", {"format": "nothing"}, "nothing"),
        ("gone.csv", {}, "cannot be read"),
        ("in.csv", {"output": "in.csv"}, "one of the files"),
        ("in.csv", {"read": {"colour": "red"}}, "colour"),
    ):
        with pytest.raises(UsageError, match=wanted):
            take(file, **options)
    with pytest.raises(UsageError, match="name a file"):
        sample(SampleRequest([tmp_path / "in.csv"], "-"))


def test_a_file_that_changes_meanwhile(write: Any, take: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("in.csv", table(shelf(50)))
    real = Urn.draw

    def later(self: Urn) -> Drawn:
        write("in.csv", table(shelf(50)).replace("架空".encode(), "仮空".encode()))
        return real(self)

    monkeypatch.setattr(Urn, "draw", later)
    with pytest.raises(RunError, match="changed"):
        take("in.csv", size=9)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_what_the_run_said_of_the_file(write: Any, take: Any, tmp_path: Path) -> None:
    data = write("in.rdf", dcndl(shelf(20))).read_bytes()
    outputs = [{"name": "in.rdf", "bytes": len(data), "sha256": "0", "records": 20}]
    run = {"manifest": 1, "complete": False, "incomplete_reason": "limit", "outputs": outputs, "mapping": {"id": "m"}}
    write("in.rdf.manifest.json", json.dumps(run))
    found = take("in.rdf", size=20)
    assert codes(found) == ["PKG-RUN-INCOMPLETE", "PKG-RUN-CHANGED"]
    assert found.manifest is not None
    assert found.manifest["mapping"] == {"id": "m"}


LOOSE = st.binary(max_size=300).filter(lambda data: not (packing_of(data) or foreign_archive(data)))


@given(LOOSE, st.sampled_from(NAMES))
def test_any_bytes_end_without_a_traceback(data: bytes, name: str) -> None:
    whole = MAKERS[name](shelf(3))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "in"
        for content in (data, whole[: len(data)] + data + whole[len(data) :]):
            file.write_bytes(content)
            sample(SampleRequest([file], Path(folder) / "out", size=2, format=name, read=READ.get(name, {})))


# ── Drawing ──────────────────────────────────────────────────────────────────────────────────────


def drawn(keys: Sequence[tuple[tuple[str, ...], ...]], size: int, seed: int = 1) -> Drawn:
    urn = Urn(size, seed, len(keys[0]) if keys else 0)
    for number, key in enumerate(keys):
        urn.add(number, key, (0, number, 0, 0))
    return urn.draw()


KEYS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=2, unique=True).map(lambda v: tuple(sorted(v))),
        st.sampled_from([("x",), ("y",)]),
    ),
    min_size=1,
    max_size=200,
)


@given(KEYS, st.integers(1, 250), st.integers(0, 9))
def test_as_many_as_asked_for_and_each_stratum(keys: Any, size: int, seed: int) -> None:
    found = drawn(keys, size, seed)
    numbers = [place[1] for place in found.places]
    assert len(numbers) == min(size, len(keys))
    assert numbers == sorted(set(numbers))
    values = {(at, value) for key in keys for at, own in enumerate(key) for value in own}
    if size >= len(values):
        assert not list(found.missed())
    for at, counts_ in enumerate(found.records):
        assert counts_ == Counter(value for key in keys for value in key[at])
        assert found.sampled[at] == Counter(value for number in numbers for value in keys[number][at])


def test_shares_follow_the_square_root() -> None:
    keys = [(("a",),)] * 10_000 + [(("b",),)] * 2_500 + [(("c",),)] * 100
    found = drawn(keys, 800)
    assert dict(found.sampled[0]) == {"a": 500, "b": 250, "c": 50}


def test_chance_does_not_lean_to_early_or_late_records() -> None:
    hits = Counter(place[1] // 1000 for seed in range(60) for place in drawn([(("a",),)] * 10_000, 50, seed).places)
    assert max(hits.values()) - min(hits.values()) < 110  # of 300 each


def test_memory_is_bounded_and_the_draw_fair_after_shrinking(monkeypatch: pytest.MonkeyPatch) -> None:
    urn = Urn(20, 1, 1)
    urn._most = 100
    for number in range(20_000):
        urn.add(number, ((f"{number % 50}",),), (0, number, 0, 0))
    assert sum(len(cell.held) for cell in urn._cells.values()) <= 2 * 50 * 10
    places = urn.draw().places
    assert len(places) == 20
    halves = Counter(place[1] // 10_000 for place in places)
    assert min(halves.values()) > 3


def test_many_combinations_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convert.deliver.drawing.MAX_CELLS", 10)
    keys = [((f"{n % 30}",), (f"{n % 7}",)) for n in range(1000)]
    found = drawn(keys, 100)
    assert len(found.places) == 100
    assert not list(found.missed())


def test_strata_of_dates_and_characters() -> None:
    dates = {
        "平成元年": "1980",
        "c2005": "2000",
        "明治20年代": "1880",
        "１９８７": "1980",
        "20110331": "2010",
        "なし": None,
    }
    assert {text: decade(text) for text in dates} == dates
    assert not has_gaiji("渡辺～－∥ｱＡ")
    assert all(map(has_gaiji, "①é𠮷〓"))


def test_escapes_are_no_gaiji_but_what_they_stand_for_is(write: Any, take: Any) -> None:
    write("in.jsonl", '{"id":"1","title":"\\u67b6"}\n{"id":"2","title":"\\u9ad9"}\n')
    assert counts(take("in.jsonl", by=("gaiji",)), "gaiji") == {"no": (1, 1), "yes": (1, 1)}
    write("in.rdf", dcndl([Book("1", "&#x67B6;"), Book("2", "&#x9AD9;")]))
    assert counts(take("in.rdf", by=("gaiji",)), "gaiji") == {"no": (1, 1), "yes": (1, 1)}


def test_every_form_is_a_format_with_a_cutter() -> None:
    assert set(forms()) <= set(formats())
    for form in forms().values():
        assert form.load().options is not None


def test_shapes_of_other_files_of_dcndl(shared: Path, tmp_path: Path) -> None:
    for file in sorted((shared / "dcndl").rglob("*.xml")):
        found = sample(SampleRequest([file], tmp_path / "out", format="dcndl"))
        assert found.damaged == 0, file
        assert found.written or [issue.code for issue in found.issues] == ["PKG-CUT-NONE"], file


# ── The command ──────────────────────────────────────────────────────────────────────────────────


def run(*arguments: object) -> Any:
    return CliRunner().invoke(group, [str(argument) for argument in arguments])


def test_the_command(write: Any, tmp_path: Path) -> None:
    file, out = write("in.rdf", dcndl(shelf())), tmp_path / "sample.rdf"
    done = run("sample", file, "-n", 40, "-o", out)
    assert done.exit_code == 0
    assert "400 件から 40 件" in done.output
    assert "1930 年より前のレコードはありません" in done.output
    assert "（レコードがない層：OPL、KN、TOHAN、JAPAN、US）" in done.output
    done = run("sample", file, "-n", 40, "-o", out, "--lang", "en", "--by", "decade,marc")
    assert "no record before 1930" in done.output
    told = json.loads(run("sample", file, "-n", 40, "-o", out, "--json").stdout)
    assert (told["counts"]["sample"], told["output"]["records"], told["exit_code"]) == (40, 40, 0)
    assert sum(one["sample"] for one in told["strata"] if one["by"] == "gaiji") == 40


def test_exit_codes(write: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bad = write("bad.jsonl", jsonl(shelf(5)) + b"{\n")
    assert run("sample", bad, "-o", out).exit_code == 1
    assert out.exists()
    assert run("sample", bad, "-o", out, "--fail-on", "fatal", "-q").exit_code == 0
    assert run("sample", write("no.jsonl", b"{\n"), "-o", tmp_path / "x").exit_code == 3
    assert run("sample", bad, "-o", out, "--by", "x").exit_code == 2
    assert run("sample", tmp_path / "none.jsonl", "-o", out).exit_code == 2


def test_a_sample_goes_into_a_package(write: Any, tmp_path: Path) -> None:
    file, out = write("in.dat", somoku(shelf(50))), tmp_path / "sample.dat"
    assert run("sample", file, "-n", 10, "-o", out, "-r", f"layout={LAYOUT}").exit_code == 0
    done = run("package", out, "--library", "1311", "--date", "2026-01-05", "-o", tmp_path / "box", "--json")
    assert done.exit_code == 0
    with zipfile.ZipFile(tmp_path / "box" / "updt1311_20260105_01.zip") as archive:
        assert archive.read("updt1311_20260105_01.dat") == out.read_bytes()
    source = json.loads(done.stdout)["packages"][0]["sources"][0]
    assert source["run"]["unchanged_since"] is True
    assert run("inspect", tmp_path / "box" / "updt1311_20260105_01.zip").exit_code == 0
