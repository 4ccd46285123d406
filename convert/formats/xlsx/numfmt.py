"""Number formats (ECMA-376 Part 1 §18.8.30, §18.8.31): a cell's number as the text its author saw.

:func:`compile_format` turns a format code into a :class:`NumberFormat`; ``show`` gives the text of a number. What a
format code only pads or colours is left out; the text has no blanks at its ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from convert.formats.xlsx.serial import DAY_MICROS, MICROS, Moment, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

BUILTIN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    27: "[$-411]ge.m.d", 28: '[$-411]ggge"年"m"月"d"日"', 29: '[$-411]ggge"年"m"月"d"日"', 30: "m/d/yy",
    31: 'yyyy"年"m"月"d"日"', 32: 'h"時"mm"分"', 33: 'h"時"mm"分"ss"秒"', 34: 'yyyy"年"m"月"',
    35: 'm"月"d"日"', 36: "[$-411]ge.m.d", 50: "[$-411]ge.m.d", 51: '[$-411]ggge"年"m"月"d"日"',
    52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: '[$-411]ggge"年"m"月"d"日"', 55: 'yyyy"年"m"月"',
    56: 'm"月"d"日"', 57: "[$-411]ge.m.d", 58: '[$-411]ggge"年"m"月"d"日"',
    5: '"¥"#,##0;-"¥"#,##0', 6: '"¥"#,##0;-"¥"#,##0', 7: '"¥"#,##0.00;-"¥"#,##0.00',
    8: '"¥"#,##0.00;-"¥"#,##0.00', 41: "#,##0;-#,##0;-", 42: '"¥"#,##0;-"¥"#,##0;"¥"-',
    43: "#,##0.00;-#,##0.00;-", 44: '"¥"#,##0.00;-"¥"#,##0.00;"¥"-',
}  # fmt: skip
"""The format codes that a workbook names by number, as a Japanese Excel shows them (§18.8.30, ja-jp)."""

_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)"?
    | \\(?P<escaped>[\s\S])
    | _[\s\S] | \*[\s\S]                                    # padding, filling
    | \[(?P<elapsed>h+|m+|s+)\]
    | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General|G/標準|Standard)
    | (?P<half>AM/PM|A/P|上午/下午|午前/午後)
    | (?P<exponent>E[+-][0#?]+)
    | (?P<fraction>\.0+(?=[^0#?,]|$))
    | (?P<digits>[0#?])
    | (?P<point>\.) | (?P<comma>,) | (?P<percent>%) | (?P<slash>/) | (?P<at>@)
    | (?P<date>y+|m+|d+|h+|s+|g+|e+|a{3,}|b+|r+)
    | (?P<literal>[\s\S])
    """,
    re.X | re.I,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+(?:E[+-]?[0-9]+)?)", re.I)
