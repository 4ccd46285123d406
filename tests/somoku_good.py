"""Sound records of the union catalogue's draft layout, as a depositor would write them: all values made up."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from convert.formats.base import TargetRule
from convert.formats.somoku.target import SomokuTarget
from convert.model import Location, Mapped
from convert.values._common import check_mod10

if TYPE_CHECKING:
    from collections.abc import Iterable

DRAFT = "somoku-3-draft"


def isbn(number: int) -> str:
    """A sound ISBN of a publisher that is none."""
    digits = f"978499999{number % 1000:03d}"
    return digits + check_mod10(digits)


def good(number: int = 1) -> dict[str, list[Any]]:
    """The values of one sound record of about one kilobyte."""
    key = f"{number:010d}"
    return {
        "管理番号": [key],
        "レコード状態": ["N"],
        "図書館コード": ["9911"],
        "ISBN": [isbn(number)],
        "JP番号": [f"{24000000 + number}"],
        "TRCMARC番号": [f"{24000000 + number}"],
        "資料種別": ["図書"],
        "言語": ["jpn"],
        "タイトル": [f"架空町史第{number}集"],
        "タイトルヨミ": [f"カクウ　チョウシ　ダイ　{number}　シュウ"],
        "巻次": [f"第{number}巻"],
        "版表示": ["初版"],
        "責任表示": ["架空太郎著", "見本花子編"],
        "著者": [
            {"名前": ["架空，太郎"], "ヨミ": ["カクウ，タロウ"]},
            {"名前": ["見本，花子"], "ヨミ": ["ミホン，ハナコ"]},
        ],
        "シリーズ": [{"タイトル": ["架空郷土叢書"], "番号": ["12"], "ヨミ": ["カクウ　キョウド　ソウショ"]}],
        "出版者": ["架空出版"],
        "出版地": ["架空市"],
        "出版国": ["JP"],
        "出版年月": ["2024.1"],
        "ページ数": ["123p"],
        "大きさ": ["19cm"],
        "価格": ["1,200円"],
        "注記": ["年表あり", "巻末に参考文献があります"],
        "NDC": [{"分類記号": ["213.9"], "版": ["9"]}],
        "件名": [{"名前": ["架空町－歴史"], "ヨミ": ["カクウマチ　レキシ"]}],
        "所蔵": [
            {
                "管理番号": [key],
                "図書登録番号": [f"{copy}{number:09d}"],
                "請求記号": ["２１３．９／カ／"],
                "貸出条件": ["貸出可"],
                "配置場所": ["書庫"],
                "資料種別": ["郷土資料"],
            }
            for copy in (1, 2)
        ],
    }


def renumbered(values: dict[str, list[Any]], key: str, copies: int = 500) -> dict[str, list[Any]]:
    """The same record under another key, with copies of its own."""
    values = deepcopy(values)
    values["管理番号"] = [key]
    for number, copy in enumerate(values["所蔵"], start=copies):
        copy |= {"管理番号": [key], "図書登録番号": [f"{number:010d}"]}
    return values


def example() -> bytes:
    """``examples/somoku-check.dat``: four records of the draft layout, and what is wrong with them."""
    records = [good(1), good(2), good(3), renumbered(good(1), "0000000004")]
    records[1] |= {"ISBN": ["9784999990021"], "タイトルヨミ": ["架空　チョウシ"]}
    records[2] |= {"出版年月": ["令和5?月"]}
    records[2]["所蔵"][0]["図書登録番号"] = ["1000000001"]
    records[2]["所蔵"][1]["管理番号"] = ["3"]
    return file_of(records)


def rules_of(values: dict[str, list[Any]]) -> list[TargetRule]:
    """The rules of a mapping that fills these elements and members."""
    found = []
    for number, (name, given) in enumerate(values.items()):
        members = tuple(given[0]) if isinstance(given[0], dict) else ()
        found.append(TargetRule(name, number, Location("mapping.yaml"), objects=bool(members), members=members))
    return found


def file_of(
    records: Iterable[dict[str, list[Any]]], layout: str = DRAFT, like: dict[str, list[Any]] | None = None
) -> bytes:
    """Records as a file. ``like``: a record that has every element they may have."""
    target = SomokuTarget({"layout": layout}, rules_of(like or good()), base=None)
    made = []
    for values in records:
        key = next(iter(values.get("管理番号", ())), "")
        made.append(target.encode(target.assemble(Mapped(str(key), values, {}))[0]))
    return b"".join(made)
