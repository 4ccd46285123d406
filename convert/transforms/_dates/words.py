"""The words and signs around a date, and what they say about it."""

from __future__ import annotations

import re
from typing import Final

FOLD: Final[dict[int, str]] = (
    {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5E)}
    | {ord(mark): "-" for mark in "‐‑−ー－"}
    | {ord(mark): "–" for mark in "–—―"}
    | {ord(mark): " " for mark in "\u3000\u00a0"}
    | {ord(mark): "[" for mark in "〔［【"}
    | {ord(mark): "]" for mark in "〕］】"}
    | {ord(mark): "©" for mark in "ⓒⒸ"}
    | {ord("～"): "〜", ord("､"): ",", ord("、"): ","}
)
"""En and em dashes stay apart from hyphens: 1999-05 is a month, 1999–05 may be a span."""
WIDE: Final = re.compile("[！-～]")

_UNKNOWN: Final = (
    "---- XXXX uuuu s.a. s.a n.d. n.d undated 不明 不詳 未詳 年不明 年代不明 年月日不明 時代不明 制作年不明 製作年不明 "
    "作成年不明 撮影年不明 刊年不明 刊行年不明 出版年不明 出版年未詳 発行年不明 刊年未詳 成立年不明"
)
UNKNOWN: Final = frozenset(_UNKNOWN.split())
"""Texts that say that the date is not known."""

SUPPLIED: Final = "supplied"

BEFORE: Final = re.compile(
    r"(?P<approximate>(?:約|およそ|おおよそ|凡そ|ca\.?|circa|c\.|about|around) ?)"
    r"|(?P<copyright>c(?=[0-9])|© ?|cop\. ?|\([cC]\) ?)|(?P<phonogram>p(?=[0-9])|℗ ?|\([pP]\) ?)"
    r"|(?P<preface>序[: ]*)|(?P<postface>跋[: ]*)|(?P<colophon>(?:奥付|刊記)[: ]*)"
)
KINDS: Final = frozenset(("copyright", "phonogram", "printing", "publication", "creation", "copying"))

_ENDINGS: Final = {
    "approximate": "頃 ごろ ころ 前後",
    "uncertain": "か カ ? (?)",
    "printing": "印刷",
    "publication": "刊 刊行 発行 出版 発売",
    "creation": "作 制作 製作 作成 製 製造 造 筆 画 撮影",
    "copying": "写 書写",
    "preface": "序",
    "postface": "跋",
    "colophon": "奥付",
    "inscription": "銘",
}
ENDINGS: Final[dict[str, list[tuple[str, str]]]] = {}
"""Last character → the endings with it, longest first, and what each says."""
for _sense, _words in _ENDINGS.items():
    for _word in _words.split():
        ENDINGS.setdefault(_word[-1], []).append((_word, _sense))
for _found in ENDINGS.values():
    _found.sort(key=lambda pair: -len(pair[0]))
IMPRESSION: Final = re.compile(r" ?第[0-9]{1,3}刷")

FLAGS: Final[dict[str, str]] = {
    "approximate": "approximate",
    "uncertain": "uncertain",
    **{kind: f"kind={kind}" for kind in KINDS},
    **{basis: f"basis={basis}" for basis in ("preface", "postface", "colophon", "inscription")},
}

PART: Final = "前半|後半|初頭|初期|初め|初|前期|中期|中頃|中葉|半ば|後期|末期|末葉|末|終わり|晩期|早期|草創期|前葉|後葉"
"""Parts of a century, decade or period. Only the halves of centuries and decades have bounds."""
SEASONS: Final[dict[str, int]] = {"春": 21, "夏": 22, "秋": 23, "冬": 24}
ENGLISH_SEASONS: Final[dict[str, int]] = {"spring": 21, "summer": 22, "autumn": 23, "fall": 23, "winter": 24}
PERIODS: Final[dict[str, tuple[int, int]]] = {
    "飛鳥": (592, 710),
    "奈良": (710, 794),
    "平安": (794, 1185),
    "鎌倉": (1185, 1333),
    "南北朝": (1336, 1392),
    "室町": (1336, 1573),
    "安土桃山": (1573, 1603),
    "桃山": (1573, 1603),
    "江戸": (1603, 1868),
}
"""Bounds of periods as schoolbooks give them: a convention, so both ends are approximate (inferred)."""
NAMELESS: Final = frozenset(
    ("縄文", "弥生", "古墳", "戦国", "先史", "原始", "古代", "中世", "近世", "近代", "現代", "幕末", "戦前", "戦後")
)
"""Names of periods without bounds that could be agreed on."""
