"""Case folders: an input, a mapping, the output it must give, and the issues, no others.

``tests/fixtures/cases/NAME/`` holds

``input*.csv|json|…``      one source or several, in the order of their names
``mapping.yaml``          the mapping
``expected*``             the output, byte for byte; ``out-001.jsonl`` … are called ``expected-001.jsonl`` …; without
                          one nothing may be written
``issues.jsonl``          what must be reported: an object a line, with ``code`` and whatever else matters of
                          ``severity record ordinal file line column cell field path target value suggestion rule``
``options.yaml``          ``counts`` (those that are not 0 but ``written``), ``exit``, and under ``job`` what Job takes

Every case runs serially, in two processes, record by record, and through the plain interpreter.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import convert
from convert.cases.compare import PLACES, missing_and_unexpected
from convert.check.dataset.texts import Texts
from convert.check.issue import Severity
from convert.formats.base import Deleting
from convert.mapping.load import Overrides, load_mapping, make_target
from convert.messages.catalogue import catalogue
from convert.model import Outcome
from convert.report import issue_dict
from convert.run.job import passed_for
from convert.run.shards import Settings, make_converter, open_reader
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from convert.mapping.model import Rule
    from convert.mapping.plan import Plan
    from convert.model import Mapped, Record

TESTS = Path(__file__).parents[1]
CASES = TESTS / "fixtures" / "cases"
OUTCOMES = ("written", "skipped", "deleted", "rejected", "broken")


@dataclass(frozen=True)
class Case:
    folder: Path

    def lines(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    @property
    def inputs(self) -> list[Source]:
        """The inputs under their bare names, so that messages do not depend on where the tests lie."""
        return [Source.of(path, name=path.name) for path in sorted(self.folder.glob("input*"))]

    @property
    def options(self) -> dict[str, Any]:
        path = self.folder / "options.yaml"
        found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
        return found

    @property
    def expected(self) -> dict[str, bytes]:
        found = sorted(self.folder.glob("expected*"))
        return {path.name.replace("expected", "out", 1): path.read_bytes() for path in found}

    @property
    def counts(self) -> dict[str, int]:
        return dict.fromkeys(OUTCOMES, 0) | self.options.get("counts", {})

    @property
    def output(self) -> str:
        """The name of the output; its parts have numbers."""
        name = next(iter(self.expected), "out.jsonl")
        return re.sub(r"-\d{3}\.", ".", name)

    def mapping(self) -> Any:
        job = self.options.get("job", {})
        overrides = Overrides(job.get("read", {}), job.get("write", {}), job.get("variables", {}))
        return load_mapping(self.folder / "mapping.yaml", overrides=overrides)


def all_cases() -> list[Any]:
    folders = sorted(path for path in CASES.iterdir() if path.is_dir())
    return [pytest.param(Case(folder), id=folder.name) for folder in folders]


# ── Issues ───────────────────────────────────────────────────────────────────────────────────────


def same_issues(actual: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Every expected issue is there, as far as it is described, and there is no other."""
    missing, left = missing_and_unexpected(actual, expected)
    shown = [
        {key: issue[key] for key in ("code", "record", *PLACES, "target", "value", "suggestion")} for issue in left
    ]
    assert (missing, shown) == ([], [])


def report_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def outputs(folder: Path) -> dict[str, bytes]:
    """What a run left, but for what stands beside the output."""
    skipped = (".manifest.json", ".labels.csv", "report.jsonl")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if not path.name.endswith(skipped)}


# ── Runs ─────────────────────────────────────────────────────────────────────────────────────────


def run_job(case: Case, folder: Path, **more: Any) -> tuple[convert.Report, list[dict[str, Any]]]:
    folder.mkdir()
    job = convert.Job(case.folder / "mapping.yaml", **case.options.get("job", {}), **more)
    report = job.run(case.inputs, folder / case.output, [folder / "report.jsonl"])
    return report, report_lines(folder / "report.jsonl")


@pytest.mark.parametrize("case", all_cases())
def test_case(case: Case, tmp_path: Path, pool: Executor, says_all: Callable[[Any], None]) -> None:
    report, issues = run_job(case, tmp_path / "serial")
    same_issues(issues, case.lines("issues.jsonl"))
    assert outputs(tmp_path / "serial") == case.expected
    counts = {name: report.counts[name] for name in OUTCOMES}
    assert report.counts["read"] == sum(counts.values())
    assert counts == case.counts
    assert report.exit_code == case.options.get("exit", 0)
    for issue in report.issues:
        says_all(issue)
    sharded(case, tmp_path, pool, report, issues)
    record_by_record(case, report, issues, tmp_path / "serial")
    interpreted(case)


def sharded(case: Case, tmp_path: Path, pool: Executor, serial: convert.Report, issues: list[dict[str, Any]]) -> None:
    """Cut into as many parts as can be: the same bytes, issues and counts."""
    report, found = run_job(case, tmp_path / "sharded", jobs=2, shard_bytes=1, executor=pool)
    assert outputs(tmp_path / "sharded") == outputs(tmp_path / "serial")
    assert found == issues
    assert report.tally == serial.tally
    assert report.complete == serial.complete


