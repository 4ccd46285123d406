"""Profiles: how bad each code counts, what is asked of a whole delivery, and what is accepted for the time being.

They change what a run says and its exit code, never what it writes. A profile is a YAML file (see
``schemas/profile.schema.json``); ``draft`` and ``submission`` are shipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from convert.check.dataset.base import Setting
from convert.errors import ProfileError, UnknownName, UsageError, reason_in_japanese

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convert.check.issue import Issue, Severity
    from convert.model import Location

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Waiver:
    """Issues that are accepted until a day: those of a code, of one record or field (or of both together)."""

    code: str
    reason: str
    until: date
    at: Location
    record: str | None = None
    field: str | None = None

    def fits(self, issue: Issue) -> bool:
        """Whether it speaks of an issue of its code."""
        if self.record is not None and issue.record_id != self.record:
            return False
        named = (issue.at.field, issue.target, issue.slots.get("field"))
        return self.field is None or self.field in named


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile; codes it does not name keep the severity of the catalogue.

    ``off``: codes that are not told. ``checks``: checks of the whole delivery that always run; ``silent``: none run,
    not even for a report. ``along``: formats whose own checks run while their records are converted.
    ``waivers`` are those in force; ``issues`` tell of the others.
    """

    name: str
    severities: Mapping[str, Severity] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    checks: tuple[str, ...] = ()
    silent: bool = False
    along: tuple[str, ...] = ()
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    issues: tuple[Issue, ...] = ()
    today: date = field(default_factory=date.today)

    def setting(self, covered: frozenset[str] = frozenset()) -> Setting:
        """What the checks of the delivery are made with."""
        return Setting(self.thresholds, self.today, covered, self.required, roles=self.roles)


def shipped() -> dict[str, Path]:
    """The shipped profiles by name."""
    return {path.stem: path for path in sorted((Path(__file__).parent / "profiles").glob("*.yaml"))}


def load_profile(name: str, today: date | None = None) -> Profile:
    """The shipped profile of that name, or the one in the file of that path (it ends in ``.yaml``).

    Waivers count until the end of their day; ``today`` is this one. Raises :class:`UnknownName`, or
    :class:`ProfileError` with every fault of the file.
    """
    known = shipped()
    if name in known:
        return _load(name, known[name], today or date.today())
    if "." in name and not name.endswith(SUFFIXES):
        ja = f"{name}：プロファイルは、名前が .yaml で終わる YAML のファイルです。"
        raise UsageError(f"{name}: a profile is a YAML file whose name ends in .yaml", ja)
    if not name.endswith(SUFFIXES):
        raise UnknownName("profile", name, list(known))
    return _load(name, Path(name), today or date.today())


def _load(name: str, path: Path, today: date) -> Profile:
    from convert.check.profile_file import parse  # noqa: PLC0415 - it needs Profile

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", f"{path}：読めません（{reason_in_japanese(error)}）。") from error
    profile, issues = parse(data, name, today)
    if issues:
        raise ProfileError(issues)
    return profile
