"""A profile as JSON; the shape is ``schemas/report/inspect.schema.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.report.report import issue_dict
from convert.source import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.inspect.candidates import Candidate
    from convert.inspect.column import Column
    from convert.inspect.evidence import Evidence
    from convert.inspect.profile import Profile

VERSION = 1


def document(profiles: Sequence[Profile]) -> dict[str, Any]:
    """All profiles of one call."""
    return {"version": VERSION, "sources": [profile_dict(profile) for profile in profiles]}


def profile_dict(profile: Profile) -> dict[str, Any]:
    """One source. Text that UTF-8 cannot hold is shown as escapes."""
    return {
        "source": visible(profile.source),
        "format": profile.format,
        "format_reason": profile.reason,
        "options": [
            {"name": option.name, "value": option.value, "stated": option.stated, "certain": option.certain}
            for option in profile.options
        ],
        "source_block": profile.source_block,
        "above_headers": [visible(text) for text in profile.above],
        "records": profile.records,
        "broken": profile.broken,
        "complete": profile.complete,
        "readable": not profile.fatal,
        "walked": profile.walked,
        "table": profile.flat,
        "unlisted_paths": profile.unlisted,
        "evidence": _evidence(profile.evidence),
        "columns": [_column(column) for column in profile.columns],
        "id_candidates": [_candidate(item) for item in profile.ids],
        "title_candidates": [_candidate(item) for item in profile.titles],
        "issues": [
            {"code": noted.code, "count": noted.count, "samples": [issue_dict(issue) for issue in noted.first]}
            for noted in profile.issues
        ],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    quotes = evidence.quotes
    return {
        "size": evidence.size,
        "looked_at": evidence.looked_at,
        "whole": evidence.whole,
        "bom": evidence.bom,
        "magic": evidence.magic,
        "shape": evidence.shape,
        "root": None if evidence.root is None else visible(evidence.root),
        "ascii": evidence.ascii,
        "encoding": evidence.encoding,
        "encoding_certain": evidence.certain,
        "encodings": [
            {
                "encoding": fit.encoding,
                "fits": fit.fits,
                "errors": fit.errors,
                "line": fit.line,
                "japanese": fit.japanese,
                "odd": fit.odd,
            }
            for fit in evidence.fits
        ],
        "line_ends": dict(evidence.ends),
        "last_line_open": evidence.last_line_open,
        "nul": evidence.nul,
        "delimiters": [
            {"delimiter": item.delimiter, "cells": item.cells, "rows": item.rows, "of": item.of}
            for item in evidence.delimiters
        ],
        "quotes": None
        if quotes is None
        else {
            "habit": quotes.habit,
            "quoted": quotes.quoted,
            "cells": quotes.cells,
            "doubled": quotes.doubled,
            "escaped": quotes.escaped,
        },
    }


def _column(column: Column) -> dict[str, Any]:
    lengths = column.lengths
    return {
        "path": visible(column.path),
        "heading": visible(column.heading),
        "number": column.number,
        "fill": round(column.fill, 4),
        "records": column.records,
        "values": column.values,
        "most_in_a_record": column.most,
        "distinct": column.distinct,
        "distinct_exact": not column.distinct_more,
        "unique": column.unique,
        "constant": column.constant,
        "lengths": None if lengths is None else dict(zip(("min", "median", "max"), lengths, strict=True)),
        "samples": [visible(sample) for sample in column.samples],
        "judged": column.judged,
        "kinds": dict(column.kinds),
        "listed": None if column.listed is None else [{"value": visible(v), "count": n} for v, n in column.listed],
        "damages": [
            {
                "sign": damage.sign,
                "count": damage.count,
                "value": visible(damage.value),
                "places": [place.to_dict() for place in damage.places],
            }
            for damage in column.damages
        ],
        "repeated": column.repeated,
        "repeats": [{"value": visible(repeat.value), "place": repeat.place.to_dict()} for repeat in column.repeats],
    }


def _candidate(item: Candidate) -> dict[str, Any]:
    return {"path": visible(item.path), "points": item.points, "reasons": list(item.reasons)}