def record_by_record(case: Case, report: convert.Report, issues: list[dict[str, Any]], folder: Path) -> None:
    """The library's ``convert``, source by source: what the job wrote and said of single records."""
    if not report.complete:
        return
    mapping = case.mapping()
    settings = passed_for(
        Settings(mapping),
        [open_reader(mapping, source) for source in case.inputs],
        [source.name for source in case.inputs],
    )
    target = make_target(mapping, settings.all_passed)
    documents: list[bytes] = []
    found: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    for source in case.inputs:
        reader = open_reader(mapping, source)
        found += [issue_dict(issue) for issue in reader.head_issues]
        for result in convert.convert(reader, mapping):
            counts[result.outcome.value] += 1
            found += [issue_dict(issue) for issue in result.issues]
            if result.document is not None:
                documents.append(target.encode(result.document))
            elif result.outcome is Outcome.DELETED and isinstance(target, Deleting):
                documents += [told for told in [target.deletion(result.record.id or "")] if told is not None]
    assert {name: counts[name] for name in OUTCOMES} == {name: report.counts[name] for name in OUTCOMES}
    moved = {"ordinal": None, "severity": None}
    names = {source.name for source in case.inputs}  # what the mapping itself has said is the job's to tell
    single = [
        issue | moved
        for issue in issues
        if issue["source"]["file"] in names and not issue["code"].startswith(("DSET-", "RUN-"))
    ]
    assert sorted(map(str, (issue | moved for issue in found))) == sorted(map(str, single))
    box = target.container()
    if len(case.expected) == 1 and box.pack is None:
        assert box.head + box.between.join(documents) + box.tail == (folder / case.output).read_bytes()


def resolved(plan: Plan, mapped: Outcome | Mapped, record: Record) -> Any:
    """The values, each with the rule and occurrence it comes from."""
    if not isinstance(mapped, convert.Mapped):
        return mapped
    places = {
        target: [_origin(*plan.origin(mapped, target, index, record)) for index in range(len(values))]
        for target, values in mapped.values.items()
    }
    return mapped.id, list(mapped.values.items()), places


def _origin(rule: Rule | None, occurrence: int) -> tuple[int | None, int]:
    return (None if rule is None else rule.number), occurrence


def interpreted(case: Case) -> None:
    """The compiled plan against the plain interpreter: values, origins, notes, misses."""
    mapping = case.mapping()
    for source in case.inputs:
        reader = open_reader(mapping, source)
        if any(issue.severity is Severity.FATAL for issue in reader.head_issues):
            continue
        plan = make_converter(passed_for(Settings(mapping), [reader], [source.name]), reader, source.name).plan
        for record in reader:
            if record.body is None:
                continue
            fast, notes = plan.run(record)
            slow, spoken = plan.interpreted(record)
            assert resolved(plan, fast, record) == resolved(plan, slow, record)
            assert Counter(map(repr, notes.notes)) == Counter(map(repr, spoken.notes))
            assert Counter(notes.misses) == Counter(spoken.misses)


# ── Every code is raised somewhere ───────────────────────────────────────────────────────────────


@cache
def raised_by_cases() -> frozenset[str]:
    return frozenset(line["code"] for folder in CASES.iterdir() for line in Case(folder).lines("issues.jsonl"))


