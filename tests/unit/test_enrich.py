"""``enrich`` in a mapping: what can be wrong with it, what it gives, and what a run says of it."""

from __future__ import annotations

import json
import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

import convert
from convert import registry
from convert.enrich.base import Enrichment, Found, Remark
from convert.errors import MappingError, UnknownName
from convert.formats.base import Option
from convert.harvest.cinii.query import endpoint
from convert.harvest.web import Manners, Web
from convert.mapping import schema
from convert.mapping.explain import Explainer
from convert.mapping.load import Overrides, inspect_mapping, load_mapping, make_target
from convert.messages.catalogue import catalogue
from convert.run.shards import Settings, make_converter, open_reader
from convert.source import Source
from convert.store.base import open_store
from convert.store.place import Place
from tests.cinii_server import Service, collection, holders, ncid, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from convert.check.issue import Issue

    Write = Callable[[str, str | bytes], Path]

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

from convert.harvest.cinii.run import Harvest, Request

BOOKS = collection(8)
NUMBERS = list(BOOKS)
HEAD = """mapping: 1
id: enriched
source: {format: csv}
target: {format: jsonl}
"""
FIELDS = """record: {id: ID}
fields:
  title: 書名
  names: $cinii.holdings.libraries[].name
"""
MAPPING = HEAD + "enrich:\n  cinii.holdings: {ncid: NCID, store: c.db}\n" + FIELDS


def harvested(place: Path, books: dict[str, Any] = BOOKS, **more: Any) -> Path:
    with serving(Service(books)) as base, open_store(Place(str(place)), create=True) as store:
        with Web(Manners(rate=0)) as web:
            outcome = Harvest(store, web, Request(endpoint("books", base), **more), list(books)).run()
        assert outcome.complete
    return place


def table(*ncids: str) -> str:
    return "ID,書名,NCID\n" + "".join(f"{number},架空の本{number},{ncid}\n" for number, ncid in enumerate(ncids, 1))


@pytest.fixture
def made(tmp_path: Path, write: Write) -> Path:
    """A folder with a store, a mapping and a table of the books in it and of one that is not."""
    harvested(tmp_path / "c.db")
    write("m.yaml", MAPPING)
    write("in.csv", table(*NUMBERS, ncid(77)))
    return tmp_path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# ── What can be wrong ────────────────────────────────────────────────────────────────────────────

