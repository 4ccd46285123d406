"""What is asked for: keywords, filters, where to begin and how many; refused with what is allowed before it is sent.

Parameters are those of the API's guide, chapters 4 and 5, and those that clients use; which of them the guide has is
told in :data:`PARAMETERS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from convert.errors import OptionError, UsageError, near
from convert.formats.japansearch.model import model
from convert.harvest.japansearch.kinds import KINDS, MOST, REACH, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LONGEST: Final = 7000
"""Characters of an address: the API is asked by GET alone, and servers take no endless addresses."""
LONGEST_TERM: Final = 1000
_ID = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_ITEM = re.compile(r"[^\s/?#&]{1,500}")
_CODE = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_.:-]{1,200}", re.ASCII)
_YEAR = re.compile(r"-?\d{1,4}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,3}(\.\d{1,12})?", re.ASCII)
_RADIUS = re.compile(r"(\d{1,5}(?:\.\d{1,6})?)km", re.ASCII)
SORTS: Final = ("rand", "new", "old", "title", "score")
"""Orders that a service of the same family takes; whether Japan Search does is not documented."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the search. ``options``: how the command writes it; ``check``: refuses a value.

    ``many``: it may stand several times. ``guide``: the guide documents it; else it is what clients use.
    """

    name: str
    options: tuple[str, ...]
    ja: str
    en: str
    check: Callable[[Parameter, str], str]
    many: bool = False
    guide: bool = False
    metavar: str = "TEXT"


def _wrong(parameter: Parameter, value: str, en: str, ja: str) -> OptionError:
    return OptionError(parameter.options[0], value, en, ja)


def _term(parameter: Parameter, value: str) -> str:
    text = " ".join(value.split())
    if not text.lstrip("+-"):
        raise _wrong(parameter, value, "expects a word", "語を書いてください")
    if len(text) > LONGEST_TERM or not text.isprintable():
        en = f"expects at most {LONGEST_TERM:,} printable characters"
        raise _wrong(parameter, text[:40] + "…", en, f"{LONGEST_TERM:,} 文字以内で、制御文字は使えません")
    return text


def _database(parameter: Parameter, value: str) -> str:
    if not _ID.fullmatch(value.removeprefix("-")):
        en = "expects the id of a database: letters, digits and _ (a - before it excludes)"
        raise _wrong(parameter, value, en, "データベースの ID（英数字と _）を書いてください。前に - を付けると除きます")
    return value


def _rights(parameter: Parameter, value: str) -> str:
    known = [code.name for code in model().codes["contentsRightsType"].values() if code.level in ("item", "group")]
    if value.removeprefix("-") not in known:
        meant = near(value.removeprefix("-"), known)
        more, mehr = (f" (did you mean {meant}?)", f"（{meant} ではありませんか）") if meant else ("", "")
        en = f"expects one of {', '.join(known)}; a - before it excludes{more}"
        raise _wrong(parameter, value, en, f"書けるのは {'、'.join(known)} です。前に - を付けると除きます{mehr}")
    return value


def _code(parameter: Parameter, value: str) -> str:
    if not _CODE.fullmatch(value.removeprefix("-")):
        en = "expects a code of letters, digits and _ (a - before it excludes)"
        raise _wrong(parameter, value, en, "英数字と _ のコードを書いてください。前に - を付けると除きます")
    return value


def _excluded(parameter: Parameter, value: str) -> str:
    return "-" + _code(parameter, value).removeprefix("-")


def _years(parameter: Parameter, value: str) -> str:
    first, sign, last = value.replace("，", ",").partition(",")
    years = (first.strip(), last.strip())
    if not sign or not all(map(_YEAR.fullmatch, years)) or int(years[0]) > int(years[1]):
        en = "expects two years, the earlier one first, such as 1603,1868"
        raise _wrong(parameter, value, en, "西暦の年を 2 つ、早い方から 1603,1868 のように書いてください")
    return ",".join(years)


def _near(parameter: Parameter, value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    radius = _RADIUS.fullmatch(parts[2]) if len(parts) == 3 else None
    if radius is None or not all(map(_NUMBER.fullmatch, parts[:2])) or not _on_earth(parts) or not float(radius[1]):
        en = "expects latitude, longitude and distance such as 35.68,139.76,10km"
        raise _wrong(parameter, value, en, "緯度,経度,距離 を 35.68,139.76,10km のように書いてください")
    return ",".join(parts)


def _on_earth(parts: Sequence[str]) -> bool:
    return abs(float(parts[0])) <= 90 and abs(float(parts[1])) <= 180


def _item(parameter: Parameter, value: str) -> str:
    if "-" not in value or not _ITEM.fullmatch(value):
        en = "expects the id of an item such as cobas-47614"
        raise _wrong(parameter, value, en, "アイテムの ID を cobas-47614 のように書いてください")
    return value


def _path(parameter: Parameter, value: str) -> str:
    if not _PATH.fullmatch(value):
        raise _wrong(parameter, value, "expects a field such as common.description", "common.description のように")
    return value


def _sort(parameter: Parameter, value: str) -> str:
    if value not in SORTS:
        en = f"expects one of {', '.join(SORTS)}"
        raise _wrong(parameter, value, en, f"書けるのは {'、'.join(SORTS)} です")
    return value


PARAMETERS: Final = {
    parameter.name: parameter
    for parameter in (
        Parameter("f-db", ("--database",), "この連携データベース", "this database", _database, True, metavar="ID"),
        Parameter(
            "f-rights", ("--rights",), "権利区分（edu・noncom・com も）", "rights, or edu, noncom, com",
            _rights, True, True, "CODE",
        ),
        Parameter("f-type", ("--type",), "資料の種別", "type of resource", _code, True, metavar="CODE"),
        Parameter("f-contents", ("--contents",), "コンテンツの公開・形式", "access and form of content", _code, True,
                  metavar="CODE"),
        Parameter("f-cm", ("--category",), "カテゴリ", "category", _code, True, metavar="CODE"),
        Parameter("fc-db", ("--not-database",), "このデータベースを除く", "not this database", _excluded, True,
                  metavar="ID"),
        Parameter("fc-category", ("--not-category",), "このカテゴリを除く", "not this category", _excluded, True,
                  metavar="CODE"),
        Parameter("fc-caccess", ("--not-access",), "この公開状況を除く", "not this access", _excluded, True,
                  metavar="CODE"),
        Parameter("q-tempo", ("--time",), "時間・時代の語", "words in the time", _term),
        Parameter("q-loc", ("--place",), "場所の語", "words in the place", _term),
        Parameter("q-contributor", ("--person",), "人物・団体の語", "words in the names", _term),
        Parameter("r-tempo", ("--years",), "年の範囲。1603,1868", "years, such as 1603,1868", _years, metavar="A,B"),
        Parameter("g-coordinates", ("--near",), "位置と距離。35.68,139.76,10km", "place and distance", _near,
                  metavar="LAT,LON,KM"),
        Parameter("image", ("--like-item",), "このアイテムに画像が似たもの", "pictures like this item's", _item,
                  metavar="ID"),
        Parameter("text2image", ("--like-text",), "この言葉のような画像", "pictures like these words", _term),
        Parameter("exists", ("--having",), "この項目のあるもの", "with this field", _path, metavar="FIELD"),
        Parameter("sort", ("--sort",), "順序", "order", _sort, metavar="|".join(SORTS)),
    )
}  # fmt: skip
"""The filters of an item search, in the order in which they are sent."""
KEYWORD: Final = Parameter("keyword", ("--keyword",), "この語を含む", "with this word", _term, True, True)
ALLOWED: Final = (KEYWORD.name, *PARAMETERS)


@dataclass(frozen=True, slots=True)
class Query:
    """A search: its kind and its parameters as pairs, ready to be sent, without ``from`` and ``size``.

    ``theme``: the id of a theme search, whose items are searched instead of all (``exhib-default``).
    """

    kind: Kind
    pairs: tuple[tuple[str, str], ...] = ()
    theme: str | None = None

    @property
    def path(self) -> str:
        """The path of the search."""
        return self.kind.path if self.theme is None else f"item/search/{quote(self.theme, safe='')}"

    @property
    def scroll(self) -> str | None:
        """The path of the scroll; there is none for themes and for what is no item."""
        return self.kind.scroll if self.theme is None else None

    @property
    def name(self) -> str:
        """What tells this search from others."""
        told = [f"{name}={value}" for name, value in sorted(self.pairs)]
        return " ".join([self.kind.name, *([f"theme={self.theme}"] if self.theme else []), *told])

    @property
    def databases(self) -> tuple[str, ...] | None:
        """The databases that are wanted whole; () for all there is, None where the search is narrower."""
        if self.theme is not None or any(name != "f-db" or value.startswith("-") for name, value in self.pairs):
            return None
        return tuple(value for _, value in self.pairs)


def query_of(
    kind: str,
    *,
    keywords: Iterable[str] = (),
    any_of: Iterable[str] = (),
    without: Iterable[str] = (),
    filters: Iterable[tuple[str, str]] = (),
    theme: str | None = None,
) -> Query:
    """A search. ``keywords`` are joined by AND; ``any_of`` by OR, which leaves no room for the others (guide 4.1.1).

    Raises :class:`OptionError` for what the API does not take.

    >>> query_of("items", any_of=["印象派", "セザンヌ"]).pairs
    (('keyword', '+印象派'), ('keyword', '+セザンヌ'))
    """
    pairs = [(KEYWORD.name, word) for word in _keywords(keywords, any_of, without)]
    found = KINDS[kind]
    given = [(name, value) for name, value in filters if value]
    for name, _ in given:
        _allowed(found, name)
    for name, parameter in PARAMETERS.items():
        values = [value for other, value in given if other == name]
        if len(values) > 1 and not parameter.many:
            raise OptionError(parameter.options[0], None, "may stand only once", "一度しか書けません")
        pairs += [(name, parameter.check(parameter, value)) for value in dict.fromkeys(values)]
    if theme is not None and (not found.filters or not _PATH.fullmatch(theme)):
        en = "expects the id of a theme search such as exhib-default, for items"
        raise OptionError("--theme", theme, en, "テーマ別検索の ID を exhib-default のように（items だけ）")
    return Query(found, tuple(pairs), theme)


def _keywords(keywords: Iterable[str], any_of: Iterable[str], without: Iterable[str]) -> list[str]:
    words = [_term(KEYWORD, word) for word in keywords]
    words += ["+" + _term(KEYWORD, word).removeprefix("+") for word in any_of]
    words += ["-" + _term(KEYWORD, word).removeprefix("-") for word in without]
    plus = [word for word in words if word.startswith("+")]
    if plus and len(plus) < len(words):
        raise OptionError(
            "--any", plus[0][1:],
            "OR needs + before every word: use --any for all of them, without --keyword and --not",
            "OR はすべての語に + が要ります。すべてを --any で書き、--keyword や --not と一緒には使えません",
        )  # fmt: skip
    return words


def _allowed(kind: Kind, name: str) -> None:
    if name not in PARAMETERS or not kind.filters:
        allowed = ALLOWED if kind.filters else (KEYWORD.name,)
        meant = near(name, allowed)
        en = f"{kind.en} take {', '.join(allowed)}" + (f"; did you mean {meant}?" if meant else "")
        more = f"（{meant} ではありませんか）" if meant else ""
        raise OptionError(name, None, en, f"{kind.ja}で使えるのは {'、'.join(allowed)} です{more}")


def check_window(start: int | None, size: int, limit: int | None, reach: int = REACH) -> None:
    """Refuse what lies beyond the API's limits: ``size`` up to 500, ``from + size`` up to 2,000 (guide 4.2.1)."""
    if not 1 <= size <= MOST:
        raise OptionError("--size", str(size), f"expects 1 to {MOST}", f"1 から {MOST} までです")
    if limit is not None and limit < 1:
        raise OptionError("--limit", str(limit), "expects 1 or more", "1 以上です")
    if start is None:
        return
    if start < 0 or start + min(size, limit or size) > reach:
        en = f"from + size is {reach:,} at most; leave --from out and everything is fetched by scroll"
        ja = f"from と size の合計は {reach:,} までです。--from を書かなければ、その先も scroll で取得します"
        raise OptionError("--from", str(start), en, ja)


