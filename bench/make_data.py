"""Write made-up ledgers of any size, the same bytes at every run.

    python bench/make_data.py csv 100000 -o ledger.csv
    python bench/make_data.py jsonl 100000 -o ledger.jsonl

24 columns, about 1.2 KB a row in UTF-8, every description different; one row in a hundred has a faulty value.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TextIO, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED = 1868
COLUMNS = (
    "資料番号", "資料名", "資料名ヨミ", "資料名英語", "分野", "作者", "制作年代", "制作地",
    "材質・技法", "員数", "高さcm", "幅cm", "重さg", "解説", "画像URL", "IIIFマニフェストURL",
    "受入日", "受入方法", "常設展示", "緯度経度", "権利区分", "公開方法", "所蔵館", "更新日",
)  # fmt: skip
FIELDS = ("絵画", "古文書", "考古", "写真", "民具", "工芸")
MAKERS = tuple(
    f"{family}{given}" for family in ("架空", "例示", "見本", "模擬") for given in ("太郎", "花子", "三郎", "工房")
)
PERIODS = ("江戸時代後期", "文化14年", "明治三十五年", "昭和初期", "縄文時代晩期", "1955年", "大正１０年", "19世紀")
PLACES = ("架空川", "例示村", "見本橋", "模擬山", "仮名浦", "想定町")
READINGS = ("カクウガワ", "レイジムラ", "ミホンバシ", "モギヤマ", "カナウラ", "ソウテイマチ")
MATERIALS = ("紙本着色", "絹本墨画淡彩", "紙本墨書", "土", "ゼラチン・シルバー・プリント", "木・鉄", "磁器")
GIVEN = ("寄贈", "購入", "採集", "寄託", "移管")
RIGHTS = ("PDM", "CC0", "CC BY", "著作権あり", "著作権なし-契約による制限あり", "著作権未評価")
SENTENCES = (
    "表面に補修の跡があるが、保存状態はおおむね良い。",
    "箱書きに地名があり、由来を知る手がかりになる。",
    "同種の資料は館内に数点あり、比較の対象として重要である。",
    "調査報告書（架空博物館編、第３集）に図版がある。",
    "使い方は、例示村の聞き取り調査で確かめられた。",
    "寸法は展示ケースに入れた状態で測った。",
    "裏面に墨書があり、制作の年と場所が記されている。",
    "付属の文書には、譲り渡しの経緯が細かく書かれている。",
    "１９７０年代の台帳では別の名前で登録されていた。",
    "展示のときは、光に弱いため照明を５０ルクス以下にする。",
)
FAULTS = (
    ("受入日", "不明"), ("受入日", "昭和65年4月1日"), ("受入日", "2026-02-30"), ("高さcm", "31.5cm"),
    ("重さg", "約300"), ("常設展示", "○"), ("解説", "<b>染付</b>の<script>alert(1)</script>皿。"),
    ("権利区分", "要問合せ"),
    ("公開方法", "そのうち公開"), ("画像URL", "www.museum.example.jp/images/x.jpg"), ("緯度経度", "138.7274,35.3606"),
    ("資料名", ""),
)  # fmt: skip

T = TypeVar("T")


def pick(rng: Random, items: Sequence[T]) -> T:
    """One of the items; built on ``random()`` alone, which gives the same numbers in every Python."""
    return items[int(rng.random() * len(items))]


def day(rng: Random) -> str:
    """Write a day in one of several ways."""
    month, date = 1 + int(rng.random() * 12), 1 + int(rng.random() * 28)
    form, year = int(rng.random() * 6), int(rng.random() * 24)
    if form == 0:
        return f"昭和{40 + year}年{month}月{date}日"
    if form == 1:
        return f"S{40 + year}.{month}.{date}"
    if form == 2:
        return f"{1990 + year}/{month}/{date}"
    return f"{1990 + year}-{month:02}-{date:02}"


def rows(count: int) -> Iterator[list[str]]:
    """``count`` rows, the faulty ones among them."""
    rng = Random(SEED)
    for number in range(1, count + 1):
        row = _row(rng, number)
        if number % 100 == 0:
            column, value = FAULTS[number // 100 % len(FAULTS)]
            row[COLUMNS.index(column)] = value
        yield row


def _row(rng: Random, number: int) -> list[str]:
    code, spot = f"B{number:08}", int(rng.random() * len(PLACES))
    makers = [pick(rng, MAKERS) for _ in range(1 + int(rng.random() * 2))]
    text = "".join(pick(rng, SENTENCES) for _ in range(9 + int(rng.random() * 4)))
    return [
        code,
        f"{PLACES[spot]}図　其の{number}",
        f"{READINGS[spot]}ズ　ソノ{number}",
        f"View of {PLACES[spot]}, no. {number}",
        pick(rng, FIELDS),
        "; ".join(makers),
        pick(rng, PERIODS),
        PLACES[spot],
        pick(rng, MATERIALS),
        "1点",
        f"{10 + rng.random() * 80:.1f}",
        f"{10 + rng.random() * 80:.1f}",
        str(50 + int(rng.random() * 4000)),
        f"<p>{PLACES[spot]}に伝わった第{number}号の資料。</p>{text}",
        f"https://museum.example.jp/images/{code}.jpg",
        f"https://museum.example.jp/iiif/{code}/manifest.json",
        day(rng),
        pick(rng, GIVEN),
        pick(rng, ("true", "false", "1", "")),
        f"{33 + rng.random() * 10:.4f},{131 + rng.random() * 10:.4f}",
        pick(rng, RIGHTS),
        pick(rng, ("ウェブ公開", "限定公開")),
        pick(rng, ("", "", "架空県立博物館", "例示市立歴史館")),
        f"2025-{1 + int(rng.random() * 12):02}-{1 + int(rng.random() * 28):02}",
    ]


def write_csv(file: TextIO, count: int) -> None:
    """Write a table as RFC 4180 has it."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows(rows(count))


def write_jsonl(file: TextIO, count: int) -> None:
    """Write the same records as JSON Lines, makers as objects, sizes as one object."""
    for row in rows(count):
        record: dict[str, object] = dict(zip(COLUMNS, row, strict=True))
        record["作者"] = [{"name": name} for name in row[COLUMNS.index("作者")].split("; ")]
        record["寸法"] = {"高さ": record.pop("高さcm"), "幅": record.pop("幅cm")}
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


WRITERS = {"csv": write_csv, "jsonl": write_jsonl}


def make(kind: str, count: int, path: Path) -> None:
    """Write ``count`` records of ``kind`` (csv, jsonl) to ``path``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        WRITERS[kind](file, count)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="write made-up museum ledgers for the benchmark")
    parser.add_argument("kind", choices=sorted(WRITERS))
    parser.add_argument("rows", type=int)
    parser.add_argument("-o", "--output", type=Path, help="file to write; without it, standard output")
    arguments = parser.parse_args()
    if arguments.output:
        make(arguments.kind, arguments.rows, arguments.output)
    else:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        WRITERS[arguments.kind](sys.stdout, arguments.rows)


if __name__ == "__main__":
    main()
