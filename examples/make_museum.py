"""Write the example tables museum.csv and museum.jsonl: a small museum's ledger with the faults real ledgers have.

Everything is made up: the museum, the places, the people. The same bytes come out at every run.

    python examples/make_museum.py            writes both files beside this one
    python examples/make_museum.py --faults   prints the tables of faults for README.md
"""

# ruff: noqa: E501  tables of data are read line by line

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SEED = 20260401
ROWS = 241  # 240 records and one empty row
COLUMNS = (
    "資料番号", "公開可否", "資料名", "資料名ヨミ", "資料名英語", "分野", "作者", "制作年代", "制作地",
    "材質・技法", "員数", "高さcm", "幅cm", "重さg", "解説", "画像URL", "IIIFマニフェストURL", "受入日",
    "受入方法", "常設展示", "緯度経度", "権利区分", "公開方法", "所蔵館", "更新日", "内部メモ",
)  # fmt: skip

T = TypeVar("T")
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: field, (name, reading, English), material, periods, unit, size in cm."""

    field: str
    objects: tuple[tuple[str, str, str], ...]
    materials: tuple[str, ...]
    periods: tuple[str, ...]
    unit: str
    size: float


KINDS = (
    Kind("絵画",
         (("遠望図", "エンボウズ", "Distant View of"), ("春景図", "シュンケイズ", "Spring at"), ("雪景図", "セッケイズ", "Snow at")),
         ("紙本着色", "絹本墨画淡彩", "油彩・カンヴァス"), ("江戸時代後期", "文化14年", "明治三十五年", "昭和初期"), "幅", 90),
    Kind("古文書",
         (("名寄帳", "ナヨセチョウ", "Land Register of"), ("御用留", "ゴヨウドメ", "Official Diary of"), ("村絵図控", "ムラエズヒカエ", "Village Plan of")),
         ("紙本墨書", "楮紙・墨"), ("享保年間", "天明3年", "安政二年", "明治6年"), "冊", 27),
    Kind("考古",
         (("出土深鉢", "シュツドフカバチ", "Deep Bowl from"), ("出土石鏃", "シュツドセキゾク", "Arrowhead from"), ("出土土偶", "シュツドドグウ", "Clay Figure from")),
         ("土", "黒曜石"), ("縄文時代中期", "縄文時代晩期", "弥生時代後期"), "点", 24),
    Kind("写真",
         (("全景写真", "ゼンケイシャシン", "Panorama of"), ("祭礼写真", "サイレイシャシン", "Festival at"), ("渡船場写真", "トセンバシャシン", "Ferry Landing at")),
         ("ゼラチン・シルバー・プリント", "ガラス乾板", "鶏卵紙"), ("明治末期", "大正10年", "1955年"), "枚", 18),
    Kind("民具",
         (("千歯扱", "センバコキ", "Threshing Comb from"), ("唐箕", "トウミ", "Winnower from"), ("背負籠", "ショイカゴ", "Back Basket from")),
         ("木・鉄", "竹", "木"), ("明治～昭和", "大正時代", "昭和30年代"), "点", 70),
    Kind("工芸",
         (("染付皿", "ソメツケザラ", "Blue and White Dish from"), ("白磁徳利", "ハクジトックリ", "White Bottle from")),
         ("磁器",), ("19世紀", "江戸時代", "明治時代"), "枚", 12),
)  # fmt: skip
PLACES = (
    ("架空川", "カクウガワ", "Kaku River", 35.2, 138.1),
    ("例示村", "レイジムラ", "Reiji Village", 36.1, 138.6),
    ("見本橋", "ミホンバシ", "Mihon Bridge", 34.8, 137.4),
    ("模擬山", "モギヤマ", "Mount Mogi", 35.9, 139.2),
    ("仮名浦", "カナウラ", "Kana Bay", 33.7, 134.5),
    ("想定町", "ソウテイマチ", "Sotei Town", 37.4, 140.3),
)
NUMERALS = ("", "二", "三", "四", "五", "六", "七", "八", "九", "十")
READINGS = ("", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "ク", "ジュウ")
MAKERS = {
    "架空太郎": "カクウタロウ",
    "架空次郎": "カクウジロウ",
    "例示花子": "レイジハナコ",
    "例示一郎": "レイジイチロウ",
    "見本三郎": "ミホンサブロウ",
    "模擬工房": "モギコウボウ",
    "想定写真館": "ソウテイシャシンカン",
}
GIVEN = ("寄贈", "購入", "採集", "寄託", "移管")
RIGHTS = ("PDM", "CC0", "CC BY", "著作権あり", "著作権なし-契約による制限あり", "著作権未評価")
SENTENCES = (
    "{place}に伝わった{thing}で、{period}のものとみられる。",
    "表面に補修の跡があるが、保存状態はおおむね良い。",
    "箱書きに「{place}」とあり、由来を知る手がかりになる。",
    "同種の資料は館内に数点あり、比較の対象として重要である。",
    "{maker}の旧蔵品で、調査報告書（架空博物館編）に図版がある。",
    "使い方は、例示村の聞き取り調査で確かめられた。",
    "寸法は展示ケースに入れた状態で測った。",
)
MEMOS = ("", "", "", "台帳から転記", "写真は要撮り直し", "棚 3-B-12")


def pick(rng: Random, items: Sequence[T]) -> T:
    """One of the items; built on ``random()`` alone, which gives the same numbers in every Python."""
    return items[int(rng.random() * len(items))]


def between(rng: Random, low: float, high: float) -> float:
    """Draw a number from ``low`` to ``high``."""
    return low + rng.random() * (high - low)


def day(rng: Random) -> str:
    """Write a day as different registrars have written it over the years."""
    month, date = int(between(rng, 1, 13)), int(between(rng, 1, 29))
    showa, heisei, year = int(between(rng, 40, 64)), int(between(rng, 2, 31)), int(between(rng, 1965, 2026))
    forms = (
        f"昭和{showa}年{month}月{date}日",
        f"平成{heisei}年{month}月{date}日",
        f"{year}-{month:02}-{date:02}",
        f"{year}/{month}/{date}",
        f"{year}.{month}.{date}",
        f"S{showa}.{month}.{date}",
    )
    return pick(rng, forms)


def story(rng: Random, place: str, thing: str, period: str, maker: str) -> str:
    """Write a description: plain text, several lines, or HTML as the web page had it."""
    start = int(rng.random() * len(SENTENCES))
    chosen = [SENTENCES[(start + n) % len(SENTENCES)] for n in range(2 + int(rng.random() * 3))]
    texts = [s.format(place=place, thing=thing, period=period, maker=maker) for s in chosen]
    style = rng.random()
    if style < 0.3:
        return "\n".join(texts)
    if style < 0.5:
        return "".join(f"<p>{text}</p>" for text in texts)
    if style < 0.6:
        return "<br />".join(texts)
    return "".join(texts)


def regular(rng: Random, number: int, used: dict[str, int]) -> Row:
    """One row without faults. ``used`` counts names, so that no two are the same."""
    kind, place = pick(rng, KINDS), pick(rng, PLACES)
    name, yomi, english = pick(rng, kind.objects)
    count = used[place[0] + name] = used.get(place[0] + name, 0) + 1
    title, reading, translated = place[0] + name, place[1] + yomi, f"{english} {place[2]}"
    if count > 1:
        title, reading = f"{title} 其の{NUMERALS[count - 1]}", f"{reading} ソノ{READINGS[count - 1]}"
        translated = f"{translated} ({count})"
    code, period = f"K{number:04}", pick(rng, kind.periods)
    makers = [pick(rng, tuple(MAKERS))] if rng.random() < 0.6 else []
    if makers and rng.random() < 0.25:
        makers.append(pick(rng, [maker for maker in MAKERS if maker not in makers]))
    pictured = rng.random() < 0.7
    image = f"https://museum.example.jp/images/{code}.jpg" if pictured else ""
    iiif = f"https://museum.example.jp/iiif/{code}/manifest.json" if pictured and rng.random() < 0.4 else ""
    height, width = kind.size * between(rng, 0.5, 1.5), kind.size * between(rng, 0.4, 1.2)
    values = (
        code,
        "非公開" if rng.random() < 0.04 else "公開",
        title,
        reading,
        translated if rng.random() < 0.8 else "",
        kind.field,
        "; ".join(makers),
        period,
        place[0] if rng.random() < 0.8 else "",
        pick(rng, kind.materials),
        f"1{kind.unit}",
        f"{height:.1f}",
        f"{width:.1f}",
        str(int(between(rng, 50, 4000))) if rng.random() < 0.5 else "",
        story(rng, place[0], name, period, makers[0] if makers else "架空家"),
        image,
        iiif,
        day(rng),
        pick(rng, GIVEN),
        pick(rng, ("有", "無", "無", "")),
        f"{place[3] + between(rng, 0, 0.2):.4f},{place[4] + between(rng, 0, 0.2):.4f}" if rng.random() < 0.5 else "",
        pick(rng, RIGHTS),
        pick(rng, ("ウェブ公開", "ウェブ公開", "限定公開")) if pictured else "デジタルコンテンツなし",
        "例示村郷土資料室" if rng.random() < 0.1 else "",
        f"2025-{int(between(rng, 1, 13)):02}-{int(between(rng, 1, 29)):02}",
        pick(rng, MEMOS),
    )
    return dict(zip(COLUMNS, values, strict=True))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place: spreadsheet row, column, the value put there, the words for README.md."""

    row: int
    column: str
    value: str
    ja: str
    en: str
    code: str


