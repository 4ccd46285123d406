"""Checks on the whole delivery: each fault at its place, none on clean data, the same from one process and from two."""

from __future__ import annotations

import csv
import json
import pickle
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import convert
from convert.check.dataset.readings import misfit
from convert.check.profiles import Profile, load_profile
from convert.registry import dataset_checks
from convert.run import job as jobs
from convert.run.feeds import CheckedFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

ROOT = Path(__file__).parents[2]
DATABASE = ROOT / "tests" / "fixtures" / "cases" / "database.yaml"
COLUMNS = ("ID", "名称", "ヨミ", "説明", "画像", "内容", "座標", "日付", "更新", "権利", "公開", "数", "備考")
MAPPING = f"""
mapping: 1
id: test
source: {{format: csv}}
target: {{format: japansearch, database: {DATABASE}}}
record: {{id: ID}}
fields:
  名称_s: {{from: 名称, label: title}}
  ヨミ_s: {{from: ヨミ, label: titleYomi}}
  説明_s: {{from: 説明, label: description}}
  画像_u: {{from: 画像, label: thumbnailUrl}}
  内容_u: {{from: 内容, label: contentsUrl}}
  座標_l: {{from: 座標, label: coordinates}}
  日付_s: {{from: 日付, label: temporal}}
  更新_d: {{from: 更新, label: lastUpdatedDate}}
  common.contentsRightsType: 権利
  common.contentsAccess: 公開
  数_s: 数
  備考_s: 備考
"""
AHEAD = (date.today() + timedelta(days=2000)).isoformat()
Row = dict[str, str]


def clean(count: int) -> list[Row]:
    """Rows in which nothing is wrong."""
    places = ("川", "村", "橋", "山")
    readings = ("ガワ", "ムラ", "バシ", "ヤマ")
    rows = []
    for n in range(1, count + 1):
        values = (
            f"B{n:06}", f"架空{places[n % 4]}図　其の{n}", f"カクウ{readings[n % 4]}ズ　ソノ{n}", f"第{n}号の説明。",
            f"https://museum.example.jp/images/{n}.jpg", f"https://museum.example.jp/iiif/{n}/manifest.json",
            f"{33 + n % 10}.5,{131 + n % 10}.25", f"{1900 + n % 100}", f"2025-0{1 + n % 9}-11",
            ("pdm", "cc0", "incr")[n % 3], ("internet", "restricted")[n % 2], str(n * 7 % 100), "あり" if n % 2 else "",
        )  # fmt: skip
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(
    folder: Path, rows: Sequence[Row], profile: str = "submission", mapping: str = MAPPING, **more: Any
) -> convert.Report:
    source, table = write_csv(folder / "in.csv", rows), folder / "mapping.yaml"
    table.write_text(mapping, "utf-8")
    return convert.Job(table, profile=profile, **more).run(source, folder / "out.jsonl")


def told(report: convert.Report) -> list[convert.Issue]:
    return [issue for issue in report.issues if issue.code.startswith("DSET-")]


def test_clean_data_give_no_alarm(tmp_path: Path) -> None:
    assert told(run(tmp_path, clean(1500))) == []