CHECKED = (
    "JPS-COMMON-DATABASE", "JPS-COMMON-ID", "JPS-COMMON-MISSING", "JPS-COMMON-UNKNOWN", "JPS-ID-FORM", "JPS-ITEM-TYPE",
    "JPS-KEY", "JPS-KEY-STYLE", "JPS-NULL", "JPS-TYPE",
)  # fmt: skip
"""Codes of files that are in the linkage format already."""
ONIX_CHECKED = (
    "ONX-OTHER-RELEASE", "ONX-CHILD", "ONX-REPEAT", "ONX-CHILD-MISSING", "ONX-COMBINATION",
    "ONX-EMPTY", "ONX-TEXT", "ONX-MARKUP", "ONX-LINEBREAK", "ONX-MIXED", "ONX-ATTRIBUTE", "ONX-DOUBLE",
    "ONX-CODE-OTHER", "ONX-ISBN-FORM", "ONX-GTIN", "ONX-ID-DIFFER", "ONX-DOI", "ONX-ISSN",
    "ONX-NAME-ID", "ONX-ECODE", "ONX-MAGAZINE", "ONX-ID-NAME", "ONX-DATE-FORMAT", "ONX-PRICE",
    "ONX-PRICE-ZERO", "ONX-PRICE-WHOLE", "ONX-CURRENCY", "ONX-READING-EMPTY", "ONX-READING-SAME",
    "ONX-READING-HALF",
)  # fmt: skip
"""Codes of files that are in ONIX already."""
ONIX_JPRO = (
    "ONX-JPRO-SENDER", "ONX-JPRO-ISBN", "ONX-JPRO-CODE", "ONX-JPRO-TITLE", "ONX-JPRO-READING",
    "ONX-JPRO-NAME-READING", "ONX-JPRO-ROLE", "ONX-JPRO-IMPRINT", "ONX-JPRO-TRADE-CODE",
    "ONX-JPRO-DATE", "ONX-JPRO-DAY", "ONX-JPRO-DATE-ROLE", "ONX-JPRO-CURRENCY",
    "ONX-JPRO-CCODE-CONTENT", "ONX-JPRO-GENRE", "ONX-JPRO-AUDIENCE",
    "ONX-JPRO-CHILDREN", "ONX-JPRO-LONG", "ONX-JPRO-HTML", "ONX-JPRO-SIZE", "ONX-JPRO-PAGES",
)  # fmt: skip
ELSEWHERE = (
    dict.fromkeys(CHECKED, "unit/test_japansearch_checker.py::test_one_fault")
    | dict.fromkeys(ONIX_CHECKED, "unit/test_onix_checking.py::test_one_fault")
    | dict.fromkeys(ONIX_JPRO, "unit/test_onix_checking.py::test_one_fault_by_jpro")
) | {
    "DSET-LANGUAGE-SCRIPT": "unit/test_dataset_languages.py::test_one_fault",
    "DSET-ENGLISH-JAPANESE": "unit/test_dataset_languages.py::test_one_fault",
    "DSET-READING-LATIN": "unit/test_dataset_languages.py::test_one_fault",
    "DSET-TEXT-CHINESE": "unit/test_dataset_languages.py::test_one_fault",
    "SRC-JSON-TABLE": "unit/test_jsonl_tables.py::test_a_table_is_told_once",
    "RUN-ID-NONE": "unit/test_run_doubts.py::test_an_id_that_no_record_has_is_told",
    "RUN-OUTPUT-NAME": "unit/test_run_doubts.py::test_a_name_that_promises_another_kind_of_file_is_told",
    **dict.fromkeys(Texts.codes, "unit/test_dataset_texts.py::test_one_fault"),
    "OUT-XLSX-LONG": "unit/test_xlsx_write.py::test_what_a_cell_cannot_hold_is_told",
    "OUT-TABLE-BOM": "unit/test_table_target.py::test_fault",
    "OUT-TABLE-HEADING": "unit/test_table_target.py::test_fault",
    "OUT-TABLE-OBJECTS": "unit/test_table_target.py::test_fault",
    "OUT-TABLE-YOMI": "unit/test_table_target.py::test_fault",
    "OUT-XLSX-COLUMNS": "unit/test_table_target.py::test_fault",
    "ONX-MANY": "unit/test_onix_checking.py::test_very_many_faults_are_cut_off",
    "ONX-JPRO-RELEASE": "unit/test_onix_checking.py::test_jpro_short_tags_and_other_releases",
    "ONX-JPRO-TAGS": "unit/test_onix_checking.py::test_jpro_short_tags_and_other_releases",
    "ONX-SCHEMA": "unit/test_onix_checking.py::test_what_a_schema_says",
    "ONX-SCHEMA-BROKEN": "unit/test_onix_checking.py::test_schemas_that_are_not_there_or_broken",
    "ONX-SCHEMA-NONE": "unit/test_onix_checking.py::test_schemas_that_are_not_there_or_broken",
    "NDL-REPOSITORY": "unit/test_dcndl_target.py::test_the_number_of_the_repository_is_looked_at",
    "JPS-RECOMMENDED": "unit/test_mapping_load.py::test_recommended_labels_are_noticed_once",
    "MAP-PASSTHROUGH-MEET": "unit/test_mapping_load.py::test_passed_columns_that_meet_another_field",
    "MAP-PATH-HERE": "unit/test_mapping_plan.py::test_a_header_that_stands_twice_is_told_as_that",
    "MAP-PATH-UNKNOWN": "unit/test_mapping_load.py::test_paths_the_source_lacks_are_found_before_a_record_is_read",
}
ELSEWHERE |= {
    f"SRC-{code}": f"unit/test_containers.py::{test}"
    for code, test in {
        "LEFT-OUT": "test_members_are_sources",
        "PACKED-CUT": "test_a_file_cut_short_gives_whole_rows_and_says_so",
        "PACKED-BROKEN": "test_a_damaged_file_gives_what_stands_before",
        "PACKED-BOMB": "test_a_bomb_is_stopped",
        "PACKED-NESTED": "test_nested_archives_by_their_names",
        "ARCHIVE": "test_other_archives",
        "ZIP-STREAM": "test_a_zip_archive_through_a_pipe_is_not_read",
        "ZIP-ENCRYPTED": "test_encrypted_members_and_unknown_methods",
        "ZIP-METHOD": "test_encrypted_members_and_unknown_methods",
        "ZIP-NAME": "test_names_that_point_outside",
        "ZIP-MEMBERS": "test_too_many_members",
    }.items()
}
ELSEWHERE |= dict.fromkeys(
    (f"NDL-{word}" for word in (
        "BASE", "LANG", "MEMBER", "NAME", "OAI-OPTION", "OAI-RDFXML", "OBJECT", "RECOMMENDED", "TITLE-RULE",
        "TYPE-RULE", "TYPE-UNKNOWN", "VERSION", "VERSION-3", "YOMI-NAME",
    )),
    "unit/test_dcndl_target.py::test_fault",
)  # fmt: skip
ELSEWHERE |= dict.fromkeys(
    (f"NDL-FILE-{word}" for word in (
        "ABOUT", "ADMIN", "COUNT", "DATATYPE", "ITEM-TWICE", "LANG", "LINK", "LINK-MISSING", "MATERIAL", "NUMBER",
        "TITLE", "TYPE", "URI",
    )),
    "unit/test_dcndl_checking.py::test_one_fault",
) | {
    "NDL-FILE-ITEMS-ABSENT": "unit/test_dcndl_checking.py::test_absent_items_are_told_once",
    "NDL-FILE-ITEM-SHARED": "unit/test_dcndl_checking.py::test_records_are_compared",
    "NDL-FILE-MANY": "unit/test_dcndl_checking.py::test_very_many_faults_are_cut_off",
    "NDL-FILE-SAME": "unit/test_dcndl_checking.py::test_records_are_compared",
    "NDL-SCHEMA": "unit/test_dcndl_checking.py::test_what_the_schema_says",
    "NDL-SCHEMA-BROKEN": "unit/test_dcndl_checking.py::test_a_schema_that_cannot_be_read",
}  # fmt: skip
ELSEWHERE |= dict.fromkeys(
    (f"PKG-{word}" for word in (
        "LIBRARY-DIGITS", "LIBRARY-PREFECTURE", "DATE-FUTURE", "SUFFIX", "SOURCE-EMPTY", "SOURCE-PACKED", "SOURCE-SAME",
        "SOURCE-FORMAT", "UNCUT", "SPLIT-LONG", "RUN-INCOMPLETE",
        "RUN-CHANGED", "RUN-UNREADABLE", "RUN-REJECTED", "LAYOUT-UNCONFIRMED",
    )),
    "unit/test_deliver_package.py::test_one_fault",
) | dict.fromkeys(
    (f"PKG-{word}" for word in (
        "NAME", "NAME-DATE", "NO-MEMBER", "MEMBER-NAME", "MEMBER-OTHER", "MEMBER-SERIAL", "MEMBER-PATH", "MEMBER-TWICE",
        "MEMBER-EMPTY",
    )),
    "unit/test_deliver_package.py::test_one_fault_of_a_package",
) | dict.fromkeys(
    ("PKG-MANIFEST-UNREADABLE", "PKG-MANIFEST-DIFFERS", "PKG-MANIFEST-MEMBER"),
    "unit/test_deliver_package.py::test_a_manifest_that_is_not_of_the_package",
) | dict.fromkeys(
    ("PKG-CUT-ENCODING", "PKG-CUT-NONE", "PKG-CUT-PLACES", "PKG-CUT-BEHIND"),
    "unit/test_deliver_dcndl.py::test_what_cannot_be_cut",
) | {
    "PKG-NOT-ZIP": "unit/test_deliver_package.py::test_what_is_no_zip",
    "PKG-CUT-UNCONFIRMED": "unit/test_deliver_package.py::test_another_cutter_can_be_put_in",
}  # fmt: skip
ELSEWHERE |= {
    entry.code: "unit/test_somoku_layout.py::test_fault"
    for entry in catalogue().codes()
    if entry.code.startswith("SMK-LAYOUT-") and entry.code != "SMK-LAYOUT-UNCONFIRMED"
}
ELSEWHERE |= dict.fromkeys(
    (f"SMK-{word}" for word in (
        "LABEL", "LENGTH", "LENGTH-RANGE", "SHORT", "TRUNCATED", "TERMINATOR", "BASE", "DIRECTORY", "DIRECTORY-LENGTH",
        "ENTRY", "FIELD-BEYOND", "FIELD-END", "SUBFIELD", "SUBFIELD-LENGTH", "SUBFIELD-BEYOND", "MODE", "UNENDED",
        "TWO-RECORDS", "NEWLINE", "STRETCH", "FIELD-LENGTH", "FIELD-COUNT",
    )),
    "unit/test_somoku_damage.py::test_damage_is_told_at_its_byte",
)  # fmt: skip
ELSEWHERE |= dict.fromkeys(
    (f"SMK-{word}" for word in ("LABEL-ODD", "FIELD-ORDER", "REST", "BYTES")),
    "unit/test_somoku_damage.py::test_what_is_odd_is_told_and_read",
)
ELSEWHERE |= dict.fromkeys(
    (f"SMK-{word}" for word in ("LABEL-VALUE", "ROOM", "TOO-LONG")),
    "unit/test_somoku_damage.py::test_what_the_writer_says_of_values",
)
ELSEWHERE |= dict.fromkeys(
    (f"SMK-{word}" for word in ("NAME", "OBJECT", "NO-OBJECT", "MEMBER", "YOMI-NAME")),
    "unit/test_somoku_damage.py::test_what_the_mapping_has_wrong",
)
ELSEWHERE |= {
    "SMK-PART": "unit/test_somoku_damage.py::test_parts_that_cannot_be_written_are_told",
}
ELSEWHERE |= dict.fromkeys(
    (f"JPS-DB-{word}" for word in ("KIND", "URL", "LANGUAGE", "HTML", "API", "IMAGE", "IIIF", "TWICE")),
    "unit/test_dossier.py::test_a_fault_of_the_definition_stands_at_its_field_and_line",
)
ELSEWHERE |= dict.fromkeys(
    (f"JPS-FILE-{word}" for word in (
        "ENCODING", "NEWLINE", "BOM", "JSON-BOM", "XLS", "KIND", "LINES", "JSON", "TWICE", "MEMBERS", "EMPTY",
        "DATABASE",
    )),
    "unit/test_dossier.py::test_a_file_that_breaks_a_rule",
)  # fmt: skip
ELSEWHERE |= dict.fromkeys(
    (f"JPS-FILE-{word}" for word in ("SHEETS", "MERGED", "FORMAT")),
    "unit/test_dossier.py::test_a_workbook_with_sheets_merged_cells_and_formats",
)
ELSEWHERE |= dict.fromkeys(
    ("JPS-FILE-COLUMN", "JPS-FILE-COLUMN-MISSING"),
    "unit/test_dossier.py::test_columns_that_do_not_fit_the_mapping",
)
ELSEWHERE |= dict.fromkeys(
    ("JPS-HOLDER-URL", "JPS-HOLDER-PERHAPS"), "unit/test_dossier.py::test_how_holders_will_be_shown"
)
ELSEWHERE |= {
    "JPS-DB-KEY": "unit/test_dossier.py::test_a_misspelt_field_is_named_with_what_was_meant",
    "JPS-FILE-CSV": "unit/test_dossier.py::test_unreadable_records_are_in_no_table",
    "JPS-FILE-SIZE": "unit/test_dossier.py::test_the_limit_counts_the_file_as_it_is_stored",
    "JPS-FILE-LINKAGE": "unit/test_dossier.py::test_a_linkage_file_is_told",
    "JPS-FILE-DIFFER": "unit/test_dossier.py::test_several_files_are_counted_together",
}
ELSEWHERE |= dict.fromkeys(
    (f"SMK-{word}" for word in (
        "REPEATED", "LONGEST", "VALUE", "CONTROL", "GETA", "MISREAD", "KEY-MISSING", "COPY-TWICE", "CHANGED-EMPTY",
        "READING-ALONE", "NDC", "LANGUAGE", "COUNTRY", "LIBRARY-CODE", "PRICE", "NUMBER", "URL",
    )),
    "unit/test_somoku_checking.py::test_one_fault",
) | {
    "SMK-EMPTY": "unit/test_somoku_checking.py::test_a_file_without_records",
    "SMK-MANY": "unit/test_somoku_checking.py::test_very_many_faults_are_cut_off",
    "SMK-UNNAMED": "unit/test_somoku_checking.py::test_places_that_no_element_names_are_told_once",
    "SMK-COPY-SHARED": "unit/test_somoku_checking.py::test_records_are_compared",
    "SMK-SAME-BOOK": "unit/test_somoku_checking.py::test_records_are_compared",
    "SMK-SAME-DESCRIPTION": "unit/test_somoku_checking.py::test_records_are_compared",
    "SMK-ID-AGAIN": "unit/test_somoku_checking.py::test_keys_that_come_again",
    "SMK-ID-ZEROS": "unit/test_somoku_checking.py::test_keys_that_come_again",
    "SMK-DELETED-TOO": "unit/test_somoku_checking.py::test_keys_that_come_again",
    "SMK-DELETED-TWICE": "unit/test_somoku_checking.py::test_keys_that_come_again",
    "SMK-ID-LENGTHS": "unit/test_somoku_checking.py::test_numbers_that_lost_their_zeros",
    "SMK-LIBRARY-DIFFER": "unit/test_somoku_checking.py::test_library_codes_of_a_file",
    "SMK-LIBRARY-FILE": "unit/test_somoku_checking.py::test_library_codes_of_a_file",
    "SMK-LIBRARY-MISSING": "unit/test_somoku_checking.py::test_library_codes_of_a_file",
    "SMK-REQUIRED-RULE": "unit/test_somoku_checking.py::test_required_elements_without_a_rule_are_told_of_the_mapping",
    "SMK-RECOMMENDED-RULE": "unit/test_somoku_checking.py::test_elements_that_a_mapping_does_not_fill_are_told_of_once",
}  # fmt: skip
ELSEWHERE |= {
    f"DSET-PUBLISHED-{code}": f"unit/test_published.py::{test}"
    for code, test in {
        "MISSING": "test_what_is_missing_new_and_changed",
        "EXTRA": "test_what_is_missing_new_and_changed",
        "CHANGED": "test_what_is_missing_new_and_changed",
        "ID": "test_an_id_that_changed",
        "GUESSED": "test_how_items_are_paired",
        "ITEM-NEW": "test_items_that_have_no_counterpart",
        "ITEM-GONE": "test_items_that_have_no_counterpart",
        "GAPS": "test_gaps_of_the_harvest_are_told",
        "OTHER": "test_a_file_of_another_database",
        "NAMELESS": "test_records_without_id",
        "NO-COMMON": "test_a_file_of_items_alone",
    }.items()
}
ELSEWHERE |= {
    f"HRV-JPS-{code}": f"unit/test_harvest_japansearch.py::{test}"
    for code, test in {
        "GAP": "test_faults_of_a_scroll",
        "BEYOND": "test_beyond_the_reach_where_there_is_no_scroll",
        "RECORD": "test_one_record_cannot_be_had_and_no_other_is_lost",
        "PAGE": "test_faults_of_a_scroll",
        "LOOP": "test_faults_of_a_scroll",
        "SHORT": "test_faults_of_a_scroll",
        "HIT": "test_faults_of_a_search_that_lose_nothing",
        "SIZE": "test_faults_of_a_search_that_lose_nothing",
        "SCROLL": "test_an_expired_scroll_is_begun_again_without_duplicates",
        "NAMELESS": "test_records_without_id_are_told",
        "NONE": "test_what_is_searched_for_is_what_comes",
        "UNSEEN": "test_the_next_time_tells_what_is_new",
        "LABELS": "test_no_labels_are_no_fault",
        "NOT-UPDATED": "test_databases_come_with_their_definition_and_labels",
        "BETWEEN": "test_another_search_in_between_begins_it_again",
        "ADDRESS": "test_another_address_for_the_same_search",
    }.items()
}
ELSEWHERE |= dict.fromkeys(
    (f"PRF-{word}" for word in (
        "CODE", "DAY", "FIXED", "KEY", "LOSES", "MISSING", "NAME", "NUMBER", "SHAPE", "YAML",
    )),
    "unit/test_profiles.py::test_fault",
) | {
    "DSET-ID-CHANGED": "unit/test_compare.py::test_every_format",
    "DSET-WAIVER-EXPIRED": "unit/test_profiles.py::test_an_expired_and_an_unused_entry_are_told",
    "DSET-WAIVER-UNUSED": "unit/test_profiles.py::test_an_expired_and_an_unused_entry_are_told",
    "DSET-REQUIRED": "unit/test_dataset_checks.py::test_required_fields_and_the_first_year",
    "DSET-DATE-EARLY": "unit/test_dataset_checks.py::test_required_fields_and_the_first_year",
}  # fmt: skip
ELSEWHERE |= {
    f"DSET-{code}": f"unit/test_dataset_checks.py::{test}"
    for test, codes in {
        "test_one_fault": (
            "TITLE-DESCRIPTION", "TITLE-SCRIPT", "READING-KANA", "READING-FIT", "URL-SEVERAL", "URL-PATTERN",
            "COORDINATES-OUTSIDE", "DATE-FUTURE", "TYPE-DRIFT", "ID-SIMILAR",
        ),
        "test_what_only_the_whole_shows": ("TITLE-FREQUENT", "FIELD-SPARSE", "FIELD-CONSTANT", "THUMBNAIL-SAME"),
        "test_a_table_whose_roles_a_profile_tells": (
            "URL-SCHEME", "URL-BLANK", "COORDINATES-SWAPPED", "RIGHTS-MISSING", "ACCESS-CONTENTS", "ACCESS-NOTHING",
        ),
    }.items()
    for code in codes
}  # fmt: skip
ELSEWHERE |= {
    code: test
    for test, codes in {
        "unit/test_deliver_dcndl.py::test_one_record_is_a_document": ("PKG-CUT-HEAD",),
        "unit/test_deliver_diff.py::test_a_full_load_needs_a_run_that_ended": ("DLV-FULL-COUNT",),
        "unit/test_deliver_diff.py::test_a_full_load_without_damage_and_doubles": ("DLV-NONE",),
        "unit/test_deliver_diff.py::test_a_run_that_did_not_end_or_left_records_out": ("DLV-DIFF-REJECTED",),
        "unit/test_deliver_diff.py::test_another_head": ("DLV-DIFF-HEAD",),
        "unit/test_deliver_diff.py::test_damage_is_no_deletion": ("DLV-SKIPPED",),
        "unit/test_deliver_diff.py::test_dates_of_records_can_be_left_out": (
            "DLV-DIFF-CHANGED",
            "DLV-DIFF-SAME",
        ),
        "unit/test_deliver_diff.py::test_deletions_are_left_out_of_a_full_load": ("DLV-FULL-DELETED",),
        "unit/test_deliver_diff.py::test_ids_that_stand_twice_or_nowhere": (
            "DLV-ID-NONE",
            "DLV-ID-TWICE",
        ),
        "unit/test_deliver_diff.py::test_many_gone": ("DLV-DIFF-DELETED",),
        "unit/test_deliver_diff.py::test_records_numbered_anew": ("DLV-DIFF-RENUMBERED",),
        "unit/test_deliver_diff.py::test_what_changed_is_written": ("DLV-RUN-NONE",),
        "unit/test_deliver_sample.py::test_a_damaged_node_takes_its_record_with_it": ("DLV-ARRAY",),
        "unit/test_deliver_sample.py::test_a_record_of_which_the_reader_makes_nothing": ("DLV-UNREAD",),
        "unit/test_deliver_sample.py::test_a_record_that_lost_its_beginning": ("DLV-TORN",),
        "unit/test_deliver_sample.py::test_fields_can_be_named": (
            "DLV-SAMPLE-ALL",
            "DLV-SAMPLE-FIELD",
        ),
        "unit/test_deliver_sample.py::test_free_text_is_no_stratum": (
            "DLV-ROW",
            "DLV-SAMPLE-MANY",
        ),
        "unit/test_deliver_sample.py::test_too_few_for_all_strata": ("DLV-SAMPLE-SMALL",),
        "unit/test_deliver_sample.py::test_what_stands_between_records": ("DLV-BETWEEN",),
    }.items()
    for code in codes
}
ELSEWHERE |= {
    code: test
    for test, codes in {
        "unit/test_deliver_sftp.py::test_an_unknown_host_key_is_refused": ("SFTP-HOST-UNKNOWN",),
        "unit/test_deliver_sftp.py::test_a_wrong_host_key_is_refused_and_told": ("SFTP-HOST-WRONG",),
        "unit/test_deliver_sftp.py::test_a_file_of_known_hosts": ("SFTP-HOST-REVOKED",),
        "unit/test_deliver_sftp.py::test_no_server_at_all": ("SFTP-UNREACHABLE",),
        "unit/test_deliver_sftp.py::test_a_connection_that_goes_on_breaking_leaves_a_part_that_the_next_run_takes_up": (
            "SFTP-CUT",
        ),
        "unit/test_deliver_sftp.py::test_every_issue_says_everything": (
            "SFTP-ALGORITHM",
            "SFTP-NO-SFTP",
            "SFTP-STAT",
        ),
        "unit/test_deliver_sftp.py::test_a_wrong_password_and_none": (
            "SFTP-AUTH",
            "SFTP-AUTH-NONE",
        ),
        "unit/test_deliver_sftp.py::test_keys_that_cannot_be_used": (
            "SFTP-KEY",
            "SFTP-KEY-PHRASE",
        ),
        "unit/test_deliver_sftp.py::test_secrets_come_from_the_environment_or_a_file_nobody_else_can_read": (
            "SFTP-SECRET-MODE",
        ),
        "unit/test_deliver_sftp.py::test_no_such_folder": ("SFTP-FOLDER",),
        "unit/test_deliver_sftp.py::test_what_is_not_allowed_is_not_tried_again": ("SFTP-DENIED",),
        "unit/test_deliver_sftp.py::test_a_full_disk": ("SFTP-WRITE",),
        "unit/test_deliver_sftp.py::test_another_size": ("SFTP-SIZE",),
        "unit/test_deliver_sftp.py::test_another_size_once_it_has_its_name": ("SFTP-SIZE-LATER",),
        "unit/test_deliver_sftp.py::test_a_receiver_that_takes_the_part": ("SFTP-PART-TAKEN",),
        "unit/test_deliver_sftp.py::test_a_server_that_cannot_rename_at_all": ("SFTP-RENAME",),
        "unit/test_deliver_sftp.py::test_what_was_sent_is_not_sent_again": (
            "SFTP-EXISTS",
            "SFTP-ALREADY",
        ),
        "unit/test_deliver_sftp.py::test_a_file_taken_at_once_has_arrived": ("SFTP-TAKEN",),
        "unit/test_deliver_sftp.py::test_a_cut_connection_is_taken_up_again": ("SFTP-RESUMED",),
        "unit/test_deliver_sftp.py::test_cut_after_the_renaming_and_taken_at_once_nobody_knows": ("SFTP-UNSURE",),
        "unit/test_deliver_sftp.py::test_a_package_that_changes_while_it_is_sent": ("SFTP-CHANGED",),
        "unit/test_deliver_sftp.py::test_other_content_under_a_name_that_was_sent": ("SFTP-NAME-USED",),
        "unit/test_deliver_sftp.py::test_two_runs_of_one_outbox": ("SFTP-BUSY",),
        "unit/test_deliver_sftp.py::test_an_empty_outbox_is_no_fault": ("SFTP-NONE",),
        "unit/test_deliver_sftp.py::test_the_rest_waits_for_the_one_before": ("SFTP-REST",),
        "unit/test_deliver_sftp.py::test_a_package_without_manifest": ("SFTP-NO-MANIFEST",),
        "unit/test_deliver_log.py::test_what_cannot_be_read_is_told_and_passed_over": ("DLV-LOG-LINE",),
        "unit/test_deliver_log.py::test_doubts": (
            "DLV-LOG-UNSURE",
            "DLV-LOG-CHANGED",
            "DLV-LOG-EARLY",
        ),
        "unit/test_deliver_fileset.py::test_fewer_records_are_written_where_somebody_says_so": ("FSET-FEWER",),
        "unit/test_deliver_fileset.py::test_what_stood_there_stays_when_something_is_wrong": ("FSET-RECORD",),
        "unit/test_deliver_fileset.py::test_a_set_of_one_file": ("FSET-PACKED",),
        "unit/test_deliver_fileset.py::test_more_files_and_fewer": (
            "FSET-NEW",
            "FSET-GONE",
            "FSET-OTHER",
        ),
        "unit/test_deliver_fileset.py::test_two_runs_at_once": ("FSET-BUSY",),
    }.items()
    for code in codes
}
ELSEWHERE |= {
    code: test
    for test, codes in {
        "unit/test_harvest_oai.py::test_a_gap_is_told_and_tried_again": ("HRV-GAP",),
        "unit/test_harvest_oai.py::test_a_record_without_content_is_stored_so": ("HRV-EMPTY",),
        "unit/test_harvest_oai.py::test_a_server_that_ignores_from": ("HRV-FROM",),
        "unit/test_harvest_oai.py::test_a_server_that_ignores_until": (
            "HRV-OUTSIDE",
            "HRV-UNTIL",
        ),
        "unit/test_harvest_oai.py::test_datestamps_without_hyphens": ("HRV-DATESTAMP",),
        "unit/test_harvest_oai.py::test_everything_is_stored": ("HRV-ADDRESS",),
        "unit/test_harvest_oai.py::test_faults_that_lose_nothing": (
            "HRV-END",
            "HRV-ERROR-BESIDE",
            "HRV-IDENTIFY",
            "HRV-LOOP",
            "HRV-PAGE",
            "HRV-PREFIX-WITH-TOKEN",
            "HRV-SHORT",
            "HRV-TOKEN",
            "HRV-TWICE",
        ),
        "unit/test_harvest_oai.py::test_one_record_is_lost_and_no_other": ("HRV-RECORD",),
        "unit/test_harvest_oai.py::test_seconds_that_are_declared_and_refused": ("HRV-GRANULARITY",),
        "unit/test_harvest_oai.py::test_what_is_gone_is_marked_as_deleted_where_asked": ("HRV-DELETIONS",),
        "unit/test_store.py::test_a_damaged_payload_is_told": ("STO-DAMAGED",),
        "e2e/test_jpro.py::test_a_budget_that_will_not_do_is_told_before_the_start": ("JPR-BUDGET",),
        "e2e/test_jpro.py::test_the_contract_is_recalled_once_when_records_leave_the_store": ("JPR-REUSE",),
        "unit/test_harvest_jpro.py::test_a_link_to_nowhere_is_told": ("JPR-IMAGE-LINK",),
        "unit/test_harvest_jpro.py::test_an_empty_result_is_no_fault": ("JPR-NOTHING",),
        "unit/test_harvest_jpro.py::test_images_that_cannot_be_had": (
            "JPR-IMAGE",
            "JPR-IMAGE-NONE",
            "JPR-IMAGE-SIZE",
        ),
        "unit/test_harvest_jpro.py::test_shapes_of_payloads": ("JPR-NAMESPACE",),
        "unit/test_harvest_jpro.py::test_single_records": ("JPR-ABSENT",),
    }.items()
    for code in codes
}
ELSEWHERE |= {
    "DLV-LOAD-NAME": "unit/test_deliver_load.py::test_a_name_that_is_no_uri_needs_a_domain",
    "DLV-LOAD-SET": "unit/test_deliver_load.py::test_what_looks_wrong_is_refused_with_the_numbers",
    "DLV-LOAD-SAME": "unit/test_deliver_load.py::test_the_same_again_is_no_snapshot",
    "DLV-LOAD-CONVERTER": "unit/test_deliver_load.py::test_a_changed_converter_is_told_as_such",
    "DLV-LOAD-CLOCK": "unit/test_deliver_load.py::test_datestamps_rise_whatever_the_clock_says",
}
"""Codes no case can raise, and the test that raises them; all others are faults that ``test_mapping_load`` lists."""
ELSEWHERE |= {
    code: f"unit/{test}"
    for test, codes in {
        "test_cinii_harvest.py::test_a_fault_that_stays": (
            "HRV-CINII-GAP", "HRV-CINII-FA", "HRV-CINII-FA-CHECK", "HRV-CINII-TOTAL", "HRV-CINII-TWICE",
        ),
        "test_cinii_harvest.py::test_lists_that_differ_from_the_items": ("HRV-CINII-LIST",),
        "test_cinii_harvest.py::test_a_wrong_encoding_that_is_utf_8": ("HRV-CINII-CHARSET",),
        "test_cinii_harvest.py::test_files_that_are_no_answers": ("HRV-CINII-FILE",),
        "test_cinii_numbers.py::test_every_format": ("HRV-CINII-NCID",),
        "test_cinii_numbers.py::test_a_wrong_check_character_is_asked_for_all_the_same": ("HRV-CINII-NCID-CHECK",),
        "test_enrich.py::test_wrong_enrich": ("MAP-ENRICH",),
        "test_enrich.py::test_a_store_that_cannot_be_used": ("MAP-ENRICH-STORE",),
        "test_enrich.py::test_a_store_that_changes_meanwhile_is_told": ("ENR-CHANGED",),
    }.items()
    for code in codes
}  # fmt: skip


@pytest.mark.parametrize("code", [entry.code for entry in catalogue().codes()])
def test_every_code_is_raised(code: str) -> None:
    if code in raised_by_cases():
        assert code not in ELSEWHERE
        return
    file, _, name = ELSEWHERE.get(code, "unit/test_mapping_load.py::test_fault").partition("::")
    text = (TESTS / file).read_text("utf-8")
    assert f"def {name}(" in text
    assert f'"{code}"' in text, f"{code} is raised by no case and not in {file}"