_COLOURS = re.compile(
    r"black|blue|cyan|green|magenta|red|white|yellow|colou?r *[0-9]+|[黒青水緑紫赤白黄]|色[0-9]+", re.I
)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_DAYS_JA = "日月火水木金土"
_PRECISE = Context(prec=15, rounding=ROUND_HALF_UP)
_WIDE = Context(prec=400, rounding=ROUND_HALF_UP, Emax=999_999, Emin=-999_999)
_LONGEST = 1000  # characters of a format code; Excel takes 255


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a format code: its kind and its text."""

    kind: str
    text: str


@dataclass(slots=True)
class Section:
    """One of the up to four parts of a format code, for the numbers that its condition takes.

    ``kind`` is what it shows: date, general, scientific, fraction, number or text; ``era``: years are of Japanese eras.
    """

    tokens: list[Token] = field(default_factory=list)
    condition: tuple[str, float] | None = None
    locale: str = ""
    kinds: frozenset[str] = frozenset()
    kind: str = "text"
    era: bool = False


def _kind(kinds: frozenset[str]) -> str:
    if kinds & {"date", "elapsed", "half"}:
        return "date"
    if "general" in kinds:
        return "general"
    if "exponent" in kinds:
        return "scientific"
    if {"slash", "digits"} <= kinds:
        return "fraction"
    return "number" if "digits" in kinds else "text"


def _tokens(code: str) -> list[Section]:
    sections = [Section()]
    for match in _TOKEN.finditer(code[:_LONGEST]):
        kind = match.lastgroup or "pad"
        text = match[kind] if match.lastgroup else ""
        if kind == "literal" and text == ";":
            sections.append(Section())
        elif kind == "bracket":
            _bracket(sections[-1], text)
        elif kind in ("quoted", "escaped", "literal"):
            sections[-1].tokens.append(Token("literal", text))
        elif kind == "fraction" and not _follows_seconds(sections[-1]):
            sections[-1].tokens.append(Token("point", "."))
            sections[-1].tokens += [Token("digits", "0")] * (len(text) - 1)
        elif kind != "pad":
            lower = kind in ("date", "elapsed")
            sections[-1].tokens.append(Token(kind, text.lower() if lower else text))
    for section in sections:
        _settle(section)
    return sections[:4]


def _follows_seconds(section: Section) -> bool:
    timed = [token for token in section.tokens if token.kind != "literal"]
    return bool(timed) and timed[-1].kind in ("date", "elapsed") and timed[-1].text[0] == "s"


def _bracket(section: Section, text: str) -> None:
    condition = _CONDITION.fullmatch(text.strip())
    if condition:
        section.condition = condition[1], float(condition[2])
    elif text.startswith("$"):
        sign, _, locale = text[1:].partition("-")
        section.locale = locale.lower() or section.locale
        if sign:
            section.tokens.append(Token("literal", sign))
    elif not _COLOURS.fullmatch(text) and not text.lower().startswith("dbnum"):
        section.tokens.append(Token("literal", f"[{text}]"))


def _settle(section: Section) -> None:
    """Say what the section shows; tell minutes from months, and what only is a digit or point where no day is shown."""
    section.kind = _kind(frozenset(token.kind for token in section.tokens))
    literal = _LITERAL_IN_DATES if section.kind == "date" else {"slash"} if section.kind != "fraction" else set()
    _find_minutes(section.tokens)
    section.tokens = [Token("literal", t.text) if t.kind in literal else t for t in section.tokens]
    section.kinds = frozenset(token.kind for token in section.tokens)
    named = any(token.kind == "date" and token.text[0] == "g" for token in section.tokens)
    section.era = named or section.locale.endswith("411") or section.locale.startswith("ja-jp")


_LITERAL_IN_DATES = {"slash", "point", "comma", "digits", "percent", "at", "exponent", "general"}


def _find_minutes(tokens: list[Token]) -> None:
    clock = [i for i, t in enumerate(tokens) if t.kind in ("date", "elapsed")]
    for place, index in enumerate(clock):
        if tokens[index].kind != "date" or tokens[index].text not in ("m", "mm"):
            continue
        before = tokens[clock[place - 1]].text[0] if place else ""
        after = tokens[clock[place + 1]].text[0] if place + 1 < len(clock) else ""
        if before == "h" or after == "s":
            tokens[index] = Token("minute", tokens[index].text)


# ── Formats ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A compiled format code, and what positive numbers are shown as.

    ``is_date``: a day or time; ``is_day``: with a day, month or year; ``is_plain``: a whole number is shown as nothing
    but its digits.
    """

    code: str
    sections: tuple[Section, ...]
    is_date: bool
    is_day: bool
    is_general: bool
    is_scientific: bool
    is_plain: bool

    def show(self, number: str, *, is_1904: bool = False) -> str | None:
        """The text of a number given as XML has it; None when it is no number, or no day where a day is shown."""
        value = _number(number)
        if value is None:
            return None
        section, value = self._section(value)
        if section.kind == "date":
            return _date_text(section, float(value), is_1904=is_1904)
        return _texts(section, value).strip()

    def iso(self, number: str, *, is_1904: bool = False) -> str | None:
        """A day by ISO 8601 as far as the format shows it: year, month, day, time.

        None where the format shows an era, no year, or no date at all; then :meth:`show` has the text.
        """
        value = _number(number)
        if value is None:
            return None
        section, value = self._section(value)
        parts = _date_parts(section)
        if parts is None:
            return None
        found = moment(float(value), is_1904=is_1904)
        if found is None or found.serial == 0:
            return None
        text = "-".join((f"{found.year:04}", f"{found.month:02}", f"{found.day:02}")[:parts])
        if parts < 3 or not section.kinds & {"minute"}:
            return text
        seconds = found.micros // MICROS
        return f"{text} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"

    def _section(self, value: Decimal) -> tuple[Section, Decimal]:
        """The section for a number, and the number as that section shows it (a minus may be the section's)."""
        sections = self.sections
        if any(section.condition for section in sections):
            for section in sections:
                if section.condition is None or _holds(section.condition, float(value)):
                    return section, abs(value) if value < 0 and section is not sections[0] else value
            return sections[-1], value
        numeric = sections[:3]
        if value < 0 and len(numeric) > 1:
            return numeric[1], -value
        if value == 0 and len(numeric) > 2:
            return numeric[2], value
        return numeric[0], value


