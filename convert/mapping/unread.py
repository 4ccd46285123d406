"""Why a step could not read a value, in words for the people who wrote the value."""

from __future__ import annotations

from typing import Final

_DATES: Final = frozenset(("w3cdtf", "edtf", "date_start", "date_end", "date_text", "date_points"))
_WHY: Final = {
    "error:era-out-of-range": ("その元号の期間にない日付です", "the era does not have that day"),
    "error:era-western-mismatch": ("和暦と西暦が合いません", "the era year and the Western year differ"),
    "error:era-year-zero": ("0 年はありません", "there is no year 0"),
    "error:day": ("ない日です", "there is no such day"),
    "error:month": ("ない月です", "there is no such month"),
    "error:two-digit-year": ("年が 2 桁で、世紀が分かりません", "a year of two digits does not tell its century"),
    "error:looks-like-spreadsheet-serial": (
        "Excel が日付を表す番号のようです",
        "it seems to be the number by which Excel keeps a date",
    ),
    "error:ambiguous": ("二通りに読めます", "it can be read in two ways"),
    "error:ambiguous-era": ("同じ名前の元号が二つあります", "two eras have that name"),
    "error:ambiguous-decade": ("十年間とも百年間とも読めます", "it may be a decade or a century"),
    "error:sexagenary-mismatch": ("干支と年が合いません", "the sexagenary name and the year differ"),
    "unknown": ("日付が分からない、という言葉です", "it says that the date is not known"),
    "unresolved": ("範囲の決まらない言い方です", "it is too vague to have bounds"),
}
_MARKED: Final = (
    "「頃」や [ ] の付いた年代は、accept: marked と書くと読みます",
    "dates with 頃 or [ ] want accept: marked",
)
_SPAN: Final = ("期間です。edtf や date_start なら読めます", "it is a span of time; edtf and date_start read such")


def why(transform: str, value: str) -> dict[str, str]:
    """The slots ``why_ja`` and ``why_en`` of ``MAP-NO-VALUE``: empty where there is nothing to add.

    >>> why("w3cdtf", "昭和64年1月8日")["why_ja"], why("decimal", "30×40")
    ('（その元号の期間にない日付です）', {'why_ja': '', 'why_en': ''})
    """
    words = _of_date(transform, value) if transform in _DATES else None
    if words is None:
        return {"why_ja": "", "why_en": ""}
    return {"why_ja": f"（{words[0]}）", "why_en": f" ({words[1]})"}


def _of_date(transform: str, value: str) -> tuple[str, str] | None:
    from convert.transforms._dates.read import read  # noqa: PLC0415 - only where a date could not be read

    found = read(value)
    told = next((_WHY[flag] for flag in found.flags if flag in _WHY), None)
    if told is not None or found.kind == "none" or transform != "w3cdtf":
        return told
    return _MARKED if {"approximate", "uncertain", "supplied"} & set(found.flags) else _SPAN
