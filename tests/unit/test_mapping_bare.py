"""Rules for which a record holds nothing are passed over: what is mapped and said is what the interpreter gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import convert
from convert.mapping.load import load_mapping, make_target
from convert.mapping.plan import Plan
from convert.model import Mapped

if TYPE_CHECKING:
    from pathlib import Path

    from convert.mapping.model import Mapping

MAPPING = """\
mapping: 1
id: my/bare
source: {format: onix}
target: {format: jsonl}
record: {id: RecordReference}
fields:
  plain: "DescriptiveDetail/Subject[SubjectSchemeIdentifier='78']/SubjectCode"
  either:
    first_of:
      - "DescriptiveDetail/Subject[SubjectSchemeIdentifier='20']/SubjectHeadingText | Subject/SubjectHeadingText"
      - DescriptiveDetail/Subject/SubjectCode
  gated: {const: yes, when: {"DescriptiveDetail/Subject[SubjectSchemeIdentifier='20']/SubjectCode": present}}
  missing: {const: yes, when: {"DescriptiveDetail/Subject[SubjectSchemeIdentifier='20']/SubjectCode": absent}}
  usual: {from: "DescriptiveDetail/Subject[SubjectSchemeIdentifier='79']/SubjectCode", default: none}
  told: {template: "C {DescriptiveDetail/Subject[SubjectSchemeIdentifier='78']/SubjectCode}", max: 1}
  read: {from: DescriptiveDetail/EditionStatement, yomi: DescriptiveDetail/Subject/SubjectHeadingText}
  each:
    each: "DescriptiveDetail/Subject[SubjectSchemeIdentifier='20']"
    object: {code: SubjectCode, heading: SubjectHeadingText, number: "^RecordReference"}
  joined: {join: {of: [DescriptiveDetail/EditionStatement, /ONIXMessage/Header/Sender/SenderName], with: ":"}}
  head: /ONIXMessage/Header/Sender/SenderName
  first: "(DescriptiveDetail/Subject | Subject)[1]/SubjectCode"
"""
TAGS = {
    "Product": "product", "RecordReference": "a001", "DescriptiveDetail": "descriptivedetail", "Subject": "subject",
    "SubjectSchemeIdentifier": "b067", "SubjectCode": "b069", "SubjectHeadingText": "b070", "EditionStatement": "b058",
    "Header": "header", "Sender": "sender", "SenderName": "x298", "ONIXMessage": "ONIXmessage",
}  # fmt: skip
CODES = st.sampled_from(("78", " 78\n", "20", "79", "", "7<i>8</i>", "<![CDATA[78]]>", "&#x3000;78", "7 8"))
SUBJECTS = st.lists(st.tuples(CODES, st.sampled_from(("", "0077", " ", "x")), st.booleans()), max_size=4)


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> Mapping:
    path: Path = tmp_path_factory.mktemp("bare") / "m.yaml"
    path.write_text(MAPPING, "utf-8")
    return load_mapping(path)


def product(subjects: list[tuple[str, str, bool]], *, edition: bool, flat: bool) -> str:
    inside = "".join(
        f"<Subject><SubjectSchemeIdentifier>{scheme}</SubjectSchemeIdentifier><SubjectCode>{code}</SubjectCode>"
        + ("<SubjectHeadingText>h</SubjectHeadingText></Subject>" if heading else "</Subject>")
        for scheme, code, heading in subjects
    )
    statement = "<EditionStatement>e</EditionStatement>" if edition else ""
    around = inside if flat else f"<DescriptiveDetail>{statement}{inside}</DescriptiveDetail>"
    return f"<Product><RecordReference>1</RecordReference>{around}</Product>"


def short(text: str) -> str:
    for name, tag in TAGS.items():
        text = text.replace(f"<{name}>", f"<{tag}>").replace(f"</{name}>", f"</{tag}>")
    return text.replace("<ONIXMessage ", "<ONIXmessage ")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SUBJECTS, st.booleans(), st.booleans(), st.booleans())
def test_what_is_passed_over_gives_nothing(
    mapping: Mapping,
    subjects: list[tuple[str, str, bool]],
    edition: bool,
    flat: bool,
    brief: bool,
) -> None:
    text = (
        '<ONIXMessage release="3.0"><Header><Sender><SenderName>s</SenderName></Sender></Header>'
        f"{product(subjects, edition=edition, flat=flat)}</ONIXMessage>"
    )
    reader = convert.read((short(text) if brief else text).encode(), "onix")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convert.mapping.compile.MANY", 1)
        plan = Plan(mapping, reader, make_target(mapping))
    record = next(iter(reader))
    mapped, context = plan.run(record)
    notes = [(note.code, note.rule.target) for note in context.notes]
    wanted, trace = plan.interpreted(record)
    assert isinstance(mapped, Mapped)
    assert isinstance(wanted, Mapped)
    assert mapped.values == wanted.values
    assert notes == [(note.code, note.rule.target) for note in trace.notes]