SURPLUS = "（27 列目）"
"""The column after the last, where a field too many lands."""
FAULTS = (
    Fault(8, "受入日", "不明", "読めない日付", "a date nobody can read", "MAP-NO-VALUE"),
    Fault(15, "受入日", "昭和65年4月1日", "昭和は64年1月7日まで", "Shōwa ended in its 64th year", "MAP-NO-VALUE"),
    Fault(21, "受入日", "昭和50年頃", "「頃」のある日付", "an approximate date", "MAP-NO-VALUE"),
    Fault(27, "受入日", "2026-02-30", "暦にない日", "a day no calendar has", "MAP-NO-VALUE"),
    Fault(33, "受入日", "平成10年", "月と日がない", "neither month nor day", "JPS-DATE-PARTIAL"),
    Fault(39, "更新日", "要確認", "日付の欄にメモ", "a note where a date belongs", "MAP-NO-VALUE"),
    Fault(44, "高さcm", "31.5cm", "数字に単位", "a number with its unit", "MAP-NO-VALUE"),
    Fault(49, "高さcm", "約30", "「約」のある数字", "an approximate number", "MAP-NO-VALUE"),
    Fault(54, "幅cm", "１２．５", "全角の数字（12.5 に直る）", "full-width digits: put right", "-"),
    Fault(59, "重さg", "1,200", "桁区切り（1200 に直る）", "thousands separator: put right", "-"),
    Fault(64, "常設展示", "True", "true / TRUE / 1 以外は偽になる", "anything but true, TRUE, 1 is false", "JPS-BOOLEAN"),
    Fault(69, "常設展示", "○", "丸印", "a circle for yes", "JPS-BOOLEAN"),
    Fault(74, "解説", "<b>染付</b>の<a href=\"https://museum.example.jp/\">皿</a>。<script>alert(1)</script>",
          "許されない HTML タグ", "HTML that is not permitted", "JPS-HTML"),
    Fault(79, "解説", "<p class=\"note\" onclick=\"open()\">漆椀。</p><ul><li>内面朱漆</li></ul>",
          "許されない属性とタグ", "attributes and tags that are not permitted", "JPS-HTML"),
    Fault(84, "権利区分", "要問合せ", "対応表にない権利区分", "a rights label the table does not know", "MAP-LOOKUP-REFUSED"),
    Fault(89, "権利区分", "フリー", "対応表にない権利区分", "a rights label the table does not know", "MAP-LOOKUP-REFUSED"),
    Fault(94, "公開方法", "そのうち公開", "対応表にない公開方法", "an access label the table does not know", "MAP-LOOKUP-MISS"),
    Fault(99, "資料名", "", "資料名がない", "no title", "MAP-REQUIRED"),
    Fault(104, "資料名", "\u3000", "資料名が空白だけ", "a title of blanks", "MAP-REQUIRED"),
    Fault(109, "資料番号", "", "資料番号がない", "no id", "MAP-ID"),
    Fault(114, "資料番号", "K0112", "113 行目と同じ番号", "the same id as row 113", "DSET-ID-DUPLICATE"),
    Fault(121, "", "", "空の行（記録ではない）", "an empty row: no record", "SRC-EMPTY-ROW"),
    Fault(126, "資料番号", "A-1", "「-」は「_」になる", "a hyphen becomes an underscore", "JPS-ID-HYPHEN"),
    Fault(127, "資料番号", "A_1", "126 行目と同じ番号になる", "meets row 126", "DSET-ID-MEET"),
    Fault(132, "資料番号", "民俗0131", "番号に漢字", "kanji in the id", "JPS-ID-CHARACTERS"),
    Fault(138, "画像URL", "www.museum.example.jp/images/K0137.jpg", "https:// がない", "no scheme", "JPS-URL"),
    Fault(144, "画像URL", "https://museum.example.jp/images/K 0143.jpg", "URL に空白", "a blank in the URL", "JPS-URL"),
    Fault(150, "緯度経度", "138.7274,35.3606", "経度と緯度が逆", "longitude before latitude", "JPS-COORDINATES"),
    Fault(156, "緯度経度", "北緯35度21分", "度分表記", "degrees in words", "JPS-COORDINATES"),
    Fault(162, "公開方法", "デジタルコンテンツなし", "画像があるのに「なし」", "pictures, yet none declared", "JPS-ACCESS-CONTENTS"),
    Fault(168, "資料名ヨミ", "ｶｸｳｶﾞﾜ ﾌｳｹｲ", "半角カナ（全角に直る）", "half-width kana: put right", "-"),
    Fault(174, "作者", "架空太郎;; 例示花子 ;", "区切りの重なり（二人になる）", "doubled separators: two makers remain", "-"),
    Fault(180, "所蔵館", " \u3000 ", "空白だけの欄（値なし）", "blanks only: no value", "-"),
    Fault(186, "資料名", "Ｋ０１８５　模擬山の石\u00a0碑", "全角英数と特殊な空白（直る）", "full-width letters, odd blanks: put right", "-"),
    Fault(192, SURPLUS, "", "列が一つ多い（引用符のない「,」）", "one field too many: an unquoted comma", "SRC-CSV-FIELDS"),
    Fault(198, "資料名", "", "引用符の中でない「\"」", "a bare quote", "SRC-CSV-QUOTE"),
    Fault(204, "更新日", "", "列が足りない", "too few fields", "SRC-CSV-FIELDS"),
    Fault(242, "解説", "", "閉じない引用符", "a quote that never closes", "SRC-CSV-UNCLOSED"),
)  # fmt: skip


