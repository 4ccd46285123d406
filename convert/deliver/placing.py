"""Write one file of records and its manifest; both appear by rename, or neither does."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.deliver.runs import SUFFIX
from convert.deliver.stream import whole_line
from convert.deliver.zipping import BLOCK, Measure
from convert.errors import RunError, UsageError, reason_in_japanese
from convert.report.report import issue_dict, tool
from convert.resources import shown
from convert.run.manifest import MANIFEST_VERSION
from convert.run.output import check_place, temporary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from convert.check.issue import Issue
    from convert.deliver.forms import Form
    from convert.deliver.stream import Input, Told


def place_for(output: str | Path, inputs: Sequence[Input]) -> Path:
    """Where the file goes. Raises :class:`UsageError` when it cannot be written there, or is one of the inputs."""
    path = Path(output)
    if str(output) == "-":
        raise UsageError(
            "name a file: a manifest is written beside it",
            "ファイルの名前を書いてください。マニフェストを横に置くためです。",
        )
    check_place(path)
    if any(path.resolve() == source.path.resolve() for source in inputs):
        raise UsageError(f"{path} is one of the files read", f"{path} は入力のファイルと同じです。")
    return path


class Delivery:
    """The file in the making. Leaving the block without :meth:`finish` leaves nothing behind.

    Companions (``beside``) are small files whose names are the file's and a suffix. Raises :class:`RunError`.
    """

    def __init__(self, path: Path, form: Form) -> None:
        self._path, self._form = path, form
        self._measure = Measure()
        self._pending: list[bytes] = []
        self._waiting = 0
        self._last: bytes | None = None
        self._beside: dict[Path, bytes] = {}
        self._former: list[Path] = []
        self._part = temporary(path)
        self.records = 0
        self.started = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self._part.open("wb")
        except OSError as error:
            raise _failed(path, error) from error

    def __enter__(self) -> Delivery:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._stream.close()
        for path in (self._path, *self._beside):
            with contextlib.suppress(OSError):
                temporary(path).unlink(missing_ok=True)

    def start(self, head: bytes) -> None:
        """What stands before the first record."""
        self.started = True
        self._write(head)

    def add(self, record: bytes) -> None:
        """One more record."""
        self._ended()
        self._last = record
        self.records += 1

    def _ended(self) -> None:
        """Write the record before, now that something follows it."""
        if self._last is not None:
            self._write(whole_line(self._last, self._form))
            self._last = None

    def _write(self, data: bytes) -> None:
        self._pending.append(data)
        self._waiting += len(data)
        if self._waiting >= BLOCK:
            self._flush()

    def _flush(self) -> None:
        data = b"".join(self._pending)
        self._pending, self._waiting = [], 0
        self._measure.add(data)
        try:
            self._stream.write(data)
        except OSError as error:
            raise _failed(self._path, error) from error

    def beside(self, suffix: str, content: bytes) -> Path:
        """A small file beside the output."""
        place = self._path.with_name(self._path.name + suffix)
        self._beside[place] = content
        return place

    def without(self, suffix: str) -> None:
        """No such file shall stand beside the output, nor one of an earlier run."""
        self._former.append(self._path.with_name(self._path.name + suffix))

    def finish(self, tail: bytes, manifest: dict[str, Any]) -> dict[str, Any]:
        """Close and let everything appear; the manifest as it was written."""
        if tail:
            self._ended()
            self._write(tail)
        elif self._last is not None:
            self._write(self._last)
            self._last = None
        self._flush()
        entry = {
            "name": shown(self._path), "bytes": self._measure.size, "sha256": self._measure.sha256,
            "records": self.records,
        }  # fmt: skip
        whole = _whole(manifest, [entry])
        self.beside(SUFFIX, json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n")
        try:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            for path, content in self._beside.items():
                temporary(path).write_bytes(content)
            for path in (self._path, *self._beside):
                temporary(path).replace(path)
            for path in self._former:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise _failed(self._path, error) from error
        return whole


def _failed(path: Path, error: OSError) -> RunError:
    ja = f"{shown(path)}：{reason_in_japanese(error)}"
    return RunError(f"{shown(path)}: {error.strerror or error}", ja)


def _whole(made: dict[str, Any], outputs: list[dict[str, Any]]) -> dict[str, Any]:
    start = {"manifest": MANIFEST_VERSION, "tool": tool(), "started": made.pop("started")}
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    return {**start, "finished": finished, "complete": True, "incomplete_reason": None, **made, "outputs": outputs}


def input_entry(told: Told) -> dict[str, Any]:
    """An input as the manifest names it, with the run that wrote it where that is known."""
    entry: dict[str, Any] = {"name": told.name, "bytes": told.size, "sha256": told.sha256, "records": told.records}
    if told.run is not None:
        entry["run"] = dict(told.run.entry)
    return entry


def common_parts(form: Form, told: Iterable[Told], started: datetime, issues: Sequence[Issue]) -> dict[str, Any]:
    """What the manifests of all deliveries have. Times are UTC, ISO 8601."""
    told = list(told)
    layouts: list[Mapping[str, Any]] = []
    for one in told:
        layouts += [layout for layout in one.layouts if layout not in layouts]
    made: dict[str, Any] = {"started": started.isoformat(timespec="seconds"), "format": form.name}
    mappings = [one.run.entry.get("mapping") for one in told if one.run is not None]
    if mappings and all(mapping == mappings[0] for mapping in mappings):
        made["mapping"] = mappings[0]
    made["inputs"] = [input_entry(one) for one in told]
    if layouts:
        made["layouts"] = [dict(layout) for layout in layouts]
    return made | {"issues": [issue_dict(issue) for issue in issues]}
