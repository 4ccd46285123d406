"""How each holder of the files will be shown: 所蔵機関 and つなぎ役機関 (japansearch.md §7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convert.check.issue import Issue
from convert.formats.japansearch.dossier.model import Display, Holder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convert.formats.japansearch.definition import Definition
    from convert.formats.japansearch.dossier.counting import Survey
    from convert.model import Location

_LIKE_ID = re.compile(r"[A-Za-z0-9_]+")


def display_of(name: str, organization: str | None, owner: str) -> Display:
    """How a holder is shown. ``organization``: its id where it is registered; ``owner``: the database's organization.

    >>> display_of("架空博物館", "museum_org", "museum_org"), display_of("見本資料館", None, "museum_org")
    ('own', 'text')
    """
    if not owner:
        return "unknown"
    if organization is not None:
        return "own" if organization == owner else "registered"
    return "perhaps" if _LIKE_ID.fullmatch(name) else "text"


def holders_of(survey: Survey, definition: Definition, provider_url: str) -> tuple[Holder, ...]:
    """The holders, most records first. ``provider_url``: 所蔵機関URL of the definition.

    Which organizations are registered is known from ``organizationAliases`` and the owner alone: nothing is asked of
    the receiver. Names that mean one organization are one holder.
    """
    owner = str(definition.inherited.get("ownerOrg") or "")
    registered = {*definition.aliases.values(), *([owner] if owner else [])}
    merged: dict[str, list[tuple[str, tuple[int, int, int]]]] = {}
    for name, counts in survey.holders.values().items():
        organization = definition.aliases.get(name) or (name if name in registered else None)
        merged.setdefault(organization or name, []).append((name, counts))
    found = [_holder(key, parts, survey, definition, owner, registered, provider_url) for key, parts in merged.items()]
    return tuple(sorted(found, key=lambda holder: (-holder.records, holder.name)))


def _holder(
    key: str,
    parts: Sequence[tuple[str, tuple[int, int, int]]],
    survey: Survey,
    definition: Definition,
    owner: str,
    registered: set[str],
    provider_url: str,
) -> Holder:
    organization = key if key in registered else None
    names = tuple(name for name, org in definition.aliases.items() if org == organization)
    urls = [survey.urls[name] for name, _ in parts if name in survey.urls]
    own, inherited, either = (sum(counts[at] for _, counts in parts) for at in range(3))
    return Holder(
        key, display_of(key, organization, owner), organization, names, own, inherited, either,
        sum(times for times, _ in urls), urls[0][1] if urls else None, provider_url or None,
    )  # fmt: skip


def holder_issues(holders: Iterable[Holder], definition: Definition, at: Location) -> list[Issue]:
    """Holders whose display deserves a look. ``at``: the definition."""
    found = []
    given = definition.inherited.get("provider")
    for holder in holders:
        slots = {"count": holder.records, "url": holder.given_url or ""}
        if holder.display == "perhaps":
            found.append(Issue("JPS-HOLDER-PERHAPS", at, value=holder.name, slots=slots))
        elif holder.display == "text" and holder.given_url and holder.own > holder.with_url and holder.name != given:
            slots["count"] = holder.records - holder.with_url
            found.append(Issue("JPS-HOLDER-URL", at, value=holder.name, slots=slots))
    return found
