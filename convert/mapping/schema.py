"""``schemas/mapping.schema.json`` from the grammar, so that editors complete and check mapping files.

``python -m convert.mapping.schema`` prints it; a test compares it with the file.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from convert.mapping import grammar
from convert.registry import own_enrichments, own_formats, own_transforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.formats.base import Option
    from convert.transforms import Transform

_TEXT = {"type": ["string", "number", "boolean"]}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _many(name: str) -> dict[str, Any]:
    return {"anyOf": [_ref(name), {"type": "array", "items": _ref(name), "minItems": 1}]}


def _table(keys: Sequence[grammar.Key]) -> dict[str, Any]:
    """A table with just these keys."""
    return {
        "type": "object",
        "properties": {key.name: {"description": f"{key.ja} / {key.en}", **_kind(key.kind)} for key in keys},
        "required": [key.name for key in keys if key.required],
        "additionalProperties": False,
    }


def _kind(kind: str) -> dict[str, Any]:
    """The schema of a shape of the grammar."""
    shapes: dict[str, dict[str, Any]] = {
        "version": {"enum": [1, "1"]},
        "text": _ref("text"),
        "texts": _many("text"),
        "names": {"type": "object", "additionalProperties": _ref("text")},
        "boolean": {"enum": [True, False, "true", "false"]},
        "count": {"type": ["integer", "string"], "minimum": 1},
        "path": _ref("text"),
        "format": {"type": "object"},
        "lookups": {"type": "object", "additionalProperties": _ref("lookup")},
        "defs": {"type": "object", "additionalProperties": _many("step")},
        "record": _ref("record"),
        "enrich": _enrich(),
        "fields": {"type": "object", "additionalProperties": {"anyOf": [_many("rule"), {"type": "null"}]}},
        "passthrough": _ref("passthrough"),
        "rule": _ref("rule"),
        "rules": _many("rule"),
        "steps": _many("step"),
        "object": {"type": "object", "additionalProperties": _ref("rule"), "minProperties": 1},
        "join": _ref("join"),
        "zip": _ref("zip"),
        "when": _ref("when"),
        "whens": {"type": "array", "items": _ref("when"), "minItems": 1},
        "test": _ref("test"),
        "missing": _ref("missing"),
    }
    return shapes[kind]


def _enrich() -> dict[str, Any]:
    """``enrich``: the options that each built-in enrichment takes; those of plug-ins are open."""
    found = {}
    for name, item in sorted(own_enrichments().items()):
        options = {option.name: _option(option) for option in (item.key, *item.options)}
        table = {"type": "object", "properties": options, "required": [item.key.name], "additionalProperties": False}
        found[name] = {"description": f"{item.ja} / {item.en}", **table}
    return {"type": "object", "properties": found, "additionalProperties": {"type": "object"}}


def _rule() -> dict[str, Any]:
    table = _table([*grammar.RULE_SOURCES, *grammar.RULE_PARTS])
    sources: list[dict[str, Any]] = [
        {"required": [key.name]} for key in grammar.RULE_SOURCES if key.name not in ("each", "object")
    ]
    alone = {"required": ["object"], "not": {"required": ["each"]}}
    return {"anyOf": [_ref("text"), table | {"oneOf": [*sources, alone, {"required": ["each", "object"]}]}]}


def _step() -> dict[str, Any]:
    own = own_transforms()
    calls = {name: _arguments(own[name]) for name in sorted(own)} | {"lookup": _ref("text")}
    named = {
        "type": "object",
        "properties": calls,
        "patternProperties": {r"\.": {}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [{"type": "string", "examples": sorted(own)}, named]}


def _arguments(transform: Transform) -> dict[str, Any]:
    properties = {parameter.name: _ref("text") for parameter in transform.parameters}
    table = {"type": "object", "properties": properties, "additionalProperties": False}
    summary = transform.doc.partition("\n")[0]
    return {"description": summary, "anyOf": [_ref("text"), {"type": "null"}, table]}


def _when() -> dict[str, Any]:
    words = {key.name: {"description": f"{key.ja} / {key.en}", **_kind(key.kind)} for key in grammar.WHEN_KEYS}
    # A column may be called "all" too; then its test stands there.
    properties = {name: {"anyOf": [shape, _ref("test")]} for name, shape in words.items()}
    return {"type": "object", "properties": properties, "additionalProperties": _ref("test"), "minProperties": 1}


def _test() -> dict[str, Any]:
    table = _table(grammar.TEST_KEYS) | {"minProperties": 1, "maxProperties": 1}
    words = {"description": " | ".join(grammar.TEST_WORDS), **_ref("text")}
    return {"anyOf": [words, {"type": "array", "items": _ref("text"), "minItems": 1}, table]}


def _missing() -> dict[str, Any]:
    default = {"type": "object", "properties": {"default": _ref("text")}, "required": ["default"]}
    return {"anyOf": [{"enum": list(grammar.MISSING)}, default | {"additionalProperties": False}]}


def _endpoint(role: str) -> dict[str, Any]:
    """``source`` or ``target``: the options that each built-in format takes."""
    found = []
    for name, item in sorted(own_formats().items()):
        options = item.read_options if role == "source" else item.write_options
        if (item.reader if role == "source" else item.target) is not None:
            found.append((name, {option.name: _option(option) for option in options}))
    cases = [
        {
            "if": {"properties": {"format": {"const": name}}, "required": ["format"]},
            "then": {"properties": {"format": True, **options}, "additionalProperties": False},
        }
        for name, options in found
    ]
    return {"type": "object", "properties": {"format": {"examples": [name for name, _ in found]}}, "allOf": cases}


def _option(option: Option) -> dict[str, Any]:
    described = {"description": f"{option.ja} / {option.en}"}
    if option.kind == "any":
        return described
    return described | ({"enum": list(option.choices)} if option.choices else _TEXT)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a mapping file."""
    document = _table(grammar.DOCUMENT)
    document["properties"]["source"] |= _endpoint("source")
    document["properties"]["target"] |= _endpoint("target")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mokuroku mapping table / 対応表",
        **document,
        "$defs": {
            "text": _TEXT,
            "rule": _rule(),
            "step": _step(),
            "when": _when(),
            "test": _test(),
            "missing": _missing(),
            "record": _table(grammar.RECORD),
            "lookup": _table(grammar.LOOKUP),
            "join": _table(grammar.JOIN),
            "zip": _table(grammar.ZIP),
            "passthrough": _table(grammar.PASSTHROUGH),
        },
    }


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
