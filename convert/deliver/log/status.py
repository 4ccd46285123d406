"""What the log adds up to: for each receiver what was sent, what was said of it, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.deliver.log.entries import ANSWERS, KINDS, Entry
from convert.deliver.log.file import DeliveryLog, entry, log_at
from convert.deliver.log.procedure import Step, next_step
from convert.deliver.names import PackageName
from convert.deliver.reading import read_package
from convert.deliver.zipping import Measure, blocks_of
from convert.errors import UsageError, near
from convert.model import Location
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Delivery:
    """A package that was sent, or may have been, and what the receiver said of it last."""

    sent: Entry
    answer: Entry | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        told = self.sent.to_dict()
        answer = None if self.answer is None else self.answer.to_dict()
        keys = ("at", "answer", "note")
        return {**told, "answer": answer and {key: answer[key] for key in keys if key in answer}}


@dataclass(frozen=True, slots=True)
class Receiver:
    """What went to one receiver for one library, in order. ``next`` is None where no package has a kind."""

    to: str
    library: str | None
    deliveries: tuple[Delivery, ...]
    next: Step | None


@dataclass(frozen=True, slots=True)
class Status:
    """All of it. ``waiting``: packages beside the log that went nowhere yet; ``others``: what was made, loaded and
    published, in order.
    """

    log: Path
    receivers: tuple[Receiver, ...]
    waiting: tuple[Path, ...]
    others: tuple[Entry, ...]
    issues: tuple[Issue, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "log": shown(self.log),
            "receivers": [
                {
                    "to": one.to,
                    "library": one.library,
                    "deliveries": [delivery.to_dict() for delivery in one.deliveries],
                    "next": None if one.next is None else _step(one.next),
                }
                for one in self.receivers
            ],
            "waiting": [shown(path) for path in self.waiting],
            "others": [one.to_dict() for one in self.others],
            "next": None if self.receivers else _step(next_step([])),
        }


def _step(step: Step) -> dict[str, Any]:
    return {
        "step": step.name, "ja": step.ja, "en": step.en, "command": step.command,
        "basis": "inferred" if step.inferred else "known",
    }  # fmt: skip


def status(place: str | Path) -> Status:
    """What a log, or the log in a folder, adds up to. Raises :class:`UsageError`."""
    log = log_at(place)
    if not log.path.parent.is_dir():
        raise UsageError(f"{place}: there is no such folder", f"{place}：このフォルダはありません。")
    entries, issues = log.read()
    receivers = tuple(_receivers(entries))
    sent = {delivery.sent.name for one in receivers for delivery in one.deliveries if delivery.sent.event == "sent"}
    waiting = tuple(path for path in _packages(log.path.parent) if path.name not in sent)
    issues += [issue for one in receivers for issue in _doubts(one, log)]
    others = tuple(one for one in entries if one.event in ("made", "load", "published"))
    return Status(log.path, receivers, waiting, others, tuple(issues))


def _packages(folder: Path) -> list[Path]:
    named = ((PackageName.parse(path.name), path) for path in folder.iterdir() if path.is_file())
    return [path for _, path in sorted((name, path) for name, path in named if name is not None)]


def _receivers(entries: Iterable[Entry]) -> Iterator[Receiver]:
    groups: dict[tuple[str, str | None], list[Entry]] = {}
    of: dict[tuple[str | None, str], tuple[str, str | None]] = {}
    for one in entries:
        if one.to is not None and one.event in ("sent", "unsure", "failed"):
            key = (one.to, one.facts.get("library"))
            of[one.to, one.name] = key
            groups.setdefault(key, []).append(one)
        elif one.event == "answered" and (one.to, one.name) in of:
            groups[of[one.to, one.name]].append(one)
    for (to, library), mine in groups.items():
        known = any(one.kind in KINDS and one.event == "sent" for one in mine)
        yield Receiver(to, library, tuple(_deliveries(mine)), next_step(mine) if known else None)


def _deliveries(entries: Sequence[Entry]) -> list[Delivery]:
    """Each package once, as it was sent last; a failure counts only where nothing better is known."""
    found: dict[str, Delivery] = {}
    for one in entries:
        former = found.get(one.name)
        if one.event == "answered":
            if former is not None:
                found[one.name] = Delivery(former.sent, one)
        elif one.event == "sent" or former is None or former.sent.event != "sent":
            found.pop(one.name, None)
            found[one.name] = Delivery(one)
    return list(found.values())


def _doubts(receiver: Receiver, log: DeliveryLog) -> Iterator[Issue]:
    at = Location(shown(log.path))
    good: set[str] = set()
    for one in receiver.deliveries:
        sent = one.sent
        if sent.event == "unsure":
            yield Issue("DLV-LOG-UNSURE", at, value=sent.name, slots={"to": receiver.to})
        if sent.event != "sent":
            continue
        if _changed(log.path.parent / sent.name, sent):
            yield Issue("DLV-LOG-CHANGED", Location(shown(log.path.parent / sent.name)), value=sent.name)
        before = {"full": "sample", "diff": "full"}.get(sent.kind or "")
        if before is not None and before not in good:
            yield Issue("DLV-LOG-EARLY", at, value=sent.name, slots={"before": before})
        if one.answer is not None and one.answer.facts.get("answer") != "faults" and sent.kind is not None:
            good.add(sent.kind)


def _changed(path: Path, sent: Entry) -> bool:
    """Whether a package is not what was sent. One that was not touched since then is not read."""
    try:
        told = path.stat()
        if told.st_size != sent.size:
            return sent.size is not None
        if told.st_mtime < _seconds(sent.at):
            return False
        measure = Measure()
        with path.open("rb") as stream:
            for data in blocks_of(stream):
                measure.add(data)
    except OSError:
        return False  # gone, which is no matter
    return sent.sha256 is not None and measure.sha256 != sent.sha256


def _seconds(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except (ValueError, OverflowError):
        return 0.0


# ── What a person puts down ──────────────────────────────────────────────────────────────────────


def answer(place: str | Path, name: str, said: str, note: str | None = None) -> Entry:
    """Put down what a receiver said of a package that was sent. Raises :class:`UsageError`."""
    log = log_at(place)
    entries, _ = log.read()
    sent = [one for one in entries if one.event in ("sent", "unsure")]
    mine = next((one for one in reversed(sent) if one.name == name), None)
    if mine is None:
        known = list(dict.fromkeys(one.name for one in sent))
        meant = near(name, known)
        en = f" (did you mean '{meant}'?)" if meant else ""
        ja = f"もしかして「{meant}」ですか。" if meant else ""
        raise UsageError(
            f"no package '{name}' was sent, by this log{en}", f"この記録では、「{name}」は送られていません。{ja}"
        )
    if said not in ANSWERS:
        raise UsageError(
            f"'{said}' is no answer; write {', '.join(ANSWERS)}",
            f"「{said}」は使えません。{'・'.join(ANSWERS)} のどれかを書いてください。",
        )
    own = {"kind": mine.kind, "to": mine.to, "sha256": mine.sha256}
    return log.add(entry("answered", name, answer=said, note=note, **own))


def sent_otherwise(place: str | Path, package: str | Path, to: str, kind: str | None = None) -> Entry:
    """Put down that a package was sent by other means than :func:`convert.deliver.sftp.send`.

    Raises :class:`UsageError` for what is no package.
    """
    from convert.deliver.sftp.run import check_package, package_facts  # noqa: PLC0415 - it records by way of this room

    one = check_package(read_package(package).path, kind)
    parcel = one.parcel
    own = {"kind": one.kind, "sha256": parcel.sha256, "size": parcel.size, "records": one.records}
    return log_at(place).add(
        entry("sent", parcel.name, to=to, **own, method="other", result="sent", **package_facts(one.package))
    )
