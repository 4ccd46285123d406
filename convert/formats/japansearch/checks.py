"""What Japan Search would refuse, and our own advice, said the same for a mapped record and a record of a file."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from convert.check.issue import Finding
from convert.errors import near
from convert.formats.japansearch.definition import VARIOUS
from convert.formats.japansearch.model import code_for, model

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN_ID = re.compile(r"[A-Za-z0-9_]+")
NO_CONTENTS = "not_exist"


def is_plain_id(source_id: str) -> bool:
    """Whether the receiver keeps the id as it is."""
    return PLAIN_ID.fullmatch(source_id) is not None


def item_part(source_id: str) -> str:
    """The item part of a served id: the receiver turns hyphens into ``_`` (japansearch.md §2, seen in all data).

    >>> item_part("M-0005-a")
    'M_0005_a'
    """
    return source_id.replace("-", "_")


def check_id(source_id: str, served: str) -> list[Finding]:
    """What becomes of a source id: hyphens change, other characters become a code nobody has published."""
    if is_plain_id(source_id):
        return []
    findings = []
    if "-" in source_id:
        findings.append(Finding("JPS-ID-HYPHEN", value=source_id, slots={"served": served}))
    strange = check_item_part(item_part(source_id), source_id)
    return findings if strange is None else [*findings, strange]


def check_item_part(part: str, value: str, target: str | None = None) -> Finding | None:
    """The characters of an item part that the receiver does not keep, if any."""
    strange = dict.fromkeys(PLAIN_ID.sub("", part))
    if not strange:
        return None
    return Finding("JPS-ID-CHARACTERS", target, value=value, slots={"characters": " ".join(strange)})


@cache
def _codes(key: str, level: str) -> frozenset[str]:
    return model().codes_of(key, level)


def check_code(key: str, value: str, target: str | None, index: int = 0) -> Finding | None:
    """A code of ``contentsRightsType``, ``contentsAccess`` or ``contentsType`` at item level (§4, §5)."""
    if value in _codes(key, "item"):
        return None
    if key == "contentsRightsType":
        return _rights(value, target, index)
    suggestion = code_for(key, value) or near(value, sorted(_codes(key, "item")))
    if key == "contentsAccess":
        return Finding("JPS-ACCESS", target, index, value, suggestion=suggestion)
    return Finding("JPS-CONTENTS-TYPE", target, index, value, suggestion=suggestion)


def _rights(value: str, target: str | None, index: int) -> Finding:
    if value == VARIOUS:
        return Finding("JPS-RIGHTS-VARIOUS-ITEM", target, index, value)
    if value in _codes("contentsRightsType", "group"):
        return Finding("JPS-RIGHTS-GROUP", target, index, value)
    suggestion = code_for("contentsRightsType", value) or near(value, sorted(_codes("contentsRightsType", "item")))
    return Finding("JPS-RIGHTS", target, index, value, suggestion=suggestion)


def check_title(title: Any, source_id: str | None, target: str | None) -> Finding | None:
    """A title must be there; one that only repeats the id is worth a look (our own rule)."""
    if title.__class__ is not str or not title or title.isspace():
        return Finding("JPS-REQUIRED", target, slots={"name": "タイトル", "key": "title"})
    return Finding("JPS-TITLE-ID", target, value=title) if title == source_id else None


def check_contents(common: Mapping[str, Any], target: str | None) -> Finding | None:
    """``not_exist`` beside the address of a content (our own rule)."""
    if common.get("contentsAccess") != NO_CONTENTS or not common.get("contentsUrl"):
        return None
    return Finding("JPS-ACCESS-CONTENTS", target, value=NO_CONTENTS, slots={"url": common["contentsUrl"][0]})