E = "enrich:\n  "
WRONG: list[tuple[str, str, str | None]] = [
    (E + "▼cinii.holding: {ncid: NCID}", "MAP-ENRICH", "cinii.holdings"),
    (E + "▼cinii: {ncid: NCID}", "MAP-ENRICH", None),
    (E + "cinii.holdings: ▼{store: c.db}", "MAP-KEY-MISSING", None),
    (E + "cinii.holdings: ▼NCID", "MAP-SHAPE", None),
    (E + "cinii.holdings: {ncid: ▼[a, b]}", "MAP-SHAPE", None),
    (E + "cinii.holdings: {ncid: ▼$id}", "MAP-SHAPE", None),
    (E + "cinii.holdings: {ncid: ▼$cinii.holdings.ncid}", "MAP-SHAPE", None),
    (E + "cinii.holdings: {ncid: ▼^NCID}", "MAP-UP", None),
    (E + "cinii.holdings: {ncid: NCID, ▼stor: c.db}", "MAP-OPTION-NAME", "store"),
    (E + "cinii.holdings: {ncid: NCID, missing: ▼never}", "MAP-OPTION", None),
    (E + "cinii.holdings: {ncid: NCID, ill: ▼B}", "MAP-OPTION", None),
    (E + "cinii.holdings: {ncid: NCID, cont: ▼2}", "MAP-OPTION", None),
    (E + "cinii.holdings: {ncid: NCID, fano: ▼FA1}", "MAP-OPTION", None),
    (E + "cinii.holdings: {ncid: NCID, store: ▼c.db?sorce=x}", "MAP-OPTION", None),
    (E + "cinii.holdings: {ncid: NCID, store: ▼c.db?set=x}", "MAP-OPTION", None),
    (E + "cinii.holdings: {ncid: NCID, store: ▼$stor}\nvars: {store: c.db}", "MAP-VAR", "$store"),
    ("enrich: ▼cinii.holdings", "MAP-SHAPE", None),
    ("enrich: ▼[cinii.holdings]", "MAP-SHAPE", None),
    ("▼enrch:\n  cinii.holdings: {ncid: NCID}", "MAP-KEY", "enrich"),
]
G = E + "cinii.holdings: {ncid: NCID}\n"
PATHS: list[tuple[str, str, str | None]] = [
    ("x: ▼$cinii.holdings.librarys", "MAP-PATH", "$cinii.holdings.libraries[]"),
    ("x: ▼$cinii.holdings.libraries[].nam", "MAP-PATH", "$cinii.holdings.libraries[].name"),
    ("x: ▼$cinii.holdings.", "MAP-PATH", None),
    ("x: ▼$cinii.holdings.a[", "MAP-PATH", None),
    ("x: ▼$cini.holdings.total", "MAP-VAR", "$cinii.holdings.total"),
    ("x: {template: ▼'{$cinii.holdings.totl}'}", "MAP-PATH", "$cinii.holdings.total"),
    ("x: {from: a, when: {▼$cinii.holdings.nid: present}}", "MAP-PATH", "$cinii.holdings.ncid"),
    ("x:\n    each: $cinii.holdings.libraries\n    object: {a: ▼nme}", "MAP-PATH", "name"),
    ("x:\n    each: $cinii.holdings.libraries\n    when: {▼fan: present}\n    object: {a: name}", "MAP-PATH", "fano"),
    ("x:\n    each: $cinii.holdings.libraries\n    object: {a: ▼libraries}", "MAP-PATH", None),
    ("x: {each: ▼書名, object: {a: name}}", "MAP-EACH", None),
]


def found_at(issue: Issue) -> tuple[int | None, int | None]:
    return issue.at.line, issue.at.column


@pytest.mark.parametrize(("text", "code", "suggestion"), WRONG, ids=[text for text, _, _ in WRONG])
def test_wrong_enrich(
    text: str, code: str, suggestion: str | None, findings: Any, marked: Any, says_all: Callable[[Any], None]
) -> None:
    given = marked(HEAD + text + "\n" + FIELDS.replace("  names: $cinii.holdings.libraries[].name\n", ""))
    issues = [issue for issue in findings(given.text) if issue.code != "MAP-UNUSED"]
    assert [(issue.code, found_at(issue), issue.suggestion) for issue in issues] == [
        (code, given.places[0], suggestion)
    ]
    says_all(issues[0])


@pytest.mark.parametrize(("text", "code", "suggestion"), PATHS, ids=[text for text, _, _ in PATHS])
def test_wrong_paths(
    text: str, code: str, suggestion: str | None, findings: Any, marked: Any, says_all: Callable[[Any], None]
) -> None:
    given = marked(f"{HEAD}{G}record: {{id: ID}}\nfields:\n  {text}\n")
    issues = [issue for issue in findings(given.text) if issue.code != "MAP-UNUSED"]
    assert [(issue.code, issue.at.line, issue.suggestion) for issue in issues] == [
        (code, given.places[0][0], suggestion)
    ]
    says_all(issues[0])


def test_an_enrichment_that_no_rule_uses_is_noticed(findings: Any) -> None:
    text = HEAD + G + "record: {id: ID}\nfields: {x: 書名}\n"
    assert [(issue.code, issue.at.line) for issue in findings(text)] == [("MAP-UNUSED", 6)]


def test_all_faults_at_once(findings: Any) -> None:
    text = HEAD + "enrich:\n  cinii.holdings: {ncid: NCID, ill: B, mising: warn}\n" + FIELDS.replace("name\n", "nme\n")
    assert [issue.code for issue in findings(text)] == ["MAP-OPTION", "MAP-OPTION-NAME", "MAP-PATH"]


