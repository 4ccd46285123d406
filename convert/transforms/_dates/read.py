"""The parser: folds a text, takes off the words around the date, and reads points, spans and choices.

It never raises and its time is bounded: texts longer than :data:`LONGEST` are no dates.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, Literal

from convert.transforms._dates import calendar, spans, words
from convert.transforms._dates.model import (
    APPROXIMATE,
    BOTH,
    UNCERTAIN,
    Dated,
    Point,
    Refused,
    lower,
    plain_text,
    upper,
)
from convert.transforms._dates.model import point as point_of
from convert.transforms._eras import GREGORIAN_FROM
from convert.transforms._numerals import NUMERALS, kanji_number

LONGEST: Final = 80
DEPTH: Final = 6
_UNKNOWN: Final = Dated("none", None, None, ("unknown",))
Ambiguous = Literal["refuse", "edtf", "span"]

_ODD: Final = re.compile(f"[{''.join(map(re.escape, map(chr, words.FOLD)))}{NUMERALS}]")
_KANJI_NUMBER: Final = re.compile(f"(?<![0-9{NUMERALS}])[{NUMERALS}]{{1,8}}(?![0-9{NUMERALS}])")
_GLOSS: Final = re.compile(r"([^()\[\]]+)(?:\(([^()\[\]]+)\)|\[([^()\[\]]+)\])([^()\[\]]*)")
_PARTLY: Final = re.compile(r"([0-9]{0,3})\[([0-9]{1,4}|[0-9]{0,2}-{1,2})\](年?)")
_OR: Final = re.compile(r"(.+?) ?(?:または|又は|もしくは|あるいは|或いは|\bor\b) ?(.+)")
_BETWEEN: Final = re.compile(r"(?:between (.+) and (.+)|(.+?)(?:から|〜|-|~|–)(.+?)(?:まで)?の?間)")
_SIDE: Final = re.compile(r"(.+?) ?(以前|以後|以降)")
_WEEKDAY: Final = re.compile("([月火水木金土日])(?:曜日?)?")
_TAIL: Final = re.compile(r"([0-9]{1,2})(?: ?([年月日])(?: ?([0-9]{1,2}) ?[月日])?|[./]([0-9]{1,2}))?")
_YEAR_AND_SMALL: Final = re.compile(r"([0-9]{2})([0-9]{2})-([0-9]{2})")
_EDTF_SET: Final = re.compile(r"\[([^,\[\]]*?)(,|\.\.)([^,\[\]]*)\]")
_EDTF_BEFORE_ZERO: Final = re.compile(r"-([0-9]{4})([?~%]?)")
_SPAN_SIGNS: Final = re.compile(r" ?(?:〜|~|–|から|より|ないし|乃至|\bto\b) ?")

NOTHING: Final = Dated("none", None, None, ("error:not-a-date",))


def read(value: str, ambiguous: Ambiguous = "refuse") -> Dated:
    """What a text says about a date; kind ``none`` with the reason among the flags where it is none.

    ``ambiguous``: how to read what EDTF and ledgers write alike (``1923~``, ``1910-22``, ``-0299``).
    """
    text = value.strip()
    if not text or len(text) > LONGEST:
        return NOTHING
    if text in words.UNKNOWN:
        return _UNKNOWN
    flags: tuple[str, ...] = ()
    if not text.isascii() and _ODD.search(text):
        text, flags = _folded(text)
    try:
        found = _found(text, ambiguous)
    except spans.Unresolved as reason:
        return Dated("none", None, None, (*flags, str(reason), "unresolved"))
    except Refused as reason:
        return Dated("none", None, None, (*flags, str(reason)))
    return found._replace(flags=flags + found.flags) if flags else found


def _found(text: str, ambiguous: Ambiguous) -> Dated:
    found = calendar.one(text) or _READERS[ambiguous].whole(text, 0)
    if found is None and text[-1] in ".。" and (bare := text[:-1])[-1:].isalnum():
        found = calendar.one(bare) or _READERS[ambiguous].whole(bare, 0)  # 「1996.」: the full stop of a description
    return found or NOTHING


def _folded(text: str) -> tuple[str, tuple[str, ...]]:
    wide = words.WIDE.search(text) is not None
    flags: tuple[str, ...] = ("width",) if wide else ()
    text = text.translate(words.FOLD).strip() or "?"
    counted = _KANJI_NUMBER.sub(_number, text)
    return counted, flags if counted == text else (*flags, "kanji-digits")


def _number(match: re.Match[str]) -> str:
    number = kanji_number(match[0])
    return match[0] if number is None else str(number)


class _Reader:
    """Reads everything that is more than a single date. ``depth`` counts the words and brackets taken off.

    The ends of a span are read by a reader that knows no spans and choices.
    """

    def __init__(self, ambiguous: Ambiguous, *, spans: bool = True) -> None:
        self._ambiguous = ambiguous
        self._spans = spans
        self._ends: _Reader = _Reader(ambiguous, spans=False) if spans else self

    def whole(self, text: str, depth: int) -> Dated | None:
        """A point, span or choice with the words around it."""
        if not text or depth > DEPTH:
            return None
        if text in words.UNKNOWN:
            return _UNKNOWN
        found = calendar.one(text) if depth else None
        return found or self._marked(text, depth) or self._composed(text, depth)

    def _composed(self, text: str, depth: int) -> Dated | None:
        if "[" in text or "]" in text or "(" in text:
            return self._bracketed(text, depth)
        if self._ambiguous == "edtf":
            match = _EDTF_BEFORE_ZERO.fullmatch(text)
            if match:
                return Dated("one", Point(-int(match[1]), mark=match[2]), None, ("bce",))
        short = _YEAR_AND_SMALL.fullmatch(text)
        if short:
            return self._short_or_season(*short.groups())
        found = spans.long_form(text)
        if found is not None or not self._spans:
            return found
        return self._with_other(text, depth) or self._choice(text, depth) or self._span(text, depth)

    # ── Words before and after ───────────────────────────────────────────────────────────────────

    def _marked(self, text: str, depth: int) -> Dated | None:
        for word, sense in words.ENDINGS.get(text[-1], ()):
            if text.endswith(word) and len(text) > len(word):
                return self._with(sense, text[: -len(word)].rstrip(), depth)
        if text[-1] in "~%" and text[-2:-1].isalnum() and "/" not in text:
            return self._edtf_mark(text, depth)
        if text[-1] == "刷":
            match = words.IMPRESSION.search(text)
            return self._with("printing", text[: match.start()], depth) if match and match.end() == len(text) else None
        match = words.BEFORE.match(text)
        if match and match.lastgroup:
            return self._with(match.lastgroup, text[match.end() :], depth)
        return None

    def _with(self, sense: str, rest: str, depth: int) -> Dated | None:
        found = self.whole(rest, depth + 1)
        if found is None or found.kind == "none":
            return found
        mark = {"approximate": APPROXIMATE, "uncertain": UNCERTAIN}.get(sense, "")
        found = _qualified(found, mark) if mark else found
        return found._replace(flags=_joined(found.flags, (words.FLAGS[sense],)))

    def _edtf_mark(self, text: str, depth: int) -> Dated | None:
        """1923~: approximate in EDTF, "from 1923 on" in a ledger."""
        if text[-1] == "~" and self._ambiguous != "edtf":
            if self._ambiguous == "span":
                return self._open_end(text[:-1], depth)
            raise Refused("error:ambiguous")
        found = self.whole(text[:-1], depth + 1)
        return _qualified(found, text[-1]) if found is not None and found.kind == "one" else None

    def _with_other(self, text: str, depth: int) -> Dated | None:
        """A date and, behind a comma, the year of copyright or printing."""
        first, comma, second = text.partition(",")
        if not comma:
            return None
        return self._beside(self.whole(first.rstrip(), depth + 1), self.whole(second.lstrip(), depth + 1))

    @staticmethod
    def _beside(found: Dated | None, other: Dated | None) -> Dated | None:
        if found is None or other is None or other.kind != "one" or other.first is None or found.kind == "none":
            return None
        kinds = [flag[5:] for flag in other.flags if flag.startswith("kind=")]
        if not kinds or any(flag.startswith("kind=") for flag in found.flags):
            return None
        return found._replace(flags=(*found.flags, f"also={kinds[0]}:{plain_text(other.first)}"))

    # ── Brackets ─────────────────────────────────────────────────────────────────────────────────

    def _bracketed(self, text: str, depth: int) -> Dated | None:
        opened, closed = text.count("["), text.count("]")
        if opened != closed:
            return self._unbalanced(text, depth) if opened + closed == 1 else None
        if opened == 1 and text[0] == "[" and text[-1] == "]":
            return self._supplied(text[1:-1].strip(), depth)
        match = _PARTLY.fullmatch(text)
        if match and len(match[1]) + len(match[2]) == 4:
            return _flagged(self.whole(match[1] + match[2] + match[3], depth + 1), words.SUPPLIED)
        found = self._glossed(text, depth)
        return found or (self._with_other(text, depth) or self._span(text, depth) if self._spans else None)

    def _supplied(self, inside: str, depth: int) -> Dated | None:
        edtf = _EDTF_SET.fullmatch(f"[{inside}]")
        found = self._set(*edtf.groups()) if edtf and not inside.startswith("c") else None
        if found is not None:
            return found
        found = self.whole(inside, depth + 1)
        return found if found is None or found.kind == "none" else _supplied_flag(found)

    def _unbalanced(self, text: str, depth: int) -> Dated | None:
        if text[0] != "[" and text[-1] != "]":
            return None
        return _flagged(self.whole(text.strip("[] "), depth + 1), "warn:unbalanced-bracket")

    def _glossed(self, text: str, depth: int) -> Dated | None:
        """An era year and a Western year beside each other; or a printing year in round brackets."""
        match = _GLOSS.fullmatch(text)
        if match is None:
            return None
        before, round_gloss, square_gloss, after = match.groups()
        outer, inner = (before.rstrip() + after.strip()).strip(), (round_gloss or square_gloss).strip()
        if not inner or not outer:
            return None
        weekday = _WEEKDAY.fullmatch(inner)
        if weekday:
            return _on_weekday(calendar.one(outer), weekday[1]) if not after else None
        first, second = calendar.one(outer) if outer else None, self.whole(inner, depth + 1)
        if first is None or second is None:
            return None
        if any(flag.startswith("kind=") for flag in second.flags):
            return self._beside(first, second) if not after else None
        return _agreed(first, second, outer, inner)

    # ── Choices ──────────────────────────────────────────────────────────────────────────────────

    def _set(self, first: str, sign: str, second: str) -> Dated | None:
        """EDTF [1923,1924], [1906..1912], [..1923], [1923..]."""
        ends = [self._ends.whole(end.strip(), DEPTH - 1) if end.strip() else None for end in (first, second)]
        points = [end.first if end and end.kind == "one" else None for end in ends]
        if sum(point is None for point in points) > (sign == "..") or any(
            text.strip() and point is None for text, point in zip((first, second), points, strict=True)
        ):
            return None
        return _chosen("either" if sign == "," else "between", points[0], points[1])

    def _choice(self, text: str, depth: int) -> Dated | None:
        match = _OR.fullmatch(text)
        if match:
            return self._two("either", match[1], match[2], depth)
        match = _BETWEEN.fullmatch(text)
        if match:
            return self._two("between", match[1] or match[3], match[2] or match[4], depth)
        match = _SIDE.fullmatch(text)
        if match is None:
            return None
        found = self.whole(match[1], depth + 1)
        point = _whole_point(found)
        if found is None or point is None:
            return None
        first, last = (None, point) if match[2] == "以前" else (point, None)
        return _chosen("between", first, last, found.flags)

    def _two(self, kind: Literal["either", "between"], first: str, second: str, depth: int) -> Dated | None:
        start = self.whole(first, depth + 1)
        end = self._end(second, start, first, depth)
        points = _whole_point(start), _whole_point(end)
        if start is None or end is None or points[0] is None or points[1] is None:
            return None
        return _chosen(kind, *points, _joined(start.flags, end.flags))

    # ── Spans ────────────────────────────────────────────────────────────────────────────────────

    def _span(self, text: str, depth: int) -> Dated | None:
        text = text.removesuffix("まで")
        if "/" in text:
            found = self._slashed(text, depth)
            if found is not None:
                return found
        match = _SPAN_SIGNS.search(text)
        if match:
            return self._between(text[: match.start()], text[match.end() :], match[0].strip(), depth)
        return self._hyphened(text, depth) if "-" in text else None

    def _between(self, first: str, second: str, sign: str, depth: int) -> Dated | None:
        if not second:
            return self._open_end(first, depth)
        if not first:
            return self._open_start(second, depth)
        start, end = self._start(first, second, depth), None
        if start is not None:
            end = self._end(second, start, first, depth, sign)
        if start is not None and end is not None and "年代" in second:
            start, end = _without_hidden(start), _without_hidden(end)
        return _spanned(start, end)

    def _slashed(self, text: str, depth: int) -> Dated | None:
        """EDTF: 1999/2003, 1999/.., ../1999."""
        first, _, second = text.partition("/")
        if "/" in second or min(len(first.strip("?~%")), len(second.strip("?~%"))) < (2 if ".." in text else 4):
            return None
        if first == ".." or second == "..":
            return self._open_start(second, depth) if first == ".." else self._open_end(first, depth)
        return _spanned(self._edtf_end(first, depth), self._edtf_end(second, depth))

    def _edtf_end(self, text: str, depth: int) -> Dated | None:
        """An end of an EDTF interval, where ~ can only mean approximate."""
        if text[-1] in "~%" and text[:-1]:
            found = self._ends.whole(text[:-1], depth + 1)
            return _qualified(found, text[-1]) if found is not None and found.kind == "one" else None
        return self._ends.whole(text, depth + 1)

    def _hyphened(self, text: str, depth: int) -> Dated | None:
        """1999-2003, 1995-98, 1999.4-5, 1999-, -1999; only where one hyphen alone can be the sign of the span."""
        if text[-1] == "-" and text[-2:-1] != "-":
            return self._open_end(text[:-1].rstrip(), depth)
        if text[0] == "-":
            return self._open_start(text[1:].lstrip(), depth)
        places = [place for place, mark in enumerate(text) if mark == "-"][:DEPTH]
        found = [self._hyphen_at(text, place, depth) for place in places]
        good = [item for item in found if isinstance(item, Dated)]
        wrong = [item for item in found if isinstance(item, Refused)]
        if wrong and not good:
            raise wrong[0]
        return good[0] if len(good) == 1 else None

    def _hyphen_at(self, text: str, place: int, depth: int) -> Dated | Refused | None:
        try:
            return self._between(text[:place].rstrip(), text[place + 1 :].lstrip(), "-", depth)
        except Refused as reason:
            return reason

    def _short_or_season(self, century: str, year: str, end: str) -> Dated:
        """1995-98 is a span, 1999-21 a season of EDTF; 1910-22 may be either."""
        season, later = 21 <= int(end) <= 24, self._spans and int(end) > int(year)
        if season and later and self._ambiguous == "refuse":
            raise Refused("error:ambiguous")
        if season and (not later or self._ambiguous == "edtf"):
            flags = ("season", "ambiguous") if end == "24" else ("season",)
            return Dated("one", Point(int(century + year), int(end)), None, flags)
        if not later:
            raise Refused("error:month")
        return Dated("span", Point(int(century + year)), Point(int(century + end)), ("abbreviated-end",))

    def _start(self, first: str, second: str, depth: int) -> Dated | None:
        """The start of a span; it may lack the word that stands at the end (19～20世紀, 明治~大正時代)."""
        for word in ("世紀", "年代", "時代", "年間"):
            if word in second and word not in first:
                return spans.long_form(first + word)
        if second.endswith("期") and "期" not in first:
            return spans.long_form(first + "期")
        return self._ends.whole(first, depth + 1)

    def _end(self, text: str, start: Dated | None, first: str, depth: int, sign: str = "") -> Dated | None:
        """The end of a span; it may leave out what it shares with the start (1995-98, 1999.4-5, 昭和20-22年)."""
        match = _TAIL.fullmatch(text)
        if match is None or start is None:
            short_decade = re.fullmatch("([0-9]{2})(年代.*)", text)
            if short_decade is None or start is None or start.first is None:
                return self._ends.whole(text, depth + 1)
            era = calendar.era_named(first)
            return self._ends.whole(f"{first[: era[1]] if era else first[:2]}{text}", depth + 1)
        if sign in ("–", "-") and not match[2] and int(match[1]) <= 12 and _maybe_month(start, first, sign):
            raise Refused("error:ambiguous")
        return _shortened(match, start, first)

    def _open_end(self, text: str, depth: int) -> Dated | None:
        found = self._ends.whole(text, depth + 1)
        first = _opening(found)
        return None if found is None or first is None else Dated("span", first, None, (*found.flags, "open-end"))

    def _open_start(self, text: str, depth: int) -> Dated | None:
        found = self._ends.whole(text, depth + 1)
        last = _closing(found)
        return None if found is None or last is None else Dated("span", None, last, (*found.flags, "open-start"))


_READERS: Final[dict[Ambiguous, _Reader]] = {
    "refuse": _Reader("refuse"),
    "edtf": _Reader("edtf"),
    "span": _Reader("span"),
}


# ── Putting together ─────────────────────────────────────────────────────────────────────────────


def _flagged(found: Dated | None, flag: str) -> Dated | None:
    return None if found is None else found._replace(flags=(*found.flags, flag))


def _supplied_flag(found: Dated) -> Dated:
    return found._replace(flags=(words.SUPPLIED, *found.flags))


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))


def _marked_point(point: Point | None, mark: str) -> Point | None:
    if point is None or point.mark == mark:
        return point
    return point._replace(mark=BOTH if point.mark else mark)


def _qualified(found: Dated, mark: str) -> Dated:
    if found.kind in ("either", "between") or (found.first and found.first.month > 12):
        raise spans.Unresolved("season" if found.kind == "one" else "one-of")
    if found.plain is not None:
        flags = tuple(flag for flag in found.flags if flag != "era-boundary")
        return Dated("one", _marked_point(found.plain, mark), None, flags)
    return found._replace(first=_marked_point(found.first, mark), last=_marked_point(found.last, mark))


def _whole_point(found: Dated | None) -> Point | None:
    if found is None or found.kind == "none":
        return None
    return found.plain if found.plain is not None else found.first if found.kind == "one" else None


def _chosen(
    kind: Literal["either", "between"], first: Point | None, last: Point | None, flags: tuple[str, ...] = ()
) -> Dated:
    if any(end is not None and end.month > 12 for end in (first, last)):
        raise spans.Unresolved("season")
    if any(end is not None and end.mark for end in (first, last)):
        raise spans.Unresolved("one-of")
    if first is not None and last is not None:
        if upper(first) >= lower(last):
            raise Refused("error:order")
        return Dated(kind, first, last, (*flags, "one-of"))
    return Dated(kind, first, last, (*flags, "open-start" if first is None else "open-end"))


def _without_hidden(found: Dated) -> Dated:
    """A decade by its first and last year: a span of decades is one of years."""
    if found.first is None or not found.first.hidden:
        return found
    mark = found.first.mark
    ends = Point(lower(found.first)[0], mark=mark), Point(upper(found.first)[0], mark=mark)
    return Dated("span", *ends, found.flags)


def _opening(found: Dated | None) -> Point | None:
    if found is None or found.first is None or found.kind not in ("one", "span"):
        return None
    first = found.first
    if found.plain is not None and first[1:3] == (1, 1):
        return found.plain
    return Point(lower(first)[0], mark=first.mark) if first.hidden and "century" in found.flags else first


def _closing(found: Dated | None) -> Point | None:
    if found is None or found.kind not in ("one", "span"):
        return None
    last = found.last if found.kind == "span" else found.first
    if last is None:
        return None
    if found.plain is not None and last[1:3] == (12, 31):
        return found.plain
    return Point(upper(last)[0], mark=last.mark) if last.hidden and "century" in found.flags else last


def _spanned(start: Dated | None, end: Dated | None) -> Dated | None:
    first, last = _opening(start), _closing(end)
    if start is None or end is None or first is None or last is None:
        return None
    if start.kind == "span" and start.plain is None and start.last is None:
        return None
    if lower(first) > upper(last):
        raise Refused("error:order")
    flags = _joined(tuple(flag for flag in start.flags if flag != "era-boundary"), _end_flags(start, end))
    return Dated("span", first, last, flags)


def _end_flags(start: Dated, end: Dated) -> tuple[str, ...]:
    flags = tuple(flag for flag in end.flags if flag != "era-boundary")
    if words.SUPPLIED in flags and words.SUPPLIED not in start.flags:
        return tuple("supplied-end" if flag == words.SUPPLIED else flag for flag in flags)
    return flags


def _on_weekday(found: Dated | None, name: str) -> Dated | None:
    """A day with its weekday, which must be the right one."""
    if found is None or found.first is None or not found.first.day:
        return None
    if "月火水木金土日"[date(*found.first[:3]).weekday()] != name:
        raise Refused("error:weekday")
    return found


def _agreed(outer: Dated, inner: Dated, outer_text: str, inner_text: str) -> Dated | None:
    """The more precise of an era date and a Western date that mean the same; :class:`Refused` where they do not."""
    western = [text[0].isdecimal() or text.startswith("西暦") for text in (outer_text, inner_text)]
    if western[0] == western[1] or outer.first is None or inner.first is None:
        return None
    era, other = (inner, outer) if western[0] else (outer, inner)
    if other.kind != "one" or other.flags not in ((), ("warn:future",)) or era.kind == "none" or other.first is None:
        return None
    point = _whole_point(era)
    if point is None or point.mark:
        return None
    flags = (*era.flags, "agree")
    if point.year < GREGORIAN_FROM or "lunisolar" in era.flags:
        if point.year != other.first.year:
            raise Refused("error:era-western-mismatch")
        return era._replace(flags=flags)
    short, long = sorted((plain_text(point), plain_text(other.first)), key=len)
    if not long.startswith(short):
        raise Refused("error:era-western-mismatch")
    if len(plain_text(other.first)) > len(plain_text(point)):
        return Dated("one", other.first, None, flags)
    return era._replace(flags=flags)


def _shortened(match: re.Match[str], start: Dated, first: str) -> Dated | None:
    """The end of a span that leaves out its year, or its year and month."""
    number, unit, second = match[1], match[2] or "", match[3] or match[4]
    from_point = start.plain or start.first
    if from_point is None or from_point.hidden or from_point.month > 12:
        return None
    year, month, day = from_point[:3]
    if unit == "年" or (not month and second is None):
        return _short_year(match, year, first, single=unit != "年")
    if second is not None:
        return _dropped(start) or Dated("one", point_of(year, int(number), int(second)), None, ("abbreviated-end",))
    if month and not day and unit in ("", "月"):
        return Dated("one", point_of(year, int(number) or 13), None, ("abbreviated-end",))
    if day and unit in ("", "日"):
        return Dated("one", point_of(year, month, int(number) or 32), None, ("abbreviated-end",))
    if day and unit == "月":
        return Dated("one", point_of(year, int(number) or 13), None, ("abbreviated-end",))
    return _dropped(start) if "dropped-month-day" in start.flags else None


def _maybe_month(start: Dated, first: str, sign: str) -> bool:
    """Whether what follows the dash may be a month: 1999–05, 昭和5-8."""
    year = start.plain or start.first
    return year is not None and not year.month and (sign == "–" or calendar.era_named(first) is not None)


def _dropped(start: Dated) -> Dated | None:
    return start if "dropped-month-day" in start.flags else None


def _short_year(match: re.Match[str], year: int, first: str, *, single: bool) -> Dated | None:
    era = calendar.era_named(first)
    if era is not None:
        return calendar.one(first[: era[1]] + match[0])
    if match[3] or match[4] or len(match[1]) != 2:
        return None
    if int(match[1]) <= year % 100:
        raise Refused("error:two-digit-year")
    return Dated("one", Point(year // 100 * 100 + int(match[1])), None, ("abbreviated-end",) if single else ())