SAME = {"説明": "架空の説明が入ります"}
FAULTS: list[Any] = [
    ("DSET-TITLE-DESCRIPTION", 7, {"名称": "架空川の図と絵と文書", "説明": "架空川の図と絵と文書", "ヨミ": ""}, "D8"),
    ("DSET-TITLE-SCRIPT", 7, {"名称": "View No. 7"}, "B8"),
    ("DSET-READING-KANA", 7, {"ヨミ": "架空ガワズ"}, "C8"),
    ("DSET-READING-FIT", 7, {"名称": "架空川の図と絵と文書", "ヨミ": "カク"}, "C8"),
    ("DSET-READING-FIT", 7, {"名称": "スコットランドの図", "ヨミ": "カクウガワノズ ソノ"}, "C8"),
    ("DSET-READING-FIT", 7, {"名称": "川の図", "ヨミ": "カクウガワ" * 10}, "C8"),
    ("DSET-URL-SEVERAL", 7, {"画像": "https://museum.example.jp/1.jpg;https://museum.example.jp/2.jpg"}, "E8"),
    ("DSET-URL-PATTERN", 7, {"画像": "https://test.example.jp/images/7.jpg"}, "E8"),
    ("DSET-COORDINATES-OUTSIDE", 7, {"座標": "0,0"}, "G8"),
    ("DSET-DATE-FUTURE", 7, {"日付": "2190"}, "H8"),
    ("DSET-DATE-FUTURE", 7, {"更新": AHEAD}, "I8"),
    ("DSET-TYPE-DRIFT", 7, {"数": "七つ"}, "L8"),
    ("DSET-ID-SIMILAR", 7, {"ID": "b 4"}, "A8"),
]


@pytest.mark.parametrize(("code", "number", "changes", "cell"), FAULTS)
def test_one_fault(
    code: str, number: int, changes: Row, cell: str, tmp_path: Path, says_all: Callable[[Any], None]
) -> None:
    rows = clean(1200)
    rows[number - 1] |= changes
    (issue,) = told(run(tmp_path, rows))
    assert (issue.code, issue.at.cell, issue.ordinal) == (code, cell, number)
    says_all(issue)


WHOLE: list[Any] = [
    ("DSET-TITLE-FREQUENT", lambda n: {"名称": "写真", "ヨミ": "シャシン"} if n % 5 == 0 else {}, "B6", 240),
    ("DSET-FIELD-SPARSE", lambda n: {"備考": "あり" if n == 4 else ""}, "M5", 1),
    ("DSET-FIELD-CONSTANT", lambda n: SAME, "D2", 1200),
    ("DSET-THUMBNAIL-SAME", lambda n: {"画像": "https://museum.example.jp/no.png"}, "E2", 1200),
]


@pytest.mark.parametrize(("code", "changes", "cell", "count"), WHOLE)
def test_what_only_the_whole_shows(
    code: str, changes: Callable[[int], Row], cell: str, count: int, tmp_path: Path, says_all: Callable[[Any], None]
) -> None:
    rows = [row | changes(n) for n, row in enumerate(clean(1200), start=1)]
    found = told(run(tmp_path, rows))
    assert {issue.code for issue in found} == {code}
    assert (found[0].at.cell, found[0].slots["count"], found[0].slots["total"]) == (cell, count, 1200)
    says_all(found[0])


def test_values_that_a_mapping_gives_every_record_are_no_fault(tmp_path: Path) -> None:
    mapping = MAPPING.replace("{from: 説明, label", "{const: 架空の説明, label")
    assert told(run(tmp_path, clean(1200), mapping=mapping)) == []


TABLE = """
mapping: 1
id: test
source: {format: csv}
target: {format: csv}
record: {id: ID}
fields:
  タイトル: 名称
  画像: 画像
  内容: 内容
  座標: 座標
  権利: 権利
  公開: 公開
"""
ROLES = """
profile: 1
extends: submission
roles: {title: タイトル, thumbnail: 画像, contents: 内容, coordinates: 座標, rights: 権利, access: 公開}
"""


@pytest.mark.parametrize(
    ("code", "changes", "cell"),
    [
        ("DSET-URL-SCHEME", {"画像": "www.museum.example.jp/images/7.jpg"}, "E8"),
        ("DSET-URL-BLANK", {"画像": "https://museum.example.jp/images/7 a.jpg"}, "E8"),
        ("DSET-COORDINATES-SWAPPED", {"座標": "139.7,35.6"}, "G8"),
        ("DSET-RIGHTS-MISSING", {"権利": ""}, "J8"),
        ("DSET-ACCESS-CONTENTS", {"公開": "not_exist"}, "K8"),
        ("DSET-ACCESS-NOTHING", {"公開": "internet", "画像": "", "内容": ""}, "K8"),
    ],
)
def test_a_table_whose_roles_a_profile_tells(
    code: str, changes: Row, cell: str, tmp_path: Path, says_all: Callable[[Any], None]
) -> None:
    (tmp_path / "our.yaml").write_text(ROLES, "utf-8")
    rows = clean(300)
    rows[6] |= changes
    (issue,) = told(run(tmp_path, rows, profile=str(tmp_path / "our.yaml"), mapping=TABLE))
    assert (issue.code, issue.at.cell) == (code, cell)
    says_all(issue)


