"""Make a file set: look at every record, write all files beside those that stand there, then let them appear."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from convert.check.issue import Issue, Severity
from convert.deliver.building import JST
from convert.deliver.fileset.page import page
from convert.deliver.fileset.parts import ENDS, Open, Packing, Part
from convert.deliver.gathering import Gathering, Some
from convert.deliver.loading import judged
from convert.deliver.log.file import DeliveryLog, entry, log_at
from convert.deliver.placing import common_parts
from convert.deliver.sampling import opened, worst
from convert.deliver.sorting import Sorter
from convert.deliver.stream import whole_line
from convert.errors import RunError, SourceFault, UsageError, reason_in_japanese
from convert.formats.japansearch.dossier.files import LIMIT
from convert.harvest.web import check_address
from convert.model import Location
from convert.resources import shown
from convert.run.output import write_beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convert.deliver.forms import Form
    from convert.deliver.stream import Progress

VERSION: Final = 1
"""Version of ``index.json``. Keys may be added within a version, never renamed or removed."""
INDEX: Final = "index.html"
LIST: Final = "index.json"
SUMS: Final = "SHA256SUMS"
SUFFIXES: Final = {"japansearch": ".jsonl", "jsonl": ".jsonl", "csv": ".csv", "tsv": ".tsv", "dcndl": ".xml"}
"""Formats that Japan Search takes, and what their files are called."""
MAX_FILES: Final = 999
"""Files of a set, whose numbers have three digits."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Request:
    """Which files, and the folder of the web server. ``name``: how files begin; None: as the first input is called.

    ``limit``: every file is smaller than so many bytes before compression. ``base``: the URL of the folder. ``log``:
    file or folder of the delivery log; None: beside the first input. ``most_gone``: percent of the records of the set
    before that may be missing. ``force``: in spite of errors.
    """

    files: Sequence[str | Path]
    folder: str | Path
    name: str | None = None
    title: str | None = None
    format: str | None = None
    packing: Packing = "zip"
    limit: int = LIMIT
    base: str | None = None
    log: str | Path | None = None
    read: Mapping[str, Any] = field(default_factory=dict)
    fields: Sequence[str] = ()
    most_gone: int = 10
    force: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What became of it. ``index``: what ``index.json`` says; None: nothing was written. ``log``: where it stands."""

    folder: Path
    form: Form
    counts: Mapping[str, int]
    index: Mapping[str, Any] | None
    issues: tuple[Issue, ...]
    log: Path


def publish(request: Request, *, now: datetime | None = None, progress: Progress | None = None) -> Made:
    """Make the set. With an issue at error nothing is written, unless ``force``; what stood there stays.

    Raises :class:`UsageError`, :class:`RunError`.
    """
    started = (now or datetime.now(UTC)).astimezone(UTC)
    inputs, opener = opened(request.files, request.format, request.fields, request.read)
    form = opener.form
    if form.name not in SUFFIXES:
        raise UsageError(
            f"files of the format {form.name} are none that Japan Search takes ({', '.join(SUFFIXES)})",
            f"{form.name} は、ジャパンサーチが受け取る形式（{'・'.join(SUFFIXES)}）ではありません。",
        )
    folder = _folder(request, [source.path for source in inputs])
    name = _name(request.name or inputs[0].path.name.split(".")[0])
    base = None if request.base is None else check_address(request.base).rstrip("/") + "/"
    log = log_at(request.log if request.log is not None else inputs[0].path.parent)
    if log.path.parent.resolve() == folder.resolve():
        raise UsageError(
            f"{log.path} would be published; name another place with --log",
            f"{log.path} が公開されてしまいます。--log で別の場所を指定してください。",
        )
    found = Gathering(inputs, opener, progress)
    counts = dict.fromkeys(("records", "damaged", "deleted"), 0)
    with DeliveryLog(folder / "fileset").alone() as mine, _Writer(request, form, folder, name) as writer:
        if not mine:
            return Made(folder, form, counts, None, (Issue("FSET-BUSY", Location(shown(folder))),), log.path)
        _clear(folder, name)
        issues = _gathered(found, writer, counts)
        if isinstance(issues, SourceFault):
            return Made(folder, form, counts, None, (*found.issues, issues.issue), log.path)
        former = _former(folder)
        issues += _fewer(counts["records"], former, request.most_gone, folder)
        if (worst(issues) >= Severity.ERROR and not request.force) or not counts["records"]:
            return Made(folder, form, counts, None, tuple(issues), log.path)
        issues += _compared(writer.parts, former, name, folder)
        if request.packing != "none":
            issues.append(Issue("FSET-PACKED", Location(shown(folder)), value=request.packing))
        index = _index(request, form, writer.parts, name, base, started)
        writer.appear(index, former)
        made = common_parts(form, found.stream.told, started, ())
        sources = [{key: one[key] for key in ("name", "sha256", "run") if key in one} for one in made["inputs"]]
        log.add(
            entry(
                "published", name, to=base or shown(folder), records=counts["records"],
                size=sum(part.size for part in writer.parts), method="http", files=index["files"],
                mapping=made.get("mapping"), sources=sources, issues=[{"code": one.code} for one in issues],
            )
        )  # fmt: skip
    return Made(folder, form, counts, index, tuple(issues), log.path)


def _folder(request: Request, inputs: Sequence[Path]) -> Path:
    folder = Path(request.folder)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", f"{folder} はフォルダではありません。")
    if any(path.resolve().parent == folder.resolve() for path in inputs):
        raise UsageError(
            f"{folder} holds the files that are read; publish into a folder of its own",
            f"{folder} には入力のファイルがあります。公開用には別のフォルダを指定してください。",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        ja = f"{shown(folder)}：{reason_in_japanese(error)}"
        raise RunError(f"{shown(folder)}: {error.strerror or error}", ja) from error
    return folder


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"'{text}' cannot begin the name of a file in a URL; state --name with ASCII letters and digits",
            f"「{text}」は URL の中のファイル名に使えません。--name に半角の英数字で書いてください。",
        )
    return text


def _gathered(found: Gathering, writer: _Writer, counts: dict[str, int]) -> list[Issue] | SourceFault:
    """Every record into its file; what is to be said of them."""
    with tempfile.TemporaryDirectory(prefix="mokuroku-") as place:
        ids = Sorter(Path(place), "ids")
        try:
            for seen, name in found.records():
                if seen.cut.deleted:
                    counts["deleted"] += 1
                    continue
                writer.add(found, seen.cut.data, name)
                if name is not None:
                    ids.add((name,))
        except SourceFault as fault:
            return fault
        writer.finish(found.stream.tail)
        counts |= {"records": sum(part.records for part in writer.parts), "damaged": found.damaged}
        return [*found.issues, *judged(found, ids, counts), *writer.too_large(found.at)]


class _Writer:
    """Writes the files of a set. Leaving the block before they appear leaves nothing behind."""

    def __init__(self, request: Request, form: Form, folder: Path, name: str) -> None:
        self.request, self.form = request, form
        self._folder, self._stem = folder, name
        self.parts: list[Part] = []
        self.large, self.largest = Some(), 0
        self._places: dict[Path, Path] = {}
        self._open: Open | None = None

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            with contextlib.suppress(OSError):
                self._open.discard()
        for place in self._places:
            with contextlib.suppress(OSError):
                place.unlink(missing_ok=True)

    def add(self, found: Gathering, data: bytes, name: str | None) -> None:
        """One more record."""
        head, tail = found.stream.head, found.stream.tail
        whole = whole_line(data, self.form)
        try:
            if self._open is not None and self._open.size + len(whole) + len(tail) >= self.request.limit:
                self._close(tail)
            if self._open is None:
                self._open = self._begin(head)
            size = self._open.size + len(whole) + len(tail)
            if size >= self.request.limit:
                self.large.add(name or "?")
                self.largest = max(self.largest, size)
            self._open.add(whole, name)
        except OSError as error:
            raise self._failed(error) from error

    def too_large(self, at: Location) -> Iterator[Issue]:
        """Records that no file can hold."""
        if self.large.count:
            slots = {"count": self.large.count, "size": self.largest, "limit": self.request.limit}
            yield Issue("FSET-RECORD", at, value=self.large.text, slots=slots)

    def _begin(self, head: bytes) -> Open:
        if len(self.parts) >= MAX_FILES:
            raise UsageError(
                f"more than {MAX_FILES} files would be made; state a larger --max-size",
                f"ファイルが {MAX_FILES} 個を超えます。--max-size を大きくしてください。",
            )
        member = f"{self._stem}-{len(self.parts) + 1:03d}{SUFFIXES[self.form.name]}"
        path = self._folder / f"{member}{ENDS[self.request.packing]}"
        begun = Open(path, member, self.request.packing)
        begun.write(head)
        return begun

    def _close(self, tail: bytes) -> None:
        if self._open is None:
            return
        self._open.write(tail)
        self.parts.append(self._open.close())
        self._places[self._open.place] = self._open.path
        self._open = None

    def finish(self, tail: bytes) -> None:
        """No more records come."""
        try:
            self._close(tail)
        except OSError as error:
            raise self._failed(error) from error

    def appear(self, index: Mapping[str, Any], former: Mapping[str, Any]) -> None:
        """Give every file its name, the index last, and remove files of the former set that are none of this one.

        A file that holds what it held is left as it is, so that its date says when it changed.
        """
        same = {part["name"]: part["sha256"] for part in former.get("files", ())}
        now = {part.name: part.sha256 for part in self.parts}
        try:
            for place, path in self._places.items():
                if same.get(path.name) == now[path.name] and path.is_file():
                    place.unlink()
                else:
                    place.replace(path)
            sums = "".join(f"{part.sha256}  {part.name}\n" for part in self.parts)
            write_beside(self._folder / SUMS, sums.encode())
            write_beside(self._folder / LIST, json.dumps(index, ensure_ascii=False, indent=2).encode() + b"\n")
            write_beside(self._folder / INDEX, page(index))
            for name in same.keys() - now.keys():
                (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> RunError:
        ja = f"{shown(self._folder)}：{reason_in_japanese(error)}"
        return RunError(f"{shown(self._folder)}: {error.strerror or error}", ja)


def _former(folder: Path) -> dict[str, Any]:
    """What the index in the folder says of the set before; nothing where there is none of ours."""
    try:
        told = json.loads((folder / LIST).read_bytes())
        files = [{"name": str(part["name"]), "sha256": part["sha256"]} for part in told["files"]]
        records = int(told["records"])
        good = told["fileset"] and all(_NAME.fullmatch(part["name"]) for part in files)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {"files": files, "records": records} if good else {}


def _fewer(records: int, former: Mapping[str, Any], most: int, folder: Path) -> Iterator[Issue]:
    """Far fewer records than before: an export that failed would delete the rest at the receiver."""
    before = former.get("records", 0)
    if before and records and (before - records) * 100 > before * most:
        slots = {"before": before, "limit": most}
        yield Issue("FSET-FEWER", Location(shown(folder)), value=str(records), slots=slots)


def _compared(parts: Sequence[Part], former: Mapping[str, Any], name: str, folder: Path) -> Iterator[Issue]:
    """URLs that have to be registered, or taken away, because the set has other files than before."""
    before = [part["name"] for part in former.get("files", ())]
    now = [part.name for part in parts]
    at = Location(shown(folder))
    new = [one for one in now if one not in before] if before else []
    gone = [one for one in before if one not in now]
    if new:
        yield Issue("FSET-NEW", at, value=", ".join(new[:10]), slots={"count": len(new)})
    if gone and now:
        yield Issue("FSET-GONE", at, value=", ".join(gone[:10]), slots={"count": len(gone)})
    ours = {*now, *before, INDEX, LIST, SUMS}
    pattern = re.compile(rf"{re.escape(name)}-[0-9]{{3,}}\.")
    for path in sorted(folder.iterdir()):
        if pattern.match(path.name) and path.name not in ours:
            yield Issue("FSET-OTHER", at, value=path.name)


def _index(
    request: Request, form: Form, parts: Sequence[Part], name: str, base: str | None, started: datetime
) -> dict[str, Any]:
    files = [part.to_dict() | ({} if base is None else {"url": base + quote(part.name)}) for part in parts]
    return {
        "fileset": VERSION,
        "name": name,
        "title": request.title or name,
        "format": form.name,
        "compression": request.packing,
        "updated": started.astimezone(JST).isoformat(timespec="seconds"),
        "records": sum(part.records for part in parts),
        "files": files,
    }


def _clear(folder: Path, name: str) -> None:
    """Remove what a run of this set left that was killed; the lock tells that none is at work."""
    for path in folder.glob(f".{name}-*.part-*"):
        with contextlib.suppress(OSError):
            path.unlink()
