"""``schemas/profile.schema.json``, so that editors complete and check profiles.

``python -m convert.check.profile_schema`` prints it; a test compares it with the file.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from convert.check.dataset.columns import ROLES
from convert.check.issue import Severity
from convert.check.profile_file import ACCEPTED, ALL, LEVELS, OFF, with_thresholds
from convert.check.profiles import shipped
from convert.messages.catalogue import catalogue
from convert.registry import along_checks, dataset_checks

if TYPE_CHECKING:
    from convert.check.dataset.base import Threshold

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_PLUGGED = r"\."
"""Names of what plug-ins add have a dot."""
_DAY = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


def _table(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _number(threshold: Threshold) -> dict[str, Any]:
    words = f"{threshold.ja} / {threshold.en} ({threshold.default:g})"
    number = {"type": "number", "minimum": threshold.least, "maximum": threshold.most}
    return {"description": words, "anyOf": [number, {"type": "string", "pattern": r"^[0-9][0-9_]*(\.[0-9]+)?%?$"}]}


def _checks() -> dict[str, Any]:
    known = {"enum": [ALL, *dataset_checks(), *along_checks()]}
    names = {"type": "array", "items": {"anyOf": [known, {"type": "string", "pattern": _PLUGGED}]}}
    return {"anyOf": [{"enum": [ALL, "none"]}, names]}


def _accepted() -> dict[str, Any]:
    parts: dict[str, Any] = dict.fromkeys(ACCEPTED, _TEXT) | {"code": {"$ref": "#/$defs/code"}, "until": _DAY}
    needed = [{"required": ["record"]}, {"required": ["field"]}]
    return {"type": "array", "items": _table(parts, required=["code", "reason", "until"], anyOf=needed)}


def schema() -> dict[str, Any]:
    """The JSON Schema of a profile."""
    codes = [entry.code for entry in catalogue().codes() if entry.severity is not Severity.FATAL]
    words = [level.word for level in LEVELS]
    thresholds = {
        check: _table({name: _number(number) for name, number in numbers.items()})
        for check, numbers in with_thresholds().items()
    }
    properties = {
        "profile": {"enum": [1, "1"]},
        "title": _TEXT,
        "extends": {"enum": list(shipped())},
        "checks": _checks(),
        "severities": {
            "type": "object",
            "propertyNames": {"$ref": "#/$defs/code"},
            "additionalProperties": {"enum": [*words, OFF]},
        },
        "thresholds": _table(thresholds, patternProperties={_PLUGGED: {"type": "object"}}),
        "required": _TEXTS,
        "roles": _table(dict.fromkeys(ROLES, _TEXTS)),
        "accepted": _accepted(),
    }
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "mokuroku profile"}
    return about | _table(properties) | {"$defs": {"code": {"enum": codes}}}


def text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Print it."""
    sys.stdout.write(text())


if __name__ == "__main__":
    main()
