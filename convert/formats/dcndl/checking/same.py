"""Records that look like one: the same title, volume, edition, publisher, year and kind, but another address.

Two of them may well be two books; so this is a notice and nobody's rule. Memory does not grow with the number of
records (``convert.check.duplicates``).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from convert.check.duplicates import IdSpool, find
from convert.formats.dcndl.writer import each, first
from convert.model import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from convert.check.issue import Issue

_YEAR: Final = re.compile("[0-9]{4}")
_SINGLE: Final = ("volume", "volumeTitle", "edition")
_BETWEEN: Final = " ／ "
_OTHERS: Final = "\x1f"
"""Stands between what is shown of a key and what only tells records apart."""


class Together:
    """What is kept of every record to compare them all. Without ``folder`` nothing is."""

    def __init__(self, folder: Path | None = None) -> None:
        self._titles = None if folder is None else IdSpool(folder, field="uri")
        self._items = None if folder is None else IdSpool(folder, field="item[].uri")

    def add(self, record: Record, uri: str | None, body: Mapping[str, Any]) -> None:
        """Note a record."""
        if uri is None or self._titles is None or self._items is None:
            return
        for item in body.get("item", ()):
            if item.get("uri"):
                self._items.add(_as(record, uri), str(item["uri"]))
        key = likeness(body)
        if key is not None:
            self._titles.add(_as(record, uri), key)

    def issues(self) -> Iterator[Issue]:
        """``NDL-FILE-SAME`` and ``NDL-FILE-ITEM-SHARED``, at the later record each."""
        if self._titles is None or self._items is None:
            return
        for issue in find([(self._items.close(), 0, 0)]):
            if issue.code == "DSET-ID-MEET":
                yield replace(issue, code="NDL-FILE-ITEM-SHARED", value=issue.slots["identity"])
        for issue in find([(self._titles.close(), 0, 0)]):
            if issue.code == "DSET-ID-MEET":
                yield replace(issue, code="NDL-FILE-SAME", value=issue.slots["identity"].partition(_OTHERS)[0])


def _as(record: Record, uri: str) -> Record:
    """The record by the address of its description."""
    if record.id == uri:
        return record
    made = Record(None, record.source, record.ordinal, record.line, record.row)
    made.id = uri
    return made


def likeness(body: Mapping[str, Any]) -> str | None:
    r"""What two records of one thing have in common; None where too little is told.

    >>> likeness({"title": [{"value": "架空町史"}], "publisher": [{"name": "架空出版"}], "issued": ["2024-03"]})
    '架空町史 ／ 架空出版 ／ 2024\x1f'
    """
    title = first(body.get("title")) or first(body.get("displayTitle"))
    publishers = [first(publisher) or "" for publisher in body.get("publisher", ())]
    year = _YEAR.search(first(body.get("issued")) or first(body.get("date")) or "")
    if not title or not publishers or year is None:
        return None
    parts = [title, *(first(body.get(name)) or "" for name in _SINGLE), *publishers, year[0]]
    shown = _BETWEEN.join(" ".join(part.split()) for part in parts if part)
    kinds = sorted({first(kind) or "" for kind in each(body.get("materialType"))})
    empty = "".join(str(int(bool(body.get(name)))) for name in _SINGLE) if any(map(body.get, _SINGLE)) else ""
    return shown + _OTHERS + _OTHERS.join([part for part in (empty, *kinds) if part])