def _holds(condition: tuple[str, float], value: float) -> bool:
    sign, limit = condition
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit, "=": value == limit,
        "<>": value != limit,
    }[sign]  # fmt: skip


_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]{1,3})?\s*")


def _number(text: str) -> Decimal | None:
    """The number to 15 digits, which is all that a spreadsheet keeps."""
    if len(text) > 400 or not _NUMBER.fullmatch(text):
        return None
    return _PRECISE.create_decimal(text.strip())


@cache
def compile_format(code: str) -> NumberFormat:
    """Compile a format code. Any text is one; what cannot be understood is shown literally.

    >>> compile_format("#,##0.0").show("1234.25"), compile_format('[$-411]ggge"年"m"月"d"日"').show("43586")
    ('1,234.3', '令和1年5月1日')
    """
    sections = _tokens(code or "General")
    first = sections[0]
    letters = {token.text[0] for token in first.tokens if token.kind == "date"}
    general = len(sections) == 1 and [token.kind for token in first.tokens] == ["general"]
    return NumberFormat(
        code,
        tuple(sections),
        is_date=first.kind == "date",
        is_day=bool(letters - set("hs")),
        is_general=general,
        is_scientific=first.kind == "scientific",
        is_plain=general or first.kind == "scientific" or (first.kind in ("number", "text") and _is_plain(first)),
    )


def _is_plain(section: Section) -> bool:
    plain = all(t.kind in ("digits", "point", "at") or (t.kind == "literal" and t.text == " ") for t in section.tokens)
    return plain and bool(section.tokens)


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────


def general(value: Decimal) -> str:
    """A number in the format General, in a column wide enough (11 characters, 10 digits beside a point).

    A whole number of up to 15 digits stays whole: as 9.784E+12 it would be of no use.

    >>> general(Decimal("0.3")), general(Decimal(1) / 3), general(Decimal("9784000000016"))
    ('0.3', '0.333333333', '9784000000016')
    """
    if not value:
        return "0"
    power = value.adjusted()
    if value == value.to_integral_value() and power < 21:
        return f"{value:.0f}"
    if -4 <= power <= 10:
        return _trim(f"{_round(value, min(9, max(9 - power, 0))):f}")
    text = _trim(f"{_round(value, 12):f}")
    return text if power < 0 and text != "0" and len(text.lstrip("-")) <= 11 else _exponential(value, 5)


def _round(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), context=_WIDE)


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exponential(value: Decimal, decimals: int) -> str:
    rounded = Context(prec=decimals + 1, rounding=ROUND_HALF_UP).plus(value)
    power = rounded.adjusted()
    return f"{_trim(f'{rounded.scaleb(-power):f}')}E{'-' if power < 0 else '+'}{abs(power):02}"


def _texts(section: Section, value: Decimal) -> str:
    kind = section.kind
    if kind == "general":
        return _sign(value) + "".join(
            general(abs(value)) if token.kind == "general" else token.text for token in section.tokens
        )
    if kind == "text":
        found = "".join(general(value) if token.kind == "at" else token.text for token in section.tokens)
        return found if "at" in section.kinds or not section.tokens else _sign(value) + found
    if kind == "scientific":
        return _sign(value) + _scientific(section.tokens, abs(value))
    if kind == "fraction":
        return _sign(value) + _fraction(section.tokens, abs(value))
    text = _decimal(section.tokens, abs(value))
    return text if not re.search("[1-9]", text) else _sign(value) + text


def _sign(value: Decimal) -> str:
    return "-" if value < 0 else ""


def _decimal(tokens: Sequence[Token], value: Decimal) -> str:
    """Digits into their places: 0 always, # and ? only where there is a digit; commas group or divide by 1000."""
    places = [i for i, t in enumerate(tokens) if t.kind == "digits"]
    point = next((i for i, t in enumerate(tokens) if t.kind == "point"), len(tokens))
    before = [i for i in places if i < point]
    after = [i for i in places if i > point]
    last = before[-1] if before else (places[0] if places else 0)
    grouped = any(t.kind == "comma" and before and before[0] < i < last for i, t in enumerate(tokens))
    value = value.scaleb(2 * sum(t.kind == "percent" for t in tokens), context=_WIDE)
    value = value.scaleb(-3 * _scaling(tokens, places), context=_WIDE)
    whole, _, part = f"{_round(value, len(after)):f}".partition(".")
    whole = whole.lstrip("0")
    filled = _whole(tokens, before, whole, grouped=grouped)
    filled |= _part(tokens, after, part)
    return "".join(filled.get(i, "" if t.kind in ("comma", "digits") else t.text) for i, t in enumerate(tokens))


