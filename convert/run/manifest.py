"""The run manifest: what went in, what came out, with which mapping and versions, complete or not."""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.report.report import Report, tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.mapping.model import Mapping

MANIFEST_VERSION = 1


def mapping_entry(mapping: Mapping) -> dict[str, Any]:
    """The mapping as the report names it: id, file and the hash of every file it was made from."""
    files = [{"name": name, "sha256": digest} for name, digest in mapping.files]
    own = next(iter(files), {"name": None, "sha256": None})
    return {"id": mapping.id, "file": own["name"], "sha256": own["sha256"], "files": files}


def remove_former(place: Path, kept: Sequence[str]) -> None:
    """Remove the output files that the manifest at ``place``, of an earlier run, tells of and this run did not
    write again: a shorter delivery must not keep the last parts of a longer one. Files changed since stay.
    """
    try:
        told = json.loads(place.read_bytes())["outputs"]
        former = [(place.parent / Path(entry["name"]).name, entry["sha256"]) for entry in told]
    except (OSError, ValueError, KeyError, TypeError):
        return  # no manifest of ours
    names = {Path(name).name for name in kept}
    for path, digest in former:
        if path.name not in names and path.is_file():
            with path.open("rb") as stream:
                same = hashlib.file_digest(stream, "sha256").hexdigest() == digest
            if same:
                path.unlink()


def manifest(report: Report, options: dict[str, Any], started: datetime) -> dict[str, Any]:
    """The manifest as JSON values. Times are UTC, ISO 8601."""
    return {
        "manifest": MANIFEST_VERSION,
        "tool": tool(),
        "python": platform.python_version(),
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "complete": report.complete,
        "incomplete_reason": report.incomplete_reason,
        "mapping": report.mapping,
        "options": options,
        "inputs": report.inputs,
        "outputs": report.outputs,
        "counts": report.counts,
        "profile": report.profile,
    }