def test_required_fields_and_the_first_year(tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    our = "profile: 1\nchecks: [dates, required]\nrequired: [備考_s]\nthresholds: {dates: {earliest_year: 1901}}\n"
    (tmp_path / "our.yaml").write_text(our, "utf-8")
    rows = clean(100)
    found = told(run(tmp_path, rows, profile=str(tmp_path / "our.yaml")))
    early = [issue for issue in found if issue.code == "DSET-DATE-EARLY"]
    missing = [issue for issue in found if issue.code == "DSET-REQUIRED"]
    assert [issue.at.cell for issue in early] == ["H101"]
    assert [issue.at.cell for issue in missing[:2]] == ["M3", "M5"]
    assert len(missing) + len(early) == len(found)
    for issue in (early[0], missing[0]):
        says_all(issue)


# ── Statistics ───────────────────────────────────────────────────────────────────────────────────


class Counting:
    """A reporter that wants statistics."""

    streams = False
    wants_statistics = True
    report: convert.Report | None = None

    def __init__(self, path: Path, *, lang: str) -> None:
        pass

    def issue(self, issue: convert.Issue) -> None:
        pass

    def close(self, report: convert.Report) -> None:
        type(self).report = report

    def abort(self) -> None:
        pass


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> type[Counting]:
    named = jobs.reporter_named
    monkeypatch.setattr(jobs, "reporter_named", lambda suffix: Counting if suffix == "counts" else named(suffix))
    return Counting


def test_the_statistics(tmp_path: Path, counting: type[Counting]) -> None:
    source, table = write_csv(tmp_path / "in.csv", clean(1500)), tmp_path / "mapping.yaml"
    table.write_text(MAPPING, "utf-8")
    statistics = convert.Job(table).run(source, None, [tmp_path / "a.counts"]).statistics
    assert statistics is not None
    assert statistics["records"] == 1500
    source_fields = {field.pop("field"): field for field in statistics["source"]}
    assert list(source_fields) == list(COLUMNS)
    assert source_fields["ID"] == {"filled": 1500, "distinct": None, "longest": 7}
    assert source_fields["備考"] == {"filled": 750, "distinct": 1, "longest": 2}
    target = {field.pop("field"): field for field in statistics["target"]}
    assert target["備考_s"] == {"filled": 750, "distinct": 1, "longest": 2}
    assert target["更新_d"] == {"filled": 1500, "distinct": 9, "longest": 13}
    assert statistics["rights"] == [{"code": code, "records": 500} for code in ("cc0", "incr", "pdm")]
    assert statistics["dates"] == {str(1900 + decade): 150 for decade in range(0, 100, 10)}


def test_a_plain_run_counts_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, clean(3), profile="draft").statistics is None


# ── One process and two ──────────────────────────────────────────────────────────────────────────


def whole(report: convert.Report) -> str:
    left = {**report.to_dict(), "inputs": None, "outputs": None}
    return json.dumps(left, ensure_ascii=False, indent=1)


def both(folder: Path, rows: Sequence[Row], pool: Executor, mapping: str = MAPPING, profile: str = "submission") -> str:
    source, table = write_csv(folder / "in.csv", rows), folder / "mapping.yaml"
    table.write_text(mapping, "utf-8")
    found, lines = [], []
    for name, options in (("one", {}), ("two", {"jobs": 2, "shard_bytes": 1, "executor": pool})):
        place = folder / f"{name}.jsonl"
        report = convert.Job(table, profile=profile, **options).run(source, None, [place, folder / "a.counts"])
        found.append(whole(report))
        lines.append(place.read_text("utf-8"))
    assert found[1] == found[0]
    assert lines[1] == lines[0]
    return found[0]