def _scaling(tokens: Sequence[Token], places: Sequence[int]) -> int:
    """How many commas stand right after the last digit before the point, or after the last digit of all."""
    ends = {places[-1]} if places else set()
    ends |= {i - 1 for i, t in enumerate(tokens) if t.kind == "point"}
    count = 0
    for end in ends:
        at = end + 1
        if at < len(tokens) and tokens[at].kind == "point":
            at = end
            while at >= 0 and tokens[at].kind == "comma":
                at, count = at - 1, count + 1
            continue
        while at < len(tokens) and tokens[at].kind == "comma":
            at, count = at + 1, count + 1
    return count


def _whole(tokens: Sequence[Token], places: Sequence[int], digits: str, *, grouped: bool) -> dict[int, str]:
    filled: dict[int, str] = {}
    rest = digits
    for written, place in enumerate(reversed(places)):
        if rest:
            digit, rest = rest[-1], rest[:-1]
        else:
            digit = {"0": "0", "?": " "}.get(tokens[place].text, "")
        if place == places[0]:
            digit = _grouped(rest + digit, written) if grouped and digit.strip() else rest + digit
        elif grouped and digit.strip() and written and written % 3 == 0:
            digit += ","
        filled[place] = digit
    return filled


def _grouped(digits: str, written: int) -> str:
    """Commas into the leftmost digits, ``written`` of which stand to the right already."""
    out = []
    for count, digit in enumerate(reversed(digits), start=written):
        if count and count % 3 == 0:
            out.append(",")
        out.append(digit)
    return "".join(reversed(out))


def _part(tokens: Sequence[Token], places: Sequence[int], digits: str) -> dict[int, str]:
    kept = len(digits.rstrip("0"))
    filled = {}
    for number, place in enumerate(places):
        wanted = tokens[place].text
        filled[place] = digits[number] if number < kept or wanted == "0" else {"?": " "}.get(wanted, "")
    return filled


def _scientific(tokens: Sequence[Token], value: Decimal) -> str:
    mark = next(i for i, t in enumerate(tokens) if t.kind == "exponent")
    head, tail = tokens[:mark], tokens[mark + 1 :]
    point = next((i for i, t in enumerate(head) if t.kind == "point"), len(head))
    whole = sum(t.kind == "digits" for t in head[:point]) or 1
    decimals = sum(t.kind == "digits" for t in head[point:])
    power = value.adjusted() if value else 0
    power -= power % whole if whole > 1 else 0
    rounded = _round(value.scaleb(-power, context=_WIDE), decimals)
    if rounded and rounded.adjusted() >= whole:
        power += whole
        rounded = _round(value.scaleb(-power, context=_WIDE), decimals)
    width = len(tokens[mark].text) - 2
    sign = "-" if power < 0 else "+" if tokens[mark].text[1] == "+" else ""
    return f"{_decimal(head, rounded)}E{sign}{abs(power):0{width}}" + "".join(t.text for t in tail)


def _fraction(tokens: Sequence[Token], value: Decimal) -> str:
    """A whole number and a fraction with a denominator of as many digits as the format has."""
    slash = next(i for i, t in enumerate(tokens) if t.kind == "slash")
    below = "".join(t.text for t in tokens[slash + 1 :]).strip()
    fixed = int(below) if below.isdecimal() and int(below) else None
    ahead = "".join("#" if t.kind == "digits" else t.text for t in tokens[:slash]).split()
    exact = Fraction(value)
    digits = min(max(below.count("?") + below.count("#") + below.count("0"), 1), 4)
    near = Fraction(round(exact * fixed), fixed) if fixed else exact.limit_denominator(10**digits - 1)
    if len(ahead) < 2:
        return f"{near * fixed}/{fixed}" if fixed else f"{near.numerator}/{near.denominator}"
    whole, rest = divmod(near, 1)
    if not rest:
        return str(whole)
    top, bottom = (rest * fixed, fixed) if fixed else (rest.numerator, rest.denominator)
    return f"{whole} {top}/{bottom}" if whole else f"{top}/{bottom}"


