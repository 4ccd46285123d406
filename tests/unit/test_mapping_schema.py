"""The JSON Schema of mapping files is generated from the grammar, and agrees with the loader about good files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from convert import resources
from convert.mapping import schema
from convert.mapping.load import shipped
from convert.registry import formats, own_transforms

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.check.issue import Issue

ROOT = Path(__file__).parents[1] / "fixtures"


@pytest.fixture(scope="module")
def validator() -> Any:
    made = schema.schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def test_the_file_is_what_the_grammar_gives() -> None:
    path = resources.schemas() / "mapping.schema.json"
    assert path.read_text("utf-8") == schema.text()


def test_every_transform_format_and_option_is_in_it() -> None:
    text = json.dumps(schema.schema(), ensure_ascii=False)
    for name in own_transforms():
        assert f'"{name}"' in text
    for name, item in formats().items():
        assert f'"{name}"' in text
        for option in (*item.read_options, *item.write_options):
            assert f'"{option.name}"' in text


def documents() -> list[Any]:
    found = sorted(ROOT.glob("cases/*/mapping.yaml")) + sorted(ROOT.glob("*/mapping.yaml"))
    return [pytest.param(path, id=path.parent.name) for path in found] + [
        pytest.param(path, id=name) for name, path in shipped().items()
    ]


@pytest.mark.parametrize("path", documents())
def test_good_mappings_are_good_by_the_schema(path: Path, validator: Any) -> None:
    """Editors read YAML as YAML 1.2 or 1.1 has it, with numbers and booleans; both readings must pass."""
    text = path.read_text("utf-8")
    if "extends:" in text:
        pytest.skip("what extends another mapping need not be whole by itself")
    for loader in (yaml.BaseLoader, yaml.SafeLoader):
        document = json.loads(json.dumps(yaml.load(text, Loader=loader), default=str))  # noqa: S506
        assert [error.message for error in validator.iter_errors(document)] == []


HEAD = "mapping: 1\nid: t\nsource: {format: csv}\ntarget: {format: csv}\nrecord: {id: ID}\n".replace(
    "target: {format: csv}", "target: {format: japansearch, database: databases/example-museum.yaml}"
)
BAD = [
    "fields: {a_s: {}}",
    "fields: {a_s: {from: a, const: b}}",
    "fields: {a_s: {from: a, nothing: b}}",
    "fields: {a_s: {from: a, do: nothing_like_it}}",
    "fields: {a_s: {from: a, do: [{nfkc: {x: y}}]}}",
    "fields: {a_s: {from: a, when: []}}",
    "fields: {a_s: {from: a, when: {a: {like: b}}}}",
    "fields: {a_s: {join: {of: a}}}",
    "fields: {a_s: {zip: {value: a}}}",
    "fields: {a_s: {each: a}}",
    "fields: {a_s: a}\nlookups: {t: {values: {a: b}, missing: never}}",
    "fields: {a_s: a}\nvars: {a: [b]}",
    "fields: {a_s: a}\npassthrough: {except: a}",
    "fields: {a_s: a}\nnothing: a",
]


@pytest.mark.parametrize("text", BAD)
def test_what_the_schema_refuses_the_loader_refuses(
    text: str, validator: Any, findings: Callable[[str], list[Issue]]
) -> None:
    document = HEAD + text + "\n"
    refused = not validator.is_valid(yaml.load(document, Loader=yaml.BaseLoader))  # noqa: S506
    found = [issue for issue in findings(document) if issue.code.startswith("MAP-") and issue.code != "MAP-UNUSED"]
    assert found
    # The names of plain steps are open in the schema: plug-ins and defs add some.
    assert refused or found[0].code == "MAP-TRANSFORM"
