"""Run a case; or take what it gives now as what it must give from now on."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.cases.case import OUTCOMES, Case
from convert.cases.compare import described, flat
from convert.mapping.load import Overrides, load_mapping
from convert.registry import format_named
from convert.run.job import MANIFEST, Job

if TYPE_CHECKING:
    from collections.abc import Mapping

_BESIDE = (MANIFEST, ".labels.csv", "report.jsonl")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a case gave: files, issues in the JSON form, counts of records, exit code."""

    outputs: Mapping[str, bytes]
    issues: tuple[Mapping[str, Any], ...]
    counts: Mapping[str, int]
    exit: int


def run_case(case: Case) -> Ran:
    """Run a case in a folder of its own. Raises what :meth:`Job.run` raises."""
    job = dict(case.job)
    overrides = Overrides(job.pop("read", {}), job.pop("write", {}), job.pop("variables", {}))
    mapping = load_mapping(case.mapping, overrides=overrides)
    name = case.output if "." in case.output else case.output + _suffix(mapping.target)
    with tempfile.TemporaryDirectory(prefix="mokuroku-case-") as folder:
        place = Path(folder)
        report = Job(mapping, **job).run(case.inputs, place / name, [place / "report.jsonl"])
        lines = (place / "report.jsonl").read_text("utf-8").splitlines()
        outputs = {path.name: path.read_bytes() for path in sorted(place.iterdir()) if not path.name.endswith(_BESIDE)}
    counts = {outcome: report.counts[outcome] for outcome in OUTCOMES}
    return Ran(outputs, tuple(json.loads(line) for line in lines), counts, report.exit_code)


def _placed(case: Case, issue: Mapping[str, Any]) -> dict[str, Any]:
    """What a case says of an issue. The file is named where there are several inputs; a mapping's name may change."""
    found = described(flat(issue))
    names = [source.name for source in case.inputs]
    if len(names) < 2 or found.get("file") not in names:
        found.pop("file", None)
    return found


def _suffix(target: str) -> str:
    """What the target's files are called."""
    suffixes = format_named(target).suffixes
    return suffixes[0] if suffixes else ".jsonl"


def accept(case: Case, ran: Ran) -> list[Path]:
    """Write what a case gave as what it must give: ``expected*`` and ``issues.jsonl``. The files that changed."""
    wanted = {case.folder / name.replace("out", "expected", 1): data for name, data in ran.outputs.items()}
    lines = [json.dumps(_placed(case, issue), ensure_ascii=False) + "\n" for issue in ran.issues]
    if lines:
        wanted[case.folder / "issues.jsonl"] = "".join(lines).encode()
    former = [*case.folder.glob("expected*"), case.folder / "issues.jsonl"]
    changed = [path for path in former if path not in wanted and path.exists()]
    for path in changed:
        path.unlink()
    for path, data in wanted.items():
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
            changed.append(path)
    return sorted(changed)
