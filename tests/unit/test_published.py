"""What Japan Search has published, harvested from a server on loopback, against what is about to be sent."""

from __future__ import annotations

import copy
import csv
import json
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

import convert
from convert.errors import UnknownName, UsageError
from convert.harvest.web import Manners, Web
from tests.jps_server import Api, Record, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

from convert.formats.japansearch.published.values import values_of
from convert.harvest.japansearch.plan import Request
from convert.harvest.japansearch.query import query_of
from convert.harvest.japansearch.run import Harvest
from convert.store.base import open_store
from convert.store.place import Place

ITEMS = ("資料ID_s", "作品名_s", "解説_h", "画像URL_u", "受入日_d", "常設展示_b", "高さcm_n", "緯度経度_l")


def common(number: int, **more: Any) -> Record:
    name = f"kakuu-M{number}"
    return {
        "id": name, "title": f"架空の図{number}", "lastUpdatedDate": 1774882800000, "database": "kakuu",
        "linkUrl": f"https://museum.example.jp/{number}", "contributor": ["架空太郎"],
        "coordinates": {"lat": 35.5, "lon": 139.25}, "contentsRightsType": "cc0",
    } | more  # fmt: skip


def own(number: int) -> list[Any]:
    """The items of a record, in the order of :data:`ITEMS`."""
    text = f"架空の図{number}"
    url = f"https://museum.example.jp/{number}.jpg"
    return [
        f"M{number}",
        text,
        f"<p>{text}</p>",
        url,
        165510000000 + number,
        number % 2 == 0,
        12.5 + number,
        "35.5,139.25",
    ]


def sent(number: int, **more: Any) -> Record:
    """A record as it is written by convert, items by name."""
    return {"id": f"kakuu-M{number}", "common": common(number, **more), **dict(zip(ITEMS, own(number), strict=True))}


def served(number: int, keys: str = "number", **more: Any) -> Record:
    """A record as it is served: with what the receiver adds, and with its keys."""
    added = {"apiType": "ok", "access": "PUBLIC", "dclass": "291", "ownerOrg": "KAKUU"}
    names = [str(n) if keys == "number" else name[:-2] for n, name in enumerate(ITEMS)]
    items = {f"kakuu-{n}-{name[-1]}": value for n, name, value in zip(names, ITEMS, own(number), strict=True)}
    items |= {"kakuu-受入日-d": "1975-04-01T00:00:00+09:00"} if keys == "iso" else {}
    return {"id": f"kakuu-M{number}", "common": common(number, **more) | added, "rdfindex": {"type": ["x"]}, **items}


PUBLISHED = [served(number) for number in range(1, 6)]
SENT = [sent(number) for number in range(1, 6)]


def harvest(folder: Path, records: Sequence[Record], labels: list[Any] | None = None, name: str = "jps.db") -> Path:
    path = folder / name
    query = query_of("items", filters=[("f-db", "kakuu")])
    told = {"kakuu": labels} if labels is not None else {}
    with (
        serving(Api(records, labels=told)) as address,
        open_store(Place(str(path)), create=True) as store,
        Web(Manners(rate=0)) as web,
    ):
        assert Harvest(store, web, Request(query, address)).run().complete
    return path


