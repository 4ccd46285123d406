"""To which strata a record belongs: decade, material, source MARC, characters outside JIS X 0208, readings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from convert.transforms._repertoire import characters
from convert.transforms._tables import TWINS
from convert.transforms.dates import date_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convert.deliver.forms import Form
    from convert.deliver.stream import Stream
    from convert.formats.base import Selector

Key = tuple[tuple[str, ...], ...]
"""The strata of a record, by dimension in the order asked for."""

DIMENSIONS = {
    "decade": ("出版年代", "decade of publication"),
    "material": ("資料種別", "kind of material"),
    "marc": ("元のMARC", "source MARC"),
    "gaiji": ("外字（JIS X 0208 にない文字、〓）", "characters outside JIS X 0208, or 〓"),
    "readings": ("読み", "readings"),
}
"""What can be asked for, in Japanese and English."""
NONE, UNREAD, YES, NO, OTHER = "none", "unread", "yes", "no", "other"
LONGEST = 60
"""Characters of a stratum's name."""
_WORDS = {
    NONE: ("なし", "none"),
    UNREAD: ("読み取れない", "cannot be read"),
    YES: ("あり", "yes"),
    NO: ("なし", "no"),
    OTHER: ("その他", "other"),
}
_YEAR = re.compile(r"\[?(1[0-9]{3}|20[0-9]{2})(?![0-9])")
_COMPACT = re.compile(r"(1[0-9]{3}|20[0-9]{2})(?:0[1-9]|1[0-2])(?:[0-3][0-9])?")


def value_name(dimension: str, value: str, lang: str) -> str:
    """A stratum for people.

    >>> value_name("decade", "1950", "ja"), value_name("decade", "1950", "en"), value_name("marc", "TRC", "ja")
    ('1950年代', '1950s', 'TRC')
    """
    if value in _WORDS:
        return _WORDS[value][lang == "en"]
    if dimension == "decade":
        return f"{value}s" if lang == "en" else f"{value}年代"
    return value


@lru_cache(20_000)
def decade(text: str) -> str | None:
    """The decade in which a date begins; None for what is no date.

    >>> decade("1996.9"), decade("[1951]"), decade("昭和23年"), decade("19990401"), decade("２００４"), decade("不明")
    ('1990', '1950', '1940', '1990', '2000', None)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _YEAR.match(plain) or _COMPACT.fullmatch(plain)
    year = found[1] if found else date_start(text, part="year", inferred=True, ambiguous="span")
    return f"{year[:-1]}0" if year and year.isdigit() else None


@cache
def _gaiji() -> re.Pattern[str]:
    """A character outside JIS X 0208, or the mark for one. Signs to which Windows gives other numbers are inside."""
    known = characters("jisx0208") | set("".join(TWINS)) | {chr(code) for code in range(0xFF61, 0xFFA0)}
    return re.compile(f"[^\\0-\\x7f{re.escape(''.join(sorted(known - {'〓'})))}]")


def has_gaiji(text: str) -> bool:
    """Whether a text has a character that JIS X 0208 lacks, or a geta mark (〓).

    >>> has_gaiji("髙島"), has_gaiji("渡邊〜"), has_gaiji("〓外"), has_gaiji("ｶﾅ～")
    (True, False, True, False)
    """
    return not text.isascii() and _gaiji().search(text) is not None


class Looker:
    """Tells the strata of the records of a stream whose reader was asked for one, by the names of a form.

    ``lacking``: the dimensions for which the file has no name at all.
    """

    def __init__(self, form: Form, stream: Stream, by: Sequence[str], encoding: str | None = None) -> None:
        self._strings = getattr(stream.reader, "strings", None)
        self._encoding = (encoding or "utf-8") if form.text else None
        names = form.names
        self._marc = {name: found for name, paths in form.marc.items() if (found := stream.paths(paths))}
        self._date, self._material = stream.paths(names["date"]), stream.paths(names["material"])
        self._readings = stream.paths(names["reading"])
        tell: Mapping[str, tuple[Callable[[Any], tuple[str, ...]], object]] = {
            "decade": (self._decade, self._date),
            "material": (self._materials, self._material),
            "marc": (self._marcs, self._marc),
            "gaiji": (self._gaiji, True),
            "readings": (self._read, self._readings),
        }
        self._tell = [tell[dimension][0] for dimension in by]
        self.lacking = [dimension for dimension in by if not tell[dimension][1]]

    def key(self, body: Any, data: bytes) -> Key:
        """The strata of a record: its body, and its bytes."""
        self._data = data
        return tuple(tell(body) for tell in self._tell)

    def _decade(self, body: Any) -> tuple[str, ...]:
        written = False
        for path in self._date:
            for text in texts(path, body):
                written = True
                if (found := decade(text[:LONGEST])) is not None:
                    return (found,)
        return (UNREAD if written else NONE,)

    def _materials(self, body: Any) -> tuple[str, ...]:
        for path in self._material:
            found = dict.fromkeys(_short(text) for text in texts(path, body))
            if found:
                return tuple(sorted(found))
        return (NONE,)

    def _marcs(self, body: Any) -> tuple[str, ...]:
        found = [name for name, paths in self._marc.items() if any(any(texts(path, body)) for path in paths)]
        return tuple(found) or (NONE,)

    def _gaiji(self, body: Any) -> tuple[str, ...]:
        return (YES,) if self._may_have() and any(map(has_gaiji, self._texts(body))) else (NO,)

    def _may_have(self) -> bool:
        """Whether the bytes as they stand leave it open: markup and escapes are no texts."""
        data = self._data
        if self._encoding is None or b"&" in data or b"\\u" in data:
            return True
        return not data.isascii() and has_gaiji(data.decode(self._encoding, "replace"))

    def _texts(self, body: Any) -> Iterator[str]:
        """Every text of a record."""
        if isinstance(body, str):
            yield body
        elif isinstance(body, Mapping):
            for value in body.values():
                yield from self._texts(value)
        elif isinstance(body, Sequence):
            for value in body:
                yield from self._texts(value)
        elif self._strings is not None:
            yield from self._strings(body)

    def _read(self, body: Any) -> tuple[str, ...]:
        return (YES,) if any(any(texts(path, body)) for path in self._readings) else (NO,)


def texts(path: Selector, body: Any) -> Iterator[str]:
    """The texts at a path that are not blank."""
    for value in path.values(body):
        if isinstance(value, int | float):
            yield str(value)
        elif isinstance(value, str) and (text := value.strip()):
            yield text


def _short(text: str) -> str:
    """A kind of material: of an address the last part."""
    last = text.rstrip("/#").rpartition("#" if "#" in text else "/")[2] if text.startswith("http") else text
    return last[:LONGEST]
