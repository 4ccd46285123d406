"""Read an answer of the API: a page of records (guide 3 and 4.2), however it bends the rules."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from convert.store.incoming import Incoming

MAX_IDENTIFIER: Final = 2000
"""Bytes of an identifier: what an index of PostgreSQL takes."""
MAX_SCROLL: Final = 100_000
"""Characters of a scrollId."""
_HTML = re.compile(rb"\s*(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body|\?xml|!--)", re.IGNORECASE)
REASONS: Final = {
    "empty": ("空の応答です", "an empty answer"),
    "html": ("JSON ではなくウェブページが返りました", "a web page instead of JSON"),
    "malformed": ("JSON として読めません", "no JSON"),
    "cut": ("応答が途中で切れました", "an answer that breaks off"),
    "other": ("検索結果の形ではありません", "not the result of a search"),
    "status": ("サーバーがエラーを返しました", "an error of the server"),
    "timeout": ("時間内に応答がありません", "no answer in time"),
    "too-large": ("応答が大きすぎます", "too large an answer"),
}
"""Kinds of faults in Japanese and English."""


class NotPageError(ValueError):
    """What came is no page. ``kind``: a key of :data:`REASONS`."""

    def __init__(self, kind: str, detail: str = "") -> None:
        self.kind, self.detail = kind, detail
        super().__init__(f"{kind}: {detail}")


@dataclass(slots=True)
class Page:
    """One answer. ``hit``: how many records match; ``scroll``: what the next page is asked for with.

    ``length``: records that came, those without id too; ``nameless``: how many of these.
    """

    records: list[Incoming] = field(default_factory=list)
    hit: int | None = None
    start: int | None = None
    scroll: str | None = None
    length: int = 0
    nameless: int = 0

    @property
    def ids(self) -> list[str]:
        """The identifiers, in order, each once."""
        return list(dict.fromkeys(record.identifier for record in self.records))


def read_page(body: bytes) -> Page:
    """The page that an answer is. Raises :class:`NotPageError`."""
    told = read_object(body)
    found = told.get("list")
    if not isinstance(found, list):
        raise NotPageError("other", _said(told) or "no list")
    page = Page(hit=_count(told.get("hit")), start=_count(told.get("from")), length=len(found))
    scroll = told.get("scrollId")
    page.scroll = scroll if isinstance(scroll, str) and 0 < len(scroll) <= MAX_SCROLL else None
    try:
        page.records = [record for record in map(incoming, found) if record is not None]
    except RecursionError:
        raise NotPageError("malformed", "nested too deeply") from None
    page.nameless = page.length - len(page.records)
    return page


def read_object(body: bytes) -> dict[str, Any]:
    """The object that an answer is. Raises :class:`NotPageError`."""
    if not body.strip(b" \t\r\n\xef\xbb\xbf"):
        raise NotPageError("empty")
    if _HTML.match(body):
        raise NotPageError("html", _title(body))
    try:
        told = json.loads(body.removeprefix(b"\xef\xbb\xbf"), parse_constant=_refused, parse_float=_float)
    except RecursionError:
        raise NotPageError("malformed", "nested too deeply") from None
    except ValueError as error:
        raise NotPageError("cut" if _is_cut(body) else "malformed", str(error)[:200]) from error
    if not isinstance(told, dict):
        raise NotPageError("other", "no object")
    return told


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _float(text: str) -> float:
    """A number with a fraction; one that is beyond all measure cannot be written again."""
    found = float(text)
    if math.isinf(found):
        raise ValueError(f"{text} is too large a number")
    return found


def _is_cut(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"{", b"[") and body.rstrip()[-1:] not in (b"}", b"]")


def _title(body: bytes) -> str:
    found = re.search(rb"<title[^>]*>(.*?)</title>", body[:5000], re.IGNORECASE | re.DOTALL)
    return " ".join(found[1].decode("utf-8", "replace").split())[:100] if found else "a web page"


def _said(told: dict[str, Any]) -> str:
    """What an error says."""
    for name in ("message", "error", "errorMessage", "detail"):
        if isinstance(told.get(name), str):
            return " ".join(told[name].split())[:200]
    return ""


def _count(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 13:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None


# ── Records ──────────────────────────────────────────────────────────────────────────────────────


def incoming(record: Any) -> Incoming | None:
    """A record on its way into the store; None when it has no usable id.

    The set of an item is its database, as it says or else by its id (japansearch.md §2); the datestamp is
    ``common.lastUpdatedDate``, of a database ``lastDataUpdated``, of a gallery ``edit.date``. Two records are the same
    when they are but for the order of their members.
    """
    name = record.get("id") if isinstance(record, dict) else None
    if not isinstance(name, str) or not name.strip() or "\0" in name or len(utf8(name)) > MAX_IDENTIFIER:
        return None
    common = record.get("common")
    sets: tuple[str, ...] = ()
    stamp, edited = record.get("lastDataUpdated"), record.get("edit")
    if isinstance(edited, dict):
        stamp = edited.get("date")
    if isinstance(common, dict):
        database = common.get("database")
        sets = (database if isinstance(database, str) and database else name.partition("-")[0],)
        stamp = common.get("lastUpdatedDate")
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    sign = json.dumps(record, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return Incoming(_plain(name), _moment(stamp), sets, payload=utf8(line), sign=sign.encode(), media="json")


def _plain(name: str) -> str:
    return utf8(name).decode()


def utf8(text: str) -> bytes:
    """Text as UTF-8; half a surrogate pair, which JSON can escape and UTF-8 cannot hold, stays an escape."""
    return text.encode("utf-8", "backslashreplace")


def _moment(value: Any) -> str | None:
    """Milliseconds since 1970 as text; None for what is no moment of the years 1 to 9999."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None