def quoted(value: str) -> str:
    """Quote the value as RFC 4180 wants it."""
    return '"' + value.replace('"', '""') + '"' if re.search('[",\r\n]', value) else value


def too_many(row: Row) -> str:
    """Leave a comma in a description unquoted."""
    cells = [quoted(value) for value in row.values()]
    cells[COLUMNS.index("解説")] = "木製,漆塗り。"
    return ",".join(cells)


def bare_quote(row: Row) -> str:
    """Quotes inside a cell that has none around it."""
    cells = [quoted(value) for value in row.values()]
    cells[COLUMNS.index("資料名")] = '見本橋の"甲"図'
    return ",".join(cells)


def too_few(row: Row) -> str:
    """Cut the last columns off."""
    return ",".join(quoted(value) for value in list(row.values())[:-2])


def unclosed(row: Row) -> str:
    """Open a quote that never closes."""
    cells = [quoted(value) for value in row.values()]
    cells[COLUMNS.index("解説")] = '"本紙の下端に破れがある。'
    return ",".join(cells)


RAW: dict[int, Callable[[Row], str]] = {192: too_many, 198: bare_quote, 204: too_few, 242: unclosed}


def table_line(number: int, row: Row) -> str:
    """Write the line of the spreadsheet row ``number``, with its faults."""
    faults = {fault.column: fault for fault in FAULTS if fault.row == number}
    if "" in faults:
        return "," * (len(COLUMNS) - 1)
    if faults:
        row |= {
            "公開可否": "公開",
            "画像URL": row["画像URL"] or f"https://museum.example.jp/images/K{number - 1:04}.jpg",
        }
        row["公開方法"] = "ウェブ公開"
    if number in RAW:
        return RAW[number](row)
    return ",".join(quoted(value) for value in (row | {name: fault.value for name, fault in faults.items()}).values())


