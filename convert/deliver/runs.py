"""What the run that wrote a file said of it: the run manifest beside the file, where there is one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.model import Location
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SUFFIX = ".manifest.json"
"""What follows an output's name in the name of its run's manifest."""
MAX_BYTES = 16 * 2**20
_PART = re.compile(r"-[0-9]{3,}$")
_KEPT = ("delivery", "tool", "started", "finished", "complete", "incomplete_reason", "mapping", "profile", "counts")


@dataclass(frozen=True, slots=True)
class Run:
    """A run as a package's manifest tells of it: ``entry`` in JSON values; ``layouts`` those of the run manifest.

    ``records``: how many it wrote into the file, where the file is still as it wrote it.
    """

    entry: Mapping[str, Any]
    layouts: tuple[Mapping[str, Any], ...]
    records: int | None = None


def run_of(path: Path, name: str, sha256: str) -> tuple[Run | None, list[Issue]]:
    """The run that wrote the file at ``path``, and what speaks against delivering the file.

    ``name`` is what issues call the file, ``sha256`` what it holds now. A file of a run that wrote several
    (``out-001.rdf``) is looked for in the manifest of ``out.rdf``.
    """
    at = Location(name)
    for place in _places(path):
        try:
            if place.stat().st_size > MAX_BYTES:
                raise ValueError("too large")
            told = json.loads(place.read_bytes())
            outputs = {_name(entry): entry["sha256"] for entry in told["outputs"]}
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None, [Issue("PKG-RUN-UNREADABLE", at, value=shown(place))]
        if place.name != path.name + SUFFIX and path.name not in outputs:
            continue
        slots = {"manifest": shown(place)}
        issues = list(_against(told, at, slots))
        unchanged = outputs.get(path.name) == sha256
        if not unchanged:
            issues.append(Issue("PKG-RUN-CHANGED", at, slots=slots))
        records = next((entry.get("records") for entry in told["outputs"] if _name(entry) == path.name), None)
        return _run(told, shown(place), unchanged, records), issues
    return None, []


def _places(path: Path) -> Iterator[Path]:
    yield path.with_name(path.name + SUFFIX)
    whole = _PART.sub("", path.stem)
    if whole != path.stem:
        yield path.with_name(whole + path.suffix + SUFFIX)


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["name"]).replace("\\", "/").rpartition("/")[2]


def _against(told: Mapping[str, Any], at: Location, slots: Mapping[str, Any]) -> Iterator[Issue]:
    if told.get("complete") is not True:
        yield Issue(
            "PKG-RUN-INCOMPLETE", at, value=_text(told.get("incomplete_reason")) or "incomplete", slots=dict(slots)
        )
    counts = told.get("counts")
    lost = [counts.get(key) for key in ("rejected", "broken")] if isinstance(counts, dict) else []
    count = sum(number for number in lost if isinstance(number, int))
    if count:
        yield Issue("PKG-RUN-REJECTED", at, slots={**slots, "count": count})
    for layout in _layouts(told):
        if layout.get("confirmed") is not True:
            yield Issue("PKG-LAYOUT-UNCONFIRMED", at, value=_text(layout.get("name")) or "?")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _layouts(told: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    found = told.get("layouts")
    return tuple(one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _reports(told: Mapping[str, Any]) -> list[Any]:
    """The reports of a run, or of the runs whose outputs it took records from."""
    options = told.get("options")
    if isinstance(options, dict) and options.get("reports"):
        return list(options["reports"])
    inputs = told.get("inputs")
    runs = [one.get("run") for one in inputs if isinstance(one, dict)] if isinstance(inputs, list) else []
    found = [report for run in runs if isinstance(run, dict) for report in run.get("reports") or ()]
    return list(dict.fromkeys(map(str, found)))


def _run(told: Mapping[str, Any], place: str, unchanged: bool, records: Any) -> Run:
    entry = {key: told[key] for key in _KEPT if key in told}
    reports = _reports(told)
    if reports:
        entry["reports"] = reports
    return Run(
        {"manifest": place, "unchanged_since": unchanged, **entry},
        _layouts(told),
        records if isinstance(records, int) and unchanged else None,
    )
