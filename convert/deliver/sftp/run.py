"""Send packages: look at each, send them in order, put down what became of them."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Issue, Severity
from convert.deliver.log.file import DeliveryLog, entry, log_at
from convert.deliver.manifest import kind_of, load_manifest
from convert.deliver.names import MANIFEST, ZIP, PackageName
from convert.deliver.reading import read_package
from convert.deliver.sftp.faults import SftpFault
from convert.deliver.sftp.hostkey import Pins
from convert.deliver.sftp.secrets import Secrets
from convert.deliver.sftp.sending import Parcel, Sending, State
from convert.deliver.sftp.session import Patience, Session, open_session
from convert.errors import MokurokuError, UsageError
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.resources import shown
from convert.run.output import write_beside
from convert.store.base import need

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convert.deliver.log.entries import Entry
    from convert.deliver.reading import Package
    from convert.deliver.sftp.address import Address

SENT: Final = ("sent", "taken", "already")
"""Results of packages that need no more sending."""


@dataclass(frozen=True, slots=True)
class Request:
    """Which packages, where to. A folder stands for the packages in it.

    ``log``: file or folder of the delivery log; None: beside the first package. ``kind``: sample, full or diff, where
    no manifest tells. ``force``: send although something speaks against a package. ``again``: although the log says
    that it was sent, or may have been.
    """

    packages: Sequence[str | Path]
    to: Address
    pins: Pins = field(default_factory=Pins)
    secrets: Secrets = field(default_factory=Secrets)
    patience: Patience = field(default_factory=Patience)
    log: str | Path | None = None
    kind: str | None = None
    force: bool = False
    again: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a package. ``result``: ``sent``, ``taken`` (sent, and taken at once), ``already`` (sent before),
    ``failed``, ``unsure``, ``waiting`` (not tried).
    """

    path: Path
    size: int
    sha256: str
    kind: str | None
    records: int | None
    result: str
    host_key: str | None = None
    steps: Mapping[str, str] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request. ``issues``: all of them, in order."""

    to: Address
    log: Path
    packages: tuple[Sent, ...]
    issues: tuple[Issue, ...]

    @property
    def complete(self) -> bool:
        """Whether every package is at the receiver."""
        return not self.refused and all(one.result in SENT for one in self.packages)

    @property
    def refused(self) -> bool:
        """Whether nothing was tried at all."""
        worst = max((catalogue().severity(issue) for issue in self.issues), default=Severity.NOTICE)
        return not self.packages and worst >= Severity.ERROR


# ── What is to be sent ───────────────────────────────────────────────────────────────────────────


def packages_of(given: Sequence[str | Path], known: Mapping[str, int | None] | None = None) -> list[Path]:
    """The packages that are meant, each once, those of a folder by name. Raises :class:`UsageError`.

    ``known``: names and sizes of what was sent; of a folder, these are left out.
    """
    found: dict[str, Path] = {}
    for name in given:
        path = Path(name)
        for place in _in_folder(path, known or {}) if path.is_dir() else [path]:
            former = found.setdefault(place.name, place)
            if former.resolve() != place.resolve():
                raise UsageError(
                    f"{place} and {former} would have one name at the receiver",
                    f"{place} と {former} は、送り先で同じ名前になります。",
                )
    return list(found.values())


def _in_folder(folder: Path, known: Mapping[str, int | None]) -> list[Path]:
    named = ((PackageName.parse(path.name), path) for path in folder.iterdir() if path.is_file())
    found = [path for _, path in sorted((name, path) for name, path in named if name is not None)]
    return [path for path in found if path.name not in known or path.stat().st_size != known[path.name]]


@dataclass(frozen=True, slots=True)
class Checked:
    """A package that was looked at, and what is said of it."""

    package: Package
    kind: str | None
    issues: tuple[Issue, ...]

    @property
    def parcel(self) -> Parcel:
        """The file that is sent."""
        return Parcel(self.package.path, self.package.size, self.package.sha256)

    @property
    def records(self) -> int | None:
        """Its records, where its manifest tells."""
        told = (self.package.manifest or {}).get("records")
        return told if isinstance(told, int) else None

    def sent(self, result: str, **more: Any) -> Sent:
        """What became of it."""
        parcel = self.parcel
        return Sent(parcel.path, parcel.size, parcel.sha256, self.kind, self.records, result, **more)


def check_package(path: Path, kind: str | None = None) -> Checked:
    """Look at a package before it is sent. Raises :class:`UsageError`."""
    package = read_package(path)
    issues = list(package.issues)
    if package.manifest is None and not any(issue.code == "PKG-MANIFEST-UNREADABLE" for issue in issues):
        issues.append(Issue("SFTP-NO-MANIFEST", Location(shown(path)), value=path.name))
    return Checked(package, kind or kind_of(package.manifest), tuple(issues))


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────


def send(
    request: Request,
    *,
    sleep: Callable[[float], None] = time.sleep,
    progress: Callable[[str, int, int], None] | None = None,
) -> Outcome:
    """Send what was not sent yet, in order; after one that cannot be sent nothing more is tried.

    ``progress`` is told name, bytes so far and bytes. Raises :class:`UsageError`, :class:`RunError`.
    """
    log = _log(request)
    former = _former(log, request)
    known = {name: one.size for name, one in former.items() if one.event == "sent"}
    paths = packages_of(request.packages, known)
    checked = [check_package(path, request.kind) for path in paths]
    if not checked:
        return Outcome(request.to, log.path, (), (Issue("SFTP-NONE", Location(shown(log.path.parent))),))
    issues = [issue for one in checked for issue in one.issues]
    if _worst(issues) >= Severity.ERROR and not request.force:
        return Outcome(
            request.to, log.path, tuple(one.sent("waiting", issues=one.issues) for one in checked), (*issues,)
        )
    if request.dry_run:
        return _dry(request, log, checked, former)
    need("paramiko", "paramiko", "sftp")
    with log.alone() as mine:
        if not mine:
            waiting = tuple(one.sent("waiting", issues=one.issues) for one in checked)
            return Outcome(request.to, log.path, waiting, (*issues, Issue("SFTP-BUSY", Location(shown(log.path)))))
        return _Run(request, log, checked, sleep, progress).run()


def _log(request: Request) -> DeliveryLog:
    """The log that was named, or the one beside the first package."""
    first = Path(request.packages[0])
    return log_at(request.log if request.log is not None else first if first.is_dir() else first.parent)


def _worst(issues: Sequence[Issue]) -> Severity:
    return max((catalogue().severity(issue) for issue in issues), default=Severity.NOTICE)


def _dry(request: Request, log: DeliveryLog, checked: Sequence[Checked], former: Mapping[str, Entry]) -> Outcome:
    found = []
    for one in checked:
        issue = _used(former.get(one.parcel.name), one)
        result = "waiting" if issue is None else "already" if issue.code == "SFTP-ALREADY" else "failed"
        found.append(one.sent(result, issues=(*one.issues, *([issue] if issue else []))))
    return Outcome(request.to, log.path, tuple(found), tuple(issue for one in found for issue in one.issues))


def _former(log: DeliveryLog, request: Request) -> dict[str, Entry]:
    """The last entry of each package that went to this receiver; what was once sent stays so, whatever was tried since.

    With ``again`` what was sent does not count.
    """
    entries, _ = log.read()
    to = str(request.to)
    found: dict[str, Entry] = {}
    for one in entries:
        if one.to != to or one.event not in ("started", "sent", "failed", "unsure"):
            continue
        if request.again and one.event == "sent":
            found.pop(one.name, None)
        elif one.event == "sent" or found.get(one.name, one).event != "sent":
            found[one.name] = one
    return found


def _used(former: Entry | None, one: Checked) -> Issue | None:
    """Why a package is not to be sent under its name; None: nothing is known of it."""
    if former is None or former.event != "sent":
        return None
    code = "SFTP-ALREADY" if former.sha256 == one.parcel.sha256 else "SFTP-NAME-USED"
    return Issue(code, Location(shown(one.parcel.path)), value=one.parcel.name, slots={"at": former.at})


class _Run:
    """One run over one connection, as long as it lasts."""

    def __init__(
        self,
        request: Request,
        log: DeliveryLog,
        checked: Sequence[Checked],
        sleep: Callable[[float], None],
        progress: Callable[[str, int, int], None] | None,
    ) -> None:
        self.request, self.log, self.checked = request, log, checked
        self.sleep, self.progress = sleep, progress
        self.former = _former(log, request)
        self.judge = request.pins.load(request.to)
        self.session: Session | None = None
        self.host_key: str | None = None

    def run(self) -> Outcome:
        found: list[Sent] = []
        broken = False
        try:
            for one in self.checked:
                result = self._waiting(one) if broken else self._one(one)
                broken = broken or result.result not in SENT
                found.append(result)
        finally:
            self._broke()
        issues = tuple(issue for one in found for issue in one.issues)
        return Outcome(self.request.to, self.log.path, tuple(found), issues)

    def _waiting(self, one: Checked) -> Sent:
        issue = Issue("SFTP-REST", Location(shown(one.parcel.path)), value=one.parcel.name)
        return one.sent("waiting", issues=(*one.issues, issue))

    def _connect(self) -> Session:
        if self.session is None:
            request = self.request
            self.session = open_session(request.to, self.judge, request.secrets, request.patience)
            self.host_key = self.session.host_key
            self.session.check_folder()
        return self.session

    def _broke(self) -> None:
        if self.session is not None:
            self.session.__exit__()
            self.session = None

    def _one(self, one: Checked) -> Sent:
        parcel, former = one.parcel, self.former.get(one.parcel.name)
        used = _used(former, one)
        if used is not None:
            result = "already" if used.code == "SFTP-ALREADY" else "failed"
            return one.sent(result, issues=(*one.issues, used))
        state, stale = self._state(former, parcel)
        sending = Sending(
            parcel, self.request.to, self.request.patience, lambda state: self._keep(one, state),
            state=state, stale=stale, sleep=self.sleep, told=self._told(parcel),
        )  # fmt: skip
        issues: list[Issue] = []
        try:
            result = "sent" if sending.run(self._connect, self._broke) else "taken"
            issues = sending.issues
        except SftpFault as fault:
            result = "unsure" if fault.issue.code == "SFTP-UNSURE" else "failed"
            issues = [fault.issue]
        except MokurokuError as error:
            self._put(one, "failed", sending, [], error=str(error))
            raise
        self._put(one, "sent" if result == "taken" else result, sending, issues, result=result)
        return one.sent(
            result, host_key=self.host_key, steps=dict(sending.steps), issues=(*one.issues, *issues)
        )  # fmt: skip

    def _told(self, parcel: Parcel) -> Callable[[int], None] | None:
        progress = self.progress
        return None if progress is None else lambda sent: progress(parcel.name, sent, parcel.size)

    def _state(self, former: Entry | None, parcel: Parcel) -> tuple[State | None, str | None]:
        """How far an earlier run came with the same bytes; the part that one of other bytes left."""
        part = None if former is None else former.facts.get("part")
        if former is None or not isinstance(part, str) or "/" in part:
            return None, None
        if not (part.startswith(f".{parcel.name}.") and part.endswith(".part")):
            return None, None
        if former.sha256 != parcel.sha256:
            return None, part
        return State(part, bool(former.facts.get("renaming")) and not self.request.again), None

    def _keep(self, one: Checked, state: State) -> None:
        self._add(one, "started", part=state.part, renaming=state.renaming or None)

    def _put(self, one: Checked, event: str, sending: Sending, issues: Sequence[Issue], **more: Any) -> None:
        words = catalogue()
        told = [{"code": issue.code, "severity": words.severity(issue).word} for issue in (*one.issues, *issues)]
        state = sending.state
        left = {"part": state.part, "renaming": state.renaming or None} if state is not None and event != "sent" else {}
        made = self._add(
            one, event, method="sftp", host_key=self.host_key, steps=dict(sending.steps), **left,
            **package_facts(one.package), issues=told, **more,
        )  # fmt: skip
        if event == "sent":
            add_delivery(one.package.path, made)

    def _add(self, one: Checked, event: str, **facts: Any) -> Entry:
        parcel = one.parcel
        own = {"kind": one.kind, "sha256": parcel.sha256, "size": parcel.size, "records": one.records}
        return self.log.add(entry(event, parcel.name, to=str(self.request.to), **own, **facts))


# ── What is put down ─────────────────────────────────────────────────────────────────────────────


def package_facts(package: Package) -> dict[str, Any]:
    """What the log tells of a package: its library, what is in it, and by which mapping that was made."""
    manifest = package.manifest or {}
    name = package.name
    facts: dict[str, Any] = {
        "file": shown(package.path),
        "library": name.library if name is not None else None,
        "members": len(package.members),
    }
    members = [member for member in package.members if member.first is not None]
    if members:
        facts |= {"first": members[0].first, "last": members[-1].last}
    sources = [_source(source) for source in manifest.get("sources", ()) if isinstance(source, dict)]
    return {**facts, "sources": sources or None}


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    run = source.get("run") or {}
    mapping = run.get("mapping") or {}
    told = {
        "name": source.get("name"), "sha256": source.get("sha256"), "run": run.get("finished"),
        "mapping": {key: mapping[key] for key in ("id", "sha256") if mapping.get(key)} or None,
        "reports": run.get("reports"), "profile": run.get("profile"),
    }  # fmt: skip
    return {key: value for key, value in told.items() if value is not None}


def add_delivery(path: Path, told: Entry) -> None:
    """Put a delivery into the manifest beside a package, where there is one; the log has it in any case."""
    place = path.with_name(path.name.removesuffix(ZIP) + MANIFEST)
    with contextlib.suppress(ValueError, OSError):
        manifest = load_manifest(place)
        if manifest is not None:
            keys = ("at", "to", "sha256", "method", "host_key", "steps", "result")
            own = {key: value for key, value in told.to_dict().items() if key in keys}
            manifest["deliveries"] = [*manifest.get("deliveries", []), own]
            write_beside(place, json.dumps(manifest, ensure_ascii=False, indent=2).encode() + b"\n")