@pytest.mark.parametrize("text", [HEAD + text.replace("▼", "") + "\n" + FIELDS for text, _, _ in WRONG[:12]])
def test_what_the_schema_for_editors_refuses(text: str) -> None:
    validator = jsonschema.Draft202012Validator(schema.schema())
    document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    good = yaml.load(MAPPING, Loader=yaml.BaseLoader)  # noqa: S506
    assert validator.is_valid(good)
    known = {"cinii.holding", "cinii"} & set(document["enrich"])  # names of plug-ins are open
    paths = any(sign in text for sign in ("$id", "ncid: $cinii", "^NCID"))  # what a path is, a schema cannot tell
    assert validator.is_valid(document) is bool(known or paths)


def test_the_schema_knows_every_option() -> None:
    text = json.dumps(schema.schema(), ensure_ascii=False)
    for name in ("cinii.holdings", "ncid", "store", "missing", "ill_copys", "cont"):
        assert f'"{name}"' in text


# ── Stores that are not there ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.db", None, "no such store"),
        ("text.db", b"no store", "is not a store"),
        ("none.jsonl", None, "cannot be read"),
        ("bad.jsonl", b'{"ncid": "BA1"}\nnope\n', "bad.jsonl:2"),
        ("other.jsonl", b'{"id": 1}\n', "mokuroku store export"),
    ],
)
def test_a_store_that_cannot_be_used(
    name: str, content: bytes | None, says: str, write: Write, tmp_path: Path, says_all: Callable[[Any], None]
) -> None:
    mapping = write("m.yaml", MAPPING.replace("c.db", name))
    if content is not None:
        write(name, content)
    assert inspect_mapping(mapping).mapping is not None  # known only when it runs
    with pytest.raises(MappingError) as caught:
        convert.Job(mapping).run(write("in.csv", table(NUMBERS[0])), tmp_path / "out.jsonl")
    (issue,) = caught.value.findings
    assert (issue.code, issue.at.line, issue.at.column) == ("MAP-ENRICH-STORE", 6, 39)
    assert says in catalogue().message(issue, "en")
    assert catalogue().message(issue, "ja")
    says_all(issue)
    assert not (tmp_path / "out.jsonl").exists()


def test_a_source_the_store_does_not_have(made: Path, write: Write) -> None:
    mapping = write("m.yaml", MAPPING.replace("c.db", "c.db?source=ciniii"))
    with pytest.raises(MappingError) as caught:
        convert.Job(mapping).run(made / "in.csv", made / "out.jsonl")
    assert [issue.code for issue in caught.value.findings] == ["MAP-ENRICH-STORE"]
    assert "cinii" in catalogue().message(caught.value.findings[0], "en")


def test_a_column_the_source_does_not_have(made: Path, write: Write) -> None:
    with pytest.raises(MappingError) as caught:
        convert.Job(made / "m.yaml").run(write("other.csv", "ID,書名,NICD\n1,a,b\n"), made / "out.jsonl")
    (issue,) = caught.value.findings
    assert (issue.code, issue.value, issue.suggestion, issue.at.line) == ("MAP-PATH-UNKNOWN", "NCID", "NICD", 6)


def test_a_damaged_record_ends_the_run(made: Path) -> None:
    with open_store(Place(str(made / "c.db"))) as store, store.writing() as connection:
        connection.exec_driver_sql("UPDATE payloads SET data = x'7a00'")
    with pytest.raises(convert.errors.RunError, match=r"c\.db.*damaged") as caught:
        convert.Job(made / "m.yaml").run(made / "in.csv", made / "out.jsonl")
    assert "壊れて" in str(caught.value.ja)
    assert not (made / "out.jsonl").exists()


def test_a_harvest_meanwhile_changes_nothing_within_a_process(made: Path) -> None:
    """One view of the store, from the first record looked up to the last."""
    loaded = load_mapping(made / "m.yaml")
    results = convert.convert(convert.read(made / "in.csv", "csv"), loaded)
    next(results)
    harvested(made / "c.db", {number: holders(9) for number in NUMBERS}, refresh=True)
    found = [result.mapped.values.get("names", []) for result in results if result.mapped is not None]
    assert found[:7] == [[one.name for one in BOOKS[number]] for number in NUMBERS[1:]]