def lines(path: Path, records: Sequence[Record]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def labelled(path: Path, items: Sequence[str] = ITEMS, ids: Sequence[str] = ("資料ID_s",)) -> None:
    """The label definition that convert writes beside its output."""
    with path.with_name(path.name + ".labels.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("項目名", "型", "型の名称", "共通項目ラベル", "共通項目のキー", "出力のキー"))
        for name in items:
            writer.writerow((name[:-2], name[-1], "", "", "id" if name in ids else "", name))


@pytest.fixture
def compare(tmp_path: Path, says_all: Callable[[Any], None]) -> Callable[..., convert.Report]:
    def run(published: Sequence[Record], records: Sequence[Record], **more: Any) -> convert.Report:
        store = harvest(tmp_path, published, more.pop("labels", None))
        path = lines(tmp_path / "items.jsonl", records)
        if more.pop("beside", False):
            labelled(path)
        report = convert.check(path, "japansearch", published="kakuu", store=str(store), **more)
        for issue in report.issues:
            says_all(issue)
        return report

    return run


def found(report: convert.Report) -> dict[str, int]:
    return {code.code: code.instances for code in report.tally.codes if code.code.startswith("DSET-PUBLISHED")}


def counts(report: convert.Report) -> tuple[int, ...]:
    assert report.published is not None
    names = ("published", "sent", "missing", "extra", "changed", "unchanged", "moved")
    return tuple(report.published[name] for name in names)


def by(report: convert.Report) -> dict[str, str]:
    assert report.published is not None
    return {item["sent"]: item["by"] for item in report.published["items"]}


def test_the_same_is_the_same(compare: Callable[..., convert.Report]) -> None:
    report = compare(PUBLISHED, SENT, beside=True)
    assert counts(report) == (5, 5, 0, 0, 0, 5, 0)
    assert by(report) == dict.fromkeys(ITEMS, "number")
    assert found(report) == {"DSET-PUBLISHED-GUESSED": 1}


@pytest.mark.parametrize("way", ["label", "name", "number", "value", "key"])
def test_how_items_are_paired(compare: Callable[..., convert.Report], way: str) -> None:
    """By the receiver's labels, by names, by the number of the column, by values, by the key itself."""
    labels = [{"path": f"kakuu-{n}-{name[-1]}", "label": {"ja": name[:-2]}} for n, name in enumerate(ITEMS)]
    published = [served(number, "name") for number in range(1, 6)] if way == "name" else PUBLISHED
    mine = [{k: v for k, v in record.items() if k != "rdfindex"} for record in PUBLISHED] if way == "key" else SENT
    report = compare(published, mine, labels=labels if way == "label" else None, beside=way == "number")
    assert set(by(report).values()) == {way}
    assert len(by(report)) == 8
    assert counts(report)[4:6] == (0, 5)
    assert ("DSET-PUBLISHED-GUESSED" in found(report)) == (way in ("number", "value"))


def test_what_is_missing_new_and_changed(compare: Callable[..., convert.Report]) -> None:
    changed = sent(3, title="改題", contributor=["架空太郎", "架空花子"])
    changed["高さcm_n"] = 99
    del changed["common"]["linkUrl"]
    changed["common"]["titleYomi"] = "かいだい"
    report = compare(PUBLISHED, [sent(1), sent(2), changed, sent(4), sent(8)], beside=True)
    assert counts(report) == (5, 5, 1, 1, 1, 3, 0)
    assert report.published is not None
    fields = {field["field"]: field for field in report.published["fields"]}
    told = {name: tuple(one[kind] for kind in ("changed", "added", "gone", "same")) for name, one in fields.items()}
    assert told["common.title"] == told["common.contributor"] == told["高さcm_n"] == (1, 0, 0, 3)
    assert told["common.linkUrl"] == (0, 0, 1, 3)
    assert told["common.titleYomi"] == (0, 1, 0, 0)
    assert told["作品名_s"] == (0, 0, 0, 4)
    assert fields["common.title"]["samples"] == [{"record": "kakuu-M3", "published": "架空の図3", "sent": "改題"}]
    assert (fields["common.title"]["ja"], fields["common.title"]["en"] is not None) == ("名称/タイトル", True)
    assert found(report) == {
        "DSET-PUBLISHED-GUESSED": 1,
        "DSET-PUBLISHED-MISSING": 1,
        "DSET-PUBLISHED-EXTRA": 1,
        "DSET-PUBLISHED-CHANGED": 5,
    }
    issue = next(issue for issue in report.issues if issue.code == "DSET-PUBLISHED-CHANGED")
    assert (issue.record_id, issue.at.line) == ("kakuu-M3", 3)


def test_an_id_that_changed(compare: Callable[..., convert.Report]) -> None:
    renamed = sent(5) | {"id": "kakuu-N5"}
    report = compare(PUBLISHED, [*SENT[:4], renamed], beside=True)
    assert counts(report) == (5, 5, 1, 1, 0, 4, 1)
    moved = next(issue for issue in report.issues if issue.code == "DSET-PUBLISHED-ID")
    assert (moved.value, moved.slots["old"]) == ("kakuu-N5", "kakuu-M5")


def test_what_is_written_in_another_way_is_the_same(compare: Callable[..., convert.Report]) -> None:
    other = copy.deepcopy(SENT)
    for number, record in enumerate(other, start=1):
        record["受入日_d"] = own(number)[4]
        record["高さcm_n"] = f"{12.5 + number}0"
        record["common"]["lastUpdatedDate"] = "2026-03-31T00:00:00+09:00"
        record["common"]["coordinates"] = {"lat": "35.50", "lon": "139.250"}
        record["common"]["description"] = ""
        record["空_s"] = None
    report = compare(PUBLISHED, other, beside=True)
    assert counts(report)[4:6] == (0, 5)


def test_dates_as_iso_8601() -> None:
    assert values_of({"x-1-d": "1975-04-01T00:00:00+09:00"}) == values_of({"x-1-d": "165510000000"})


def test_a_file_of_items_alone(compare: Callable[..., convert.Report]) -> None:
    bare = [{name: value for name, value in record.items() if name != "common"} for record in SENT]
    bare[0]["作品名_s"] = "改題"
    report = compare(PUBLISHED, bare, beside=True)
    assert counts(report)[4:6] == (1, 4)
    assert report.published is not None
    assert not [field for field in report.published["fields"] if field["field"].startswith("common.")]
    assert found(report) == {"DSET-PUBLISHED-GUESSED": 1, "DSET-PUBLISHED-NO-COMMON": 1, "DSET-PUBLISHED-CHANGED": 1}


def test_items_that_have_no_counterpart(compare: Callable[..., convert.Report]) -> None:
    published = [record | {"kakuu-20-s": "もう送らない"} for record in PUBLISHED]
    mine = [record | {"新しい項目_s": "新しい"} for record in SENT]
    report = compare(published, mine, beside=True)
    assert counts(report)[4:6] == (0, 5)
    assert report.published is not None
    assert (report.published["only_sent"], report.published["only_published"]) == (["新しい項目_s"], ["kakuu-20-s"])
    assert found(report) == {"DSET-PUBLISHED-GUESSED": 1, "DSET-PUBLISHED-ITEM-NEW": 1, "DSET-PUBLISHED-ITEM-GONE": 1}


def test_columns_that_moved_are_paired_by_their_values(compare: Callable[..., convert.Report], tmp_path: Path) -> None:
    """A column that was put in front moves the numbers of the others."""
    labelled(tmp_path / "items.jsonl", ("資料ID_s", "別名_s", *ITEMS[1:]))
    report = compare(PUBLISHED, [record | {"別名_s": "別"} for record in SENT])
    assert by(report) == {name: "number" if name == "資料ID_s" else "value" for name in ITEMS}
    assert counts(report)[4:6] == (0, 5)


def test_a_file_of_another_database(compare: Callable[..., convert.Report]) -> None:
    other = [record | {"id": record["id"].replace("kakuu", "betsu")} for record in SENT]
    report = compare(PUBLISHED, other)
    assert counts(report)[:4] == (5, 5, 5, 5)
    assert found(report)["DSET-PUBLISHED-OTHER"] == 1


def test_records_without_id(compare: Callable[..., convert.Report]) -> None:
    report = compare(PUBLISHED, [*SENT, {"common": {"title": "x"}}], beside=True)
    assert found(report) == {"DSET-PUBLISHED-GUESSED": 1, "DSET-PUBLISHED-NAMELESS": 1}


def test_ids_of_the_source(compare: Callable[..., convert.Report]) -> None:
    """A file for registration has the source's ids, whose hyphens the receiver turns into lines."""
    published = [served(1) | {"id": "kakuu-M_1", "common": common(1, id="kakuu-M_1")}]
    report = compare(published, [{"ID_s": "M-1", **dict(zip(ITEMS, own(1), strict=True))}])
    assert counts(report)[:6] == (1, 1, 0, 0, 0, 1)


def test_what_is_no_longer_published_is_not_compared(compare: Callable[..., convert.Report], tmp_path: Path) -> None:
    harvest(tmp_path, PUBLISHED)
    report = compare(PUBLISHED[:3], SENT, beside=True)
    assert counts(report)[:4] == (3, 5, 0, 2)


def test_gaps_of_the_harvest_are_told(tmp_path: Path) -> None:
    store = harvest(tmp_path, PUBLISHED)
    with open_store(Place(str(store))) as opened, opened.writing() as connection:
        connection.exec_driver_sql("UPDATE harvests SET state = json_set(state, '$.gaps', json('[{\"records\": 3}]'))")
    report = convert.check(lines(tmp_path / "x.jsonl", SENT), "japansearch", published="kakuu", store=str(store))
    assert found(report)["DSET-PUBLISHED-GAPS"] == 1


# ── Reports ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_report_tells(compare: Callable[..., convert.Report], tmp_path: Path, lang: str) -> None:
    names = [tmp_path / f"out.{kind}" for kind in ("json", "html", "xlsx", "txt", "csv")]
    changed = sent(3, title="<b>改題</b>")
    report = compare(PUBLISHED, [sent(1), changed, sent(9)], beside=True, reports=names, lang=lang)
    assert json.loads(names[0].read_bytes())["published"] == report.published
    page = names[1].read_text(encoding="utf-8")
    assert "&lt;b&gt;改題&lt;/b&gt;" in page
    assert "<b>改題" not in page
    book = openpyxl.load_workbook(names[2])
    cells = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    title = "名称/タイトル common.title" if lang == "ja" else f"{convert_name()} common.title"
    assert [title, 1, 0, 0, 1] in [row[:5] for row in cells]
    summary = names[3].read_text(encoding="utf-8")
    assert summary == report.summary(lang)
    assert title in summary
    assert "DSET-PUBLISHED-CHANGED" in names[4].read_text(encoding="utf-8-sig")


def convert_name() -> str:
    from convert.formats.japansearch.model import model

    return model().common["title"].en


# ── Where nothing can be compared ────────────────────────────────────────────────────────────────


def test_how_to_harvest_is_told(tmp_path: Path) -> None:
    path = lines(tmp_path / "items.jsonl", SENT)
    how = "mokuroku harvest japansearch items --database kakuu --store"
    with pytest.raises(UsageError, match=how) as caught:
        convert.check(path, "japansearch", published="kakuu", store=str(tmp_path / "none.db"))
    assert how in str(caught.value.ja)
    store = harvest(tmp_path, PUBLISHED)
    with pytest.raises(UsageError, match="no whole harvest of betsu"):
        convert.check(path, "japansearch", published="betsu", store=str(store))
    with open_store(Place(str(store))) as opened, opened.writing() as connection:
        connection.exec_driver_sql("UPDATE harvests SET finished = NULL")
    with pytest.raises(UsageError, match="has not come to its end"):
        convert.check(path, "japansearch", published="kakuu", store=str(store))


def test_only_whole_files_are_compared(tmp_path: Path) -> None:
    store = harvest(tmp_path, PUBLISHED)
    path = lines(tmp_path / "items.jsonl", SENT)
    with pytest.raises(UsageError, match="--limit"):
        convert.check(path, "japansearch", published="kakuu", store=str(store), limit=1)
    with path.open("rb") as stream, pytest.raises(UsageError, match="needs files"):
        convert.check(stream, "japansearch", published="kakuu", store=str(store))


def test_other_formats_know_of_nothing_published(tmp_path: Path) -> None:
    path = lines(tmp_path / "items.jsonl", SENT)
    with pytest.raises(UnknownName, match="published"):
        convert.check(path, "jsonl", published="kakuu", store=str(tmp_path / "none.db"))


def test_the_worked_example(tmp_path: Path, shared: Path) -> None:
    """The synthetic example: served keys against names with suffixes, by the definition's labels."""
    folder = shared / "japansearch" / "synthetic"
    published = [json.loads(line) for line in (folder / "expected_records.jsonl").read_text("utf-8").splitlines()]
    path = tmp_path / "sent.jsonl"
    path.write_bytes((folder / "expected_fields_underscore.jsonl").read_bytes())
    query = query_of("items", filters=[("f-db", "synthmus")])
    told = json.loads((folder / "definition.json").read_bytes())
    labels = next(value for value in told.values() if isinstance(value, list) and "path" in value[0])
    entries = [{"path": label["path"], "label": {"ja": _text(label["label"])}} for label in labels]
    with (
        serving(Api(published, labels={"synthmus": entries})) as address,
        open_store(Place(str(tmp_path / "jps.db")), create=True) as store,
        Web(Manners(rate=0)) as web,
    ):
        Harvest(store, web, Request(query, address)).run()
    report = convert.check(path, "japansearch", published="synthmus", store=str(tmp_path / "jps.db"))
    assert counts(report)[:6] == (5, 5, 0, 0, 0, 5)
    assert set(by(report).values()) == {"label"}


def _text(value: Any) -> str:
    return value["ja"] if isinstance(value, dict) else value