def test_everything_at_once_from_two_processes(tmp_path: Path, pool: Executor, counting: type[Counting]) -> None:
    rows = clean(1300)
    for at, (_, _, changes, _) in enumerate(FAULTS):
        rows[40 + 90 * at] |= changes
    for row in rows[::6]:
        row |= {"名称": "写真", "ヨミ": "シャシン"}
    text = both(tmp_path, rows, pool)
    for code in {code for code, *_ in FAULTS} | {"DSET-TITLE-FREQUENT"}:
        assert f'"{code}"' in text


VALUES = {
    "ID": ["B1", "b-1", "B01", "Ｂ１", "B2", "B_2", "", "x"],
    "名称": ["写真", "Photo", "カヌーの図", "図", "", "\ud7ff", "写真 " * 9],
    "ヨミ": ["シャシン", "写真", "", "カ"],
    "説明": ["写真", "説明", "", "説明" * 70],
    "画像": ["https://a.example.jp/1", "https://b.example.jp/1", "a.jpg", "", "https://a.example.jp/ https://b.example.jp/"],
    "内容": ["https://a.example.jp/1", ""],
    "座標": ["35.5,139.5", "0,0", "139,35", "x", ""],
    "日付": ["1955", "昭和初期", "2999-01", "0000", ""],
    "更新": ["2025-01-01", "2999-01-01", "x", ""],
    "権利": ["cc0", "incr", "x", ""],
    "公開": ["internet", "not_exist", ""],
    "数": ["1", "2.5", "七", ""],
    "備考": ["", " ", "あり"],
}  # fmt: skip
LOW = """
profile: 1
checks: all
required: [備考_s]
thresholds:
  coordinates: {share: 50%, values: 2}
  dates: {earliest_year: 1960}
  fields: {sparse_share: 60%, sparse_records: 1, constant_records: 2}
  types: {share: 0.5, values: 2}
  readings: {share: 50%, titles: 2}
  titles: {share: 20%, records: 2, description_length: 1}
  urls: {share: 50%, values: 2}
"""
ROWS = st.lists(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}), max_size=25)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=ROWS)
def test_random_tables(
    rows: list[Row], tmp_path_factory: pytest.TempPathFactory, pool: Executor, counting: type[Counting]
) -> None:
    folder = tmp_path_factory.mktemp("random")
    (folder / "low.yaml").write_text(LOW, "utf-8")
    both(folder, rows, pool, profile=str(folder / "low.yaml"))


PLAIN = """
mapping: 1
id: test
source: {format: csv}
target: {format: jsonl}
record: {id: ID}
fields:
  {名称: {from: 名称, yomi: ヨミ}, 説明: 説明, 画像: 画像, 内容: 内容, 座標: 座標, 日付: 日付,
   権利: 権利, 公開: 公開, 数: 数}
"""
PLAYING = (
    "roles: {title: 名称, reading: 名称.yomi, description: 説明, thumbnail: 画像, contents: 内容, url: [内容, ない],"
    " coordinates: 座標, date: 日付, rights: 権利, access: 公開}\n"
)