def encoded(pairs: Iterable[tuple[str, Any]]) -> str:
    """Pairs as the query of an address: ``+`` becomes ``%2B``, blanks ``%20``.

    >>> encoded([("keyword", "+a b")])
    'keyword=%2Ba%20b'
    """
    return urlencode([(name, str(value)) for name, value in pairs], quote_via=quote, safe=",:")


def check_length(address: str) -> str:
    """The address; raises :class:`UsageError` when it is longer than servers take."""
    if len(address) > LONGEST:
        en = f"the request has {len(address):,} characters, {LONGEST:,} at most: use fewer or shorter words"
        raise UsageError(en, f"要求が {len(address):,} 文字になります（{LONGEST:,} まで）。語を減らしてください。")
    return address


# ── An address of Japan Search ───────────────────────────────────────────────────────────────────

_PAGES: Final = {"gallery": "galleries", "database": "databases", "organization": "organizations", "csearch": "csearch"}


def query_from(address: str, kind: str) -> Query:
    """The search that an address of Japan Search shows, its page's or the API's.

    ``keywordOr=true``, the older way to OR, becomes ``+`` before every word. What only concerns the page is left out.
    Raises :class:`OptionError`.

    >>> query_from("https://jpsearch.go.jp/csearch/jps-cross?csid=jps-cross&keyword=a&keyword=b&keywordOr=true", "items").pairs
    (('keyword', '+a'), ('keyword', '+b'))
    """  # noqa: E501 - an address
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        en = "expects an address of Japan Search, its page's or the API's"
        raise OptionError("--url", address, en, "ジャパンサーチの検索結果か API の URL を書いてください")
    given = parse_qsl(parts.query, keep_blank_values=False)
    found, theme = _kind_of(parts.path, dict(given).get("csid"))
    if found != kind:
        en = f"is a search of {KINDS[found].en}: use the command {found}"
        raise OptionError("--url", address, en, f"{KINDS[found].ja}の検索です。コマンド {found} を使ってください")
    plus = "true" in [value for name, value in given if name == "keywordOr"]
    words = [value for name, value in given if name == KEYWORD.name]
    rest = [(name, value) for name, value in given if name not in (KEYWORD.name, *_OF_THE_PAGE)]
    return query_of(kind, keywords=() if plus else words, any_of=words if plus else (), filters=rest, theme=theme)


_OF_THE_PAGE: Final = ("keywordOr", "csid", "from", "size", "scrollId", "lang", "view", "page", "listStyle")


def _kind_of(path: str, csid: str | None) -> tuple[str, str | None]:
    names = [unquote(name) for name in path.split("/") if name and name not in ("api", "en")]
    last = names[-1] if names else ""
    theme = csid or (last if last not in ("search", "scroll") else None)
    if names[:1] == ["item"] or (names[:1] == ["csearch"] and len(names) > 1 and last != "search"):
        return "items", None if theme in (None, "jps-cross", "item") else theme
    if names[:1] == ["curation"]:
        return "galleries", None
    return _PAGES.get(names[0] if names else "", "items"), None