# ── What it gives ────────────────────────────────────────────────────────────────────────────────


def test_the_values_of_the_store(made: Path) -> None:
    report = convert.Job(made / "m.yaml").run(made / "in.csv", made / "out.jsonl", [made / "r.json"])
    found = {line["id"]: line.get("names", []) for line in lines(made / "out.jsonl")}
    expected = {str(number): [one.name for one in BOOKS[book]] for number, book in enumerate(NUMBERS, 1)}
    assert found == expected | {"9": []}
    assert [(issue.code, issue.value, issue.record_id) for issue in report.issues] == [("ENR-MISS", ncid(77), "9")]
    told = json.loads((made / "r.json").read_bytes())
    assert told["lookup_misses"]["cinii.holdings"]["values"] == {ncid(77): 1}


def test_the_manifest_names_the_store_and_what_it_held(made: Path) -> None:
    convert.Job(made / "m.yaml").run(made / "in.csv", made / "out.jsonl")
    (entry,) = json.loads((made / "out.jsonl.manifest.json").read_bytes())["enrichments"]
    assert entry["name"] == "cinii.holdings"
    assert Path(entry["store"]).samefile(made / "c.db")
    assert (entry["source"], entry["prefix"], entry["records"]) == ("cinii", "holder", 8)
    assert entry["changed"].endswith("Z")
    before = entry["sha256"]
    convert.Job(made / "m.yaml").run(made / "in.csv", made / "out.jsonl")
    (entry,) = json.loads((made / "out.jsonl.manifest.json").read_bytes())["enrichments"]
    assert entry["sha256"] == before
    harvested(made / "c.db", BOOKS | {ncid(500): holders(1)})
    convert.Job(made / "m.yaml").run(made / "in.csv", made / "out.jsonl")
    (entry,) = json.loads((made / "out.jsonl.manifest.json").read_bytes())["enrichments"]
    assert (entry["sha256"] != before, entry["records"]) == (True, 9)


def test_a_mapping_without_it_has_nothing_of_it(made: Path, write: Write) -> None:
    plain = write("plain.yaml", HEAD + "record: {id: ID}\nfields: {title: 書名}\n")
    convert.Job(plain).run(made / "in.csv", made / "out.jsonl")
    assert "enrichments" not in json.loads((made / "out.jsonl.manifest.json").read_bytes())
    loaded = load_mapping(plain)
    assert loaded.enrich == ()
    reader = convert.read(made / "in.csv", "csv")
    assert make_converter(Settings(loaded), reader, "").plan.enrichers == ()


def test_several_processes_write_the_same(made: Path, pool: Executor, write: Write) -> None:
    big = write("big.csv", table(*(NUMBERS * 40)))
    serial = convert.Job(made / "m.yaml").run(big, made / "one.jsonl")
    sharded = convert.Job(made / "m.yaml", jobs=2, shard_bytes=1, executor=pool).run(big, made / "two.jsonl")
    assert (made / "one.jsonl").read_bytes() == (made / "two.jsonl").read_bytes()
    assert serial.counts == sharded.counts
    manifests = [json.loads((made / f"{name}.jsonl.manifest.json").read_bytes()) for name in ("one", "two")]
    assert manifests[0]["enrichments"] == manifests[1]["enrichments"]


def test_own_processes_write_the_same(made: Path, write: Write) -> None:
    """The store was looked at before processes were made."""
    big = write("big.csv", table(*(NUMBERS * 40)))
    convert.Job(made / "m.yaml").run(big, made / "one.jsonl")
    convert.Job(made / "m.yaml", jobs=2, shard_bytes=1).run(big, made / "two.jsonl")
    assert (made / "one.jsonl").read_bytes() == (made / "two.jsonl").read_bytes()