def table() -> str:
    """Write the whole museum.csv."""
    used: dict[str, int] = {}
    rng = Random(SEED)  # noqa: S311  example data, no secrets
    rows = [table_line(number, regular(rng, number - 1, used)) for number in range(2, ROWS + 2)]
    return "".join(f"{line}\r\n" for line in [",".join(COLUMNS), *rows])


# ── museum.jsonl ─────────────────────────────────────────────────────────────────────────────────


LINE_FAULTS = (
    (6, "title.ja", "資料名がない", "no title", "MAP-REQUIRED"),
    (11, "", "行が途中で切れている", "a line cut off", "SRC-JSON"),
    (16, "branch", "0 で始まる数（0110 のまま読む）", "a number with a leading zero: kept as 0110", "SRC-JSON-NUMBER"),
    (21, "rights", "キーの重複（後の値になる）", "a key twice: the last value counts", "SRC-JSON-KEY"),
    (26, "rights", "対応表にない権利区分", "a rights label the table does not know", "MAP-LOOKUP-REFUSED"),
    (31, "place", "緯度と経度が逆", "latitude and longitude swapped", "JPS-COORDINATES"),
    (36, "creators[1].reading", "二人目の読みがない", "the second maker has no reading", "-"),
)


def number(text: str) -> str:
    """Mark a number that must stand in the file exactly as written (1.10): see :func:`line`."""
    return f"@{text}@"