@pytest.mark.parametrize("mapping", [MAPPING, PLAIN, TABLE], ids=["japansearch", "jsonl", "csv"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, size=st.integers(1, 7), few=st.sampled_from((-1, 0, 2, 1000)))
def test_it_does_not_matter_how_many_records_are_looked_at_together_and_how_many_texts_are_remembered(
    mapping: str, rows: list[Row], size: int, few: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("random")
    (folder / "low.yaml").write_text(LOW + ("" if mapping is MAPPING else PLAYING), "utf-8")
    found = []
    for records, remembered in ((500, 1000), (size, few)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(import_module("convert.check.dataset.columns"), "FEW", remembered)
            patch.setattr(import_module("convert.check.dataset.survey"), "RECORDS", records)
            patch.setattr(import_module("convert.check.dataset.survey"), "FEWER", records)
            found.append(whole(run(folder, rows, profile=str(folder / "low.yaml"), mapping=mapping)))
    assert found[0] == found[1]


def test_every_check_has_codes_and_a_place_in_the_default_profile() -> None:
    checks = dataset_checks()
    assert set(checks) == {
        "languages",
        "coordinates",
        "dates",
        "fields",
        "ids",
        "readings",
        "required",
        "rights",
        "texts",
        "titles",
        "types",
        "urls",
    }
    assert all(check.codes for check in checks.values())
    assert Profile("x").checks == ()


# ── Examples that are shipped ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mapping", "source"),
    [
        ("museum/csv-to-japansearch", "museum.csv"),
        ("museum/jsonl-to-japansearch", "museum.jsonl"),
        ("museum/xlsx-to-japansearch", "museum.xlsx"),
        ("library/csv-to-dcndl", "library.csv"),
    ],
)
def test_the_examples_give_no_alarm(mapping: str, source: str, tmp_path: Path) -> None:
    report = convert.Job(mapping, profile="submission").run(ROOT / "examples" / source, tmp_path / "out")
    deliberate = ("DSET-ID-DUPLICATE", "DSET-ID-MEET")
    assert [(issue.code, str(issue.at)) for issue in told(report) if issue.code not in deliberate] == []


# ── Merging, other formats, nasty data ───────────────────────────────────────────────────────────


def surveyed(folder: Path, rows: Sequence[Row], name: str, setting: Any) -> Any:
    """The survey of some rows that are checked as a table."""
    order = import_module("convert.check.dataset.survey").Order(tuple(dataset_checks()), setting, statistics=True)
    survey = import_module("convert.check.dataset.survey").Survey(order.in_folder(folder))
    reader = convert.read(write_csv(folder / f"{name}.csv", rows), "csv")
    survey.begin(CheckedFeed(reader, ROLES_BY_NAME))
    for record in reader:
        record.id = record.body[0]
        survey.add(record, None, 1)
    survey.flush()
    return pickle.loads(pickle.dumps(survey))  # noqa: S301


PLAYED = {
    "名称": "title", "ヨミ": "reading", "説明": "description", "画像": "thumbnail", "座標": "coordinates",
    "日付": "date", "権利": "rights", "公開": "access",
}  # fmt: skip
ROLES_BY_NAME = {name: frozenset((role,)) for name, role in PLAYED.items()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.tuples(ROWS, ROWS, ROWS))
def test_merging_is_associative(parts: tuple[list[Row], ...], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("merged")
    (folder / "low.yaml").write_text(LOW, "utf-8")
    setting = load_profile(str(folder / "low.yaml")).setting()
    sizes = [len(rows) for rows in parts]
    found = []
    for left in (True, False):
        one, two, three = (surveyed(folder, rows, "part", setting) for rows in parts)
        if left:
            one.merge(two, records=sizes[0], rows=sizes[0])
            one.merge(three, records=sizes[0] + sizes[1], rows=sizes[0] + sizes[1])
        else:
            two.merge(three, records=sizes[1], rows=sizes[1])
            one.merge(two, records=sizes[0], rows=sizes[0])
        found.append(([issue for issues in one.finish([]) for issue in issues], one.told()))
        one.close()
    assert found[0] == found[1]


def test_readings_of_dcndl(tmp_path: Path) -> None:
    mapping = """
mapping: 1
id: test
source: {format: csv}
target: {format: dcndl, base: "https://opac.example.jp/bib/{id}"}
record: {id: ID}
fields:
  title: {from: 名称, yomi: ヨミ}
  materialType: {const: 図書}
  issued: 日付
"""
    rows = clean(30)
    rows[4] |= {"名称": "架空川の図と絵と文書", "ヨミ": "カク"}
    rows[5] |= {"日付": "2190"}
    found = told(run(tmp_path, rows, mapping=mapping))
    assert [(issue.code, issue.at.row, issue.at.field, issue.target) for issue in found] == [
        ("DSET-READING-FIT", 6, "名称", "title"),
        ("DSET-DATE-FUTURE", 7, "日付", "issued"),
    ]


def test_the_file_for_registration(tmp_path: Path) -> None:
    mapping = MAPPING.replace("format: japansearch,", "format: japansearch, shape: registration, file: csv,")
    mapping = mapping.replace("  common.contentsRightsType: 権利\n  common.contentsAccess: 公開\n", "")
    rows = clean(300)
    assert told(run(tmp_path, rows, mapping=mapping)) == []
    rows[6] |= {"ヨミ": "架空ガワズ"}
    rows[7] |= {"画像": "https://test.example.jp/images/7.jpg"}
    found = {(issue.code, issue.at.cell) for issue in told(run(tmp_path, rows, mapping=mapping))}
    assert found == {("DSET-READING-KANA", "C8"), ("DSET-URL-PATTERN", "E9")}


def test_records_with_very_many_names(tmp_path: Path, counting: type[Counting]) -> None:
    lines = [json.dumps({"id": f"k{n}", "title": "無題", **{f"f{n}-{m}": m for m in range(40)}}) for n in range(300)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / "our.yaml").write_text("extends: submission\nroles: {title: title}\n", "utf-8")
    report = convert.check(
        tmp_path / "in.jsonl", "jsonl", profile=str(tmp_path / "our.yaml"), reports=[tmp_path / "a.counts"]
    )
    assert {issue.code for issue in report.issues} == {"DSET-TITLE-FREQUENT"}
    assert report.statistics is not None
    assert report.statistics["source"] == []


def test_points_of_the_linkage_format(tmp_path: Path) -> None:
    places = [{"lat": 35.5, "lon": 139.5}] * 30
    places[7] = {"lat": 0, "lon": 0}
    places[9] = {"lat": 139.5, "lon": 35.5}
    items = [
        {"id": f"db-{n}", "common": {"id": f"db-{n}", "title": f"架空の図{n}", "coordinates": place}}
        for n, place in enumerate(places)
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, items)), "utf-8")
    found = told(convert.check(tmp_path / "in.jsonl", "japansearch", profile="submission"))
    assert [(issue.code, issue.at.line, issue.target, issue.suggestion) for issue in found] == [
        ("DSET-COORDINATES-OUTSIDE", 8, "common.coordinates.lat", None),
        ("DSET-COORDINATES-SWAPPED", 10, "common.coordinates.lat", "35.5,139.5"),
    ]


def test_a_mapping_may_name_a_check(tmp_path: Path) -> None:
    rows = [row | {"画像": "https://museum.example.jp/no.png", "説明": "同じ説明です"} for row in clean(100)]
    found = told(run(tmp_path, rows, profile="draft", mapping=MAPPING + "checks: [fields]\n"))
    assert {issue.code for issue in found} == {"DSET-THUMBNAIL-SAME", "DSET-FIELD-CONSTANT"}


@pytest.mark.parametrize(
    ("title", "reading"),
    [
        ("蝶々", "チョウチョウ"), ("てふてふ", "チョウチョウ"), ("八ヶ岳の図", "ヤツガタケ ノ ズ"),
        ("五月雨", "サミダレ"), ("ＮＨＫスペシャル", "エヌエイチケイ スペシャル"), ("コーヒー", "コーヒー"),
        ("架空川 : 資料編", "カクウガワ"), ("ヴァイオリン", "バイオリン"), ("ティーカップ", "ていーかっぷ"),
        ("2001年", "ニセンイチネン"), ("志", "ココロザシ"),
        ("Photo", "フォト"), ("図", "Figure"), ("架空川図（部分）", "カクウガワズ"),
    ],
)  # fmt: skip
def test_readings_that_are_right(title: str, reading: str) -> None:
    assert misfit(title, reading) is None