def test_a_store_that_changes_meanwhile_is_told(made: Path, monkeypatch: pytest.MonkeyPatch, says_all: Any) -> None:
    from convert.mapping.enriching import contents
    from convert.run import job

    answers = [{"enrichments": [{"store": "c.db", "sha256": "other"}]}]
    monkeypatch.setattr(job, "contents", lambda mapping: answers.pop() if answers else contents(mapping))
    report = convert.Job(made / "m.yaml").run(made / "in.csv", made / "out.jsonl")
    (issue,) = [issue for issue in report.issues if issue.code == "ENR-CHANGED"]
    says_all(issue)


def test_an_exported_store_gives_the_same(made: Path, write: Write) -> None:
    from convert.store.source import whole

    with whole(f"store:{made / 'c.db'}").open() as stream:
        write("c.jsonl", stream.read())
    other = write("other.yaml", MAPPING.replace("c.db", "c.jsonl"))
    convert.Job(made / "m.yaml").run(made / "in.csv", made / "one.jsonl")
    convert.Job(other).run(made / "in.csv", made / "two.jsonl")
    assert (made / "one.jsonl").read_bytes() == (made / "two.jsonl").read_bytes()
    (entry,) = json.loads((made / "two.jsonl.manifest.json").read_bytes())["enrichments"]
    assert (entry["records"], len(entry["sha256"])) == (8, 64)


def test_other_parameters_are_other_records(made: Path, write: Write) -> None:
    harvested(made / "c.db", parameters={"ill": "A"})
    text = MAPPING.replace("store: c.db", "store: c.db, ill: A")
    convert.Job(write("a.yaml", text)).run(made / "in.csv", made / "out.jsonl")
    found = [line.get("names", []) for line in lines(made / "out.jsonl")][:8]
    assert found == [[one.name for one in BOOKS[book] if one.flags["ill"] == "A"] for book in NUMBERS]
    none = MAPPING.replace("store: c.db", "store: c.db, ill: N, missing: drop")
    report = convert.Job(write("n.yaml", none)).run(made / "in.csv", made / "out.jsonl")
    assert report.issues == []
    assert report.tally.misses["cinii.holdings"].total == 9


def test_another_source_and_a_variable(tmp_path: Path, write: Write) -> None:
    harvested(tmp_path / "d.db", source="二番目")
    text = MAPPING.replace("c.db}", "$place}\nvars: {place: none.db}")
    mapping = load_mapping(
        write("m.yaml", text), overrides=Overrides(variables={"place": f"{tmp_path / 'd.db'}?source=二番目"})
    )
    results = list(convert.convert(convert.read(write("in.csv", table(NUMBERS[0])), "csv"), mapping))
    assert results[0].mapped is not None
    assert results[0].mapped.values["names"] == [one.name for one in BOOKS[NUMBERS[0]]]


def test_extends_changes_one_option(made: Path, write: Write) -> None:
    write(
        "more.yaml",
        "mapping: 1\nid: more\nextends: m.yaml\nenrich: {cinii.holdings: {ncid: NCID, missing: error, store: c.db}}\n",
    )
    report = convert.Job(made / "more.yaml").run(made / "in.csv", made / "out.jsonl")
    assert report.counts["rejected"] == 1


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_explained(made: Path, lang: str) -> None:
    mapping = load_mapping(made / "m.yaml")
    explainer = Explainer(mapping, lang)
    plan = list(explainer.plan())
    assert any(line.startswith("$cinii.holdings ← ") and "NCID" in line and "c.db" in line for line in plan)
    assert any("names ← $cinii.holdings.libraries[].name" in line for line in plan)
    reader = open_reader(mapping, Source.of(made / "in.csv"))
    converter = make_converter(Settings(mapping), reader, "", make_target(mapping))
    record = next(iter(reader))
    text = "\n".join(explainer.record(converter.plan, record))
    assert f"'{BOOKS[NUMBERS[0]][0].name}'" in text
    assert "C2 NCID" in text