# ── Days and times ───────────────────────────────────────────────────────────────────────────────


def _date_parts(section: Section) -> int | None:
    """How much of a Western day a section shows: 1 a year, 2 with its month, 3 with its day; None: nothing such."""
    if section.kind != "date" or "elapsed" in section.kinds:
        return None
    letters = {token.text[0] for token in section.tokens if token.kind == "date"}
    if "y" not in letters:
        return None
    if letters & {"g", "e", "b", "r"}:
        return None
    return 1 if "m" not in letters else 3 if "d" in letters else 2


def _date_text(section: Section, value: float, *, is_1904: bool) -> str | None:
    if "elapsed" in section.kinds:
        return _elapsed(section, value)
    fraction = max((len(t.text) - 1 for t in section.tokens if t.kind == "fraction"), default=0)
    found = moment(value, is_1904=is_1904, step=10 ** max(6 - fraction, 0))
    if found is None:
        return None
    return "".join(_date_piece(token, found, section) for token in section.tokens).strip()


def _date_piece(token: Token, at: Moment, section: Section) -> str:
    text, kind = token.text, token.kind
    seconds = at.micros // MICROS
    if kind == "literal":
        return text
    if kind == "minute":
        return _padded(seconds // 60 % 60, text)
    if kind == "fraction":
        return "." + f"{at.micros % MICROS:06}"[: len(text) - 1].ljust(len(text) - 1, "0")
    if kind == "half":
        late = seconds >= 12 * 3600
        if text.isascii():
            morning, evening = text.split("/")
            return evening if late else morning
        return "午後" if late else "午前"
    hours = seconds // 3600
    if "half" in section.kinds:
        hours = hours % 12 or 12
    letter = text[0]
    if letter in "hs":
        return _padded(hours if letter == "h" else seconds % 60, text)
    return _day_piece(text, at, section)


def _day_piece(text: str, at: Moment, section: Section) -> str:
    letter, size = text[0], len(text)
    if letter == "y":
        return f"{at.year % 100:02}" if size < 3 else f"{at.year:04}"
    if letter == "m":
        if size <= 2:
            return _padded(at.month, text)
        name = _MONTHS[at.month - 1]
        return name[:3] if size == 3 else name[:1] if size == 5 else name
    if letter == "d":
        if size <= 2:
            return _padded(at.day, text)
        if section.era:
            return _DAYS_JA[at.weekday] + ("" if size == 3 else "曜日")
        return _DAYS[at.weekday][: 3 if size == 3 else None]
    if letter == "a":
        return _DAYS_JA[at.weekday] + ("" if size == 3 else "曜日")
    if letter == "b":
        return f"{(at.year + 543) % 100:02}" if size < 3 else str(at.year + 543)
    return _era_piece(letter, size, at, section)


def _era_piece(letter: str, size: int, at: Moment, section: Section) -> str:
    era = at.era
    if not section.era or era is None:
        return "" if letter == "g" else f"{at.year:04}"
    if letter == "g":
        return era[0] if size == 1 else era[1][:1] if size == 2 else era[1]
    gannen = era[2] == 1 and "gannen" in section.locale
    year = "元" if gannen else f"{era[2]:0{min(size, 2)}}"
    return era[1] + year if letter == "r" and size > 1 else year


def _elapsed(section: Section, value: float) -> str:
    fraction = max((len(t.text) - 1 for t in section.tokens if t.kind == "fraction"), default=0)
    step = 10 ** max(6 - fraction, 0)
    micros = round(abs(value) * DAY_MICROS / step) * step
    seconds = micros // MICROS
    first = next(token.text[0] for token in section.tokens if token.kind == "elapsed")
    total = {"h": seconds // 3600, "m": seconds // 60, "s": seconds}[first]
    out = []
    for token in section.tokens:
        if token.kind == "elapsed":
            out.append(f"{total:0{len(token.text)}}")
        elif token.kind == "fraction":
            out.append("." + f"{micros % MICROS:06}"[: len(token.text) - 1])
        elif token.kind == "minute" or (token.kind == "date" and token.text[0] in "hsm"):
            unit = {"h": seconds // 3600 % 24, "m": seconds // 60 % 60, "s": seconds % 60}[token.text[0]]
            out.append(_padded(unit, token.text))
        else:
            out.append(token.text)
    return ("-" if value < 0 else "") + "".join(out)


def _padded(number: int, text: str) -> str:
    return f"{number:0{min(len(text), 2)}}"
