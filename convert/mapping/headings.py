"""Headings that tell why none of a mapping's columns are there: the file was cut or decoded in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEW = 2


def doubt(headings: Sequence[str]) -> dict[str, str]:
    """The slots ``doubt`` and ``doubt_ja`` of ``MAP-PATH-UNKNOWN``: what seems wrong with the headings; else empty.

    >>> doubt(["資料番号;資料名;作者"])["doubt"]
    "The columns seem to be divided by ';': try -r delimiter=';'. "
    >>> doubt(["資料番号", "資料名"])
    {'doubt': '', 'doubt_ja': ''}
    """
    en, ja = _words(headings)
    return {"doubt": f"{en} " if en else "", "doubt_ja": ja}


def _words(headings: Sequence[str]) -> tuple[str, str]:
    if not headings or (len(headings) > _FEW and "\x1b" not in "".join(headings)):
        return "", ""
    first = headings[0].lstrip()
    if "\x1b" in "".join(headings):
        return (
            "The file seems to be JIS (ISO-2022-JP): try -r encoding=iso2022_jp.",
            "文字コードが JIS（ISO-2022-JP）のようです。-r encoding=iso2022_jp を付けてみてください。",
        )
    if first.lower().startswith("sep="):
        return (
            "The first row is a note to Excel (sep=), not the headings: add -r header_row=2.",
            "1 行目は Excel への指定（sep=）で、見出しではありません。-r header_row=2 を付けてください。",
        )
    if first.startswith("<"):
        return (
            "The file seems to be HTML or XML, not a table.",
            "CSV などの表ではなく、HTML か XML のファイルのようです。",
        )
    return _divided("".join(headings))


def _divided(text: str) -> tuple[str, str]:
    sign, shown = max(
        ((";", "';'"), ("\t", ""), ("|", "'|'"), ("，", "，"), (",", "','")), key=lambda pair: text.count(pair[0])
    )
    if sign not in text:
        return "", ""
    if sign == "\t":
        return (
            "The columns seem to be divided by tabs: write format: tsv under source of the mapping.",
            "区切り文字がタブのようです。対応表の source を format: tsv にしてください。",
        )
    return (
        f"The columns seem to be divided by {shown}: try -r delimiter={shown}.",
        f"区切り文字が {shown} のようです。-r delimiter={shown} を付けてみてください。",
    )