def test_xml_and_json_sources(made: Path, write: Write) -> None:
    xml = "<r>" + "".join(f"<b><i>{n}</i><c t='NCID'>{book}</c></b>" for n, book in enumerate(NUMBERS)) + "</r>"
    text = MAPPING.replace("{format: csv}", "{format: xml, record: b}").replace("ncid: NCID", "ncid: \"c[@t='NCID']\"")
    text = text.replace("{id: ID}", "{id: i}").replace("title: 書名", "title: i")
    convert.Job(write("x.yaml", text)).run(write("in.xml", xml), made / "out.jsonl")
    found = [line.get("names", []) for line in lines(made / "out.jsonl")]
    assert found == [[one.name for one in BOOKS[book]] for book in NUMBERS]


def test_nothing_is_asked_over_a_network(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", _no_network)
    assert convert.Job(made / "m.yaml").run(made / "in.csv", made / "out.jsonl").counts["written"] == 9


def _no_network(*_: Any) -> None:
    raise AssertionError("a conversion asks no network")


# ── Another enrichment ───────────────────────────────────────────────────────────────────────────


class Shelfmarks:
    """Knows two shelves."""

    def __init__(self, options: Any, *, base: Path | None) -> None:
        self.options = options

    def problem(self) -> Remark | None:
        return None

    def find(self, keys: Sequence[str]) -> Found:
        return Found([{"shelf": f"{self.options['floor']}階", "boards": [{"n": "1"}, {"n": "2"}]} for _ in keys])

    def content(self) -> dict[str, Any]:
        return {"store": "-", "sha256": "0"}


ENRICHMENT = Enrichment(
    name="museum.shelves",
    ja="棚",
    en="shelves",
    key=Option("mark", ja="記号", en="mark"),
    options=(Option("floor", default="1", ja="階", en="floor"),),
    paths={"shelf": ("棚", "shelf"), "boards[]": ("板", "boards"), "boards[].n": ("番号", "number")},
    finder="museum_shelves:Shelfmarks",
)


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("museum_shelves")
    module.Shelfmarks, module.ENRICHMENT = Shelfmarks, ENRICHMENT  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "museum_shelves", module)
    point = EntryPoint("museum.shelves", "museum_shelves:ENRICHMENT", "convert.enrichments")
    monkeypatch.setattr(registry, "plugins", lambda kind: {point.name: point} if kind == "enrichments" else {})


@pytest.mark.usefixtures("plugged")
def test_an_enrichment_of_a_plug_in(made: Path, write: Write) -> None:
    text = HEAD + (
        "enrich:\n  museum.shelves: {mark: 書名, floor: 3}\n  cinii.holdings: {ncid: NCID, store: c.db}\n"
        "record: {id: ID}\nfields:\n  shelf: $museum.shelves.shelf\n"
        "  held:\n    each: $museum.shelves.boards\n    object: {n: n, of: ^ID, all: $cinii.holdings.total}\n"
    )
    convert.Job(write("p.yaml", text)).run(made / "in.csv", made / "out.jsonl")
    first = lines(made / "out.jsonl")[0]
    assert first["shelf"] == ["3階"]
    assert first["held"] == [{"n": ["1"], "of": ["1"], "all": ["1"]}, {"n": ["2"], "of": ["1"], "all": ["1"]}]
    manifest = json.loads((made / "out.jsonl.manifest.json").read_bytes())
    assert [entry["name"] for entry in manifest["enrichments"]] == ["museum.shelves", "cinii.holdings"]


@pytest.mark.usefixtures("plugged")
def test_names_of_enrichments() -> None:
    assert registry.enrichment_named("museum.shelves") is ENRICHMENT
    with pytest.raises(UnknownName, match=r"did you mean 'museum\.shelves'"):
        registry.enrichment_named("museum.shelfs")


def test_every_own_enrichment_is_described() -> None:
    for item in registry.own_enrichments().values():
        assert item.ja
        assert item.en
        assert item.load()
        assert all(ja and en for ja, en in item.paths.values())
        assert all(option.ja and option.en for option in (item.key, *item.options))