def line(record: dict[str, object]) -> str:
    """Write the record as one line; texts made by :func:`number` become numbers."""
    return re.sub(r'"@([^"@]*)@"', r"\1", json.dumps(record, ensure_ascii=False))


def item(rng: Random, n: int, used: dict[str, int]) -> dict[str, object]:
    """One record of museum.jsonl, with the faults that leave it an object."""
    row = regular(rng, n, used)
    names = row["作者"].split("; ") if row["作者"] else []
    record: dict[str, object] = {
        "id": f"J{n:04}",
        "branch": number(f"1.{n % 4 + 1}0"),
        "status": "private" if n % 13 == 0 else "public",
        "title": {"ja": row["資料名"], "reading": row["資料名ヨミ"], "en": row["資料名英語"] or None},
        "creators": [{"name": name, "reading": MAKERS[name], "role": "作"} for name in names],
        "date": row["制作年代"],
        "place": None,
        "size": {"height": number(row["高さcm"] + "0"), "width": number(row["幅cm"])},
        "description": row["解説"],
        "images": [row["画像URL"].replace("/K", "/J")] if row["画像URL"] else [],
        "acquired": row["受入日"],
        "on_display": row["常設展示"] == "有",
        "rights": row["権利区分"],
        "updated": row["更新日"],
    }
    if row["緯度経度"]:
        lat, lon = row["緯度経度"].split(",")
        record["place"] = {"name": row["制作地"] or None, "lat": number(lat), "lon": number(lon)}
    return record | faulty(n)


def faulty(n: int) -> dict[str, object]:
    """Give the values that the faults of line ``n`` put in place."""
    makers = [{"name": "架空太郎", "reading": MAKERS["架空太郎"], "role": "作"}, {"name": "例示花子", "role": "賛"}]
    swapped = {"name": "模擬山", "lat": number("139.2501"), "lon": number("35.9120")}
    changes: dict[int, dict[str, object]] = {
        6: {"title": {"ja": "", "reading": None, "en": None}},
        16: {"branch": number("0110")},
        21: {"rights": "PDM"},
        26: {"status": "public", "rights": "たぶん自由"},
        31: {"place": swapped},
        36: {"creators": makers},
    }
    return changes.get(n, {})


def lines() -> str:
    """Write the whole museum.jsonl."""
    used: dict[str, int] = {}
    rng = Random(SEED + 1)  # noqa: S311  example data, no secrets
    texts = [line(item(rng, n, used)) for n in range(1, 41)]
    texts[10] = texts[10][:90]
    texts[20] = texts[20].replace('"rights":', '"rights": "CC BY", "rights":')
    return "".join(f"{text}\n" for text in texts)


# ── README ───────────────────────────────────────────────────────────────────────────────────────


def letters(n: int) -> str:
    """Spreadsheet letters of a 1-based column number."""
    return chr(64 + n) if n <= 26 else "A" + chr(64 + n - 26)


def fault_tables() -> str:
    """Both tables of faults, as README.md shows them."""
    out = ["| セル cell | 列 column | 値 value | 何が起きるか | what happens | code |", "|---|---|---|---|---|---|"]
    for fault in FAULTS:
        cell = (
            f"{letters((*COLUMNS, SURPLUS).index(fault.column) + 1)}{fault.row}" if fault.column else f"{fault.row} 行"
        )
        value = f"`{fault.value}`" if fault.value.strip() else ""
        out.append(f"| {cell} | {fault.column} | {value} | {fault.ja} | {fault.en} | {fault.code} |")
    out += ["", "| 行 line | 項目 path | 何が起きるか | what happens | code |", "|---|---|---|---|---|"]
    out += [f"| {n} | {path} | {ja} | {en} | {code} |" for n, path, ja, en, code in LINE_FAULTS]
    return "\n".join(out)


def main() -> None:
    """Write the files, or print the tables of faults."""
    if "--faults" in sys.argv[1:]:
        print(fault_tables())
        return
    folder = Path(__file__).parent
    (folder / "museum.csv").write_bytes(table().encode())
    (folder / "museum.jsonl").write_bytes(lines().encode())


if __name__ == "__main__":
    main()
