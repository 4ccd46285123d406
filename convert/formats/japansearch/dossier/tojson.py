"""The dossier in its JSON form (``schemas/report/dossier.schema.json``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.formats.japansearch.dossier.model import exit_code
from convert.formats.japansearch.dossier.rights import GROUPS, RIGHTS, group_codes
from convert.formats.japansearch.model import model
from convert.report.report import issue_dict, tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.check.issue import Issue
    from convert.formats.japansearch.dossier.model import Codes, Column, Dossier, Field, Holder, Inside, Rule, Upload

VERSION = 1
"""Version of the form. Keys may be added within a version, never renamed or removed."""


def document(dossier: Dossier, fail_on: str = "error") -> dict[str, Any]:
    """The whole dossier."""
    return {
        "version": VERSION,
        "tool": tool(),
        "complete": dossier.complete,
        "exit_code": exit_code(dossier, fail_on),
        "mapping": {"id": dossier.mapping, "file": dossier.mapping_file},
        "records": dossier.records,
        "broken": dossier.broken,
        "database": {
            "id": dossier.database,
            "owner": dossier.owner or None,
            "file": dossier.definition_file,
            "fields": [_field(field) for field in dossier.fields],
            "issues": _codes_of(dossier.definition_issues),
        },
        "labels": {
            "columns": [_column(column) for column in dossier.columns],
            "wanted": [
                {
                    "label": wanted.label,
                    "status": "required" if wanted.mandatory else "if_any",
                    "items": list(wanted.items),
                    "given": wanted.given or None,
                }
                for wanted in dossier.wanted
            ],
        },
        "rights": {**_counts(RIGHTS, dossier.rights), "groups": _groups(dossier)},
        "access": {**_counts("contentsAccess", dossier.access), "contradictions": dossier.contradictions},
        "holders": [_holder(holder) for holder in dossier.holders],
        "no_holder": dossier.no_holder,
        "other_holders": dossier.other_holders,
        "duplicate_ids": dossier.duplicates,
        "files": [_upload(upload) for upload in dossier.uploads],
        "codes": [
            {
                "code": code.code,
                "severity": code.severity.word,
                "instances": code.instances,
                "records": code.records,
                "samples": [issue_dict(issue) for issue in code.samples],
            }
            for code in dossier.tally.codes
        ],
    }


def _codes_of(issues: Sequence[Issue]) -> list[str]:
    return list(dict.fromkeys(issue.code for issue in issues))


def _field(field: Field) -> dict[str, Any]:
    kind = field.kind
    empty = {"ja": kind.empty_ja, "en": kind.empty_en, "basis": kind.empty_basis} if kind.empty_ja else None
    return {
        "field": kind.path,
        "name": {"ja": kind.ja, "en": kind.en},
        "mandatory": kind.mandatory,
        "value": field.value or None,
        "state": field.state,
        "republish": kind.republish or None,
        "if_empty": empty,
        "codes": _codes_of(field.issues),
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "number": column.number,
        "name": column.name,
        "type": column.type,
        "labels": list(column.labels),
        "served": column.served or None,
        "in_file": column.there,
        "in_mapping": column.mapped,
    }


def _counts(key: str, codes: Codes) -> dict[str, Any]:
    known = model().codes[key]
    return {
        "counts": [
            {
                "code": count.code,
                "known": count.known,
                "records": count.records,
                "own": count.own,
                "inherited": count.inherited,
                "either": count.either,
                **({"uses": dict(known[count.code].uses)} if count.known and known[count.code].uses else {}),
            }
            for count in codes.counts
        ],
        "none": codes.none,
        "other": codes.other,
        "records": codes.records,
    }


def _groups(dossier: Dossier) -> dict[str, Any]:
    return {
        group: {"use": GROUPS[group], "codes": list(group_codes(group)), "records": dossier.groups[group]}
        for group in GROUPS
    }


_BASES = {"own": "known", "registered": "inferred", "text": "known", "perhaps": "inferred", "unknown": "own"}


def _holder(holder: Holder) -> dict[str, Any]:
    return {
        "holder": holder.name,
        "display": holder.display,
        "basis": _BASES[holder.display],
        "organization": holder.organization,
        "names": list(holder.names),
        "records": holder.records,
        "own": holder.own,
        "inherited": holder.inherited,
        "either": holder.either,
        "with_url": holder.with_url,
        "url": holder.url,
    }


def _upload(upload: Upload) -> dict[str, Any]:
    return {
        "name": upload.name,
        "bytes": upload.size,
        "sha256": upload.sha256,
        "packing": upload.packing,
        "rules": [_rule(rule) for rule in upload.rules],
        "parts": [_inside(part) for part in upload.parts],
    }


def _inside(part: Inside) -> dict[str, Any]:
    return {
        "name": part.name,
        "kind": part.kind,
        "shape": part.shape,
        "encoding": part.encoding,
        "records": part.records,
        "broken": part.broken,
        "columns": part.columns,
        "rules": [_rule(rule) for rule in part.rules],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {"rule": rule.name, "state": rule.state, "codes": _codes_of(rule.issues)}
