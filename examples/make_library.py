"""Write the example table library.csv: 30 records of a library that does not exist, with faults such lists have.

Everything is made up: the library, the books, the people, the numbers. The same bytes come out at every run.

    python examples/make_library.py
"""

# ruff: noqa: E501  tables of data are read line by line

from __future__ import annotations

import csv
from pathlib import Path

COLUMNS = (
    "書誌番号", "資料番号", "状態", "ISBN", "全国書誌番号", "TRCMARC", "書名", "書名ヨミ", "巻次", "叢書名", "叢書名ヨミ",
    "版", "著者", "著者ヨミ", "責任表示", "出版者", "出版者ヨミ", "出版地", "出版年月", "注記", "件名", "NDC", "言語",
    "価格", "形態", "資料区分", "対象", "請求記号", "貸出区分", "配架場所",
)  # fmt: skip
BOOKS = (
    ("架空町史 : 通史編", "カクウチョウシ : ツウシヘン", "213.9", "架空町 -- 歴史"),
    ("はじめての目録 & 索引", "ハジメテ ノ モクロク ト サクイン", "014.3", "目録"),
    ("見本の植物図鑑", "ミホン ノ ショクブツ ズカン", "470.38", "植物"),
    ("例示川の魚たち", "レイジガワ ノ サカナタチ", "487.5", "魚類"),
    ("模擬山の民話", "モギヤマ ノ ミンワ", "388.1", "民話"),
    ("仮名の料理帖", "カメイ ノ リョウリチョウ", "596", "料理"),
)
PEOPLE = (
    ("架空, 太郎", "カクウ, タロウ", "架空太郎 著"),
    ("見本, 花子", "ミホン, ハナコ", "見本花子 著"),
    ("例示, 三郎;模擬, 四季", "レイジ, サブロウ;モギ, シキ", "例示三郎 文;模擬四季 絵"),
)
FAULTS: dict[int, dict[str, str]] = {
    3: {"ISBN": "978-4-949-00003-0"},
    6: {"書名ヨミ": "はじめて の もくろく"},
    9: {"書名": "", "書名ヨミ": ""},
    11: {"出版年月": "昭和50年頃"},
    13: {"状態": "除籍"},
    15: {"著者ヨミ": "カクウ, タロウ"},
    17: {"資料区分": "紙芝居"},
    19: {"状態": "整理中"},
    21: {"NDC": "9136"},
    23: {"書名ヨミ": "仮名の料理帖"},
    26: {"言語": "和英"},
}
"""Record number → the cells that are wrong, as they are in real lists."""


def isbn(number: int) -> str:
    """A made-up ISBN with a right check digit."""
    body = f"9784949{number:05d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def row(number: int) -> dict[str, str]:
    """One record, its faults included."""
    title, reading, ndc, subject = BOOKS[(number - 1) % len(BOOKS)]
    author, author_reading, statement = PEOPLE[(number - 1) % len(PEOPLE)]
    volumes = ("上", "下", "")
    cells = {
        "書誌番号": f"B{number:07d}",
        "資料番号": f"9900{number:05d}",
        "状態": "公開",
        "ISBN": isbn(number),
        "全国書誌番号": f"99{number:06d}" if number % 4 == 0 else "",
        "TRCMARC": f"99{number:06d}",
        "書名": title,
        "書名ヨミ": reading,
        "巻次": volumes[number % 3],
        "叢書名": f"架空郷土叢書 ; {number}" if number % 5 == 0 else "",
        "叢書名ヨミ": "カクウ キョウド ソウショ" if number % 5 == 0 else "",
        "版": "増補版" if number % 7 == 0 else "",
        "著者": author,
        "著者ヨミ": author_reading,
        "責任表示": statement,
        "出版者": "架空出版",
        "出版者ヨミ": "カクウ シュッパン",
        "出版地": "架空町",
        "出版年月": f"{2000 + number % 25}.{1 + number % 12}",
        "注記": "年表あり;索引あり" if number % 6 == 0 else "",
        "件名": subject,
        "NDC": ndc,
        "言語": "日本語",
        "価格": f"{1000 + number * 100}円",
        "形態": f"{100 + number * 7}p ; 22cm",
        "資料区分": "図書",
        "対象": "児童" if number % 6 == 5 else "一般",
        "請求記号": f"{ndc}/{author_reading[:2]}",
        "貸出区分": "貸出可" if number % 8 else "禁帯出",
        "配架場所": "郷土資料室" if ndc.startswith("2") else "一般開架",
    }
    return cells | FAULTS.get(number, {})


def main() -> None:
    """Write the table beside this file."""
    with (Path(__file__).parent / "library.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(map(row, range(1, 31)))


if __name__ == "__main__":
    main()
